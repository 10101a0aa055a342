//! What becomes of the floor.

use alloc::sync::Arc;
use core::time::Duration;

use crate::agent::{LostCause, Presence, Reach, Work};
use crate::floor::{AgentSettings, Queue};
use crate::id::{AgentId, QueueId};
use crate::state::{Agent, State};
use crate::time::Timestamp;

impl State {
    pub(super) fn define_queue(&mut self, queue: &Queue) {
        self.queues.insert(queue.id, queue.clone());
        self.index.define_queue(queue, &self.agents);
    }

    pub(super) fn remove_queue(&mut self, queue: QueueId) {
        self.queues.remove(queue);
        self.index.remove_queue(queue);
    }

    pub(super) fn define_agent(&mut self, at: Timestamp, settings: &AgentSettings) {
        let id = settings.id;
        let settings = Arc::new(settings.clone());
        if self.agents.get(id).is_some() {
            return self.change_duty(at, id, |agent| {
                agent.settings = settings;
                agent.is_leaving = false;
            });
        }
        let agent = Agent {
            settings,
            presence: Presence::SignedOut,
            presence_since: at,
            after_work: None,
            work: Work::Idle { since: at },
            work_since: at,
            reach: Reach::Lost { since: at, cause: LostCause::NoBinding, retry_at: None, sign_out_at: None },
            ready_at: None,
            talked: Duration::ZERO,
            last_offer: None,
            is_leaving: false,
        };
        self.index.list_agent(&agent);
        self.agents.insert(id, agent);
    }

    /// An agent who still talks stays until its talk is over, without queues, so that these can be removed too.
    pub(super) fn remove_agent(&mut self, at: Timestamp, id: AgentId) {
        let agent = self.agents.get(id).expect("an agent is removed once");
        assert!(agent.presence == Presence::SignedOut, "an agent is signed out before it is removed");
        if !agent.work.is_engaged() {
            return self.forget_agent(id);
        }
        self.change_duty(at, id, |agent| {
            Arc::make_mut(&mut agent.settings).queues.clear();
            agent.is_leaving = true;
        });
    }

    pub(super) fn forget_agent(&mut self, id: AgentId) {
        if let Some(agent) = self.agents.remove(id) {
            self.index.unlist_agent(&agent);
        }
    }
}
