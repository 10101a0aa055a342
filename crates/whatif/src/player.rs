//! Gives a day to an engine, in virtual time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use engine::{
    AgentId, Call, CallId, ChangedBy, Command, Engine, Entry, Event, Floor, OfferId, Place, Presence, QueueId,
    Rejection, SignIn, State, Target, Timestamp, Transfer, Work,
};

use crate::added;
use crate::day::{Act, Day, Deed, Happening, Life};
use crate::likely::{Talks, WrapUps};
use crate::offers::{A_LITTLE, Answer, Offers, Response};
use crate::patience::{Patience, spread};

/// How long an agent waits who may not sign out while calls wait for it, before it tries again.
const SIGN_OUT_AGAIN: Duration = Duration::from_secs(60);

/// Another floor than the recorded one.
#[derive(Clone, Debug)]
pub struct OtherFloor {
    /// What the engine is configured with.
    pub floor: Floor,
    /// Where its numbers lead, and with which priority; a number that is not among them leads to where it did.
    pub numbers: BTreeMap<String, (QueueId, u8)>,
}

/// What a played day rests on beside the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Talks that did not take place on the recorded day: each as long as the nearest of the same queue.
    pub talks_borrowed: usize,
    /// Offers to agents who were not offered that call: answered as they answered at about that time.
    pub answers_borrowed: usize,
    /// Callers who waited for longer than is known of them.
    pub waits_beyond_known: usize,
    /// Those of them who gave up, by the estimate of their queue's patience.
    pub gave_up_by_estimate: usize,
    /// Transfers that were refused: the talk ends there.
    pub transfers_refused: usize,
    /// Calls of colleagues who were engaged or not there.
    pub dials_refused: usize,
    /// Calls refused at the door, by the queue they were for; none: for an agent.
    pub turned_away: BTreeMap<Option<QueueId>, u64>,
    /// Queues of the recorded day that calls were for and the floor does not have.
    pub queues_missing: BTreeSet<QueueId>,
    /// Agents of the recorded day whom the floor does not have.
    pub agents_missing: BTreeSet<AgentId>,
    /// Agents whom the recorded day does not have, and whose hours they work; none: they are there all day.
    pub agents_added: BTreeMap<AgentId, Option<AgentId>>,
}

/// Plays `day`: on its own floors, or all of it on another. `see` is told of each decision, after it.
///
/// # Errors
/// When the engine does not take the other floor.
pub fn play(day: &Day, other: Option<&OtherFloor>, see: &mut dyn FnMut(&State, &Entry)) -> Result<Notes, Rejection> {
    let mut player = Player::new(day, other, see);
    player.begin()?;
    while player.step() {}
    Ok(player.finish())
}

struct Player<'a> {
    day: &'a Day,
    other: Option<&'a OtherFloor>,
    see: &'a mut dyn FnMut(&State, &Entry),
    engine: Engine,
    agenda: BTreeMap<(Timestamp, u64, u64), Planned>,
    planned: u64,
    calls: HashMap<CallId, Playing>,
    /// The life whose call arrives in this turn.
    arriving: Option<usize>,
    offers: Offers<'a>,
    pending: HashMap<OfferId, (AgentId, Response)>,
    /// What each agent did about its last offer, and when.
    refused: BTreeMap<AgentId, (Timestamp, Response)>,
    /// Which talk of which life each agent had last.
    talked: BTreeMap<AgentId, (CallId, usize, usize)>,
    talks: Talks,
    wrap_ups: WrapUps,
    patience: Patience,
    /// Added agents by the colleague whose hours they work.
    followers: BTreeMap<AgentId, Vec<AgentId>>,
    notes: Notes,
}

/// Where a call is in the life that it follows.
#[derive(Clone, Copy, Debug)]
struct Playing {
    life: usize,
    /// Which of its waits it is in, or was in last.
    wait: usize,
    /// How many of its talks began.
    talk: usize,
    /// Which time outside it is in, or will be next.
    outside: usize,
    is_outside: bool,
    is_beyond_known: bool,
}

