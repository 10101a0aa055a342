//! Where a call goes: doors, treatments and their fallbacks, agents who take it or not. Sections 1, 3, 5 and 8.

use std::sync::Arc;

use engine::{
    Action, Agent, AgentId, Call, CallId, Cause, HOPS_MAX, Line, Place, Presence, Queue, QueueId, Reach, Refusal,
    Rejection, Sender, Situation, Target, Timestamp, Treatment, Wait,
};

use super::calls::{colleague, talker};
use super::skill::{need, suits};
use super::{Model, Tried, is_available};

/// Why a call goes somewhere, and who sends it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) cause: Cause,
    pub(super) sender: Sender,
}

/// Where a journey ends, if it is not refused.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    Line(Line, Sent),
    Outside(Arc<str>, QueueId, Situation),
    /// Sent there by an agent.
    OutsideBy(Arc<str>, AgentId),
}

/// What a treatment comes to.
#[derive(Clone, Debug)]
pub(super) enum Met {
    SentOn(Goal),
    Stays,
    Released,
    NothingLeft,
    TooManyHops,
}

/// A call on its way.
#[derive(Clone, Debug)]
pub(super) struct Journey {
    pub(super) call: CallId,
    pub(super) hops: u8,
    pub(super) since: Option<Timestamp>,
    /// It has no place yet.
    pub(super) is_newcomer: bool,
    /// A transfer starts the age in a queue anew.
    pub(super) is_anew: bool,
    /// Those in the call already: it cannot be directed to them, nor do they count as available for it.
    in_call: Vec<AgentId>,
    /// What directed it away from queues, before this journey.
    diverted: Vec<(QueueId, Situation)>,
    /// On this journey.
    pub(super) diverts: Vec<(QueueId, Situation)>,
    /// What treatments said and what refused it, on this journey.
    pub(super) refused: Vec<(Tried, Refusal)>,
    /// A situation that directed it away from this queue before counts as `stay`.
    pub(super) came_back_to: Option<QueueId>,
    /// Being directed to whom it waits for is to stay.
    waits_for: Option<AgentId>,
    /// No door is stood at twice.
    asked: Vec<QueueId>,
}

impl Journey {
    pub(super) fn of_newcomer(call: CallId, caller: Option<AgentId>) -> Self {
        Self {
            call,
            hops: 0,
            since: None,
            is_newcomer: true,
            is_anew: false,
            in_call: Vec::from_iter(caller),
            diverted: Vec::new(),
            diverts: Vec::new(),
            refused: Vec::new(),
            came_back_to: None,
            waits_for: None,
            asked: Vec::new(),
        }
    }

    pub(super) fn of(call: &Call) -> Self {
        let mut journey = Self::of_newcomer(call.id, colleague(&call.caller));
        journey.is_newcomer = false;
        journey.hops = call.hops;
        journey.since = call.since;
        journey.in_call.extend(talker(call));
        journey.in_call.extend(call.keeper.map(|keeper| keeper.agent));
        journey.diverted = call.diverted.clone();
        if let Place::Waiting(Wait { line: Line::Queue(queue), cause, .. }) = call.place
            && cause.is_return()
        {
            journey.came_back_to = Some(queue);
        }
        journey
    }

    pub(super) const fn starts_its_age_anew(&mut self) {
        self.is_anew = true;
    }

    /// What will order it in the next queue that it joins.
    pub(super) fn since_in_a_queue(&self, now: Timestamp) -> Timestamp {
        self.since.filter(|_| !self.is_anew).unwrap_or(now)
    }

    pub(super) fn leave(&mut self, line: Line) {
        match line {
            Line::Queue(queue) => self.asked.push(queue),
            Line::Private(agent) => self.waits_for = Some(agent),
        }
    }
}

impl Model {
    /// Where a newcomer's number leads.
    pub(super) fn go(&self, journey: &mut Journey, target: Target, sent: Sent) -> Result<Goal, Rejection> {
        match target {
            Target::Queue(queue) => self.enter(journey, queue, false, sent),
            Target::Agent(agent) => self.direct(journey, agent, sent),
        }
    }

    /// Sent on by somebody or something: that is a hop.
    pub(super) fn hop(&self, journey: &mut Journey, target: Target, sent: Sent) -> Result<Goal, Rejection> {
        self.count_hop(journey)?;
        self.go(journey, target, sent)
    }

    pub(super) fn count_hop(&self, journey: &mut Journey) -> Result<(), Rejection> {
        if journey.hops == HOPS_MAX {
            return Err(Rejection::TooManyHops(journey.call));
        }
        journey.hops += 1;
        Ok(())
    }

    /// The table of section 3.
    fn direct(&self, journey: &Journey, id: AgentId, sent: Sent) -> Result<Goal, Rejection> {
        let agent = self.known_agent(id)?;
        if journey.in_call.contains(&id) {
            return Err(Rejection::AgentIsInTheCall(id, journey.call));
        }
        if agent.presence == Presence::SignedOut {
            return Err(Rejection::AgentSignedOut(id));
        }
        if self.takes_nothing(&agent) && !self.lets_wait_for(&agent) {
            return Err(Rejection::AgentNotReady(id));
        }
        let waiting = self.line_length(Line::Private(id));
        let is_offered_at_once = is_available(&agent) && waiting == 0;
        if !is_offered_at_once && waiting as u64 >= u64::from(self.private_depth_max(&agent)) {
            return Err(Rejection::PrivateQueueFull(id));
        }
        Ok(Goal::Line(Line::Private(id), sent))
    }

