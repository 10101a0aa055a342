//! Rests, and what supervisors say.

use std::time::Duration;

use engine::{
    Agent, AgentId, ChangedBy, ChosenPresence, Forced, ForcedPresence, NotReady, NotReadyKind, OnRestEnd, Order,
    Presence, Queue, Rejection, Rest, RestMax, Timestamp,
};

use super::agents::presence_of;
use super::{Model, serves};

impl Model {
    /// Granted when there is a place in every queue, and nobody waits for one there who came first.
    pub(super) fn ask_rest(
        &mut self,
        id: AgentId,
        length: Duration,
        cause: u8,
        by: ChangedBy,
    ) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        is_a_length(length)?;
        if agent.presence == Presence::SignedOut {
            return Err(Rejection::AgentSignedOut(id));
        }
        if has_place(&agent) || self.may_rest(&agent).is_ok() {
            return self.begin_rest(&agent, length, cause, by);
        }
        if !self.settings.rest_wait {
            return self.may_rest(&agent);
        }
        let (now, last) = (self.now, self.waiting_to_rest().last().map_or(0, |(ticket, _)| *ticket));
        self.alter(id, |agent| {
            let (since, ticket) = match agent.rest {
                Some(Rest::Asked { since, ticket, .. }) => (since, ticket),
                _ => (now, last + 1),
            };
            agent.rest = Some(Rest::Asked { length, cause, since, ticket });
        });
        Ok(())
    }

    /// Who rests already rests for longer, or for less.
    fn begin_rest(&mut self, agent: &Agent, length: Duration, cause: u8, by: ChangedBy) -> Result<(), Rejection> {
        self.has_length(agent, length);
        let chosen = match agent.presence {
            Presence::NotReady(why) if why.kind == NotReadyKind::Rest => why,
            _ => NotReady { kind: NotReadyKind::Rest, reason: cause },
        };
        self.choose(agent, ChosenPresence::NotReady(chosen), by)
    }

    fn has_length(&mut self, agent: &Agent, length: Duration) {
        let until = self.now + length;
        let rest =
            if rests(agent.presence) { Rest::Begun { until, is_overdue: false } } else { Rest::Granted { length } };
        self.alter(agent.settings.id, |agent| agent.rest = Some(rest));
    }

    /// In each of the agent's queues that says how many may rest.
    pub(super) fn may_rest(&self, agent: &Agent) -> Result<(), Rejection> {
        for part in &agent.settings.queues {
            let Some(places) = self.queue(part.queue).and_then(|queue| self.rest_places(queue)) else { continue };
            let of_queue = |other: &&Agent| serves(&other.settings, part.queue);
            let resting = self.agents.iter().filter(of_queue).filter(|other| has_place(other)).count();
            if resting >= places {
                let places = u32::try_from(places).unwrap_or(u32::MAX);
                return Err(Rejection::RestQuotaReached(part.queue, places));
            }
            let waiting = self.waiting_to_rest();
            let before = waiting.iter().map(|(_, id)| *id).take_while(|id| *id != agent.settings.id);
            let before = before.filter(|id| self.agent(*id).is_some_and(|other| serves(&other.settings, part.queue)));
            match u32::try_from(before.count()).unwrap_or(u32::MAX) {
                0 => {}
                count => return Err(Rejection::RestWishesWait(part.queue, count)),
            }
        }
        Ok(())
    }

    fn rest_places(&self, queue: &Queue) -> Option<usize> {
        match queue.rest_max? {
            RestMax::Agents(most) => usize::try_from(most).ok(),
            RestMax::Percent(percent) => Some(self.signed_in_to(queue.id) * usize::from(percent) / 100),
        }
    }

    /// First come first.
    fn waiting_to_rest(&self) -> Vec<(u64, AgentId)> {
        let mut waiting = Vec::new();
        for agent in &self.agents {
            if let Some(Rest::Asked { ticket, .. }) = agent.rest {
                waiting.push((ticket, agent.settings.id));
            }
        }
        waiting.sort();
        waiting
    }

    /// The first for whom there is a place.
    pub(super) fn somebody_may_rest(&mut self) -> bool {
        let waiting = self.waiting_to_rest();
        let agents = waiting.iter().filter_map(|(_, id)| self.agent(*id).cloned());
        let Some(agent) = agents.into_iter().find(|agent| self.may_rest(agent).is_ok()) else { return false };
        self.is_granted(&agent, ChangedBy::Rule).is_ok()
    }

    fn is_granted(&mut self, agent: &Agent, by: ChangedBy) -> Result<(), Rejection> {
        match agent.rest {
            Some(Rest::Asked { length, cause, .. }) => self.begin_rest(agent, length, cause, by),
            _ => Err(Rejection::NoRestAsked(agent.settings.id)),
        }
    }

    pub(super) fn grant_rest(&mut self, id: AgentId) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        self.is_granted(&agent, ChangedBy::Supervisor)
    }

    pub(super) fn deny_rest(&mut self, id: AgentId) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        if !matches!(agent.rest, Some(Rest::Asked { .. })) {
            return Err(Rejection::NoRestAsked(id));
        }
        self.alter(id, |agent| agent.rest = None);
        Ok(())
    }

    pub(super) fn cancel_rest(&mut self, id: AgentId, by: ChangedBy) -> Result<(), Rejection> {
        match self.known_agent(id)?.rest {
            Some(Rest::Asked { .. }) => self.alter(id, |agent| agent.rest = None),
            Some(Rest::Granted { .. }) => {
                self.alter(id, |agent| agent.rest = None);
                self.set_after_work(id, None, by);
            }
            Some(Rest::Begun { .. }) | None => return Err(Rejection::NoRestAsked(id)),
        }
        Ok(())
    }

    pub(super) fn rest_is_over(&mut self, id: AgentId) {
        let has_plans = self.agent(id).is_some_and(|agent| agent.after_work.is_some());
        if self.settings.on_rest_end == OnRestEnd::Ready && !has_plans {
            return self.set_presence(id, Presence::Ready, ChangedBy::Rule, None);
        }
        self.alter(id, |agent| {
            if let Some(Rest::Begun { is_overdue, .. }) = &mut agent.rest {
                *is_overdue = true;
            }
        });
    }

    pub(super) fn force(&mut self, id: AgentId, presence: ForcedPresence, order: &Order) -> Result<(), Rejection> {
        let by = ChangedBy::Supervisor;
        let at = self.now;
        let agent = self.known_agent(id)?;
        self.alter(id, |agent| agent.forced = Some(Forced { presence, order: order.clone(), at }));
        if let ForcedPresence::Rest { length: Some(length) } = presence {
            if agent.presence == Presence::SignedOut {
                return Err(Rejection::AgentSignedOut(id));
            }
            is_a_length(length)?;
            self.has_length(&agent, length);
        }
        match presence.presence(order.reason) {
            Presence::Ready => self.become_ready(id, by),
            Presence::NotReady(why) => self.become_not_ready(id, why, by),
            Presence::SignedOut => self.sign_out(id, by),
        }
    }
}

