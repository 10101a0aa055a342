//! Whether calls wait as they are told: asked when a call begins to wait, compared when its wait is over.
//!
//! A call that is offered has waited for as long as it did. One that leaves in any other way before a predicted time,
//! because the caller gives up or a treatment sends it elsewhere, says nothing about it, and is counted as `censored`;
//! one that leaves after it has shown that the prediction did not hold.

use std::collections::HashMap;

use engine::{CallId, Event, ExpectedWait, Line, Place, State, Timestamp, WaitFor};
use metrics::{counter, describe_counter};

/// How many calls of a VDN are checked at a time; more are not asked for.
const CHECKED_MAX: usize = 10_000;

pub(crate) fn describe() {
    describe_counter!(
        "anteroom_expected_wait_checked_total",
        "Predicted waits compared with what came: by kind of line (queue, private), quantile (p50, p90), and result \
         (held, broken, censored)"
    );
}

/// The predictions of calls that wait.
#[derive(Default)]
pub(crate) struct Predictions {
    told: HashMap<CallId, Told>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    kind: &'static str,
    p50: Timestamp,
    p90: Timestamp,
}

/// What came of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Result {
    Held,
    Broken,
    Censored,
}

impl Result {
    fn of(told: Timestamp, at: Timestamp, is_served: bool) -> Self {
        match (at <= told, is_served) {
            (true, true) => Self::Held,
            (true, false) => Self::Censored,
            (false, _) => Self::Broken,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Broken => "broken",
            Self::Censored => "censored",
        }
    }
}

impl Predictions {
    /// Whether there is room to ask for one more.
    pub(crate) fn has_room(&self) -> bool {
        self.told.len() < CHECKED_MAX
    }

    /// Asks for a call that joined a line at `at`, if it still waits there.
    pub(crate) fn ask(&mut self, state: &State, call: CallId, at: Timestamp) {
        let Some(Place::Waiting(wait)) = state.call(call).map(|call| &call.place) else { return };
        let kind = match wait.line {
            Line::Queue(_) => "queue",
            Line::Private(_) => "private",
        };
        if let Ok(ExpectedWait::Span { p50, p90 }) = state.expected_wait(at, WaitFor::Call(call)) {
            self.told.insert(call, Told { kind, p50: at + p50, p90: at + p90 });
        }
    }

    /// Compares, when `event` ends a wait.
    pub(crate) fn note(&mut self, vdn: &str, event: &Event, at: Timestamp) {
        let (call, is_served) = match event {
            Event::OfferMade { call, .. } => (*call, true),
            Event::CallQueued { call, .. } | Event::CallSentOutside { call, .. } | Event::CallEnded { call, .. } => {
                (*call, false)
            }
            _ => return,
        };
        let Some(told) = self.told.remove(&call) else { return };
        for (quantile, until) in [("p50", told.p50), ("p90", told.p90)] {
            let result = Result::of(until, at, is_served).word();
            let labels = [("vdn", vdn.to_owned()), ("kind", told.kind.into()), ("quantile", quantile.into())];
            let labels = labels.into_iter().chain([("result", result.to_owned())]).collect::<Vec<_>>();
            counter!("anteroom_expected_wait_checked_total", &labels).increment(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_before_the_predicted_time_says_nothing() {
        let (told, before, after) = (Timestamp(10), Timestamp(10), Timestamp(11));
        assert_eq!(Result::of(told, before, true), Result::Held);
        assert_eq!(Result::of(told, before, false), Result::Censored);
        assert_eq!(Result::of(told, after, true), Result::Broken);
        assert_eq!(Result::of(told, after, false), Result::Broken);
    }
}
