//! Our requests (RFC 3261, 17.1).

use std::time::{Duration, Instant};

use bytes::Bytes;
use leg::value::CSeq;
use leg::{Failure, Headers, Method, Request, Response};

use super::super::{ClientTxn, FromWire, text};
use super::print::Print;
use super::{Due, LONG, Layer, Output, RINGING_MAX, T1, T2};
use crate::place::Flow;
use crate::settings::Transport;

/// A request of ours. A CANCEL is its layer's own and has no number.
pub(super) struct Client {
    txn: Option<ClientTxn>,
    flow: Flow,
    state: State,
    /// When it is next looked at.
    due: Instant,
    is_invite: bool,
    /// An INVITE and its `Via`, for as long as a CANCEL or ACK may have to be made of it.
    invite: Option<Box<(Request, Box<str>)>>,
}

enum State {
    /// No answer; sent again after the interval, over UDP.
    Calling { message: Bytes, interval: Duration, until: Instant },
    /// A provisional answer came. What is no INVITE is still repeated.
    Proceeding { message: Option<Bytes>, until: Instant },
    /// It failed, or was refused: what still comes is acknowledged with this.
    Refused { ack: Bytes },
    /// A 2xx came, or its sender gave it up: each 2xx that still comes is told.
    Over,
}

/// What is to be sent.
pub(in super::super) struct Outgoing {
    pub(in super::super) txn: ClientTxn,
    pub(in super::super) branch: Box<str>,
    pub(in super::super) request: Request,
    pub(in super::super) flow: Flow,
    /// Our address in `Via`.
    pub(in super::super) local: std::net::SocketAddr,
}

impl Layer {
    /// Sends a request of ours.
    pub(in super::super) fn send(&mut self, now: Instant, outgoing: Outgoing) -> Vec<Output> {
        let Outgoing { txn, branch, request, flow, local } = outgoing;
        let via = format!("SIP/2.0/{} {local};branch={branch};rport", flow.transport.as_str());
        let message = text::request(&request, &via, &self.user_agent);
        let print = self.prints.client(&branch, &request.method);
        let is_invite = request.method == Method::Invite;
        let invite = is_invite.then(|| Box::new((request, via.into_boxed_str())));
        self.ours.insert(txn, print);
        self.call(now, print, Some(txn), flow, message, invite)
    }

    fn call(
        &mut self,
        now: Instant,
        print: Print,
        txn: Option<ClientTxn>,
        flow: Flow,
        message: Bytes,
        invite: Option<Box<(Request, Box<str>)>>,
    ) -> Vec<Output> {
        let until = now + LONG;
        let due = if flow.transport == Transport::Udp { now + T1 } else { until };
        if flow.connection > 0 {
            self.by_connection.entry(flow.connection).or_default().insert(print);
        }
        let state = State::Calling { message: message.clone(), interval: T1, until };
        let is_invite = invite.is_some();
        self.clients.insert(print, Client { txn, flow, state, due, is_invite, invite });
        self.wake(due, Due::Client(print));
        vec![Output::Send(flow, message)]
    }

    /// A response came in, with the branch of its `Via`.
    pub(in super::super) fn response(&mut self, now: Instant, response: Response, branch: &str) -> Vec<Output> {
        let method = response.headers.get("CSeq").and_then(CSeq::parse).map(|cseq| cseq.method);
        let Some(print) = method.map(|method| self.prints.client(branch, &method)) else { return Vec::new() };
        let Some(client) = self.clients.get_mut(&print) else { return Vec::new() };
        let (is_invite, txn, flow) = (client.is_invite, client.txn, client.flow);
        let tell = |response| txn.map(|txn| Output::Tell(FromWire::Response { txn, response, flow }));
        if let State::Refused { ack } = &client.state
            && !response.is_success()
        {
            let repeated = !response.is_provisional();
            return repeated.then(|| Output::Send(flow, ack.clone())).into_iter().collect();
        }
        let is_over = matches!(client.state, State::Over | State::Refused { .. });
        match (response.is_provisional(), is_invite) {
            (true, _) if is_over => Vec::new(),
            (true, _) => {
                let more = client.provisional(now);
                let due = client.due;
                if more {
                    self.wake(due, Due::Client(print));
                }
                tell(response).into_iter().collect()
            }
            (false, false) => {
                self.remove_client(print);
                tell(response).into_iter().collect()
            }
            (false, true) if response.is_success() => {
                client.invite = None;
                self.end_invite(now, print, State::Over);
                tell(response).into_iter().collect()
            }
            (false, true) => self.refused(now, print, response, is_over),
        }
    }

