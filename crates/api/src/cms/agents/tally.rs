//! Counting agents by what they do.

use engine::{Agent, AgentId, Caller, State, Work};
use serde::Serialize;
use utoipa::ToSchema;

use crate::cms::codes::CtiState;

/// How many agents there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cms) struct Tally {
    by_state: [u32; 10],
    pub(in crate::cms) signed_in: u32,
    pub(in crate::cms) available: u32,
    /// In a call that they made themselves.
    pub(in crate::cms) call_out: u32,
}

impl Tally {
    pub(in crate::cms) fn of<'a>(state: &State, agents: impl Iterator<Item = &'a Agent>) -> Self {
        let mut tally = Self::default();
        agents.for_each(|agent| tally.add(state, agent));
        tally
    }

    fn add(&mut self, state: &State, agent: &Agent) {
        let now = CtiState::of(agent);
        self.by_state[now as usize] += 1;
        if now == CtiState::SignedOut {
            return;
        }
        self.signed_in += 1;
        self.available += u32::from(agent.is_available());
        self.call_out += u32::from(is_calling(state, agent.settings.id, agent.work));
    }

    pub(in crate::cms) const fn count(&self, state: CtiState) -> u32 {
        self.by_state[state as usize]
    }
}

fn is_calling(state: &State, agent: AgentId, work: Work) -> bool {
    let Work::Talking { call, .. } = work else { return false };
    state.call(call).is_some_and(|call| call.caller == Caller::Agent(agent))
}

/// Agents by what they do. Those who sign in to nothing, or are not there, do not count.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentCounts {
    /// Signed in.
    login_ed: u32,
    /// Talking.
    talking: u32,
    /// Idle.
    idle: u32,
    /// Idle, and within reach: can be given a call now.
    usable: u32,
    /// Busy.
    set_busy: u32,
    /// Resting.
    rest: u32,
    /// In a training.
    studying: u32,
    /// Locked for a call that is about to come: does not occur.
    occupy: u32,
    /// Reserved for a call that is yet to be dialled: does not occur.
    preoccupy: u32,
    /// Being offered a call.
    answering: u32,
    /// Working after a talk.
    work_sub_state_begin: u32,
    /// Arranging things after a talk: does not occur.
    late_adjust: u32,
}

impl From<Tally> for AgentCounts {
    fn from(tally: Tally) -> Self {
        Self {
            login_ed: tally.signed_in,
            talking: tally.count(CtiState::Talking),
            idle: tally.count(CtiState::Idle),
            usable: tally.available,
            set_busy: tally.count(CtiState::Busy),
            rest: tally.count(CtiState::Rest),
            studying: tally.count(CtiState::Study),
            occupy: 0,
            preoccupy: 0,
            answering: tally.count(CtiState::Answering),
            work_sub_state_begin: tally.count(CtiState::Working),
            late_adjust: 0,
        }
    }
}

/// The same, shorter.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct FewCounts {
    /// Busy.
    busy_agent: u32,
    /// Talking.
    talking_num: u32,
    /// Idle.
    idle_agent: u32,
    /// Signed in.
    total_login_agent: u32,
}

impl From<Tally> for FewCounts {
    fn from(tally: Tally) -> Self {
        Self {
            busy_agent: tally.count(CtiState::Busy),
            talking_num: tally.count(CtiState::Talking),
            idle_agent: tally.count(CtiState::Idle),
            total_login_agent: tally.signed_in,
        }
    }
}

/// The same as older releases spell it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(in crate::cms) struct LegacyCounts {
    /// Busy.
    busyagent: u32,
    /// Talking.
    talkingnum: u32,
    /// Idle.
    #[serde(rename = "Idleagent")]
    idle_agent: u32,
    /// Signed in.
    totalloginagent: u32,
}

impl From<Tally> for LegacyCounts {
    fn from(tally: Tally) -> Self {
        let FewCounts { busy_agent, talking_num, idle_agent, total_login_agent } = tally.into();
        Self { busyagent: busy_agent, talkingnum: talking_num, idle_agent, totalloginagent: total_login_agent }
    }
}
