//! Random floors and commands, wrong ones among them. Small numbers stand for whatever is there when a step is played,
//! so that a schedule still means something when it is made shorter.

use std::time::Duration;

use engine::{
    Action, AgentId, AgentQueue, AgentSettings, Call, CallId, Caller, ChangedBy, Command, DayHours, DirectedToNotReady,
    FailCause, Floor, ForcedPresence, Holiday, LegKey, NotReady, NotReadyKind, OfferId, OnNotReady, OnRestEnd,
    OnSignOut, OpenHours, Order, Place, PrivateAction, PrivateSettings, Queue, QueueId, RestMax, SignIn, SkillStep,
    State, Strategy, Target, Transfer, TransferMode, TransferTo, Treatment, Treatments, VdnId, VdnSettings,
};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy as Any, any, prop_oneof};

pub const QUEUES: u16 = 4;
pub const AGENTS: u32 = 6;
const FIRST_AGENT: u32 = 1001;

/// One step: how long to wait, and which of the commands, with numbers to fill in.
#[derive(Clone, Debug)]
pub struct Step {
    pub wait: Duration,
    /// Whether deadlines until then are met in time, or all at once.
    pub in_time: bool,
    kind: u8,
    first: u16,
    second: u16,
    floor: Option<Floor>,
}

pub fn steps(length: usize) -> impl Any<Value = Vec<Step>> {
    let wait = prop_oneof![
        40 => Just(Duration::ZERO),
        60 => (1..3000_u64).prop_map(Duration::from_millis),
        10 => (1..40_u64).prop_map(Duration::from_secs),
        1 => (1..30_u64).prop_map(|minutes| Duration::from_secs(minutes * 60)),
    ];
    let floor = prop_oneof![60 => Just(None), 1 => floor().prop_map(Some)];
    let step = (wait, any::<bool>(), 0..96_u8, any::<u16>(), any::<u16>(), floor)
        .prop_map(|(wait, in_time, kind, first, second, floor)| Step { wait, in_time, kind, first, second, floor });
    vec(step, 1..length)
}

pub fn floor() -> impl Any<Value = Floor> {
    let queues = vec(proptest::option::weighted(0.8, queue()), usize::from(QUEUES));
    let agents = vec(proptest::option::weighted(0.9, agent()), AGENTS as usize);
    (settings(), queues, agents).prop_map(|(settings, queues, agents)| {
        let queues = (1..).zip(queues).filter_map(|(id, queue)| Some(Queue { id: QueueId(id), ..queue? })).collect();
        let agents = (FIRST_AGENT..)
            .zip(agents)
            .filter_map(|(id, agent)| Some(AgentSettings { id: AgentId(id), ..agent? }))
            .collect();
        mended(Floor { vdn: VdnId(170), settings, queues, agents })
    })
}

/// Takes out what names a queue or agent that is not there.
fn mended(mut floor: Floor) -> Floor {
    let queues: Vec<QueueId> = floor.queues.iter().map(|queue| queue.id).collect();
    let agents: Vec<AgentId> = floor.agents.iter().map(|agent| agent.id).collect();
    let is_there = |action: &PrivateAction| match action {
        PrivateAction::Queue(queue) => queues.contains(queue),
        PrivateAction::Agent(agent) => agents.contains(agent),
        _ => true,
    };
    floor.settings.default_queue = floor.settings.default_queue.filter(|queue| queues.contains(queue));
    floor.settings.delegate = floor.settings.delegate.filter(|agent| agents.contains(agent));
    floor.settings.on_private_wait_end.retain(is_there);
    for agent in &mut floor.agents {
        let id = agent.id;
        let private = &mut agent.private;
        private.delegate = private.delegate.filter(|delegate| agents.contains(delegate) && *delegate != id);
        private.on_wait_end.iter_mut().for_each(|actions| actions.retain(is_there));
        agent.queues.retain(|part| queues.contains(&part.queue));
        agent.queues.dedup_by_key(|part| part.queue);
    }
    for queue in &mut floor.queues {
        queue.also.retain(|also| queues.contains(also) && *also != queue.id);
        queue.also.sort();
        queue.also.dedup();
        queue.holidays.sort();
        queue.holidays.dedup_by_key(|holiday| holiday.day);
        let mend = |treatment: &mut Treatment| {
            let mut next = Some(treatment);
            while let Some(Treatment { action, fallback }) = next {
                let is_wrong = match action {
                    Action::Queue(target) => !queues.contains(target) || *target == queue.id,
                    Action::Agent(target) => !agents.contains(target),
                    Action::Release | Action::External(_) | Action::Stay => false,
                };
                if is_wrong {
                    *action = Action::Stay;
                }
                next = fallback.as_deref_mut();
            }
        };
        let Treatments { closed, no_agents, overflow, busy, timeout, cancelled } = &mut queue.treatments;
        [closed, no_agents, overflow, busy, timeout, cancelled].into_iter().for_each(mend);
    }
    floor
}

