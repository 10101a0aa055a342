//! The words of the records: each a list without gaps, so that whoever translates them can be tested on every one.

use engine::{
    Caller, Cause, ChangedBy, FailCause, ForcedPresence, Keeping, NotReadyKind, OfferEnd, Outcome, Party, Presence,
    ReleaseCause, Situation, TakenBack, WithdrawCause,
};

/// Declares an enum whose words stand in the file by these names.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$word_doc])* $word),+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The word as it stands in the file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$word => $text),+ }
            }

            /// The word of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.name() == name)
            }
        }

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.name().into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                Self::named(value.as_str()?).ok_or(rusqlite::types::FromSqlError::InvalidType)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Which way a call went.
    Direction {
        /// From outside to us.
        Inbound = "inbound",
        /// A colleague dialled, and the call was sent to an outside number.
        Outbound = "outbound",
        /// A colleague dialled, and the call stayed in the house.
        Internal = "internal",
    }
}

impl Direction {
    pub(crate) const fn of(caller: &Caller) -> Self {
        match caller {
            Caller::Outside(_) => Self::Inbound,
            Caller::Agent(_) => Self::Internal,
        }
    }
}

words! {
    /// A kind of place that a call can be in.
    PlaceKind {
        /// It waited in a queue.
        Queue = "queue",
        /// It waited for an agent in private, rang there, or was talked with there.
        Agent = "agent",
        /// It was sent to an outside number.
        Outside = "outside",
    }
}

words! {
    /// Why a call came to a place.
    Entered {
        /// The caller dialled it.
        Dialled = "dialled",
        /// It rang at an agent of the queue in which it waited.
        Offered = "offered",
        /// An agent transferred it, or asked for somebody for it.
        Transferred = "transferred",
        /// Its queue was closed.
        Closed = "closed",
        /// Nobody was signed in to its queue.
        NoAgents = "no_agents",
        /// Its queue was full.
        Overflow = "overflow",
        /// Nobody in its queue was free, and the queue lets nobody wait.
        Busy = "busy",
        /// It had waited too long in its queue.
        Timeout = "timeout",
        /// The queuing was cancelled.
        Cancelled = "cancelled",
        /// Somebody asked for it through a face.
        Requested = "requested",
        /// Back in its queue: its private wait was over.
        PrivateTimeout = "private_timeout",
        /// Back in its queue: its agent signed out.
        AgentSignedOut = "agent_signed_out",
        /// Back in its queue: its agent stopped being ready.
        AgentNotReady = "agent_not_ready",
        /// Back in a queue: its queue or agent was removed from the configuration.
        Removed = "removed",
        /// Its agent could not take it, and this delegate is asked to.
        Delegated = "delegated",
        /// Its agent, or the outside number, could not take it: back to who sent it.
        ReturnedToSender = "returned_to_sender",
        /// Its private wait was over, and this is where it goes then.
        PrivateWaitEnd = "private_wait_end",
        /// Back in its queue: the outside number did not answer.
        OutsideFailed = "outside_failed",
    }
}

impl From<Cause> for Entered {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Dialled => Self::Dialled,
            Cause::Transfer => Self::Transferred,
            Cause::Treatment(situation) => situation.into(),
            Cause::Request => Self::Requested,
            Cause::PrivateTimeout => Self::PrivateTimeout,
            Cause::AgentSignedOut => Self::AgentSignedOut,
            Cause::Removed => Self::Removed,
            Cause::AgentNotReady => Self::AgentNotReady,
            Cause::Delegated => Self::Delegated,
            Cause::ReturnedToSender => Self::ReturnedToSender,
            Cause::PrivateWaitEnd => Self::PrivateWaitEnd,
            Cause::OutsideFailed => Self::OutsideFailed,
        }
    }
}

impl From<Situation> for Entered {
    fn from(situation: Situation) -> Self {
        match situation {
            Situation::Closed => Self::Closed,
            Situation::NoAgents => Self::NoAgents,
            Situation::Overflow => Self::Overflow,
            Situation::Busy => Self::Busy,
            Situation::Timeout => Self::Timeout,
            Situation::Cancelled => Self::Cancelled,
        }
    }
}

