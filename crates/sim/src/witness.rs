//! Which interesting situations a durable event bears witness of. The books stand just before it.

mod rules;

use engine::{
    Action, Call, Cause, ChangedBy, Event, Line, OfferEnd, OfferRule, Outcome, Place, QueueId, ReleaseCause,
    Situation as Met, Strategy, Timestamp, WithdrawCause, Work,
};

use crate::checks::wait_of;
use crate::sometimes::Situation;
use crate::world::World;

impl World {
    pub(crate) fn witness(&mut self, event: &Event, at: Timestamp) {
        self.witness_rules(event, at);
        match event {
            Event::CallQueued { line, cause, .. } => self.witness_queued(*line, *cause),
            Event::TreatmentApplied { queue, situation, action, .. } => {
                self.meet(met(*situation));
                if matches!(action, Some(Action::Agent(_))) {
                    self.meet(Situation::DeliveredByTreatment);
                }
                self.witness_fallback(*queue, *situation, action.as_ref());
            }
            Event::OfferMade { agent, why, line, .. } => {
                self.witness_offer(*agent, why.rule, *line);
                if let (true, Some(OfferRule::Strategy(strategy))) = (why.agents_available > 0, why.rule) {
                    self.meet(Situation::StrategyChose);
                    self.meet(chose(strategy));
                }
            }
            Event::OfferEnded { how, not_before, .. } => self.witness_offer_end(*how, not_before.is_some()),
            Event::ReofferAllowed { .. } => self.meet(Situation::Reoffered),
            Event::WrapUpStarted { .. } => self.meet(Situation::WrapUp),
            Event::HeldChanged { held: true, .. } => self.meet(Situation::Held),
            Event::OutsideAnswered { .. } => self.meet(Situation::OutsideAnswered),
            Event::AgentSignedOut { by: ChangedBy::Lost, .. } => self.meet(Situation::LostTooLong),
            Event::QueueRemoved(queue) if self.books.truth().state().waiting_count(*queue) > 0 => {
                self.meet(Situation::QueueRemoved);
            }
            Event::AgentRemoved(agent) => {
                let talks =
                    |call: &Call| matches!(call.place, Place::Talking { agent: talker, .. } if talker == *agent);
                if self.books.truth().state().calls().any(talks) {
                    self.meet(Situation::AgentRemoved);
                }
            }
            Event::CallEnded { call, outcome, .. } => self.witness_end(*call, *outcome),
            _ => self.witness_rest(event),
        }
    }

    fn works(&self, agent: engine::AgentId) -> bool {
        self.books.truth().state().agent(agent).is_some_and(|agent| agent.work.is_engaged())
    }

    fn witness_rest(&mut self, event: &Event) {
        match event {
            Event::RestAsked { .. } => self.meet(Situation::RestWaited),
            Event::RestGranted { by: ChangedBy::Rule, .. } => self.meet(Situation::RestCameFree),
            Event::RestGranted { agent, .. } if self.works(*agent) => self.meet(Situation::RestAfterWork),
            Event::RestOverdue { .. } => self.meet(Situation::RestOverdue),
            Event::PresenceForced { agent, .. } => {
                let work = self.books.truth().state().agent(*agent).map(|agent| agent.work);
                match work {
                    Some(Work::Offered { .. }) => self.meet(Situation::ForcedRinging),
                    Some(Work::Talking { .. }) => self.meet(Situation::ForcedTalking),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn witness_queued(&mut self, line: Line, cause: Cause) {
        match (line, cause) {
            (Line::Private(_), Cause::Transfer) => self.meet(Situation::TransferToAgent),
            (Line::Queue(_), Cause::Transfer) => self.meet(Situation::TransferToQueue),
            (_, Cause::PrivateTimeout) => self.meet(Situation::PrivateReturned),
            (_, Cause::AgentSignedOut) => self.meet(Situation::SignOutReturned),
            _ => {}
        }
        if matches!(line, Line::Private(_)) {
            self.meet(Situation::PrivateWaited);
        }
    }

    fn witness_fallback(&mut self, queue: QueueId, situation: Met, action: Option<&Action>) {
        let first = self.books.truth().state().queue(queue).map(|queue| queue.treatments.of(situation).action.clone());
        if action.is_some() && first.as_ref() != action {
            self.meet(Situation::Fallback);
        }
    }

    fn witness_offer(&mut self, agent: engine::AgentId, rule: Option<OfferRule>, line: Line) {
        let state = self.books.truth().state();
        let Some(agent) = state.agent(agent) else { return };
        let waiting = agent.settings.queues.iter().filter(|part| state.waiting_count(part.queue) > 0).count();
        let private_first = rule == Some(OfferRule::PrivateFirst) && waiting > 0;
        let across = matches!(line, Line::Queue(_)) && waiting > 1;
        if private_first {
            self.meet(Situation::PrivateServedFirst);
        }
        if across {
            self.meet(Situation::AcrossQueues);
        }
    }

    fn witness_offer_end(&mut self, how: OfferEnd, is_kept: bool) {
        match how {
            OfferEnd::Declined => self.meet(Situation::Declined),
            OfferEnd::Expired => self.meet(Situation::Expired),
            OfferEnd::Failed => self.meet(Situation::Failed),
            OfferEnd::Withdrawn(WithdrawCause::CallerLeft) => self.meet(Situation::CallerLeftRinging),
            OfferEnd::Withdrawn(_) => {}
        }
        if is_kept {
            self.meet(Situation::KeptReady);
        }
    }

    fn witness_end(&mut self, call: engine::CallId, outcome: Outcome) {
        match outcome {
            Outcome::Released(ReleaseCause::TooManyHops) => self.meet(Situation::TooManyHops),
            Outcome::Abandoned => {
                let private = |call: &Call| wait_of(call).is_some_and(|wait| matches!(wait.line, Line::Private(_)));
                if self.books.truth().state().call(call).is_some_and(private) {
                    self.meet(Situation::CallerLeftPrivate);
                }
            }
            _ => {}
        }
    }
}

const fn chose(strategy: Strategy) -> Situation {
    match strategy {
        Strategy::LongestIdle => Situation::LongestIdleChose,
        Strategy::RoundRobin => Situation::RoundRobinChose,
        Strategy::LeastTalked => Situation::LeastTalkedChose,
        Strategy::BestSkilled => Situation::BestSkilledChose,
    }
}

const fn met(situation: Met) -> Situation {
    match situation {
        Met::Closed => Situation::Closed,
        Met::NoAgents => Situation::NoAgents,
        Met::Overflow => Situation::Overflow,
        Met::Busy => Situation::Busy,
        Met::Timeout => Situation::Timeout,
        Met::Cancelled => Situation::Cancelled,
    }
}
