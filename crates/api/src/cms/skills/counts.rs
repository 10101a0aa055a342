//! What was counted of queues in five minutes.

use engine::{Queue, QueueId};
use history::{QueueFigure, SlotKey, SlotStart, Values};
use serde::Serialize;
use utoipa::ToSchema;

use super::ManyQueues;
use super::lately::counted;
use crate::cms::desk::{Desk, Scene};
use crate::cms::interface::{About, Envelope, Interface, Refused, Reply, about};
use crate::cms::past::seconds;

/// When a slot begins, in milliseconds since 1970.
const fn start_millis(start: SlotStart) -> i64 {
    start.0 * 1000
}

/// `skill/currentcallstateinfo`.
pub(in crate::cms) struct CurrentCounts;

/// What was counted of a queue in the current five minutes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct CurrentCount {
    /// Which queue.
    id: u32,
    /// When the five minutes began, in milliseconds since 1970.
    start_time: i64,
    /// How many calls came to the queue, let in or not.
    all_call_count: u64,
    /// How many an agent answered.
    cnned_call_count: u64,
    /// How many ended in the queue, or at its door, without an answer.
    aban_call_count: u64,
    /// How many talks ended.
    call_end_count: u64,
    /// 0: there are no flows.
    talk_time_on_ivr: u64,
    /// How many were answered within 20 seconds.
    cnned_in20s_call_count: u64,
    /// How many wrap-ups ended.
    clear_up_call_count: u64,
    /// How many seconds these lasted.
    clear_up_time: u64,
}

impl CurrentCount {
    fn of(scene: &Scene<'_>, queue: &Queue) -> Self {
        let figures = counted(scene, queue.id);
        Self {
            id: queue.id.0.into(),
            start_time: start_millis(SlotStart::of(scene.now)),
            all_call_count: figures.get(QueueFigure::Entered),
            cnned_call_count: figures.get(QueueFigure::Connected),
            aban_call_count: figures.get(QueueFigure::Lost),
            call_end_count: figures.get(QueueFigure::TalksEnded),
            talk_time_on_ivr: 0,
            cnned_in20s_call_count: figures.get(QueueFigure::ConnectedIn20),
            clear_up_call_count: figures.get(QueueFigure::WrapUps),
            clear_up_time: seconds(figures.get(QueueFigure::WrapUpTime)),
        }
    }
}

impl Interface for CurrentCounts {
    const ABOUT: About = About {
        bms: &["querycurrentcallstatinfo"],
        ..about!(
            "skill/currentcallstateinfo",
            Skills,
            "Call statistics of the current five minutes",
            r#"{"ccId":1,"vdn":170,"skillIds":[1,3]}"#
        )
    };
    type Question = ManyQueues;
    type Data = Vec<CurrentCount>;

    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let queues = scene.queues(&asked.queues);
            Ok(queues.map(|queue| CurrentCount::of(scene, queue)).collect::<Vec<_>>().into())
        })
    }
}

/// `skill/servicequality`.
pub(in crate::cms) struct ServiceQuality;

/// The service level of a queue in the five minutes before the current ones.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct Quality {
    /// Which queue.
    skill_id: u32,
    /// When the five minutes began, in milliseconds since 1970.
    stat_start_time: i64,
    /// How many calls came to the queue, let in or not.
    in_call_num: u64,
    /// How many an agent answered.
    connected_num: u64,
    /// How many ended in the queue, or at its door, without an answer.
    call_lost_num: u64,
    /// How many were answered within 15 seconds.
    in15s_call_num: u64,
    /// How many were lost within 15 seconds.
    wait15s_lost_num: u64,
    /// How many were answered within 20 seconds.
    in20s_call_num: u64,
    /// How many were lost within 20 seconds.
    wait20s_lost_num: u64,
}

impl Quality {
    fn of(queue: QueueId, start: SlotStart, figures: &Values) -> Self {
        Self {
            skill_id: queue.0.into(),
            stat_start_time: start_millis(start),
            in_call_num: figures.get(QueueFigure::Entered),
            connected_num: figures.get(QueueFigure::Connected),
            call_lost_num: figures.get(QueueFigure::Lost),
            in15s_call_num: figures.get(QueueFigure::ConnectedIn15),
            wait15s_lost_num: figures.get(QueueFigure::LostIn15),
            in20s_call_num: figures.get(QueueFigure::ConnectedIn20),
            wait20s_lost_num: figures.get(QueueFigure::LostIn20),
        }
    }
}

impl Interface for ServiceQuality {
    const ABOUT: About = About {
        bms: &["callStatInfos"],
        envelope: Envelope::B,
        ..about!("skill/servicequality", Skills, "Service level of queues", r#"{"ccId":1,"vdn":170,"skillIds":[1]}"#)
    };
    type Question = ManyQueues;
    type Data = Vec<Quality>;

    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let start = SlotStart::of(scene.now).previous();
            let quality = |live: &history::Projection, queue: &Queue| {
                Quality::of(queue.id, start, &live.figures(start, &SlotKey::Queue(queue.id)))
            };
            let queues = scene.queues(&asked.queues);
            Ok(scene.live(|live| queues.map(|queue| quality(live, queue)).collect::<Vec<_>>()).into())
        })
    }
}

/// `skill/batchskilloverload`.
pub(in crate::cms) struct Overloads;

/// For which other queues a queue's agents answered calls, in the current five minutes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct Overload {
    /// Whose agents.
    skill_id: u32,
    overload_details: Vec<OverloadDetail>,
}

/// Calls of another queue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct OverloadDetail {
    /// Whose calls.
    queue_id: u32,
    /// How many were answered.
    call_num: u64,
}

impl Interface for Overloads {
    const ABOUT: About = About {
        bms: &["calloverloadstatus"],
        ..about!(
            "skill/batchskilloverload",
            Skills,
            "Calls answered for other queues",
            r#"{"ccId":1,"vdn":170,"skillIds":[1,2]}"#
        )
    };
    type Question = ManyQueues;
    type Data = Vec<Overload>;

    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let detail =
                |(queue, answered): (QueueId, u64)| OverloadDetail { queue_id: queue.0.into(), call_num: answered };
            let overload = |queue: &Queue| {
                let helped = scene.live(|live| live.helped(SlotStart::of(scene.now), queue.id));
                Overload { skill_id: queue.id.0.into(), overload_details: helped.into_iter().map(detail).collect() }
            };
            Ok(scene.queues(&asked.queues).map(overload).collect::<Vec<_>>().into())
        })
    }
}
