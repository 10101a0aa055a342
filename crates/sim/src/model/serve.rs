//! Who is served next, and by whom: section 4 of the rules.

use std::cmp::Reverse;

use engine::{Agent, AgentId, Call, CallId, Line, Place, Queue, QueueId, Strategy, Work};

use super::{Model, Said, is_available, serves, wait_of};

impl Model {
    /// Makes the next offer that can be made, if there is one.
    pub(super) fn somebody_is_served(&mut self) -> bool {
        let Some((call, agent)) = self.next_private().or_else(|| self.next_public()) else { return false };
        self.offer(call, agent);
        true
    }

    /// The private queue first, unless a public call goes ahead.
    fn next_private(&self) -> Option<(CallId, AgentId)> {
        self.agents.iter().filter(|agent| is_available(agent)).find_map(|agent| {
            let line = self.line(Line::Private(agent.settings.id));
            let call = line.iter().find(|call| may_take(agent, call))?.id;
            let next = self.best_call(agent).filter(|public| self.goes_ahead(agent, *public)).unwrap_or(call);
            Some((next, agent.settings.id))
        })
    }

    /// After so many private calls in a row, or after one when the public call has waited for so long.
    fn goes_ahead(&self, agent: &Agent, public: CallId) -> bool {
        let run = agent.private_run;
        let had_enough = self.settings.private_run_max.is_some_and(|most| run >= most);
        let since = self.call(public).and_then(|call| call.since);
        let waited = since.map(|since| self.now.since(since)).unwrap_or_default();
        let too_long = self.settings.public_wait_max.is_some_and(|most| waited > most);
        run > 0 && (had_enough || too_long)
    }

    /// The queue's strategy picks an agent for the first call that anybody may take; who was picked gets the best call
    /// of all its queues. Agents of further queues are asked when no queue's own agents can take a call.
    fn next_public(&self) -> Option<(CallId, AgentId)> {
        let own = self.queues.iter().find_map(|queue| self.pick(queue, queue));
        let agent = own.or_else(|| {
            self.queues.iter().find_map(|taker| {
                let hosts = self.queues.iter().filter(|host| host.also.contains(&taker.id));
                hosts.into_iter().find_map(|host| self.pick(host, taker))
            })
        })?;
        Some((self.best_call(agent)?, agent.settings.id))
    }

    /// The agent of `taker` who is to be offered a call of `host`: for the first call for which there is one.
    fn pick(&self, host: &Queue, taker: &Queue) -> Option<&Agent> {
        let agents = self.in_order_of_strategy(taker);
        self.line(Line::Queue(host.id)).iter().find_map(|call| {
            let need = wait_of(call)?.weight_min;
            let takes = |agent: &&&Agent| agent_weight(agent, taker.id) >= need && may_take(agent, call);
            agents.iter().find(takes).copied()
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

    /// The most urgent of all public calls that an agent may take.
    fn best_call(&self, agent: &Agent) -> Option<CallId> {
        let urgent = |call: &Call| Some((self.urgency(agent, call)?, call.id));
        let calls = self.calls.iter().filter(|call| may_take(agent, call)).filter_map(urgent);
        calls.min_by(|(ours, _), (theirs, _)| ours.compare(theirs)).map(|(_, call)| call)
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