    /// A final refusal of our INVITE: acknowledged here, and told unless its sender gave it up.
    fn refused(&mut self, now: Instant, print: Print, response: Response, is_over: bool) -> Vec<Output> {
        let Some(client) = self.clients.get(&print) else { return Vec::new() };
        let (txn, flow) = (client.txn, client.flow);
        let Some(invite) = &client.invite else { return Vec::new() };
        let ack = text::request(&ack_of(&invite.0, &response), &invite.1, &self.user_agent);
        let mut out = vec![Output::Send(flow, ack.clone())];
        if let (Some(txn), false) = (txn, is_over) {
            out.push(Output::Tell(FromWire::Response { txn, response, flow }));
        }
        self.end_invite(now, print, State::Refused { ack });
        out
    }

    /// The INVITE has its final answer, or wants none; what may still come is waited for.
    fn end_invite(&mut self, now: Instant, print: Print, state: State) {
        let Some(client) = self.clients.get_mut(&print) else { return };
        let was_over = matches!(client.state, State::Over);
        client.state = state;
        if !was_over {
            client.due = now + LONG;
            self.wake(now + LONG, Due::Client(print));
        }
    }

    /// Gives our INVITE up (RFC 3261, 9.1).
    pub(in super::super) fn cancel_ours(&mut self, now: Instant, txn: ClientTxn, extra: &Headers) -> Vec<Output> {
        let Some(print) = self.ours.get(&txn).copied() else { return Vec::new() };
        let Some(client) = self.clients.get_mut(&print) else { return Vec::new() };
        let (State::Calling { until, .. } | State::Proceeding { until, .. }, Some(invite)) =
            (&mut client.state, &client.invite)
        else {
            return Vec::new();
        };
        *until = (*until).min(now + LONG);
        client.due = client.due.min(*until);
        let (due, flow, via) = (client.due, client.flow, invite.1.clone());
        let cancel = cancel_of(&invite.0, extra);
        self.wake(due, Due::Client(print));
        let (_, branch) = super::print::top_via(&via);
        let of_cancel = self.prints.client(branch, &Method::Cancel);
        if self.clients.contains_key(&of_cancel) {
            return Vec::new();
        }
        let message = text::request(&cancel, &via, &self.user_agent);
        self.call(now, of_cancel, None, flow, message, None)
    }

    /// Tells no more of a request of ours, but for a 2xx to an INVITE.
    pub(in super::super) fn abandon(&mut self, now: Instant, txn: ClientTxn) {
        let Some(print) = self.ours.get(&txn).copied() else { return };
        match self.clients.get(&print) {
            Some(client) if !client.is_invite => self.remove_client(print),
            Some(client) if matches!(client.state, State::Calling { .. } | State::Proceeding { .. }) => {
                self.end_invite(now, print, State::Over);
            }
            Some(_) | None => {}
        }
    }

    /// A connection is gone, and with it the answers to what went by it.
    pub(in super::super) fn closed(&mut self, flow: Flow) -> Vec<Output> {
        let prints = self.by_connection.remove(&flow.connection).unwrap_or_default();
        let failed = prints.into_iter().filter_map(|print| {
            let client = self.clients.get(&print)?;
            let waits = matches!(client.state, State::Calling { .. } | State::Proceeding { .. });
            let txn = client.txn.filter(|_| waits);
            self.remove_client(print);
            Some(Output::Tell(FromWire::Failed { txn: txn?, why: Failure::Transport }))
        });
        let mut out = failed.collect::<Vec<_>>();
        out.push(Output::Tell(FromWire::Closed { flow }));
        out
    }

