//! What becomes of rests, and of what supervisors say.

use core::time::Duration;

use crate::agent::{ChangedBy, Forced, ForcedPresence, NotReady, NotReadyKind, Order, Presence, Rest};
use crate::event::ChosenPresence;
use crate::id::AgentId;
use crate::state::{Agent, State};
use crate::time::Timestamp;

impl State {
    /// Who waits already has waited since then.
    pub(super) fn ask_rest(&mut self, at: Timestamp, agent: AgentId, wish: (Duration, u8), ticket: u64) {
        let (length, cause) = wish;
        self.change_agent(at, agent, |agent| {
            let since = match agent.rest {
                Some(Rest::Asked { since, .. }) => since,
                Some(Rest::Granted { .. } | Rest::Begun { .. }) | None => at,
            };
            agent.rest = Some(Rest::Asked { length, cause, since, ticket });
        });
    }

    pub(super) fn grant_rest(&mut self, at: Timestamp, agent: AgentId, length: Duration) {
        self.change_agent(at, agent, |agent| agent.rest = Some(Rest::Granted { length }));
    }

    pub(super) fn drop_rest(&mut self, at: Timestamp, agent: AgentId) {
        self.change_agent(at, agent, |agent| agent.rest = None);
    }

    pub(super) fn prolong_rest(&mut self, at: Timestamp, agent: AgentId, until: Timestamp) {
        self.change_agent(at, agent, |agent| agent.rest = Some(Rest::Begun { until, is_overdue: false }));
    }

    pub(super) fn overrun_rest(&mut self, at: Timestamp, agent: AgentId) {
        self.change_agent(at, agent, |agent| {
            let Some(Rest::Begun { is_overdue, .. }) = &mut agent.rest else { panic!("only a rest is overdue") };
            *is_overdue = true;
        });
    }

    pub(super) fn force(&mut self, at: Timestamp, agent: AgentId, presence: ForcedPresence, order: &Order) {
        let forced = Forced { presence, order: order.clone(), at };
        self.change_agent(at, agent, |agent| agent.forced = Some(forced));
    }
}

/// What is left of a rest once an agent is this: a granted one begins, and a wish goes on waiting until the agent rests or
/// leaves.
pub(super) fn rest_in(presence: Presence, rest: Option<Rest>, at: Timestamp) -> Option<Rest> {
    match (presence, rest?) {
        (Presence::SignedOut, _) => None,
        (Presence::NotReady(NotReady { kind: NotReadyKind::Rest, .. }), rest) => match rest {
            Rest::Asked { .. } => None,
            Rest::Granted { length } => Some(Rest::Begun { until: at + length, is_overdue: false }),
            Rest::Begun { .. } => Some(rest),
        },
        (Presence::Ready | Presence::NotReady(_), rest) => matches!(rest, Rest::Asked { .. }).then_some(rest),
    }
}

/// What is left of a rest once an agent has chosen this for after its work.
pub(super) fn rest_before(after_work: Option<ChosenPresence>, rest: Option<Rest>) -> Option<Rest> {
    let will_rest = matches!(after_work, Some(ChosenPresence::NotReady(NotReady { kind: NotReadyKind::Rest, .. })));
    rest.filter(|rest| match rest {
        Rest::Asked { .. } => !will_rest,
        Rest::Granted { .. } => will_rest,
        Rest::Begun { .. } => true,
    })
}

/// A supervisor's word is remembered while the agent is what it said, or will be, and has not chosen for itself.
pub(super) fn forget_order(agent: &mut Agent, by: ChangedBy) {
    let is_or_will_be = |forced: &Forced| {
        let meant = forced.presence.presence(forced.order.reason);
        let comes = agent.after_work.map(|chosen| match chosen {
            ChosenPresence::Ready => Presence::Ready,
            ChosenPresence::NotReady(why) => Presence::NotReady(why),
        });
        agent.presence == meant || comes == Some(meant)
    };
    let holds = by != ChangedBy::Agent && agent.forced.as_ref().is_some_and(is_or_will_be);
    if !holds {
        agent.forced = None;
    }
}
