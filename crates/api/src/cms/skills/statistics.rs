//! Queues in figures, of now and of the last five minutes.

use serde::Serialize;
use utoipa::ToSchema;

use super::ManyQueues;
use super::figures::Figures;
use super::lately::Lately;
use crate::cms::codes::CtiState;
use crate::cms::desk::{Desk, Scene};
use crate::cms::interface::{About, Envelope, Form, Interface, Refused, Reply, about};

/// `skill/stateinfo`.
pub(in crate::cms) struct States;

/// What a queue and its agents do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct QueueState {
    /// Which queue.
    skill_id: u32,
    /// How many agents are signed in.
    agent_login_nums: u32,
    /// How many talk.
    agent_talking_nums: u32,
    /// How many are idle.
    agent_idle_nums: u32,
    /// How many can be given a call now.
    agent_available_nums: u32,
    /// How many are busy.
    agent_set_busy_nums: u32,
    /// How many rest.
    agent_rest_nums: u32,
    /// How many work after a talk.
    agent_work_nums: u32,
    /// How many are in a training.
    agent_study_nums: u32,
    /// How many are locked for a call that is about to come: 0.
    agent_occupy_nums: u32,
    /// How many are reserved for a call that is yet to be dialled: 0.
    agent_pre_occupy_nums: u32,
    /// For how many seconds an agent was idle at most, in five minutes.
    agent_max_idle_time_in5: u64,
    /// How many calls were answered in five minutes or are with an agent.
    total_call_nums: u64,
    /// How many calls are with an agent.
    processing_call_nums: u64,
    /// How many calls wait.
    call_wait_nums: usize,
    /// For how many seconds a call waited at most, in five minutes.
    max_call_wait_times_in5: u64,
    /// How many seconds a talk lasted in the mean, in five minutes.
    even_call_time_in5: u64,
    /// How many seconds a call waited in the mean, in five minutes.
    even_wait_time_in5: u64,
    /// How many calls came in the current five minutes.
    all_call_count: u64,
    /// How many of them were answered within 20 seconds.
    cnned_in20s_call_count: u64,
}

impl QueueState {
    fn of(scene: &Scene<'_>, figures: &Figures<'_>, lately: Lately) -> Self {
        let agents = figures.agents;
        Self {
            skill_id: figures.id(),
            agent_login_nums: agents.signed_in,
            agent_talking_nums: agents.count(CtiState::Talking),
            agent_idle_nums: agents.count(CtiState::Idle),
            agent_available_nums: agents.available,
            agent_set_busy_nums: agents.count(CtiState::Busy),
            agent_rest_nums: agents.count(CtiState::Rest),
            agent_work_nums: agents.count(CtiState::Working),
            agent_study_nums: agents.count(CtiState::Study),
            agent_occupy_nums: 0,
            agent_pre_occupy_nums: 0,
            agent_max_idle_time_in5: lately.idle_max,
            total_call_nums: lately.handled + figures.handled,
            processing_call_nums: figures.handled,
            call_wait_nums: scene.state.waiting_count(figures.queue.id),
            max_call_wait_times_in5: lately.wait_max,
            even_call_time_in5: lately.talk_mean,
            even_wait_time_in5: lately.wait_mean,
            all_call_count: lately.arrived,
            cnned_in20s_call_count: lately.answered_in_20_s,
        }
    }
}

fn states(desk: &Desk<'_>, asked: &ManyQueues) -> Result<Vec<QueueState>, Refused> {
    desk.at(asked.cc, asked.vdn, |scene| {
        let all = Figures::of_all(scene, &asked.queues);
        let lately = Lately::of_all(scene, &all);
        Ok(all.iter().zip(lately).map(|(figures, lately)| QueueState::of(scene, figures, lately)).collect())
    })
}

impl Interface for States {
    const ABOUT: About = About {
        bms: &["querycurrentcallstatinfo", "queryStatInfoOfEverySkill"],
        ..about!("skill/stateinfo", Skills, "Detailed statistics", r#"{"ccId":1,"vdn":170,"skillIds":[1,2]}"#)
    };
    type Question = ManyQueues;
    type Data = Vec<QueueState>;

    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        states(desk, &asked).map(Reply::from)
    }
}

/// `realindex/skill/stateinfo`, of older releases.
pub(in crate::cms) struct LegacyStates;

/// What a queue and its agents do, as older releases spell it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct LegacyQueueState {
    /// Which queue.
    skill_id: u32,
    /// How many agents are signed in.
    agent_login_nums: u32,
    /// How many talk.
    agent_talking_nums: u32,
    /// How many are idle.
    agent_idle_nums: u32,
    /// How many can be given a call now.
    agent_available_nums: u32,
    /// How many are busy.
    #[serde(rename = "agentSetbusyNums")]
    agent_set_busy_nums: u32,
    /// How many rest.
    agent_rest_nums: u32,
    /// How many work after a talk.
    agent_work_nums: u32,
    /// How many are in a training.
    agent_study_nums: u32,
    /// How many are locked for a call that is about to come: 0.
    agent_occupy_nums: u32,
    /// How many are reserved for a call that is yet to be dialled: 0.
    agent_pre_occupy_nums: u32,
    /// For how many seconds an agent was idle at most, in five minutes.
    agent_max_idle_time_in5: u64,
    /// How many calls were answered in five minutes or are with an agent.
    total_call_nums: u64,
    /// How many calls are with an agent.
    processing_call_nums: u64,
    /// How many calls wait.
    call_wait_nums: usize,
    /// For how many seconds a call waited at most, in five minutes.
    max_call_wait_times_in5: u64,
    /// How many seconds a talk lasted in the mean, in five minutes.
    even_call_time_in5: u64,
    /// How many seconds a call waited in the mean, in five minutes.
    even_wait_time_in5: u64,
}

impl From<QueueState> for LegacyQueueState {
    fn from(of: QueueState) -> Self {
        Self {
            skill_id: of.skill_id,
            agent_login_nums: of.agent_login_nums,
            agent_talking_nums: of.agent_talking_nums,
            agent_idle_nums: of.agent_idle_nums,
            agent_available_nums: of.agent_available_nums,
            agent_set_busy_nums: of.agent_set_busy_nums,
            agent_rest_nums: of.agent_rest_nums,
            agent_work_nums: of.agent_work_nums,
            agent_study_nums: of.agent_study_nums,
            agent_occupy_nums: of.agent_occupy_nums,
            agent_pre_occupy_nums: of.agent_pre_occupy_nums,
            agent_max_idle_time_in5: of.agent_max_idle_time_in5,
            total_call_nums: of.total_call_nums,
            processing_call_nums: of.processing_call_nums,
            call_wait_nums: of.call_wait_nums,
            max_call_wait_times_in5: of.max_call_wait_times_in5,
            even_call_time_in5: of.even_call_time_in5,
            even_wait_time_in5: of.even_wait_time_in5,
        }
    }
}

impl Interface for LegacyStates {
    const ABOUT: About = About {
        form: Form::Either,
        envelope: Envelope::L,
        ..about!(
            "realindex/skill/stateinfo",
            Legacy,
            "Detailed statistics (older releases)",
            r#"{"queryParam":{"ccId":1,"vdn":170,"skillIds":[1,2]}}"#
        )
    };
    type Question = ManyQueues;
    type Data = Vec<LegacyQueueState>;

    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        let states = states(desk, &asked)?;
        Ok(states.into_iter().map(LegacyQueueState::from).collect::<Vec<_>>().into())
    }
}
