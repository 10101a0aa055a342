//! What becomes of calls.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::agent::Work;
use crate::call::{Call, Caller, Cause, Line, OutsideSender, Place, Sender, Stay, StayAt, Wait};
use crate::floor::{ANY_WEIGHT, Action, Situation};
use crate::id::{AgentId, CallId, LegKey, OfferId, QueueId};
use crate::state::{Arrival, State};
use crate::time::Timestamp;

impl State {
    pub(super) fn arrive(
        &mut self,
        at: Timestamp,
        id: CallId,
        key: LegKey,
        caller: &Caller,
        called: &Arc<str>,
        priority: u8,
    ) {
        assert!(self.arriving.is_none(), "a call has a place before the next one arrives");
        self.calls_made = id.number / CallId::NUMBER_STEP;
        if let Caller::Agent(agent) = caller {
            self.start_work(at, *agent, Work::Talking { call: id, since: at });
        }
        let (caller, called, diverted) = (caller.clone(), Arc::clone(called), Vec::new());
        self.arriving = Some(Arrival { id, key, caller, called, priority, diverted });
    }

    /// Remembers that a situation directed the call away from a queue.
    pub(super) fn divert(&mut self, call: CallId, queue: QueueId, situation: Situation, action: Option<&Action>) {
        if !matches!(action, Some(Action::Queue(_) | Action::Agent(_) | Action::External(_))) {
            return;
        }
        let diverted = match &mut self.arriving {
            Some(arrival) if arrival.id == call => &mut arrival.diverted,
            _ => &mut self.calls.get_mut(call).expect("a treatment is applied to a live call").diverted,
        };
        if !diverted.contains(&(queue, situation)) {
            diverted.push((queue, situation));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "these are the fields of one event")]
    pub(super) fn queue_call(
        &mut self,
        at: Timestamp,
        id: CallId,
        line: Line,
        since: Option<Timestamp>,
        until: Timestamp,
        (cause, sender): (Cause, Sender),
        hops: u8,
    ) {
        let (weight_min, widens_at) = match line {
            Line::Queue(queue) => {
                self.queue(queue).map_or((ANY_WEIGHT, None), |queue| queue.need(since.unwrap_or(at), at))
            }
            Line::Private(_) => (ANY_WEIGHT, None),
        };
        let wait = Wait { line, joined: at, until, cause, sender, weight_min, widens_at };
        self.place_call(at, id, Place::Waiting(wait), |call| {
            call.since = since;
            call.hops = hops;
            if let (Line::Queue(queue), _) | (Line::Private(_), Sender::Queue(queue)) = (line, sender) {
                call.origin_queue = Some(queue);
            }
        });
    }

    pub(super) fn send_outside(
        &mut self,
        at: Timestamp,
        id: CallId,
        address: &Arc<str>,
        sent_by: OutsideSender,
        hops: u8,
    ) {
        let place = Place::Outside { address: Arc::clone(address), since: at, answered: false, sent_by };
        self.place_call(at, id, place, |call| call.hops = hops);
    }

    /// Gives a call that arrives its first place, and any other its next one.
    fn place_call(&mut self, at: Timestamp, id: CallId, place: Place, change: impl FnOnce(&mut Call)) {
        let Some(arrival) = self.arriving.take_if(|arrival| arrival.id == id) else {
            return self.change_call(id, |call| {
                leave_place(call, at);
                call.place = place;
                change(call);
            });
        };
        let mut call = Call {
            id,
            key: arrival.key,
            caller: arrival.caller,
            called: arrival.called,
            arrived: at,
            priority: arrival.priority,
            origin_queue: None,
            hops: 0,
            since: None,
            place,
            keeper: None,
            diverted: arrival.diverted,
            not_before: Vec::new(),
            history: Vec::new(),
        };
        change(&mut call);
        self.index.list_call(&call, &self.agents);
        self.calls.insert(id, call);
    }

    pub(super) fn extend_wait(&mut self, id: CallId, end: Timestamp) {
        self.change_call(id, |call| {
            let Place::Waiting(wait) = &mut call.place else { panic!("only a wait is extended") };
            wait.until = end;
        });
    }

    pub(super) fn widen(&mut self, id: CallId, least: u8, next: Option<Timestamp>) {
        self.change_call(id, |call| {
            let Place::Waiting(wait) = &mut call.place else { panic!("only a wait widens") };
            wait.weight_min = least;
            wait.widens_at = next;
        });
    }

