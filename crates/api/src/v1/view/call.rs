//! Calls: one by one with their history, and as they stand in a line.

use engine::{Call, State, Timestamp, Wait};
use serde::Serialize;
use utoipa::ToSchema;

use super::private::PrivateAction;
use super::sight::Sight;
use super::time::{Moment, end, seconds};
use super::word::{Action, Caller, Cause, Keeping, Line, Sender};

/// A live call with everything that is known of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CallView {
    /// The record up to which this view is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    /// Its id for life.
    #[schema(example = "1605492949-1447")]
    call: String,
    /// Who calls.
    caller: Caller,
    /// The number that was called.
    called: String,
    /// When it arrived.
    arrived: Moment,
    /// 1 to 254, higher first.
    priority: u8,
    /// The last public queue it waited in.
    origin_queue: Option<u16>,
    /// How many times it was sent on, at most 16.
    hops: u8,
    /// What orders it in public queues: when it first joined one after its arrival or its last talk.
    since: Option<Moment>,
    /// Where it is.
    place: Place,
    /// The agent who asked for somebody else and keeps the call meanwhile.
    keeper: Option<Keeper>,
    /// Every place it was in before, oldest first.
    history: Vec<Stay>,
}

impl CallView {
    /// A call at this position and time.
    pub(crate) fn new(state: &State, call: &Call, position: node::Position, now: Timestamp, sight: Sight) -> Self {
        Self {
            position: position.0,
            now: Moment(now),
            call: call.id.to_string(),
            caller: Caller::new(&call.caller, sight.of(call)),
            called: call.called.to_string(),
            arrived: Moment(call.arrived),
            priority: call.priority,
            origin_queue: call.origin_queue.map(|queue| queue.0),
            hops: call.hops,
            since: call.since.map(Moment),
            place: Place::new(state, call),
            keeper: call.keeper.map(Keeper::from),
            history: call.history.iter().map(Stay::from).collect(),
        }
    }
}

/// An agent who keeps a call until somebody else has it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Keeper {
    /// Who.
    agent: u32,
    /// What for.
    keeping: Keeping,
}

impl From<engine::Keeper> for Keeper {
    fn from(keeper: engine::Keeper) -> Self {
        Self { agent: keeper.agent.0, keeping: keeper.keeping.into() }
    }
}

/// Where a live call is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Place {
    /// It waits.
    Waiting(Waiting),
    /// It is offered to an agent, and keeps its place in the line meanwhile.
    Offered {
        /// Which offer.
        offer: u64,
        /// To whom.
        agent: u32,
        /// Since when.
        since: Moment,
        /// When the offer expires.
        until: Moment,
        /// The place it keeps.
        line: Line,
    },
    /// The caller talks with an agent.
    Talking {
        /// With whom.
        agent: u32,
        /// Since when.
        since: Moment,
        /// Whether one side is on hold.
        held: bool,
    },
    /// It was sent to an external number or address.
    Outside {
        /// Where to.
        address: String,
        /// Since when.
        since: Moment,
        /// Whether the other side has answered.
        answered: bool,
    },
}

impl Place {
    pub(super) fn new(state: &State, call: &Call) -> Self {
        match &call.place {
            engine::Place::Waiting(wait) => Self::Waiting(Waiting::new(state, call, wait)),
            engine::Place::Offered { offer, agent, since, until, wait } => Self::Offered {
                offer: offer.0,
                agent: agent.0,
                since: Moment(*since),
                until: Moment(*until),
                line: wait.line.into(),
            },
            engine::Place::Talking { agent, since, held, .. } => {
                Self::Talking { agent: agent.0, since: Moment(*since), held: *held }
            }
            engine::Place::Outside { address, since, answered, .. } => {
                Self::Outside { address: address.to_string(), since: Moment(*since), answered: *answered }
            }
        }
    }
}

/// How a call waits.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Waiting {
    /// In which line.
    line: Line,
    /// Since when it waits in this line.
    joined: Moment,
    /// Why it is here.
    cause: Cause,
    /// Who sent it here.
    sender: Sender,
    /// When waiting here ends by itself; none: never.
    until: Option<Moment>,
    /// What happens then.
    then: AfterWait,
}

impl Waiting {
    fn new(state: &State, call: &Call, wait: &Wait) -> Self {
        Self {
            line: wait.line.into(),
            joined: Moment(wait.joined),
            cause: wait.cause.into(),
            sender: wait.sender.into(),
            until: end(wait.until),
            then: AfterWait::new(state, call, wait.line),
        }
    }
}

/// What happens with a call whose wait is over.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum AfterWait {
    /// It goes back to this queue, where it keeps its place in time.
    ReturnToQueue {
        /// Which one.
        queue: u16,
    },
    /// Its queue treats it: the first of these that is not refused.
    Treatment {
        /// In this order.
        actions: Vec<Action>,
    },
    /// Its agent's rules say what: the first of these that is not refused.
    Private {
        /// In this order.
        actions: Vec<PrivateAction>,
        /// The queue that it goes back to when all are refused; none: it is ended.
        queue: Option<u16>,
    },
    /// It goes on waiting here.
    Stay,
    /// It is ended.
    Release,
}

