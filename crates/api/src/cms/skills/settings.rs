//! What is configured of queues, and who is signed in to them.

use std::time::Duration;

use engine::{Queue, QueueId};
use serde::Serialize;
use utoipa::ToSchema;

use super::ManyQueues;
use crate::cms::agents::WholeVdn;
use crate::cms::codes::{NO_USE, PHONE};
use crate::cms::desk::{Desk, Scene};
use crate::cms::interface::{About, Form, Interface, Refused, Reply, about};

/// `configures/skills`.
pub(in crate::cms) struct Names;

/// A queue by name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct QueueName {
    /// Which queue.
    id: u32,
    /// 5: voice.
    media_type: u32,
    /// Its name; may be empty.
    name: String,
}

impl Interface for Names {
    const ABOUT: About = About {
        form: Form::Either,
        ..about!(
            "configures/skills",
            Configuration,
            "Skill queues of the VDN",
            r#"{"queryParam":{"ccId":1,"vdn":170}}"#
        )
    };
    type Question = WholeVdn;
    type Data = Vec<QueueName>;

    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let name =
                |queue: &Queue| QueueName { id: queue.id.0.into(), media_type: PHONE, name: queue.name.to_string() };
            Ok(scene.state.queues().map(name).collect::<Vec<_>>().into())
        })
    }
}

/// `skill/skillcfginfo`.
pub(in crate::cms) struct Limits;

/// What a queue's calls and agents may do. 65535: there is no limit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct QueueLimits {
    /// Which queue.
    skill_id: u32,
    /// How many calls may wait.
    max_call_num: u32,
    /// How many calls may be on hold: 65535.
    max_hold_call_num: u32,
    /// For how many seconds a call may wait.
    max_wait_time: u64,
    /// For how many seconds a call rings.
    max_answer_wait_time: u64,
    /// For how many seconds a talk may last: 65535.
    max_talk_time: u32,
    /// How many agents may rest at a time.
    max_rest_agent_num: u32,
    /// For how many seconds an agent works after a talk; 0: not at all.
    max_agent_wrapup_time: u64,
}

impl QueueLimits {
    fn of(scene: &Scene<'_>, queue: &Queue) -> Self {
        Self {
            skill_id: queue.id.0.into(),
            max_call_num: queue.waiting_max.unwrap_or(NO_USE),
            max_hold_call_num: NO_USE,
            max_wait_time: seconds(queue.wait_max),
            max_answer_wait_time: seconds(queue.ring_max),
            max_talk_time: NO_USE,
            max_rest_agent_num: scene.state.rest_places(queue.id).unwrap_or(NO_USE),
            max_agent_wrapup_time: seconds(queue.wrap_up),
        }
    }
}

/// Whole seconds, rounded up: half a second is not nothing.
fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}

impl Interface for Limits {
    const ABOUT: About = About {
        bms: &["skillstatusinfo"],
        ..about!("skill/skillcfginfo", Skills, "Configuration of queues", r#"{"ccId":1,"vdn":170,"skillIds":[1,2]}"#)
    };
    type Question = ManyQueues;
    type Data = Vec<QueueLimits>;

    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let queues = scene.queues(&asked.queues);
            Ok(queues.map(|queue| QueueLimits::of(scene, queue)).collect::<Vec<_>>().into())
        })
    }
}

/// `realindex/agent/agentsinskill`.
pub(in crate::cms) struct SignedIn;

/// Who is signed in to a queue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentsOfQueue {
    /// Which queue.
    skill_id: u32,
    /// Its agents, by id.
    agent_ids: Vec<u32>,
}

impl Interface for SignedIn {
    const ABOUT: About = About {
        form: Form::Either,
        bms: &["agentskillstatusinfo"],
        ..about!(
            "realindex/agent/agentsinskill",
            Skills,
            "Signed-in agents of queues",
            r#"{"queryParam":{"ccId":1,"vdn":170,"skillIds":[1,2,3]}}"#
        )
    };
    type Question = ManyQueues;
    type Data = Vec<AgentsOfQueue>;

    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| Ok(signed_in(scene, &asked.queues).into()))
    }
}

fn signed_in(scene: &Scene<'_>, ids: &[QueueId]) -> Vec<AgentsOfQueue> {
    let agents = |queue| scene.signed_in_to(queue).map(|agent| agent.settings.id.0).collect();
    let of = |queue: &Queue| AgentsOfQueue { skill_id: queue.id.0.into(), agent_ids: agents(queue.id) };
    scene.queues(ids).map(of).collect()
}
