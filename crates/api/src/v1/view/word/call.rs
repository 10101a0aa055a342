//! What is said of calls.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether callers' numbers are shown in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// As the trunk gave them.
    Full,
    /// The last three digits.
    Masked,
}

impl Numbers {
    fn show(self, number: &str) -> String {
        match self {
            Self::Full => number.to_owned(),
            Self::Masked => {
                let hidden = number.chars().count().saturating_sub(3);
                number.chars().enumerate().map(|(index, digit)| if index < hidden { '*' } else { digit }).collect()
            }
        }
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Caller {
    /// Somebody outside.
    Outside {
        /// As the trunk gave it, or its last three digits behind asterisks; empty when withheld.
        number: String,
    },
    /// A colleague who dialled.
    Agent {
        /// Who.
        agent: u32,
    },
}

impl Caller {
    pub(crate) fn new(caller: &engine::Caller, numbers: Numbers) -> Self {
        match caller {
            engine::Caller::Outside(number) => Self::Outside { number: numbers.show(number) },
            engine::Caller::Agent(agent) => Self::Agent { agent: agent.0 },
        }
    }
}

/// Where calls wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Line {
    /// In a queue, for any of its agents.
    Queue {
        /// Which one.
        queue: u16,
    },
    /// In the private queue of one agent.
    Private {
        /// Whose.
        agent: u32,
    },
}

impl From<engine::Line> for Line {
    fn from(line: engine::Line) -> Self {
        match line {
            engine::Line::Queue(queue) => Self::Queue { queue: queue.0 },
            engine::Line::Private(agent) => Self::Private { agent: agent.0 },
        }
    }
}

plain! {
    /// A special situation that a call meets in a queue.
    Situation {
        /// Entering outside the queue's hours.
        Closed,
        /// Nobody is signed in to the queue.
        NoAgents,
        /// As many calls as allowed wait already.
        Overflow,
        /// Nobody is available and the queue does not let calls wait.
        Busy,
        /// It waited as long as it may.
        Timeout,
        /// The caller pressed the cancel key, or a request cancelled the queuing.
        Cancelled,
    }
}

/// Why a call was directed or moved to where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Cause {
    /// The number of this queue or agent was dialled.
    Dialled,
    /// An agent transferred it.
    Transfer,
    /// What its queue does in that situation.
    Treatment {
        /// Which one.
        situation: Situation,
    },
    /// A request through a face.
    Request,
    /// It came back: its private wait was over.
    PrivateTimeout,
    /// It came back: its agent signed out.
    AgentSignedOut,
    /// It came back: its queue or agent was removed from the configuration.
    Removed,
    /// It came back: its agent stopped being ready.
    AgentNotReady,
    /// Its agent could not take it, and its delegate is asked to.
    Delegated,
    /// Its agent could not take it, and it went back to the agent who had sent it.
    ReturnedToSender,
    /// Its private wait was over, and this is where it is to go then.
    PrivateWaitEnd,
    /// It came back: the outside number that an agent had sent it to did not answer.
    OutsideFailed,
}

impl From<engine::Cause> for Cause {
    fn from(cause: engine::Cause) -> Self {
        match cause {
            engine::Cause::Dialled => Self::Dialled,
            engine::Cause::Transfer => Self::Transfer,
            engine::Cause::Treatment(situation) => Self::Treatment { situation: situation.into() },
            engine::Cause::Request => Self::Request,
            engine::Cause::PrivateTimeout => Self::PrivateTimeout,
            engine::Cause::AgentSignedOut => Self::AgentSignedOut,
            engine::Cause::Removed => Self::Removed,
            engine::Cause::AgentNotReady => Self::AgentNotReady,
            engine::Cause::Delegated => Self::Delegated,
            engine::Cause::ReturnedToSender => Self::ReturnedToSender,
            engine::Cause::PrivateWaitEnd => Self::PrivateWaitEnd,
            engine::Cause::OutsideFailed => Self::OutsideFailed,
        }
    }
}

/// Who sent a call to where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Sender {
    /// The caller's own choice of number.
    Caller,
    /// An agent, by transfer or by dialling.
    Agent {
        /// Who.
        agent: u32,
    },
    /// A queue, by its treatment.
    Queue {
        /// Which one.
        queue: u16,
    },
    /// The private queue it was in.
    Private {
        /// Whose.
        agent: u32,
    },
    /// A face.
    Request,
    /// The outside number it was with.
    Outside,
}

