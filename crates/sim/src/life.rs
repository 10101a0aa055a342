//! Crashes and restarts, the watch over the whole house, and what must be so in the end.

use std::time::Duration;

use engine::{AgentId, Call, Command, FailCause, Place, Presence, Reach, Work};
use node::{Note, Submission};

use crate::edge::{Edge, Role, Stage, Topic};
use crate::people::Act;
use crate::phones::Owner;
use crate::plant::Plant;
use crate::sometimes::Situation;
use crate::world::{Due, World};
use crate::writer::{Asker, StartStep};

/// The keys of the notes of legs.
const LEGS: &str = "sip/leg/";

/// Once faults have ended, what is wrong must be put right within this time.
const PATIENCE: Duration = Duration::from_secs(40);

impl World {
    pub(crate) fn planned_crash(&mut self) {
        if self.is_up {
            self.crash();
        }
        if let Some(every) = self.faults.crash_every {
            self.sometime(every, Due::Crash);
        }
    }

    /// The process ends here and now.
    pub(crate) fn crash(&mut self) {
        self.meet(Situation::Crash);
        self.lose_writer();
        let state = self.books.truth().state();
        let is_live = state.calls().next().is_some();
        let is_closed = state.queues().any(|queue| state.closed_since(queue.id).is_some());
        let is_line = state.queues().any(|queue| state.waiting_count(queue.id) > 1);
        if is_live {
            self.meet(Situation::LiveAtCrash);
        }
        if is_line {
            self.meet(Situation::WaitingAtCrash);
        }
        if is_closed {
            self.meet(Situation::ClosedAtCrash);
        }
        self.damage_disk();
        self.life += 1;
        self.is_up = false;
        self.edge = Edge::default();
        self.txns.retain(|(_, side, _), _| *side == crate::network::Side::Phone);
        self.lines_go_dead();
        let down = self.chance.millis(50, 3000);
        self.after(down, Due::Start);
    }

    /// The process starts: recovery, the end of calls that were live and the notes of their legs, the configuration, and
    /// then the phones.
    pub(crate) fn start(&mut self) {
        self.recover_writer();
        if self.breach.is_some() {
            return;
        }
        self.is_up = true;
        if self.life > 0 && self.chance.is(150) && !self.is_calm() {
            self.floor = crate::floors::changed(&mut self.chance, self.setting.size, &self.floor);
        }
        if self.plants(Plant::OpenEarly) {
            self.open();
        }
        let truth = self.books.truth();
        let is_left = truth.state().calls().next().is_some() || truth.notes(LEGS).next().is_some();
        self.start_step(if is_left { StartStep::FailAllCalls } else { StartStep::Configure });
    }

    fn start_step(&mut self, step: StartStep) {
        let submission = match step {
            StartStep::FailAllCalls => {
                let legs = self.books.truth().notes(LEGS).map(|(key, _)| Note::remove(key)).collect();
                Submission::fact(Command::FailAllCalls { cause: FailCause::LostAtRestart }).with_notes(legs)
            }
            StartStep::Configure => Submission::wish(Command::Configure(self.floor.clone())),
        };
        self.submit(submission, Asker::Start(step));
    }

    /// Each step after the other; whoever starts the process tries again when the disk is full.
    pub(crate) fn start_answered(&mut self, step: StartStep, is_done: bool) {
        match (step, is_done) {
            (_, false) => {
                self.life += 1;
                self.is_up = false;
                self.lose_writer();
                self.after(Duration::from_millis(700), Due::Start);
            }
            (StartStep::FailAllCalls, true) => self.start_step(StartStep::Configure),
            (StartStep::Configure, true) if !self.edge.is_open => self.open(),
            (StartStep::Configure, true) => {}
        }
    }

    fn open(&mut self) {
        self.edge.is_open = true;
        self.take_up_bindings();
    }

    /// Registrations that were confirmed are there after a restart.
    pub(crate) fn check_bindings(&mut self, noted: &[AgentId]) {
        let lost = self.books.bound_agents().iter().find(|agent| !noted.contains(agent)).copied();
        if let Some(agent) = lost {
            self.broken("I8", format!("the phone of {agent} was registered before the restart, and is not now"));
        }
    }