fn settings() -> impl Any<Value = VdnSettings> {
    let queue = proptest::option::of((1..=QUEUES).prop_map(QueueId));
    let spans = (1..60_u64, 1..40_u64, 1..40_u64, 1..20_u64, 1..40_u64);
    let plain = (queue, 0..4_u32, any::<bool>(), spans, 0..10_u64, any::<bool>());
    let step = proptest::option::of(prop_oneof![Just(1_u64), Just(2), Just(5), Just(30)]);
    let bound = (proptest::option::of(1..3_u32), proptest::option::of(1..20_u64), step);
    let rests = (proptest::bool::weighted(0.8), any::<bool>());
    (plain, private_actions(), on_sign_out(), any::<bool>(), proptest::option::of(one_agent()), bound, rests).prop_map(
        |(plain, on_private_wait_end, on_sign_out, keeps, delegate, bound, (rest_wait, ends_rests))| {
            let (private_run_max, public_wait_max, step) = bound;
            let (default_queue, private_depth_max, waits, spans, wrap_up, keep_ready) = plain;
            let (private, retry, grace, reoffer, auto) = spans;
            VdnSettings {
                private_wait_max: Duration::from_secs(private),
                private_depth_max,
                default_queue,
                directed_to_not_ready: if waits { DirectedToNotReady::Wait } else { DirectedToNotReady::Refuse },
                lost_retry: Duration::from_secs(retry),
                lost_grace: Duration::from_secs(grace - 1),
                reoffer_min: Duration::from_secs(reoffer),
                auto_ready: Duration::from_secs(auto),
                ring_max: Duration::from_secs(15),
                wrap_up: Duration::from_secs(wrap_up),
                keep_ready,
                utc_offset_minutes: 60,
                on_private_wait_end,
                on_sign_out,
                on_not_ready: if keeps { OnNotReady::Keep } else { OnNotReady::AsOnSignOut },
                delegate,
                private_run_max,
                public_wait_max: public_wait_max.map(Duration::from_secs),
                priority_step: step.map(Duration::from_secs),
                rest_wait,
                on_rest_end: if ends_rests { OnRestEnd::Ready } else { OnRestEnd::Overdue },
            }
        },
    )
}

fn one_agent() -> impl Any<Value = AgentId> {
    (FIRST_AGENT..FIRST_AGENT + AGENTS).prop_map(AgentId)
}

fn on_sign_out() -> impl Any<Value = OnSignOut> {
    prop_oneof![
        2 => Just(OnSignOut::Return),
        3 => Just(OnSignOut::Delegate),
        2 => Just(OnSignOut::ReturnToSender),
        2 => Just(OnSignOut::Refuse),
        1 => Just(OnSignOut::Release),
    ]
}

