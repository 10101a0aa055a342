//! What becomes of calls that an agent keeps while it has asked for somebody else.

use crate::call::{Keeper, Keeping, Place};
use crate::id::{AgentId, CallId};
use crate::state::State;
use crate::time::Timestamp;

use super::calls::leave_place;

impl State {
    /// The call's next place follows in the same entry.
    pub(super) fn keep(&mut self, id: CallId, agent: AgentId, keeping: Keeping) {
        self.change_call(id, |call| {
            let Place::Talking { line, .. } = call.place else { panic!("an agent keeps a call it talks with") };
            let (since, origin_queue) = (call.since, call.origin_queue);
            call.keeper = Some(Keeper { agent, keeping, line, since, origin_queue });
        });
    }

    pub(super) fn change_keeping(&mut self, id: CallId, keeping: Keeping) {
        self.change_call(id, |call| {
            call.keeper.as_mut().expect("a kept call has a keeper").keeping = keeping;
        });
    }

    pub(super) fn give_away(&mut self, at: Timestamp, id: CallId) {
        let mut gone = None;
        self.change_call(id, |call| gone = call.keeper.take());
        let keeper = gone.expect("a kept call has a keeper");
        self.end_talk(at, id, keeper.agent);
    }

    /// Its age and its origin are again what they were before it was kept.
    pub(super) fn take_back(&mut self, at: Timestamp, id: CallId) {
        let mut other = None;
        self.change_call(id, |call| {
            let keeper = call.keeper.take().expect("a kept call has a keeper");
            leave_place(call, at);
            if let Place::Talking { agent, .. } = call.place {
                other = Some(agent);
            }
            call.place = Place::Talking { agent: keeper.agent, since: at, held: false, line: keeper.line };
            (call.since, call.origin_queue) = (keeper.since, keeper.origin_queue);
        });
        if let Some(other) = other {
            self.end_talk(at, id, other);
        }
    }
}
