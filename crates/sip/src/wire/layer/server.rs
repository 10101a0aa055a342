//! Requests of others (RFC 3261, 17.2).

use std::time::{Duration, Instant};

use bytes::Bytes;
use leg::{Method, Request, Response, ServerTxn};

use super::super::{FromWire, text};
use super::print::Print;
use super::{Due, LONG, Layer, Output, T1, T2, T4};
use crate::place::Flow;
use crate::settings::Transport;

/// A request of another.
pub(super) struct Server {
    flow: Flow,
    /// The `Via` lines of every answer.
    vias: Box<str>,
    /// What to know it by again; strangers' requests are not known again.
    print: Option<Print>,
    /// Of an INVITE: what its ACK shares with it.
    dialog: Option<Print>,
    state: State,
    /// When it is next looked at.
    due: Instant,
}

enum State {
    /// Waits for a final answer; the last provisional one.
    Waiting(Option<Bytes>),
    /// An INVITE was refused; the answer goes out again and again until the ACK.
    Refused { answer: Bytes, interval: Duration, until: Instant },
    /// It was answered; repetitions get this again, or nothing.
    Over(Option<Bytes>),
}

/// Whether we know who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Standing {
    /// We do.
    Known,
    /// We do not: it gets one answer to each message, and no memory.
    Stranger,
}

impl Layer {
    /// A request came in, with the `Via` lines of its answers.
    pub(in super::super) fn request(
        &mut self,
        now: Instant,
        request: Request,
        vias: &str,
        flow: Flow,
        standing: Standing,
    ) -> Vec<Output> {
        let via = vias.lines().next().unwrap_or("").trim_start_matches("Via: ");
        let print = self.prints.server(&request, via);
        match request.method {
            Method::Ack => self.ack(now, print, request, flow),
            Method::Cancel => self.cancel(print, &request, vias, flow),
            _ => self.new_request(now, print, request, vias, flow, standing),
        }
    }

    fn new_request(
        &mut self,
        now: Instant,
        print: Print,
        request: Request,
        vias: &str,
        flow: Flow,
        standing: Standing,
    ) -> Vec<Output> {
        if let Some(known) = self.by_print.get(&print).and_then(|number| self.servers.get(number)) {
            let last = match &known.state {
                State::Waiting(last) | State::Over(last) => last.clone(),
                State::Refused { answer, .. } => Some(answer.clone()),
            };
            return last.map(|last| Output::Send(known.flow, last)).into_iter().collect();
        }
        let is_stranger = standing == Standing::Stranger;
        let is_initial = request.headers.get("To").and_then(text::tag_of).is_none();
        if self.waiting >= self.waiting_max && (is_stranger || is_initial) {
            return if is_stranger { Vec::new() } else { vec![self.turn_away(print, &request, vias, flow)] };
        }
        let is_invite = request.method == Method::Invite;
        let mut out = Vec::with_capacity(2);
        let mut last = None;
        if is_invite && !is_stranger {
            let trying = text::response(&text::answer(&request, 100, ""), vias, &self.user_agent);
            out.push(Output::Send(flow, trying.clone()));
            last = Some(trying);
        }
        self.last += 1;
        let number = self.last;
        let print = (!is_stranger).then_some(print);
        if let Some(print) = print {
            self.by_print.insert(print, number);
        }
        let dialog = is_invite.then(|| self.prints.dialog(&request));
        // A stranger's request that nobody answers is forgotten; any other waits for as long as it takes.
        let due = now + LONG;
        if is_stranger {
            self.wake(due, Due::Server(number));
        }
        self.servers
            .insert(number, Server { flow, vias: vias.into(), print, dialog, state: State::Waiting(last), due });
        self.waiting += 1;
        out.push(Output::Tell(FromWire::Request { txn: ServerTxn(number), request, flow }));
        out
    }

    /// Too much to do. Not the same delay for all, so that they do not come back together.
    fn turn_away(&self, print: Print, request: &Request, vias: &str, flow: Flow) -> Output {
        let delay = ["3", "4", "5", "6", "7"][usize::from(flow.remote.port()) % 5];
        let busy = text::answer(request, 503, &print.tag()).with("Retry-After", delay);
        Output::Send(flow, text::response(&busy, vias, &self.user_agent))
    }

