//! What is durable changes where calls are: the only way a stage ever changes.

use std::sync::Arc;

use engine::{CallId, Command, Event, FailCause, LegKey, OfferEnd, Outcome, ReleaseCause, Situation};
use node::{Note, Record};

use super::arrive::caller_note;
use super::{EdgeCall, Left, Role, Stage, Topic};
use crate::plant::Plant;
use crate::world::{Sound, World};

impl World {
    /// Brings calls to where records say they are; legs follow when the edge settles.
    pub(crate) fn edge_committed(&mut self, records: &[Arc<Record>]) {
        for record in records {
            let Some(entry) = &record.entry else { continue };
            for event in &entry.events {
                self.happened(event);
            }
        }
    }

    fn happened(&mut self, event: &Event) {
        match event {
            Event::CallArrived { call, key, .. } => self.call_arrived(*call, *key),
            Event::CallQueued { call, .. } => self.enter(*call, Stage::Waiting),
            Event::OfferMade { offer, call, agent, .. } => {
                self.enter(*call, Stage::Offered { offer: *offer, agent: *agent });
            }
            Event::OfferAccepted { call, agent, .. } => self.enter(*call, Stage::Talking { agent: *agent }),
            Event::OfferEnded { call, how, .. } => {
                self.offer_over(*call, *how);
                self.enter(*call, Stage::Waiting);
            }
            Event::CallTransferred { call, .. } => {
                if !self.strikes(Plant::KeepSender, 500) {
                    self.part_other(*call);
                }
                self.enter(*call, Stage::Waiting);
            }
            Event::CallSentOutside { call, address, hops, .. } => {
                self.part_other(*call);
                self.enter(*call, Stage::Outside { address: Arc::clone(address), hops: *hops, answered: false });
            }
            Event::CallTransferredOutside { call, address, hops, .. } => {
                self.enter(*call, Stage::Outside { address: Arc::clone(address), hops: *hops, answered: false });
            }
            Event::CallKept { call, agent, keeping } => self.is_kept(*call, *agent, *keeping),
            Event::KeepingChanged { call, keeping } => self.keeping_changed(*call, *keeping),
            Event::CallGivenAway { call, .. } => self.is_given_away(*call),
            Event::CallTakenBack { call, agent, .. } => self.is_taken_back(*call, *agent),
            Event::OutsideAnswered { call } => self.outside_is_answered(*call),
            Event::CallEnded { call, outcome, .. } => self.enter(*call, Stage::Ended { is_refusal: refusal(*outcome) }),
            _ => {}
        }
    }

    fn offer_over(&mut self, call: CallId, how: OfferEnd) {
        let keeps = matches!(how, OfferEnd::Expired | OfferEnd::Withdrawn(_)) && self.strikes(Plant::KeepRinging, 500);
        if keeps {
            if let Some(call) = self.edge.calls.get_mut(&call) {
                call.ringing = None;
            }
            return;
        }
        self.stop_ringing(call);
    }

    fn call_arrived(&mut self, id: CallId, key: LegKey) {
        let Some(arrival) = self.edge.arrivals.remove(&key) else {
            return self.submit_fact(id, Command::FailCall { call: id, cause: FailCause::LegLost });
        };
        if let Some(line) = arrival.line {
            self.set_role(line, Role::Caller(id));
        }
        let call = EdgeCall {
            key,
            caller: arrival.line,
            other: None,
            kept: None,
            ringing: None,
            stage: Stage::Waiting,
            heard: (Sound::Nothing, Sound::Nothing),
            held: false,
            caller_is_noted: true,
            other_note: None,
            hops_dialled: None,
        };
        self.edge.calls.insert(id, call);
        if let Some(left) = arrival.left {
            self.meet(crate::sometimes::Situation::DecidedTooLate);
            self.caller_left(id, left);
        }
        self.touch(id);
    }

    fn enter(&mut self, id: CallId, stage: Stage) {
        if let Some(call) = self.edge.calls.get_mut(&id) {
            call.stage = stage;
            self.touch(id);
        }
    }

    fn outside_is_answered(&mut self, id: CallId) {
        if let Some(EdgeCall { stage: Stage::Outside { answered, .. }, .. }) = self.edge.calls.get_mut(&id) {
            *answered = true;
            self.touch(id);
        }
    }

    /// The caller is gone: the journal is told.
    pub(super) fn caller_left(&mut self, id: CallId, left: Left) {
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        call.caller = None;
        let notes = call.forget();
        let command = match left {
            Left::HungUp => Command::CallerLeft { call: id },
            Left::Broke(cause) => Command::FailCall { call: id, cause },
        };
        self.submit_fact_with(Topic::Call(id), Some(command), notes);
    }

    /// The agent who talks with the call is gone: the journal is told.
    pub(super) fn agent_left(&mut self, id: CallId, left: Left) {
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        let Stage::Talking { agent } = call.stage else { return };
        if call.kept.is_some() {
            let notes = call.other_note.take().map(|key| Note { key, value: None }).into_iter().collect();
            let command = Command::AgentLeft { call: id, agent };
            return self.submit_fact_with(Topic::Call(id), Some(command), notes);
        }
        let notes = call.forget();
        let command = match left {
            Left::HungUp => Command::AgentLeft { call: id, agent },
            Left::Broke(cause) => Command::FailCall { call: id, cause },
        };
        self.submit_fact_with(Topic::Call(id), Some(command), notes);
    }
}

impl EdgeCall {
    /// The notes of its legs are removed.
    pub(super) fn forget(&mut self) -> Vec<Note> {
        let caller = std::mem::take(&mut self.caller_is_noted).then(|| caller_note(self.key).into());
        let keeper = self.kept.as_mut().and_then(|kept| kept.note.take());
        caller
            .into_iter()
            .chain(self.other_note.take())
            .chain(keeper)
            .map(|key: Arc<str>| Note { key, value: None })
            .collect()
    }
}

const fn refusal(outcome: Outcome) -> u16 {
    match outcome {
        Outcome::Released(ReleaseCause::Treatment(Situation::Overflow | Situation::Busy)) => 486,
        Outcome::Abandoned => 487,
        Outcome::Failed(FailCause::Resources) => 503,
        Outcome::Released(_) | Outcome::Failed(_) | Outcome::Answered => 480,
    }
}
