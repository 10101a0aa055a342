//! Presence, reach and wrap-up: sections 2, 7, 8 and 9 of the rules.

use engine::{
    Agent, AgentId, Call, CallId, ChangedBy, ChosenPresence, Line, LostCause, NotReady, NotReadyKind, OfferEnd,
    Presence, Queue, QueueId, Reach, Rejection, SignIn, Situation, Timestamp, WithdrawCause, Work,
};

use super::line::may_serve;
use super::private::Leaves;
use super::{Follows, Model, serves};

impl Model {
    /// By its phone: the first binding makes an agent reachable, and signs it in only if that is how it signs in.
    pub(super) fn sign_in(&mut self, id: AgentId, by: ChangedBy) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        let is_out = agent.presence == Presence::SignedOut;
        if by == ChangedBy::Phone {
            self.found(id);
            if is_out && agent.settings.sign_in == SignIn::Register {
                self.signed_in(id, by);
            }
            return Ok(());
        }
        if !is_out {
            return Err(Rejection::AgentAlreadySignedIn(id));
        }
        self.signed_in(id, by);
        Ok(())
    }

    /// `Ready`. Without a phone it has `lost_grace` to find it.
    pub(super) fn signed_in(&mut self, id: AgentId, by: ChangedBy) {
        let grace_end = self.now + self.settings.lost_grace;
        self.set_presence(id, Presence::Ready, by, None);
        self.alter(id, |agent| {
            agent.talked = std::time::Duration::ZERO;
            agent.private_run = 0;
            if let Reach::Lost { sign_out_at, .. } = &mut agent.reach {
                *sign_out_at = Some(grace_end);
            }
        });
    }

    pub(super) fn sign_out(&mut self, id: AgentId, by: ChangedBy) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        if agent.settings.sign_in == SignIn::Always {
            return Err(Rejection::AgentAlwaysSignedIn(id));
        }
        if agent.presence == Presence::SignedOut {
            return Err(Rejection::AgentSignedOut(id));
        }
        self.may_sign_out(&agent, by)?;
        self.goes_away(id, Leaves::SignedOut, by);
        Ok(())
    }

    /// Out at once but for its talk; calls of queues it deserts meet `NoAgents`, those that waited for it go where its
    /// rules say.
    pub(super) fn goes_away(&mut self, id: AgentId, why: Leaves, by: ChangedBy) {
        let Some(agent) = self.agent(id).cloned() else { return };
        let withdraw = if why == Leaves::Removed { WithdrawCause::Removed } else { WithdrawCause::AgentLeft };
        self.withdraw_from(&agent, withdraw);
        if matches!(agent.work, Work::WrapUp { .. }) {
            self.be_idle(id);
        }
        self.set_presence(id, Presence::SignedOut, by, None);
        self.alter(id, |agent| {
            if let Reach::Lost { sign_out_at, .. } = &mut agent.reach {
                *sign_out_at = None;
            }
        });
        for part in &agent.settings.queues {
            self.maybe_deserted(part.queue);
        }
        self.private_calls_leave(id, why);
    }

    /// When nobody is signed in any more who may take a queue's calls, these meet `NoAgents` once more, if it says so:
    /// first those of the queue itself, then those of queues that had its agents too.
    pub(super) fn maybe_deserted(&mut self, left: QueueId) {
        let own = self.queues.iter().filter(|queue| queue.id == left);
        let others = self.queues.iter().filter(|queue| queue.id != left && may_serve(queue, left));
        let deserted =
            own.chain(others).filter(|queue| queue.no_agents_while_waiting && !self.is_anybody_signed_in(queue));
        let calls: Vec<CallId> =
            deserted.flat_map(|queue| self.line(Line::Queue(queue.id))).map(|call| call.id).collect();
        for call in calls {
            self.with_what_follows(|model| model.meet(call, Situation::NoAgents));
        }
    }

    /// Who may take a queue's calls, now or when they have waited for longer.
    pub(super) fn is_anybody_signed_in(&self, queue: &Queue) -> bool {
        let takers: Vec<QueueId> = [queue.id].into_iter().chain(queue.also.iter().copied()).collect();
        let takes = |agent: &Agent| takers.iter().any(|taker| serves(&agent.settings, *taker));
        self.agents.iter().any(|agent| agent.presence != Presence::SignedOut && takes(agent))
    }

    pub(super) fn signed_in_to(&self, queue: QueueId) -> usize {
        let signed_in = |agent: &&Agent| agent.presence != Presence::SignedOut && serves(&agent.settings, queue);
        self.agents.iter().filter(signed_in).count()
    }

    /// Also signs in who signs in by its phone and stayed bound when it signed out.
    pub(super) fn become_ready(&mut self, id: AgentId, by: ChangedBy) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        if agent.presence == Presence::SignedOut && agent.settings.sign_in == SignIn::Register {
            self.signed_in(id, by);
            return Ok(());
        }
        self.choose(&agent, ChosenPresence::Ready, by)
    }

    /// By a supervisor it takes effect while a call is offered, and withdraws it.
    pub(super) fn become_not_ready(&mut self, id: AgentId, why: NotReady, by: ChangedBy) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        if by == ChangedBy::Supervisor && matches!(agent.work, Work::Offered { .. }) {
            self.withdraw_from(&agent, WithdrawCause::AgentLeft);
            self.set_presence(id, Presence::NotReady(why), by, None);
            return Ok(());
        }
        let asks = by != ChangedBy::Supervisor && why.kind == NotReadyKind::Rest;
        if asks && agent.presence != Presence::SignedOut && !super::rests::has_place(&agent) {
            self.may_rest(&agent)?;
        }
        self.choose(&agent, ChosenPresence::NotReady(why), by)
    }

    /// At once when idle, else after the work. Choosing for oneself ends the way back to `Ready`.
    pub(super) fn choose(&mut self, agent: &Agent, chosen: ChosenPresence, by: ChangedBy) -> Result<(), Rejection> {
        let id = agent.settings.id;
        if agent.presence == Presence::SignedOut {
            return Err(Rejection::AgentSignedOut(id));
        }
        let is_so = agent.presence == presence_of(chosen);
        if !agent.work.is_engaged() {
            if !is_so || agent.ready_at.is_some() {
                self.set_presence(id, presence_of(chosen), by, None);
            }
            return Ok(());
        }
        let after_work = (!is_so).then_some(chosen);
        if after_work != agent.after_work || agent.ready_at.is_some() {
            self.set_after_work(id, after_work, by);
        }
        Ok(())
    }

    pub(super) fn set_after_work(&mut self, id: AgentId, after_work: Option<ChosenPresence>, by: ChangedBy) {
        self.alter(id, |agent| {
            agent.after_work = after_work;
            agent.ready_at = None;
            super::rests::plans_change(agent);
            super::rests::orders_change(agent, by);
        });
    }

    pub(super) fn set_presence(&mut self, id: AgentId, presence: Presence, by: ChangedBy, ready_at: Option<Timestamp>) {
        let now = self.now;
        let stops_being_ready =
            |agent: &Agent| agent.presence == Presence::Ready && matches!(presence, Presence::NotReady(_));
        if self.agent(id).is_some_and(|agent| stops_being_ready(agent) && self.empties_when_not_ready(agent)) {
            self.follows.push(Follows::PrivateCallsLeave(id));
        }
        self.alter(id, |agent| {
            agent.presence = presence;
            agent.presence_since = now;
            agent.after_work = None;
            agent.ready_at = ready_at;
            super::rests::presence_changes(agent, now);
            super::rests::orders_change(agent, by);
        });
    }

    /// What was chosen for after the work, now that it is over.
    pub(super) fn take_choice(&mut self, id: AgentId) {
        if let Some(chosen) = self.agent(id).and_then(|agent| agent.after_work) {
            self.set_presence(id, presence_of(chosen), ChangedBy::Rule, None);
        }
    }

    pub(super) fn end_wrap_up(&mut self, id: AgentId) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        if !matches!(agent.work, Work::WrapUp { .. }) {
            return Err(Rejection::AgentNotInWrapUp(id));
        }
        self.wrapped_up(id);
        Ok(())
    }

    pub(super) fn wrapped_up(&mut self, id: AgentId) {
        self.be_idle(id);
        self.take_choice(id);
    }

    pub(super) fn be_idle(&mut self, id: AgentId) {
        let now = self.now;
        self.alter(id, |agent| (agent.work, agent.work_since) = (Work::Idle { since: now }, now));
    }

    /// An agent is free of a call it served or dialled. One that was only waited for is gone then.
    pub(super) fn end_talk(&mut self, id: AgentId) {
        let now = self.now;
        let Some(agent) = self.agent(id) else { return };
        let Work::Talking { since, .. } = agent.work else { return };
        if agent.is_leaving {
            self.agents.retain(|agent| agent.settings.id != id);
            return;
        }
        self.alter(id, |agent| agent.talked += now.since(since));
        self.be_idle(id);
    }

    /// After a talk: wrap-up, or what was chosen. Who has signed out does nothing.
    pub(super) fn after_talk(&mut self, call: &Call, id: AgentId) {
        let Some(agent) = self.agent(id) else { return };
        if agent.presence == Presence::SignedOut {
            return;
        }
        let wrap_up = self.manner(call).wrap_up;
        let by_itself = agent.settings.idle_automatically;
        if by_itself && wrap_up.is_zero() {
            return self.take_choice(id);
        }
        let (now, call) = (self.now, call.id);
        let until = by_itself.then(|| now + wrap_up);
        self.alter(id, |agent| (agent.work, agent.work_since) = (Work::WrapUp { call, until }, now));
    }

    pub(super) fn phone_found(&mut self, id: AgentId) -> Result<(), Rejection> {
        self.known_agent(id)?;
        self.found(id);
        Ok(())
    }

    pub(super) fn found(&mut self, id: AgentId) {
        self.alter(id, |agent| agent.reach = Reach::Reachable);
    }

    /// A fixed phone has no binding to lose.
    pub(super) fn phone_lost(&mut self, id: AgentId) -> Result<(), Rejection> {
        let agent = self.known_agent(id)?;
        let is_known = matches!(agent.reach, Reach::Lost { cause: LostCause::NoBinding, .. });
        if is_known || agent.settings.sign_in == SignIn::Always {
            return Ok(());
        }
        if self.withdraw_from(&agent, WithdrawCause::PhoneLost) {
            self.take_choice(id);
        }
        self.lose(id, LostCause::NoBinding);
        Ok(())
    }

    /// The phone cannot be reached. An end of the house's patience that runs already goes on running.
    pub(super) fn lose(&mut self, id: AgentId, cause: LostCause) {
        let now = self.now;
        let retry_at = (cause == LostCause::OfferFailed).then(|| now + self.settings.lost_retry);
        let grace_end = now + self.settings.lost_grace;
        self.alter(id, |agent| {
            let (since, running) = match agent.reach {
                Reach::Reachable => (now, None),
                Reach::Lost { since, sign_out_at, .. } => (since, sign_out_at),
            };
            let may_leave = agent.presence != Presence::SignedOut && agent.settings.sign_in != SignIn::Always;
            let sign_out_at = may_leave.then(|| running.unwrap_or(grace_end));
            agent.reach = Reach::Lost { since, cause, retry_at, sign_out_at };
        });
    }

    /// Withdraws the offer an agent has, if it has one; what the agent chose for after it is still to be taken.
    fn withdraw_from(&mut self, agent: &Agent, cause: WithdrawCause) -> bool {
        let Work::Offered { call, .. } = agent.work else { return false };
        self.back_in_line(call, OfferEnd::Withdrawn(cause));
        true
    }
}

pub(super) const fn presence_of(chosen: ChosenPresence) -> Presence {
    match chosen {
        ChosenPresence::Ready => Presence::Ready,
        ChosenPresence::NotReady(why) => Presence::NotReady(why),
    }
}
