//! Private queues: the rules that hold for one, and what its agent's sign-out would do to its calls.

use engine::{ChangedBy, Rejection, State, Timestamp};
use node::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::time::{Moment, seconds};
use super::word::{Line, Outcome};
use crate::v1::problem::Problem;

plain! {
    /// What happens to the calls of a private queue when its agent signs out.
    OnSignOut {
        /// Back to their origin queues.
        Return,
        /// To the agent's delegate.
        Delegate,
        /// Back to the agents who sent them.
        ReturnToSender,
        /// The agent cannot sign out by itself while calls wait.
        Refuse,
        /// They are released.
        Release,
    }
}

plain! {
    /// What happens to the calls of a private queue when its agent stops being ready.
    OnNotReady {
        /// They go on waiting.
        Keep,
        /// What happens at a sign-out that cannot be refused.
        AsOnSignOut,
    }
}

plain! {
    /// What happens to a call directed to an agent who is not ready and not engaged, or lost.
    DirectedToNotReady {
        /// It is refused.
        Refuse,
        /// It waits.
        Wait,
    }
}

/// One thing to do with a call whose private wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum PrivateAction {
    /// Back to its origin queue.
    Return,
    /// To the agent's delegate.
    Delegate,
    /// Back to the agent who sent it.
    ReturnToSender,
    /// To a queue.
    Queue {
        /// Which one.
        queue: u16,
    },
    /// Directed to an agent.
    Agent {
        /// Whom.
        agent: u32,
    },
    /// It waits on.
    Stay,
    /// It is released.
    Release,
}

impl From<engine::PrivateAction> for PrivateAction {
    fn from(action: engine::PrivateAction) -> Self {
        match action {
            engine::PrivateAction::Return => Self::Return,
            engine::PrivateAction::Delegate => Self::Delegate,
            engine::PrivateAction::ReturnToSender => Self::ReturnToSender,
            engine::PrivateAction::Queue(queue) => Self::Queue { queue: queue.0 },
            engine::PrivateAction::Agent(agent) => Self::Agent { agent: agent.0 },
            engine::PrivateAction::Stay => Self::Stay,
            engine::PrivateAction::Release => Self::Release,
        }
    }
}

/// What holds for an agent's private queue: its own settings, and the VDN's for what it leaves open.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct PrivateRules {
    /// How long a call waits.
    wait_seconds_max: f64,
    /// How many calls wait at most.
    depth_max: u32,
    /// What happens to a call directed to the agent while it takes none.
    directed_to_not_ready: DirectedToNotReady,
    /// What happens when a call has waited for so long: the first of these that is not refused; else, and when there
    /// are none, it goes back to its origin queue.
    on_wait_end: Vec<PrivateAction>,
    /// What happens when the agent signs out.
    on_sign_out: OnSignOut,
    /// What happens when the agent stops being ready.
    on_not_ready: OnNotReady,
    /// Who takes the agent's calls where `delegate` says so.
    delegate: Option<u32>,
}

impl From<engine::PrivateRules<'_>> for PrivateRules {
    fn from(rules: engine::PrivateRules<'_>) -> Self {
        Self {
            wait_seconds_max: seconds(rules.wait_max),
            depth_max: rules.depth_max,
            directed_to_not_ready: rules.directed_to_not_ready.into(),
            on_wait_end: rules.on_wait_end.iter().map(|action| (*action).into()).collect(),
            on_sign_out: rules.on_sign_out.into(),
            on_not_ready: rules.on_not_ready.into(),
            delegate: rules.delegate.map(|agent| agent.0),
        }
    }
}

/// What an agent's sign-out would do, were it now.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct SignOutPreview {
    /// The record up to which this is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    /// Why the agent cannot sign out by itself; a supervisor could sign it out all the same.
    refused: Option<Problem>,
    /// The calls that wait or ring for this agent alone, in the order in which it would serve them.
    calls: Vec<Departure>,
}

/// A call that an agent would leave behind.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Departure {
    /// Which call.
    #[schema(example = "1605492949-1447")]
    call: String,
    /// Where it would be.
    to: Destination,
}

/// Where a call would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Destination {
    /// It would wait.
    Waiting {
        /// Where.
        line: Line,
    },
    /// It would ring at an agent.
    Offered {
        /// From where.
        line: Line,
        /// At whom.
        agent: u32,
    },
    /// It would be on its way to an outside number.
    Outside,
    /// The agent who keeps it would have it back.
    TakenBack {
        /// Who.
        agent: u32,
    },
    /// It would be over.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

impl SignOutPreview {
    /// # Errors
    /// When nobody could sign the agent out.
    pub(crate) fn new(
        state: &State,
        agent: engine::AgentId,
        position: Position,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        let own = state.sign_out_preview(now, agent, ChangedBy::Agent);
        let (refused, departures) = match own {
            Ok(departures) => (None, departures),
            Err(refused @ Rejection::PrivateCallsWait(..)) => {
                (Some(refused.into()), state.sign_out_preview(now, agent, ChangedBy::Supervisor)?)
            }
            Err(refused) => return Err(refused),
        };
        let calls = departures.into_iter().map(Departure::from).collect();
        Ok(Self { position: position.0, now: Moment(now), refused, calls })
    }
}

impl From<engine::Departure> for Departure {
    fn from(engine::Departure { call, to }: engine::Departure) -> Self {
        let to = match to {
            engine::Destination::Waiting(line) => Destination::Waiting { line: line.into() },
            engine::Destination::Offered(line, agent) => Destination::Offered { line: line.into(), agent: agent.0 },
            engine::Destination::Outside => Destination::Outside,
            engine::Destination::TakenBack(agent) => Destination::TakenBack { agent: agent.0 },
            engine::Destination::Ended(outcome) => Destination::Ended { outcome: outcome.into() },
        };
        Self { call: call.to_string(), to }
    }
}
