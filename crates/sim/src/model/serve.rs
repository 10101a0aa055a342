//! Who is served next, and by whom: section 4 of the rules.

use std::cmp::Reverse;

use engine::{Agent, AgentId, Call, CallId, Line, Place, Queue, QueueId, Strategy, Work};

use super::{Model, Said, is_available, place_in_line, serves, wait_of};

impl Model {
    /// Makes the next offer that can be made, if there is one.
    pub(super) fn somebody_is_served(&mut self) -> bool {
        let Some((call, agent)) = self.next_private().or_else(|| self.next_public()) else { return false };
        self.offer(call, agent);
        true
    }

    /// The private queue first.
    fn next_private(&self) -> Option<(CallId, AgentId)> {
        self.agents.iter().filter(|agent| is_available(agent)).find_map(|agent| {
            let line = self.line(Line::Private(agent.settings.id));
            let call = line.iter().find(|call| may_take(agent, call))?;
            Some((call.id, agent.settings.id))
        })
    }

    /// The queue's strategy picks an agent for the first call that anybody may take; who was picked gets the best call
    /// of all its queues.
    fn next_public(&self) -> Option<(CallId, AgentId)> {
        self.queues.iter().find_map(|queue| {
            let agents = self.in_order_of_strategy(queue);
            let line = self.line(Line::Queue(queue.id));
            let agent = line.iter().find_map(|call| agents.iter().find(|agent| may_take(agent, call)))?;
            Some((self.best_call(agent)?, agent.settings.id))
        })
    }

    fn in_order_of_strategy(&self, queue: &Queue) -> Vec<&Agent> {
        let mut agents: Vec<&Agent> =
            self.agents.iter().filter(|agent| is_available(agent) && serves(&agent.settings, queue.id)).collect();
        let idle_since = |agent: &Agent| (agent.work_since, agent.settings.id);
        match queue.strategy {
            Strategy::LongestIdle => agents.sort_by_key(|agent| idle_since(agent)),
            Strategy::RoundRobin => agents.sort_by_key(|agent| (agent.last_offer, idle_since(agent))),
            Strategy::LeastTalked => agents.sort_by_key(|agent| (agent.talked, idle_since(agent))),
            Strategy::BestSkilled => {
                agents.sort_by_key(|agent| (Reverse(agent_weight(agent, queue.id)), idle_since(agent)));
            }
        }
        agents
    }

    /// Highest queue weight, then highest priority, then earliest `since` across the agent's queues.
    fn best_call(&self, agent: &Agent) -> Option<CallId> {
        let rank = |call: &Call| {
            let Line::Queue(queue) = wait_of(call)?.line else { return None };
            let part = agent.settings.queues.iter().find(|part| part.queue == queue)?;
            Some((Reverse(part.queue_weight), place_in_line(call)))
        };
        let ranked =
            self.calls.iter().filter(|call| may_take(agent, call)).filter_map(|call| Some((rank(call)?, call)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, call)| call.id)
    }

    fn offer(&mut self, id: CallId, agent: AgentId) {
        let Some(call) = self.call(id).cloned() else { return };
        let Place::Waiting(wait) = &call.place else { return };
        let now = self.now;
        self.offers_made += 1;
        let offer = engine::OfferId(self.offers_made);
        let until = now + self.manner(&call).ring_max;
        let place = Place::Offered { offer, agent, since: now, until, wait: wait.clone() };
        self.alter_call(id, |call| call.place = place);
        self.alter(agent, |agent| {
            (agent.work, agent.work_since) = (Work::Offered { offer, call: id }, now);
            agent.last_offer = Some(offer);
        });
        self.said.push(Said::Offered(offer, id, agent));
    }
}

/// Not while `reoffer_min` keeps an agent from a call it did not take.
fn may_take(agent: &Agent, call: &Call) -> bool {
    !call.not_before.iter().any(|(kept, _)| *kept == agent.settings.id)
}

fn agent_weight(agent: &Agent, queue: QueueId) -> u8 {
    agent.settings.queues.iter().find(|part| part.queue == queue).map_or(0, |part| part.agent_weight)
}
