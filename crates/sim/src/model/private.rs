//! What becomes of calls whose wait for one agent ends without a talk: section 8 of the rules.

use std::time::Duration;

use engine::{
    Agent, AgentId, Call, CallId, Cause, ChangedBy, DirectedToNotReady, Line, OnNotReady, OnSignOut, Outcome, Party,
    Place, PrivateAction, Refusal, Rejection, ReleaseCause, Sender, StayAt, Target, Work,
};

use super::journey::{Goal, Journey, Sent, refusal};
use super::{Model, Said, Tried};

/// Why private calls leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaves {
    WaitOver,
    SignedOut,
    NotReady,
    Removed,
}

/// What an agent has of its own, else what its VDN says.
impl Model {
    pub(super) fn private_wait_max(&self, agent: &Agent) -> Duration {
        agent.settings.private.wait_max.unwrap_or(self.settings.private_wait_max)
    }

    pub(super) fn private_depth_max(&self, agent: &Agent) -> u32 {
        agent.settings.private.depth_max.unwrap_or(self.settings.private_depth_max)
    }

    pub(super) fn lets_wait_for(&self, agent: &Agent) -> bool {
        let says = agent.settings.private.directed_to_not_ready.unwrap_or(self.settings.directed_to_not_ready);
        says == DirectedToNotReady::Wait
    }

    pub(super) fn empties_when_not_ready(&self, agent: &Agent) -> bool {
        let says = agent.settings.private.on_not_ready.unwrap_or(self.settings.on_not_ready);
        says == OnNotReady::AsOnSignOut
    }

    fn on_sign_out(&self, agent: &Agent) -> OnSignOut {
        agent.settings.private.on_sign_out.unwrap_or(self.settings.on_sign_out)
    }

    fn delegate(&self, agent: &Agent) -> Option<AgentId> {
        let delegate = agent.settings.private.delegate.or(self.settings.delegate);
        delegate.filter(|delegate| *delegate != agent.settings.id)
    }
}

impl Model {
    /// Only the agent's own wish can be refused: while calls wait for it, or one rings that would wait again.
    pub(super) fn may_sign_out(&self, agent: &Agent, by: ChangedBy) -> Result<(), Rejection> {
        let id = agent.settings.id;
        let mut waiting = self.line_length(Line::Private(id));
        if let Work::Offered { call, .. } = agent.work
            && let Some(Place::Offered { wait, .. }) = self.call(call).map(|call| &call.place)
            && wait.line == Line::Private(id)
        {
            waiting += 1;
        }
        if by == ChangedBy::Agent && self.on_sign_out(agent) == OnSignOut::Refuse && waiting > 0 {
            return Err(Rejection::PrivateCallsWait(id, u32::try_from(waiting).unwrap_or(u32::MAX)));
        }
        Ok(())
    }

    /// All of them, in the order in which the agent would have served them.
    pub(super) fn private_calls_leave(&mut self, agent: AgentId, why: Leaves) {
        for call in self.line(Line::Private(agent)) {
            self.with_what_follows(|model| model.private_wait_ends(call.id, why));
        }
    }

    /// The first thing that is not refused; in the end, back to a queue.
    pub(super) fn private_wait_ends(&mut self, id: CallId, why: Leaves) {
        let Some(call) = self.call(id).cloned() else { return };
        let Place::Waiting(wait) = &call.place else { return };
        let Line::Private(owner) = wait.line else { return };
        let Some(agent) = self.agent(owner).cloned() else { return };
        if self.goes_back_to_keeper(id) {
            return;
        }
        let actions = match why {
            Leaves::WaitOver => match &agent.settings.private.on_wait_end {
                Some(own) => own.clone(),
                None => self.settings.on_private_wait_end.clone(),
            },
            Leaves::SignedOut | Leaves::NotReady | Leaves::Removed => vec![match self.on_sign_out(&agent) {
                OnSignOut::Return | OnSignOut::Refuse => PrivateAction::Return,
                OnSignOut::Delegate => PrivateAction::Delegate,
                OnSignOut::ReturnToSender => PrivateAction::ReturnToSender,
                OnSignOut::Release => PrivateAction::Release,
            }],
        };
        for action in actions.into_iter().chain([PrivateAction::Return]) {
            match self.is_done_with(&call, &agent, wait.sender, action, why) {
                Ok(()) => return,
                Err(reason) => self.said.push(Said::Refused(id, Tried::Private(owner, action), reason)),
            }
        }
    }

