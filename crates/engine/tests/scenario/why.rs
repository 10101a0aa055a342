//! Why a call is where it is, in sentences.

use engine::{CallId, ExpectedWait, NotNow, Reason, State, Then, Timestamp, Waits, What};

use super::tell::Teller;
use super::words::moment;

impl Teller<'_> {
    pub fn why(&self, state: &State, now: Timestamp, call: CallId) -> Vec<String> {
        let why = match state.why(now, call) {
            Ok(why) => why,
            Err(refused) => return vec![self.renamed(&refused.to_string())],
        };
        let cause = format!("{:?}", why.cause);
        match why.what {
            What::Waits(waits) => self.waits(&waits),
            What::Rings { agent, until, .. } => {
                vec![format!("rings at agent {agent} until {} ({cause})", moment(until))]
            }
            What::Talks { agent, since, .. } => {
                vec![format!("talks with agent {agent} since {} ({cause})", moment(since))]
            }
            What::Outside { since, .. } => vec![format!("is outside since {} ({cause})", moment(since))],
        }
    }

    fn waits(&self, waits: &Waits) -> Vec<String> {
        let Waits { place, waiting, line, until, .. } = waits;
        let expected = match waits.expected {
            ExpectedWait::Never => "nobody serves".into(),
            ExpectedWait::Span { p50, p90 } => format!("about {}s, hardly over {}s", p50.as_secs(), p90.as_secs()),
        };
        let then = match &waits.then {
            Then::Treatment(treatment) => format!("{:?}", treatment.action),
            Then::Private(actions) if actions.is_empty() => "back to its queue".into(),
            Then::Private(actions) => format!("{:?}", actions[0]),
        };
        let widens = waits.widens_at.map_or_else(String::new, |at| format!(", widens at {}", moment(at)));
        let here = format!("place {place} of {waiting} in {}: {expected}", self.line(*line));
        let mut lines = vec![here, format!("until {}, then {then}{widens}", moment(*until))];
        lines.extend(waits.agents.iter().map(|not_now| self.not_now(not_now)));
        lines
    }

    fn not_now(&self, not_now: &NotNow) -> String {
        let until = |until: Option<Timestamp>| until.map_or_else(String::new, |at| format!(" until {}", moment(at)));
        let reason = match not_now.reason {
            Reason::SignedOut => "is signed out".into(),
            Reason::Rings { call, since } => format!("is offered {} since {}", self.name(call), moment(since)),
            Reason::Talks { call, since } => format!("talks with {} since {}", self.name(call), moment(since)),
            Reason::WrapsUp { until: end } => format!("wraps up{}", until(end)),
            Reason::NotReady { why, ready_at } => format!("is not ready ({:?}){}", why.kind, until(ready_at)),
            Reason::Lost { retry_at, .. } => format!("is lost{}", until(retry_at)),
            Reason::LacksWeight { has, needs, from } => {
                let from = from.map_or_else(|| "never".into(), |at| format!("from {}", moment(at)));
                format!("has skill {has} of {needs}, {from}")
            }
            Reason::KeptFromIt { until: end } => format!("is kept from it{}", until(Some(end))),
        };
        let private = match not_now.private_first {
            0 => String::new(),
            calls => format!(", serves {calls} private first"),
        };
        format!("agent {}: {reason}{private}", not_now.agent)
    }
}
