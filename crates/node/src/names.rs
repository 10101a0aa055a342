//! Names for logs and metrics, without the values that may not be shown there.

use engine::{Command, Rejection};

macro_rules! names {
    ($(#[$doc:meta])* $function:ident($type:ident): $($variant:ident),+ $(,)?) => {
        $(#[$doc])*
        pub(crate) const fn $function(value: &$type) -> &'static str {
            match value {
                $($type::$variant { .. } => stringify!($variant)),+
            }
        }
    };
}

names!(
    /// What kind of command it is.
    command_name(Command): Configure, Arrive, CallerLeft, AgentLeft, FailCall, FailAllCalls, ReleaseCall, CancelQueuing,
    SetHeld, Transfer, TransferBy, CompleteTransfer, JoinTalk, TakeBack, MoveCall, OutsideAnswered, OutsideLeft,
    AcceptOffer, DeclineOffer, ExpireOffer, FailOffer, SignIn, SignOut, BecomeReady, BecomeNotReady, AskRest, CancelRest,
    GrantRest, DenyRest, ForcePresence, EndWrapUp, PhoneFound, PhoneLost, CloseQueue, OpenQueue, Tick,
);

names!(
    /// What kind of rejection it is.
    rejection_name(Rejection): NoSuchAgent, NoSuchQueue, NoSuchCall, OfferNotPending, AlreadyArrived,
    PriorityOutOfRange, AgentSignedOut, AgentNotReady, AgentEngaged, AgentAlreadySignedIn, AgentAlwaysSignedIn,
    AgentNotInWrapUp, NotTheAgentsCall, NotTheKeeper, CallIsKept, ExpectedWaitTooLong, SpecifiedNeedsAgent,
    AgentIsInTheCall, PrivateQueueFull, PrivateCallsWait, RestQuotaReached, RestWishesWait, RestLengthOutOfRange,
    NoRestAsked, CallNotWaiting, NothingToCancelTo, QueueRefused, TooManyHops, WrongVdn, FloorInvalid,
);
