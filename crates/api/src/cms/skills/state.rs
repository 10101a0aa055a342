//! In which states queues and their agents are.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Agent, AgentId, QueueId, VdnId};
use serde::Serialize;
use utoipa::ToSchema;

use super::ManyQueues;
use super::figures::Figures;
use crate::cms::agents::{AgentCounts, Tally};
use crate::cms::codes::NO_USE;
use crate::cms::desk::{Desk, Scene};
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{CC, QUEUES, VDN};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// `skill/totalskillstatusex3`.
pub(in crate::cms) struct Extended;

/// What a queue does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct ExtendedState {
    /// Which queue.
    skill_id: u32,
    /// How many calls wait.
    queue_size: usize,
    /// For how many seconds the longest has.
    queue_time: u64,
    /// How many agents are signed in.
    logged_on_agents: u32,
    /// How many can be given a call now.
    avail_agents: u32,
    /// The queue's name.
    skill_descrip: String,
    /// The call that has waited longest; empty when none waits.
    call_id: String,
    /// How many calls may wait; 65535: there is no limit.
    max_queue_size: u32,
}

impl ExtendedState {
    fn of(scene: &Scene<'_>, figures: &Figures<'_>) -> Self {
        let longest = figures.longest(scene);
        Self {
            skill_id: figures.id(),
            queue_size: scene.state.waiting_count(figures.queue.id),
            queue_time: longest.map_or(0, |(_, seconds)| seconds),
            logged_on_agents: figures.agents.signed_in,
            avail_agents: figures.agents.available,
            skill_descrip: figures.queue.name.to_string(),
            call_id: longest.map(|(call, _)| call.id.to_string()).unwrap_or_default(),
            max_queue_size: figures.queue.waiting_max.unwrap_or(NO_USE),
        }
    }
}

impl Interface for Extended {
    const ABOUT: About = About {
        bms: &["querytotalskillstatusex3"],
        ..about!(
            "skill/totalskillstatusex3",
            Skills,
            "Extended information about queues",
            r#"{"ccId":1,"vdn":170,"skillIds":[1,2]}"#
        )
    };
    type Question = ManyQueues;
    type Data = Vec<ExtendedState>;

    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let all = Figures::of_all(scene, &asked.queues);
            Ok(all.iter().map(|figures| ExtendedState::of(scene, figures)).collect::<Vec<_>>().into())
        })
    }
}

/// `skill/agentstatusbyskill`.
pub(in crate::cms) struct AgentsInStates;

const IS_ALL: Field = Field {
    name: "isSkillAllMatch",
    kind: Kind::Flag,
    about: "Whether agents count only if they are signed in to just these queues, and not to any one of them. Default \"false\".",
};

question! {
    /// About the agents of some queues.
    ByQueues {
        cc: u16 = CC,
        vdn: VdnId = VDN,
        queues: Vec<QueueId> = QUEUES,
        is_all: Option<bool> = IS_ALL,
    }
}

/// Agents by what they do, with those who called somebody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct QueueAgents {
    #[serde(flatten)]
    counts: AgentCounts,
    /// In a call that they made themselves; they talk, too.
    call_out: u32,
}

impl Interface for AgentsInStates {
    const ABOUT: About = About {
        bms: &["agentstatusinfobyskillids"],
        ..about!(
            "skill/agentstatusbyskill",
            Skills,
            "Number of agents in each state, of queues",
            r#"{"ccId":1,"vdn":170,"skillIds":[1,2],"isSkillAllMatch":"false"}"#
        )
    };
    type Question = ByQueues;
    type Data = QueueAgents;

    fn answer(desk: &Desk<'_>, asked: ByQueues) -> Result<Reply<Self::Data>, Refused> {
        let queues: BTreeSet<QueueId> = asked.queues.iter().copied().collect();
        let is_all = asked.is_all.unwrap_or(false);
        let has_all = |agent: &Agent| {
            let mut own = agent.settings.queues.iter().map(|part| part.queue);
            own.len() == queues.len() && own.all(|queue| queues.contains(&queue))
        };
        let is_meant = |agent: &&Agent| !is_all || has_all(agent);
        desk.at(asked.cc, asked.vdn, |scene| {
            let signed_in = queues.iter().flat_map(|queue| scene.signed_in_to(*queue)).filter(is_meant);
            // Who serves several of them counts once.
            let agents: BTreeMap<AgentId, &Agent> = signed_in.map(|agent| (agent.settings.id, agent)).collect();
            let tally = Tally::of(scene.state, agents.into_values());
            Ok(QueueAgents { counts: tally.into(), call_out: tally.call_out }.into())
        })
    }
}
