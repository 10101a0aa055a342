//! How long a call will wait: computed when asked, from what agents do at this moment and how long their talks last.
//!
//! The line ahead of the call is played to its end, a fixed number of times. In each of these scenarios every talk in
//! progress, every talk to come and every wrap-up lasts for one of the spans that are equally likely by the agent's own
//! [`Figures`](crate::Figures) (those of the queue while the agent has few), so that over all scenarios each is dealt
//! once. What the scenarios say is the answer's spread. There is no chance in it: the deal is the same every time.
//!
//! What is played, and where it is less exact than the floor:
//!
//! * An agent serves its private queue before any public call, but for the private calls after which one public call
//!   goes ahead; then the line, each agent the first call in order for which it has the weight, or will have once the
//!   call is old enough.
//! * Calls that wait in other queues of the same agents, and come before the call there by weight, priority or age, are
//!   counted as part of the line: of each as many as these agents will take, if all agents of that queue take alike.
//! * Agents who are signed out, `NotReady` or lost do not serve, unless it is known when they will; one who chose a
//!   break for after its work does not come back.
//! * Of more than [`SERVERS_MAX`] agents that many are played, with so much less of the line. Of more than [`AHEAD_MAX`]
//!   calls ahead that many are played, and for the rest it goes on at the same rate.
//! * Calls that have yet to come and will go first, private ones and those of more weight or priority, are taken to come
//!   as often as lately ([`Flow`](crate::Flow)), and are played too.
//! * Nothing is known of agents who will come or leave.

mod deal;
mod line;
mod play;
mod server;

use core::time::Duration;

use crate::call::Place;
use crate::id::{AgentId, CallId, QueueId};
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::Timestamp;

use self::line::Ahead;

/// How many agents are played at most.
const SERVERS_MAX: usize = 64;

/// How many calls ahead are played at most.
const AHEAD_MAX: usize = 128;

/// How many scenarios are played.
const SCENARIOS: usize = 32;

/// Of which call it is asked how long it will wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// A call that waits, from now on.
    Call(CallId),
    /// A call of this priority, if it joined this queue now.
    Queue {
        /// Which queue.
        queue: QueueId,
        /// 1 to 254.
        priority: u8,
    },
    /// A call of this priority, if it were directed to this agent now and not refused.
    Agent {
        /// To whom.
        agent: AgentId,
        /// 1 to 254.
        priority: u8,
    },
}

/// How long a call will wait until it is offered to an agent, as far as can be told. What ends its wait otherwise is
/// left out: treatments, and a caller who gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedWait {
    /// About this long.
    Span {
        /// Half of such calls wait for no longer.
        p50: Duration,
        /// Nine of ten wait for no longer; never less than `p50`.
        p90: Duration,
    },
    /// Nobody who could take it serves, nor is it known when somebody will.
    Never,
}

impl ExpectedWait {
    /// It is offered at once.
    pub const NONE: Self = Self::Span { p50: Duration::ZERO, p90: Duration::ZERO };

    /// Half of such calls wait for no longer; none: nobody serves.
    #[must_use]
    pub const fn p50(self) -> Option<Duration> {
        match self {
            Self::Span { p50, .. } => Some(p50),
            Self::Never => None,
        }
    }

    /// Nine of ten such calls wait for no longer; none: nobody serves.
    #[must_use]
    pub const fn p90(self) -> Option<Duration> {
        match self {
            Self::Span { p90, .. } => Some(p90),
            Self::Never => None,
        }
    }
}

impl State {
    /// How long a call will wait from `now` on. A call that rings waits no more.
    ///
    /// For an agent it costs O(k) in the calls of its private queue, for a queue it looks at [`SERVERS_MAX`] agents and
    /// their queues, a few hundred calls of these, and plays at most [`SCENARIOS`] × [`AHEAD_MAX`] calls, and
    /// as many again that have yet to come, with a few for each agent. It walks over neither all
    /// agents nor all calls, so it may be asked in deciding, about one target.
    ///
    /// # Errors
    /// There is no such queue, agent or call, or the call does not wait.
    pub fn expected_wait(&self, now: Timestamp, of: WaitFor) -> Result<ExpectedWait, Rejection> {
        let ahead = match of {
            WaitFor::Call(id) => {
                let call = self.call(id).ok_or(Rejection::NoSuchCall(id))?;
                match &call.place {
                    Place::Waiting(wait) => Ahead::of_waiting(self, now, call, wait),
                    Place::Offered { .. } => return Ok(ExpectedWait::NONE),
                    Place::Talking { .. } | Place::Outside { .. } => return Err(Rejection::CallNotWaiting(id)),
                }
            }
            WaitFor::Queue { queue, priority } => {
                let queue = self.queue(queue).ok_or(Rejection::NoSuchQueue(queue))?;
                Ahead::of_newcomer(self, now, queue, priority)
            }
            WaitFor::Agent { agent, priority } => {
                let known = self.agent(agent).filter(|agent| !agent.is_leaving);
                Ahead::of_directed(self, now, known.ok_or(Rejection::NoSuchAgent(agent))?, priority)
            }
        };
        Ok(play::play(&ahead))
    }
}
