//! How calls come and end, and what happens to those who talk.

use std::sync::Arc;

use engine::{
    AgentId, Call, CallId, Caller, Cause, FailCause, LegKey, OfferEnd, Outcome, OutsideSender, Party, Place, Presence,
    Rejection, ReleaseCause, Sender, Stay, StayAt, Target, WithdrawCause, Work,
};

use super::journey::{Journey, Sent};
use super::keeping::is_answered;
use super::{Model, Said};

impl Model {
    /// A call that a queue turns away is taken and over at once; one that its agent does not take is refused.
    pub(super) fn arrive(
        &mut self,
        key: LegKey,
        caller: &Caller,
        called: &Arc<str>,
        priority: u8,
        target: Target,
    ) -> Result<(), Rejection> {
        if let Some(known) = self.calls.iter().find(|call| call.key == key) {
            return Err(Rejection::AlreadyArrived(known.id));
        }
        if priority == 0 || priority == 255 {
            return Err(Rejection::PriorityOutOfRange(priority));
        }
        let colleague = colleague(caller);
        if let Some(id) = colleague {
            self.may_dial(id)?;
        }
        let vdn = self.vdn.ok_or(match target {
            Target::Queue(queue) => Rejection::NoSuchQueue(queue),
            Target::Agent(agent) => Rejection::NoSuchAgent(agent),
        })?;
        let id = CallId::new(self.now.seconds(), self.calls_made + 1, vdn);
        let sent = Sent { cause: Cause::Dialled, sender: colleague.map_or(Sender::Caller, Sender::Agent) };
        let mut journey = Journey::of_newcomer(id, colleague);
        let went = self.go(&mut journey, target, sent);
        if let (Target::Agent(_), Err(rejection)) = (target, &went) {
            return Err(rejection.clone());
        }
        let turned_away = went.as_ref().err().map(release_cause).transpose()?;
        self.calls_made += 1;
        if let Some(colleague) = colleague {
            let now = self.now;
            self.alter(colleague, |agent| {
                (agent.work, agent.work_since) = (Work::Talking { call: id, since: now }, now);
            });
        }
        if let Some(cause) = turned_away {
            self.tell_refusals(&journey);
            self.said.push(Said::Ended(id, Outcome::Released(cause), Party::Server));
            if let Some(colleague) = colleague {
                self.end_talk(colleague);
            }
            return Ok(());
        }
        if let Ok(goal) = went {
            let place = self.place_of(&journey, &goal);
            let newcomer = Call {
                id,
                key,
                caller: caller.clone(),
                called: Arc::clone(called),
                arrived: self.now,
                priority,
                origin_queue: None,
                hops: 0,
                since: None,
                place,
                keeper: None,
                diverted: Vec::new(),
                not_before: Vec::new(),
                history: Vec::new(),
            };
            self.calls.push(newcomer);
            self.place(&journey, goal);
        }
        Ok(())
    }

