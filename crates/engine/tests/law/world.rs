//! An engine, its replay event by event, and the books that are kept of its calls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use engine::{
    Call, CallId, Cause, Command, Departure, Destination, Engine, Entry, Event, Floor, Landing, Line, Outcome, Place,
    Preflight, Rejection, Situation, State, TakenBack, Timestamp, Transfer,
};

use super::checks::check_state;
use super::offers::check_offer;
use super::rests::check_grant;
use super::schedule::Step;

/// More consequences than any turn of these small floors can have.
const EVENTS_MAX: usize = 2000;

#[derive(Debug, Default)]
pub struct World {
    engine: Engine,
    replay: Engine,
    now: Timestamp,
    arrivals: usize,
    /// Every call there ever was, and how it ended.
    outcomes: BTreeMap<CallId, Option<Outcome>>,
    /// The kinds of events and rejections there were.
    pub seen: BTreeSet<String>,
}

impl World {
    pub fn at(now: Timestamp) -> Self {
        Self { now, ..Self::default() }
    }

    /// With this floor, and everybody at work.
    pub fn open(now: Timestamp, floor: Floor) -> Self {
        let mut world = Self::at(now);
        world.handle(Command::Configure(floor)).expect("the floor is well made");
        for command in Step::opening(world.state()) {
            let _ = world.handle(command);
        }
        world
    }

    pub fn state(&self) -> &State {
        self.engine.state()
    }

    pub fn play(&mut self, step: &Step) {
        let then = self.now + step.wait;
        if step.in_time {
            while let Some((at, deadline)) = self.engine.next_deadline().filter(|(at, _)| *at <= then) {
                self.now = at;
                let entry = self.handle(Command::Tick).expect("a tick is never refused");
                assert!(!entry.events.is_empty(), "{deadline:?} fell due and nothing happened");
            }
        }
        self.now = then;
        self.arrivals += 1;
        let command = step.command(self.engine.state(), self.arrivals);
        let _ = self.handle(command);
    }

    /// One command, with all laws checked: while its events become true, and after.
    pub fn handle(&mut self, command: Command) -> Option<Entry> {
        let before = self.engine.clone();
        let answer = self.engine.handle(self.now, command.clone());
        self.check_preview(&before, &command, &answer);
        self.check_preflight(&before, &command, &answer);
        let again = before.clone().handle(self.now, command.clone());
        assert_eq!(answer, again, "the same command to the same state has the same answer");
        let kinds =
            answer.as_ref().map_or_else(|refused| vec![kind(refused)], |entry| entry.events.iter().map(kind).collect());
        self.seen.extend(kinds);
        self.seen.extend(answer.iter().flat_map(|entry| entry.events.iter().filter_map(finer_kind)));
        let Ok(entry) = answer else {
            assert_eq!(self.engine.state(), before.state(), "a refused command changes nothing");
            return None;
        };
        assert!(entry.events.len() < EVENTS_MAX, "settling ends");
        check_closing(before.state(), &entry);
        assert_eq!((entry.at, &entry.command), (self.now, &command));
        for event in &entry.events {
            self.check_event(&entry, event);
            let alone = Entry { at: entry.at, command: Command::Tick, events: vec![event.clone()] };
            self.replay.apply(&alone);
            if let Event::CallQueued { call, hops, .. } | Event::CallSentOutside { call, hops, .. } = event {
                assert_eq!(self.replay.state().call(*call).map(|call| call.hops), Some(*hops));
            }
        }
        assert_eq!(self.replay.state(), self.engine.state(), "the replay is what happened");
        assert_eq!(self.replay.state().hash(), self.engine.state().hash());
        let restored = State::from_image(self.engine.state().image());
        assert_eq!(restored, *self.engine.state(), "an image keeps all that is true");
        assert_eq!(restored.hash(), self.engine.state().hash());
        check_state(self.engine.state(), self.now, self.engine.next_deadline());
        self.check_conservation();
        Some(entry)
    }

