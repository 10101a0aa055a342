//! The codes of call records and of agents' operations.

use history::{Act, ActBy, Direction, Ending, Entered, Kept, Left, PlaceKind};

use super::NO_USE;

/// The type of a call.
pub(in crate::cms) const fn call_type(direction: Direction) -> u32 {
    match direction {
        Direction::Inbound => 0,
        Direction::Internal => 6,
        Direction::Outbound => 7,
    }
}

/// The type of a place.
pub(in crate::cms) const fn device(kind: PlaceKind) -> u32 {
    match kind {
        PlaceKind::Queue => 1,
        PlaceKind::Agent => 2,
        PlaceKind::Outside => 5,
    }
}

/// Why a call came to a place. Of transfers it matters what an agent kept the call for.
pub(in crate::cms) const fn came(why: Entered, kept: Kept, kind: PlaceKind) -> u32 {
    match (why, kept, kind) {
        (Entered::Transferred, Kept::UntilAnswered, PlaceKind::Queue) => 28,
        (Entered::Transferred, Kept::ToJoin, PlaceKind::Queue) => 29,
        (Entered::Transferred | Entered::Offered, Kept::ToJoin, _) => 8,
        (Entered::Dialled | Entered::Offered | Entered::Transferred, ..) => 0,
        (Entered::Overflow | Entered::Busy, ..) => 1,
        (Entered::Timeout | Entered::PrivateTimeout | Entered::PrivateWaitEnd, ..) => 2,
        (Entered::NoAgents | Entered::Closed, ..) => 3,
        (Entered::Cancelled, ..) => 4,
        (Entered::OutsideFailed, ..) => 35,
        (
            Entered::Requested
            | Entered::AgentSignedOut
            | Entered::Removed
            | Entered::AgentNotReady
            | Entered::Delegated
            | Entered::ReturnedToSender,
            ..,
        ) => 36,
    }
}

/// Why a call left a place, in which it was talked with or not.
pub(in crate::cms) const fn left(why: Left, talked: bool) -> u32 {
    match (why, talked) {
        (Left::Answered, _) => 0,
        (Left::Overflow | Left::Busy, _) => 1,
        (Left::Timeout, _) => 2,
        (Left::Closed | Left::NoAgents, _) => 3,
        (Left::Cancelled, _) => 4,
        (Left::Expired, _) => 5,
        (Left::TakenBack, _) => 9,
        (Left::CallerLeft, true) => 15,
        (Left::CalledLeft, _) => 16,
        (Left::Transferred, _) => 17,
        (Left::Failed, _) => 19,
        (Left::Released, _) => 25,
        (Left::OutsideFailed, _) => 26,
        (Left::AgentLeft | Left::Requested | Left::Removed, _) => 36,
        (Left::Unreachable | Left::PhoneLost, _) => 46,
        (Left::Declined, _) => 50,
        (Left::CallerLeft, false) => 89,
    }
}

/// Why a call ended.
pub(in crate::cms) const fn release(ending: Ending) -> u32 {
    match ending {
        Ending::Answered | Ending::ReleasedCancelled | Ending::ReleasedRequest => 0,
        Ending::ReleasedOverflow | Ending::ReleasedBusy | Ending::FailedResources => 1,
        Ending::ReleasedTooManyHops | Ending::ReleasedNoQueueToReturnTo => 3,
        Ending::ReleasedClosed | Ending::FailedNoAck => 7,
        Ending::ReleasedNoAgents
        | Ending::ReleasedTimeout
        | Ending::ReleasedPrivateWaitEnd
        | Ending::ReleasedAgentLeft => 8,
        Ending::FailedLegLost => 11,
        Ending::FailedLostAtRestart => 12,
        Ending::Abandoned => 49,
    }
}

/// The type of an operation.
///
/// What has no type of its own: a supervisor's rest and study are a forced busy state.
pub(in crate::cms) const fn operation(act: Act) -> u32 {
    match act {
        Act::SignOut => 0,
        Act::SignIn => 1,
        Act::Busy => 3,
        Act::Talk => 4,
        Act::ThreeParty => 10,
        Act::Rest => 26,
        Act::WrapUp => 27,
        Act::ForcedSignOut => 29,
        Act::ForcedReady => 30,
        Act::ForcedBusy | Act::ForcedRest | Act::ForcedStudy => 31,
        Act::Study => 34,
        Act::Hold => 38,
        Act::Consult => 40,
        Act::Dial => 41,
        Act::TransferInside => 45,
        Act::TransferOutside => 46,
        Act::ConsultOutside => 55,
    }
}

/// How an operation is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cms) struct Operated {
    pub(in crate::cms) kind: u32,
    /// Whether its object is the agent.
    pub(in crate::cms) is_about_agent: bool,
    pub(in crate::cms) cause: u32,
}

impl Operated {
    pub(in crate::cms) fn of(act: Act, by: ActBy, reason: Option<u8>, kept: Kept) -> Self {
        let kind = operation(act);
        let is_about_agent = matches!(kind, 10 | 26 | 29..=31 | 38 | 40 | 41 | 45);
        Self { kind, is_about_agent, cause: cause(act, by, reason, kept) }
    }
}

fn cause(act: Act, by: ActBy, reason: Option<u8>, kept: Kept) -> u32 {
    let reason = reason.unwrap_or(0);
    match act {
        Act::SignOut => signed_out(by, reason),
        Act::Busy => busy(by, reason),
        Act::Rest => reason.into(),
        Act::Talk | Act::WrapUp => 0,
        Act::Consult => match kept {
            Kept::No => 0,
            Kept::ToConsult => 1,
            Kept::ToJoin => 2,
            Kept::UntilAnswered => 3,
        },
        Act::SignIn
        | Act::Study
        | Act::Dial
        | Act::Hold
        | Act::ConsultOutside
        | Act::ThreeParty
        | Act::TransferInside
        | Act::TransferOutside
        | Act::ForcedSignOut
        | Act::ForcedReady
        | Act::ForcedBusy
        | Act::ForcedRest
        | Act::ForcedStudy => NO_USE,
    }
}

