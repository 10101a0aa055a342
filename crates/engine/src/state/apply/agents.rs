//! What becomes of agents.

use core::time::Duration;

use crate::agent::{LostCause, Presence, Reach, Work};
use crate::event::ChosenPresence;
use crate::id::{AgentId, CallId};
use crate::state::State;
use crate::time::Timestamp;

impl State {
    pub(super) fn sign_in(&mut self, at: Timestamp, agent: AgentId) {
        self.change_presence(at, agent, Presence::Ready, None);
        self.change_agent(at, agent, |agent| {
            agent.talked = Duration::ZERO;
            agent.private_run = 0;
        });
    }

    pub(super) fn sign_out(&mut self, at: Timestamp, agent: AgentId) {
        self.change_presence(at, agent, Presence::SignedOut, None);
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
        ready_at: Option<Timestamp>,
    ) {
        self.change_agent(at, agent, |agent| {
            agent.presence = presence;
            agent.presence_since = at;
            agent.after_work = None;
            agent.ready_at = ready_at;
        });
    }

    /// Whoever chooses for itself is not made `Ready` by the floor.
    pub(super) fn choose_presence(&mut self, at: Timestamp, agent: AgentId, after_work: Option<ChosenPresence>) {
        self.change_agent(at, agent, |agent| {
            agent.after_work = after_work;
            agent.ready_at = None;
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
