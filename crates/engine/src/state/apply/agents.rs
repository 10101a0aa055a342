//! What becomes of agents.

use core::time::Duration;

use crate::agent::{ChangedBy, LostCause, Presence, Reach, Work};
use crate::event::ChosenPresence;
use crate::id::{AgentId, CallId};
use crate::state::State;
use crate::time::Timestamp;

use super::rests::{forget_order, rest_before, rest_in};

impl State {
    pub(super) fn sign_in(&mut self, at: Timestamp, agent: AgentId, by: ChangedBy) {
        self.change_presence(at, agent, Presence::Ready, by, None);
        self.change_agent(at, agent, |agent| {
            agent.talked = Duration::ZERO;
            agent.private_run = 0;
        });
    }

    pub(super) fn sign_out(&mut self, at: Timestamp, agent: AgentId, by: ChangedBy) {
        self.change_presence(at, agent, Presence::SignedOut, by, None);
        self.change_agent(at, agent, |agent| {
            if let Reach::Lost { sign_out_at, .. } = &mut agent.reach {
                *sign_out_at = None;
            }
        });
    }

    pub(super) fn change_presence(
        &mut self,
        at: Timestamp,
        agent: AgentId,
        presence: Presence,
        by: ChangedBy,
        ready_at: Option<Timestamp>,
    ) {
        self.change_agent(at, agent, |agent| {
            agent.presence = presence;
            agent.presence_since = at;
            agent.after_work = None;
            agent.ready_at = ready_at;
            agent.rest = rest_in(presence, agent.rest, at);
            forget_order(agent, by);
        });
    }

    /// Whoever chooses for itself is not made `Ready` by the floor.
    pub(super) fn choose_presence(
        &mut self,
        at: Timestamp,
        agent: AgentId,
        after_work: Option<ChosenPresence>,
        by: ChangedBy,
    ) {
        self.change_agent(at, agent, |agent| {
            agent.after_work = after_work;
            agent.ready_at = None;
            agent.rest = rest_before(after_work, agent.rest);
            forget_order(agent, by);
        });
    }

    /// An agent that was lost already is lost since then.
    pub(super) fn lose_agent(
        &mut self,
        at: Timestamp,
        agent: AgentId,
        cause: LostCause,
        retry_at: Option<Timestamp>,
        sign_out_at: Option<Timestamp>,
    ) {
        self.change_agent(at, agent, |agent| {
            let since = match agent.reach {
                Reach::Reachable => at,
                Reach::Lost { since, .. } => since,
            };
            agent.reach = Reach::Lost { since, cause, retry_at, sign_out_at };
        });
    }

    pub(super) fn start_work(&mut self, at: Timestamp, agent: AgentId, work: Work) {
        self.change_agent(at, agent, |agent| {
            agent.work = work;
            agent.work_since = at;
        });
    }

    /// The agent is free of the call, whether it served it or dialled it. One who was waited for is gone then.
    pub(super) fn end_talk(&mut self, at: Timestamp, call: CallId, id: AgentId) {
        let Some(agent) = self.agents.get(id) else { return };
        let Work::Talking { call: talking, since } = agent.work else { return };
        if talking != call {
            return;
        }
        if agent.is_leaving {
            return self.forget_agent(id);
        }
        self.change_agent(at, id, |agent| {
            agent.talked += at.since(since);
            agent.work = Work::Idle { since: at };
            agent.work_since = at;
        });
    }
}
