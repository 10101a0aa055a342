//! In which states agents are.

use engine::{Agent, Presence, VdnId};
use history::Projection;
use serde::Serialize;
use utoipa::ToSchema;

use super::tally::{AgentCounts, FewCounts, LegacyCounts, Tally};
use super::{ManyAgents, WholeVdn};
use crate::cms::codes::{CtiState, NO_SPAN, NO_USE};
use crate::cms::desk::{Desk, Scene};
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{CC, CC_TEXT, LIMIT_100, LIMIT_1000, OFFSET, VDN, VDN_TEXT};
use crate::cms::interface::{About, Envelope, Form, Interface, Refused, Reply, about};

use super::sign_in_time;

/// `agentgroup/agentstatusinfobyagentids`.
pub(in crate::cms) struct Statuses;

/// What an agent does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentStatus {
    /// Who.
    agent_id: u32,
    /// The node that serves it: 65535.
    location_id: u32,
    /// Why it rests; 65535 when it does not.
    current_state_reason: u32,
    /// In which state it was before.
    prev_state: u32,
    /// For how many seconds; 4294967295: not known.
    prev_state_time: u64,
    /// In which state it is.
    current_state: u32,
    /// For how many seconds.
    current_state_time: u64,
    /// When it signed in, in milliseconds since 1970; 4294967295000 when it did not.
    logon_time: u64,
    /// How many talks it has ended since it signed in.
    agent_release: u32,
    /// How many calls wait in its private queue.
    current_private_call_num: usize,
}

impl AgentStatus {
    fn of(scene: &Scene<'_>, live: &Projection, agent: &Agent) -> Self {
        let known = live.agent(agent.settings.id);
        let before = known.and_then(|known| known.before);
        let reason = match agent.presence {
            Presence::NotReady(why) if CtiState::of(agent) == CtiState::Rest => u32::from(why.reason),
            _ => NO_USE,
        };
        Self {
            agent_id: agent.settings.id.0,
            location_id: NO_USE,
            current_state_reason: reason,
            prev_state: before.map_or(0, |(doing, _)| CtiState::of_doing(doing).code()),
            prev_state_time: before.map_or(NO_SPAN, |(_, lasted)| lasted.as_secs()),
            current_state: CtiState::of(agent).code(),
            current_state_time: scene.seconds_since(CtiState::since(agent)),
            logon_time: sign_in_time(live, agent),
            agent_release: known.map_or(0, |known| known.hung_up_first),
            current_private_call_num: scene.state.private_count(agent.settings.id),
        }
    }
}

impl Interface for Statuses {
    const ABOUT: About = About {
        bms: &["agentstatusinfobyagentids", "queryAgentStatusEx3Message"],
        ..about!(
            "agentgroup/agentstatusinfobyagentids",
            Agents,
            "Information about agents",
            r#"{"ccId":1,"vdn":170,"agentIds":[1001,1004,1099]}"#
        )
    };
    type Question = ManyAgents;
    type Data = Vec<AgentStatus>;

    fn answer(desk: &Desk<'_>, asked: ManyAgents) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let agents = scene.agents(&asked.agents);
            let statuses =
                scene.live(|live| agents.map(|agent| AgentStatus::of(scene, live, agent)).collect::<Vec<_>>());
            Ok(statuses.into())
        })
    }
}

/// `agentgroup/siteagentcallandskillinfobyagentids`.
pub(in crate::cms) struct SignedInSkills;

/// The queues of an agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentSkills {
    skills: Vec<AgentSkill>,
    /// Who.
    agent_id: u32,
}

/// A queue of an agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentSkill {
    /// Which queue.
    skill_id: u32,
    /// 1: the agent is signed in to it; 0: it would be, if it were signed in.
    is_login: u32,
}

impl Interface for SignedInSkills {
    const ABOUT: About = About {
        bms: &["siteagentcallandskillinfobyagentids", "queryAgentsLoginSkills"],
        ..about!(
            "agentgroup/siteagentcallandskillinfobyagentids",
            Agents,
            "Skill queues to which agents sign in",
            r#"{"ccId":1,"vdn":170,"agentIds":[1001,1099]}"#
        )
    };
    type Question = ManyAgents;
    type Data = Vec<AgentSkills>;

    fn answer(desk: &Desk<'_>, asked: ManyAgents) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let skills = |agent: &Agent| {
                let is_login = u32::from(agent.presence != Presence::SignedOut);
                let queues = agent.settings.queues.iter();
                let skills = queues.map(|part| AgentSkill { skill_id: part.queue.0.into(), is_login }).collect();
                AgentSkills { skills, agent_id: agent.settings.id.0 }
            };
            Ok(scene.agents(&asked.agents).map(skills).collect::<Vec<_>>().into())
        })
    }
}