impl Playing {
    const fn of(life: usize) -> Self {
        Self { life, wait: 0, talk: 0, outside: 0, is_outside: false, is_beyond_known: false }
    }
}

/// Which part of which life something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Wait(usize),
    Talk(usize),
    Outside(usize),
}

#[derive(Clone, Debug)]
enum Planned {
    Stimulus(usize),
    Deed(CallId, Stage, Deed),
    /// The caller has waited for as long as is known of it.
    BeyondKnown(CallId, usize),
    GiveUp(CallId, usize),
    Answer(OfferId, Answer),
    ReadyAgain(AgentId, Timestamp),
    EndWrapUp(AgentId, CallId),
    SignOutAgain(AgentId),
}

impl<'a> Player<'a> {
    fn new(day: &'a Day, other: Option<&'a OtherFloor>, see: &'a mut dyn FnMut(&State, &Entry)) -> Self {
        Self {
            day,
            other,
            see,
            engine: day.start.clone(),
            agenda: BTreeMap::new(),
            planned: 0,
            calls: HashMap::new(),
            arriving: None,
            offers: Offers::new(day),
            pending: HashMap::new(),
            refused: BTreeMap::new(),
            talked: BTreeMap::new(),
            talks: Talks::of(day),
            wrap_ups: WrapUps::of(day),
            patience: Patience::of(day),
            followers: BTreeMap::new(),
            notes: Notes::default(),
        }
    }

    fn begin(&mut self) -> Result<(), Rejection> {
        let (day, begin) = (self.day, self.day.begin);
        for (nth, stimulus) in day.stimuli.iter().enumerate() {
            self.plan(stimulus.at, stimulus.order, Planned::Stimulus(nth));
        }
        for (call, life) in &day.there_before {
            if let Some(call) = self.engine.state().call(*call).cloned() {
                self.take_up(&call, *life);
            }
        }
        let Some(other) = self.other else { return Ok(()) };
        self.notes.agents_added = added::models(day, &other.floor);
        self.handle(begin, Command::Configure(other.floor.clone()))?;
        for (agent, model) in self.notes.agents_added.clone() {
            let there = model.and_then(|model| day.start.state().agent(model)).cloned();
            if let Some(model) = model {
                self.followers.entry(model).or_default().push(agent);
            }
            for command in added::at_first(agent, there.as_ref()) {
                self.try_to(begin, command);
            }
        }
        Ok(())
    }

    /// A call that was there before the day began goes on from where it is.
    fn take_up(&mut self, call: &Call, life: usize) {
        let begin = self.day.begin;
        self.calls.insert(call.id, Playing::of(life));
        self.wait(begin, call.id);
        match call.place {
            Place::Waiting(_) => {}
            Place::Offered { offer, agent, .. } => self.ring(begin, offer, call.id, agent),
            Place::Talking { agent, .. } => self.talk(begin, call.id, agent),
            Place::Outside { .. } => self.outside(begin, call.id),
        }
    }

    /// The next thing that happens; false when the day is over.
    fn step(&mut self) -> bool {
        let planned = self.agenda.first_key_value().map(|((at, ..), _)| *at);
        let due = self.engine.next_deadline().map(|(at, _)| at);
        let Some(at) = planned.into_iter().chain(due).min().filter(|at| *at <= self.day.end) else { return false };
        if due == Some(at) {
            self.try_to(at, Command::Tick);
        } else if let Some(((at, ..), planned)) = self.agenda.pop_first() {
            self.do_planned(at, planned);
        }
        true
    }

    fn finish(mut self) -> Notes {
        self.notes.answers_borrowed = self.offers.borrowed;
        self.notes
    }

    fn plan(&mut self, at: Timestamp, order: u64, what: Planned) {
        self.planned += 1;
        self.agenda.insert((at, order, self.planned), what);
    }

    fn handle(&mut self, at: Timestamp, command: Command) -> Result<(), Rejection> {
        let entry = self.engine.handle(at, command)?;
        for event in &entry.events {
            self.follow(at, event);
        }
        if !entry.events.is_empty() {
            (self.see)(self.engine.state(), &entry);
        }
        Ok(())
    }

