//! A call on its way to a place: queues and agents are asked whether they take it, treatments are followed, and what is
//! done becomes events. An attempt of a treatment that is refused leaves only its reason behind.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::call::{Call, Caller, Cause, HOPS_MAX, Line, Place, Sender, Wait};
use crate::event::Event;
use crate::floor::{Action, Queue, Situation, Treatment};
use crate::id::{AgentId, CallId, QueueId};
use crate::rejection::{Refusal, Rejection};
use crate::state::State;
use crate::time::Timestamp;

use super::directed::{InTheCall, direct, hand_on};

/// Why a call goes where it goes, and who sends it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) cause: Cause,
    pub(super) sender: Sender,
}

/// What came of a treatment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// The call has another place.
    SentOn,
    /// It stays, or may go on entering.
    Stays,
    /// It is to be released.
    Released,
    /// The treatment and all its fallbacks were refused.
    NothingLeft,
    /// It is to be released, for this would have been the hop after the last.
    TooManyHops,
}

/// What a queue asks of a call at its door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// All there is to ask.
    Whole,
    /// Only whether anybody is signed in, and nobody has closed the queue by hand: the call has a return ticket.
    ReturnTicket,
}

#[derive(Debug)]
pub(super) struct Journey<'a> {
    state: &'a State,
    now: Timestamp,
    call: CallId,
    in_call: InTheCall,
    hops: u8,
    /// What orders it in private and when it comes back.
    since: Option<Timestamp>,
    /// What will order it in the next queue it joins.
    since_in_queue: Timestamp,
    diverted: &'a [(QueueId, Situation)],
    /// For whom it waits in private: a treatment of its origin queue that names this agent lets it stay.
    waits_for: Option<AgentId>,
    /// The queue it came back to: a situation that directed it away from there counts as `stay`.
    came_back_to: Option<QueueId>,
    /// Queues whose door it stood at in this turn; they are not asked twice, so that no door leads in a circle.
    asked: Vec<QueueId>,
    pub(super) events: Vec<Event>,
}

