//! What agents do.

mod calls;
mod details;
mod rests;
mod states;
mod tally;

pub(super) use calls::{BatchCalls, CurrentCalls, Id, PrivateCalls};
pub(super) use details::{Details, LegacyDetails, LegacySkillMembers, NO_TEAM, SkillMembers, phone};
pub(super) use rests::{LegacyRests, Page, RestState, Rests};
pub(super) use states::{
    AgentInShort, AgentsByStatus, Counts, LegacySystemState, SignedInSkills, Statuses, SystemState, page,
};
pub(super) use tally::{AgentCounts, Tally};

use engine::{Agent, AgentId, VdnId};
use history::Projection;

use super::codes::NO_TIME;
use super::desk::millis;
use super::field::question;
use super::fields::{AGENT, AGENTS, CC, VDN};

question! {
    /// About one agent.
    OneAgent { cc: u16 = CC, vdn: VdnId = VDN, agent: AgentId = AGENT }
}

question! {
    /// About many agents.
    ManyAgents { cc: u16 = CC, vdn: VdnId = VDN, agents: Vec<AgentId> = AGENTS }
}

question! {
    /// About the whole VDN.
    WholeVdn { cc: u16 = CC, vdn: VdnId = VDN }
}

/// When an agent signed in, in milliseconds since 1970.
fn sign_in_time(live: &Projection, agent: &Agent) -> u64 {
    let signed_in = live.agent(agent.settings.id).and_then(|agent| agent.signed_in);
    signed_in.and_then(|at| u64::try_from(millis(at)).ok()).unwrap_or(NO_TIME)
}
