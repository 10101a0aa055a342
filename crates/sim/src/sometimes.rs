//! Situations that a run must have met, or its silence about them means nothing.

/// Something that must happen now and then.
macro_rules! situations {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// Something that must happen now and then.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Situation { $($(#[$doc])* #[doc = $text] $name,)* }

        impl Situation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What it is, for people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

situations! {
    Crash "the process crashed",
    CrashInFlight "the process crashed while a batch was on its way to the disk",
    BatchPresent "a batch was there after the crash that nobody had been told of",
    BatchAbsent "a batch was gone after the crash",
    WriteError "a write failed and nobody knew whether it had happened",
    JournalFull "the disk was full",
    FactRepeated "a fact was submitted again because the first time was refused",
    LiveAtCrash "calls were live at a crash",
    WaitingAtCrash "several calls waited in one line at a crash",
    ClockBack "the clock of the machine went back at a restart",
    SnapshotUsed "a restart began with a snapshot",
    LateWish "a wish waited too long and was refused",
    BigBatch "five or more decisions were made durable as one",
    MessageLost "a message got lost",
    MessageTwice "a message came twice",
    LateAnswer "a phone answered after its offer had ended",
    CancelCrossed "a caller's CANCEL crossed our 200",
    ByeCrossed "both sides hung up at once",
    NoAck "a caller never acknowledged our 200",
    PhoneSilent "an agent's phone said nothing at all",
    PhoneGone "an agent's phone vanished while it rang or talked",
    SignedOutRinging "an agent signed out while its phone rang",
    CallerLeftRinging "a caller left while a phone rang for it",
    CallerLeftPrivate "a caller left the private queue",
    DecidedTooLate "the caller had left before its call was decided",
    PrivateWaited "a call waited in a private queue",
    PrivateServedFirst "a private call was served while public calls of the agent waited",
    PrivateReturned "a private wait ended and the call went back with its return ticket",
    SignOutReturned "calls went back because their agent signed out",
    DeliveredByTreatment "a treatment directed a call to an agent",
    Fallback "a treatment's fallback was taken",
    Closed "a call met a closed queue",
    NoAgents "a call met a queue without agents",
    Overflow "a call met a full queue",
    Busy "a call met a queue that lets nobody wait",
    Timeout "a call waited for too long",
    Cancelled "a caller pressed the cancel key in time",
    TransferToAgent "a call was transferred to an agent",
    TransferToQueue "a call was transferred to a queue",
    TransferRefused "a transfer was refused",
    Kept "an agent kept its call while it asked for somebody else",
    GivenAway "who kept a call left it to the other",
    TakenBack "who kept a call had it back",
    TooManyHops "a call was sent on too many times",
    OutsideAnswered "an outside number answered",
    OutsideLeft "an outside number did not answer",
    Declined "an agent declined",
    Expired "an offer expired",
    Failed "a phone could not be rung",
    KeptReady "an agent who declined was kept ready",
    Reoffered "a call was offered to an agent again who had not taken it",
    WrapUp "an agent wrapped up",
    Colleague "a colleague dialled",
    Held "a talk was held",
    LostTooLong "an agent was lost for too long",
    Configured "the floor changed while calls were live",
    QueueRemoved "a queue was removed while calls waited in it",
    AgentRemoved "an agent was removed while it talked",
    StrategyChose "a strategy chose among several agents",
    RestWaited "a wish for a rest had to wait",
    RestCameFree "a place became free for who waited for a rest",
    RestAfterWork "a rest was granted to an agent at work",
    RestOverdue "an agent rested for too long",
    ForcedRinging "a supervisor forced an agent whose phone rang",
    ForcedTalking "a supervisor forced an agent who talked",
    AcrossQueues "an agent had calls waiting in several of its queues",
    LongestIdleChose "the longest idle of several agents was chosen",
    RoundRobinChose "round robin chose among several agents",
    LeastTalkedChose "the one of several agents who had talked least was chosen",
    BestSkilledChose "the one of several agents who suited best was chosen",
    Widened "a call waited until agents of less weight could take it",
    WidenedAfterRinging "a skill step fell due while the call rang",
    TakenByFurther "an agent of a further queue took a call",
    GrownPriority "a call that had waited was served before one of higher priority",
    Weighted "a call was served before others that were more urgent, for the weight of its queue",
    RulesChanged "a configuration changed how the calls of a queue that waited were served",
    Holiday "a call met a holiday",
    ClosedByHand "a queue was closed by hand",
    ClosedWaiting "a queue was closed by hand while several calls waited in it",
    ClosedRinging "an offer from a queue ended that had been closed by hand meanwhile",
    ClosedReturn "a call came back to a queue that was closed by hand",
    ClosedAtCrash "a queue was closed by hand at a crash",
    OpenedByHand "a queue was opened again by hand",
    WaitedForNotReady "a call was let wait for an agent who took none",
    PrivateFull "a private queue was full",
    OwnRules "a call waited under rules that its agent has of its own",
    Delegated "a delegate was handed a call",
    ReturnedToSender "a call went back to the agent who had sent it",
    WaitEndSent "a private wait ended and the call was sent where the floor says",
    WaitEndStays "a private wait ended and the call went on waiting",
    WaitEndReleases "a private wait ended and the call was released",
    LeavingReleases "an agent left and the calls that waited for it were released",
    SignOutRefused "an agent could not sign out while calls waited for it",
    NotReadyEmptied "calls left an agent who was Ready no longer",
    PublicAheadOfRun "a public call went ahead after a run of private ones",
    PublicAheadOfWait "a public call went ahead since it had waited too long",
}

/// How often each was met.
#[derive(Clone, Debug)]
pub struct Sometimes(Vec<u64>);

impl Default for Sometimes {
    fn default() -> Self {
        Self(vec![0; Situation::ALL.len()])
    }
}

impl Sometimes {
    pub(crate) fn met(&mut self, situation: Situation) {
        self.0[situation as usize] += 1;
    }

    /// Takes up what another run has met.
    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(ours, theirs)| *ours += theirs);
    }

    /// Each situation, and how often it was met.
    pub fn counts(&self) -> impl Iterator<Item = (Situation, u64)> {
        Situation::ALL.iter().copied().zip(self.0.iter().copied())
    }
}
