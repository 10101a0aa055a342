//! An agent keeps its call while it has asked for somebody else: decision 20 of the project.

use std::sync::Arc;

use engine::{
    Agent, AgentId, Call, CallId, Cause, Keeper, Keeping, OfferEnd, Outcome, Party, Place, Presence, Rejection, Sender,
    Target, Transfer, TransferMode, TransferTo, WithdrawCause, Work,
};

use super::Model;
use super::calls::talker;
use super::journey::{Goal, Journey, Sent};

impl Model {
    pub(super) fn transfer_by(&mut self, wish: &Transfer) -> Result<(), Rejection> {
        let call = self.known_call(wish.call)?;
        let agent = wish.agent;
        if let Some(keeper) = call.keeper
            && (keeper.agent == agent || talker(&call) == Some(agent))
        {
            return Err(Rejection::CallIsKept(call.id, keeper.agent));
        }
        let Place::Talking { agent: served_by, line, .. } = call.place else {
            return Err(Rejection::NotTheAgentsCall(agent, call.id));
        };
        if served_by != agent {
            return Err(Rejection::NotTheAgentsCall(agent, call.id));
        }
        if wish.mode == TransferMode::Specified && !matches!(wish.to, TransferTo::Agent(_)) {
            return Err(Rejection::SpecifiedNeedsAgent(call.id));
        }
        let mut journey = Journey::of(&call);
        journey.starts_its_age_anew();
        let sent = Sent { cause: Cause::Transfer, sender: Sender::Agent(agent) };
        let goal = match &wish.to {
            TransferTo::Queue(queue) => self.hop(&mut journey, Target::Queue(*queue), sent)?,
            TransferTo::Agent(other) => self.hop(&mut journey, Target::Agent(*other), sent)?,
            TransferTo::Outside(address) => {
                self.count_hop(&mut journey)?;
                Goal::OutsideBy(Arc::clone(address), agent)
            }
        };
        let keeping = match wish.mode {
            TransferMode::Release | TransferMode::Specified => {
                self.end_talk(agent);
                self.place(&journey, goal);
                self.after_talk(&call, agent);
                return Ok(());
            }
            TransferMode::Success => Keeping::UntilAnswered,
            TransferMode::Consult => Keeping::ToConsult,
            TransferMode::ThreeParty => Keeping::ToJoin,
        };
        let keeper = Keeper { agent, keeping, line, since: call.since, origin_queue: call.origin_queue };
        self.alter_call(call.id, |call| call.keeper = Some(keeper));
        self.place(&journey, goal);
        Ok(())
    }

    fn kept(&self, id: CallId, agent: AgentId) -> Result<(Call, Keeper), Rejection> {
        let call = self.known_call(id)?;
        match call.keeper {
            Some(keeper) if keeper.agent == agent => Ok((call, keeper)),
            _ => Err(Rejection::NotTheKeeper(agent, id)),
        }
    }

    pub(super) fn complete_transfer(&mut self, id: CallId, agent: AgentId) -> Result<(), Rejection> {
        let (call, _) = self.kept(id, agent)?;
        if is_answered(&call) {
            self.keeper_leaves(&call);
            return Ok(());
        }
        self.keep_for(id, Keeping::UntilAnswered);
        Ok(())
    }

    pub(super) fn join_talk(&mut self, id: CallId, agent: AgentId) -> Result<(), Rejection> {
        self.kept(id, agent)?;
        self.keep_for(id, Keeping::ToJoin);
        Ok(())
    }

    fn keep_for(&mut self, id: CallId, keeping: Keeping) {
        self.alter_call(id, |call| {
            if let Some(keeper) = &mut call.keeper {
                keeper.keeping = keeping;
            }
        });
    }

    pub(super) fn take_back(&mut self, id: CallId, agent: AgentId) -> Result<(), Rejection> {
        self.kept(id, agent)?;
        self.goes_back_to_keeper(id);
        Ok(())
    }

    /// Whoever only waited for the answer is free at it.
    pub(super) fn was_answered(&mut self, id: CallId) {
        if let Some(call) = self.call(id).cloned()
            && call.keeper.is_some_and(|keeper| keeper.keeping == Keeping::UntilAnswered)
        {
            self.keeper_leaves(&call);
        }
    }

    /// The call stays where it is.
    pub(super) fn keeper_leaves(&mut self, call: &Call) {
        let Some(keeper) = call.keeper else { return };
        self.alter_call(call.id, |call| call.keeper = None);
        self.end_talk(keeper.agent);
        self.after_keeping(call.id, keeper);
    }

    /// Wrap-up as the queue says by which the keeper came to the call.
    pub(super) fn after_keeping(&mut self, call: CallId, keeper: Keeper) {
        let id = keeper.agent;
        let Some(agent) = self.agent(id) else { return };
        if agent.presence == Presence::SignedOut {
            return;
        }
        let by_itself = agent.settings.idle_automatically;
        let wrap_up = self.manner_by(keeper.origin_queue).wrap_up;
        if by_itself && wrap_up.is_zero() {
            return self.take_choice(id);
        }
        let now = self.now;
        let until = by_itself.then(|| now + wrap_up);
        self.alter(id, |agent: &mut Agent| (agent.work, agent.work_since) = (Work::WrapUp { call, until }, now));
    }

    /// Answers whether somebody kept it.
    pub(super) fn goes_back_to_keeper(&mut self, id: CallId) -> bool {
        let Some(call) = self.call(id).cloned() else { return false };
        let Some(keeper) = call.keeper else { return false };
        self.withdraw(&call, WithdrawCause::CallTaken);
        self.leave_place(id);
        let since = self.now;
        self.alter_call(id, |call| {
            call.place = Place::Talking { agent: keeper.agent, since, held: false, line: keeper.line };
            call.keeper = None;
            call.since = keeper.since;
            call.origin_queue = keeper.origin_queue;
        });
        if let Some(other) = talker(&call) {
            self.end_talk(other);
            self.after_talk(&call, other);
        }
        true
    }

    /// Nobody else takes a call that its one agent did not take.
    pub(super) fn was_not_taken(&mut self, call: &Call, how: OfferEnd) {
        let Place::Offered { wait, .. } = &call.place else { return };
        if wait.line.is_private() && !matches!(how, OfferEnd::Withdrawn(_)) {
            self.goes_back_to_keeper(call.id);
        }
    }

    /// Answers whether the hang-up of one of the agents of a kept call was that.
    pub(super) fn one_of_two_left(&mut self, call: &Call, agent: AgentId) -> bool {
        match call.keeper {
            Some(keeper) if keeper.agent == agent => self.keeper_leaves(call),
            Some(_) if talker(call) == Some(agent) => {
                self.goes_back_to_keeper(call.id);
            }
            _ => return false,
        }
        true
    }

    /// An outside number that an agent sent the call to.
    pub(super) fn outside_of_agent_left(&mut self, call: &Call, sender: AgentId) {
        if self.goes_back_to_keeper(call.id) {
            return;
        }
        if is_answered(call) {
            return self.finish(call, Outcome::Answered, Party::Called);
        }
        let mut journey = Journey::of(call);
        match self.handed_on(&mut journey, Sender::Outside, sender, Cause::ReturnedToSender) {
            Ok(goal) => self.place(&journey, goal),
            Err(_) => self.send_back_by(call, Sent { cause: Cause::OutsideFailed, sender: Sender::Outside }, None),
        }
    }
}

pub(super) const fn is_answered(call: &Call) -> bool {
    matches!(call.place, Place::Talking { .. } | Place::Outside { answered: true, .. })
}