    /// For what the floor may refuse without anybody minding.
    fn try_to(&mut self, at: Timestamp, command: Command) {
        if let Err(rejection) = self.handle(at, command) {
            self.missing(&rejection);
        }
    }

    fn missing(&mut self, rejection: &Rejection) {
        match rejection {
            Rejection::NoSuchAgent(agent) => {
                self.notes.agents_missing.insert(*agent);
            }
            Rejection::NoSuchQueue(queue) => {
                self.notes.queues_missing.insert(*queue);
            }
            _ => {}
        }
    }

    fn do_planned(&mut self, at: Timestamp, planned: Planned) {
        match planned {
            Planned::Stimulus(nth) => match &self.day.stimuli[nth].what {
                Happening::Arrival(life) => self.arrive(at, *life),
                Happening::Command { command, signs_in } => self.happen(at, command, *signs_in),
            },
            Planned::Deed(call, stage, deed) if self.is_in(call, stage) => self.deed(at, call, deed),
            Planned::BeyondKnown(call, wait) if self.is_in(call, Stage::Wait(wait)) => self.beyond_known(call),
            Planned::GiveUp(call, wait) if self.is_in(call, Stage::Wait(wait)) => {
                self.notes.gave_up_by_estimate += 1;
                self.try_to(at, Command::CallerLeft { call });
            }
            Planned::Deed(..) | Planned::BeyondKnown(..) | Planned::GiveUp(..) => {}
            Planned::Answer(offer, answer) => self.try_to(at, answer_to(offer, answer)),
            Planned::ReadyAgain(agent, since) => {
                let agent_there = self.engine.state().agent(agent);
                if agent_there.is_some_and(|agent| agent.presence_since == since) {
                    self.try_to(at, Command::BecomeReady { agent, by: ChangedBy::Agent });
                }
            }
            Planned::EndWrapUp(agent, call) => {
                let work = self.engine.state().agent(agent).map(|agent| agent.work);
                if matches!(work, Some(Work::WrapUp { call: of, .. }) if of == call) {
                    self.try_to(at, Command::EndWrapUp { agent, by: ChangedBy::Agent });
                }
            }
            Planned::SignOutAgain(agent) => self.sign_out(at, agent, ChangedBy::Agent),
        }
    }

    /// Whether a call is still in that part of its life.
    fn is_in(&self, call: CallId, stage: Stage) -> bool {
        let (Some(playing), Some(call)) = (self.calls.get(&call), self.engine.state().call(call)) else { return false };
        match (&call.place, stage) {
            (Place::Waiting(_) | Place::Offered { .. } | Place::Outside { answered: false, .. }, Stage::Wait(nth)) => {
                playing.wait == nth
            }
            (Place::Talking { .. }, Stage::Talk(nth)) => playing.talk == nth + 1,
            (Place::Outside { .. }, Stage::Outside(nth)) => playing.outside == nth,
            _ => false,
        }
    }

    fn arrive(&mut self, at: Timestamp, life: usize) {
        let Some(arrival) = &self.day.lives[life].arrival else { return };
        let by_number = self.other.and_then(|other| other.numbers.get(&*arrival.called)).copied();
        let (target, priority) = match by_number {
            Some((queue, priority)) => (Target::Queue(queue), priority),
            None => (arrival.target, arrival.priority),
        };
        let (key, caller, called) = (arrival.key, arrival.caller.clone(), arrival.called.clone());
        let is_dialled = matches!(caller, engine::Caller::Agent(_));
        self.arriving = Some(life);
        if let Err(rejection) = self.handle(at, Command::Arrive { key, caller, called, priority, target }) {
            self.arriving = None;
            self.missing(&rejection);
            if is_dialled {
                self.notes.dials_refused += 1;
            } else {
                let queue = if let Target::Queue(queue) = target { Some(queue) } else { None };
                *self.notes.turned_away.entry(queue).or_default() += 1;
            }
        }
    }

