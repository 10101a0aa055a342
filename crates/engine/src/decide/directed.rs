//! Whether an agent takes a call that is directed to it.

use crate::agent::{Presence, Reach};
use crate::call::{Call, Caller, Place};
use crate::floor::DirectedToNotReady;
use crate::id::{AgentId, CallId};
use crate::rejection::Rejection;
use crate::state::{Agent, State};

use super::known_agent;

/// The agents who are in a call already: it cannot be directed to them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct InTheCall {
    caller: Option<AgentId>,
    talker: Option<AgentId>,
    keeper: Option<AgentId>,
}

impl InTheCall {
    pub(super) const fn caller(caller: &Caller) -> Self {
        let caller = match caller {
            Caller::Agent(agent) => Some(*agent),
            Caller::Outside(_) => None,
        };
        Self { caller, talker: None, keeper: None }
    }

    pub(super) fn of(call: &Call) -> Self {
        let talker = match &call.place {
            Place::Talking { agent, .. } => Some(*agent),
            Place::Waiting(_) | Place::Offered { .. } | Place::Outside { .. } => None,
        };
        Self { talker, keeper: call.keeper.map(|keeper| keeper.agent), ..Self::caller(&call.caller) }
    }

    pub(super) fn contains(self, agent: AgentId) -> bool {
        [self.caller, self.talker, self.keeper].contains(&Some(agent))
    }
}

/// Refused as the table in section 3 of the rules says; otherwise the call joins the private queue.
pub(super) fn direct(state: &State, call: CallId, in_call: InTheCall, id: AgentId) -> Result<(), Rejection> {
    let agent = known_agent(state, id)?;
    let waits_anyway = state.private_rules(agent).directed_to_not_ready == DirectedToNotReady::Wait;
    join(state, call, in_call, id, waits_anyway)
}

/// To whom a call is handed on for another: the agent comes to it by and by, or it is refused.
pub(super) fn hand_on(state: &State, call: CallId, in_call: InTheCall, id: AgentId) -> Result<(), Rejection> {
    join(state, call, in_call, id, false)
}

fn join(state: &State, call: CallId, in_call: InTheCall, id: AgentId, waits_anyway: bool) -> Result<(), Rejection> {
    let agent = known_agent(state, id)?;
    if in_call.contains(id) {
        return Err(Rejection::AgentIsInTheCall(id, call));
    }
    if agent.presence == Presence::SignedOut {
        return Err(Rejection::AgentSignedOut(id));
    }
    if will_not_come_to_it(agent) && !waits_anyway {
        return Err(Rejection::AgentNotReady(id));
    }
    let waiting = state.private_count(id);
    let would_wait = !agent.is_available() || waiting > 0;
    let depth_max = usize::try_from(state.private_rules(agent).depth_max).unwrap_or(usize::MAX);
    if would_wait && waiting >= depth_max {
        return Err(Rejection::PrivateQueueFull(id));
    }
    Ok(())
}

/// `NotReady` and not engaged, or lost.
fn will_not_come_to_it(agent: &Agent) -> bool {
    let is_lost = matches!(agent.reach, Reach::Lost { .. });
    is_lost || (matches!(agent.presence, Presence::NotReady(_)) && !agent.work.is_engaged())
}
