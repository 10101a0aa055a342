//! An agent as one who serves: when it is free, and how long a call keeps it.

use core::time::Duration;

use crate::agent::{Presence, Reach, Work};
use crate::call::{Call, Caller};
use crate::event::ChosenPresence;
use crate::figures::{Blend, Figures};
use crate::floor::Queue;
use crate::id::QueueId;
use crate::routing::Manner;
use crate::state::{Agent, State};
use crate::time::Timestamp;

use super::SCENARIOS;
use super::deal::{Bounds, Dealt, deal, gap};

/// Of so many private calls of an agent each is played; the others take as long as these did.
const PRIVATE_PLAYED: usize = 8;

/// Of a queue's talks, how many weigh as much as an agent's own.
const QUEUE_WEIGHS: u16 = 8;

/// How long a call rings at an agent who has answered none yet.
const RING_ASSUMED_MILLIS: u32 = 4000;

/// Before anything is known, talks last from half a minute to a quarter of an hour, half of them three minutes.
const TALK_ASSUMED: (Duration, Duration) = (Duration::from_secs(32), Duration::from_secs(1000));

/// Before anything is known, wrap-up that the agent ends lasts up to a minute, and any other for its whole time.
const WRAP_UP_ASSUMED: (Duration, Duration) = (Duration::from_secs(8), Duration::from_secs(60));
const WHOLE: (Duration, Duration) = (Duration::from_secs(8000), Duration::from_secs(8000));

/// An agent who serves. All spans are in milliseconds from now.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// At which place in the list of those who are played.
    place: usize,
    /// When its own work is over at the earliest: a call that rings, a time at which it is ready or reached again.
    from: u64,
    /// What it does at this moment lasts so much longer.
    rest: Bounds,
    /// The wrap-up that follows.
    rest_wraps_up: WrapUp,
    private: Private,
    talks: Bounds,
    wrap_ups: Bounds,
    ring: u32,
    ends_wrap_up_by_hand: bool,
}

/// Whether a talk is followed by wrap-up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum WrapUp {
    /// Not at all.
    #[default]
    None,
    /// As the agent does, for at most so many milliseconds if it does not end it by hand.
    AtMost(u32),
}

impl WrapUp {
    pub(super) fn after(state: &State, call: &Call) -> Self {
        Self::of(Manner::of(state, call).wrap_up)
    }

    pub(super) fn of(span: Duration) -> Self {
        Self::AtMost(u32::try_from(span.as_millis()).unwrap_or(u32::MAX))
    }
}

/// The private calls that an agent serves before any other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Private {
    pub(super) calls: usize,
    /// How many more come in a million seconds.
    pub(super) joining: u64,
    pub(super) wraps_up: WrapUp,
}

impl Private {
    pub(super) const NONE: Self = Self { calls: 0, joining: 0, wraps_up: WrapUp::None };

    /// Those that an agent serves before the first public call.
    pub(super) fn before_public(state: &State, now: Timestamp, agent: &Agent, queue: &Queue) -> Self {
        let id = agent.settings.id;
        let first = state.private_queue(id).next();
        let at_most = state.settings().private_run_max.map_or(usize::MAX, |max| {
            let least = u32::from(agent.private_run == 0);
            usize::try_from(max.saturating_sub(agent.private_run).max(least)).unwrap_or(usize::MAX)
        });
        let wraps_up = first.map_or(WrapUp::of(queue.wrap_up), |call| WrapUp::after(state, call));
        let joining = state.figures(id).map_or(0, |figures| figures.joined.above(0, now));
        Self { calls: state.private_count(id).min(at_most), joining, wraps_up }
    }
}

impl Server {
    /// None when it does not serve, and nobody knows when it will. What is not known of its own talks is taken from
    /// those of `queue`.
    pub(super) fn of(
        state: &State,
        now: Timestamp,
        agent: &Agent,
        (place, private, queue): (usize, Private, Option<QueueId>),
    ) -> Option<Self> {
        let ready_from = serves_from(agent)?;
        let nothing = Figures::default();
        let figures = state.figures(agent.settings.id).unwrap_or(&nothing);
        let by_hand = !agent.settings.idle_automatically;
        let (talks, wrap_ups) = (blend_of_talks(state, figures, queue), blend_of_wrap_ups(figures, by_hand));
        let ring = if figures.ring_millis == 0 { RING_ASSUMED_MILLIS } else { figures.ring_millis };
        let elapsed = millis(now.since(agent.work_since));
        let call = |id| state.call(id).filter(|call| call.caller != Caller::Agent(agent.settings.id));
        let origin = |id| state.call(id).and_then(|call| call.origin_queue);
        let wraps_up = |id| call(id).map_or(WrapUp::None, |call| WrapUp::after(state, call));
        let (from, rest, rest_wraps_up) = match agent.work {
            Work::Idle { .. } => (0, [0; SCENARIOS + 1], WrapUp::None),
            Work::Offered { call, .. } => {
                let rings_on = u64::from(ring).saturating_sub(elapsed);
                (rings_on, blend_of_talks(state, figures, origin(call)).rest(0), wraps_up(call))
            }
            Work::Talking { call, since } => {
                let elapsed = millis(now.since(since));
                (0, blend_of_talks(state, figures, origin(call)).rest(elapsed), wraps_up(call))
            }
            Work::WrapUp { until, .. } => {
                let at_most = until.map_or(u32::MAX, |until| narrow(millis_up(until.since(now))));
                let rest: Bounds = wrap_ups.rest(elapsed);
                (0, rest.map(|rest| rest.min(at_most)), WrapUp::None)
            }
        };
        Some(Self {
            place,
            from: from.max(millis_up(ready_from.since(now))),
            rest,
            rest_wraps_up,
            private,
            talks: talks.rest(0),
            wrap_ups: wrap_ups.rest(0),
            ring,
            ends_wrap_up_by_hand: by_hand,
        })
    }