    fn may_dial(&self, id: AgentId) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        if agent.presence == Presence::SignedOut {
            return Err(Rejection::AgentSignedOut(id));
        }
        if agent.work.is_engaged() {
            return Err(Rejection::AgentEngaged(id));
        }
        Ok(())
    }

    pub(super) fn caller_left(&mut self, id: CallId) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        let talks = is_answered(&call) || call.keeper.is_some();
        self.finish(&call, if talks { Outcome::Answered } else { Outcome::Abandoned }, Party::Caller);
        Ok(())
    }

    pub(super) fn agent_left(&mut self, id: CallId, agent: AgentId) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        if self.one_of_two_left(&call, agent) {
            return Ok(());
        }
        if talker(&call) != Some(agent) {
            return Err(Rejection::NotTheAgentsCall(agent, id));
        }
        self.finish(&call, Outcome::Answered, Party::Called);
        Ok(())
    }

    pub(super) fn fail(&mut self, id: CallId, cause: FailCause) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        self.finish(&call, Outcome::Failed(cause), Party::Server);
        Ok(())
    }

    /// Nobody wraps up.
    pub(super) fn fail_all(&mut self, cause: FailCause) -> Result<(), Rejection> {
        for call in self.calls.clone() {
            let engaged = self.remove(&call, Outcome::Failed(cause), Party::Server);
            engaged.into_iter().for_each(|agent| self.take_choice(agent));
        }
        Ok(())
    }

    pub(super) fn release(&mut self, id: CallId) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        self.finish(&call, Outcome::Released(ReleaseCause::Request), Party::Server);
        Ok(())
    }

    pub(super) fn set_held(&mut self, id: CallId, on_hold: bool) -> Result<(), Rejection> {
        self.known_call(id)?;
        self.alter_call(id, |call| {
            if let Place::Talking { held, .. } = &mut call.place {
                *held = on_hold;
            }
        });
        Ok(())
    }

    /// The call is over, and its agents go on.
    pub(super) fn finish(&mut self, call: &Call, outcome: Outcome, by: Party) {
        for agent in self.remove(call, outcome, by) {
            let kept = call.keeper.filter(|keeper| keeper.agent == agent);
            if talker(call) == Some(agent) {
                self.after_talk(call, agent);
            } else if let Some(keeper) = kept {
                self.after_keeping(call.id, keeper);
            } else {
                self.take_choice(agent);
            }
        }
    }

    /// Takes a call off the floor; answers whom it engaged, now idle.
    fn remove(&mut self, call: &Call, outcome: Outcome, by: Party) -> Vec<AgentId> {
        let mut engaged = Vec::new();
        if let Place::Offered { agent, .. } = call.place {
            let left = by == Party::Caller;
            let cause = if left { WithdrawCause::CallerLeft } else { WithdrawCause::CallTaken };
            self.back_in_line(call.id, OfferEnd::Withdrawn(cause));
            engaged.push(agent);
        }
        self.calls.retain(|other| other.id != call.id);
        self.said.push(Said::Ended(call.id, outcome, by));
        for agent in
            talker(call).into_iter().chain(call.keeper.map(|keeper| keeper.agent)).chain(colleague(&call.caller))
        {
            self.end_talk(agent);
            engaged.push(agent);
        }
        engaged
    }

    /// Refused, the two go on talking.
    pub(super) fn transfer(&mut self, id: CallId, agent: AgentId, target: Target) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        if let Some(keeper) = call.keeper
            && (keeper.agent == agent || talker(&call) == Some(agent))
        {
            return Err(Rejection::CallIsKept(id, keeper.agent));
        }
        if talker(&call) != Some(agent) {
            return Err(Rejection::NotTheAgentsCall(agent, id));
        }
        let mut journey = Journey::of(&call);
        journey.starts_its_age_anew();
        let goal = self.hop(&mut journey, target, Sent { cause: Cause::Transfer, sender: Sender::Agent(agent) })?;
        self.end_talk(agent);
        self.place(&journey, goal);
        self.after_talk(&call, agent);
        Ok(())
    }

    /// Moved to where it waits already, a call stays.
    pub(super) fn move_call(&mut self, id: CallId, target: Target) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        let (Place::Waiting(wait) | Place::Offered { wait, .. }) = &call.place else {
            return Err(Rejection::CallNotWaiting(id));
        };
        let is_there = match target {
            Target::Queue(queue) => wait.line == engine::Line::Queue(queue),
            Target::Agent(agent) => wait.line == engine::Line::Private(agent),
        };
        if is_there {
            return Ok(());
        }
        let mut journey = Journey::of(&call);
        let goal = self.hop(&mut journey, target, Sent { cause: Cause::Request, sender: Sender::Request })?;
        self.withdraw(&call, WithdrawCause::CallTaken);
        self.place(&journey, goal);
        Ok(())
    }

    pub(super) fn outside_answered(&mut self, id: CallId) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        if matches!(call.place, Place::Outside { answered: false, .. }) {
            self.alter_call(id, |call| {
                if let Place::Outside { answered, .. } = &mut call.place {
                    *answered = true;
                }
            });
            self.was_answered(id);
        }
        Ok(())
    }

    /// Puts the place a call leaves into its history.
    pub(super) fn leave_place(&mut self, id: CallId) {
        let until = self.now;
        let Some(call) = self.call_mut(id) else { return };
        let (at, from, cause) = match &call.place {
            Place::Waiting(wait) | Place::Offered { wait, .. } => (StayAt::Line(wait.line), wait.joined, wait.cause),
            Place::Talking { agent, since, .. } => {
                let cause = call.history.last().map_or(Cause::Dialled, |served_from| served_from.cause);
                (StayAt::Agent(*agent), *since, cause)
            }
            Place::Outside { address, since, sent_by, .. } => {
                let cause = match sent_by {
                    OutsideSender::Treatment(_, situation) => Cause::Treatment(*situation),
                    OutsideSender::Agent(_) => Cause::Transfer,
                };
                (StayAt::Outside(Arc::clone(address)), *since, cause)
            }
        };
        call.history.push(Stay { at, from, until, cause });
    }
}

/// How a call ends that a queue turned away.
pub(super) fn release_cause(refusal: &Rejection) -> Result<ReleaseCause, Rejection> {
    match refusal {
        Rejection::QueueRefused(_, situation) => Ok(ReleaseCause::Treatment(*situation)),
        Rejection::TooManyHops(_) => Ok(ReleaseCause::TooManyHops),
        other => Err(other.clone()),
    }
}

pub(super) const fn talker(call: &Call) -> Option<AgentId> {
    match call.place {
        Place::Talking { agent, .. } => Some(agent),
        Place::Waiting(_) | Place::Offered { .. } | Place::Outside { .. } => None,
    }
}

pub(super) const fn colleague(caller: &Caller) -> Option<AgentId> {
    match caller {
        Caller::Agent(agent) => Some(*agent),
        Caller::Outside(_) => None,
    }
}