fn is_a_length(length: Duration) -> Result<(), Rejection> {
    let is_wrong = length < Duration::from_secs(1) || length > Duration::from_secs(86_399);
    if is_wrong { Err(Rejection::RestLengthOutOfRange(length.as_secs())) } else { Ok(()) }
}

fn rests(presence: Presence) -> bool {
    matches!(presence, Presence::NotReady(why) if why.kind == NotReadyKind::Rest)
}

/// It rests, or will after its work.
pub(super) fn has_place(agent: &Agent) -> bool {
    let will_rest = agent.after_work.is_some_and(|chosen| rests(presence_of(chosen)));
    rests(agent.presence) || will_rest || matches!(agent.rest, Some(Rest::Granted { .. }))
}

/// What becomes of its rest when an agent is something else.
pub(super) fn presence_changes(agent: &mut Agent, now: Timestamp) {
    agent.rest = match agent.rest {
        Some(Rest::Asked { .. }) if agent.presence != Presence::SignedOut && !rests(agent.presence) => agent.rest,
        Some(Rest::Granted { length }) if rests(agent.presence) => {
            Some(Rest::Begun { until: now + length, is_overdue: false })
        }
        Some(Rest::Begun { .. }) if rests(agent.presence) => agent.rest,
        _ => None,
    };
}

/// What becomes of its rest when an agent has chosen something else for after its work.
pub(super) fn plans_change(agent: &mut Agent) {
    let will_rest = agent.after_work.is_some_and(|chosen| rests(presence_of(chosen)));
    match agent.rest {
        Some(Rest::Asked { .. }) if will_rest => agent.rest = None,
        Some(Rest::Granted { .. }) if !will_rest => agent.rest = None,
        _ => {}
    }
}

/// A supervisor's word is kept for as long as the agent is, or will be, what it says.
pub(super) fn orders_change(agent: &mut Agent, by: ChangedBy) {
    let Some(forced) = &agent.forced else { return };
    let meant = forced.presence.presence(forced.order.reason);
    let is_so = agent.presence == meant || agent.after_work.is_some_and(|chosen| presence_of(chosen) == meant);
    if by == ChangedBy::Agent || !is_so {
        agent.forced = None;
    }
}
