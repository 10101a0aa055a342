//! Takes a recorded day apart, entry by entry.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::{
    Agent, AgentId, AgentSettings, CallId, ChangedBy, Command, Engine, Entry, Event, OfferEnd, OfferId, Place,
    Presence, State, Timestamp, Transfer,
};

use crate::day::{Act, Arrival, Day, Deed, Happening, Life, Part, Stimulus, WrapUp, queue_met};
use crate::offers::{Answer, Response};

/// Reads the entries of a day, in order, and keeps what came from outside.
#[derive(Debug)]
pub struct Recorder {
    engine: Engine,
    day: Day,
    order: u64,
    /// Every call of the day.
    lives: HashMap<CallId, usize>,
    /// Those that are live, and in which part of their life.
    live: BTreeMap<CallId, Now>,
    offers: BTreeMap<OfferId, Offered>,
    /// Agents made `NotReady` by an offer: which of their responses, and since when.
    refusing: BTreeMap<AgentId, (usize, Timestamp)>,
    wrapping_up: BTreeMap<AgentId, (usize, usize, Timestamp)>,
    /// Which talk of which call each agent had last.
    talked: BTreeMap<AgentId, (CallId, usize)>,
}

/// The kind of part that a live call is in; it is the last of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    Wait,
    Talk,
    Outside { is_answered: bool },
}

#[derive(Clone, Copy, Debug)]
struct Offered {
    agent: AgentId,
    life: usize,
    at: Timestamp,
}

impl Recorder {
    /// Begins at `begin` with the state then, which has a floor.
    #[must_use]
    pub fn new(start: Engine, begin: Timestamp) -> Self {
        let day = Day {
            begin,
            end: begin,
            stimuli: Vec::new(),
            lives: Vec::new(),
            there_before: BTreeMap::new(),
            responses: BTreeMap::new(),
            wrap_ups: BTreeMap::new(),
            agents: start.state().agents().map(|agent| (agent.settings.id, agent.settings.clone())).collect(),
            start: start.clone(),
        };
        let mut recorder = Self {
            engine: start,
            day,
            order: 0,
            lives: HashMap::new(),
            live: BTreeMap::new(),
            offers: BTreeMap::new(),
            refusing: BTreeMap::new(),
            wrapping_up: BTreeMap::new(),
            talked: BTreeMap::new(),
        };
        recorder.note_what_was_there();
        recorder
    }

    /// What is true after the last entry.
    #[must_use]
    pub fn state(&self) -> &State {
        self.engine.state()
    }

    /// The next entry.
    pub fn entry(&mut self, entry: &Entry) {
        self.order += 1;
        self.note_command(entry);
        for event in &entry.events {
            self.note_event(entry, event);
        }
        self.engine.apply(entry);
    }

    /// The day ends; what goes on then is known only so far.
    #[must_use]
    pub fn finish(mut self, end: Timestamp) -> Day {
        self.day.end = end;
        for offered in std::mem::take(&mut self.offers).into_values() {
            self.respond(end, offered, Answer::Withdrawn);
        }
        for agent in self.wrapping_up.keys().copied().collect::<Vec<_>>() {
            self.end_wrap_up(end, agent, false);
        }
        for call in self.live.keys().copied().collect::<Vec<_>>() {
            self.close(end, call);
        }
        self.day
    }

    fn note_what_was_there(&mut self) {
        let (calls, begin): (Vec<_>, _) = (self.engine.state().calls().cloned().collect(), self.day.begin);
        for call in calls {
            let life = self.day.lives.len();
            self.day.lives.push(Life {
                arrival: None,
                arrived: begin,
                waits: vec![Part::new(call.origin_queue, begin)],
                talks: Vec::new(),
                outsides: Vec::new(),
            });
            self.day.there_before.insert(call.id, life);
            self.lives.insert(call.id, life);
            self.live.insert(call.id, Now::Wait);
            match call.place {
                Place::Waiting(_) => {}
                Place::Offered { offer, agent, .. } => {
                    self.offers.insert(offer, Offered { agent, life, at: begin });
                }
                Place::Talking { agent, .. } => self.talk(begin, call.id, agent),
                Place::Outside { answered, .. } => self.begin(begin, call.id, Now::Outside { is_answered: answered }),
            }
        }
    }