    pub(super) fn answer_outside(&mut self, id: CallId) {
        self.change_call(id, |call| {
            let Place::Outside { answered, .. } = &mut call.place else { panic!("only outside does outside answer") };
            *answered = true;
        });
    }

    pub(super) fn make_offer(&mut self, at: Timestamp, offer: OfferId, id: CallId, agent: AgentId, until: Timestamp) {
        self.offers_made = offer.0;
        self.change_call(id, |call| {
            let Place::Waiting(wait) = &call.place else { panic!("only a waiting call is offered") };
            call.place = Place::Offered { offer, agent, since: at, until, wait: wait.clone() };
        });
        self.change_agent(at, agent, |agent| {
            assert!(agent.is_available(), "a call is offered only to an available agent");
            agent.work = Work::Offered { offer, call: id };
            agent.work_since = at;
            agent.last_offer = Some(offer);
        });
    }

    pub(super) fn accept_offer(&mut self, at: Timestamp, id: CallId, agent: AgentId) {
        let mut is_private = false;
        self.change_call(id, |call| {
            let Place::Offered { wait, .. } = &call.place else { panic!("only an offered call is accepted") };
            let line = wait.line;
            is_private = matches!(line, Line::Private(_));
            leave_place(call, at);
            call.place = Place::Talking { agent, since: at, held: false, line };
        });
        self.change_agent(at, agent, |agent| {
            agent.work = Work::Talking { call: id, since: at };
            agent.work_since = at;
            agent.private_run = if is_private { agent.private_run.saturating_add(1) } else { 0 };
        });
    }

    pub(super) fn end_offer(&mut self, at: Timestamp, id: CallId, agent: AgentId, not_before: Option<Timestamp>) {
        self.change_call(id, |call| {
            let Place::Offered { wait, .. } = &call.place else { panic!("only an offered call's offer ends") };
            call.place = Place::Waiting(wait.clone());
            call.not_before.extend(not_before.map(|until| (agent, until)));
        });
        self.start_work(at, agent, Work::Idle { since: at });
    }

    /// The call may be over by now.
    pub(super) fn allow_reoffer(&mut self, agent: AgentId, call: CallId) {
        if self.calls.get(call).is_some() {
            self.change_call(call, |call| call.not_before.retain(|(kept, _)| *kept != agent));
        }
    }

    pub(super) fn hold(&mut self, id: CallId, on_hold: bool) {
        self.change_call(id, |call| {
            let Place::Talking { held, .. } = &mut call.place else { panic!("only a talk is held") };
            *held = on_hold;
        });
    }

    pub(super) fn end_call(&mut self, at: Timestamp, id: CallId) {
        let caller = match self.arriving.take_if(|arrival| arrival.id == id) {
            Some(arrival) => arrival.caller,
            None => self.forget_call(at, id),
        };
        if let Caller::Agent(agent) = caller {
            self.end_talk(at, id, agent);
        }
    }

    fn forget_call(&mut self, at: Timestamp, id: CallId) -> Caller {
        let call = self.calls.remove(id).expect("a call ends once");
        self.index.unlist_call(&call);
        assert!(!matches!(call.place, Place::Offered { .. }), "an offer ends before its call does");
        if let Place::Talking { agent, .. } = call.place {
            self.end_talk(at, id, agent);
        }
        if let Some(keeper) = call.keeper {
            self.end_talk(at, id, keeper.agent);
        }
        call.caller
    }
}

/// Puts the place the call leaves into its history.
pub(super) fn leave_place(call: &mut Call, until: Timestamp) {
    let (at, from, cause) = match &call.place {
        Place::Waiting(wait) | Place::Offered { wait, .. } => (StayAt::Line(wait.line), wait.joined, wait.cause),
        Place::Talking { agent, since, .. } => {
            let served_from = call.history.last().expect("a talk follows a wait");
            (StayAt::Agent(*agent), *since, served_from.cause)
        }
        Place::Outside { address, since, sent_by, .. } => {
            let cause = match sent_by {
                OutsideSender::Treatment(_, situation) => Cause::Treatment(*situation),
                OutsideSender::Agent(_) => Cause::Transfer,
            };
            (StayAt::Outside(Arc::clone(address)), *since, cause)
        }
    };
    call.history.push(Stay { at, from, until, cause });
}
