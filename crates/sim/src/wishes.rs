//! Random commands for the rules alone, without phones and disks: also what nobody in his right mind would ask for.

use std::time::Duration;

use engine::{
    AgentId, Call, CallId, Caller, ChangedBy, Command, FailCause, ForcedPresence, LegKey, NotReady, NotReadyKind,
    OfferId, Order, Place, QueueId, State, Target, Transfer, TransferMode, TransferTo,
};

use crate::chance::Chance;
use crate::floors::{self, Size};

/// The next thing that somebody asks for, or reports, where `state` is true.
#[must_use]
pub fn wish(chance: &mut Chance, size: Size, state: &State, nth: u64) -> Command {
    let weights = [
        24, 5, 8, 1, 1, 1, 4, 2, 10, 4, 1, 3, 14, 4, 2, 2, 10, 2, 5, 2, 4, 5, 2, 4, 1, 2, 3, 8, 2, 2, 2, 8, 2, 1, 1, 3,
    ];
    match chance.weighted(&weights) {
        0 => arrival(chance, size, nth),
        1 => Command::CallerLeft { call: call(chance, state, |_| true) },
        2 => agent_left(chance, size, state),
        3 => Command::FailCall { call: call(chance, state, |_| true), cause: FailCause::LegLost },
        4 if chance.is(150) => Command::FailAllCalls { cause: FailCause::LostAtRestart },
        5 => Command::ReleaseCall { call: call(chance, state, |_| true) },
        6 => Command::CancelQueuing { call: call(chance, state, |_| true) },
        7 => Command::SetHeld { call: call(chance, state, talks), held: chance.is(600) },
        8 => transfer(chance, size, state),
        9 => Command::MoveCall { call: call(chance, state, |_| true), target: target(chance, size) },
        10 => Command::OutsideAnswered { call: call(chance, state, is_outside) },
        11 => Command::OutsideLeft { call: call(chance, state, is_outside) },
        12 => Command::AcceptOffer { offer: offer(chance, state) },
        13 => Command::DeclineOffer { offer: offer(chance, state) },
        14 => Command::ExpireOffer { offer: offer(chance, state) },
        15 => Command::FailOffer { offer: offer(chance, state) },
        16 => Command::SignIn { agent: agent(chance, size), by: by(chance) },
        17 => Command::SignOut { agent: agent(chance, size), by: by(chance) },
        18 => Command::BecomeReady { agent: agent(chance, size), by: by(chance) },
        19 => Command::BecomeNotReady { agent: agent(chance, size), why: why(chance), by: by(chance) },
        20 => Command::EndWrapUp { agent: agent(chance, size), by: by(chance) },
        21 => Command::PhoneFound { agent: agent(chance, size) },
        22 => Command::PhoneLost { agent: agent(chance, size) },
        23 => Command::Tick,
        24 => configuration(chance, size, state),
        25 => Command::CloseQueue { queue: queue(chance, size) },
        26 => Command::OpenQueue { queue: queue(chance, size) },
        27 => transfer_by(chance, size, state),
        28 => keeper_says(chance, size, state, |call, agent| Command::CompleteTransfer { call, agent }),
        29 => keeper_says(chance, size, state, |call, agent| Command::JoinTalk { call, agent }),
        30 => keeper_says(chance, size, state, |call, agent| Command::TakeBack { call, agent }),
        31 => {
            let (agent, by) = (agent(chance, size), by(chance));
            ask_rest(chance, agent, by)
        }
        32 => Command::CancelRest { agent: agent(chance, size), by: by(chance) },
        33 => Command::GrantRest { agent: agent(chance, size) },
        34 => Command::DenyRest { agent: agent(chance, size), order: order(chance) },
        _ => {
            let agent = agent(chance, size);
            force(chance, agent)
        }
    }
}

fn arrival(chance: &mut Chance, size: Size, nth: u64) -> Command {
    let is_colleague = chance.is(200);
    let caller = if is_colleague { Caller::Agent(agent(chance, size)) } else { Caller::Outside("4930123".into()) };
    let leg = if chance.is(30) { nth / 2 } else { nth };
    let priority = [1, 7, 254, 0, 255][chance.weighted(&[40, 10, 10, 1, 1])];
    Command::Arrive { key: key(leg), caller, called: "8001".into(), priority, target: target(chance, size) }
}

/// The key of the `nth` caller's leg.
#[must_use]
pub fn key(nth: u64) -> LegKey {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&nth.to_be_bytes());
    LegKey(key)
}

fn configuration(chance: &mut Chance, size: Size, state: &State) -> Command {
    let now = state.floor();
    Command::Configure(match now {
        Some(now) if chance.is(700) => floors::changed(chance, size, &now),
        _ => {
            let mut floor = floors::floor(chance, size);
            if chance.is(100) {
                floor.vdn = engine::VdnId(171);
            }
            if chance.is(100) {
                floor.agents.extend(floor.agents.first().cloned());
            }
            floor
        }
    })
}

fn agent_left(chance: &mut Chance, size: Size, state: &State) -> Command {
    if chance.is(250) {
        return keeper_says(chance, size, state, |call, agent| Command::AgentLeft { call, agent });
    }
    let call = call(chance, state, talks);
    Command::AgentLeft { call, agent: talker(chance, size, state, call) }
}

fn transfer_by(chance: &mut Chance, size: Size, state: &State) -> Command {
    let call = call(chance, state, talks);
    let agent = talker(chance, size, state, call);
    Command::TransferBy(Transfer {
        call,
        agent,
        to: asked_for(chance, size),
        mode: mode(chance),
        expected_wait_max: None,
    })
}