fn private_actions() -> impl Any<Value = Vec<PrivateAction>> {
    let action = prop_oneof![
        Just(PrivateAction::Return),
        Just(PrivateAction::Delegate),
        Just(PrivateAction::ReturnToSender),
        (1..=QUEUES).prop_map(|queue| PrivateAction::Queue(QueueId(queue))),
        one_agent().prop_map(PrivateAction::Agent),
        Just(PrivateAction::Stay),
        Just(PrivateAction::Release),
    ];
    vec(action, 0..4)
}

fn private() -> impl Any<Value = PrivateSettings> {
    use proptest::option::of;
    let waits = Just(DirectedToNotReady::Wait);
    let keeps = Just(OnNotReady::AsOnSignOut);
    let parts = (of(1..60_u64), of(0..4_u32), of(waits), of(private_actions()), of(on_sign_out()), of(keeps));
    (parts, of(one_agent())).prop_map(|(parts, delegate)| {
        let (wait_max, depth_max, directed_to_not_ready, on_wait_end, on_sign_out, on_not_ready) = parts;
        let wait_max = wait_max.map(Duration::from_secs);
        PrivateSettings { wait_max, depth_max, directed_to_not_ready, on_wait_end, on_sign_out, on_not_ready, delegate }
    })
}

fn queue() -> impl Any<Value = Queue> {
    let strategy = prop_oneof![
        Just(Strategy::LongestIdle),
        Just(Strategy::RoundRobin),
        Just(Strategy::LeastTalked),
        Just(Strategy::BestSkilled)
    ];
    let spans = (1..30_u64, 0..10_u64, 1..60_u64);
    let flags = (proptest::bool::weighted(0.8), any::<bool>(), any::<bool>(), proptest::bool::weighted(0.2));
    let also = prop_oneof![2 => Just(vec![]), 1 => vec((1..=QUEUES).prop_map(QueueId), 0..3)];
    let step = proptest::option::of(prop_oneof![Just(0_u64), Just(3), Just(10)]);
    let holidays = prop_oneof![4 => Just(vec![]), 1 => vec(holiday(), 0..3)];
    let plain = (strategy, spans, proptest::option::of(0..4_u32), flags, treatments());
    let skill_steps = prop_oneof![2 => Just(vec![]), 1 => skill_steps()];
    let rest_max = prop_oneof![
        2 => Just(None),
        3 => (0..3_u32).prop_map(|most| Some(RestMax::Agents(most))),
        1 => (1..=100_u8).prop_map(|percent| Some(RestMax::Percent(percent))),
    ];
    (plain, also, holidays, step, skill_steps, rest_max).prop_map(
        |(plain, also, holidays, step, skill_steps, rest_max)| {
            let (strategy, (ring, wrap_up, wait), waiting_max, flags, treatments) = plain;
            let (lets_wait, keep_ready, asks, has_hours) = flags;
            Queue {
                strategy,
                ring_max: Duration::from_secs(ring),
                wrap_up: Duration::from_secs(wrap_up),
                wait_max: Duration::from_secs(wait),
                waiting_max,
                lets_wait,
                keep_ready,
                no_agents_while_waiting: asks,
                hours: if has_hours { vec![OpenHours { from_minute: 0, until_minute: 600 }] } else { vec![] },
                treatments,
                also,
                holidays,
                priority_step: step.map(Duration::from_secs),
                skill_steps,
                rest_max,
                ..Queue::new(QueueId(1), "")
            }
        },
    )
}

fn skill_steps() -> impl Any<Value = Vec<SkillStep>> {
    (1..20_u64, 1..4_u8).prop_map(|(seconds, count)| {
        let step =
            |nth: u8| SkillStep { after: Duration::from_secs(seconds * u64::from(nth)), weight_min: count - nth };
        (0..count).map(step).collect()
    })
}

