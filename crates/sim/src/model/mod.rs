//! The reference model: the rules of the floor once more, as slow and as obvious as they can be. Lists that are scanned,
//! no indexes, changes made in place. It shares its words with the engine and nothing else, and must agree with it
//! command by command: on what is refused and why, on every call and every agent after it, and on what falls due next.

mod agents;
mod calls;
mod compare;
pub use compare::said;
mod configure;
mod hours;
mod journey;
mod keeping;
mod line;
mod moves;
mod offers;
mod private;
mod rests;
mod serve;
mod skill;

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Action, Agent, AgentId, AgentSettings, Call, CallId, Command, Deadline, Line, OfferEnd, OfferId, Outcome, Party,
    Place, Presence, PrivateAction, Queue, QueueId, Reach, Refusal, Rejection, Rest, Situation, Timestamp, VdnId,
    VdnSettings, Wait, Work,
};

use self::private::Leaves;

/// The floor as the model sees it. Lists are in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Model {
    now: Timestamp,
    vdn: Option<VdnId>,
    settings: VdnSettings,
    queues: Arc<Vec<Queue>>,
    agents: Vec<Agent>,
    calls: Vec<Call>,
    /// Queues that are closed by hand, and since when.
    closed: Vec<(QueueId, Timestamp)>,
    calls_made: u64,
    offers_made: u64,
    said: Vec<Said>,
    /// What follows from the change that is being made, once it is made: the last first.
    follows: Vec<Follows>,
}

/// What a change brings with it.
#[derive(Clone, Copy, Debug)]
enum Follows {
    /// An agent is `Ready` no longer, and its rules say that its private calls leave then.
    PrivateCallsLeave(AgentId),
    /// A call may be back in a queue that is closed by hand.
    CallMeetsClosed(CallId, QueueId),
}

/// What a turn led to, as far as it does not show in what is true afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A call was offered.
    Offered(OfferId, CallId, AgentId),
    /// An offer ended, not accepted.
    OfferEnded(OfferId, OfferEnd),
    /// A call is over.
    Ended(CallId, Outcome, Party),
    /// Something that was to be done with a call was refused.
    Refused(CallId, Tried, Refusal),
}

/// What was to be done with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// By a queue, in a situation.
    Treatment(QueueId, Situation, Action),
    /// At the end of its wait for an agent.
    Private(AgentId, PrivateAction),
}

impl Model {
    /// One turn: the command, then whatever follows from it by itself.
    ///
    /// # Errors
    /// Why the command is refused; nothing has changed then.
    pub fn handle(&mut self, now: Timestamp, command: &Command) -> Result<Vec<Said>, Rejection> {
        let before = self.clone();
        self.now = now;
        self.said.clear();
        if let Err(rejection) = self.with_what_follows(|model| model.obey(command)) {
            *self = before;
            return Err(rejection);
        }
        while self.something_falls_due() || self.with_what_follows(Self::somebody_may_rest) || self.somebody_is_served()
        {
        }
        Ok(std::mem::take(&mut self.said))
    }

    /// Makes a change, and then what follows from it, before anything else goes on.
    fn with_what_follows<T>(&mut self, change: impl FnOnce(&mut Self) -> T) -> T {
        let of_others = std::mem::take(&mut self.follows);
        let done = change(self);
        while let Some(follows) = self.follows.pop() {
            self.follow(follows);
        }
        self.follows = of_others;
        done
    }

    fn follow(&mut self, follows: Follows) {
        let of_others = std::mem::take(&mut self.follows);
        match follows {
            Follows::PrivateCallsLeave(agent) => self.private_calls_leave(agent, Leaves::NotReady),
            Follows::CallMeetsClosed(call, queue) => self.may_meet_closed(call, queue),
        }
        while let Some(next) = self.follows.pop() {
            self.follow(next);
        }
        self.follows = of_others;
    }