words! {
    /// What an agent kept the call for while it came to a place.
    Kept {
        /// Nobody kept it.
        No = "no",
        /// To be free at the answer: a success transfer.
        UntilAnswered = "until_answered",
        /// To talk with the other one first.
        ToConsult = "to_consult",
        /// To talk all three.
        ToJoin = "to_join",
    }
}

impl From<Keeping> for Kept {
    fn from(keeping: Keeping) -> Self {
        match keeping {
            Keeping::UntilAnswered => Self::UntilAnswered,
            Keeping::ToConsult => Self::ToConsult,
            Keeping::ToJoin => Self::ToJoin,
        }
    }
}

words! {
    /// Why a call left a place.
    Left {
        /// An agent answered it: it left the queue.
        Answered = "answered",
        /// The agent gave it to somebody else.
        Transferred = "transferred",
        /// The agent who kept it took it back, or had it back because nobody came.
        TakenBack = "taken_back",
        /// The agent declined.
        Declined = "declined",
        /// It rang for its whole time.
        Expired = "expired",
        /// The agent's phone could not be rung.
        Unreachable = "unreachable",
        /// The agent who rang or waited for it signed out, was forced out, or stopped being ready.
        AgentLeft = "agent_left",
        /// The agent's phone was lost while it rang.
        PhoneLost = "phone_lost",
        /// It was ended or moved by request while it rang.
        Requested = "requested",
        /// The queuing was cancelled.
        Cancelled = "cancelled",
        /// The queue or the agent was removed from the configuration.
        Removed = "removed",
        /// The queue was closed.
        Closed = "closed",
        /// Nobody was signed in to the queue any more.
        NoAgents = "no_agents",
        /// The queue was full.
        Overflow = "overflow",
        /// Nobody in the queue was free.
        Busy = "busy",
        /// It had waited for as long as it may.
        Timeout = "timeout",
        /// The outside number did not answer.
        OutsideFailed = "outside_failed",
        /// The caller hung up.
        CallerLeft = "caller_left",
        /// The agent, or the outside number, hung up.
        CalledLeft = "called_left",
        /// We ended it.
        Released = "released",
        /// It could not go on.
        Failed = "failed",
    }
}

impl From<OfferEnd> for Left {
    fn from(how: OfferEnd) -> Self {
        match how {
            OfferEnd::Declined => Self::Declined,
            OfferEnd::Expired => Self::Expired,
            OfferEnd::Failed => Self::Unreachable,
            OfferEnd::Withdrawn(WithdrawCause::CallerLeft) => Self::CallerLeft,
            OfferEnd::Withdrawn(WithdrawCause::Cancelled) => Self::Cancelled,
            OfferEnd::Withdrawn(WithdrawCause::AgentLeft) => Self::AgentLeft,
            OfferEnd::Withdrawn(WithdrawCause::PhoneLost) => Self::PhoneLost,
            OfferEnd::Withdrawn(WithdrawCause::CallTaken) => Self::Requested,
            OfferEnd::Withdrawn(WithdrawCause::Removed) => Self::Removed,
        }
    }
}

/// Why a call left the place before the one that it came to for this cause.
impl From<Cause> for Left {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Treatment(situation) => situation.into(),
            Cause::Dialled | Cause::Request => Self::Requested,
            Cause::Transfer => Self::Transferred,
            Cause::PrivateTimeout | Cause::PrivateWaitEnd => Self::Timeout,
            Cause::AgentSignedOut | Cause::AgentNotReady | Cause::Delegated => Self::AgentLeft,
            Cause::Removed => Self::Removed,
            Cause::ReturnedToSender => Self::AgentLeft,
            Cause::OutsideFailed => Self::OutsideFailed,
        }
    }
}

impl From<Situation> for Left {
    fn from(situation: Situation) -> Self {
        match situation {
            Situation::Closed => Self::Closed,
            Situation::NoAgents => Self::NoAgents,
            Situation::Overflow => Self::Overflow,
            Situation::Busy => Self::Busy,
            Situation::Timeout => Self::Timeout,
            Situation::Cancelled => Self::Cancelled,
        }
    }
}