/// `agentgroup/teamagentstatusinfo`.
pub(in crate::cms) struct Counts;

impl Interface for Counts {
    const ABOUT: About = About {
        bms: &["teamagentstatusinfo"],
        ..about!(
            "agentgroup/teamagentstatusinfo",
            Agents,
            "Number of agents in each state",
            r#"{"ccId":1,"vdn":170,"agentIds":[1001,1002,1003,1004,1005,1006,1099]}"#
        )
    };
    type Question = ManyAgents;
    type Data = AgentCounts;

    fn answer(desk: &Desk<'_>, asked: ManyAgents) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            Ok(AgentCounts::from(Tally::of(scene.state, scene.agents(&asked.agents))).into())
        })
    }
}

/// `agentgroup/systemstate`.
pub(in crate::cms) struct SystemState;

question! {
    /// About a page of the VDN's agents.
    SmallPage { cc: u16 = CC, vdn: VdnId = VDN, offset: u64 = OFFSET, limit: u64 = LIMIT_100 }
}

impl Interface for SystemState {
    const ABOUT: About = About {
        bms: &["teamagentstatusinfo"],
        ..about!(
            "agentgroup/systemstate",
            Agents,
            "System status by agent",
            r#"{"ccId":1,"vdn":170,"offset":0,"limit":100}"#
        )
    };
    type Question = SmallPage;
    type Data = FewCounts;

    fn answer(desk: &Desk<'_>, asked: SmallPage) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let page = page(scene.state.agents(), asked.offset, asked.limit);
            Ok(FewCounts::from(Tally::of(scene.state, page)).into())
        })
    }
}

/// `querymonitor/systemstate`, of older releases.
pub(in crate::cms) struct LegacySystemState;

impl Interface for LegacySystemState {
    const ABOUT: About = About {
        form: Form::Either,
        envelope: Envelope::LBoth,
        ..about!(
            "querymonitor/systemstate",
            Legacy,
            "System status (older releases)",
            r#"{"queryParam":{"ccId":1,"vdn":170}}"#
        )
    };
    type Question = WholeVdn;
    type Data = LegacyCounts;

    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        desk.at(
            asked.cc,
            asked.vdn,
            |scene| Ok(LegacyCounts::from(Tally::of(scene.state, scene.state.agents())).into()),
        )
    }
}

/// `vdn/queryAgentByStatus`.
pub(in crate::cms) struct AgentsByStatus;

const STATUS: Field = Field {
    name: "status",
    kind: Kind::Digits(&[(0, 10)]),
    about: "In which state: 0 signed out, 1 idle, 4 answering, 5 talking, 6 working, 7 busy, 8 resting, 9 studying. Any.",
};

question! {
    /// About agents in a state.
    ByStatus {
        cc: u16 = CC_TEXT,
        vdn: VdnId = VDN_TEXT,
        status: Option<u32> = STATUS,
        offset: u64 = OFFSET,
        limit: u64 = LIMIT_1000,
    }
}

/// An agent in short.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentInShort {
    /// Who.
    agent_id: u32,
    /// The node that serves it: 65535.
    location_id: u32,
    /// In which state it is.
    current_state: u32,
    /// For how many seconds.
    current_state_time: u64,
}

impl AgentInShort {
    pub(in crate::cms) fn of(scene: &Scene<'_>, agent: &Agent) -> Self {
        Self {
            agent_id: agent.settings.id.0,
            location_id: NO_USE,
            current_state: CtiState::of(agent).code(),
            current_state_time: scene.seconds_since(CtiState::since(agent)),
        }
    }
}

impl Interface for AgentsByStatus {
    const ABOUT: About = About {
        envelope: Envelope::C,
        bms: &["siteagentinfobyagentids"],
        ..about!(
            "vdn/queryAgentByStatus",
            Agents,
            "Agents in a state",
            r#"{"ccId":"1","vdn":"170","status":"0","limit":10,"offset":0}"#
        )
    };
    type Question = ByStatus;
    type Data = Vec<AgentInShort>;

    fn answer(desk: &Desk<'_>, asked: ByStatus) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let is_meant = |agent: &&Agent| asked.status.is_none_or(|code| CtiState::of(agent).code() == code);
            let agents = page(scene.state.agents().filter(is_meant), asked.offset, asked.limit);
            Ok(agents.map(|agent| AgentInShort::of(scene, agent)).collect::<Vec<_>>().into())
        })
    }
}

/// A part of a list.
pub(in crate::cms) fn page<T>(all: impl Iterator<Item = T>, offset: u64, limit: u64) -> impl Iterator<Item = T> {
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    all.skip(count(offset)).take(count(limit))
}