    fn happen(&mut self, at: Timestamp, command: &Command, signs_in: bool) {
        match command {
            Command::Configure(_) if self.other.is_some() => {}
            Command::SignOut { agent, by } => self.sign_out(at, *agent, *by),
            // Signed in by its phone on the day, but on this floor by a person.
            Command::SignIn { agent, by: ChangedBy::Phone } if signs_in && self.signs_in_by_hand(*agent) => {
                self.try_to(at, command.clone());
                self.try_to(at, Command::SignIn { agent: *agent, by: ChangedBy::Agent });
            }
            _ => self.try_to(at, command.clone()),
        }
        let followers = added::about(command).and_then(|agent| self.followers.get(&agent)).cloned();
        for agent in followers.into_iter().flatten() {
            for command in added::likewise(agent, command, signs_in) {
                self.try_to(at, command);
            }
        }
    }

    fn signs_in_by_hand(&self, agent: AgentId) -> bool {
        self.engine.state().agent(agent).is_some_and(|agent| agent.settings.sign_in == SignIn::Person)
    }

    fn sign_out(&mut self, at: Timestamp, agent: AgentId, by: ChangedBy) {
        match self.handle(at, Command::SignOut { agent, by }) {
            Err(Rejection::PrivateCallsWait(..)) => {
                self.plan(at + SIGN_OUT_AGAIN, u64::MAX, Planned::SignOutAgain(agent));
            }
            Err(rejection) => self.missing(&rejection),
            Ok(()) => {}
        }
    }

    fn deed(&mut self, at: Timestamp, call: CallId, deed: Deed) {
        let talker = self.engine.state().call(call).and_then(|call| match call.place {
            Place::Talking { agent, .. } => Some(agent),
            _ => None,
        });
        let command = match deed {
            Deed::CallerLeft => Command::CallerLeft { call },
            Deed::AgentLeft => talker.map_or(Command::CallerLeft { call }, |agent| Command::AgentLeft { call, agent }),
            Deed::Failed(cause) => Command::FailCall { call, cause },
            Deed::Released => Command::ReleaseCall { call },
            Deed::Cancelled => Command::CancelQueuing { call },
            Deed::Moved(target) => Command::MoveCall { call, target },
            Deed::Held(held) => Command::SetHeld { call, held },
            Deed::OutsideAnswered => Command::OutsideAnswered { call },
            Deed::OutsideLeft => Command::OutsideLeft { call },
            Deed::Transferred(target) => {
                let Some(agent) = talker else { return };
                return self.transfer(at, call, talker, Command::Transfer { call, agent, target });
            }
            Deed::Asked(command) => return self.ask(at, call, talker, *command),
        };
        self.try_to(at, command);
    }

    fn transfer(&mut self, at: Timestamp, call: CallId, talker: Option<AgentId>, wish: Command) {
        let Some(agent) = talker else { return };
        match self.handle(at, wish) {
            Ok(()) => {}
            // The caller talks with whom it was meant for already: they go on as they did.
            Err(Rejection::AgentIsInTheCall(sought, _)) if sought == agent => {
                if let Some(playing) = self.calls.get_mut(&call) {
                    playing.wait += 1;
                }
                self.talk(at, call, agent);
            }
            Err(rejection) => {
                self.missing(&rejection);
                self.notes.transfers_refused += 1;
                self.try_to(at, Command::AgentLeft { call, agent });
            }
        }
    }

    /// A wish of an agent, by the agent who talks with the call here, or keeps it.
    fn ask(&mut self, at: Timestamp, call: CallId, talker: Option<AgentId>, command: Command) {
        let keeper = self.engine.state().call(call).and_then(|call| call.keeper).map(|keeper| keeper.agent);
        let command = match (command, talker, keeper) {
            (Command::TransferBy(wish), Some(agent), _) => {
                return self.transfer(at, call, talker, Command::TransferBy(Transfer { call, agent, ..wish }));
            }
            (Command::CompleteTransfer { .. }, _, Some(agent)) => Command::CompleteTransfer { call, agent },
            (Command::JoinTalk { .. }, _, Some(agent)) => Command::JoinTalk { call, agent },
            (Command::TakeBack { .. }, _, Some(agent)) => Command::TakeBack { call, agent },
            _ => return,
        };
        self.try_to(at, command);
    }