/// Why the other one, whom a keeper had asked for, no longer has the call.
impl From<TakenBack> for Left {
    fn from(why: TakenBack) -> Self {
        match why {
            TakenBack::Asked => Self::TakenBack,
            TakenBack::Declined => Self::Declined,
            TakenBack::Expired => Self::Expired,
            TakenBack::Failed => Self::Unreachable,
            TakenBack::WaitOver => Self::Timeout,
            TakenBack::TurnedAway(situation) => situation.into(),
            TakenBack::AgentLeft => Self::AgentLeft,
            TakenBack::QueueRemoved => Self::Removed,
            TakenBack::OtherLeft => Self::CalledLeft,
            TakenBack::OutsideFailed => Self::OutsideFailed,
        }
    }
}

impl Left {
    /// Why a call that ended left the place in which it was.
    pub(crate) const fn at_end(outcome: Outcome, by: Party) -> Self {
        match (outcome, by) {
            (Outcome::Answered | Outcome::Abandoned, Party::Caller) => Self::CallerLeft,
            (Outcome::Answered | Outcome::Abandoned, Party::Called) => Self::CalledLeft,
            (Outcome::Failed(_), _) => Self::Failed,
            (Outcome::Released(_), _) | (_, Party::Server) => Self::Released,
        }
    }
}

words! {
    /// How a call ended.
    Ending {
        /// After a talk.
        Answered = "answered",
        /// The caller left while not talking.
        Abandoned = "abandoned",
        /// Released: its queue was closed.
        ReleasedClosed = "released_closed",
        /// Released: nobody was signed in to its queue.
        ReleasedNoAgents = "released_no_agents",
        /// Released: its queue was full.
        ReleasedOverflow = "released_overflow",
        /// Released: nobody in its queue was free.
        ReleasedBusy = "released_busy",
        /// Released: it had waited too long.
        ReleasedTimeout = "released_timeout",
        /// Released: the queuing was cancelled.
        ReleasedCancelled = "released_cancelled",
        /// Released: it had been sent on too often.
        ReleasedTooManyHops = "released_too_many_hops",
        /// Released: there was no queue to go back to.
        ReleasedNoQueueToReturnTo = "released_no_queue_to_return_to",
        /// Released: somebody asked for it through a face.
        ReleasedRequest = "released_request",
        /// Released: its private wait was over.
        ReleasedPrivateWaitEnd = "released_private_wait_end",
        /// Released: the agent it waited for left.
        ReleasedAgentLeft = "released_agent_left",
        /// The server restarted.
        FailedLostAtRestart = "failed_lost_at_restart",
        /// The caller's phone never acknowledged our answer.
        FailedNoAck = "failed_no_ack",
        /// A leg broke.
        FailedLegLost = "failed_leg_lost",
        /// Our side could not serve it.
        FailedResources = "failed_resources",
    }
}

impl From<Outcome> for Ending {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Answered => Self::Answered,
            Outcome::Abandoned => Self::Abandoned,
            Outcome::Released(ReleaseCause::Treatment(Situation::Closed)) => Self::ReleasedClosed,
            Outcome::Released(ReleaseCause::Treatment(Situation::NoAgents)) => Self::ReleasedNoAgents,
            Outcome::Released(ReleaseCause::Treatment(Situation::Overflow)) => Self::ReleasedOverflow,
            Outcome::Released(ReleaseCause::Treatment(Situation::Busy)) => Self::ReleasedBusy,
            Outcome::Released(ReleaseCause::Treatment(Situation::Timeout)) => Self::ReleasedTimeout,
            Outcome::Released(ReleaseCause::Treatment(Situation::Cancelled)) => Self::ReleasedCancelled,
            Outcome::Released(ReleaseCause::TooManyHops) => Self::ReleasedTooManyHops,
            Outcome::Released(ReleaseCause::NoQueueToReturnTo) => Self::ReleasedNoQueueToReturnTo,
            Outcome::Released(ReleaseCause::Request) => Self::ReleasedRequest,
            Outcome::Released(ReleaseCause::PrivateWaitEnd) => Self::ReleasedPrivateWaitEnd,
            Outcome::Released(ReleaseCause::AgentLeft) => Self::ReleasedAgentLeft,
            Outcome::Failed(FailCause::LostAtRestart) => Self::FailedLostAtRestart,
            Outcome::Failed(FailCause::NoAck) => Self::FailedNoAck,
            Outcome::Failed(FailCause::LegLost) => Self::FailedLegLost,
            Outcome::Failed(FailCause::Resources) => Self::FailedResources,
        }
    }
}