    fn obey(&mut self, command: &Command) -> Result<(), Rejection> {
        match command {
            Command::Configure(floor) => self.configure(floor),
            Command::Arrive { key, caller, called, priority, target } => {
                self.arrive(*key, caller, called, *priority, *target)
            }
            Command::CallerLeft { call } => self.caller_left(*call),
            Command::AgentLeft { call, agent } => self.agent_left(*call, *agent),
            Command::FailCall { call, cause } => self.fail(*call, *cause),
            Command::FailAllCalls { cause } => self.fail_all(*cause),
            Command::ReleaseCall { call } => self.release(*call),
            Command::CancelQueuing { call } => self.cancel_queuing(*call),
            Command::SetHeld { call, held } => self.set_held(*call, *held),
            Command::Transfer { call, agent, target } => self.transfer(*call, *agent, *target),
            Command::MoveCall { call, target } => self.move_call(*call, *target),
            Command::OutsideAnswered { call } => self.outside_answered(*call),
            Command::OutsideLeft { call } => self.outside_left(*call),
            Command::AcceptOffer { offer } => self.accept(*offer),
            Command::DeclineOffer { offer } => self.end_offer(*offer, OfferEnd::Declined),
            Command::ExpireOffer { offer } => self.end_offer(*offer, OfferEnd::Expired),
            Command::FailOffer { offer } => self.end_offer(*offer, OfferEnd::Failed),
            Command::SignIn { agent, by } => self.sign_in(*agent, *by),
            Command::SignOut { agent, by } => self.sign_out(*agent, *by),
            Command::BecomeReady { agent, by } => self.become_ready(*agent, *by),
            Command::BecomeNotReady { agent, why, by } => self.become_not_ready(*agent, *why, *by),
            Command::AskRest { agent, length, cause, by } => self.ask_rest(*agent, *length, *cause, *by),
            Command::CancelRest { agent, by } => self.cancel_rest(*agent, *by),
            Command::GrantRest { agent } => self.grant_rest(*agent),
            Command::DenyRest { agent, order: _ } => self.deny_rest(*agent),
            Command::ForcePresence { agent, presence, order } => self.force(*agent, *presence, order),
            Command::EndWrapUp { agent, by: _ } => self.end_wrap_up(*agent),
            Command::PhoneFound { agent } => self.phone_found(*agent),
            Command::PhoneLost { agent } => self.phone_lost(*agent),
            Command::Tick => Ok(()),
            Command::TransferBy(wish) => self.transfer_by(wish),
            Command::CompleteTransfer { call, agent } => self.complete_transfer(*call, *agent),
            Command::JoinTalk { call, agent } => self.join_talk(*call, *agent),
            Command::TakeBack { call, agent } => self.take_back(*call, *agent),
            Command::CloseQueue { queue } => self.close_queue(*queue),
            Command::OpenQueue { queue } => self.open_queue(*queue),
        }
    }

    /// What falls due next, and when.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Timestamp, Deadline)> {
        let of_agents = self.agents.iter().flat_map(agent_deadlines);
        of_agents.chain(self.calls.iter().flat_map(call_deadlines)).min()
    }

    fn something_falls_due(&mut self) -> bool {
        let Some((_, deadline)) = self.next_deadline().filter(|(at, _)| *at <= self.now) else { return false };
        self.with_what_follows(|model| model.fall_due(deadline));
        true
    }

    fn fall_due(&mut self, deadline: Deadline) {
        match deadline {
            Deadline::LostRetry(agent) => self.found(agent),
            Deadline::LostGraceEnd(agent) => self.goes_away(agent, Leaves::SignedOut, engine::ChangedBy::Lost),
            Deadline::AutoReady(agent) => self.set_presence(agent, Presence::Ready, engine::ChangedBy::Rule, None),
            Deadline::RestEnd(agent) => self.rest_is_over(agent),
            Deadline::WrapUpEnd(agent) => self.wrapped_up(agent),
            Deadline::OfferExpiry(offer) => {
                // It is pending, for only pending offers have this deadline.
                let _ = self.end_offer(offer, OfferEnd::Expired);
            }
            Deadline::WaitEnd(call) => self.meet(call, engine::Situation::Timeout),
            Deadline::PrivateWaitEnd(call) => self.private_wait_ends(call, Leaves::WaitOver),
            Deadline::ReofferMin(agent, call) => self.reoffer_allowed(agent, call),
            Deadline::SkillStep(call) => self.widens(call),
        }
    }

    fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.iter().find(|queue| queue.id == id)
    }

    fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.settings.id == id)
    }

    fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.iter().find(|call| call.id == id)
    }

    fn call_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.id == id)
    }

    fn known_call(&self, id: CallId) -> Result<Call, Rejection> {
        self.call(id).cloned().ok_or(Rejection::NoSuchCall(id))
    }

    /// Who is no longer configured, and only ends its talk, is nobody one could name.
    fn known_agent(&self, id: AgentId) -> Result<Agent, Rejection> {
        self.agent(id).filter(|agent| !agent.is_leaving).cloned().ok_or(Rejection::NoSuchAgent(id))
    }

    /// Changes an agent. Whoever becomes available by it has been idle since now.
    fn alter(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        let now = self.now;
        let Some(agent) = self.agents.iter_mut().find(|agent| agent.settings.id == id) else { return };
        let was_available = is_available(agent);
        change(agent);
        if is_available(agent) && !was_available {
            (agent.work, agent.work_since) = (Work::Idle { since: now }, now);
        }
    }

    /// The calls that wait in a line, in the order in which they are served.
    fn line(&self, line: Line) -> Vec<Call> {
        let mut calls: Vec<Call> =
            self.calls.iter().filter(|call| wait_of(call).is_some_and(|wait| wait.line == line)).cloned().collect();
        calls.sort_by_key(|call| self.place_in_line(call));
        calls
    }

    fn line_length(&self, line: Line) -> usize {
        self.calls.iter().filter(|call| wait_of(call).is_some_and(|wait| wait.line == line)).count()
    }
}