    /// What a dry run of a sign-out says is what happens.
    fn check_preview(&mut self, before: &Engine, command: &Command, answer: &Result<Entry, Rejection>) {
        let Command::SignOut { agent, by } = *command else { return };
        let preview = before.state().sign_out_preview(self.now, agent, by);
        let departures = match (preview, answer) {
            (Ok(departures), Ok(_)) => departures,
            (preview, answer) => return assert_eq!(preview.err().as_ref(), answer.as_ref().err()),
        };
        let waited = before.state().calls().filter(|call| match &call.place {
            Place::Waiting(wait) => wait.line == Line::Private(agent),
            Place::Offered { wait, .. } => wait.line == Line::Private(agent),
            Place::Talking { .. } | Place::Outside { .. } => false,
        });
        let waited: BTreeSet<CallId> = waited.map(|call| call.id).collect();
        assert_eq!(departures.iter().map(|departure| departure.call).collect::<BTreeSet<_>>(), waited);
        for Departure { call, to } in departures {
            let now = self.state().call(call).map(|call| &call.place);
            let is_so = match (to, now) {
                (Destination::Waiting(line), Some(Place::Waiting(wait))) => wait.line == line,
                (Destination::Offered(line, to), Some(Place::Offered { agent, wait, .. })) => {
                    wait.line == line && *agent == to
                }
                (Destination::TakenBack(keeper), Some(Place::Talking { agent, .. })) => *agent == keeper,
                (Destination::Outside, Some(Place::Outside { .. })) | (Destination::Ended(_), None) => true,
                _ => false,
            };
            assert!(is_so, "{call} was to be {to:?}, and is {now:?}");
        }
    }

    /// What is told before a transfer is what happens at it, if nothing else happens in that turn.
    fn check_preflight(&mut self, before: &Engine, command: &Command, answer: &Result<Entry, Rejection>) {
        let Command::TransferBy(wish) = command else { return };
        let Preflight { landing, alternatives } = before.state().transfer_preflight(self.now, wish);
        assert!(alternatives.is_sorted_by_key(|other| !matches!(other.landing, Landing::Rings { .. })));
        let (landing, entry) = match (landing, answer) {
            (Ok(landing), Ok(entry)) => (landing, entry),
            (landing, answer) => return assert_eq!(landing.err().as_ref(), answer.as_ref().err()),
        };
        if !entry.events.iter().all(|event| is_of_transfer(event, wish)) {
            return;
        }
        let state = self.engine.state();
        let place = state.call(wish.call).map(|call| &call.place);
        let is_so = match (landing, place) {
            (Landing::Rings { line, agent: at }, Some(Place::Offered { agent, wait, .. })) => {
                *agent == at && wait.line == line
            }
            (Landing::Waits { line, place, .. }, Some(Place::Waiting(wait))) => {
                let ahead: Vec<CallId> = match line {
                    Line::Queue(queue) => state.waiting(queue).map(|call| call.id).collect(),
                    Line::Private(agent) => state.private_queue(agent).map(|call| call.id).collect(),
                };
                wait.line == line && ahead.get(place - 1) == Some(&wish.call)
            }
            (Landing::Outside, Some(Place::Outside { .. })) => true,
            _ => false,
        };
        self.seen.insert(match landing {
            Landing::Rings { .. } => "told it would ring".into(),
            Landing::Waits { .. } => "told it would wait".into(),
            Landing::Outside => "told it would be outside".into(),
        });
        assert!(is_so, "{} was to be {landing:?}, and is {place:?}", wish.call);
    }

    /// What must hold where an event becomes true; the replay stands just before it.
    fn check_event(&mut self, entry: &Entry, event: &Event) {
        let state = self.replay.state();
        check_grant(state, &entry.command, event);
        match event {
            Event::OfferMade { call, agent, why, line, .. } => check_offer(state, entry.at, *call, *agent, *line, why),
            Event::CallArrived { call, .. } => {
                assert!(self.outcomes.insert(*call, None).is_none(), "a call's id is never used again");
            }
            Event::CallEnded { call, outcome, .. } => {
                let held = self.outcomes.insert(*call, Some(*outcome));
                assert_eq!(held, Some(None), "a call that arrived ends once");
                check_outcome(state.call(*call), *outcome, &entry.command);
            }
            Event::CallSentOutside { call, hops, .. } | Event::CallTransferredOutside { call, hops, .. } => {
                self.check_hops(*call, None, *hops);
            }
            Event::CallTakenBack { call, agent, .. } => {
                let keeper = state.call(*call).and_then(|call| call.keeper).expect("only a kept call is taken back");
                assert_eq!(keeper.agent, *agent, "by its keeper");
                assert!(!matches!(state.call(*call).unwrap().place, Place::Offered { .. }), "and nobody rings for it");
            }
            Event::CallGivenAway { call, agent } => {
                let keeper = state.call(*call).and_then(|call| call.keeper).map(|keeper| keeper.agent);
                assert_eq!(keeper, Some(*agent), "only a kept call is given away");
            }
            Event::CallQueued { call, since, cause, hops, .. } => {
                self.check_hops(*call, Some(*cause), *hops);
                let transferred = |event: &Event| match event {
                    Event::CallTransferred { call: given, .. } | Event::CallKept { call: given, .. } => given == call,
                    _ => false,
                };
                let kept = state.call(*call).and_then(|call| call.since);
                if kept.is_some() && !entry.events.iter().any(transferred) {
                    assert_eq!(*since, kept, "only a transfer to a queue starts `since` anew, not {cause:?}");
                }
            }
            _ => {}
        }
    }

