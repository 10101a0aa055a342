//! The floor: all that is configured of a VDN. Given to the engine whole by `Command::Configure`; the differences
//! become events.

mod hours;
mod mistakes;
mod private;
mod rest;
mod skill;

pub use self::hours::{DayHours, Holiday, OpenHours};
pub use self::private::{OnNotReady, OnSignOut, PrivateAction, PrivateRules, PrivateSettings};
pub use self::rest::{OnRestEnd, RestMax};
pub(crate) use self::skill::ANY_WEIGHT;
pub use self::skill::SkillStep;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::id::{AgentId, QueueId, VdnId};

/// Everything that is configured of one VDN.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Floor {
    /// Whose floor this is; a journal belongs to one VDN for ever.
    pub vdn: VdnId,
    /// What holds for all queues and agents.
    pub settings: VdnSettings,
    /// In any order; ids are unique.
    pub queues: Vec<Queue>,
    /// In any order; ids are unique.
    pub agents: Vec<AgentSettings>,
}

/// What holds for the whole VDN, and for calls that came through no queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VdnSettings {
    /// How long a call waits in a private queue. Default 300 s.
    pub private_wait_max: Duration,
    /// How many calls may wait in one private queue. Default 100.
    pub private_depth_max: u32,
    /// Where a call without an origin queue goes when its private wait ends; none: it is released.
    pub default_queue: Option<QueueId>,
    /// What happens to a call directed to an agent who is `NotReady` and not engaged, or lost.
    pub directed_to_not_ready: DirectedToNotReady,
    /// How long an agent whose offer failed stays lost, unless it is heard of before. Default 30 s.
    pub lost_retry: Duration,
    /// How long an agent may be lost before it is signed out. Default 30 s.
    pub lost_grace: Duration,
    /// How long an agent kept `Ready` after a decline or expiry is not offered the same call again. Default 10 s.
    pub reoffer_min: Duration,
    /// After how long an agent signed in by phone becomes `Ready` again after a decline or expiry. Default 60 s.
    pub auto_ready: Duration,
    /// Ring time for calls that came through no queue. Default 20 s.
    pub ring_max: Duration,
    /// Wrap-up after talks with calls that came through no queue; zero: none. Default zero.
    pub wrap_up: Duration,
    /// Whether an agent stays `Ready` after declining or not answering a call that came through no queue.
    pub keep_ready: bool,
    /// What local time is ahead of UTC by, in minutes, −840 to 840: for the queues' hours.
    pub utc_offset_minutes: i16,
    /// What happens to a call that has waited in private for `private_wait_max`: the first of these that is not refused,
    /// else it goes back to its origin queue. Default: nothing else.
    pub on_private_wait_end: Vec<PrivateAction>,
    /// What happens to the calls of a private queue when its agent signs out. Default: back to their origin queues.
    pub on_sign_out: OnSignOut,
    /// What happens to them when their agent stops being `Ready`. Default: they go on waiting.
    pub on_not_ready: OnNotReady,
    /// Who takes the private calls of other agents where `Delegate` says so. Default: nobody.
    pub delegate: Option<AgentId>,
    /// After so many private calls in a row an agent is given a public call, if one waits. Default: never.
    pub private_run_max: Option<u32>,
    /// An agent who has just had a private call is given the public call that is next, if it has waited for longer than
    /// this. Default: never.
    pub public_wait_max: Option<Duration>,
    /// In which time a waiting call's priority grows by one, for queues that say nothing else. Default: it does not.
    pub priority_step: Option<Duration>,
    /// Whether an agent's wish for a rest waits when its queues have no place; otherwise it is refused. Default false.
    pub rest_wait: bool,
    /// What happens when the time of a rest is over. Default: it is overdue, and the agent rests on.
    pub on_rest_end: OnRestEnd,
}

impl Default for VdnSettings {
    fn default() -> Self {
        Self {
            private_wait_max: Duration::from_secs(300),
            private_depth_max: 100,
            default_queue: None,
            directed_to_not_ready: DirectedToNotReady::Refuse,
            lost_retry: Duration::from_secs(30),
            lost_grace: Duration::from_secs(30),
            reoffer_min: Duration::from_secs(10),
            auto_ready: Duration::from_secs(60),
            ring_max: Duration::from_secs(20),
            wrap_up: Duration::ZERO,
            keep_ready: false,
            utc_offset_minutes: 0,
            on_private_wait_end: Vec::new(),
            on_sign_out: OnSignOut::Return,
            on_not_ready: OnNotReady::Keep,
            delegate: None,
            private_run_max: None,
            public_wait_max: None,
            priority_step: None,
            rest_wait: false,
            on_rest_end: OnRestEnd::Overdue,
        }
    }
}

