//! What becomes of calls: how talks are kept, given away, taken back and ended.

use engine::{AgentId, CallId, Keeping, Outcome, Party, TakenBack, Timestamp};

use crate::figures::{AgentFigure, CallFigure, QueueFigure};
use crate::words::{Act, ActBy, Direction, Kept, Left};

use super::Projection;
use super::books::{Books, micros};
use super::call::LiveCall;
use super::calls::{leave_queue, lose};

impl Projection {
    pub(super) fn hold(&mut self, at: Timestamp, id: CallId, held: bool) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(agent) = call.talks.as_ref().and_then(|spot| spot.agent) else { return };
        let direction = call.row.direction;
        self.change_agent(agent, |book, books| {
            if held { book.hold(books, agent, direction) } else { book.retrieve(books, agent, at) }
        });
    }

    /// A release transfer: to where follows.
    pub(super) fn transfer(&mut self, at: Timestamp, id: CallId, agent: AgentId) {
        self.change_call(at, id, |call, books| {
            if let Some(spot) = call.talks.take() {
                books.close(spot.row, at, Left::Transferred);
            }
            call.given_by = Some(agent);
        });
        self.end_talk(at, id, agent);
    }

    /// Whom its agent asks for follows.
    pub(super) fn keep(&mut self, at: Timestamp, id: CallId, agent: AgentId, keeping: Keeping) {
        self.change_call(at, id, |call, _| {
            (call.keeper, call.kept) = (call.talks.take(), keeping.into());
            call.asks = true;
        });
        self.change_agent(agent, |book, books| book.retrieve(books, agent, at));
    }

    pub(super) fn change_keeping(&mut self, at: Timestamp, id: CallId, keeping: Keeping) {
        self.change_call(at, id, |call, _| call.kept = keeping.into());
        self.joined(id);
    }

    /// All three talk, if the keeper wants that and the other one has answered.
    pub(super) fn joined(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(keeper) = call.keeper.as_ref().and_then(|spot| spot.agent) else { return };
        if call.kept != Kept::ToJoin || !call.is_answered() {
            return;
        }
        let direction = call.row.direction;
        self.change_agent(keeper, |_, books| {
            books.agent(keeper, AgentFigure::ThreeParty);
            let mut operation = books.operation(keeper, Act::ThreeParty, ActBy::Agent);
            (operation.call, operation.direction) = (Some(id), Some(direction));
            books.done(operation);
        });
    }

    /// The keeper leaves for good; the call stays where it is.
    pub(super) fn give_away(&mut self, at: Timestamp, id: CallId, agent: AgentId) {
        let left = self.change_call(at, id, |call, books| {
            if let Some(spot) = call.keeper.take() {
                books.close(spot.row, at, Left::Transferred);
            }
            call.kept = Kept::No;
            (call.row.direction, call.is_outside())
        });
        if let Some((direction, is_outside)) = left {
            self.transferred(agent, id, direction, is_outside);
        }
        self.end_talk(at, id, agent);
    }

    /// The keeper talks with its caller again; whoever else had the call no longer has it.
    pub(super) fn take_back(&mut self, at: Timestamp, id: CallId, why: TakenBack) {
        let other = self.change_call(at, id, |call, books| {
            call.just_withdrawn = false;
            if let Some(spot) = call.waits.take() {
                leave_queue(books, &spot, at);
                books.close(spot.row, at, why.into());
            }
            let other = call.talks.take().map(|spot| {
                let agent = spot.agent;
                books.close(spot.row, at, why.into());
                agent
            });
            (call.talks, call.kept) = (call.keeper.take(), Kept::No);
            other.flatten()
        });
        let Some(other) = other.flatten() else { return };
        if why == TakenBack::OtherLeft {
            self.hung_up_first(other);
        }
        self.end_talk(at, id, other);
    }

    pub(super) fn end_call(&mut self, at: Timestamp, id: CallId, outcome: Outcome, by: Party) {
        let Some(call) = self.calls.get(&id) else { return };
        let talker = call.talks.as_ref().and_then(|spot| spot.agent);
        let keeper = call.keeper.as_ref().and_then(|spot| spot.agent);
        let caller = call.row.caller_agent;
        let first = match by {
            Party::Called => talker,
            Party::Caller => caller.filter(|_| call.row.answered.is_some()),
            Party::Server => None,
        };
        if let Some(agent) = first {
            self.hung_up_first(agent);
        }
        self.change_call(at, id, |call, books| close_call(call, books, at, outcome, by));
        self.over.push(id);
        for agent in [talker, keeper, caller].into_iter().flatten() {
            self.end_talk(at, id, agent);
        }
    }

    fn hung_up_first(&mut self, agent: AgentId) {
        self.change_agent(agent, |book, books| {
            books.agent(agent, AgentFigure::HungUpFirst);
            book.hung_up_first += 1;
        });
    }

    fn end_talk(&mut self, at: Timestamp, id: CallId, agent: AgentId) {
        let Some(direction) = self.calls.get(&id).map(|call| call.row.direction) else { return };
        self.change_agent(agent, |book, books| book.end_talk(books, agent, at, id, direction));
    }
}

/// Writes the last rows of a call.
fn close_call(call: &mut LiveCall, books: &mut Books, at: Timestamp, outcome: Outcome, by: Party) {
    let left = Left::at_end(outcome, by);
    if let (Some(spot), Some(queue)) = (&call.waits, call.queue()) {
        let waited = at.since(spot.row.entered);
        lose(books, queue, micros(waited));
        if by == Party::Caller {
            books.queue(queue, QueueFigure::UserLeft);
            books.queue_span(queue, QueueFigure::UserLeftWait, waited);
        } else if !call.just_withdrawn {
            books.queue(queue, QueueFigure::Disconnected);
        }
        leave_queue(books, spot, at);
    }
    let ring = call.rings.take().and_then(|ring| ring.spot);
    let spots = [call.waits.take(), ring, call.talks.take(), call.keeper.take()];
    for spot in spots.into_iter().flatten() {
        books.close(spot.row, at, left);
    }
    (call.row.ended, call.row.ending) = (Some(at), Some(outcome.into()));
    (call.row.ended_by, call.row.left) = (Some(by.into()), Some(left));
    call.turn_phase(at);
    count_call(call, books);
    books.write_call(call.row.clone());
}

fn count_call(call: &LiveCall, books: &mut Books) {
    let row = &call.row;
    let (all, answered) = match row.direction {
        Direction::Inbound => (CallFigure::Inbound, CallFigure::InboundAnswered),
        Direction::Outbound => (CallFigure::Outbound, CallFigure::OutboundAnswered),
        Direction::Internal => (CallFigure::Internal, CallFigure::InternalAnswered),
    };
    let counted = [
        (all, 1),
        (answered, u64::from(row.answered.is_some())),
        (CallFigure::WaitTime, micros(row.waited)),
        (CallFigure::TalkTime, micros(row.talked)),
    ];
    let anonymous = row.caller_agent.is_none() && row.caller.is_empty();
    books.calls(&row.called, anonymous, &counted);
}