/// The day of the schedule or the one after it.
fn holiday() -> impl Any<Value = Holiday> {
    let hours = proptest::option::of(0..1440_u16);
    (18_582..18_584_i32, hours).prop_map(|(day, hours)| {
        let hours = hours.map(|until| DayHours { from_minute: 0, until_minute: until + 1 });
        Holiday { day, hours: Vec::from_iter(hours) }
    })
}

fn treatments() -> impl Any<Value = Treatments> {
    let all = (treatment(), treatment(), treatment(), treatment(), treatment(), treatment());
    all.prop_map(|(closed, no_agents, overflow, busy, timeout, cancelled)| Treatments {
        closed,
        no_agents,
        overflow,
        busy,
        timeout,
        cancelled,
    })
}

fn treatment() -> impl Any<Value = Treatment> {
    let action = prop_oneof![
        1 => Just(Action::Release),
        2 => Just(Action::Stay),
        3 => (1..=QUEUES).prop_map(|queue| Action::Queue(QueueId(queue))),
        3 => (FIRST_AGENT..FIRST_AGENT + AGENTS).prop_map(|agent| Action::Agent(AgentId(agent))),
        1 => Just(Action::External("0301".into())),
    ];
    vec(action, 1..4).prop_map(|actions| {
        let chain = actions.into_iter().fold(None, |fallback: Option<Treatment>, action| {
            Some(Treatment { action, fallback: fallback.map(Box::new) })
        });
        chain.expect("at least one action")
    })
}

fn agent() -> impl Any<Value = AgentSettings> {
    let sign_in = prop_oneof![Just(SignIn::Person), Just(SignIn::Register), Just(SignIn::Always)];
    let part = (1..=QUEUES, 1..4_u8, 1..3_u8).prop_map(|(queue, agent_weight, queue_weight)| AgentQueue {
        queue: QueueId(queue),
        agent_weight,
        queue_weight,
    });
    let queues = vec(part, 0..4).prop_map(|mut parts| {
        parts.sort_by_key(|part| part.queue);
        parts
    });
    let private = prop_oneof![2 => Just(PrivateSettings::default()), 1 => private()];
    (sign_in, queues, proptest::bool::weighted(0.8), private).prop_map(
        |(sign_in, queues, idle_automatically, private)| AgentSettings {
            queues,
            sign_in,
            idle_automatically,
            private,
            ..AgentSettings::new(AgentId(FIRST_AGENT), "")
        },
    )
}

impl Step {
    /// Agents come to work before a schedule begins.
    pub fn opening(state: &State) -> Vec<Command> {
        let agents: Vec<AgentId> = state.agents().map(|agent| agent.settings.id).collect();
        let by = ChangedBy::Agent;
        agents
            .iter()
            .flat_map(|agent| [Command::PhoneFound { agent: *agent }, Command::SignIn { agent: *agent, by }])
            .collect()
    }

    pub fn configures(&self) -> bool {
        self.floor.is_some()
    }