/// What happens to a call directed to an agent who is signed in but can neither take it nor is engaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DirectedToNotReady {
    /// It is refused with `AgentNotReady`.
    #[default]
    Refuse,
    /// It waits in the private queue.
    Wait,
}

/// A queue: where calls wait for any agent with the skill.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Queue {
    /// Unique in the VDN.
    pub id: QueueId,
    /// For people; may be empty.
    pub name: Arc<str>,
    /// Which of several available agents is offered a call.
    pub strategy: Strategy,
    /// How long an offer rings before it expires. Default 20 s.
    pub ring_max: Duration,
    /// Wrap-up after each talk; zero: none. Default zero.
    pub wrap_up: Duration,
    /// How long a call waits before `Timeout`. Default 1800 s.
    pub wait_max: Duration,
    /// How many calls may wait; one more meets `Overflow`. Default none.
    pub waiting_max: Option<u32>,
    /// Whether calls may wait when nobody is available; otherwise they meet `Busy`. Default true.
    pub lets_wait: bool,
    /// Whether an agent stays `Ready` after declining or not answering. Default false.
    pub keep_ready: bool,
    /// Whether waiting calls meet `NoAgents` when the last agent signs out. Default false.
    pub no_agents_while_waiting: bool,
    /// When the queue is open, in the VDN's local time; empty: always.
    pub hours: Vec<OpenHours>,
    /// What happens in special situations.
    pub treatments: Treatments,
    /// Queues whose agents may take calls that wait here too. Limits count this queue's calls only.
    pub also: Vec<QueueId>,
    /// Days on which other hours hold than `hours`, each at most once.
    pub holidays: Vec<Holiday>,
    /// Within what time calls are to be answered: for those who count. Default 20 s.
    pub service_level: Duration,
    /// Whose wait was shorter than this when they left were not lost by us: for those who count. Default 5 s.
    pub short_abandon: Duration,
    /// In which time the priority of a call that waits here grows by one; zero: it does not. Default: as the VDN says.
    pub priority_step: Option<Duration>,
    /// How well an agent must suit the queue to take a call, widening as the call waits; empty: every agent may.
    pub skill_steps: Vec<SkillStep>,
    /// How many of its agents may rest at a time by their own wish. Default: all.
    pub rest_max: Option<RestMax>,
}

impl Queue {
    /// A queue with every setting at its default.
    #[must_use]
    pub fn new(id: QueueId, name: &str) -> Self {
        Self {
            id,
            name: name.into(),
            strategy: Strategy::LongestIdle,
            ring_max: Duration::from_secs(20),
            wrap_up: Duration::ZERO,
            wait_max: Duration::from_secs(1800),
            waiting_max: None,
            lets_wait: true,
            keep_ready: false,
            no_agents_while_waiting: false,
            hours: Vec::new(),
            treatments: Treatments::default(),
            also: Vec::new(),
            holidays: Vec::new(),
            service_level: Duration::from_secs(20),
            short_abandon: Duration::from_secs(5),
            priority_step: None,
            skill_steps: Vec::new(),
            rest_max: None,
        }
    }
}

impl Queue {
    /// In which time the priority of a call that waits here grows by one, where its VDN has these settings.
    #[must_use]
    pub fn priority_step_in(&self, vdn: &VdnSettings) -> Option<Duration> {
        self.priority_step.or(vdn.priority_step).filter(|step| !step.is_zero())
    }

    /// The queues whose agents may take this one's calls: itself, then the further ones.
    pub fn takers(&self) -> impl Iterator<Item = QueueId> {
        core::iter::once(self.id).chain(self.also.iter().copied())
    }
}

/// The rule that picks among available agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strategy {
    /// Idle longest first.
    #[default]
    LongestIdle,
    /// The one whose last offer lies furthest back.
    RoundRobin,
    /// The one who has talked least since signing in.
    LeastTalked,
    /// Highest agent weight in this queue, then idle longest.
    BestSkilled,
}

