//! What becomes of calls whose wait for one agent ends without a talk.

use alloc::vec::Vec;

use crate::agent::{ChangedBy, Presence, Work};
use crate::call::{Call, Cause, Line, Place, ReleaseCause, Sender, StayAt, Wait};
use crate::event::{Event, TakenBack};
use crate::floor::{OnNotReady, OnSignOut, PrivateAction, PrivateRules};
use crate::id::AgentId;
use crate::rejection::{Refusal, Rejection};
use crate::state::{Agent, State};
use crate::time::Timestamp;

use super::journey::{Journey, Sent};
use super::moves::{release, send_back};
use super::transfers::taken_back;
use super::{Decision, Step};

/// Why a private wait ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrivateEnd {
    /// The call has waited for as long as it may.
    WaitOver,
    /// The agent signed out.
    SignedOut,
    /// The agent is `Ready` no longer.
    NotReady,
    /// The agent is configured no more.
    Removed,
}

impl PrivateEnd {
    /// Why the call comes back to a queue.
    const fn return_cause(self) -> Cause {
        match self {
            Self::WaitOver => Cause::PrivateTimeout,
            Self::SignedOut => Cause::AgentSignedOut,
            Self::NotReady => Cause::AgentNotReady,
            Self::Removed => Cause::Removed,
        }
    }

    const fn release_cause(self) -> ReleaseCause {
        match self {
            Self::WaitOver => ReleaseCause::PrivateWaitEnd,
            Self::SignedOut | Self::NotReady | Self::Removed => ReleaseCause::AgentLeft,
        }
    }
}

/// Whether an agent may sign out by itself. What nobody can refuse is not asked.
pub(super) fn may_sign_out(state: &State, agent: &Agent, by: ChangedBy) -> Result<(), Rejection> {
    let id = agent.settings.id;
    if by != ChangedBy::Agent || state.private_rules(agent).on_sign_out != OnSignOut::Refuse {
        return Ok(());
    }
    let waiting = state.private_count(id) + usize::from(rings_for_a_private_call(state, agent));
    if waiting == 0 {
        return Ok(());
    }
    Err(Rejection::PrivateCallsWait(id, u32::try_from(waiting).unwrap_or(u32::MAX)))
}

/// A call that rings waits again when its agent signs out.
fn rings_for_a_private_call(state: &State, agent: &Agent) -> bool {
    let Work::Offered { call, .. } = agent.work else { return false };
    let place = state.call(call).map(|call| &call.place);
    matches!(place, Some(Place::Offered { wait: Wait { line: Line::Private(_), .. }, .. }))
}

/// Calls leave an agent who is about to be `NotReady`, if its rules say so.
pub(super) fn stops_being_ready(state: &State, id: AgentId) -> Option<Step> {
    let agent = state.agent(id)?;
    let stops = agent.presence == Presence::Ready && state.private_rules(agent).on_not_ready == OnNotReady::AsOnSignOut;
    stops.then_some(Step::EmptyPrivateQueue(id, PrivateEnd::NotReady))
}

/// All calls that wait for an agent end their wait, in the order in which it would have served them.
pub(super) fn empty_private_queue(state: &State, agent: AgentId, end: PrivateEnd) -> Decision {
    let calls = state.private_queue(agent).map(|call| Step::EndPrivateWait(call.id, end));
    Decision { events: Vec::new(), steps: calls.collect() }
}

/// What the agent's rules say is tried, one after another; a call that none of it helps goes back to its origin queue.
pub(crate) fn end_private_wait(state: &State, now: Timestamp, call: &Call, end: PrivateEnd) -> Decision {
    let Place::Waiting(Wait { line: Line::Private(id), sender, .. }) = &call.place else {
        panic!("only a call that waits in private ends a private wait")
    };
    if call.keeper.is_some() {
        let is_over = end == PrivateEnd::WaitOver;
        return taken_back(state, now, call, if is_over { TakenBack::WaitOver } else { TakenBack::AgentLeft }).into();
    }
    let agent = state.agent(*id).expect("a private queue has an agent");
    let rules = state.private_rules(agent);
    let leaving = [on_leaving(rules.on_sign_out)];
    let actions = if end == PrivateEnd::WaitOver { rules.on_wait_end } else { &leaving };
    let attempt = Attempt { state, now, call, agent: *id, sender: *sender, rules, end };
    let mut events = Vec::new();
    for action in actions {
        match attempt.act(*action) {
            Ok(done) => return done.after(events),
            Err(reason) => {
                events.push(Event::PrivateActionRefused { call: call.id, agent: *id, action: *action, reason });
            }
        }
    }
    send_back(state, now, call, end.return_cause()).after(events)
}