    /// Once a second: edge and journal see the same calls; when all is calm, nobody is forgotten.
    pub(crate) fn watch(&mut self) {
        self.after(Duration::from_secs(1), Due::Act(Act::Watch));
        if self.is_up && self.edge.is_open {
            self.check_edge();
        }
        if self.is_calm_for(PATIENCE) {
            self.check_nobody_is_forgotten();
        }
    }

    /// After every record the edge has the calls that the journal has, where the journal has them.
    fn check_edge(&mut self) {
        let state = self.books.truth().state();
        let known = self.edge.calls.keys().copied();
        if !known.eq(state.calls().map(|call| call.id)) {
            let edge: Vec<_> = self.edge.calls.keys().collect();
            let journal: Vec<_> = state.calls().map(|call| call.id).collect();
            return self.broken("edge", format!("the edge has {edge:?}, the journal {journal:?}"));
        }
        let wrong = state.calls().find(|call| !self.is_at_its_stage(call)).map(|call| format!("{call:?}"));
        if let Some(call) = wrong {
            return self.broken("edge", format!("the edge has another stage for {call}"));
        }
        let stray = self.edge.legs.iter().find(|(line, slot)| {
            let call = |id| self.edge.calls.get(&id);
            match slot.role {
                Role::Caller(id) => call(id).is_none_or(|call| call.caller != Some(**line)),
                Role::Other(id) => call(id).is_none_or(|call| call.other != Some(**line)),
                Role::Keeper(id) => {
                    call(id).is_none_or(|call| call.kept.as_ref().is_none_or(|kept| kept.line != Some(**line)))
                }
                Role::Ringing(id) => call(id).is_none_or(|call| call.ringing.is_none()),
                Role::Arriving(_) | Role::Parting => false,
            }
        });
        if let Some((line, slot)) = stray {
            let sentence = format!("line {} serves no call and is not hung up: {:?}", line.0, slot.role);
            return self.broken("R13", sentence);
        }
        if let Some(call) = self.books.key_ignored(self.now, self.life) {
            return self.broken("facts", format!("nobody decided on the cancel key that was pressed in {call}"));
        }
        if let Some(agent) = self.unbound_and_reachable() {
            self.broken("R13", format!("{agent} has no phone, and the rules think it can be reached"));
        }
    }

    fn is_at_its_stage(&self, call: &Call) -> bool {
        let Some(known) = self.edge.calls.get(&call.id) else { return false };
        let stage_fits = match (&call.place, &known.stage) {
            (Place::Waiting(_), Stage::Waiting) => true,
            (Place::Offered { offer, .. }, Stage::Offered { offer: known, .. }) => offer == known,
            (Place::Talking { agent, .. }, Stage::Talking { agent: known }) => agent == known,
            (Place::Outside { answered, .. }, Stage::Outside { answered: known, .. }) => answered == known,
            _ => false,
        };
        let has_other = matches!(known.stage, Stage::Talking { .. } | Stage::Outside { .. }) || known.other.is_none();
        let rings = known.ringing.as_ref().is_none_or(|ringing| match known.stage {
            Stage::Offered { offer, .. } => ringing.offer == offer,
            _ => false,
        });
        let is_answered = known.caller.and_then(|line| self.edge.legs.get(&line)).is_none_or(|slot| slot.answered);
        let keeper_fits = call.keeper.is_some() == known.kept.is_some();
        let hold_is_told = match call.place {
            _ if call.keeper.is_some() => true,
            Place::Talking { held, .. } => held == known.held || self.edge.facts.contains_key(&Topic::Call(call.id)),
            _ => true,
        };
        stage_fits && keeper_fits && has_other && rings && is_answered && hold_is_told
    }

