//! Why calls came to where they are.

use engine::{Cause, Situation};

/// The reason for which a call entered its place.
///
/// The documents have many more, for devices and networks that do not occur here. What they have no word for is 36, a
/// waiting call that was routed again.
pub(in crate::cms) const fn entered(cause: Cause) -> u32 {
    match cause {
        Cause::Dialled | Cause::Transfer => 0,
        Cause::Treatment(Situation::Overflow | Situation::Busy) => 1,
        Cause::Treatment(Situation::Timeout) | Cause::PrivateTimeout | Cause::PrivateWaitEnd => 2,
        Cause::Treatment(Situation::NoAgents | Situation::Closed) => 3,
        Cause::Treatment(Situation::Cancelled) => 4,
        Cause::OutsideFailed => 35,
        Cause::Request
        | Cause::AgentSignedOut
        | Cause::Removed
        | Cause::AgentNotReady
        | Cause::Delegated
        | Cause::ReturnedToSender => 36,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause() {
        let treatments = Situation::ALL.map(|situation| entered(Cause::Treatment(situation)));
        assert_eq!(treatments, [3, 3, 1, 1, 2, 4]);
        let others = [
            Cause::Dialled,
            Cause::Transfer,
            Cause::Request,
            Cause::PrivateTimeout,
            Cause::AgentSignedOut,
            Cause::Removed,
            Cause::AgentNotReady,
            Cause::Delegated,
            Cause::ReturnedToSender,
            Cause::PrivateWaitEnd,
            Cause::OutsideFailed,
        ];
        assert_eq!(others.map(entered), [0, 0, 36, 2, 36, 36, 36, 36, 36, 2, 35]);
    }
}
