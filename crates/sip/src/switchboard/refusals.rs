//! One table for every final response the house gives to a wish that was refused, and one for an agent's phone.

use std::time::Duration;

use engine::{FailCause, OfferEnd, Outcome, Rejection, ReleaseCause, Situation, WithdrawCause};
use leg::value::Reason;
use node::Refused;

/// A final response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// 400 to 699.
    pub(crate) status: u16,
    /// For `Retry-After`: a 503 without it makes callers try elsewhere at once.
    pub(crate) retry_after: Option<Duration>,
}

/// How long a caller should stay away when we are too busy or the journal cannot be written.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Refusal {
    pub(crate) const fn status(status: u16) -> Self {
        Self { status, retry_after: None }
    }

    /// We cannot serve anybody right now.
    pub(crate) const UNAVAILABLE: Self = Self { status: 503, retry_after: Some(RETRY_AFTER) };

    /// To an INVITE or a REFER whose command got no receipt.
    pub(crate) fn of(refused: &Refused) -> Self {
        match refused {
            Refused::Rejected(rejection) => Self::status(of_rejection(rejection)),
            Refused::Busy
            | Refused::JournalFull
            | Refused::OutcomeUnknown
            | Refused::Stopped
            | Refused::TooLate
            | Refused::Failed => Self::UNAVAILABLE,
        }
    }

    /// To an INVITE whose call ended in the entry in which it arrived.
    pub(crate) fn of_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Released(ReleaseCause::Treatment(situation)) => Self::status(of_situation(situation)),
            Outcome::Failed(FailCause::Resources) => Self::UNAVAILABLE,
            Outcome::Abandoned => Self::status(487),
            Outcome::Released(_) | Outcome::Failed(_) | Outcome::Answered => Self::status(480),
        }
    }
}

fn of_rejection(rejection: &Rejection) -> u16 {
    match rejection {
        Rejection::NoSuchAgent(_) | Rejection::NoSuchQueue(_) => 404,
        Rejection::AgentSignedOut(_) | Rejection::AgentNotReady(_) | Rejection::TooManyHops(_) => 480,
        Rejection::PrivateQueueFull(_)
        | Rejection::AgentEngaged(_)
        | Rejection::AgentIsInTheCall(..)
        | Rejection::PrivateCallsWait(..)
        | Rejection::RestQuotaReached(..)
        | Rejection::RestWishesWait(..) => 486,
        Rejection::QueueRefused(_, situation) => of_situation(*situation),
        Rejection::NoSuchCall(_) | Rejection::OfferNotPending(_) => 481,
        Rejection::NotTheAgentsCall(..) => 403,
        _ => 500,
    }
}

const fn of_situation(situation: Situation) -> u16 {
    match situation {
        Situation::Overflow | Situation::Busy => 486,
        Situation::Closed | Situation::NoAgents | Situation::Timeout | Situation::Cancelled => 480,
    }
}

/// How one phone's part in an offer ended, best for the agent last: when several rang, the highest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// It could not be rung.
    Failed,
    /// It gave up ringing.
    Expired,
    /// The agent said no.
    Declined,
}

impl Verdict {
    /// What a phone's final response, 300 to 699, says.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            486 | 600 | 603 => Self::Declined,
            408 | 480 | 487 => Self::Expired,
            _ => Self::Failed,
        }
    }
}

/// Why we hang up: for the `Reason` header (RFC 3326) of the BYE or CANCEL.
pub(crate) fn reason(outcome: Outcome) -> Reason {
    match outcome {
        Outcome::Answered | Outcome::Abandoned => Reason::q850(16, "Normal call clearing"),
        Outcome::Released(cause) => match cause {
            ReleaseCause::Treatment(situation) => Reason::sip(of_situation(situation), of_release(situation)),
            ReleaseCause::TooManyHops => Reason::sip(480, "Sent on too many times"),
            ReleaseCause::NoQueueToReturnTo | ReleaseCause::PrivateWaitEnd | ReleaseCause::AgentLeft => {
                Reason::sip(480, "Nobody could take the call")
            }
            _ => Reason::q850(16, "Released by request"),
        },
        Outcome::Failed(FailCause::NoAck) => Reason::sip(408, "Our answer was not acknowledged"),
        Outcome::Failed(FailCause::Resources) => Reason::sip(503, "No resources"),
        Outcome::Failed(_) => Reason::q850(41, "The other side was lost"),
    }
}

