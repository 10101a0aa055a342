//! Offers: section 6 of the rules.

use engine::{
    AgentId, Call, CallId, ChosenPresence, Line, LostCause, NotReady, OfferEnd, OfferId, Place, Presence, Rejection,
    SignIn, WithdrawCause, Work,
};

use super::{Follows, Model, Said};

impl Model {
    fn pending(&self, offer: OfferId) -> Result<(Call, AgentId), Rejection> {
        let pending = self.calls.iter().find_map(|call| match call.place {
            Place::Offered { offer: known, agent, .. } if known == offer => Some((call.clone(), agent)),
            _ => None,
        });
        pending.ok_or(Rejection::OfferNotPending(offer))
    }

    /// Caller and agent talk.
    pub(super) fn accept(&mut self, offer: OfferId) -> Result<(), Rejection> {
        let (call, agent) = self.pending(offer)?;
        let now = self.now;
        let Place::Offered { wait, .. } = &call.place else { return Err(Rejection::OfferNotPending(offer)) };
        let talking = Place::Talking { agent, since: now, held: false, line: wait.line };
        let is_private = matches!(wait.line, Line::Private(_));
        self.leave_place(call.id);
        self.alter_call(call.id, |call| call.place = talking);
        self.alter(agent, |agent| {
            (agent.work, agent.work_since) = (Work::Talking { call: call.id, since: now }, now);
            agent.private_run = if is_private { agent.private_run + 1 } else { 0 };
        });
        self.was_answered(call.id);
        Ok(())
    }

    /// The agent did not take it: lost, `NotReady`, or kept `Ready` and not offered this call again for a while.
    pub(super) fn end_offer(&mut self, offer: OfferId, how: OfferEnd) -> Result<(), Rejection> {
        let (call, agent) = self.pending(offer)?;
        let keeps_ready = self.manner(&call).keep_ready;
        let not_before = (agent, self.now + self.settings.reoffer_min);
        self.back_in_line(call.id, how);
        match how {
            OfferEnd::Failed => {
                self.take_choice(agent);
                self.lose(agent, LostCause::OfferFailed);
            }
            OfferEnd::Declined | OfferEnd::Expired if keeps_ready => {
                self.alter_call(call.id, |call| call.not_before.push(not_before));
                self.take_choice(agent);
            }
            OfferEnd::Declined => self.is_made_not_ready(agent, NotReady::DECLINED),
            OfferEnd::Expired => self.is_made_not_ready(agent, NotReady::EXPIRED),
            OfferEnd::Withdrawn(_) => self.take_choice(agent),
        }
        self.was_not_taken(&call, how);
        Ok(())
    }

    /// A choice of `NotReady` stands; a phone without a button for it is made `Ready` again.
    fn is_made_not_ready(&mut self, id: AgentId, why: NotReady) {
        let Some(agent) = self.agent(id) else { return };
        if matches!(agent.after_work, Some(ChosenPresence::NotReady(_))) {
            return self.take_choice(id);
        }
        let by_phone = agent.settings.sign_in != SignIn::Person;
        let ready_at = by_phone.then(|| self.now + self.settings.auto_ready);
        self.set_presence(id, Presence::NotReady(why), engine::ChangedBy::Rule, ready_at);
    }

    /// Withdraws a call's offer, if it is offered.
    pub(super) fn withdraw(&mut self, call: &Call, cause: WithdrawCause) {
        if let Place::Offered { agent, .. } = call.place {
            self.back_in_line(call.id, OfferEnd::Withdrawn(cause));
            self.take_choice(agent);
        }
    }

    /// The call is back at its place as if it had never left, and the agent idle.
    pub(super) fn back_in_line(&mut self, id: CallId, how: OfferEnd) {
        let Some(Place::Offered { offer, agent, wait, .. }) = self.call(id).map(|call| call.place.clone()) else {
            return;
        };
        if let Line::Queue(queue) = wait.line
            && self.is_closed_by_hand(queue)
        {
            self.follows.push(Follows::CallMeetsClosed(id, queue));
        }
        self.alter_call(id, |call| call.place = Place::Waiting(wait));
        self.be_idle(agent);
        self.said.push(Said::OfferEnded(offer, how));
    }

    pub(super) fn reoffer_allowed(&mut self, agent: AgentId, call: CallId) {
        self.alter_call(call, |call| call.not_before.retain(|(kept, _)| *kept != agent));
    }

    pub(super) fn alter_call(&mut self, id: CallId, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.call_mut(id) {
            change(call);
        }
    }
}