    /// What was asked, in the state before it was decided.
    fn note_command(&mut self, entry: &Entry) {
        match &entry.command {
            // With the event that makes it a call; and what falls due does so by itself.
            Command::Arrive { .. } | Command::Tick => {}
            Command::CallerLeft { call } => self.act(entry.at, *call, Deed::CallerLeft),
            Command::AgentLeft { call, .. } => self.act(entry.at, *call, Deed::AgentLeft),
            Command::FailCall { call, cause } => self.act(entry.at, *call, Deed::Failed(*cause)),
            Command::ReleaseCall { call } => self.act(entry.at, *call, Deed::Released),
            Command::CancelQueuing { call } => self.act(entry.at, *call, Deed::Cancelled),
            Command::SetHeld { call, held } => self.act(entry.at, *call, Deed::Held(*held)),
            Command::Transfer { call, target, .. } => self.act(entry.at, *call, Deed::Transferred(*target)),
            Command::MoveCall { call, target } => self.act(entry.at, *call, Deed::Moved(*target)),
            Command::TransferBy(Transfer { call, .. })
            | Command::CompleteTransfer { call, .. }
            | Command::JoinTalk { call, .. }
            | Command::TakeBack { call, .. } => {
                self.act(entry.at, *call, Deed::Asked(Box::new(entry.command.clone())));
            }
            Command::OutsideAnswered { call } => self.act(entry.at, *call, Deed::OutsideAnswered),
            Command::OutsideLeft { call } => self.act(entry.at, *call, Deed::OutsideLeft),
            Command::AcceptOffer { offer } => self.answered(entry.at, *offer, Answer::Accepted),
            Command::DeclineOffer { offer } => self.answered(entry.at, *offer, Answer::Declined),
            Command::ExpireOffer { offer } => self.answered(entry.at, *offer, Answer::GaveUp),
            Command::FailOffer { offer } => self.answered(entry.at, *offer, Answer::Failed),
            Command::BecomeReady { agent, .. } if self.comes_back(entry.at, *agent) => {}
            Command::EndWrapUp { agent, .. } if self.end_wrap_up(entry.at, *agent, true) => {}
            other => {
                let signs_in = entry.events.iter().any(|event| matches!(event, Event::AgentSignedIn { .. }));
                self.happen(entry.at, Happening::Command { command: Box::new(other.clone()), signs_in });
            }
        }
    }

    fn note_event(&mut self, entry: &Entry, event: &Event) {
        let at = entry.at;
        if let Some((call, queue)) = queue_met(event) {
            self.meet(call, queue);
        }
        match event {
            Event::CallArrived { call, .. } => self.arrive(entry, *call),
            Event::CallSentOutside { call, .. } => self.begin(at, *call, Now::Outside { is_answered: false }),
            Event::CallQueued { call, .. } => self.back_in_line(at, *call),
            Event::OutsideAnswered { call } => {
                self.close(at, *call);
                self.live.insert(*call, Now::Outside { is_answered: true });
            }
            Event::OfferMade { offer, call, agent, .. } => {
                let life = self.lives[call];
                self.offers.insert(*offer, Offered { agent: *agent, life, at });
            }
            Event::OfferAccepted { call, agent, .. } | Event::CallTakenBack { call, agent, .. } => {
                self.talk(at, *call, *agent);
            }
            Event::OfferEnded { offer, how, .. } => {
                let answer = if *how == OfferEnd::Expired { Answer::RangOut } else { Answer::Withdrawn };
                self.answered(at, *offer, answer);
            }
            Event::CallTransferred { call, .. } | Event::CallKept { call, .. } => self.begin(at, *call, Now::Wait),
            Event::CallTransferredOutside { call, .. } => {
                self.begin(at, *call, Now::Wait);
                self.begin(at, *call, Now::Outside { is_answered: false });
            }
            Event::CallEnded { call, .. } => {
                self.close(at, *call);
                self.live.remove(call);
            }
            Event::WrapUpStarted { agent, call, .. } => {
                let life = self.lives[call];
                let talked = self.talked.get(agent).filter(|(of, _)| of == call);
                let talk = talked.map_or(usize::MAX, |(_, talk)| *talk);
                self.wrapping_up.insert(*agent, (life, talk, at));
            }
            Event::WrapUpEnded { agent, .. } => {
                self.end_wrap_up(at, *agent, false);
            }
            Event::PresenceChanged { agent, presence, by, .. } => self.presence(at, *agent, *presence, *by),
            Event::AgentSignedOut { agent, .. } => {
                self.refusing.remove(agent);
            }
            Event::AgentDefined(settings) => {
                self.day.agents.insert(settings.id, Arc::new(AgentSettings::clone(settings)));
            }
            _ => {}
        }
    }

    fn happen(&mut self, at: Timestamp, what: Happening) {
        self.day.stimuli.push(Stimulus { at, order: self.order, what });
    }

    fn arrive(&mut self, entry: &Entry, call: CallId) {
        let Command::Arrive { key, caller, called, priority, target } = entry.command.clone() else { return };
        let life = self.day.lives.len();
        self.day.lives.push(Life {
            arrival: Some(Arrival { key, caller, called, priority, target }),
            arrived: entry.at,
            waits: vec![Part::new(None, entry.at)],
            talks: Vec::new(),
            outsides: Vec::new(),
        });
        self.lives.insert(call, life);
        self.live.insert(call, Now::Wait);
        self.happen(entry.at, Happening::Arrival(life));
    }

