//! Why a call is where it is: asked of the follower, for it may look at every agent.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::agent::{NotReady, Presence, Reach, Work};
use crate::call::{Call, Cause, Line, OutsideSender, Place, Sender, Wait};
use crate::expected::{ExpectedWait, WaitFor};
use crate::floor::{PrivateAction, Treatment};
use crate::id::{AgentId, CallId};
use crate::rejection::Rejection;
use crate::state::{Agent, State};
use crate::time::Timestamp;

/// How many agents are named; the others are counted.
const NAMED_MAX: usize = 50;

/// Why a live call is where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyHere {
    /// Why it came to where it is, or to the line that it was served from.
    pub cause: Cause,
    /// Who sent it there; none: it talks, or is outside, and its line is left.
    pub sender: Option<Sender>,
    /// What it does there.
    pub what: What,
}

/// What a live call does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It waits.
    Waits(Box<Waits>),
    /// It rings at an agent.
    Rings {
        /// At whom.
        agent: AgentId,
        /// From which line.
        line: Line,
        /// Since when.
        since: Timestamp,
        /// When the offer expires.
        until: Timestamp,
    },
    /// It talks with an agent.
    Talks {
        /// With whom.
        agent: AgentId,
        /// From which line it was served.
        line: Line,
        /// Since when.
        since: Timestamp,
    },
    /// It was sent outside.
    Outside {
        /// By whom.
        by: OutsideSender,
        /// Since when.
        since: Timestamp,
        /// Whether the other side has answered.
        answered: bool,
    },
}

/// What a call waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Where.
    pub line: Line,
    /// Its place in this line, from 1 on.
    pub place: usize,
    /// How many wait in this line.
    pub waiting: usize,
    /// Since when it waits in this line.
    pub joined: Timestamp,
    /// When waiting here ends by itself.
    pub until: Timestamp,
    /// What happens then.
    pub then: Then,
    /// The least agent weight that it needs.
    pub weight_min: u8,
    /// When it needs less.
    pub widens_at: Option<Timestamp>,
    /// How long it will wait.
    pub expected: ExpectedWait,
    /// Agents who may take it, by id, and why they do not: at most fifty.
    pub agents: Vec<NotNow>,
    /// How many more there are, for each reason.
    pub others: Others,
    /// How many could take it at this moment: none, but within a turn.
    pub could_take: usize,
}

/// What happens when the wait is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// The `Timeout` treatment of its queue.
    Treatment(Treatment),
    /// The first of these that is not refused, else it goes back to its origin queue.
    Private(Vec<PrivateAction>),
}

/// An agent who does not take a call now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNow {
    /// Who.
    pub agent: AgentId,
    /// Why.
    pub reason: Reason,
    /// How many private calls it serves before this one.
    pub private_first: usize,
}

/// Why an agent does not take a call now: the first of these that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is signed out.
    SignedOut,
    /// Another call rings at it.
    Rings {
        /// Which.
        call: CallId,
        /// Since when.
        since: Timestamp,
    },
    /// It talks.
    Talks {
        /// With which call.
        call: CallId,
        /// Since when.
        since: Timestamp,
    },
    /// It is in wrap-up.
    WrapsUp {
        /// When that ends by itself; none: when the agent ends it.
        until: Option<Timestamp>,
    },
    /// It takes no calls.
    NotReady {
        /// As it chose.
        why: NotReady,
        /// When it is `Ready` again by itself.
        ready_at: Option<Timestamp>,
    },
    /// Its phone cannot be reached.
    Lost {
        /// Since when.
        since: Timestamp,
        /// When it is tried again by itself.
        retry_at: Option<Timestamp>,
        /// When the agent is signed out, if it is lost until then.
        sign_out_at: Option<Timestamp>,
    },
    /// It has not the weight that the call needs at its age.
    LacksWeight {
        /// What it has.
        has: u8,
        /// What the call needs.
        needs: u8,
        /// When the call will be old enough for it; none: never.
        from: Option<Timestamp>,
    },
    /// It did not take the call a moment ago.
    KeptFromIt {
        /// Until when.
        until: Timestamp,
    },
}

/// How many agents there are who are not named, for each reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// Signed out.
    pub signed_out: usize,
    /// Offered a call, talking, or in wrap-up.
    pub engaged: usize,
    /// `NotReady`.
    pub not_ready: usize,
    /// Lost.
    pub lost: usize,
    /// Without the weight.
    pub lack_weight: usize,
    /// Kept from the call.
    pub kept_from_it: usize,
}

impl Others {
    fn count(&mut self, reason: Reason) {
        *match reason {
            Reason::SignedOut => &mut self.signed_out,
            Reason::Rings { .. } | Reason::Talks { .. } | Reason::WrapsUp { .. } => &mut self.engaged,
            Reason::NotReady { .. } => &mut self.not_ready,
            Reason::Lost { .. } => &mut self.lost,
            Reason::LacksWeight { .. } => &mut self.lack_weight,
            Reason::KeptFromIt { .. } => &mut self.kept_from_it,
        } += 1;
    }
}

