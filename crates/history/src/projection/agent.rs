//! An agent, as the history knows it.

use std::time::Duration;

use engine::{AgentId, CallId, QueueId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::figures::{AgentFigure, QueueFigure};
use crate::plain;
use crate::plain::plain_as_it_is;
use crate::rows::OperationRow;
use crate::words::{Act, ActBy, Direction, Doing};

use super::AgentNow;
use super::books::Books;

/// What is known of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AgentBook {
    #[serde(with = "plain")]
    pub(super) queues: Vec<QueueId>,
    /// What it does without work.
    pub(super) presence: Doing,
    pub(super) work: Work,
    pub(super) doing: Doing,
    #[serde(with = "plain")]
    pub(super) since: Timestamp,
    before: Option<(Doing, Duration)>,
    #[serde(with = "plain")]
    pub(super) signed_in: Option<Timestamp>,
    pub(super) hung_up_first: u32,
    /// Its last talk that ended: what a wrap-up is after.
    last_talk: Option<Talk>,
    /// The operations that go on: busy, rest or study; talk, dialled call or wrap-up; hold.
    pub(super) presence_goes_on: Option<OperationRow>,
    work_goes_on: Option<OperationRow>,
    hold_goes_on: Option<OperationRow>,
    /// A supervisor's reason for what happens to it in this entry.
    pub(super) forced: Option<u8>,
    /// Configured no more, and gone when its talk is over.
    pub(super) is_leaving: bool,
}

/// What an agent works at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Work {
    Nothing,
    Ringing,
    Talking(Talk),
    WrapUp(Talk),
}

/// A talk of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Talk {
    #[serde(with = "plain")]
    pub(super) call: CallId,
    #[serde(with = "plain")]
    pub(super) since: Timestamp,
    /// The public queue from which it was served.
    #[serde(with = "plain")]
    pub(super) queue: Option<QueueId>,
    /// The agent is the caller.
    pub(super) dialled: bool,
    /// Which way the call went: when the talk began, and once it has ended, when it ended.
    pub(super) direction: Direction,
}

plain_as_it_is!(AgentBook);

impl AgentBook {
    pub(super) const fn new(at: Timestamp, queues: Vec<QueueId>) -> Self {
        Self {
            queues,
            presence: Doing::SignedOut,
            work: Work::Nothing,
            doing: Doing::SignedOut,
            since: at,
            before: None,
            signed_in: None,
            hung_up_first: 0,
            last_talk: None,
            presence_goes_on: None,
            work_goes_on: None,
            hold_goes_on: None,
            forced: None,
            is_leaving: false,
        }
    }

    pub(super) const fn now(&self) -> AgentNow {
        AgentNow {
            doing: self.doing,
            since: self.since,
            before: self.before,
            signed_in: self.signed_in,
            hung_up_first: self.hung_up_first,
        }
    }

    pub(super) const fn is_gone(&self) -> bool {
        self.is_leaving && matches!(self.work, Work::Nothing)
    }

    pub(super) const fn does(&self) -> Doing {
        match (self.presence, self.work) {
            (Doing::SignedOut, _) => Doing::SignedOut,
            (presence, Work::Nothing) => presence,
            (_, Work::Ringing) => Doing::Ringing,
            (_, Work::Talking(_)) => Doing::Talking,
            (_, Work::WrapUp(_)) => Doing::WrapUp,
        }
    }

    /// An entry is over: what it was only within the entry, it never was.
    pub(super) fn settle(&mut self, books: &mut Books, id: AgentId, at: Timestamp) {
        self.forced = None;
        let doing = self.does();
        if doing == self.doing {
            return;
        }
        let lasted = at.since(self.since);
        if self.doing == Doing::Idle {
            books.agent_span(id, AgentFigure::LongestIdle, lasted);
        }
        self.before = Some((self.doing, lasted));
        (self.doing, self.since) = (doing, at);
    }

    pub(super) fn ring(&mut self) {
        self.work = Work::Ringing;
    }

    pub(super) fn stop_ringing(&mut self) {
        if self.work == Work::Ringing {
            self.work = Work::Nothing;
        }
    }

