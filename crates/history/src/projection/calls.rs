//! What becomes of calls: how they come to places, ring and are answered.

use std::sync::Arc;

use engine::{Action, AgentId, CallId, Caller, Cause, Line, OfferEnd, QueueId, Situation, Timestamp};

use crate::figures::{AgentFigure, QueueFigure, WITHIN};
use crate::words::{Act, ActBy, Direction, Entered, Kept, Left, PlaceKind};

use super::Projection;
use super::agent::Talk;
use super::books::{Books, micros};
use super::call::{LiveCall, Ring, Spot};

impl Projection {
    pub(super) fn arrive(&mut self, at: Timestamp, id: CallId, caller: &Caller, called: &Arc<str>) {
        let call = LiveCall::arrived(at, id, caller, called);
        let direction = call.row.direction;
        self.calls.insert(id, call);
        super::list(&mut self.numbers, &self.calls[&id]);
        if let Caller::Agent(agent) = caller {
            self.change_agent(*agent, |book, books| {
                books.agent(*agent, AgentFigure::Dialled);
                let talk = Talk { call: id, since: at, queue: None, dialled: true, direction };
                book.start_talk(books, *agent, talk);
            });
        }
    }

    /// A situation in a queue. At its door it is where the call stands that neither waits there nor is outside already.
    pub(super) fn treat(&mut self, id: CallId, queue: QueueId, situation: Situation, action: Option<&Action>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let books = &mut self.books;
        let is_asked_at_a_door =
            matches!(situation, Situation::Closed | Situation::NoAgents | Situation::Overflow | Situation::Busy);
        if is_asked_at_a_door && call.queue() != Some(queue) && !call.is_outside() {
            meet_queue(call, books, queue);
            if action != Some(&Action::Stay) {
                books.queue(queue, QueueFigure::Entered);
                books.queue(queue, QueueFigure::TurnedAway);
            }
            if matches!(action, None | Some(Action::Release)) {
                books.queue(queue, QueueFigure::Refused);
                lose(books, queue, 0);
            }
        }
        let sent_on = match (situation, action) {
            (Situation::Timeout, Some(Action::Queue(_))) => Some(QueueFigure::TimeoutToQueue),
            (Situation::Timeout, Some(Action::Agent(_))) => Some(QueueFigure::TimeoutToAgent),
            (Situation::Overflow, Some(Action::Queue(_))) => Some(QueueFigure::OverflowToQueue),
            (Situation::Overflow, Some(Action::Agent(_))) => Some(QueueFigure::OverflowToAgent),
            _ => None,
        };
        if let Some(figure) = sent_on {
            books.queue(queue, figure);
        }
    }

    pub(super) fn queue_call(&mut self, at: Timestamp, id: CallId, line: Line, cause: Cause) {
        let moved = self.change_call(at, id, |call, books| {
            leave_line(call, books, at, cause.into());
            call.row.wait_began.get_or_insert(at);
            let mut spot = match line {
                Line::Private(agent) => call.agent_spot(at, agent, cause.into()),
                Line::Queue(queue) => {
                    meet_queue(call, books, queue);
                    if !cause.is_return() {
                        books.queue(queue, QueueFigure::Entered);
                    }
                    call.queue_spot(at, queue, cause.into())
                }
            };
            spot.row.waited_from = Some(at);
            call.waits = Some(spot);
            Sent::of(call)
        });
        if let Some(sent) = moved {
            self.sent_on(&sent, id, false);
        }
    }

    /// By the treatment of a situation.
    pub(super) fn send_outside(&mut self, at: Timestamp, id: CallId, to: &Arc<str>, why: Entered, left: Left) {
        let moved = self.change_call(at, id, |call, books| {
            leave_line(call, books, at, left);
            let outbound = go_outside(call, at, to, why);
            (Sent::of(call), outbound)
        });
        if let Some((sent, outbound)) = moved {
            // Whoever sent it sent it to the queue.
            self.sent_on(&sent, id, false);
            self.dialled_out(outbound);
        }
    }

    /// By an agent.
    pub(super) fn transfer_outside(&mut self, at: Timestamp, id: CallId, to: &Arc<str>) {
        let moved = self.change_call(at, id, |call, books| {
            leave_line(call, books, at, Left::Transferred);
            let outbound = go_outside(call, at, to, Entered::Transferred);
            (Sent::of(call), outbound)
        });
        if let Some((sent, outbound)) = moved {
            self.sent_on(&sent, id, true);
            self.dialled_out(outbound);
        }
    }

