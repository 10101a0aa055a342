//! Why a call is where it is, and how long calls wait.

use engine::{State, Timestamp};
use node::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::time::{Moment, end, seconds};
use super::word::{Cause, Line, NotReadyKind, Sender};

/// Why a live call is where it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WhyView {
    /// The record up to which this view is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    /// Which call.
    #[schema(example = "1605492949-1447")]
    call: String,
    /// Why it came here.
    cause: Cause,
    /// Who sent it here; none where that is told by its history.
    sender: Option<Sender>,
    /// What it does here.
    what: What,
}

/// What a call does where it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum What {
    /// It waits.
    Waits(Box<Waits>),
    /// It rings at an agent.
    Rings {
        /// At whom.
        agent: u32,
        /// From which line.
        line: Line,
        /// Since when.
        since: Moment,
        /// When the offer expires.
        until: Moment,
    },
    /// It talks with an agent.
    Talks {
        /// With whom.
        agent: u32,
        /// From which line it was served.
        line: Line,
        /// Since when.
        since: Moment,
    },
    /// It was sent outside.
    Outside {
        /// Since when.
        since: Moment,
        /// Whether the other side has answered.
        answered: bool,
    },
}

/// What a call waits for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Waits {
    /// Where.
    line: Line,
    /// Its place in this line, from 1 on.
    place: usize,
    /// How many wait in this line.
    waiting: usize,
    /// Since when it waits in this line.
    joined: Moment,
    /// When waiting here ends by itself; what happens then stands in the call's own view.
    until: Option<Moment>,
    /// The least agent weight that it needs.
    weight_min: u8,
    /// When it needs less.
    widens_at: Option<Moment>,
    /// How long it will wait; none: nobody serves.
    expected: Option<Expected>,
    /// Agents who may take it, by id, and why they do not: at most fifty.
    agents: Vec<NotNow>,
    /// How many more there are, for each reason.
    others: Others,
}

/// How long such a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Expected {
    /// Half of such calls wait for no longer.
    p50_seconds: f64,
    /// Nine of ten wait for no longer.
    p90_seconds: f64,
}

impl Expected {
    pub(super) fn of(expected: engine::ExpectedWait) -> Option<Self> {
        match expected {
            engine::ExpectedWait::Span { p50, p90 } => {
                Some(Self { p50_seconds: seconds(p50), p90_seconds: seconds(p90) })
            }
            engine::ExpectedWait::Never => None,
        }
    }
}

/// How long a call would wait if it came now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ExpectedWaitView {
    /// The record up to which this view is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    /// How many calls wait there.
    waiting: usize,
    /// How long it would wait; none: nobody serves.
    expected: Option<Expected>,
}

impl ExpectedWaitView {
    /// # Errors
    /// There is no such queue or agent.
    pub(crate) fn new(
        state: &State,
        of: engine::WaitFor,
        position: Position,
        now: Timestamp,
    ) -> Result<Self, engine::Rejection> {
        let waiting = match of {
            engine::WaitFor::Queue { queue, .. } => state.waiting_count(queue),
            engine::WaitFor::Agent { agent, .. } => state.private_count(agent),
            engine::WaitFor::Call(_) => 0,
        };
        let expected = Expected::of(state.expected_wait(now, of)?);
        Ok(Self { position: position.0, now: Moment(now), waiting, expected })
    }
}

/// An agent who does not take a call now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NotNow {
    /// Who.
    agent: u32,
    /// Why.
    reason: Reason,
    /// How many private calls it serves before this one.
    private_first: usize,
}