    /// The part that a live call is in.
    fn part(&mut self, call: CallId) -> Option<&mut Part> {
        let (life, now) = (self.lives.get(&call)?, self.live.get(&call)?);
        let life = self.day.lives.get_mut(*life)?;
        match now {
            Now::Wait => life.waits.last_mut(),
            Now::Talk => life.talks.last_mut(),
            Now::Outside { .. } => life.outsides.last_mut(),
        }
    }

    fn act(&mut self, at: Timestamp, call: CallId, what: Deed) {
        let order = self.order;
        // Whoever gives up while an outside number rings gives up waiting.
        let gives_up =
            self.live.get(&call) == Some(&Now::Outside { is_answered: false }) && matches!(what, Deed::CallerLeft);
        if gives_up {
            self.close(at, call);
            self.live.insert(call, Now::Wait);
        }
        if let Some(part) = self.part(call) {
            part.acts.push(Act { after: at.since(part.began), order, what });
        }
    }

    fn meet(&mut self, call: CallId, queue: engine::QueueId) {
        if self.live.get(&call) == Some(&Now::Wait)
            && let Some(part) = self.part(call)
        {
            part.queue.get_or_insert(queue);
        }
    }

    /// While an outside number rings, the caller waits.
    fn close(&mut self, at: Timestamp, call: CallId) {
        if self.live.get(&call) == Some(&Now::Outside { is_answered: false })
            && let Some(wait) = self.lives.get(&call).and_then(|life| self.day.lives[*life].waits.last_mut())
        {
            wait.lasted = at.since(wait.began);
        }
        if let Some(part) = self.part(call) {
            part.lasted = at.since(part.began);
        }
    }

    fn begin(&mut self, at: Timestamp, call: CallId, now: Now) {
        self.close(at, call);
        let Some(life) = self.lives.get(&call).and_then(|life| self.day.lives.get_mut(*life)) else { return };
        let queue = life.waits.last().and_then(|wait| wait.queue);
        match now {
            Now::Wait => life.waits.push(Part::new(None, at)),
            Now::Talk => life.talks.push(Part::new(queue, at)),
            Now::Outside { .. } => life.outsides.push(Part::new(queue, at)),
        }
        self.live.insert(call, now);
    }

    fn talk(&mut self, at: Timestamp, call: CallId, agent: AgentId) {
        self.begin(at, call, Now::Talk);
        let life = self.lives.get(&call).and_then(|life| self.day.lives.get(*life));
        self.talked.insert(agent, (call, life.map_or(0, |life| life.talks.len().saturating_sub(1))));
    }

    /// Nobody answered outside: the wait goes on.
    fn back_in_line(&mut self, at: Timestamp, call: CallId) {
        if matches!(self.live.get(&call), Some(Now::Outside { .. })) {
            self.close(at, call);
            self.live.insert(call, Now::Wait);
        }
    }

    fn answered(&mut self, at: Timestamp, offer: OfferId, answer: Answer) {
        if let Some(offered) = self.offers.remove(&offer) {
            self.respond(at, offered, answer);
        }
    }

    fn respond(&mut self, at: Timestamp, offered: Offered, what: Answer) {
        let Offered { agent, life, at: made } = offered;
        let responses = self.day.responses.entry(agent).or_default();
        let (after, order) = (at.since(made), self.order);
        responses.push(Response { life, at: made, after, order, what, made_not_ready: false, ready_after: None });
        self.refusing.insert(agent, (responses.len() - 1, at));
    }

    /// Made `NotReady` by the rule, an agent may come back by its own hand: that belongs to the refusal.
    fn presence(&mut self, at: Timestamp, agent: AgentId, presence: Presence, by: ChangedBy) {
        let refusal = self.refusing.get(&agent).filter(|(_, refused)| *refused == at);
        match refusal.filter(|_| by == ChangedBy::Rule && matches!(presence, Presence::NotReady(_))) {
            Some((nth, _)) => self.day.responses.entry(agent).or_default()[*nth].made_not_ready = true,
            None => {
                self.refusing.remove(&agent);
            }
        }
    }

    fn comes_back(&mut self, at: Timestamp, agent: AgentId) -> bool {
        let Some((nth, since)) = self.refusing.get(&agent).copied() else { return false };
        let is_out = self.engine.state().agent(agent).is_some_and(is_not_ready);
        let Some(response) = self.day.responses.get_mut(&agent).and_then(|responses| responses.get_mut(nth)) else {
            return false;
        };
        if !response.made_not_ready || !is_out {
            return false;
        }
        response.ready_after = Some(at.since(since));
        true
    }

    /// False when it began before the day.
    fn end_wrap_up(&mut self, at: Timestamp, agent: AgentId, by_hand: bool) -> bool {
        let Some((life, talk, since)) = self.wrapping_up.remove(&agent) else { return false };
        let (after, order) = (at.since(since), self.order);
        self.day.wrap_ups.insert((agent, life, talk), WrapUp { at: since, after, order, by_hand });
        true
    }
}

fn is_not_ready(agent: &Agent) -> bool {
    matches!(agent.presence, Presence::NotReady(_))
}