impl From<engine::Sender> for Sender {
    fn from(sender: engine::Sender) -> Self {
        match sender {
            engine::Sender::Caller => Self::Caller,
            engine::Sender::Agent(agent) => Self::Agent { agent: agent.0 },
            engine::Sender::Queue(queue) => Self::Queue { queue: queue.0 },
            engine::Sender::Private(agent) => Self::Private { agent: agent.0 },
            engine::Sender::Request => Self::Request,
            engine::Sender::Outside => Self::Outside,
        }
    }
}

/// One thing that a queue does with a call in a special situation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Action {
    /// Ends it.
    Release,
    /// Sends it to another queue.
    Queue {
        /// Which one.
        queue: u16,
    },
    /// Directs it to an agent.
    Agent {
        /// Whom.
        agent: u32,
    },
    /// Sends it to an external number or SIP address.
    External {
        /// Where to.
        address: String,
    },
    /// Lets it wait.
    Stay,
}

impl From<&engine::Action> for Action {
    fn from(action: &engine::Action) -> Self {
        match action {
            engine::Action::Release => Self::Release,
            engine::Action::Queue(queue) => Self::Queue { queue: queue.0 },
            engine::Action::Agent(agent) => Self::Agent { agent: agent.0 },
            engine::Action::External(address) => Self::External { address: address.to_string() },
            engine::Action::Stay => Self::Stay,
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// After a talk.
    Answered,
    /// The caller left while not talking.
    Abandoned,
    /// We ended it.
    Released {
        /// Why.
        cause: ReleaseCause,
    },
    /// It could not go on.
    Failed {
        /// Why.
        cause: FailCause,
    },
}

impl From<engine::Outcome> for Outcome {
    fn from(outcome: engine::Outcome) -> Self {
        match outcome {
            engine::Outcome::Answered => Self::Answered,
            engine::Outcome::Abandoned => Self::Abandoned,
            engine::Outcome::Released(cause) => Self::Released { cause: cause.into() },
            engine::Outcome::Failed(cause) => Self::Failed { cause: cause.into() },
        }
    }
}

/// Why we ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum ReleaseCause {
    /// The treatment of this situation said so.
    Treatment {
        /// Which one.
        situation: Situation,
    },
    /// It was sent on too often.
    TooManyHops,
    /// Its private wait ended and there was no queue to go back to.
    NoQueueToReturnTo,
    /// Somebody asked for it.
    Request,
    /// Its private wait was over, and it was to be released then.
    PrivateWaitEnd,
    /// The agent it waited for left, and it was to be released then.
    AgentLeft,
}

impl From<engine::ReleaseCause> for ReleaseCause {
    fn from(cause: engine::ReleaseCause) -> Self {
        match cause {
            engine::ReleaseCause::Treatment(situation) => Self::Treatment { situation: situation.into() },
            engine::ReleaseCause::TooManyHops => Self::TooManyHops,
            engine::ReleaseCause::NoQueueToReturnTo => Self::NoQueueToReturnTo,
            engine::ReleaseCause::Request => Self::Request,
            engine::ReleaseCause::PrivateWaitEnd => Self::PrivateWaitEnd,
            engine::ReleaseCause::AgentLeft => Self::AgentLeft,
        }
    }
}

plain! {
    /// Why a call could not go on.
    FailCause {
        /// The server restarted.
        LostAtRestart,
        /// The caller's phone never acknowledged our answer.
        NoAck,
        /// A leg broke in the middle.
        LegLost,
        /// Our own side could not serve it.
        Resources,
    }
}

plain! {
    /// Which side ended a call.
    Party {
        /// The caller's.
        Caller,
        /// The agent's, or the outside number's.
        Called,
        /// We did.
        Server,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_shows_its_last_three_digits() {
        assert_eq!(Numbers::Masked.show("+4930123456"), "********456");
        assert_eq!(Numbers::Masked.show("12"), "12");
        assert_eq!(Numbers::Masked.show(""), "");
        assert_eq!(Numbers::Full.show("+4930123456"), "+4930123456");
    }
}
