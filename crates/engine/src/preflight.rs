//! What a transfer would lead to, without carrying it out: asked before the agent gives its call away.

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use crate::call::{Call, Line};
use crate::command::{Command, Target, Transfer, TransferMode, TransferTo};
use crate::decide::decide;
use crate::event::Event;
use crate::expected::{ExpectedWait, WaitFor};
use crate::id::{AgentId, QueueId};
use crate::rejection::Rejection;
use crate::routing::{CallOrder, may_take, waiting};
use crate::state::{Agent, State};
use crate::time::Timestamp;

/// How many alternatives are told.
const ALTERNATIVES_MAX: usize = 4;

/// Among how many they are found.
const CANDIDATES_MAX: usize = 16;

/// How many agents of a queue are looked at, for who is available and what else they serve.
const AGENTS_MAX: usize = 8;

/// What a transfer would lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// Where the call would be, or why the transfer would be refused.
    pub landing: Result<Landing, Rejection>,
    /// To whom else it could be transferred, the soonest answer first: at most four, and none that would refuse it or
    /// break the transfer's condition. They are looked for among the agent's delegate, the queues of the agent and its
    /// colleagues there, what else the agents of the queue serve, and where the call came from.
    pub alternatives: Vec<Alternative>,
}

/// Whom a call could be transferred to as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// To whom.
    pub to: Target,
    /// Where the call would be.
    pub landing: Landing,
}

/// Where a transferred call would be. The sender, whom a release transfer sets free, is not counted among those who may
/// take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// It would ring at once.
    Rings {
        /// From which line.
        line: Line,
        /// At whom.
        agent: AgentId,
    },
    /// It would wait.
    Waits {
        /// In which line.
        line: Line,
        /// At which place, from 1 on.
        place: usize,
        /// For how long.
        expected: ExpectedWait,
    },
    /// It would be on its way to an outside number.
    Outside,
}

impl Landing {
    /// Sooner is less: what rings, then what nine of ten times is answered first.
    fn rank(&self) -> (Reverse<bool>, Duration, usize) {
        match self {
            Self::Rings { .. } => (Reverse(true), Duration::ZERO, 0),
            Self::Waits { place, expected, .. } => (Reverse(false), expected.p90().unwrap_or(Duration::MAX), *place),
            Self::Outside => (Reverse(false), Duration::MAX, usize::MAX),
        }
    }
}

impl State {
    /// What [`Command::TransferBy`] with this wish would do to this very state at `now`. For those who ask, not for
    /// deciding: it plays expected waits of up to sixteen targets, and counts the calls ahead in their lines.
    #[must_use]
    pub fn transfer_preflight(&self, now: Timestamp, wish: &Transfer) -> Preflight {
        let landing = self.landing(now, wish);
        let mut alternatives: Vec<Alternative> = self
            .candidates(wish)
            .into_iter()
            .filter_map(|to| {
                let landing = self.landing(now, &towards(wish, to)).ok()?;
                Some(Alternative { to, landing })
            })
            .collect();
        alternatives.sort_by_key(|alternative| (alternative.landing.rank(), alternative.to));
        alternatives.truncate(ALTERNATIVES_MAX);
        Preflight { landing, alternatives }
    }

    fn landing(&self, now: Timestamp, wish: &Transfer) -> Result<Landing, Rejection> {
        let decision = decide(self, now, &Command::TransferBy(wish.clone()))?;
        let call = self.call(wish.call).ok_or(Rejection::NoSuchCall(wish.call))?;
        let landed = decision.events.iter().rev().find_map(|event| match event {
            Event::CallQueued { line, .. } => Some(self.in_line(now, call, *line)),
            Event::CallSentOutside { .. } | Event::CallTransferredOutside { .. } => Some(Landing::Outside),
            _ => None,
        });
        Ok(landed.expect("a transfer that is not refused leads somewhere"))
    }

