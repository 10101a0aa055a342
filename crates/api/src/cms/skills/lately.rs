//! What was true of queues in the current five minutes.

use engine::{Agent, QueueId};
use history::{AgentFigure, Doing, Projection, QueueFigure, SlotKey, SlotStart, Values};

use super::figures::{Figures, joined};
use crate::cms::desk::Scene;
use crate::cms::past::{mean, seconds};

/// What was true of a queue in the current five minutes, clock-aligned. Spans are in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lately {
    pub(super) idle_max: u64,
    pub(super) handled: u64,
    pub(super) wait_max: u64,
    pub(super) talk_mean: u64,
    pub(super) wait_mean: u64,
    pub(super) arrived: u64,
    pub(super) answered_in_20_s: u64,
}

/// What was counted of a queue in the current five minutes.
pub(super) fn counted(scene: &Scene<'_>, queue: QueueId) -> Values {
    scene.live(|live| live.figures(SlotStart::of(scene.now), &SlotKey::Queue(queue)))
}

impl Lately {
    /// Of each of these queues.
    pub(super) fn of_all(scene: &Scene<'_>, queues: &[Figures<'_>]) -> Vec<Self> {
        scene.live(|live| queues.iter().map(|figures| Self::of(scene, live, figures.queue.id)).collect())
    }

    fn of(scene: &Scene<'_>, live: &Projection, queue: QueueId) -> Self {
        let figures = live.figures(SlotStart::of(scene.now), &SlotKey::Queue(queue));
        let waits = scene.state.waiting(queue).filter_map(joined).map(|joined| scene.seconds_since(joined));
        Self {
            idle_max: idle_max(scene, live, queue),
            handled: figures.get(QueueFigure::TalksEnded),
            wait_max: waits.chain([seconds(figures.get(QueueFigure::LongestWait))]).max().unwrap_or(0),
            talk_mean: mean(figures.get(QueueFigure::TalkTime), figures.get(QueueFigure::TalksEnded)),
            wait_mean: mean(figures.get(QueueFigure::ConnectedWait), figures.get(QueueFigure::Connected)),
            arrived: figures.get(QueueFigure::Entered),
            answered_in_20_s: figures.get(QueueFigure::ConnectedIn20),
        }
    }
}

/// How long an agent of a queue is idle, or was if that ended in these five minutes: the longest of all.
fn idle_max(scene: &Scene<'_>, live: &Projection, queue: QueueId) -> u64 {
    let start = SlotStart::of(scene.now);
    let idle = |agent: &Agent| {
        let id = agent.settings.id;
        let now = live.agent(id).filter(|agent| agent.doing == Doing::Idle);
        let before = seconds(live.figures(start, &SlotKey::Agent(id)).get(AgentFigure::LongestIdle));
        now.map_or(0, |agent| scene.seconds_since(agent.since)).max(before)
    };
    scene.state.agents_of(queue).map(idle).max().unwrap_or(0)
}