    /// Every way on is a hop; the way back is none.
    fn check_hops(&self, id: CallId, cause: Option<Cause>, hops: u8) {
        let Some(call) = self.replay.state().call(id) else { return };
        match cause {
            Some(cause) if cause.is_return() => assert_eq!(hops, call.hops),
            // Outside did not answer, and the queue keeps the call: the way out was the hop.
            Some(Cause::Treatment(_)) => assert!(hops >= call.hops),
            _ => assert!(hops > call.hops),
        }
    }

    fn check_conservation(&self) {
        let live: Vec<CallId> = self.state().calls().map(|call| call.id).collect();
        let open = self.outcomes.iter().filter(|(_, outcome)| outcome.is_none());
        assert!(open.map(|(call, _)| call).eq(&live), "accepted is ended and live");
    }
}

/// All that wait in a queue that is closed by hand meet `Closed` in that turn.
fn check_closing(before: &State, entry: &Entry) {
    for event in &entry.events {
        let Event::QueueClosed { queue: closed } = event else { continue };
        assert_eq!(before.closed_since(*closed), None, "a queue is closed once");
        // Deadlines that fell due before may have moved a call away.
        let due = before.next_deadline().is_some_and(|(at, _)| at <= entry.at);
        for call in before.waiting(*closed).filter(|_| !due) {
            let meets = |event: &Event| {
                let (met, why) = (call.id, TakenBack::TurnedAway(Situation::Closed));
                matches!(event, Event::TreatmentApplied { call, queue, situation: Situation::Closed, .. }
                    if (*call, queue) == (met, closed))
                    || matches!(event, Event::CallTakenBack { call, why: because, .. } if (*call, *because) == (met, why))
            };
            assert!(entry.events.iter().any(meets), "{} waited in queue {closed}", call.id);
        }
    }
}

/// The name of an event or a rejection.
fn kind(thing: &impl Debug) -> String {
    let text = format!("{thing:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// What some events are told apart by.
fn finer_kind(event: &Event) -> Option<String> {
    match event {
        Event::CallQueued { cause, .. } => Some(format!("cause {}", kind(cause))),
        Event::CallEnded { outcome: Outcome::Released(cause), .. } => Some(format!("release {}", kind(cause))),
        Event::CallTakenBack { why, .. } => Some(format!("back {}", kind(why))),
        Event::OfferMade { why, .. } => why.rule.map(|rule| format!("rule {}", kind(&rule))),
        _ => None,
    }
}

/// Abandoned means that the caller left while not talking.
fn check_outcome(call: Option<&Call>, outcome: Outcome, command: &Command) {
    let Some(call) = call else { return };
    let is_answered = matches!(call.place, Place::Talking { .. } | Place::Outside { answered: true, .. });
    let talks = is_answered || call.keeper.is_some();
    let caller_left = matches!(command, Command::CallerLeft { call: left } if *left == call.id);
    match outcome {
        Outcome::Abandoned => assert!(caller_left && !talks),
        Outcome::Answered => assert!(talks),
        Outcome::Released(_) | Outcome::Failed(_) => assert!(!caller_left),
    }
}

/// Whether an event is about nothing but a transferred call and its sender, who is not offered another one.
fn is_of_transfer(event: &Event, wish: &Transfer) -> bool {
    match event {
        Event::CallKept { .. }
        | Event::CallTransferred { .. }
        | Event::TreatmentApplied { .. }
        | Event::TreatmentRefused { .. }
        | Event::CallTransferredOutside { .. }
        | Event::CallSentOutside { .. }
        | Event::WrapUpStarted { .. } => true,
        Event::CallQueued { call, .. } => *call == wish.call,
        Event::OfferMade { call, agent, .. } => *call == wish.call && *agent != wish.agent,
        _ => false,
    }
}