    /// What this step asks of a floor where `state` is true, for the `nth` time.
    pub fn command(&self, state: &State, nth: usize) -> Command {
        if let Some(floor) = &self.floor {
            return Command::Configure(floor.clone());
        }
        let (call, agent) = (self.call(state), self.agent(self.second));
        match self.kind {
            0..=13 => self.arrival(nth),
            14..=15 => Command::CallerLeft { call },
            16..=19 => self.agent_left(state, call),
            20 => Command::FailCall { call, cause: FailCause::LegLost },
            21 if self.second.is_multiple_of(8) => Command::FailAllCalls { cause: FailCause::LostAtRestart },
            22 => Command::ReleaseCall { call },
            23..=24 => Command::CancelQueuing { call },
            25 => Command::SetHeld { call, held: self.second.is_multiple_of(2) },
            26..=31 => self.transfer(state, call),
            32..=33 => Command::MoveCall { call, target: self.target(self.second) },
            34 => Command::OutsideAnswered { call },
            35..=36 => Command::OutsideLeft { call },
            37..=44 => Command::AcceptOffer { offer: self.offer(state) },
            45..=46 => Command::DeclineOffer { offer: self.offer(state) },
            47 => Command::ExpireOffer { offer: self.offer(state) },
            48 => Command::FailOffer { offer: self.offer(state) },
            49..=51 => Command::SignIn { agent, by: self.by() },
            52 => Command::SignOut { agent, by: self.by() },
            53..=55 => Command::BecomeReady { agent, by: self.by() },
            56 => Command::BecomeNotReady { agent, why: self.why(), by: self.by() },
            57..=58 => Command::EndWrapUp { agent, by: self.by() },
            59..=61 => Command::PhoneFound { agent },
            62 => Command::PhoneLost { agent },
            63 => Command::CloseQueue { queue: self.queue() },
            64..=65 => Command::OpenQueue { queue: self.queue() },
            66 => Command::SignOut { agent, by: ChangedBy::Agent },
            67..=71 => self.transfer_by(state, call),
            72 => Command::CompleteTransfer { call, agent: self.keeper(state, call) },
            73 => Command::JoinTalk { call, agent: self.keeper(state, call) },
            74 => Command::TakeBack { call, agent: self.keeper(state, call) },
            75..=79 => Command::AskRest { agent, length: self.length(), cause: self.why().reason, by: self.by() },
            80 => Command::CancelRest { agent, by: self.by() },
            81 => Command::GrantRest { agent },
            82 => Command::DenyRest { agent, order: self.order() },
            83..=84 => Command::ForcePresence { agent, presence: self.forced(), order: self.order() },
            85..=88 => {
                let why = NotReady { kind: NotReadyKind::Rest, reason: 0 };
                Command::BecomeNotReady { agent, why, by: ChangedBy::Agent }
            }
            89..=93 => Command::BecomeReady { agent, by: ChangedBy::Agent },
            94 => Command::FailOffer { offer: self.offer(state) },
            _ => Command::Tick,
        }
    }

    /// Of a rest; now and then one that is no length.
    fn length(&self) -> Duration {
        match self.first % 40 {
            0 => Duration::from_millis(999),
            1 => Duration::from_secs(86_400),
            _ => Duration::from_secs(u64::from(self.first / 40 % 40) + 1),
        }
    }

    fn order(&self) -> Order {
        Order { reason: self.why().reason, who: "Sue".into() }
    }

    fn forced(&self) -> ForcedPresence {
        match self.first % 7 {
            0 => ForcedPresence::Ready,
            1 => ForcedPresence::Busy,
            2 => ForcedPresence::Rest { length: None },
            3 | 4 => ForcedPresence::Rest { length: Some(self.length()) },
            5 => ForcedPresence::Study,
            _ => ForcedPresence::SignedOut,
        }
    }

    fn arrival(&self, nth: usize) -> Command {
        let caller = match self.first % 5 {
            0 => Caller::Agent(self.agent(self.first / 5)),
            _ => Caller::Outside("4930123".into()),
        };
        // Now and then the leg of an earlier call, or a priority that is out of range.
        let leg = if self.second.is_multiple_of(31) { nth / 2 } else { nth };
        let mut key = [0; 16];
        key[..8].copy_from_slice(&(leg as u64).to_be_bytes());
        let priority = match self.first / 8 % 40 {
            0 => 0,
            1 => u8::MAX,
            2..10 => 254,
            10..20 => 7,
            _ => 1,
        };
        Command::Arrive { key: LegKey(key), caller, called: "8001".into(), priority, target: self.target(self.second) }
    }

    fn agent_left(&self, state: &State, call: CallId) -> Command {
        let agent = if self.first.is_multiple_of(3) { self.keeper(state, call) } else { self.talker(state, call) };
        Command::AgentLeft { call, agent }
    }

    fn transfer(&self, state: &State, call: CallId) -> Command {
        Command::Transfer { call, agent: self.talker(state, call), target: self.target(self.second) }
    }