    /// R13, R18: nobody is in a call that nobody else is in.
    fn check_nobody_is_forgotten(&mut self) {
        let state = self.books.truth().state();
        let long_ago = |at: engine::Timestamp| self.now.since(at) > Duration::from_secs(35);
        let ghost = state.calls().find(|call| {
            let caller = self.caller_of(call.key);
            caller.is_none_or(|caller| !caller.is_phone_dead && caller.over_at.is_some_and(long_ago))
        });
        if let Some(call) = ghost.cloned() {
            return self.broken("R13", format!("{call:?} is live, and its caller has left long ago"));
        }
        let alone = self.phones.iter().find(|(line, phone)| {
            let is_in_call = phone.leg.as_ref().is_some_and(|leg| leg.is_talking() && !leg.has_ended());
            is_in_call && !self.edge.legs.contains_key(line) && matches!(phone.owner, Owner::Caller(_))
        });
        if let Some((line, phone)) = alone {
            let sentence = format!("line {}: {:?} is connected to nobody", line.0, phone.owner);
            self.broken("R13", sentence);
        }
    }

    /// Nobody is thought to have a phone whose registration is over, unless that is just being told.
    fn unbound_and_reachable(&self) -> Option<AgentId> {
        let state = self.books.truth().state();
        let wrong = state.agents().find(|agent| {
            let id = agent.settings.id;
            let may_have_none = agent.is_leaving || self.books.may_have_no_phone(id) || self.is_being_told(id);
            agent.reach == Reach::Reachable && !self.edge.bindings.contains_key(&id) && !may_have_none
        });
        wrong.map(|agent| agent.settings.id)
    }

    /// Faults have stopped and everybody has gone: nothing is left.
    pub(crate) fn check_the_end(&mut self) {
        let state = self.books.truth().state();
        let call = state.calls().next().map(|call| format!("{call:?}"));
        let at_work = state.agents().find(|agent| matches!(agent.work, Work::Offered { .. } | Work::Talking { .. }));
        let wraps_up = state.agents().find(|agent| {
            matches!(agent.work, Work::WrapUp { .. }) && self.now.since(agent.work_since) > Duration::from_secs(30)
        });
        let idle = state.agents().filter(|agent| agent.presence == Presence::Ready).count();
        let left = [
            call.map(|call| format!("a call: {call}")),
            at_work.or(wraps_up).map(|agent| format!("an agent at work: {agent:?}")),
            (!self.is_up || !self.edge.is_open).then(|| "the process is not up".to_owned()),
            (!self.edge.legs.is_empty()).then(|| format!("legs: {:?}", self.edge.legs.keys())),
            (!self.edge.calls.is_empty()).then(|| format!("calls of the edge: {:?}", self.edge.calls.keys())),
            (!self.edge.facts.is_empty()).then(|| format!("facts: {:?}", self.edge.facts)),
            (!self.is_idle()).then(|| "something to be written".to_owned()),
            (idle == 0 && state.agents().next().is_some() && self.nobody_should_rest())
                .then(|| "nobody is Ready".to_owned()),
            self.books.truth().notes(LEGS).next().map(|(key, _)| format!("the note {key}")),
        ];
        if let Some(left) = left.into_iter().flatten().next() {
            return self.broken("R18", format!("when everything is over there is still {left}"));
        }
        let lonely = self.phones.iter().find(|(_, phone)| phone.leg.as_ref().is_some_and(|leg| !leg.has_ended()));
        if let Some((line, phone)) = lonely {
            let sentence = format!("when everything is over line {} is still in a call: {:?}", line.0, phone.owner);
            return self.broken("R18", sentence);
        }
        self.check_whole_replay();
    }

    /// Whether agents had every reason to be `Ready` again.
    fn nobody_should_rest(&self) -> bool {
        self.workers.values().all(|worker| worker.is_phone_on)
    }

    /// I8: the journal from its beginning comes to what is true.
    fn check_whole_replay(&mut self) {
        let mut replay = node::Replay::new(crate::floors::VDN);
        let replayed = self.disk.records().iter().try_for_each(|record| replay.apply(record));
        if let Err(error) = replayed {
            return self.broken("R8", error.to_string());
        }
        let truth = self.books.truth();
        if replay.state() != truth.state() || replay.state().hash() != truth.state().hash() {
            self.broken("I8", "the journal from its beginning comes to something else than is true".to_owned());
        }
    }
}