/// A special situation that a call meets in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Situation {
    /// Entering outside the queue's hours, or while it is closed by hand; or waiting when it is closed by hand.
    Closed,
    /// Nobody is signed in to the queue.
    NoAgents,
    /// `waiting_max` is reached.
    Overflow,
    /// Nobody is available and the queue does not let calls wait.
    Busy,
    /// `wait_max` is over.
    Timeout,
    /// The caller pressed the cancel key, or a request cancelled the queuing.
    Cancelled,
}

impl Situation {
    /// All of them, in the order in which a call can meet them.
    pub const ALL: [Self; 6] =
        [Self::Closed, Self::NoAgents, Self::Overflow, Self::Busy, Self::Timeout, Self::Cancelled];
}

/// What a queue does with a call in each special situation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Treatments {
    /// Default: release.
    pub closed: Treatment,
    /// Default: stay.
    pub no_agents: Treatment,
    /// Default: release.
    pub overflow: Treatment,
    /// Default: release.
    pub busy: Treatment,
    /// Default: release.
    pub timeout: Treatment,
    /// Default: release.
    pub cancelled: Treatment,
}

impl Treatments {
    /// The treatment of `situation`.
    #[must_use]
    pub const fn of(&self, situation: Situation) -> &Treatment {
        match situation {
            Situation::Closed => &self.closed,
            Situation::NoAgents => &self.no_agents,
            Situation::Overflow => &self.overflow,
            Situation::Busy => &self.busy,
            Situation::Timeout => &self.timeout,
            Situation::Cancelled => &self.cancelled,
        }
    }
}

impl Default for Treatments {
    fn default() -> Self {
        let release = Treatment { action: Action::Release, fallback: None };
        Self {
            closed: release.clone(),
            no_agents: Treatment { action: Action::Stay, fallback: None },
            overflow: release.clone(),
            busy: release.clone(),
            timeout: release.clone(),
            cancelled: release,
        }
    }
}

/// What to do with a call, and what instead when that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Treatment {
    /// Tried first.
    pub action: Action,
    /// Tried when `action` is refused.
    pub fallback: Option<Box<Self>>,
}

/// One thing to do with a call in a special situation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// End the call.
    Release,
    /// Send it to another queue.
    Queue(QueueId),
    /// Direct it to an agent.
    Agent(AgentId),
    /// Send it to an external number or SIP address.
    External(Arc<str>),
    /// Let it wait here.
    Stay,
}

/// What is configured of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AgentSettings {
    /// Unique in the VDN.
    pub id: AgentId,
    /// For people; may be empty.
    pub name: Arc<str>,
    /// The queues the agent signs in to; none: private calls only.
    pub queues: Vec<AgentQueue>,
    /// How the agent is signed in.
    pub sign_in: SignIn,
    /// Whether the agent goes idle by itself after a talk. If not, wrap-up lasts until the agent ends it. Default true.
    pub idle_automatically: bool,
    /// What its private queue has otherwise than the VDN says.
    pub private: PrivateSettings,
}

impl AgentSettings {
    /// Whether the agent signs in to a queue.
    #[must_use]
    pub fn serves(&self, queue: QueueId) -> bool {
        self.weight_in(queue).is_some()
    }

    /// How well the agent suits a queue; none when it does not sign in to it.
    #[must_use]
    pub fn weight_in(&self, queue: QueueId) -> Option<u8> {
        self.queues.iter().find(|part| part.queue == queue).map(|part| part.agent_weight)
    }

    /// An agent without queues and with every setting at its default, signed in by a person.
    #[must_use]
    pub fn new(id: AgentId, name: &str) -> Self {
        Self {
            id,
            name: name.into(),
            queues: Vec::new(),
            sign_in: SignIn::Person,
            idle_automatically: true,
            private: PrivateSettings::default(),
        }
    }
}

/// An agent's part in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AgentQueue {
    /// Which queue.
    pub queue: QueueId,
    /// How well the agent suits the queue, 1 to 255, higher first; for `BestSkilled`. Default 1.
    pub agent_weight: u8,
    /// How much the queue matters to this agent, 1 to 255, higher first; when several queues have calls. Default 1.
    pub queue_weight: u8,
}

/// How an agent is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignIn {
    /// By a person, through a face; the phone's registration makes the agent reachable.
    Person,
    /// By the first binding of the agent's phone.
    Register,
    /// For ever, at a fixed phone address.
    Always,
}