    fn in_line(&self, now: Timestamp, call: &Call, line: Line) -> Landing {
        let (rings_at, ahead, of) = match line {
            Line::Private(agent) => {
                let free = self.agent(agent).filter(|agent| agent.is_available() && may_take(agent, call));
                let own = CallOrder::joining(call, now, None);
                let is_before =
                    |other: &&Call| waiting(other).is_some_and(|wait| CallOrder::of(other, wait, None) < own);
                let ahead = self.private_queue(agent).take_while(is_before).count();
                (free, ahead, WaitFor::Agent { agent, priority: call.priority })
            }
            Line::Queue(queue) => {
                let own = CallOrder::joining(call, now, self.priority_step(queue));
                let ahead = self.ahead_count(queue, &own, usize::MAX);
                (self.picked_for(now, queue, call), ahead, WaitFor::Queue { queue, priority: call.priority })
            }
        };
        if let Some(agent) = rings_at {
            return Landing::Rings { line, agent: agent.settings.id };
        }
        let expected = self.expected_wait(now, of).unwrap_or(ExpectedWait::Never);
        Landing::Waits { line, place: ahead + 1, expected }
    }

    /// Who is offered a call that joins a queue: nobody who is available may take any call that waits there already.
    fn picked_for(&self, now: Timestamp, queue: QueueId, call: &Call) -> Option<&Agent> {
        let queue = self.queue(queue)?;
        let (weight_min, _) = queue.need(now, now);
        queue.takers().find_map(|taker| self.available(taker, weight_min).find(|agent| may_take(agent, call)))
    }

    /// Whom else to ask, each once.
    fn candidates(&self, wish: &Transfer) -> Vec<Target> {
        let mut found: Vec<Target> = Vec::new();
        let wished = match &wish.to {
            TransferTo::Agent(agent) => Some(Target::Agent(*agent)),
            TransferTo::Queue(queue) => Some(Target::Queue(*queue)),
            TransferTo::Outside(_) => None,
        };
        let mut add = |to: Target| {
            let is_new = Some(to) != wished && to != Target::Agent(wish.agent) && !found.contains(&to);
            if is_new && found.len() < CANDIDATES_MAX {
                found.push(to);
            }
        };
        match wished {
            Some(Target::Agent(agent)) => self.near_agent(agent, &mut add),
            Some(Target::Queue(queue)) => self.near_queue(queue, &mut add),
            None => {}
        }
        let origin = self.call(wish.call).and_then(|call| call.origin_queue);
        origin.into_iter().chain(self.settings().default_queue).map(Target::Queue).for_each(add);
        found
    }

    fn near_agent(&self, agent: AgentId, add: &mut impl FnMut(Target)) {
        let Some(agent) = self.agent(agent) else { return };
        self.private_rules(agent).delegate.into_iter().map(Target::Agent).for_each(&mut *add);
        let queues = agent.settings.queues.iter().map(|part| part.queue);
        queues.clone().map(Target::Queue).for_each(&mut *add);
        for queue in queues {
            let free = self.available(queue, 1).take(AGENTS_MAX);
            free.map(|colleague| Target::Agent(colleague.settings.id)).for_each(&mut *add);
        }
    }

    fn near_queue(&self, queue: QueueId, add: &mut impl FnMut(Target)) {
        let Some(queue) = self.queue(queue) else { return };
        queue.takers().skip(1).map(Target::Queue).for_each(&mut *add);
        let agents = queue.takers().flat_map(|taker| self.signed_in(taker)).take(AGENTS_MAX);
        agents.flat_map(|agent| &agent.settings.queues).for_each(|part| add(Target::Queue(part.queue)));
    }
}

/// The same wish, for somebody else; only an agent can be specified.
fn towards(wish: &Transfer, to: Target) -> Transfer {
    let (to, mode) = match to {
        Target::Agent(agent) => (TransferTo::Agent(agent), wish.mode),
        Target::Queue(queue) if wish.mode == TransferMode::Specified => {
            (TransferTo::Queue(queue), TransferMode::Release)
        }
        Target::Queue(queue) => (TransferTo::Queue(queue), wish.mode),
    };
    Transfer { to, mode, ..wish.clone() }
}