/// Why an agent does not take a call now: the first of these that holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Reason {
    /// It is signed out.
    SignedOut,
    /// Another call rings at it.
    Rings { call: String, since: Moment },
    /// It talks.
    Talks { call: String, since: Moment },
    /// It is in wrap-up; without an end: until it says so.
    WrapsUp { until: Option<Moment> },
    /// It takes no calls.
    NotReady { why: NotReadyKind, reason: u8, ready_at: Option<Moment> },
    /// Its phone cannot be reached.
    Lost { since: Moment, retry_at: Option<Moment>, sign_out_at: Option<Moment> },
    /// It has not the weight that the call needs at its age.
    LacksWeight { has: u8, needs: u8, from: Option<Moment> },
    /// It did not take the call a moment ago.
    KeptFromIt { until: Moment },
}

impl From<engine::Reason> for Reason {
    fn from(reason: engine::Reason) -> Self {
        match reason {
            engine::Reason::SignedOut => Self::SignedOut,
            engine::Reason::Rings { call, since } => Self::Rings { call: call.to_string(), since: Moment(since) },
            engine::Reason::Talks { call, since } => Self::Talks { call: call.to_string(), since: Moment(since) },
            engine::Reason::WrapsUp { until } => Self::WrapsUp { until: until.map(Moment) },
            engine::Reason::NotReady { why, ready_at } => {
                Self::NotReady { why: why.kind.into(), reason: why.reason, ready_at: ready_at.map(Moment) }
            }
            engine::Reason::Lost { since, retry_at, sign_out_at } => Self::Lost {
                since: Moment(since),
                retry_at: retry_at.map(Moment),
                sign_out_at: sign_out_at.map(Moment),
            },
            engine::Reason::LacksWeight { has, needs, from } => {
                Self::LacksWeight { has, needs, from: from.map(Moment) }
            }
            engine::Reason::KeptFromIt { until } => Self::KeptFromIt { until: Moment(until) },
        }
    }
}

/// How many agents there are who are not named, for each reason.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Others {
    signed_out: usize,
    engaged: usize,
    not_ready: usize,
    lost: usize,
    lack_weight: usize,
    kept_from_it: usize,
}

impl From<engine::Others> for Others {
    fn from(others: engine::Others) -> Self {
        let engine::Others { signed_out, engaged, not_ready, lost, lack_weight, kept_from_it } = others;
        Self { signed_out, engaged, not_ready, lost, lack_weight, kept_from_it }
    }
}

impl WhyView {
    /// # Errors
    /// There is no such live call.
    pub(crate) fn new(
        state: &State,
        call: engine::CallId,
        position: Position,
        now: Timestamp,
    ) -> Result<Self, engine::Rejection> {
        let why = state.why(now, call)?;
        Ok(Self {
            position: position.0,
            now: Moment(now),
            call: call.to_string(),
            cause: why.cause.into(),
            sender: why.sender.map(Sender::from),
            what: why.what.into(),
        })
    }
}

impl From<engine::What> for What {
    fn from(what: engine::What) -> Self {
        match what {
            engine::What::Waits(waits) => Self::Waits(Box::new(Waits::from(*waits))),
            engine::What::Rings { agent, line, since, until } => {
                Self::Rings { agent: agent.0, line: line.into(), since: Moment(since), until: Moment(until) }
            }
            engine::What::Talks { agent, line, since } => {
                Self::Talks { agent: agent.0, line: line.into(), since: Moment(since) }
            }
            engine::What::Outside { since, answered, .. } => Self::Outside { since: Moment(since), answered },
        }
    }
}

impl From<engine::Waits> for Waits {
    fn from(waits: engine::Waits) -> Self {
        let not_now = |not_now: engine::NotNow| NotNow {
            agent: not_now.agent.0,
            reason: not_now.reason.into(),
            private_first: not_now.private_first,
        };
        Self {
            line: waits.line.into(),
            place: waits.place,
            waiting: waits.waiting,
            joined: Moment(waits.joined),
            until: end(waits.until),
            weight_min: waits.weight_min,
            widens_at: waits.widens_at.map(Moment),
            expected: Expected::of(waits.expected),
            agents: waits.agents.into_iter().map(not_now).collect(),
            others: waits.others.into(),
        }
    }
}
