//! Calls that move by themselves: situations they meet while they wait, ways back, and ways out. Sections 5 and 8.

use std::sync::Arc;

use engine::{
    Action, Call, CallId, Cause, Line, Outcome, OutsideSender, Party, Place, Queue, QueueId, Rejection, ReleaseCause,
    Sender, Situation, Wait, WithdrawCause,
};

use super::calls::release_cause;
use super::journey::{Goal, Journey, Met, Sent};
use super::skill::need;
use super::{Model, Said};

impl Model {
    /// What was tried with the call on its journey, and refused.
    pub(super) fn tell_refusals(&mut self, journey: &Journey) {
        let refused = journey.refused.iter().map(|(tried, reason)| Said::Refused(journey.call, tried.clone(), *reason));
        self.said.extend(refused);
    }

    /// The call arrives where its journey leads.
    pub(super) fn place(&mut self, journey: &Journey, goal: Goal) {
        self.tell_refusals(journey);
        if !journey.is_newcomer {
            self.leave_place(journey.call);
        }
        let now = self.now;
        let place = self.place_of(journey, &goal);
        self.alter_call(journey.call, |call| {
            call.place = place;
            call.hops = journey.hops;
            remember(call, &journey.diverts);
            match goal {
                Goal::Line(Line::Queue(queue), _) => {
                    call.origin_queue = Some(queue);
                    call.since = Some(journey.since_in_a_queue(now));
                }
                Goal::Line(Line::Private(_), Sent { sender: Sender::Queue(queue), .. }) => {
                    call.origin_queue = Some(queue);
                }
                Goal::Line(Line::Private(_), _) | Goal::Outside(..) | Goal::OutsideBy(..) => {}
            }
        });
    }

    pub(super) fn place_of(&self, journey: &Journey, goal: &Goal) -> Place {
        let now = self.now;
        match goal {
            Goal::Line(line, Sent { cause, sender }) => {
                let wait_max = match line {
                    Line::Queue(queue) => self.queue(*queue).map(|queue| queue.wait_max),
                    Line::Private(agent) => self.agent(*agent).map(|agent| self.private_wait_max(agent)),
                };
                let (weight_min, widens_at) = match line {
                    Line::Queue(queue) => {
                        let since = journey.since_in_a_queue(now);
                        self.queue(*queue).map_or((1, None), |queue| need(queue, since, now))
                    }
                    Line::Private(_) => (1, None),
                };
                let (line, cause, sender, wait_max) = (*line, *cause, *sender, wait_max.unwrap_or_default());
                Place::Waiting(Wait { line, joined: now, until: now + wait_max, cause, sender, weight_min, widens_at })
            }
            Goal::OutsideBy(address, agent) => {
                let (address, sent_by) = (Arc::clone(address), OutsideSender::Agent(*agent));
                Place::Outside { address, since: now, answered: false, sent_by }
            }
            Goal::Outside(address, queue, situation) => {
                let (address, sent_by) = (Arc::clone(address), OutsideSender::Treatment(*queue, *situation));
                Place::Outside { address, since: now, answered: false, sent_by }
            }
        }
    }

    /// A waiting call meets a situation: in its queue, or in private in its origin queue.
    pub(super) fn meet(&mut self, id: CallId, situation: Situation) {
        let Some(call) = self.call(id).cloned() else { return };
        let Place::Waiting(wait) = &call.place else { return };
        if self.goes_back_to_keeper(id) {
            return;
        }
        let Some(queue) = self.treating_queue(&call, wait) else { return };
        let mut journey = Journey::of(&call);
        journey.leave(wait.line);
        let met = self.treat(&mut journey, &queue, situation, Some(queue.treatments.of(situation)));
        let stays = matches!(met, Met::Stays) || (matches!(met, Met::NothingLeft) && situation == Situation::Timeout);
        if stays {
            self.tell_refusals(&journey);
            if situation == Situation::Timeout {
                let end = self.now + queue.wait_max;
                self.alter_call(id, |call| {
                    if let Place::Waiting(wait) = &mut call.place {
                        wait.until = end;
                    }
                });
            }
            return;
        }
        self.go_or_be_released(&call, &journey, met, situation);
    }

    fn go_or_be_released(&mut self, call: &Call, journey: &Journey, met: Met, situation: Situation) {
        let cause = match met {
            Met::SentOn(goal) => return self.place(journey, goal),
            Met::TooManyHops => ReleaseCause::TooManyHops,
            Met::Stays | Met::Released | Met::NothingLeft => ReleaseCause::Treatment(situation),
        };
        self.tell_refusals(journey);
        self.finish(call, Outcome::Released(cause), Party::Server);
    }