impl State {
    /// Why a live call is where it is at `now`. Looks at every agent: for those who read, not for deciding.
    ///
    /// # Errors
    /// There is no such live call.
    pub fn why(&self, now: Timestamp, id: CallId) -> Result<WhyHere, Rejection> {
        let call = self.call(id).ok_or(Rejection::NoSuchCall(id))?;
        let came = call.history.last().map_or(Cause::Dialled, |stay| stay.cause);
        Ok(match &call.place {
            Place::Waiting(wait) => {
                let what = What::Waits(Box::new(self.waits(now, call, wait)));
                WhyHere { cause: wait.cause, sender: Some(wait.sender), what }
            }
            Place::Offered { agent, since, until, wait, .. } => {
                let what = What::Rings { agent: *agent, line: wait.line, since: *since, until: *until };
                WhyHere { cause: wait.cause, sender: Some(wait.sender), what }
            }
            Place::Talking { agent, since, line, .. } => {
                let what = What::Talks { agent: *agent, line: *line, since: *since };
                WhyHere { cause: came, sender: None, what }
            }
            Place::Outside { since, answered, sent_by, .. } => {
                let (cause, sender) = match *sent_by {
                    OutsideSender::Treatment(queue, situation) => (Cause::Treatment(situation), Sender::Queue(queue)),
                    OutsideSender::Agent(agent) => (Cause::Transfer, Sender::Agent(agent)),
                };
                let what = What::Outside { by: *sent_by, since: *since, answered: *answered };
                WhyHere { cause, sender: Some(sender), what }
            }
        })
    }

    fn waits(&self, now: Timestamp, call: &Call, wait: &Wait) -> Waits {
        let (before, waiting) = match wait.line {
            Line::Queue(queue) => (place_in(self.waiting(queue), call.id), self.waiting_count(queue)),
            Line::Private(agent) => (place_in(self.private_queue(agent), call.id), self.private_count(agent)),
        };
        let mut waits = Waits {
            line: wait.line,
            place: before + 1,
            waiting,
            joined: wait.joined,
            until: wait.until,
            then: self.then(wait.line),
            weight_min: wait.weight_min,
            widens_at: wait.widens_at,
            expected: self.expected_wait(now, WaitFor::Call(call.id)).unwrap_or(ExpectedWait::Never),
            agents: Vec::new(),
            others: Others::default(),
            could_take: 0,
        };
        for agent in self.agents() {
            let Some(weight) = self.weight_for(agent, wait.line) else { continue };
            match self.not_now(agent, weight, call, wait) {
                None => waits.could_take += 1,
                Some(not_now) if waits.agents.len() < NAMED_MAX => waits.agents.push(not_now),
                Some(not_now) => waits.others.count(not_now.reason),
            }
        }
        waits
    }

    /// The weight of an agent among those who serve a line; none: it is not one of them.
    fn weight_for(&self, agent: &Agent, line: Line) -> Option<u8> {
        match line {
            Line::Private(owner) => (owner == agent.settings.id).then_some(u8::MAX),
            Line::Queue(queue) => {
                let takers = self.queue(queue)?.takers();
                takers.filter_map(|taker| agent.settings.weight_in(taker)).max()
            }
        }
    }

    fn not_now(&self, agent: &Agent, weight: u8, call: &Call, wait: &Wait) -> Option<NotNow> {
        let id = agent.settings.id;
        let reason =
            by_work(agent).or_else(|| by_presence(agent)).or_else(|| self.by_call(agent, weight, call, wait))?;
        let private_first = match wait.line {
            Line::Private(_) => 0,
            Line::Queue(_) => self.private_count(id),
        };
        Some(NotNow { agent: id, reason, private_first })
    }

    fn by_call(&self, agent: &Agent, weight: u8, call: &Call, wait: &Wait) -> Option<Reason> {
        if weight < wait.weight_min {
            let from = self.old_enough(weight, call, wait);
            return Some(Reason::LacksWeight { has: weight, needs: wait.weight_min, from });
        }
        let mut kept = call.not_before.iter().filter(|(kept, _)| *kept == agent.settings.id);
        kept.next().map(|(_, until)| Reason::KeptFromIt { until: *until })
    }

    /// When a call will be old enough for an agent of this weight.
    fn old_enough(&self, weight: u8, call: &Call, wait: &Wait) -> Option<Timestamp> {
        let Line::Queue(queue) = wait.line else { return None };
        let steps = &self.queue(queue)?.skill_steps;
        let step = steps.iter().find(|step| step.weight_min <= weight)?;
        Some(call.since.unwrap_or(wait.joined) + step.after)
    }

    fn then(&self, line: Line) -> Then {
        match line {
            Line::Queue(queue) => {
                let queue = self.queue(queue).expect("a call waits in a queue of the floor");
                Then::Treatment(queue.treatments.timeout.clone())
            }
            Line::Private(agent) => {
                let agent = self.agent(agent).expect("a private queue has an agent");
                Then::Private(self.private_rules(agent).on_wait_end.to_vec())
            }
        }
    }
}

fn place_in<'a>(mut line: impl Iterator<Item = &'a Call>, id: CallId) -> usize {
    line.position(|call| call.id == id).expect("a waiting call is in its line")
}

/// What keeps an agent who is signed in.
fn by_work(agent: &Agent) -> Option<Reason> {
    if agent.presence == Presence::SignedOut {
        return Some(Reason::SignedOut);
    }
    match agent.work {
        Work::Idle { .. } => None,
        Work::Offered { call, .. } => Some(Reason::Rings { call, since: agent.work_since }),
        Work::Talking { call, since } => Some(Reason::Talks { call, since }),
        Work::WrapUp { until, .. } => Some(Reason::WrapsUp { until }),
    }
}

/// What keeps an idle agent from all calls.
fn by_presence(agent: &Agent) -> Option<Reason> {
    if let Presence::NotReady(why) = agent.presence {
        return Some(Reason::NotReady { why, ready_at: agent.ready_at });
    }
    match agent.reach {
        Reach::Reachable => None,
        Reach::Lost { since, retry_at, sign_out_at, .. } => Some(Reason::Lost { since, retry_at, sign_out_at }),
    }
}