impl AfterWait {
    fn new(state: &State, call: &Call, line: engine::Line) -> Self {
        match line {
            engine::Line::Private(agent) => Self::private(state, call, agent),
            engine::Line::Queue(queue) => {
                let met = (queue, engine::Situation::Timeout);
                match state.queue(queue) {
                    Some(settings) if !call.diverted.contains(&met) => Self::treatment(&settings.treatments.timeout),
                    _ => Self::Stay,
                }
            }
        }
    }

    fn private(state: &State, call: &Call, agent: engine::AgentId) -> Self {
        let queues = [call.origin_queue, state.settings().default_queue];
        let queue = queues.into_iter().flatten().find(|queue| state.queue(*queue).is_some()).map(|queue| queue.0);
        let actions = state.agent(agent).map_or(&[][..], |agent| state.private_rules(agent).on_wait_end);
        match (actions, queue) {
            ([], Some(queue)) => Self::ReturnToQueue { queue },
            ([], None) => Self::Release,
            (actions, queue) => {
                Self::Private { actions: actions.iter().map(|action| (*action).into()).collect(), queue }
            }
        }
    }

    fn treatment(first: &engine::Treatment) -> Self {
        let chain = std::iter::successors(Some(first), |treatment| treatment.fallback.as_deref());
        Self::Treatment { actions: chain.map(|treatment| Action::from(&treatment.action)).collect() }
    }
}

/// A place a call was in.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Stay {
    /// Which one.
    at: StayAt,
    /// When it came.
    from: Moment,
    /// When it left.
    until: Moment,
    /// Why it came.
    cause: Cause,
}

impl From<&engine::Stay> for Stay {
    fn from(stay: &engine::Stay) -> Self {
        Self { at: (&stay.at).into(), from: Moment(stay.from), until: Moment(stay.until), cause: stay.cause.into() }
    }
}

/// A kind of place, as the history keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum StayAt {
    /// Waiting in a line.
    Waiting {
        /// Which one.
        line: Line,
    },
    /// Talking with an agent.
    Talking {
        /// With whom.
        agent: u32,
    },
    /// Sent outside.
    Outside {
        /// Where to.
        address: String,
    },
}

impl From<&engine::StayAt> for StayAt {
    fn from(at: &engine::StayAt) -> Self {
        match at {
            engine::StayAt::Line(line) => Self::Waiting { line: (*line).into() },
            engine::StayAt::Agent(agent) => Self::Talking { agent: agent.0 },
            engine::StayAt::Outside(address) => Self::Outside { address: address.to_string() },
        }
    }
}

/// A call as it stands in a line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct WaitingCall {
    /// Its place in the line: 1 is served next.
    rank: usize,
    /// Its id for life.
    #[schema(example = "1605492949-1447")]
    call: String,
    /// Who calls.
    caller: Caller,
    /// The number that was called.
    called: String,
    /// 1 to 254, higher first.
    priority: u8,
    /// When it arrived.
    arrived: Moment,
    /// What orders it in public queues.
    since: Option<Moment>,
    /// Since when it waits in this line.
    joined: Moment,
    /// For how long it has waited in this line.
    waited_seconds: f64,
    /// Why it is here.
    cause: Cause,
    /// Who sent it here.
    sender: Sender,
    /// When waiting here ends by itself; none: never.
    until: Option<Moment>,
    /// What happens then.
    then: AfterWait,
    /// The least weight that an agent must have to take it now; 1: any.
    agent_weight_min: u8,
    /// When it can be taken with less.
    widens_at: Option<Moment>,
}

impl WaitingCall {
    /// Calls in the order in which they will be served; `before` others come first.
    pub(super) fn list<'a>(
        state: &State,
        calls: impl Iterator<Item = &'a Call>,
        before: usize,
        now: Timestamp,
        sight: Sight,
    ) -> Vec<Self> {
        let waiting = calls.filter_map(|call| match &call.place {
            engine::Place::Waiting(wait) => Some((call, wait)),
            _ => None,
        });
        let ranked = waiting.enumerate();
        ranked.map(|(index, (call, wait))| Self::new(state, (before + index + 1, call, wait), now, sight)).collect()
    }

    fn new(state: &State, (rank, call, wait): (usize, &Call, &Wait), now: Timestamp, sight: Sight) -> Self {
        Self {
            rank,
            call: call.id.to_string(),
            caller: Caller::new(&call.caller, sight.of(call)),
            called: call.called.to_string(),
            priority: call.priority,
            arrived: Moment(call.arrived),
            since: call.since.map(Moment),
            joined: Moment(wait.joined),
            waited_seconds: seconds(now.since(wait.joined)),
            cause: wait.cause.into(),
            sender: wait.sender.into(),
            until: end(wait.until),
            then: AfterWait::new(state, call, wait.line),
            agent_weight_min: wait.weight_min,
            widens_at: wait.widens_at.map(Moment),
        }
    }
}