    /// When it is free for the line.
    pub(super) fn free_at(&self, scenario: usize) -> u64 {
        let rest = deal(&self.rest, (self.place, Dealt::Rest, 0), scenario);
        let wrap_up = self.wrap_up(self.rest_wraps_up, Dealt::WrapUp, 0, scenario);
        let played = self.private.calls.min(PRIVATE_PLAYED);
        let private = (0..played).map(|nth| self.private_call(nth, scenario)).sum::<u64>();
        let all = if played == 0 { 0 } else { private * self.private.calls as u64 / played as u64 };
        self.from + rest + wrap_up + all
    }

    fn private_call(&self, nth: usize, scenario: usize) -> u64 {
        let talk = deal(&self.talks, (self.place, Dealt::PrivateTalk, nth), scenario);
        let wrap_up = self.wrap_up(self.private.wraps_up, Dealt::PrivateWrapUp, nth, scenario);
        u64::from(self.ring) + talk + wrap_up
    }

    /// How long until the `nth` call from now joins its private queue, from when the one before it did; in milliseconds.
    pub(super) fn private_gap(&self, nth: usize, scenario: usize) -> u64 {
        gap(self.private.joining, self.place, nth, scenario)
    }

    /// For how long the `nth` private call that has yet to come keeps it.
    pub(super) fn kept_by_private(&self, nth: usize, scenario: usize) -> u64 {
        self.private_call(PRIVATE_PLAYED + nth, scenario)
    }

    /// For how long the `nth` call that it takes from the line keeps it.
    pub(super) fn kept_for(&self, nth: usize, wraps_up: WrapUp, scenario: usize) -> u64 {
        let talk = deal(&self.talks, (self.place, Dealt::LineTalk, nth), scenario);
        u64::from(self.ring) + talk + self.wrap_up(wraps_up, Dealt::LineWrapUp, nth, scenario)
    }

    fn wrap_up(&self, wraps_up: WrapUp, what: Dealt, nth: usize, scenario: usize) -> u64 {
        let dealt = || deal(&self.wrap_ups, (self.place, what, nth), scenario);
        match wraps_up {
            WrapUp::None => 0,
            WrapUp::AtMost(_) if self.ends_wrap_up_by_hand => dealt(),
            WrapUp::AtMost(0) => 0,
            WrapUp::AtMost(most) => dealt().min(most.into()),
        }
    }
}

/// From when on an agent takes calls, when its work is over by then; none, when nobody knows.
fn serves_from(agent: &Agent) -> Option<Timestamp> {
    let chosen = match (agent.after_work, agent.presence) {
        (Some(ChosenPresence::Ready), _) | (None, Presence::Ready) => Some(Timestamp(0)),
        (Some(ChosenPresence::NotReady(_)), _) | (None, Presence::SignedOut) => None,
        (None, Presence::NotReady(_)) => agent.ready_at,
    };
    let reached = match agent.reach {
        Reach::Reachable => Some(Timestamp(0)),
        Reach::Lost { retry_at, .. } => retry_at,
    };
    Some(chosen?.max(reached?))
}

fn blend_of_talks(state: &State, figures: &Figures, queue: Option<QueueId>) -> Blend {
    let of_queue = queue.and_then(|queue| state.queue_figures(queue));
    let assumed = Blend::assumed(TALK_ASSUMED.0, TALK_ASSUMED.1).and(&figures.talks, u16::MAX);
    of_queue.map_or_else(|| assumed.clone(), |of_queue| assumed.clone().and(&of_queue.talks, QUEUE_WEIGHS))
}

fn blend_of_wrap_ups(figures: &Figures, by_hand: bool) -> Blend {
    let (from, until) = if by_hand { WRAP_UP_ASSUMED } else { WHOLE };
    Blend::assumed(from, until).and(&figures.wrap_ups, u16::MAX)
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Rounded up: what ends at a known time has not ended before.
pub(super) fn millis_up(span: Duration) -> u64 {
    u64::try_from(span.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

fn narrow(millis: u64) -> u32 {
    u32::try_from(millis).unwrap_or(u32::MAX)
}