/// Whom an agent asks for.
#[must_use]
pub fn asked_for(chance: &mut Chance, size: Size) -> TransferTo {
    if chance.is(150) {
        return TransferTo::Outside("0302".into());
    }
    match target(chance, size) {
        Target::Queue(queue) => TransferTo::Queue(queue),
        Target::Agent(agent) => TransferTo::Agent(agent),
    }
}

/// How.
#[must_use]
pub fn mode(chance: &mut Chance) -> TransferMode {
    let modes = [
        TransferMode::Release,
        TransferMode::Specified,
        TransferMode::Success,
        TransferMode::Consult,
        TransferMode::ThreeParty,
    ];
    modes[chance.weighted(&[1, 1, 3, 3, 2])]
}

/// Mostly the keeper of a call that is kept.
fn keeper_says(
    chance: &mut Chance,
    size: Size,
    state: &State,
    command: impl FnOnce(CallId, AgentId) -> Command,
) -> Command {
    let call = call(chance, state, |call| call.keeper.is_some());
    match state.call(call).and_then(|call| call.keeper) {
        Some(keeper) if chance.is(900) => command(call, keeper.agent),
        _ => command(call, agent(chance, size)),
    }
}

fn transfer(chance: &mut Chance, size: Size, state: &State) -> Command {
    let call = call(chance, state, talks);
    Command::Transfer { call, agent: talker(chance, size, state, call), target: target(chance, size) }
}

fn talker(chance: &mut Chance, size: Size, state: &State, call: CallId) -> AgentId {
    match state.call(call).map(|call| &call.place) {
        Some(Place::Talking { agent, .. }) if chance.is(900) => *agent,
        _ => agent(chance, size),
    }
}

/// Where a call shall go; now and then nowhere.
#[must_use]
pub fn target(chance: &mut Chance, size: Size) -> Target {
    if chance.is(400) { Target::Agent(agent(chance, size)) } else { Target::Queue(queue(chance, size)) }
}

/// A queue; now and then one that is not there.
#[must_use]
pub fn queue(chance: &mut Chance, size: Size) -> QueueId {
    let queues: Vec<QueueId> = floors::queue_ids(size).collect();
    if chance.is(20) { QueueId(99) } else { chance.one_of(&queues).copied().unwrap_or(QueueId(1)) }
}

fn agent(chance: &mut Chance, size: Size) -> AgentId {
    let agents: Vec<AgentId> = floors::agent_ids(size).collect();
    if chance.is(20) { AgentId(2001) } else { chance.one_of(&agents).copied().unwrap_or(AgentId(2001)) }
}

fn call(chance: &mut Chance, state: &State, fits: impl Fn(&Call) -> bool) -> CallId {
    let fits: Vec<CallId> = state.calls().filter(|call| fits(call)).map(|call| call.id).collect();
    let all: Vec<CallId> = state.calls().map(|call| call.id).collect();
    let one = if chance.is(30) { None } else { chance.one_of(if fits.is_empty() { &all } else { &fits }) };
    one.copied().unwrap_or(CallId { second: 1, number: 5171 })
}

const fn talks(call: &Call) -> bool {
    matches!(call.place, Place::Talking { .. })
}

const fn is_outside(call: &Call) -> bool {
    matches!(call.place, Place::Outside { .. })
}

fn offer(chance: &mut Chance, state: &State) -> OfferId {
    let offers: Vec<OfferId> = state
        .calls()
        .filter_map(|call| match call.place {
            Place::Offered { offer, .. } => Some(offer),
            Place::Waiting(_) | Place::Talking { .. } | Place::Outside { .. } => None,
        })
        .collect();
    if chance.is(30) { OfferId(1) } else { chance.one_of(&offers).copied().unwrap_or(OfferId(1)) }
}

fn by(chance: &mut Chance) -> ChangedBy {
    [ChangedBy::Agent, ChangedBy::Supervisor, ChangedBy::Phone][chance.index(3)]
}

/// A wish for a rest; now and then of no length.
#[must_use]
pub fn ask_rest(chance: &mut Chance, agent: AgentId, by: ChangedBy) -> Command {
    let length = match chance.weighted(&[60, 1, 1]) {
        0 => chance.millis(1000, 15_000),
        1 => Duration::ZERO,
        _ => Duration::from_secs(86_400),
    };
    Command::AskRest { agent, length, cause: why(chance).reason, by }
}

/// A supervisor's word, whatever it is about.
#[must_use]
pub fn order(chance: &mut Chance) -> Order {
    Order { reason: why(chance).reason, who: "shift leader".into() }
}

/// What a supervisor makes of an agent.
#[must_use]
pub fn force(chance: &mut Chance, agent: AgentId) -> Command {
    let presence = match chance.weighted(&[3, 2, 1, 3, 2, 1]) {
        0 => ForcedPresence::Ready,
        1 => ForcedPresence::Busy,
        2 => ForcedPresence::Rest { length: None },
        3 => ForcedPresence::Rest { length: Some(chance.millis(1000, 15_000)) },
        4 => ForcedPresence::Study,
        _ => ForcedPresence::SignedOut,
    };
    Command::ForcePresence { agent, presence, order: order(chance) }
}

/// Why an agent takes no calls.
#[must_use]
pub fn why(chance: &mut Chance) -> NotReady {
    let kind = [NotReadyKind::Busy, NotReadyKind::Rest, NotReadyKind::Study][chance.index(3)];
    NotReady { kind, reason: u8::try_from(chance.below(256)).unwrap_or(0) }
}