impl<'a> Journey<'a> {
    /// Of a call that arrives.
    pub(super) fn of_newcomer(state: &'a State, now: Timestamp, call: CallId, caller: &Caller) -> Self {
        Self {
            state,
            now,
            call,
            in_call: InTheCall::caller(caller),
            hops: 0,
            since: None,
            since_in_queue: now,
            diverted: &[],
            waits_for: None,
            came_back_to: None,
            asked: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Of a call that leaves its place.
    pub(super) fn of(state: &'a State, now: Timestamp, call: &'a Call) -> Self {
        let mut journey = Self::of_newcomer(state, now, call.id, &call.caller);
        journey.in_call = InTheCall::of(call);
        journey.hops = call.hops;
        journey.since = call.since;
        journey.since_in_queue = call.since.unwrap_or(now);
        journey.diverted = &call.diverted;
        if let Place::Waiting(Wait { line: Line::Queue(queue), cause, .. }) = &call.place {
            journey.came_back_to = cause.is_return().then_some(*queue);
        }
        journey
    }

    /// It meets a situation where it waits. It does not go through its own queue's door again in this turn.
    pub(super) fn leaving(mut self, line: Line) -> Self {
        match line {
            Line::Queue(queue) => self.asked.push(queue),
            Line::Private(agent) => self.waits_for = Some(agent),
        }
        self
    }

    /// A transfer starts `since` anew in the queue the call joins.
    pub(super) fn transferred(mut self) -> Self {
        self.since_in_queue = self.now;
        self
    }

    /// To where a transfer or a request sends it: a hop.
    pub(super) fn hop_to_queue(&mut self, queue: QueueId, sent: Sent) -> Result<(), Rejection> {
        self.hop()?;
        self.enter(queue, Door::Whole, sent)
    }

    /// To whom a transfer or a request directs it: a hop.
    pub(super) fn hop_to_agent(&mut self, agent: AgentId, sent: Sent) -> Result<(), Rejection> {
        self.hop()?;
        self.go_to_agent(agent, sent)
    }

    /// To whom it is handed for another agent: a hop.
    pub(super) fn hand_on(&mut self, agent: AgentId, sent: Sent) -> Result<(), Rejection> {
        self.hop()?;
        hand_on(self.state, self.call, self.in_call, agent)?;
        self.join_private(agent, sent);
        Ok(())
    }

    /// Into a queue, if its door lets the call in or leads it elsewhere.
    pub(super) fn go_to_queue(&mut self, queue: QueueId, sent: Sent) -> Result<(), Rejection> {
        self.enter(queue, Door::Whole, sent)
    }

    /// Back into a queue, with the return ticket.
    pub(super) fn go_back_to_queue(&mut self, queue: QueueId, sent: Sent) -> Result<(), Rejection> {
        self.came_back_to = Some(queue);
        self.enter(queue, Door::ReturnTicket, sent)
    }

    /// Into the private queue of an agent who takes it.
    pub(super) fn go_to_agent(&mut self, agent: AgentId, sent: Sent) -> Result<(), Rejection> {
        direct(self.state, self.call, self.in_call, agent)?;
        self.join_private(agent, sent);
        Ok(())
    }

    fn join_private(&mut self, id: AgentId, sent: Sent) {
        let agent = self.state.agent(id).expect("only an agent of the floor takes a call");
        let until = self.now + self.state.private_rules(agent).wait_max;
        self.join(Line::Private(id), self.since, until, sent);
    }

    /// Into a queue without asking.
    pub(super) fn join_queue(&mut self, queue: &Queue, sent: Sent) {
        let until = self.now + queue.wait_max;
        self.join(Line::Queue(queue.id), Some(self.since_in_queue), until, sent);
    }

    /// What `queue` does with the call in `situation`: the first of `treatment` and its fallbacks that is not refused.
    pub(super) fn treat(&mut self, queue: &Queue, situation: Situation, treatment: Option<&Treatment>) -> Met {
        if self.came_back_to == Some(queue.id) && self.diverted.contains(&(queue.id, situation)) {
            self.note(queue.id, situation, Some(Action::Stay));
            return Met::Stays;
        }
        let (mut kept, hops) = (self.events.len(), self.hops);
        let mut next = treatment;
        while let Some(Treatment { action, fallback }) = next {
            if self.leads_here(action) {
                self.note(queue.id, situation, Some(Action::Stay));
                return Met::Stays;
            }
            self.note(queue.id, situation, Some(action.clone()));
            let refusal = match self.act(action, queue.id, situation) {
                Ok(met) => return met,
                Err(refusal) => refusal,
            };
            self.undo(kept);
            self.hops = hops;
            self.note_refused(queue.id, situation, action, &refusal);
            kept = self.events.len();
            if let Rejection::TooManyHops(_) = refusal {
                self.note(queue.id, situation, Some(Action::Release));
                return Met::TooManyHops;
            }
            next = fallback.as_deref();
        }
        self.note(queue.id, situation, None);
        Met::NothingLeft
    }

    /// Takes back what an attempt did since there were so many events; what it was refused by stays told.
    fn undo(&mut self, kept: usize) {
        let attempt = self.events.split_off(kept);
        self.events.extend(attempt.into_iter().filter(|event| matches!(event, Event::TreatmentRefused { .. })));
    }

    fn act(&mut self, action: &Action, by: QueueId, situation: Situation) -> Result<Met, Rejection> {
        let sent = Sent { cause: Cause::Treatment(situation), sender: Sender::Queue(by) };
        match action {
            Action::Release => Ok(Met::Released),
            Action::Stay => Ok(Met::Stays),
            Action::Queue(queue) if self.asked.contains(queue) => Err(Rejection::QueueRefused(*queue, situation)),
            Action::Queue(queue) => self.hop_to_queue(*queue, sent).map(|()| Met::SentOn),
            Action::Agent(agent) => self.hop_to_agent(*agent, sent).map(|()| Met::SentOn),
            Action::External(address) => self.go_outside(address, by, situation).map(|()| Met::SentOn),
        }
    }

    /// Being directed to whom it waits for already, and not by way of some door, is to stay.
    fn leads_here(&self, action: &Action) -> bool {
        matches!(action, Action::Agent(agent) if self.waits_for == Some(*agent)) && self.asked.is_empty()
    }

    /// To an outside number, sent there by an agent.
    pub(super) fn transfer_outside(&mut self, address: &Arc<str>, agent: AgentId) -> Result<(), Rejection> {
        self.hop()?;
        let (call, address, hops) = (self.call, Arc::clone(address), self.hops);
        self.events.push(Event::CallTransferredOutside { call, address, agent, hops });
        Ok(())
    }

    fn go_outside(&mut self, address: &Arc<str>, queue: QueueId, situation: Situation) -> Result<(), Rejection> {
        self.hop()?;
        let (call, address, hops) = (self.call, Arc::clone(address), self.hops);
        self.events.push(Event::CallSentOutside { call, address, queue, situation, hops });
        Ok(())
    }

    fn hop(&mut self) -> Result<(), Rejection> {
        if self.hops >= HOPS_MAX {
            return Err(Rejection::TooManyHops(self.call));
        }
        self.hops += 1;
        Ok(())
    }

    fn enter(&mut self, id: QueueId, door: Door, sent: Sent) -> Result<(), Rejection> {
        let queue = self.state.queue(id).ok_or(Rejection::NoSuchQueue(id))?;
        self.asked.push(id);
        let situations = [Situation::Closed, Situation::NoAgents, Situation::Overflow, Situation::Busy];
        for situation in situations {
            if !self.meets(queue, door, situation) {
                continue;
            }
            match self.treat(queue, situation, Some(queue.treatments.of(situation))) {
                Met::Stays => {}
                Met::SentOn => return Ok(()),
                Met::Released | Met::NothingLeft => return Err(Rejection::QueueRefused(id, situation)),
                Met::TooManyHops => return Err(Rejection::TooManyHops(self.call)),
            }
        }
        self.join_queue(queue, sent);
        Ok(())
    }

    /// A call that finds an agent available does not wait, so it meets neither `Overflow` nor `Busy`.
    fn meets(&self, queue: &Queue, door: Door, situation: Situation) -> bool {
        let is_closed_by_hand = self.state.closed_since(queue.id).is_some();
        let is_asked = match door {
            Door::Whole => true,
            Door::ReturnTicket => {
                situation == Situation::NoAgents || (situation == Situation::Closed && is_closed_by_hand)
            }
        };
        if !is_asked {
            return false;
        }
        let would_wait = || {
            let (weight_min, _) = queue.need(self.since_in_queue, self.now);
            let mut available = queue.takers().flat_map(|taker| self.state.available(taker, weight_min));
            available.all(|agent| self.in_call.contains(agent.settings.id))
        };
        let is_full = || {
            let waiting = self.state.waiting_count(queue.id);
            queue.waiting_max.is_some_and(|max| waiting >= usize::try_from(max).unwrap_or(usize::MAX))
        };
        match situation {
            Situation::Closed => !self.state.is_open(queue, self.now),
            Situation::NoAgents => queue.takers().all(|taker| self.state.signed_in_count(taker) == 0),
            Situation::Overflow => is_full() && would_wait(),
            Situation::Busy => !queue.lets_wait && would_wait(),
            Situation::Timeout | Situation::Cancelled => false,
        }
    }

    fn note(&mut self, queue: QueueId, situation: Situation, action: Option<Action>) {
        self.events.push(Event::TreatmentApplied { call: self.call, queue, situation, action });
    }

    fn note_refused(&mut self, queue: QueueId, situation: Situation, action: &Action, refusal: &Rejection) {
        let reason = Refusal::of(refusal).expect("an action is refused for one of the reasons of a treatment");
        let (call, action) = (self.call, action.clone());
        self.events.push(Event::TreatmentRefused { call, queue, situation, action, reason });
    }

    fn join(&mut self, line: Line, since: Option<Timestamp>, until: Timestamp, sent: Sent) {
        let Sent { cause, sender } = sent;
        let (call, hops) = (self.call, self.hops);
        self.events.push(Event::CallQueued { call, line, since, until, cause, sender, hops });
    }
}
