//! Situations in which what an operator has chosen shows.

use engine::{
    AgentId, Call, CallId, Cause, Event, Line, OfferRule, Outcome, Place, Presence, Queue, QueueId, Reach, Rejection,
    ReleaseCause, Situation as Met, State, Timestamp, Wait,
};

use crate::checks::wait_of;
use crate::sometimes::Situation;
use crate::world::World;

impl World {
    /// The books stand just before the record of the event, so that a call is where it was when its turn began.
    pub(super) fn witness_rules(&mut self, event: &Event, at: Timestamp) {
        let state = self.books.truth().state();
        let shows = match event {
            Event::SkillWidened { call, .. } => vec![widened(state.call(*call))],
            Event::QueueDefined(queue) if changes_the_order(state, queue) => vec![Some(Situation::RulesChanged)],
            Event::QueueClosed { queue } => {
                let several = (state.waiting_count(*queue) > 1).then_some(Situation::ClosedWaiting);
                vec![Some(Situation::ClosedByHand), several]
            }
            Event::QueueOpened { .. } => vec![Some(Situation::OpenedByHand)],
            Event::TreatmentApplied { call, queue, situation: Met::Closed, .. } => closed(state, *call, *queue, at),
            Event::CallQueued { line, cause, .. } => queued(state, *line, *cause),
            Event::WaitExtended { call, .. } if waits_in_private(state, *call) => vec![Some(Situation::WaitEndStays)],
            Event::OfferMade { call, agent, line, why, .. } => offered(state, *call, *agent, *line, why.rule),
            Event::CallEnded { outcome: Outcome::Released(cause), .. } => vec![released(*cause)],
            _ => Vec::new(),
        };
        shows.into_iter().flatten().for_each(|situation| self.meet(situation));
    }

    /// What was refused leaves no event behind.
    pub(crate) fn witness_refusal(&mut self, rejection: &Rejection) {
        match rejection {
            Rejection::PrivateCallsWait(..) => self.meet(Situation::SignOutRefused),
            Rejection::PrivateQueueFull(_) => self.meet(Situation::PrivateFull),
            _ => {}
        }
    }
}

fn widened(call: Option<&Call>) -> Option<Situation> {
    match call?.place {
        Place::Waiting(_) => Some(Situation::Widened),
        Place::Offered { .. } => Some(Situation::WidenedAfterRinging),
        Place::Talking { .. } | Place::Outside { .. } => None,
    }
}

/// Whether several calls wait in a queue whose rules for them become others.
fn changes_the_order(state: &State, after: &Queue) -> bool {
    let changes = state.queue(after.id).is_some_and(|before| {
        before.priority_step != after.priority_step
            || before.skill_steps != after.skill_steps
            || before.also != after.also
    });
    changes && state.waiting_count(after.id) > 1
}

fn closed(state: &State, call: CallId, queue: QueueId, at: Timestamp) -> Vec<Option<Situation>> {
    let by_hand = state.closed_since(queue).is_some();
    let place = state.call(call).map(|call| &call.place);
    let rang_here = matches!(place, Some(Place::Offered { wait, .. }) if wait.line == Line::Queue(queue));
    let day = |offset: i16| (at.seconds().div_euclid(60) + i64::from(offset)).div_euclid(1440);
    let today = day(state.settings().utc_offset_minutes);
    let is_holiday =
        state.queue(queue).is_some_and(|queue| queue.holidays.iter().any(|holiday| i64::from(holiday.day) == today));
    vec![
        (by_hand && rang_here).then_some(Situation::ClosedRinging),
        (by_hand && waits_in_private(state, call)).then_some(Situation::ClosedReturn),
        (!by_hand && is_holiday).then_some(Situation::Holiday),
    ]
}

fn queued(state: &State, line: Line, cause: Cause) -> Vec<Option<Situation>> {
    let by_cause = match cause {
        Cause::Delegated => Some(Situation::Delegated),
        Cause::ReturnedToSender => Some(Situation::ReturnedToSender),
        Cause::PrivateWaitEnd => Some(Situation::WaitEndSent),
        Cause::AgentNotReady => Some(Situation::NotReadyEmptied),
        _ => None,
    };
    let Line::Private(agent) = line else { return vec![by_cause] };
    let Some(agent) = state.agent(agent) else { return vec![by_cause] };
    let rests = matches!(agent.presence, Presence::NotReady(_)) && !agent.work.is_engaged();
    let takes_none = rests || matches!(agent.reach, Reach::Lost { .. });
    let has_own = agent.settings.private != engine::PrivateSettings::default();
    vec![by_cause, takes_none.then_some(Situation::WaitedForNotReady), has_own.then_some(Situation::OwnRules)]
}

fn offered(state: &State, call: CallId, agent: AgentId, line: Line, rule: Option<OfferRule>) -> Vec<Option<Situation>> {
    let (Some(call), Some(agent)) = (state.call(call), state.agent(agent)) else { return Vec::new() };
    let settings = state.settings();
    let ahead = (rule == Some(OfferRule::PublicGoesAhead)).then(|| {
        let run_is_over = settings.private_run_max.is_some_and(|most| agent.private_run >= most);
        if run_is_over { Situation::PublicAheadOfRun } else { Situation::PublicAheadOfWait }
    });
    let (Line::Queue(queue), Some(wait)) = (line, wait_of(call)) else { return vec![ahead] };
    let is_further = !agent.settings.serves(queue);
    let is_behind = |other: &Call| is_in(other, queue, wait) && other.priority > call.priority;
    let weighs = |queue| agent.settings.queues.iter().find(|part| part.queue == queue).map(|part| part.queue_weight);
    let is_weighed = state.calls().any(|other| {
        let elsewhere = wait_of(other).map(|wait| wait.line);
        let Some(Line::Queue(other_queue)) = elsewhere else { return false };
        weighs(other_queue).is_some_and(|weight| Some(weight) < weighs(queue)) && other.priority > call.priority
    });
    vec![
        ahead,
        is_further.then_some(Situation::TakenByFurther),
        state.calls().any(is_behind).then_some(Situation::GrownPriority),
        is_weighed.then_some(Situation::Weighted),
    ]
}

/// Whether a call waits in a queue, for agents of the same weight as another.
fn is_in(call: &Call, queue: QueueId, like: &Wait) -> bool {
    let wait = wait_of(call).filter(|_| call.not_before.is_empty());
    wait.is_some_and(|wait| wait.line == Line::Queue(queue) && wait.weight_min == like.weight_min)
}

fn waits_in_private(state: &State, call: CallId) -> bool {
    let wait = state.call(call).and_then(wait_of);
    wait.is_some_and(|wait| matches!(wait.line, Line::Private(_)))
}

const fn released(cause: ReleaseCause) -> Option<Situation> {
    match cause {
        ReleaseCause::PrivateWaitEnd => Some(Situation::WaitEndReleases),
        ReleaseCause::AgentLeft => Some(Situation::LeavingReleases),
        _ => None,
    }
}
