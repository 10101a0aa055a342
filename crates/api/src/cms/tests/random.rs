//! Random floors: small, so that everything meets everything.

use std::time::Duration;

use engine::{
    AgentId, AgentQueue, AgentSettings, ChangedBy, Command, DirectedToNotReady, Floor, ForcedPresence, NotReady,
    NotReadyKind, Order, Place, Queue, QueueId, RestMax, Target, Transfer, TransferMode, TransferTo, VdnSettings, Work,
};
use proptest::prelude::*;

use super::floor::{Still, VDN};

pub(super) const AGENTS: [u32; 6] = [1001, 1002, 1003, 1004, 1005, 1006];
pub(super) const QUEUES: [u16; 3] = [1, 2, 3];

/// Something that happens: what, to whom, and a number that says how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    what: u8,
    who: usize,
    how: u8,
    after: i64,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..14_u8, 0..AGENTS.len(), any::<u8>(), 0..6_i64);
    prop::collection::vec(step.prop_map(|(what, who, how, after)| Step { what, who, how, after }), 1..240)
}

/// Agents of one, two and three queues, and of none; queue 3 shares the agents of queue 1.
pub(super) fn floor() -> Still {
    let part = |queue: &u16| AgentQueue { queue: QueueId(*queue), agent_weight: 1, queue_weight: 1 };
    let agent = |(place, id): (usize, u32)| {
        let queues: &[u16] = [&[1][..], &[1, 2], &[2, 3], &[1, 2, 3], &[3], &[]][place];
        AgentSettings { queues: queues.iter().map(part).collect(), ..AgentSettings::new(AgentId(id), "") }
    };
    let queue = |id: u16| Queue {
        wrap_up: Duration::from_secs(if id == 2 { 30 } else { 0 }),
        rest_max: (id == 1).then_some(RestMax::Agents(1)),
        also: if id == 3 { vec![QueueId(1)] } else { Vec::new() },
        ..Queue::new(QueueId(id), "")
    };
    let settings = VdnSettings {
        wrap_up: Duration::from_secs(40),
        rest_wait: true,
        directed_to_not_ready: DirectedToNotReady::Wait,
        ..VdnSettings::default()
    };
    let agents = AGENTS.into_iter().enumerate().map(agent).collect();
    let mut still = Still::new(Floor { vdn: VDN, settings, queues: QUEUES.map(queue).into(), agents });
    AGENTS.iter().for_each(|agent| still.sign_in(*agent));
    still
}

/// Whom a step is about: the first from `who` on who is offered a call, or has one, where that is what it takes.
fn meant(still: &Still, step: &Step) -> AgentId {
    let from_who = AGENTS.iter().cycle().skip(step.who).take(AGENTS.len()).map(|agent| AgentId(*agent));
    let is_apt = |agent: &AgentId| {
        let work = still.engine.state().agent(*agent).map(|agent| agent.work);
        match step.what {
            4 | 5 => matches!(work, Some(Work::Offered { .. })),
            6..=9 => matches!(work, Some(Work::Talking { .. })),
            _ => true,
        }
    };
    from_who.clone().find(is_apt).unwrap_or(AgentId(AGENTS[step.who]))
}

/// Does what is to happen, if the floor lets it.
pub(super) fn take(still: &mut Still, step: &Step) {
    still.later(step.after);
    let agent = meant(still, step);
    let (queue, by) = (QueueId(QUEUES[usize::from(step.how) % QUEUES.len()]), ChangedBy::Agent);
    let target = if step.how < 160 { Target::Queue(queue) } else { Target::Agent(agent) };
    let order = || Order { reason: step.how, who: "".into() };
    let kind = [NotReadyKind::Busy, NotReadyKind::Rest, NotReadyKind::Study][usize::from(step.how) % 3];
    let work = still.engine.state().agent(agent).map(|agent| agent.work);
    let call = match work {
        Some(Work::Offered { call, .. } | Work::Talking { call, .. }) => Some(call),
        Some(Work::Idle { .. } | Work::WrapUp { .. }) | None => None,
    };
    let command = match (step.what, work, call) {
        (0..=3, ..) => return still.arrives(step.who, step.how, target),
        (4 | 5, Some(Work::Offered { offer, .. }), _) => match step.how % 5 {
            0 => Command::DeclineOffer { offer },
            1 => Command::FailOffer { offer },
            _ => Command::AcceptOffer { offer },
        },
        (6, _, Some(call)) => Command::CallerLeft { call },
        (7, _, Some(call)) => Command::SetHeld { call, held: step.how.is_multiple_of(2) },
        (8, _, Some(call)) => Command::TransferBy(Transfer {
            call,
            agent,
            to: match step.how % 4 {
                0 => TransferTo::Outside("0049301".into()),
                1 => TransferTo::Queue(queue),
                _ => TransferTo::Agent(AgentId(AGENTS[usize::from(step.how) % AGENTS.len()])),
            },
            mode: [TransferMode::Release, TransferMode::Success, TransferMode::Consult, TransferMode::ThreeParty]
                [usize::from(step.how / 4) % 4],
            expected_wait_max: None,
        }),
        (9, _, Some(call)) => match still.engine.state().call(call).map(|call| &call.place) {
            Some(Place::Outside { answered: false, .. }) => Command::OutsideAnswered { call },
            _ => Command::JoinTalk { call, agent },
        },
        (9, ..) => Command::EndWrapUp { agent, by },
        (10, ..) => Command::BecomeNotReady { agent, why: NotReady { kind, reason: step.how }, by },
        (11, ..) => Command::AskRest { agent, length: Duration::from_secs(60), cause: step.how, by },
        (12, ..) => match step.how % 4 {
            0 => Command::SignOut { agent, by },
            1 => Command::PhoneLost { agent },
            2 => Command::ForcePresence { agent, presence: ForcedPresence::Ready, order: order() },
            _ => Command::GrantRest { agent },
        },
        _ => match step.how % 3 {
            0 => Command::PhoneFound { agent },
            1 => Command::SignIn { agent, by },
            _ => Command::BecomeReady { agent, by },
        },
    };
    still.tries(command);
}