    pub(super) fn start_talk(&mut self, books: &mut Books, id: AgentId, talk: Talk) {
        let act = if talk.dialled { Act::Dial } else { Act::Talk };
        self.work = Work::Talking(talk);
        let mut operation = books.operation(id, act, ActBy::Agent);
        (operation.call, operation.direction, operation.queue) = (Some(talk.call), Some(talk.direction), talk.queue);
        self.work_goes_on = Some(books.begin(operation));
    }

    /// It is free of this call, whether it served it or dialled it.
    pub(super) fn end_talk(&mut self, books: &mut Books, id: AgentId, at: Timestamp, call: CallId, went: Direction) {
        let Work::Talking(talk) = self.work else { return };
        if talk.call != call {
            return;
        }
        let talk = Talk { direction: went, ..talk };
        self.work_goes_on.iter_mut().for_each(|operation| operation.direction = Some(went));
        self.retrieve(books, id, at);
        let lasted = at.since(talk.since);
        let (count, span) = if talk.dialled {
            (AgentFigure::DialledEnded, AgentFigure::DialledTime)
        } else {
            (AgentFigure::TalksEnded, AgentFigure::TalkTime)
        };
        books.agent(id, count);
        books.agent_span(id, span, lasted);
        if let Some(queue) = talk.queue {
            books.queue(queue, QueueFigure::TalksEnded);
            books.queue_span(queue, QueueFigure::TalkTime, lasted);
        }
        (self.work, self.last_talk) = (Work::Nothing, Some(talk));
        self.end_work(books);
    }

    fn end_work(&mut self, books: &mut Books) {
        if let Some(operation) = self.work_goes_on.take() {
            books.done(operation);
        }
    }

    pub(super) fn hold(&mut self, books: &mut Books, id: AgentId, direction: Direction) {
        books.agent(id, AgentFigure::Holds);
        let mut operation = books.operation(id, Act::Hold, ActBy::Agent);
        if let Work::Talking(talk) = self.work {
            (operation.call, operation.direction, operation.queue) = (Some(talk.call), Some(direction), talk.queue);
        }
        self.hold_goes_on = Some(books.begin(operation));
    }

    /// A hold ends with its talk at the latest, or when the agent asks for somebody else.
    pub(super) fn retrieve(&mut self, books: &mut Books, id: AgentId, at: Timestamp) {
        let Some(operation) = self.hold_goes_on.take() else { return };
        books.agent_span(id, AgentFigure::HoldTime, at.since(operation.began));
        books.done(operation);
    }

    /// After a talk, as a rule the last one.
    pub(super) fn start_wrap_up(&mut self, books: &mut Books, id: AgentId, at: Timestamp, call: CallId, by: ActBy) {
        let served = self.last_talk.filter(|talk| talk.call == call);
        let unknown = Talk { call, since: at, queue: None, dialled: false, direction: Direction::Inbound };
        let talk = Talk { since: at, ..served.unwrap_or(unknown) };
        self.work = Work::WrapUp(talk);
        let mut operation = books.operation(id, Act::WrapUp, by);
        (operation.call, operation.direction, operation.queue) = (Some(call), Some(talk.direction), talk.queue);
        self.work_goes_on = Some(books.begin(operation));
    }

    pub(super) fn end_wrap_up(&mut self, books: &mut Books, id: AgentId, at: Timestamp) {
        let Work::WrapUp(after) = self.work else { return };
        let lasted = at.since(after.since);
        let count = match after.direction {
            Direction::Inbound | Direction::Internal => AgentFigure::WrapUpsIn,
            Direction::Outbound => AgentFigure::WrapUpsOut,
        };
        books.agent(id, count);
        books.agent_span(id, AgentFigure::WrapUpTime, lasted);
        if let Some(queue) = after.queue {
            books.queue(queue, QueueFigure::WrapUps);
            books.queue_span(queue, QueueFigure::WrapUpTime, lasted);
        }
        self.work = Work::Nothing;
        self.end_work(books);
    }
}