    fn transfer_by(&self, state: &State, call: CallId) -> Command {
        let modes = [TransferMode::Success, TransferMode::Consult, TransferMode::ThreeParty];
        let mode = match self.first % 8 {
            0 => TransferMode::Release,
            1 => TransferMode::Specified,
            other => modes[usize::from(other) % 3],
        };
        let is_release = mode == TransferMode::Release;
        let to = match (self.second % if is_release { 2 } else { 7 }, self.target(self.second)) {
            (0, _) => TransferTo::Outside("0302".into()),
            (_, Target::Queue(queue)) => TransferTo::Queue(queue),
            (_, Target::Agent(agent)) => TransferTo::Agent(agent),
        };
        let agent = self.talker(state, call);
        Command::TransferBy(Transfer { call, agent, to, mode, expected_wait_max: None })
    }

    /// Mostly who keeps the call.
    fn keeper(&self, state: &State, call: CallId) -> AgentId {
        match state.call(call).and_then(|call| call.keeper) {
            Some(keeper) if !self.second.is_multiple_of(8) => keeper.agent,
            _ => self.agent(self.second),
        }
    }

    /// Mostly who talks with the call.
    fn talker(&self, state: &State, call: CallId) -> AgentId {
        match state.call(call).map(|call| &call.place) {
            Some(Place::Talking { agent, .. }) if !self.second.is_multiple_of(8) => *agent,
            _ => self.agent(self.second),
        }
    }

    fn target(&self, number: u16) -> Target {
        match number % 3 {
            0 => Target::Agent(self.agent(number / 3)),
            _ if number % 50 == 1 => Target::Queue(QueueId(QUEUES + 1)),
            _ => Target::Queue(QueueId(number / 3 % QUEUES + 1)),
        }
    }

    fn queue(&self) -> QueueId {
        QueueId(self.first % (QUEUES + 1) + 1)
    }

    /// One of the floor's agents, or one who was never there.
    fn agent(&self, number: u16) -> AgentId {
        let last = if self.first.is_multiple_of(16) { AGENTS + 1 } else { AGENTS };
        AgentId(FIRST_AGENT + u32::from(number) % last)
    }

    fn call(&self, state: &State) -> CallId {
        let talks = |call: &&Call| matches!(call.place, Place::Talking { .. });
        let suits = |call: &&Call| match self.kind {
            25..=31 | 67..=71 => talks(call),
            72..=74 => call.keeper.is_some(),
            34..=36 => matches!(call.place, Place::Outside { .. }),
            _ => true,
        };
        let calls: Vec<CallId> = state.calls().filter(suits).map(|call| call.id).collect();
        self.one_of(&calls).unwrap_or(CallId { second: 1, number: 5171 })
    }

    fn offer(&self, state: &State) -> OfferId {
        let offers: Vec<OfferId> = state
            .calls()
            .filter_map(|call| match call.place {
                Place::Offered { offer, .. } => Some(offer),
                _ => None,
            })
            .collect();
        self.one_of(&offers).unwrap_or(OfferId(1))
    }

    /// None in a few of all cases, so that what is not there is asked for too.
    fn one_of<T: Copy>(&self, things: &[T]) -> Option<T> {
        let is_there = !self.second.is_multiple_of(20) && !things.is_empty();
        is_there.then(|| things[usize::from(self.first) % things.len()])
    }

    fn by(&self) -> ChangedBy {
        match self.first % 4 {
            0 => ChangedBy::Supervisor,
            1 => ChangedBy::Phone,
            _ => ChangedBy::Agent,
        }
    }

    fn why(&self) -> NotReady {
        let kind = [NotReadyKind::Busy, NotReadyKind::Rest, NotReadyKind::Study][usize::from(self.second % 3)];
        NotReady { kind, reason: self.second.to_be_bytes()[0] }
    }
}