    /// The colleague's call goes out for the first time.
    fn dialled_out(&mut self, outbound: Option<AgentId>) {
        if let Some(agent) = outbound {
            self.change_agent(agent, |_, books| books.agent(agent, AgentFigure::CallsOut));
        }
    }

    /// It is known now to where somebody sent a call, or whom its keeper asked.
    fn sent_on(&mut self, sent: &Sent, id: CallId, outside: bool) {
        if let Some(agent) = sent.given_by {
            self.transferred(agent, id, sent.direction, outside);
        }
        if let Some((agent, kept)) = sent.asked_by {
            self.change_agent(agent, |_, books| {
                let act = if outside { Act::ConsultOutside } else { Act::Consult };
                if kept == Kept::ToConsult && !outside {
                    books.agent(agent, AgentFigure::Consults);
                }
                let mut operation = books.operation(agent, act, ActBy::Agent);
                (operation.call, operation.direction, operation.kept) = (Some(id), Some(sent.direction), kept);
                books.done(operation);
            });
        }
    }

    /// An agent has given a call away.
    pub(super) fn transferred(&mut self, agent: AgentId, id: CallId, direction: Direction, outside: bool) {
        let (figure, act) = if outside {
            (AgentFigure::TransfersOutside, Act::TransferOutside)
        } else {
            (AgentFigure::TransfersInside, Act::TransferInside)
        };
        self.change_agent(agent, |_, books| {
            books.agent(agent, figure);
            let mut operation = books.operation(agent, act, ActBy::Agent);
            (operation.call, operation.direction) = (Some(id), Some(direction));
            books.done(operation);
        });
    }

    pub(super) fn answer_outside(&mut self, at: Timestamp, id: CallId) {
        self.change_call(at, id, |call, _| {
            if let Some(spot) = &mut call.talks {
                spot.row.talked_from = Some(at);
                call.row.answered.get_or_insert(at);
            }
        });
        self.joined(id);
    }

    pub(super) fn make_offer(&mut self, at: Timestamp, id: CallId, agent: AgentId, line: Line) {
        self.change_call(at, id, |call, _| {
            call.just_withdrawn = false;
            call.row.ring_began.get_or_insert(at);
            let spot = match line {
                Line::Private(_) => {
                    call.waits.iter_mut().for_each(|spot| spot.row.rang_from = Some(at));
                    None
                }
                Line::Queue(_) => {
                    let mut spot = call.agent_spot(at, agent, Entered::Offered);
                    spot.row.rang_from = Some(at);
                    Some(spot)
                }
            };
            call.rings = Some(Ring { agent, spot });
        });
        self.change_agent(agent, |book, _| book.ring());
    }

    pub(super) fn accept_offer(&mut self, at: Timestamp, id: CallId, agent: AgentId) {
        let book = self.agents.get(&agent);
        let queues = book.map_or_else(Vec::new, |book| book.queues.clone());
        let further = &self.further;
        let Some(call) = self.calls.get_mut(&id) else { return };
        super::unlist(&mut self.numbers, call);
        let (ring, line) = (call.rings.take(), call.waits.take());
        let queue = line.as_ref().and_then(|spot| spot.queue);
        let mut spot = ring.and_then(|ring| ring.spot);
        match (line, queue) {
            (Some(line), Some(queue)) => {
                connect(&mut self.books, queue, micros(at.since(line.row.entered)));
                let also = further.get(&queue).map_or(&[][..], Vec::as_slice);
                if let Some(by) = helper(queue, also, &queues) {
                    self.books.help(by, queue);
                }
                self.books.close(line.row, at, Left::Answered);
            }
            (private, _) => spot = spot.or(private),
        }
        if let Some(spot) = &mut spot {
            spot.row.talked_from = Some(at);
        }
        call.talks = spot;
        call.row.answered.get_or_insert(at);
        call.row.last_agent = Some(agent);
        call.turn_phase(at);
        super::list(&mut self.numbers, call);
        let talk = Talk { call: id, since: at, queue, dialled: false, direction: call.row.direction };
        self.change_agent(agent, |book, books| {
            books.agent(agent, AgentFigure::Requests);
            books.agent(agent, AgentFigure::Answered);
            book.start_talk(books, agent, talk);
        });
        self.joined(id);
    }