    fn cancel(&mut self, print: Print, cancel: &Request, vias: &str, flow: Flow) -> Vec<Output> {
        let number = self.by_print.get(&print).copied();
        let invite = number.and_then(|number| self.servers.get(&number));
        let status = if invite.is_some() { 200 } else { 481 };
        let answer = text::answer(cancel, status, &print.tag());
        let mut out = vec![Output::Send(flow, text::response(&answer, vias, &self.user_agent))];
        if let (Some(number), Some(Server { state: State::Waiting(_), .. })) = (number, invite) {
            let headers = cancel.headers.clone();
            out.push(Output::Tell(FromWire::Cancel { txn: ServerTxn(number), headers, flow }));
        }
        out
    }

    fn ack(&mut self, now: Instant, print: Print, request: Request, flow: Flow) -> Vec<Output> {
        if let Some(number) = self.by_print.get(&print).copied()
            && let Some(server) = self.servers.get_mut(&number)
            && !matches!(server.state, State::Waiting(_))
            && !server.dialog.is_some_and(|dialog| self.unacknowledged.contains_key(&dialog))
        {
            if matches!(server.state, State::Refused { .. }) {
                self.finish(number, now, None, if flow.transport == Transport::Udp { T4 } else { Duration::ZERO });
            }
            return Vec::new();
        }
        // The 2xx need not be repeated any more; the number stays, so that a late INVITE is not a new one.
        let dialog = self.prints.dialog(&request);
        if let Some(number) = self.unacknowledged.remove(&dialog)
            && let Some(server) = self.servers.get_mut(&number)
        {
            server.state = State::Over(None);
        }
        vec![Output::Tell(FromWire::Ack { request, flow })]
    }

    /// Answers a request.
    pub(in super::super) fn respond(&mut self, now: Instant, txn: ServerTxn, response: &Response) -> Vec<Output> {
        let Some(server) = self.servers.get_mut(&txn.0) else { return Vec::new() };
        let (flow, is_invite, is_stranger) = (server.flow, server.dialog.is_some(), server.print.is_none());
        let is_repeated_success = is_invite && response.is_success() && matches!(server.state, State::Over(Some(_)));
        if !matches!(server.state, State::Waiting(_)) && !is_repeated_success {
            return Vec::new();
        }
        let answer = text::response(response, &server.vias, &self.user_agent);
        let out = vec![Output::Send(flow, answer.clone())];
        if response.is_provisional() {
            server.state = State::Waiting((!is_stranger).then_some(answer));
            return out;
        }
        if is_repeated_success {
            server.state = State::Over(Some(answer));
            return out;
        }
        self.waiting -= 1;
        let is_datagram = flow.transport == Transport::Udp;
        if is_stranger {
            self.remove_server(txn.0);
        } else if is_invite && response.is_success() {
            if let Some(dialog) = server.dialog {
                self.unacknowledged.insert(dialog, txn.0);
            }
            self.finish(txn.0, now, Some(answer), LONG);
        } else if is_invite {
            let until = now + LONG;
            server.state = State::Refused { answer, interval: T1, until };
            server.due = if is_datagram { now + T1 } else { until };
            let due = server.due;
            self.wake(due, Due::Server(txn.0));
        } else if is_datagram {
            self.finish(txn.0, now, Some(answer), LONG);
        } else {
            self.remove_server(txn.0);
        }
        out
    }

    /// It is over; what comes of it for a while gets this answer.
    fn finish(&mut self, number: u64, now: Instant, answer: Option<Bytes>, after: Duration) {
        if after.is_zero() {
            return self.remove_server(number);
        }
        if let Some(server) = self.servers.get_mut(&number) {
            server.state = State::Over(answer);
            server.due = now + after;
            self.wake(now + after, Due::Server(number));
        }
    }

    fn remove_server(&mut self, number: u64) {
        let Some(server) = self.servers.remove(&number) else { return };
        if let Some(print) = server.print {
            self.by_print.remove(&print);
        }
        if let Some(dialog) = server.dialog
            && self.unacknowledged.get(&dialog) == Some(&number)
        {
            self.unacknowledged.remove(&dialog);
        }
    }

    pub(super) fn server_due(&mut self, number: u64, now: Instant, out: &mut Vec<Output>) {
        let Some(server) = self.servers.get_mut(&number).filter(|server| server.due <= now) else { return };
        match &mut server.state {
            State::Refused { answer, interval, until } if now < *until => {
                out.push(Output::Send(server.flow, answer.clone()));
                *interval = (*interval * 2).min(T2);
                server.due = (now + *interval).min(*until);
                let due = server.due;
                self.wake(due, Due::Server(number));
            }
            State::Waiting(_) => {
                self.waiting -= 1;
                self.remove_server(number);
            }
            State::Refused { .. } | State::Over(_) => self.remove_server(number),
        }
    }
}