/// `Ready`, idle and reachable.
fn is_available(agent: &Agent) -> bool {
    agent.presence == Presence::Ready
        && matches!(agent.work, Work::Idle { .. })
        && matches!(agent.reach, Reach::Reachable)
}

fn serves(agent: &AgentSettings, queue: QueueId) -> bool {
    agent.queues.iter().any(|part| part.queue == queue)
}

fn wait_of(call: &Call) -> Option<&Wait> {
    match &call.place {
        Place::Waiting(wait) => Some(wait),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    }
}

fn agent_deadlines(agent: &Agent) -> Vec<(Timestamp, Deadline)> {
    let id = agent.settings.id;
    let mut ends = Vec::new();
    if let Reach::Lost { retry_at, sign_out_at, .. } = agent.reach {
        ends.extend(retry_at.map(|at| (at, Deadline::LostRetry(id))));
        ends.extend(sign_out_at.map(|at| (at, Deadline::LostGraceEnd(id))));
    }
    if let Some(Rest::Begun { until, is_overdue: false }) = agent.rest {
        ends.push((until, Deadline::RestEnd(id)));
    }
    ends.extend(agent.ready_at.map(|at| (at, Deadline::AutoReady(id))));
    if let Work::WrapUp { until: Some(until), .. } = agent.work {
        ends.push((until, Deadline::WrapUpEnd(id)));
    }
    ends
}

/// While a call is offered, only the offer has an end: deadlines of waiting never break one.
fn call_deadlines(call: &Call) -> Vec<(Timestamp, Deadline)> {
    let mut ends: Vec<(Timestamp, Deadline)> =
        call.not_before.iter().map(|(agent, until)| (*until, Deadline::ReofferMin(*agent, call.id))).collect();
    ends.extend(wait_of(call).and_then(|wait| wait.widens_at).map(|at| (at, Deadline::SkillStep(call.id))));
    match &call.place {
        Place::Waiting(Wait { line: Line::Queue(_), until, .. }) => ends.push((*until, Deadline::WaitEnd(call.id))),
        Place::Waiting(Wait { line: Line::Private(_), until, .. }) => {
            ends.push((*until, Deadline::PrivateWaitEnd(call.id)));
        }
        Place::Offered { offer, until, .. } => ends.push((*until, Deadline::OfferExpiry(*offer))),
        Place::Talking { .. } | Place::Outside { .. } => {}
    }
    ends
}

/// How a call's offers ring and what follows them: as its origin queue says, else as the VDN says.
struct Manner {
    ring_max: Duration,
    wrap_up: Duration,
    keep_ready: bool,
}

impl Model {
    fn manner(&self, call: &Call) -> Manner {
        self.manner_by(call.origin_queue)
    }

    fn manner_by(&self, queue: Option<QueueId>) -> Manner {
        match queue.and_then(|queue| self.queue(queue)) {
            Some(queue) => Manner { ring_max: queue.ring_max, wrap_up: queue.wrap_up, keep_ready: queue.keep_ready },
            None => Manner {
                ring_max: self.settings.ring_max,
                wrap_up: self.settings.wrap_up,
                keep_ready: self.settings.keep_ready,
            },
        }
    }
}