    /// The next wait of a life begins.
    fn waits_again(&mut self, at: Timestamp, call: CallId) {
        if let Some(playing) = self.calls.get_mut(&call) {
            playing.wait += 1;
            playing.is_beyond_known = false;
            self.wait(at, call);
        }
    }

    /// What an event means for the lives that are followed.
    fn follow(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::CallArrived { call, .. } => {
                if let Some(life) = self.arriving.take() {
                    self.calls.insert(*call, Playing::of(life));
                    self.wait(at, *call);
                }
            }
            Event::CallTransferred { call, .. } | Event::CallKept { call, .. } => {
                self.waits_again(at, *call);
            }
            Event::CallTransferredOutside { call, .. } => {
                self.waits_again(at, *call);
                self.outside(at, *call);
            }
            Event::CallTakenBack { call, agent, .. } => {
                self.leave_outside(*call);
                self.talk(at, *call, *agent);
            }
            Event::CallSentOutside { call, .. } => self.outside(at, *call),
            Event::CallQueued { call, .. } => self.leave_outside(*call),
            Event::OfferMade { offer, call, agent, .. } => self.ring(at, *offer, *call, *agent),
            Event::OfferAccepted { call, agent, .. } => self.talk(at, *call, *agent),
            Event::OfferEnded { offer, .. } => {
                if let Some((agent, response)) = self.pending.remove(offer) {
                    self.refused.insert(agent, (at, response));
                }
            }
            Event::PresenceChanged { agent, presence: Presence::NotReady(_), by: ChangedBy::Rule, .. } => {
                self.made_not_ready(at, *agent);
            }
            Event::WrapUpStarted { agent, call, until } => self.wrap_up(at, *agent, *call, until.is_some()),
            Event::CallEnded { call, .. } => {
                self.calls.remove(call);
            }
            _ => {}
        }
    }

    fn life(&self, call: CallId) -> Option<(Playing, &'a Life)> {
        let playing = *self.calls.get(&call)?;
        Some((playing, &self.day.lives[playing.life]))
    }

    fn plan_acts(&mut self, at: Timestamp, call: CallId, stage: Stage, acts: &[Act]) {
        for act in acts {
            self.plan(at + act.after, act.order, Planned::Deed(call, stage, act.what.clone()));
        }
    }

    /// A wait begins.
    fn wait(&mut self, at: Timestamp, call: CallId) {
        let Some((playing, life)) = self.life(call) else { return };
        let Some(wait) = life.waits.get(playing.wait) else { return };
        self.plan_acts(at, call, Stage::Wait(playing.wait), &wait.acts);
        if wait.is_left() {
            return;
        }
        self.plan(at + wait.lasted + Duration::from_micros(1), u64::MAX, Planned::BeyondKnown(call, playing.wait));
        let share = spread(playing.life + playing.wait);
        if let Some(ends) = self.patience.ends(wait.queue, wait.lasted, share) {
            self.plan(at + ends, u64::MAX, Planned::GiveUp(call, playing.wait));
        }
    }

    fn beyond_known(&mut self, call: CallId) {
        if let Some(playing) = self.calls.get_mut(&call)
            && !playing.is_beyond_known
        {
            playing.is_beyond_known = true;
            self.notes.waits_beyond_known += 1;
        }
    }

    fn ring(&mut self, at: Timestamp, offer: OfferId, call: CallId, agent: AgentId) {
        let Some((playing, _)) = self.life(call) else { return };
        let like = self.like(agent);
        let response = self.offers.answer(agent, like, playing.life, at);
        if !matches!(response.what, Answer::RangOut | Answer::Withdrawn) {
            self.plan(at + response.after, response.order, Planned::Answer(offer, response.what));
        }
        self.pending.insert(offer, (agent, response));
    }

    fn talk(&mut self, at: Timestamp, call: CallId, agent: AgentId) {
        let Some((playing, life)) = self.life(call) else { return };
        self.talked.insert(agent, (call, playing.life, playing.talk));
        if let Some(playing) = self.calls.get_mut(&call) {
            playing.talk += 1;
        }
        let stage = Stage::Talk(playing.talk);
        if let Some(talk) = life.talks.get(playing.talk) {
            return self.plan_acts(at, call, stage, &talk.acts);
        }
        self.notes.talks_borrowed += 1;
        let queue = life.waits.get(playing.wait).and_then(|wait| wait.queue);
        let ends = at + self.talks.like(queue, life.arrived);
        self.plan(ends, u64::MAX, Planned::Deed(call, stage, Deed::CallerLeft));
    }

    /// Where the day does not tell, somebody outside answers at once.
    fn outside(&mut self, at: Timestamp, call: CallId) {
        self.leave_outside(call);
        if let Some(playing) = self.calls.get_mut(&call) {
            playing.is_outside = true;
        }
        let Some((playing, life)) = self.life(call) else { return };
        let stage = Stage::Outside(playing.outside);
        if let Some(outside) = life.outsides.get(playing.outside) {
            return self.plan_acts(at, call, stage, &outside.acts);
        }
        self.notes.talks_borrowed += 1;
        let queue = life.waits.get(playing.wait).and_then(|wait| wait.queue);
        let ends = at + self.talks.like(queue, life.arrived);
        self.plan(at, u64::MAX, Planned::Deed(call, stage, Deed::OutsideAnswered));
        self.plan(ends, u64::MAX, Planned::Deed(call, stage, Deed::CallerLeft));
    }

    /// The next time outside is another one.
    fn leave_outside(&mut self, call: CallId) {
        if let Some(playing) = self.calls.get_mut(&call).filter(|playing| playing.is_outside) {
            playing.is_outside = false;
            playing.outside += 1;
        }
    }

    /// The agent comes back as it did; one who never had to, because it was kept `Ready`, after `auto_ready`.
    fn made_not_ready(&mut self, at: Timestamp, agent: AgentId) {
        let Some((_, response)) = self.refused.get(&agent).filter(|(refused, _)| *refused == at).cloned() else {
            return;
        };
        let after = if response.made_not_ready {
            response.ready_after
        } else {
            self.signs_in_by_hand(agent).then(|| self.engine.state().settings().auto_ready)
        };
        if let Some(after) = after {
            self.plan(at + after, response.order, Planned::ReadyAgain(agent, at));
        }
    }

    /// The agent ends it as it did after that talk; where it has no end of its own, as it did at about that time.
    fn wrap_up(&mut self, at: Timestamp, agent: AgentId, call: CallId, ends_by_itself: bool) {
        let talked = self.talked.get(&agent).filter(|(of, ..)| *of == call);
        let own = talked.and_then(|(_, life, talk)| self.day.wrap_ups.get(&(agent, *life, *talk)));
        if let Some(own) = own.filter(|wrap_up| wrap_up.by_hand) {
            return self.plan(at + own.after, own.order, Planned::EndWrapUp(agent, call));
        }
        if ends_by_itself {
            return;
        }
        let known = own.map_or(Duration::ZERO, |wrap_up| wrap_up.after);
        if let Some(after) = self.wrap_ups.like(self.like(agent), at) {
            let after = if after > known { after } else { known + A_LITTLE };
            self.plan(at + after, u64::MAX, Planned::EndWrapUp(agent, call));
        }
    }

    /// Whose ways the agent has: its own, or those of the colleague whose hours it works.
    fn like(&self, agent: AgentId) -> AgentId {
        self.notes.agents_added.get(&agent).copied().flatten().unwrap_or(agent)
    }
}

fn answer_to(offer: OfferId, answer: Answer) -> Command {
    match answer {
        Answer::Accepted => Command::AcceptOffer { offer },
        Answer::Declined => Command::DeclineOffer { offer },
        Answer::Failed => Command::FailOffer { offer },
        Answer::GaveUp | Answer::RangOut | Answer::Withdrawn => Command::ExpireOffer { offer },
    }
}
