//! What becomes of the floor.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::agent::{LostCause, Presence, Reach, Work};
use crate::call::{Call, Line, Place};
use crate::floor::{AgentSettings, Queue, VdnSettings};
use crate::id::{AgentId, CallId, QueueId};
use crate::state::{Agent, State};
use crate::time::Timestamp;

impl State {
    /// What holds for the whole VDN may change the order in which calls wait.
    pub(super) fn define_settings(&mut self, settings: &VdnSettings) {
        self.settings = settings.clone();
        for queue in self.queues.values() {
            self.index.define_step(queue.id, queue.priority_step_in(settings), &self.calls);
        }
    }

    /// Calls that wait need at once what the queue now says.
    pub(super) fn change_queue(&mut self, at: Timestamp, queue: &Queue) {
        let before = self.queues.get(queue.id).map(|before| before.skill_steps.clone());
        self.define_queue(queue);
        if before.is_none_or(|before| before == queue.skill_steps) {
            return;
        }
        let of_queue = |call: &&Call| match &call.place {
            Place::Waiting(wait) | Place::Offered { wait, .. } => wait.line == Line::Queue(queue.id),
            Place::Talking { .. } | Place::Outside { .. } => false,
        };
        let calls: Vec<CallId> = self.calls.values().filter(of_queue).map(|call| call.id).collect();
        for id in calls {
            self.change_call(id, |call| {
                let since = call.since;
                if let Place::Waiting(wait) | Place::Offered { wait, .. } = &mut call.place {
                    (wait.weight_min, wait.widens_at) = queue.need(since.unwrap_or(wait.joined), at);
                }
            });
        }
    }

    pub(super) fn define_queue(&mut self, queue: &Queue) {
        self.queues.insert(queue.id, queue.clone());
        self.index.define_queue(queue, &self.agents);
        self.index.define_step(queue.id, queue.priority_step_in(&self.settings), &self.calls);
    }

    pub(super) fn remove_queue(&mut self, queue: QueueId) {
        self.queues.remove(queue);
        self.closed.remove(&queue);
        self.figures.forget_queue(queue);
        self.index.remove_queue(queue);
    }

    pub(super) fn define_agent(&mut self, at: Timestamp, settings: &AgentSettings) {
        let id = settings.id;
        let settings = Arc::new(settings.clone());
        if self.agents.get(id).is_some() {
            return self.change_settings(id, |agent| {
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
            private_run: 0,
            is_leaving: false,
            rest: None,
            forced: None,
        };
        self.index.list_agent(&agent);
        self.agents.insert(id, agent);
    }

    /// An agent who still talks stays until its talk is over, without queues, so that these can be removed too.
    pub(super) fn remove_agent(&mut self, id: AgentId) {
        let agent = self.agents.get(id).expect("an agent is removed once");
        assert!(agent.presence == Presence::SignedOut, "an agent is signed out before it is removed");
        if !agent.work.is_engaged() {
            return self.forget_agent(id);
        }
        self.change_settings(id, |agent| {
            Arc::make_mut(&mut agent.settings).queues.clear();
            agent.is_leaving = true;
        });
    }

    pub(super) fn forget_agent(&mut self, id: AgentId) {
        if let Some(agent) = self.agents.remove(id) {
            self.index.unlist_agent(&agent);
            self.figures.forget_agent(id);
        }
    }
}