    pub(super) fn end_offer(&mut self, at: Timestamp, id: CallId, agent: AgentId, how: OfferEnd) {
        let left = Left::from(how);
        self.change_call(at, id, |call, books| {
            if let Some(queue) = call.queue() {
                books.queue(queue, QueueFigure::LostRing);
                match left {
                    Left::Declined => books.queue(queue, QueueFigure::Declined),
                    // That the caller left is counted when the call ends, which is next.
                    Left::CallerLeft => {}
                    _ => books.queue(queue, QueueFigure::SystemLost),
                }
            }
            if let Some(spot) = call.rings.take().and_then(|ring| ring.spot) {
                books.close(spot.row, at, left);
            }
            call.just_withdrawn = left == Left::Requested;
        });
        self.change_agent(agent, |book, books| {
            books.agent(agent, AgentFigure::Requests);
            match how {
                OfferEnd::Declined => books.agent(agent, AgentFigure::Declined),
                OfferEnd::Expired => books.agent(agent, AgentFigure::Expired),
                OfferEnd::Withdrawn(_) | OfferEnd::Failed => {}
            }
            book.stop_ringing();
        });
    }
}

/// Who sent a call to where it comes now.
struct Sent {
    given_by: Option<AgentId>,
    asked_by: Option<(AgentId, Kept)>,
    direction: Direction,
}

impl Sent {
    fn of(call: &mut LiveCall) -> Self {
        let keeper = call.keeper.as_ref().and_then(|spot| spot.agent);
        let asks = std::mem::take(&mut call.asks);
        Self {
            given_by: call.given_by.take(),
            asked_by: keeper.filter(|_| asks).map(|agent| (agent, call.kept)),
            direction: call.row.direction,
        }
    }
}

/// The call comes to a public queue, let in or not.
fn meet_queue(call: &mut LiveCall, books: &mut Books, queue: QueueId) {
    if call.row.first_queue.is_none() {
        call.row.first_queue = Some(queue);
        books.queue(queue, QueueFigure::Incoming);
    }
    call.row.last_queue = Some(queue);
}

/// It leaves the line it waits in, or the outside number that did not answer.
fn leave_line(call: &mut LiveCall, books: &mut Books, at: Timestamp, why: Left) {
    call.just_withdrawn = false;
    if let Some(spot) = call.waits.take() {
        leave_queue(books, &spot, at);
        books.close(spot.row, at, why);
    }
    if let Some(spot) = call.talks.take() {
        let why = if spot.agent.is_none() { Left::OutsideFailed } else { why };
        books.close(spot.row, at, why);
    }
}

/// How long it waited in a public queue counts, wherever it goes.
pub(super) fn leave_queue(books: &mut Books, spot: &Spot, at: Timestamp) {
    if let Some(queue) = spot.queue {
        books.queue_span(queue, QueueFigure::LongestWait, at.since(spot.row.entered));
    }
}

/// Answers the colleague whose call goes out for the first time.
fn go_outside(call: &mut LiveCall, at: Timestamp, to: &Arc<str>, why: Entered) -> Option<AgentId> {
    let mut row = call.place(at, PlaceKind::Outside, Arc::clone(to), why);
    row.rang_from = Some(at);
    call.row.ring_began.get_or_insert(at);
    call.talks = Some(Spot { row, queue: None, agent: None });
    let is_first = call.row.direction == Direction::Internal;
    if is_first {
        call.row.direction = Direction::Outbound;
    }
    call.row.caller_agent.filter(|_| is_first)
}

fn connect(books: &mut Books, queue: QueueId, waited: u64) {
    books.queue(queue, QueueFigure::Connected);
    books.queue_span(queue, QueueFigure::ConnectedWait, std::time::Duration::from_micros(waited));
    books.queue_span(queue, QueueFigure::LongestWait, std::time::Duration::from_micros(waited));
    for (seconds, connected, _) in WITHIN {
        if waited <= seconds * 1_000_000 {
            books.queue(queue, connected);
        }
    }
}

/// A call ended in a queue, or at its door, without an answer.
pub(super) fn lose(books: &mut Books, queue: QueueId, waited: u64) {
    books.queue(queue, QueueFigure::Lost);
    for (seconds, _, lost) in WITHIN {
        if waited <= seconds * 1_000_000 {
            books.queue(queue, lost);
        }
    }
}

/// The queue by which an agent may answer a call of `queue`, if the agent is not one of that queue's own: the first of
/// the further ones that the agent serves.
fn helper(queue: QueueId, further: &[QueueId], served: &[QueueId]) -> Option<QueueId> {
    if served.contains(&queue) {
        return None;
    }
    further.iter().copied().find(|also| served.contains(also))
}
