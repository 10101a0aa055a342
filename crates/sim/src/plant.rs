//! Planted bugs: the simulator must find each of them, or its silence means nothing. None is in the code that ships:
//! the simulated edge forgets, the simulated disk loses, and what the engine decided is changed on its way into the
//! record, after which engine and journal believe it.

use std::sync::Arc;

use engine::{Call, ChangedBy, Event, LostCause, OfferEnd, Outcome, Presence, State, Timestamp, WithdrawCause};
use node::Record;

use crate::checks::wait_of;
use crate::world::World;

mod rules;

macro_rules! plants {
    ($($name:ident $key:literal $text:literal,)*) => {
        /// A planted bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
        pub enum Plant { $(#[doc = $text] #[value(name = $key)] $name,)* }

        impl Plant {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// How it is called on the command line.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What is wrong with it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

plants! {
    ForgetCallerLeft "forget-caller-left" "the edge does not report that a caller left",
    ForgetAgentLeft "forget-agent-left" "the edge does not report that an agent hung up",
    ForgetAccept "forget-accept" "the edge does not report that a phone was answered",
    ForgetDecline "forget-decline" "the edge does not report that an agent declined",
    ForgetFail "forget-fail" "the edge does not report that a phone could not be rung",
    ForgetOutsideLeft "forget-outside-left" "the edge does not report that an outside number is gone",
    ForgetRetrieve "forget-retrieve" "the edge does not report that a talk is held no more",
    ForgetRefusedFacts "forget-refused-facts" "facts that the full journal refused are not submitted again",
    ForgetPhoneLost "forget-phone-lost" "the end of a registration is not reported",
    ForgetBinding "forget-binding" "registrations are not noted in the journal",
    KeepNotes "keep-notes" "the notes of legs stay when their calls are over",
    KeepRinging "keep-ringing" "phones go on ringing when their offer is over",
    KeepLateAnswer "keep-late-answer" "an answer that comes after the offer is not hung up",
    KeepSender "keep-sender" "who transferred a call stays connected",
    KeepCallerAtEnd "keep-caller-at-end" "callers are not hung up when their calls are over",
    KeepAgentAtEnd "keep-agent-at-end" "agents are not hung up when their calls are over",
    NeverAnswer "never-answer" "callers are not answered",
    AnswerAtInvite "answer-at-invite" "callers are answered before their call is decided",
    ArriveTwice "arrive-twice" "a call arrives twice, by two keys",
    RingTwice "ring-twice" "an offer rings a phone twice",
    DeclineAsFailed "decline-as-failed" "a phone's no is reported as a phone that cannot be rung",
    ConnectEarly "connect-early" "two are put through before the journal knows",
    AcceptEveryTransfer "accept-every-transfer" "transfers are accepted that the rules refuse",
    IgnoreCancelKey "ignore-cancel-key" "the cancel key does nothing",
    OpenEarly "open-early" "after a restart the edge opens before old calls are over",
    TellBeforeDurable "tell-before-durable" "edges are told of decisions before they are durable",
    AnswerBeforeDurable "answer-before-durable" "whoever asks is answered before the decision is durable",
    LateClock "late-clock" "deadlines are met three seconds late",
    OldEpoch "old-epoch" "a restart goes on in the epoch of the life before",
    LoseBatch "lose-batch" "a crash loses the last batch that was durable",
    TearBatch "tear-batch" "a batch that is under way at a crash is there in part",
    RepeatBatch "repeat-batch" "a batch is written twice",
    LoseNote "lose-note" "a note is not written with its record",
    LoseEvent "lose-event" "the last event of a decision is not written",
    SinceNow "since-now" "a call that changes its line loses its age",
    Lifo "lifo" "the last caller is served first",
    PublicFirst "public-first" "a public call is offered though a private one waits",
    WrongAgent "wrong-agent" "an offer goes to another agent than the strategy picked",
    NoOffer "no-offer" "a call is not offered though an agent is available",
    SamePriority "same-priority" "all calls arrive with the same priority",
    NoHops "no-hops" "hops are not counted",
    EndlessWait "endless-wait" "a wait has no end",
    LongRing "long-ring" "phones ring twice as long as they should",
    NoWrapUp "no-wrap-up" "agents have no time after a talk",
    StaysReady "stays-ready" "who declines is not made NotReady",
    NeverLost "never-lost" "an agent whose phone cannot be rung is not lost",
    OfferedAgain "offered-again" "who did not take a call is offered it again at once",
    PrivateLeftBehind "private-left-behind" "who signs out keeps its private queue",
    AbandonedAsAnswered "abandoned-as-answered" "callers who gave up count as answered",
    WrongWithdrawal "wrong-withdrawal" "an offer that is withdrawn counts as declined",
    WidensAtOnce "widens-at-once" "the first skill step that falls due opens a call to everybody",
    SkillForgotten "skill-forgotten" "an offer goes to an agent without the weight that the call needs",
    ClosedKeeps "closed-keeps" "calls that wait in a queue that is closed by hand are not told",
    ClosedLetsIn "closed-lets-in" "a queue that is closed lets calls in",
    OpensByItself "opens-by-itself" "a new configuration opens queues that were closed by hand",
    NoHelpers "no-helpers" "agents of further queues are not asked",
    NoGrowth "no-growth" "priorities do not grow with waiting",
    LesserQueue "lesser-queue" "an agent is given a call of the queue that matters less to it",
    NoBound "no-bound" "no public call ever goes ahead of private ones",
    DelegateAsDialled "delegate-as-dialled" "a call that a delegate is handed counts as dialled",
    SenderForgotten "sender-forgotten" "a call that is transferred forgets who sent it",
    BreakKeeps "break-keeps" "calls stay with an agent on a break whose rules send them away",
    LeavesOneBehind "leaves-one-behind" "the last call of an agent who signs out is left with it",
    OwnRulesForgotten "own-rules-forgotten" "a call waits as long as the VDN says though its agent says otherwise",
    NoSecondWait "no-second-wait" "a call that is to wait on is sent back to its queue",
    LeavingAsRequest "leaving-as-request" "calls that are released since their agent left count as ended by request",
    RestForgotten "rest-forgotten" "who waits for a rest is forgotten when a place becomes free",
    LongRest "long-rest" "a rest lasts twice as long as was granted",
}

/// Changes what was decided; answers whether it did. `before` is what was true before it.
pub(crate) fn tamper(plant: Plant, before: &State, at: Timestamp, events: &mut Vec<Event>) -> bool {
    let old = events.clone();
    match plant {
        Plant::Lifo => instead(events, before, last_of_line),
        Plant::PublicFirst => instead(events, before, public_instead),
        Plant::WrongAgent => other_agent(events, before),
        Plant::NoOffer => cut(events, |event| matches!(event, Event::OfferMade { .. })),
        Plant::RestForgotten => cut(events, |event| matches!(event, Event::RestGranted { by: ChangedBy::Rule, .. })),
        Plant::NoWrapUp => events.retain(|event| !matches!(event, Event::WrapUpStarted { .. })),
        Plant::NeverLost => {
            let is_failed = |event: &Event| matches!(event, Event::AgentLost { cause: LostCause::OfferFailed, .. });
            events.retain(|event| !is_failed(event));
        }
        Plant::PrivateLeftBehind if events.iter().any(|event| matches!(event, Event::AgentSignedOut { .. })) => {
            events.retain(|event| !matches!(event, Event::CallQueued { .. }));
        }
        Plant::StaysReady if events.iter().any(is_untaken) => {
            let rule = |event: &Event| {
                matches!(event, Event::PresenceChanged { presence: Presence::NotReady(_), ready_at: Some(_), .. })
            };
            events.retain(|event| !rule(event));
        }
        _ if rules::tamper(plant, before, at, events) => {}
        _ => events.iter_mut().for_each(|event| alter(plant, at, event)),
    }
    *events != old
}

fn alter(plant: Plant, at: Timestamp, event: &mut Event) {
    match (plant, event) {
        (Plant::SinceNow, Event::CallQueued { since: Some(since), .. }) => *since = at,
        (Plant::NoHops, Event::CallQueued { hops, .. }) => *hops = 0,
        (Plant::EndlessWait, Event::CallQueued { until, .. }) => *until = Timestamp::MAX,
        (Plant::LongRing, Event::OfferMade { until, .. }) => until.0 += until.0 - at.0,
        (Plant::LongRest, Event::RestGranted { length, .. }) => *length *= 2,
        (Plant::SamePriority, Event::CallArrived { priority, .. }) => *priority = 1,
        (Plant::OfferedAgain, Event::OfferEnded { not_before, .. }) => *not_before = None,
        (Plant::AbandonedAsAnswered, Event::CallEnded { outcome, .. }) if *outcome == Outcome::Abandoned => {
            *outcome = Outcome::Answered;
        }
        (Plant::WrongWithdrawal, Event::OfferEnded { how, .. })
            if *how == OfferEnd::Withdrawn(WithdrawCause::CallerLeft) =>
        {
            *how = OfferEnd::Declined;
        }
        _ => {}
    }
}

const fn is_untaken(event: &Event) -> bool {
    matches!(event, Event::OfferEnded { how: OfferEnd::Declined | OfferEnd::Expired, .. })
}

/// All from the first such event on is gone.
fn cut(events: &mut Vec<Event>, is_it: impl Fn(&Event) -> bool) {
    if let Some(first) = events.iter().position(is_it) {
        events.truncate(first);
    }
}

/// The first offer of a turn that waited before the turn is of another call.
fn instead(events: &mut Vec<Event>, before: &State, other: impl Fn(&State, &Call) -> Option<engine::CallId>) {
    for index in 0..events.len() {
        if let Event::OfferMade { call, line, .. } = &mut events[index]
            && let Some(waiting) = before.call(*call).filter(|call| wait_of(call).is_some())
            && let Some(found) = other(before, waiting)
        {
            *call = found;
            if let Some(wait) = before.call(found).and_then(wait_of) {
                *line = wait.line;
            }
            // What followed was decided for another floor.
            events.truncate(index + 1);
            return;
        }
    }
}

fn last_of_line(state: &State, call: &Call) -> Option<engine::CallId> {
    let line = wait_of(call)?.line;
    let waiting = state.calls().filter(|other| wait_of(other).is_some_and(|wait| wait.line == line));
    waiting.filter(|other| other.not_before.is_empty()).map(|other| other.id).filter(|id| *id != call.id).last()
}

fn public_instead(state: &State, call: &Call) -> Option<engine::CallId> {
    let engine::Line::Private(owner) = wait_of(call)?.line else { return None };
    let agent = state.agent(owner)?;
    let queues = agent.settings.queues.iter().map(|part| part.queue);
    queues.filter_map(|queue| state.waiting(queue).next()).map(|call| call.id).next()
}

fn other_agent(events: &mut Vec<Event>, before: &State) {
    for index in 0..events.len() {
        if let Event::OfferMade { agent, line: engine::Line::Queue(queue), .. } = &mut events[index] {
            let serves = |other: &engine::Agent| other.settings.queues.iter().any(|part| part.queue == *queue);
            let others = before.agents().filter(|other| other.is_available() && serves(other));
            if let Some(other) = others.filter(|other| other.settings.id != *agent).last() {
                *agent = other.settings.id;
                events.truncate(index + 1);
                return;
            }
        }
    }
}

impl World {
    /// What the disk makes of a batch.
    pub(crate) fn as_written(&mut self, mut records: Vec<Arc<Record>>) -> Vec<Arc<Record>> {
        if self.plants(Plant::LoseNote) && self.chance.is(100) {
            change_last(&mut records, |record| record.notes.pop().is_some());
        }
        if self.plants(Plant::LoseEvent) && self.chance.is(50) {
            change_last(&mut records, |record| record.entry.as_mut().and_then(|entry| entry.events.pop()).is_some());
        }
        if self.plants(Plant::RepeatBatch) && self.chance.is(50) {
            records.extend(records.clone());
        }
        records
    }

    /// What a crash makes of the disk.
    pub(crate) fn damage_disk(&mut self) {
        if self.plants(Plant::LoseBatch) {
            self.disk.records_mut().pop();
        }
        if self.plants(Plant::TearBatch) {
            let records = self.disk.records_mut();
            if records.len() > 2 {
                let torn = records.len() - 2;
                records.remove(torn);
            }
        }
    }
}

fn change_last(records: &mut [Arc<Record>], change: impl FnOnce(&mut Record) -> bool) {
    if let Some(last) = records.last_mut() {
        let mut record = Record::clone(last);
        if change(&mut record) {
            *last = Arc::new(record);
        }
    }
}
