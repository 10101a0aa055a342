//! Ids, times and commands in words.

use engine::{
    Action, Caller, Cause, Command, ForcedPresence, Line, Order, PrivateAction, Refusal, Sender, Target, Timestamp,
    Transfer, TransferTo,
};
use time::OffsetDateTime;

/// A point in time as UTC, to the millisecond; the number itself when it is beyond the calendar.
pub(in crate::command) fn time(at: Timestamp) -> String {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1000) else { return at.to_string() };
    let (date, (hour, minute, second, milli)) = (moment.date(), moment.time().as_hms_milli());
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// `until ...`, or that there is no end.
pub(super) fn until(until: Option<Timestamp>) -> String {
    match until {
        Some(Timestamp::MAX) | None => "without end".to_owned(),
        Some(at) => format!("until {}", time(at)),
    }
}

/// A number that may be somebody's: all but its last three characters hidden.
pub(crate) fn masked(number: &str) -> String {
    let shown = number.char_indices().nth_back(2).map_or(0, |(at, _)| at);
    if number.chars().count() <= 5 {
        return number.to_owned();
    }
    format!("…{}", &number[shown..])
}

pub(super) fn caller(caller: &Caller) -> String {
    match caller {
        Caller::Outside(number) if number.is_empty() => "a withheld number".to_owned(),
        Caller::Outside(number) => masked(number),
        Caller::Agent(agent) => format!("agent {agent}"),
    }
}

pub(super) fn line(line: Line) -> String {
    match line {
        Line::Queue(queue) => format!("queue {queue}"),
        Line::Private(agent) => format!("the private queue of agent {agent}"),
    }
}

pub(super) fn cause(cause: Cause) -> String {
    match cause {
        Cause::Treatment(situation) => format!("{situation:?}"),
        other => format!("{other:?}"),
    }
}

pub(super) fn sender(sender: Sender) -> String {
    match sender {
        Sender::Caller => "the caller".to_owned(),
        Sender::Agent(agent) => format!("agent {agent}"),
        Sender::Queue(queue) => format!("queue {queue}"),
        Sender::Private(agent) => format!("the private queue of agent {agent}"),
        Sender::Request => "a request".to_owned(),
        Sender::Outside => "the outside number".to_owned(),
    }
}

pub(super) fn action(action: &Action) -> String {
    match action {
        Action::Release => "release".to_owned(),
        Action::Queue(queue) => format!("queue {queue}"),
        Action::Agent(agent) => format!("agent {agent}"),
        Action::External(address) => format!("external {}", masked(address)),
        Action::Stay => "stay".to_owned(),
    }
}

pub(super) fn private_action(action: PrivateAction) -> String {
    match action {
        PrivateAction::Return => "sent back to its queue".to_owned(),
        PrivateAction::Delegate => "handed to the delegate".to_owned(),
        PrivateAction::ReturnToSender => "sent back to who sent it".to_owned(),
        PrivateAction::Queue(queue) => format!("sent to queue {queue}"),
        PrivateAction::Agent(agent) => format!("sent to agent {agent}"),
        PrivateAction::Stay => "kept".to_owned(),
        PrivateAction::Release => "released".to_owned(),
    }
}

/// Why something was not done, after "because".
pub(super) fn refusal(reason: Refusal) -> String {
    match reason {
        Refusal::NoSuchAgent => "there is no such agent".to_owned(),
        Refusal::NoSuchQueue => "there is no such queue".to_owned(),
        Refusal::AgentSignedOut => "the agent is signed out".to_owned(),
        Refusal::AgentNotReady => "the agent is not ready".to_owned(),
        Refusal::AgentIsInTheCall => "the agent is in the call already".to_owned(),
        Refusal::PrivateQueueFull => "the agent's private queue is full".to_owned(),
        Refusal::TurnedAway(situation) => format!("the queue turned it away ({situation:?})"),
        Refusal::TooManyHops => "it has been sent on 16 times".to_owned(),
        Refusal::NobodyNamed => "nobody is named".to_owned(),
        Refusal::AskedBefore => "the delegate was asked before".to_owned(),
    }
}

fn target(target: Target) -> String {
    match target {
        Target::Queue(queue) => format!("queue {queue}"),
        Target::Agent(agent) => format!("agent {agent}"),
    }
}

/// A supervisor's word.
pub(super) fn order(Order { reason, who }: &Order) -> String {
    format!("reason {reason}, says \"{who}\"")
}

/// What a supervisor makes of an agent.
pub(super) fn forced(presence: ForcedPresence) -> String {
    match presence {
        ForcedPresence::Rest { length: Some(length) } => format!("Rest for {} s", length.as_secs()),
        ForcedPresence::Rest { length: None } => "Rest".to_owned(),
        other => format!("{other:?}"),
    }
}

