//! The floor becomes another; nobody is reset by it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::{
    Agent, AgentId, AgentSettings, CallId, Cause, ChangedBy, Floor, Line, LostCause, Place, Presence, Queue, QueueId,
    Reach, Rejection, SignIn, WithdrawCause, Work,
};

use super::private::Leaves;
use super::{Model, serves};

impl Model {
    /// New and changed first; then agents leave, then queues.
    pub(super) fn configure(&mut self, floor: &Floor) -> Result<(), Rejection> {
        if self.vdn.is_some_and(|vdn| vdn != floor.vdn) {
            return Err(Rejection::WrongVdn(floor.vdn));
        }
        let mistakes = floor.mistakes();
        if !mistakes.is_empty() {
            return Err(Rejection::FloorInvalid(mistakes.join("; ")));
        }
        self.vdn = Some(floor.vdn);
        self.settings = floor.settings.clone();
        self.define_queues(&floor.queues);
        let mut left_queues = BTreeSet::new();
        for settings in &floor.agents {
            left_queues.extend(self.define_agent(settings));
        }
        let is_kept = |id: QueueId| floor.queues.iter().any(|queue| queue.id == id);
        left_queues.into_iter().filter(|queue| is_kept(*queue)).for_each(|queue| self.maybe_deserted(queue));
        let stays = |id: AgentId| floor.agents.iter().any(|agent| agent.id == id);
        for agent in self.agents.clone() {
            if !agent.is_leaving && !stays(agent.settings.id) {
                self.with_what_follows(|model| model.remove_agent(&agent));
            }
        }
        for queue in Arc::clone(&self.queues).iter().filter(|queue| !is_kept(queue.id)) {
            self.remove_queue(queue.id);
        }
        Ok(())
    }

    fn define_queues(&mut self, defined: &[Queue]) {
        let before = Arc::clone(&self.queues);
        let queues = Arc::make_mut(&mut self.queues);
        for queue in defined {
            let mut queue = queue.clone();
            queue.hours.sort();
            queue.holidays.sort();
            queues.retain(|known| known.id != queue.id);
            queues.push(queue);
        }
        queues.sort_by_key(|queue| queue.id);
        for queue in before.iter() {
            let changed = defined.iter().find(|new| new.id == queue.id && new.skill_steps != queue.skill_steps);
            if let Some(changed) = changed {
                self.need_anew(changed);
            }
        }
    }

    /// Answers which queues a signed-in agent no longer serves.
    fn define_agent(&mut self, settings: &AgentSettings) -> Vec<QueueId> {
        let mut settings = settings.clone();
        settings.queues.sort_by_key(|part| part.queue);
        let id = settings.id;
        let now_always = settings.sign_in == SignIn::Always;
        let Some(before) = self.agent(id).cloned() else {
            self.add_agent(settings);
            if now_always {
                self.found(id);
                self.signed_in(id, ChangedBy::Configuration);
            }
            return Vec::new();
        };
        let is_out = before.presence == Presence::SignedOut;
        let left = before.settings.queues.iter().map(|part| part.queue).filter(|queue| !serves(&settings, *queue));
        let left: Vec<QueueId> = if is_out { Vec::new() } else { left.collect() };
        self.alter(id, |agent| {
            agent.settings = Arc::new(settings);
            agent.is_leaving = false;
        });
        let was_always = before.settings.sign_in == SignIn::Always && !before.is_leaving;
        if now_always && !was_always {
            self.found(id);
            if is_out {
                self.signed_in(id, ChangedBy::Configuration);
            }
        }
        if was_always && !now_always {
            let grace_end = self.now + self.settings.lost_grace;
            self.alter(id, |agent| {
                if let Reach::Lost { sign_out_at, .. } = &mut agent.reach {
                    *sign_out_at = Some(grace_end);
                }
            });
        }
        left
    }

    fn add_agent(&mut self, settings: AgentSettings) {
        let now = self.now;
        self.agents.push(Agent {
            settings: Arc::new(settings),
            presence: Presence::SignedOut,
            presence_since: now,
            after_work: None,
            work: Work::Idle { since: now },
            work_since: now,
            reach: Reach::Lost { since: now, cause: LostCause::NoBinding, retry_at: None, sign_out_at: None },
            ready_at: None,
            talked: Duration::ZERO,
            last_offer: None,
            private_run: 0,
            is_leaving: false,
            rest: None,
            forced: None,
        });
        self.agents.sort_by_key(|agent| agent.settings.id);
    }

    /// As when it signs out; who still talks stays until its talk is over.
    fn remove_agent(&mut self, agent: &Agent) {
        let id = agent.settings.id;
        if agent.presence != Presence::SignedOut {
            self.goes_away(id, Leaves::Removed, ChangedBy::Configuration);
        }
        let is_engaged = self.agent(id).is_some_and(|agent| agent.work.is_engaged());
        if !is_engaged {
            self.agents.retain(|agent| agent.settings.id != id);
            return;
        }
        self.alter(id, |agent| {
            Arc::make_mut(&mut agent.settings).queues.clear();
            agent.is_leaving = true;
        });
    }

    /// It is gone when nobody waits there: not those who left an agent for it meanwhile either.
    fn remove_queue(&mut self, id: QueueId) {
        self.with_what_follows(|model| model.empty_queue(id));
        while self.line_length(Line::Queue(id)) > 0 {
            self.with_what_follows(|model| model.empty_queue(id));
        }
        Arc::make_mut(&mut self.queues).retain(|queue| queue.id != id);
        self.closed.retain(|(queue, _)| *queue != id);
    }

    /// Its calls go back to where they came from, those that are offered too.
    fn empty_queue(&mut self, id: QueueId) {
        let mut offered: Vec<(AgentId, CallId)> = Vec::new();
        for call in &self.calls {
            if let Place::Offered { agent, wait, .. } = &call.place
                && wait.line == Line::Queue(id)
            {
                offered.push((*agent, call.id));
            }
        }
        offered.sort();
        let waiting: Vec<CallId> = self.line(Line::Queue(id)).iter().map(|call| call.id).collect();
        for (_, call) in &offered {
            if let Some(call) = self.call(*call).cloned() {
                self.withdraw(&call, WithdrawCause::Removed);
            }
        }
        for call in offered.into_iter().map(|(_, call)| call).chain(waiting) {
            self.with_what_follows(|model| model.send_back(call, Cause::Removed));
        }
    }
}
