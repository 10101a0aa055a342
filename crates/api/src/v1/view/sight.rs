//! What an asker may see.

use engine::{AgentId, Call, Caller, Line, Place};

use super::word::Numbers;

/// What an asker may see of callers' numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// Those of any call.
    pub(crate) numbers: Numbers,
    /// An agent sees those of its own calls in full.
    pub(crate) agent: Option<AgentId>,
}

impl Sight {
    /// Those of this call.
    pub(super) fn of(self, call: &Call) -> Numbers {
        if self.agent.is_some_and(|agent| is_with(call, agent)) { Numbers::Full } else { self.numbers }
    }
}

/// Whether a call waits in the agent's private queue, is offered to it, or is one in which it talks.
pub(crate) fn is_with(call: &Call, agent: AgentId) -> bool {
    let is_place = match &call.place {
        Place::Waiting(wait) => wait.line == Line::Private(agent),
        Place::Offered { agent: offered, .. } => *offered == agent,
        Place::Talking { agent: talking, .. } => *talking == agent,
        Place::Outside { .. } => false,
    };
    is_place || call.caller == Caller::Agent(agent)
}