/// What was asked.
pub(super) fn command(command: &Command) -> String {
    match command {
        Command::Configure(floor) => {
            format!("Configure: {} queues, {} agents", floor.queues.len(), floor.agents.len())
        }
        Command::Arrive { caller: who, called, priority, target: to, .. } => {
            format!("Arrive: {} calls {called} for {}, priority {priority}", caller(who), target(*to))
        }
        Command::CallerLeft { call } => format!("CallerLeft: call {call}"),
        Command::AgentLeft { call, agent } => format!("AgentLeft: call {call}, agent {agent}"),
        Command::FailCall { call, cause } => format!("FailCall: call {call}, {cause:?}"),
        Command::FailAllCalls { cause } => format!("FailAllCalls: {cause:?}"),
        Command::ReleaseCall { call } => format!("ReleaseCall: call {call}"),
        Command::CancelQueuing { call } => format!("CancelQueuing: call {call}"),
        Command::SetHeld { call, held } => format!("SetHeld: call {call}, {}", if *held { "on" } else { "off" }),
        Command::Transfer { call, agent, target: to } => {
            format!("Transfer: call {call}, by agent {agent} to {}", target(*to))
        }
        Command::TransferBy(wish) => transfer(wish),
        Command::CompleteTransfer { call, agent } => format!("CompleteTransfer: call {call}, by agent {agent}"),
        Command::JoinTalk { call, agent } => format!("JoinTalk: call {call}, by agent {agent}"),
        Command::TakeBack { call, agent } => format!("TakeBack: call {call}, by agent {agent}"),
        Command::MoveCall { call, target: to } => format!("MoveCall: call {call} to {}", target(*to)),
        Command::OutsideAnswered { call } => format!("OutsideAnswered: call {call}"),
        Command::OutsideLeft { call } => format!("OutsideLeft: call {call}"),
        Command::AcceptOffer { offer } => format!("AcceptOffer: offer {offer}"),
        Command::DeclineOffer { offer } => format!("DeclineOffer: offer {offer}"),
        Command::ExpireOffer { offer } => format!("ExpireOffer: offer {offer}"),
        Command::FailOffer { offer } => format!("FailOffer: offer {offer}"),
        Command::SignIn { agent, by } => format!("SignIn: agent {agent}, by {by:?}"),
        Command::SignOut { agent, by } => format!("SignOut: agent {agent}, by {by:?}"),
        Command::BecomeReady { agent, by } => format!("BecomeReady: agent {agent}, by {by:?}"),
        Command::BecomeNotReady { agent, why, by } => {
            format!("BecomeNotReady: agent {agent}, {:?} (reason {}), by {by:?}", why.kind, why.reason)
        }
        Command::AskRest { agent, length, cause, by } => {
            format!("AskRest: agent {agent}, {} s (cause {cause}), by {by:?}", length.as_secs())
        }
        Command::CancelRest { agent, by } => format!("CancelRest: agent {agent}, by {by:?}"),
        Command::GrantRest { agent } => format!("GrantRest: agent {agent}"),
        Command::DenyRest { agent, order: said } => format!("DenyRest: agent {agent}, {}", order(said)),
        Command::ForcePresence { agent, presence, order: said } => {
            format!("ForcePresence: agent {agent}, {}, {}", forced(*presence), order(said))
        }
        Command::EndWrapUp { agent, by } => format!("EndWrapUp: agent {agent}, by {by:?}"),
        Command::PhoneFound { agent } => format!("PhoneFound: agent {agent}"),
        Command::PhoneLost { agent } => format!("PhoneLost: agent {agent}"),
        Command::CloseQueue { queue } => format!("CloseQueue: queue {queue}"),
        Command::OpenQueue { queue } => format!("OpenQueue: queue {queue}"),
        Command::Tick => "Tick".to_owned(),
    }
}

fn transfer(wish: &Transfer) -> String {
    let Transfer { call, agent, to, mode, expected_wait_max } = wish;
    let to = match to {
        TransferTo::Queue(queue) => format!("queue {queue}"),
        TransferTo::Agent(agent) => format!("agent {agent}"),
        TransferTo::Outside(address) => format!("external {}", masked(address)),
    };
    let condition = expected_wait_max.map_or_else(String::new, |max| format!(", if it waits at most {max:?}"));
    format!("TransferBy: call {call}, by agent {agent} to {to} ({mode:?}{condition})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_but_for_their_end() {
        assert_eq!(masked("+49301234567"), "…567");
        assert_eq!(masked("8001"), "8001");
        assert_eq!(masked("äöüß567"), "…567");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(time(Timestamp(1_735_787_045_678_901)), "2025-01-02T03:04:05.678Z");
        assert_eq!(until(Some(Timestamp::MAX)), "without end");
    }
}