    fn treating_queue(&self, call: &Call, wait: &Wait) -> Option<Queue> {
        match wait.line {
            Line::Queue(queue) => self.queue(queue).cloned(),
            Line::Private(_) => self.queue(call.origin_queue?).cloned(),
        }
    }

    pub(super) fn cancel_queuing(&mut self, id: CallId) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        let (Place::Waiting(wait) | Place::Offered { wait, .. }) = &call.place else {
            return Err(Rejection::CallNotWaiting(id));
        };
        if call.keeper.is_none() && self.treating_queue(&call, wait).is_none() {
            return Err(Rejection::NothingToCancelTo(id));
        }
        self.withdraw(&call, WithdrawCause::Cancelled);
        self.meet(id, Situation::Cancelled);
        Ok(())
    }

    /// To its origin queue with the return ticket, else to the default queue, else it is released.
    pub(super) fn send_back(&mut self, id: CallId, cause: Cause) {
        let Some(call) = self.call(id).cloned() else { return };
        let Place::Waiting(wait) = &call.place else { return };
        let sender = match wait.line {
            Line::Queue(queue) => Sender::Queue(queue),
            Line::Private(agent) => Sender::Private(agent),
        };
        if !self.goes_back_to_keeper(id) {
            self.send_back_by(&call, Sent { cause, sender }, Some(wait.line));
        }
    }

    /// Not to where it waits.
    pub(super) fn send_back_by(&mut self, call: &Call, sent: Sent, waits_in: Option<Line>) {
        let ways = [call.origin_queue, self.settings.default_queue];
        let is_way = |queue: &QueueId| self.queue(*queue).is_some() && waits_in != Some(Line::Queue(*queue));
        let Some(queue) = ways.into_iter().flatten().find(is_way) else {
            return self.finish(call, Outcome::Released(ReleaseCause::NoQueueToReturnTo), Party::Server);
        };
        let mut journey = Journey::of(call);
        journey.came_back_to = Some(queue);
        match self.enter(&mut journey, queue, true, sent) {
            Ok(goal) => self.place(&journey, goal),
            Err(refusal) => {
                self.tell_refusals(&journey);
                let cause = release_cause(&refusal).unwrap_or(ReleaseCause::NoQueueToReturnTo);
                self.finish(call, Outcome::Released(cause), Party::Server);
            }
        }
    }

    /// Before it answered the rest of the treatment is tried; after it the call is over.
    pub(super) fn outside_left(&mut self, id: CallId) -> Result<(), Rejection> {
        let call = self.known_call(id)?;
        let Place::Outside { address, answered, sent_by, .. } = &call.place else { return Ok(()) };
        let (queue, situation) = match sent_by {
            OutsideSender::Agent(sender) => {
                self.outside_of_agent_left(&call, *sender);
                return Ok(());
            }
            OutsideSender::Treatment(queue, situation) => (queue, situation),
        };
        if self.goes_back_to_keeper(id) {
            return Ok(());
        }
        if *answered {
            self.finish(&call, Outcome::Answered, Party::Called);
            return Ok(());
        }
        let Some(queue) = self.queue(*queue).cloned() else {
            let cause = ReleaseCause::Treatment(*situation);
            self.finish(&call, Outcome::Released(cause), Party::Server);
            return Ok(());
        };
        let mut rest = Some(queue.treatments.of(*situation));
        let failed = Action::External(Arc::clone(address));
        while rest.is_some_and(|treatment| treatment.action != failed) {
            rest = rest.and_then(|treatment| treatment.fallback.as_deref());
        }
        let rest = rest.and_then(|treatment| treatment.fallback.as_deref());
        let mut journey = Journey::of(&call);
        journey.leave(Line::Queue(queue.id));
        let met = self.treat(&mut journey, &queue, *situation, rest);
        let nothing_left = matches!(met, Met::NothingLeft) && *situation == Situation::Timeout;
        if nothing_left || matches!(met, Met::Stays) {
            let sent = Sent { cause: Cause::Treatment(*situation), sender: Sender::Queue(queue.id) };
            self.place(&journey, Goal::Line(Line::Queue(queue.id), sent));
        } else {
            self.go_or_be_released(&call, &journey, met, *situation);
        }
        Ok(())
    }
}

/// What directed a call away is remembered once.
fn remember(call: &mut Call, diverts: &[(QueueId, Situation)]) {
    for divert in diverts {
        if !call.diverted.contains(divert) {
            call.diverted.push(*divert);
        }
    }
}
