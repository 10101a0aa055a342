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
    SetHeld, Transfer, MoveCall, OutsideAnswered, OutsideLeft, AcceptOffer, DeclineOffer, ExpireOffer, FailOffer,
    AskRest, BecomeNotReady, BecomeReady, CancelRest, CloseQueue, CompleteTransfer, DenyRest, EndWrapUp, ForcePresence, GrantRest, JoinTalk, OpenQueue, PhoneFound, PhoneLost, SignIn, SignOut, TakeBack, Tick, TransferBy,
);

names!(
    /// What kind of rejection it is.
    rejection_name(Rejection): NoSuchAgent, NoSuchQueue, NoSuchCall, OfferNotPending, AlreadyArrived,
    PriorityOutOfRange, AgentSignedOut, AgentNotReady, AgentEngaged, AgentAlreadySignedIn, AgentAlwaysSignedIn,
    AgentNotInWrapUp, NotTheAgentsCall, AgentIsInTheCall, PrivateQueueFull, PrivateCallsWait, CallNotWaiting,
    CallIsKept, FloorInvalid, NoRestAsked, NotTheKeeper, NothingToCancelTo, QueueRefused, RestLengthOutOfRange, RestQuotaReached, RestWishesWait, SpecifiedNeedsAgent, TooManyHops, WrongVdn,
);