/// Why a phone stops ringing, when its offer is over.
pub(crate) fn why_ended(how: OfferEnd) -> Reason {
    match how {
        OfferEnd::Expired => no_answer(),
        OfferEnd::Withdrawn(WithdrawCause::CallerLeft) => Reason::q850(16, "The caller hung up"),
        OfferEnd::Declined | OfferEnd::Withdrawn(_) | OfferEnd::Failed => Reason::sip(487, "The offer was withdrawn"),
    }
}

/// It rang, and nobody answered.
pub(crate) fn no_answer() -> Reason {
    Reason::q850(19, "No answer")
}

const fn of_release(situation: Situation) -> &'static str {
    match situation {
        Situation::Closed => "The queue is closed",
        Situation::NoAgents => "Nobody is on duty",
        Situation::Overflow => "The queue is full",
        Situation::Busy => "Everybody is busy",
        Situation::Timeout => "Waited too long",
        Situation::Cancelled => "Cancelled by the caller",
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, Verdict};
    use engine::{AgentId, CallId, FailCause, Outcome, QueueId, Rejection, ReleaseCause, Situation};
    use node::Refused;

    const AGENT: AgentId = AgentId(1099);
    const CALL: CallId = CallId { second: 1, number: 5171 };

    #[test]
    fn the_callers_table() {
        let status = |rejection| Refusal::of(&Refused::Rejected(rejection)).status;
        assert_eq!(status(Rejection::NoSuchAgent(AGENT)), 404);
        assert_eq!(status(Rejection::AgentSignedOut(AGENT)), 480);
        assert_eq!(status(Rejection::AgentNotReady(AGENT)), 480);
        assert_eq!(status(Rejection::PrivateQueueFull(AGENT)), 486);
        assert_eq!(status(Rejection::AgentIsInTheCall(AGENT, CALL)), 486);
        for (situation, code) in [
            (Situation::Closed, 480),
            (Situation::NoAgents, 480),
            (Situation::Overflow, 486),
            (Situation::Busy, 486),
            (Situation::Timeout, 480),
            (Situation::Cancelled, 480),
        ] {
            assert_eq!(status(Rejection::QueueRefused(QueueId(1), situation)), code);
            assert_eq!(Refusal::of_outcome(Outcome::Released(ReleaseCause::Treatment(situation))).status, code);
        }
    }

    #[test]
    fn a_journal_that_cannot_write_asks_callers_to_come_back() {
        for refused in
            [Refused::Busy, Refused::JournalFull, Refused::OutcomeUnknown, Refused::Stopped, Refused::TooLate]
        {
            let refusal = Refusal::of(&refused);
            assert_eq!(refusal.status, 503);
            assert!(refusal.retry_after.is_some());
        }
        assert_eq!(Refusal::of_outcome(Outcome::Failed(FailCause::Resources)), Refusal::UNAVAILABLE);
    }

    #[test]
    fn the_phones_table() {
        for (status, verdict) in [
            (486, Verdict::Declined),
            (600, Verdict::Declined),
            (603, Verdict::Declined),
            (480, Verdict::Expired),
            (487, Verdict::Expired),
            (302, Verdict::Failed),
            (404, Verdict::Failed),
            (488, Verdict::Failed),
            (500, Verdict::Failed),
            (503, Verdict::Failed),
        ] {
            assert_eq!(Verdict::of_status(status), verdict, "{status}");
        }
    }
}