/// Whoever was lost was lost by its phone.
fn signed_out(by: ActBy, reason: u8) -> u32 {
    match by {
        ActBy::Supervisor => 257,
        ActBy::Agent | ActBy::Phone if reason > 0 => reason.into(),
        ActBy::Agent | ActBy::Phone => 258,
        ActBy::Lost => 263,
        ActBy::Rule | ActBy::Configuration => 256,
    }
}

/// The floor's own codes are those of the documents, and so are an agent's from 200 to 250.
fn busy(by: ActBy, reason: u8) -> u32 {
    match (by, reason) {
        (ActBy::Supervisor, _) => 3,
        (ActBy::Rule, 2 | 7) | (_, 200..=250) => reason.into(),
        (ActBy::Lost | ActBy::Phone, _) => 5,
        (ActBy::Agent | ActBy::Rule | ActBy::Configuration, _) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_direction_and_place() {
        assert_eq!(Direction::ALL.iter().map(|way| call_type(*way)).collect::<Vec<_>>(), [0, 7, 6]);
        assert_eq!(PlaceKind::ALL.iter().map(|kind| device(*kind)).collect::<Vec<_>>(), [1, 2, 5]);
    }

    /// In the order of the words: dialled, offered, transferred, closed, nobody, full, busy, late, cancelled, requested,
    /// private wait over, agent signed out, not ready, removed, delegated, returned, private wait end, outside failed.
    #[test]
    fn every_reason_to_come_with_every_keeping_and_place() {
        let row = |kept, kind| Entered::ALL.iter().map(|why| came(*why, kept, kind)).collect::<Vec<_>>();
        let rest = [3, 3, 1, 1, 2, 4, 36, 2, 36, 36, 36, 36, 36, 2, 35];
        for kept in Kept::ALL {
            for kind in PlaceKind::ALL {
                let row = row(*kept, *kind);
                let first = match (kept, kind) {
                    (Kept::UntilAnswered, PlaceKind::Queue) => [0, 0, 28],
                    (Kept::ToJoin, PlaceKind::Queue) => [0, 8, 29],
                    (Kept::ToJoin, _) => [0, 8, 8],
                    _ => [0, 0, 0],
                };
                assert_eq!(row[..3], first, "{kept:?} {kind:?}");
                assert_eq!(row[3..], rest, "{kept:?} {kind:?}");
            }
        }
    }

    /// In the order of the words.
    #[test]
    fn every_reason_to_leave() {
        let row = |talked| Left::ALL.iter().map(|why| left(*why, talked)).collect::<Vec<_>>();
        let expected = |caller| vec![0, 17, 9, 50, 5, 46, 36, 46, 36, 4, 36, 3, 3, 1, 1, 2, 26, caller, 16, 25, 19];
        assert_eq!(row(true), expected(15));
        assert_eq!(row(false), expected(89));
    }

    /// In the order of the words.
    #[test]
    fn every_ending() {
        let row: Vec<u32> = Ending::ALL.iter().map(|ending| release(*ending)).collect();
        assert_eq!(row, [0, 49, 7, 8, 1, 1, 8, 0, 3, 3, 0, 8, 8, 12, 7, 11, 1]);
    }

    #[test]
    fn every_act() {
        let row: Vec<u32> = Act::ALL.iter().map(|act| operation(*act)).collect();
        assert_eq!(row, [1, 0, 3, 26, 34, 4, 41, 27, 38, 40, 55, 10, 45, 46, 29, 30, 31, 31, 31]);
    }

    #[test]
    fn every_cause() {
        let causes = |act, reason, kept| {
            ActBy::ALL.iter().map(|by| Operated::of(act, *by, reason, kept).cause).collect::<Vec<_>>()
        };
        // By the agent, a supervisor, its phone, the rules, a lost phone, the configuration.
        assert_eq!(causes(Act::SignOut, None, Kept::No), [258, 257, 258, 256, 263, 256]);
        assert_eq!(causes(Act::SignOut, Some(9), Kept::No), [9, 257, 9, 256, 263, 256]);
        assert_eq!(causes(Act::Busy, Some(0), Kept::No), [1, 3, 5, 1, 5, 1]);
        assert_eq!(causes(Act::Busy, Some(2), Kept::No), [1, 3, 5, 2, 5, 1]);
        assert_eq!(causes(Act::Busy, Some(7), Kept::No), [1, 3, 5, 7, 5, 1]);
        assert_eq!(causes(Act::Busy, Some(200), Kept::No), [200, 3, 200, 200, 200, 200]);
        assert_eq!(causes(Act::Rest, Some(4), Kept::No), [4; 6]);
        assert_eq!(causes(Act::Rest, None, Kept::No), [0; 6]);
        let consult = Kept::ALL.iter().map(|kept| Operated::of(Act::Consult, ActBy::Agent, None, *kept).cause);
        assert_eq!(consult.collect::<Vec<_>>(), [0, 3, 1, 2]);
        let without =
            |act: &&Act| !matches!(act, Act::SignOut | Act::Busy | Act::Rest | Act::Talk | Act::WrapUp | Act::Consult);
        for act in Act::ALL.iter().filter(without) {
            assert_eq!(causes(*act, Some(7), Kept::No), [NO_USE; 6], "{act:?}");
        }
        assert_eq!((causes(Act::Talk, None, Kept::No), causes(Act::WrapUp, None, Kept::No)), (vec![0; 6], vec![0; 6]));
    }
}