    /// `NotReady` and without work, or lost.
    pub(super) fn takes_nothing(&self, agent: &Agent) -> bool {
        let rests = matches!(agent.presence, Presence::NotReady(_)) && !agent.work.is_engaged();
        rests || matches!(agent.reach, Reach::Lost { .. })
    }

    /// Through a queue's door. With a return ticket it is only asked whether anybody is there, and whether somebody has
    /// closed the queue.
    pub(super) fn enter(
        &self,
        journey: &mut Journey,
        id: QueueId,
        returns: bool,
        sent: Sent,
    ) -> Result<Goal, Rejection> {
        let queue = self.queue(id).ok_or(Rejection::NoSuchQueue(id))?;
        journey.asked.push(id);
        for situation in [Situation::Closed, Situation::NoAgents, Situation::Overflow, Situation::Busy] {
            let is_asked = match situation {
                Situation::NoAgents => true,
                Situation::Closed => !returns || self.is_closed_by_hand(id),
                _ => !returns,
            };
            if !is_asked || !self.meets_at_the_door(journey, queue, situation) {
                continue;
            }
            match self.treat(journey, queue, situation, Some(queue.treatments.of(situation))) {
                Met::Stays => {}
                Met::SentOn(goal) => return Ok(goal),
                Met::Released | Met::NothingLeft => return Err(Rejection::QueueRefused(id, situation)),
                Met::TooManyHops => return Err(Rejection::TooManyHops(journey.call)),
            }
        }
        Ok(Goal::Line(Line::Queue(id), sent))
    }

    fn meets_at_the_door(&self, journey: &Journey, queue: &Queue, situation: Situation) -> bool {
        let (weight_min, _) = need(queue, journey.since_in_a_queue(self.now), self.now);
        let can_serve = |agent: &&Agent| {
            is_available(agent) && suits(agent, queue, weight_min) && !journey.in_call.contains(&agent.settings.id)
        };
        let would_wait = self.agents.iter().find(can_serve).is_none();
        match situation {
            Situation::Closed => !self.is_open(queue),
            Situation::NoAgents => !self.is_anybody_signed_in(queue),
            Situation::Overflow => {
                let waiting = self.line_length(Line::Queue(queue.id)) as u64;
                would_wait && queue.waiting_max.is_some_and(|most| waiting >= u64::from(most))
            }
            Situation::Busy => would_wait && !queue.lets_wait,
            Situation::Timeout | Situation::Cancelled => false,
        }
    }

    /// The first of a treatment and its fallbacks that is not refused.
    pub(super) fn treat(
        &self,
        journey: &mut Journey,
        queue: &Queue,
        situation: Situation,
        treatment: Option<&Treatment>,
    ) -> Met {
        if journey.came_back_to == Some(queue.id) && journey.diverted.contains(&(queue.id, situation)) {
            return Met::Stays;
        }
        let mut next = treatment;
        while let Some(Treatment { action, fallback }) = next {
            if let Action::Agent(agent) = action
                && journey.waits_for == Some(*agent)
                && journey.asked.is_empty()
            {
                return Met::Stays;
            }
            let mut attempt = journey.clone();
            let done = self.act(&mut attempt, action, queue.id, situation);
            // Whatever came of it, a door that was asked was asked.
            journey.asked.clone_from(&attempt.asked);
            let rejection = match done {
                Ok(met) => {
                    *journey = attempt;
                    return met;
                }
                Err(rejection) => rejection,
            };
            journey.refused.clone_from(&attempt.refused);
            let tried = Tried::Treatment(queue.id, situation, action.clone());
            journey.refused.push((tried, refusal(&rejection)));
            if let Rejection::TooManyHops(_) = rejection {
                return Met::TooManyHops;
            }
            next = fallback.as_deref();
        }
        Met::NothingLeft
    }

    fn act(&self, journey: &mut Journey, action: &Action, by: QueueId, situation: Situation) -> Result<Met, Rejection> {
        let sent = Sent { cause: Cause::Treatment(situation), sender: Sender::Queue(by) };
        journey.diverts.push((by, situation));
        let goal = match action {
            Action::Release => {
                journey.diverts.pop();
                return Ok(Met::Released);
            }
            Action::Stay => {
                journey.diverts.pop();
                return Ok(Met::Stays);
            }
            Action::Queue(queue) if journey.asked.contains(queue) => {
                return Err(Rejection::QueueRefused(*queue, situation));
            }
            Action::Queue(queue) => self.hop(journey, Target::Queue(*queue), sent)?,
            Action::Agent(agent) => self.hop(journey, Target::Agent(*agent), sent)?,
            Action::External(address) => {
                self.count_hop(journey)?;
                Goal::Outside(Arc::clone(address), by, situation)
            }
        };
        Ok(Met::SentOn(goal))
    }
}

/// Why something could not be done with a call, in the words of events.
pub(super) fn refusal(rejection: &Rejection) -> Refusal {
    match rejection {
        Rejection::NoSuchAgent(_) => Refusal::NoSuchAgent,
        Rejection::NoSuchQueue(_) => Refusal::NoSuchQueue,
        Rejection::AgentSignedOut(_) => Refusal::AgentSignedOut,
        Rejection::AgentNotReady(_) => Refusal::AgentNotReady,
        Rejection::AgentIsInTheCall(..) => Refusal::AgentIsInTheCall,
        Rejection::PrivateQueueFull(_) => Refusal::PrivateQueueFull,
        Rejection::QueueRefused(_, situation) => Refusal::TurnedAway(*situation),
        Rejection::TooManyHops(_) => Refusal::TooManyHops,
        other => panic!("no call on its way is refused by {other:?}"),
    }
}