/// What is done with a call when its agent leaves; a refusal is for sign-outs that can be refused.
const fn on_leaving(on_sign_out: OnSignOut) -> PrivateAction {
    match on_sign_out {
        OnSignOut::Return | OnSignOut::Refuse => PrivateAction::Return,
        OnSignOut::Delegate => PrivateAction::Delegate,
        OnSignOut::ReturnToSender => PrivateAction::ReturnToSender,
        OnSignOut::Release => PrivateAction::Release,
    }
}

/// A call whose private wait ends, and what is known of it.
#[derive(Debug)]
struct Attempt<'a> {
    state: &'a State,
    now: Timestamp,
    call: &'a Call,
    /// For whom it waited.
    agent: AgentId,
    /// Who had sent it there.
    sender: Sender,
    rules: PrivateRules<'a>,
    end: PrivateEnd,
}

impl Attempt<'_> {
    fn act(&self, action: PrivateAction) -> Result<Decision, Refusal> {
        match action {
            PrivateAction::Return => Ok(send_back(self.state, self.now, self.call, self.end.return_cause())),
            PrivateAction::Delegate => self.delegate(),
            PrivateAction::ReturnToSender => self.return_to_sender(),
            PrivateAction::Queue(queue) => {
                self.go(|journey, sender| journey.hop_to_queue(queue, Sent { cause: Cause::PrivateWaitEnd, sender }))
            }
            PrivateAction::Agent(agent) if agent == self.agent => Ok(self.stay()),
            PrivateAction::Agent(agent) => {
                self.go(|journey, sender| journey.hop_to_agent(agent, Sent { cause: Cause::PrivateWaitEnd, sender }))
            }
            PrivateAction::Stay => Ok(self.stay()),
            PrivateAction::Release => Ok(release(self.state, self.now, self.call, self.end.release_cause()).into()),
        }
    }

    /// A call is handed to each delegate once, so that delegates of each other do not hand it round.
    fn delegate(&self) -> Result<Decision, Refusal> {
        let delegate = self.rules.delegate.ok_or(Refusal::NobodyNamed)?;
        if has_waited_for(self.call, delegate) {
            return Err(Refusal::AskedBefore);
        }
        self.go(|journey, sender| journey.hand_on(delegate, Sent { cause: Cause::Delegated, sender }))
    }

    fn return_to_sender(&self) -> Result<Decision, Refusal> {
        let Sender::Agent(agent) = self.sender else { return Err(Refusal::NobodyNamed) };
        let back = Cause::ReturnedToSender;
        self.go(|journey, sender| journey.hand_on(agent, Sent { cause: back, sender }))
    }

    fn stay(&self) -> Decision {
        Event::WaitExtended { call: self.call.id, until: self.now + self.rules.wait_max }.into()
    }

    fn go(&self, way: impl FnOnce(&mut Journey<'_>, Sender) -> Result<(), Rejection>) -> Result<Decision, Refusal> {
        let mut journey = Journey::of(self.state, self.now, self.call);
        way(&mut journey, Sender::Private(self.agent)).map_err(|rejection| {
            Refusal::of(&rejection).expect("a call on its way is refused for a reason that can be told")
        })?;
        Ok(journey.events.into())
    }
}

/// Whether a call has waited for an agent since it last talked.
fn has_waited_for(call: &Call, agent: AgentId) -> bool {
    let mut since_talk = call.history.iter().rev().take_while(|stay| !matches!(stay.at, StayAt::Agent(_)));
    since_talk.any(|stay| stay.at == StayAt::Line(Line::Private(agent)))
}
