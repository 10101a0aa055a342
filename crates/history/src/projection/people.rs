//! What becomes of agents: how they come and go, and what they choose.

use engine::{AgentId, AgentSettings, CallId, ChangedBy, ForcedPresence, Order, Presence, Timestamp};

use crate::figures::AgentFigure;
use crate::words::{Act, ActBy, Doing};

use super::Projection;
use super::agent::AgentBook;
use super::books::Books;

impl Projection {
    pub(super) fn define_agent(&mut self, at: Timestamp, settings: &AgentSettings) {
        let queues = settings.queues.iter().map(|part| part.queue).collect();
        match self.agents.get_mut(&settings.id) {
            Some(book) => (book.queues, book.is_leaving) = (queues, false),
            None => drop(self.agents.insert(settings.id, AgentBook::new(at, queues))),
        }
    }

    pub(super) fn remove_agent(&mut self, id: AgentId) {
        if let Some(book) = self.agents.get_mut(&id) {
            book.is_leaving = true;
            book.queues.clear();
            self.touched.insert(id);
        }
    }

    pub(super) fn sign_in(&mut self, at: Timestamp, id: AgentId, by: ChangedBy) {
        self.change_agent(id, |book, books| {
            end_presence(book, books, id, at);
            (book.presence, book.signed_in, book.hung_up_first) = (Doing::Idle, Some(at), 0);
            books.agent(id, AgentFigure::SignIns);
            let operation = books.operation(id, Act::SignIn, by.into());
            books.done(operation);
        });
    }

    pub(super) fn sign_out(&mut self, at: Timestamp, id: AgentId, by: ChangedBy) {
        self.change_agent(id, |book, books| {
            end_presence(book, books, id, at);
            (book.presence, book.signed_in) = (Doing::SignedOut, None);
            let mut operation = books.operation(id, Act::SignOut, by.into());
            operation.reason = book.forced;
            books.done(operation);
        });
    }

    pub(super) fn change_presence(&mut self, at: Timestamp, id: AgentId, presence: Presence, by: ChangedBy) {
        self.change_agent(id, |book, books| {
            end_presence(book, books, id, at);
            book.presence = presence.into();
            let Some((act, count, _)) = lasting(book.presence) else { return };
            books.agent(id, count);
            let mut operation = books.operation(id, act, by.into());
            if let Presence::NotReady(why) = presence {
                operation.reason = Some(why.reason);
            }
            book.presence_goes_on = Some(books.begin(operation));
        });
    }

    pub(super) fn force(&mut self, _at: Timestamp, id: AgentId, presence: ForcedPresence, order: &Order) {
        self.change_agent(id, |book, books| {
            book.forced = Some(order.reason);
            let mut operation = books.operation(id, presence.into(), ActBy::Supervisor);
            operation.reason = Some(order.reason);
            books.done(operation);
        });
    }

    /// With an end, it is the floor's; without one, the agent's own.
    pub(super) fn start_wrap_up(&mut self, at: Timestamp, id: AgentId, call: CallId, has_end: bool) {
        let by = if has_end { ActBy::Rule } else { ActBy::Agent };
        self.change_agent(id, |book, books| book.start_wrap_up(books, id, at, call, by));
    }

    pub(super) fn end_wrap_up(&mut self, at: Timestamp, id: AgentId) {
        self.change_agent(id, |book, books| book.end_wrap_up(books, id, at));
    }
}

/// What an agent does that is a choice and lasts, how often it began, and how long it lasted.
const fn lasting(presence: Doing) -> Option<(Act, AgentFigure, AgentFigure)> {
    match presence {
        Doing::Busy => Some((Act::Busy, AgentFigure::Busies, AgentFigure::BusyTime)),
        Doing::Rest => Some((Act::Rest, AgentFigure::Rests, AgentFigure::RestTime)),
        Doing::Study => Some((Act::Study, AgentFigure::Studies, AgentFigure::StudyTime)),
        Doing::SignedOut | Doing::Idle | Doing::Ringing | Doing::Talking | Doing::WrapUp => None,
    }
}

fn end_presence(book: &mut AgentBook, books: &mut Books, id: AgentId, at: Timestamp) {
    let Some(operation) = book.presence_goes_on.take() else { return };
    if let Some((_, _, span)) = lasting(book.presence) {
        books.agent_span(id, span, at.since(operation.began));
    }
    books.done(operation);
}