    fn remove_client(&mut self, print: Print) {
        let Some(client) = self.clients.remove(&print) else { return };
        if let Some(txn) = client.txn
            && self.ours.get(&txn) == Some(&print)
        {
            self.ours.remove(&txn);
        }
        if let Some(prints) = self.by_connection.get_mut(&client.flow.connection) {
            prints.remove(&print);
            if prints.is_empty() {
                self.by_connection.remove(&client.flow.connection);
            }
        }
    }

    pub(super) fn client_due(&mut self, print: Print, now: Instant, out: &mut Vec<Output>) {
        let Some(client) = self.clients.get_mut(&print).filter(|client| client.due <= now) else { return };
        let is_invite = client.is_invite;
        match &mut client.state {
            State::Calling { message, interval, until } if now < *until => {
                out.push(Output::Send(client.flow, message.clone()));
                *interval *= 2;
                if !is_invite {
                    *interval = (*interval).min(T2);
                }
                client.due = (now + *interval).min(*until);
            }
            State::Proceeding { message, until } if now < *until => match message {
                Some(message) => {
                    out.push(Output::Send(client.flow, message.clone()));
                    client.due = (now + T2).min(*until);
                }
                None => client.due = *until,
            },
            State::Calling { .. } | State::Proceeding { .. } => {
                let txn = client.txn;
                if let Some(txn) = txn {
                    out.push(Output::Tell(FromWire::Failed { txn, why: Failure::Timeout }));
                }
                // A 2xx that comes even later still has to be acknowledged and hung up.
                if is_invite {
                    self.end_invite(now, print, State::Over)
                } else {
                    self.remove_client(print)
                }
                return;
            }
            State::Refused { .. } | State::Over => return self.remove_client(print),
        }
        let due = client.due;
        self.wake(due, Due::Client(print));
    }
}

impl Client {
    /// A provisional answer came. True when it is to be looked at at another time than before.
    fn provisional(&mut self, now: Instant) -> bool {
        let State::Calling { message, until, .. } = &self.state else { return false };
        let is_datagram = self.flow.transport == Transport::Udp;
        (self.state, self.due) = if self.is_invite {
            let until = now + RINGING_MAX;
            (State::Proceeding { message: None, until }, until)
        } else {
            let due = if is_datagram { (now + T2).min(*until) } else { *until };
            (State::Proceeding { message: is_datagram.then(|| message.clone()), until: *until }, due)
        };
        true
    }
}

/// What CANCEL and ACK take over from their INVITE.
fn follow(invite: &Request, method: Method) -> Request {
    let mut request = Request::new(method, invite.uri());
    for (name, value) in invite.headers.iter() {
        match name {
            "From" | "To" | "Call-ID" | "Route" | "Max-Forwards" => request.headers.push(name, value),
            "CSeq" => {
                let number = CSeq::parse(value).map_or(0, |cseq| cseq.number);
                request.headers.push("CSeq", &format!("{number} {}", request.method));
            }
            _ => {}
        }
    }
    request
}

fn cancel_of(invite: &Request, extra: &Headers) -> Request {
    let mut cancel = follow(invite, Method::Cancel);
    for (name, value) in extra.iter() {
        cancel.headers.push(name, value);
    }
    cancel
}

/// The ACK of a refusal (RFC 3261, 17.1.1.3).
fn ack_of(invite: &Request, refusal: &Response) -> Request {
    let mut ack = follow(invite, Method::Ack);
    if let Some(to) = refusal.headers.get("To") {
        ack.headers.set("To", to);
    }
    ack
}
