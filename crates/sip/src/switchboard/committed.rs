//! What is durable changes where calls are: the only way a stage ever changes.

use std::sync::Arc;

use engine::{CallId, Command, Event, FailCause, LegKey, VdnId};
use node::{Note, Record};

use super::board::{Board, Network};
use super::calls::{Call, Heard, Left, Stage};
use super::legs::Role;
use super::refusals::why_ended;

impl<N: Network> Board<N> {
    /// Brings the calls of a record to where it says they are; their legs follow at the end of the turn.
    pub(super) fn committed(&mut self, vdn: VdnId, record: &Record) {
        let Some(entry) = &record.entry else { return };
        for event in &entry.events {
            self.happened(vdn, event);
        }
    }

    fn happened(&mut self, vdn: VdnId, event: &Event) {
        match event {
            Event::CallArrived { call, key, called, .. } => self.call_arrived(vdn, *call, *key, called),
            Event::CallQueued { call, .. } => self.enter(*call, Stage::Waiting),
            Event::OfferMade { offer, call, agent, .. } => {
                self.enter(*call, Stage::Offered { offer: *offer, agent: *agent });
            }
            Event::OfferAccepted { call, agent, .. } => self.enter(*call, Stage::Talking { agent: *agent }),
            Event::OfferEnded { call, how, .. } => {
                self.stop_ringing(*call, &why_ended(*how));
                self.enter(*call, Stage::Waiting);
            }
            Event::CallTransferred { call, .. } => {
                self.part_other(*call);
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
            Event::CallTakenBack { call, agent, why } => self.is_taken_back(*call, *agent, *why),
            Event::OutsideAnswered { call } => self.outside_is_answered(*call),
            Event::CallEnded { call, outcome, .. } => self.enter(*call, Stage::Ended { outcome: *outcome }),
            _ => {}
        }
    }

    /// A call of ours is in the journal; it takes over the leg that waited for this.
    fn call_arrived(&mut self, vdn: VdnId, id: CallId, key: LegKey, called: &Arc<str>) {
        let Some(arrival) = self.arrivals.remove(&key) else {
            // We told its caller no, not knowing whether the journal had it.
            tracing::warn!(call = %id, "a call without a leg");
            return self.submit_fact(vdn, Command::FailCall { call: id, cause: FailCause::LegLost });
        };
        tracing::debug!(call = %id, vdn = vdn.0, "the call is here");
        if let Some(leg) = arrival.leg {
            self.set_role(leg, Role::Caller(id));
        }
        let call = Call {
            vdn,
            key,
            who: arrival.who,
            called: Arc::clone(called),
            caller: arrival.leg,
            other: None,
            ringing: None,
            kept: None,
            second: None,
            refer: None,
            stage: Stage::Waiting,
            heard: Heard::Nothing,
            held: false,
            caller_is_noted: true,
            other_note: None,
            hops_dialled: None,
        };
        self.calls.insert(id, Box::new(call));
        if let Some(left) = arrival.left {
            self.caller_left(id, left);
        }
        self.touch(id);
    }

    fn enter(&mut self, id: CallId, stage: Stage) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.stage = stage;
            self.touch(id);
        }
    }

    fn outside_is_answered(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id)
            && let Stage::Outside { answered, .. } = &mut call.stage
        {
            *answered = true;
            self.touch(id);
        }
    }

    /// The caller is gone: the journal is told.
    pub(super) fn caller_left(&mut self, id: CallId, left: Left) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.caller = None;
        let (vdn, notes) = (call.vdn, call.forget());
        let command = match left {
            Left::HungUp => Command::CallerLeft { call: id },
            Left::Broke(cause) => Command::FailCall { call: id, cause },
        };
        self.submit_fact_with(vdn, Some(command), notes);
    }

    /// The agent who talks with the call is gone: the journal is told.
    pub(super) fn agent_left(&mut self, id: CallId, left: Left) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Stage::Talking { agent } = call.stage else { return };
        let vdn = call.vdn;
        if call.kept.is_some() {
            // However it left: the keeper has the call back.
            let note = call.other_note.take().map(|key| Note { key, value: None });
            let command = Command::AgentLeft { call: id, agent };
            return self.submit_fact_with(vdn, Some(command), note.into_iter().collect());
        }
        let command = match left {
            Left::HungUp => Command::AgentLeft { call: id, agent },
            Left::Broke(cause) => Command::FailCall { call: id, cause },
        };
        let notes = call.forget();
        self.submit_fact_with(vdn, Some(command), notes);
    }
}