words! {
    /// Who ended a call.
    EndedBy {
        /// The caller's side.
        Caller = "caller",
        /// The agent's side, or the outside number's.
        Called = "called",
        /// We did.
        Server = "server",
    }
}

impl From<Party> for EndedBy {
    fn from(party: Party) -> Self {
        match party {
            Party::Caller => Self::Caller,
            Party::Called => Self::Called,
            Party::Server => Self::Server,
        }
    }
}

words! {
    /// What an agent does: its work if it has any and has not signed out, else its presence.
    Doing {
        /// Not signed in, even while its last talk goes on.
        SignedOut = "signed_out",
        /// Ready, without work.
        Idle = "idle",
        /// A call rings at its phone.
        Ringing = "ringing",
        /// It talks, or keeps a call.
        Talking = "talking",
        /// It works after a talk.
        WrapUp = "wrap_up",
        /// Busy with something else.
        Busy = "busy",
        /// On a break.
        Rest = "rest",
        /// In training.
        Study = "study",
    }
}

impl From<Presence> for Doing {
    /// Of an agent without work.
    fn from(presence: Presence) -> Self {
        match presence {
            Presence::SignedOut => Self::SignedOut,
            Presence::Ready => Self::Idle,
            Presence::NotReady(why) => match why.kind {
                NotReadyKind::Busy => Self::Busy,
                NotReadyKind::Rest => Self::Rest,
                NotReadyKind::Study => Self::Study,
            },
        }
    }
}

words! {
    /// What an agent did, or what was done to it.
    Act {
        /// Signed in.
        SignIn = "sign_in",
        /// Signed out.
        SignOut = "sign_out",
        /// Became busy; lasts until it is something else.
        Busy = "busy",
        /// Began a rest; lasts likewise.
        Rest = "rest",
        /// Began a training; lasts likewise.
        Study = "study",
        /// Talked with a call that it answered.
        Talk = "talk",
        /// Dialled a number; lasts until that call is over for it.
        Dial = "dial",
        /// Worked after a talk.
        WrapUp = "wrap_up",
        /// Had its caller on hold.
        Hold = "hold",
        /// Asked a colleague for help, keeping its caller: to talk with it first, to be relieved at its answer, or to talk
        /// all three.
        Consult = "consult",
        /// Asked an outside number likewise.
        ConsultOutside = "consult_outside",
        /// Talked all three.
        ThreeParty = "three_party",
        /// Gave its call to a queue or a colleague.
        TransferInside = "transfer_inside",
        /// Gave its call to an outside number.
        TransferOutside = "transfer_outside",
        /// A supervisor signed it out.
        ForcedSignOut = "forced_sign_out",
        /// A supervisor made it ready.
        ForcedReady = "forced_ready",
        /// A supervisor made it busy.
        ForcedBusy = "forced_busy",
        /// A supervisor sent it into a rest.
        ForcedRest = "forced_rest",
        /// A supervisor sent it into a training.
        ForcedStudy = "forced_study",
    }
}

impl From<ForcedPresence> for Act {
    fn from(presence: ForcedPresence) -> Self {
        match presence {
            ForcedPresence::Ready => Self::ForcedReady,
            ForcedPresence::Busy => Self::ForcedBusy,
            ForcedPresence::Rest { .. } => Self::ForcedRest,
            ForcedPresence::Study => Self::ForcedStudy,
            ForcedPresence::SignedOut => Self::ForcedSignOut,
        }
    }
}

words! {
    /// Who or what had an agent do something.
    ActBy {
        /// The agent itself.
        Agent = "agent",
        /// A supervisor.
        Supervisor = "supervisor",
        /// The first binding of its phone, or its fixed phone.
        Phone = "phone",
        /// The rules of the floor.
        Rule = "rule",
        /// Its phone was lost for too long.
        Lost = "lost",
        /// The configuration.
        Configuration = "configuration",
    }
}

impl From<ChangedBy> for ActBy {
    fn from(by: ChangedBy) -> Self {
        match by {
            ChangedBy::Agent => Self::Agent,
            ChangedBy::Supervisor => Self::Supervisor,
            ChangedBy::Phone => Self::Phone,
            ChangedBy::Rule => Self::Rule,
            ChangedBy::Lost => Self::Lost,
            ChangedBy::Configuration => Self::Configuration,
        }
    }
}