    /// Or why this could not be done.
    fn is_done_with(
        &mut self,
        call: &Call,
        agent: &Agent,
        sender: Sender,
        action: PrivateAction,
        why: Leaves,
    ) -> Result<(), Refusal> {
        let owner = agent.settings.id;
        let mut journey = Journey::of(call);
        let mut goes = |model: &Self, target, cause| {
            model.hop(&mut journey, target, Sent { cause, sender: Sender::Private(owner) })
        };
        let went = match action {
            PrivateAction::Return => {
                self.send_back(call.id, return_cause(why));
                return Ok(());
            }
            PrivateAction::Release => {
                let cause =
                    if why == Leaves::WaitOver { ReleaseCause::PrivateWaitEnd } else { ReleaseCause::AgentLeft };
                self.finish(call, Outcome::Released(cause), Party::Server);
                return Ok(());
            }
            PrivateAction::Stay => return self.waits_again(call, agent),
            PrivateAction::Agent(target) if target == owner => return self.waits_again(call, agent),
            PrivateAction::Agent(target) => goes(self, Target::Agent(target), Cause::PrivateWaitEnd),
            PrivateAction::Queue(target) => goes(self, Target::Queue(target), Cause::PrivateWaitEnd),
            PrivateAction::Delegate => match self.delegate(agent) {
                Some(delegate) if waited_for(call, delegate) => return Err(Refusal::AskedBefore),
                Some(delegate) => self.handed_on(&mut journey, Sender::Private(owner), delegate, Cause::Delegated),
                None => return Err(Refusal::NobodyNamed),
            },
            PrivateAction::ReturnToSender => match sender {
                Sender::Agent(sender) => {
                    self.handed_on(&mut journey, Sender::Private(owner), sender, Cause::ReturnedToSender)
                }
                Sender::Caller | Sender::Queue(_) | Sender::Private(_) | Sender::Request | Sender::Outside => {
                    return Err(Refusal::NobodyNamed);
                }
            },
        };
        let goal = went.map_err(|rejection| refusal(&rejection))?;
        self.place(&journey, goal);
        Ok(())
    }

    fn waits_again(&mut self, call: &Call, agent: &Agent) -> Result<(), Refusal> {
        let end = self.now + self.private_wait_max(agent);
        self.alter_call(call.id, |call| {
            if let Place::Waiting(wait) = &mut call.place {
                wait.until = end;
            }
        });
        Ok(())
    }

    /// Only to who comes to it by itself, whatever is said of calls that are directed to agents who do not.
    pub(super) fn handed_on(
        &self,
        journey: &mut Journey,
        by: Sender,
        to: AgentId,
        cause: Cause,
    ) -> Result<Goal, Rejection> {
        let is_resting = self.agent(to).is_some_and(|agent| self.takes_nothing(agent));
        match self.hop(journey, Target::Agent(to), Sent { cause, sender: by }) {
            Ok(_) | Err(Rejection::PrivateQueueFull(_)) if is_resting => Err(Rejection::AgentNotReady(to)),
            went => went,
        }
    }
}

/// Since it last talked with anybody.
fn waited_for(call: &Call, agent: AgentId) -> bool {
    for stay in call.history.iter().rev() {
        match &stay.at {
            StayAt::Agent(_) => return false,
            StayAt::Line(line) if *line == Line::Private(agent) => return true,
            StayAt::Line(_) | StayAt::Outside(_) => {}
        }
    }
    false
}

const fn return_cause(why: Leaves) -> Cause {
    match why {
        Leaves::WaitOver => Cause::PrivateTimeout,
        Leaves::SignedOut => Cause::AgentSignedOut,
        Leaves::NotReady => Cause::AgentNotReady,
        Leaves::Removed => Cause::Removed,
    }
}
