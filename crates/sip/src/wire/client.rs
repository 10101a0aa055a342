//! Our requests.

use std::sync::Arc;

use futures::FutureExt;
use leg::{Failure, Headers, Request};
use rsipstack::sip::{self, Header, HeadersExt, Method, SipMessage};
use rsipstack::transaction::Transaction;
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::core::{AFTERLIFE, Ageing, Core, Way, lock};
use super::{ClientTxn, FromWire, LOCAL, message};
use crate::digest::hex;
use crate::place::{Destination, Flow, Place};
use crate::settings::Transport;

/// What a request under way is told.
pub(super) enum Order {
    Cancel(Headers),
    Abandon,
}

/// An INVITE of ours, by its branch.
pub(super) struct Branch {
    txn: ClientTxn,
    flow: Flow,
    /// Whether its transaction takes responses.
    live: bool,
}

impl Core {
    /// See [`super::Wire::send`].
    pub(super) fn send(self: &Arc<Self>, txn: ClientTxn, branch: Option<&str>, request: Request, to: Destination) {
        let branch: Box<str> = branch.map_or_else(fresh_branch, Into::into);
        let (sender, orders) = unbounded_channel();
        lock(&self.orders).insert(txn, sender);
        match self.way(&to) {
            Some(way) => self.start(txn, branch, &request, way, orders),
            None if matches!(to, Destination::Place(Place { transport: Transport::Tcp, .. })) => {
                let core = self.clone();
                tokio::spawn(async move {
                    match core.new_way(&to).await {
                        Some(way) => core.start(txn, branch, &request, way, orders),
                        None => core.fail(txn, Failure::Transport),
                    }
                });
            }
            None => self.fail(txn, Failure::Transport),
        }
    }

    fn fail(&self, txn: ClientTxn, why: Failure) {
        lock(&self.orders).remove(&txn);
        self.tell(FromWire::Failed { txn, why });
    }

    fn start(
        self: &Arc<Self>,
        txn: ClientTxn,
        branch: Box<str>,
        request: &Request,
        way: Way,
        orders: UnboundedReceiver<Order>,
    ) {
        let outgoing = message::outgoing(request, &self.via(&way, &branch), &self.user_agent);
        let Some(mut transaction) = outgoing.and_then(|request| self.transaction(request, &way)) else {
            return self.fail(txn, Failure::Transport);
        };
        let is_invite = transaction.original.method == Method::Invite;
        if is_invite {
            lock(&self.branches).insert(branch.clone(), Branch { txn, flow: way.flow, live: true });
        }
        // Our sockets and channels take what they are given at once, or lose it.
        let _ = transaction.send().now_or_never();
        tokio::spawn(self.clone().drive(txn, is_invite.then_some(branch), transaction, orders, way));
    }

    fn via(&self, way: &Way, branch: &str) -> String {
        let local = self.advertised(way.flow.transport, way.flow.local);
        format!("SIP/2.0/{} {local};branch={branch};rport", way.flow.transport.as_str())
    }

    fn transaction(&self, request: sip::Request, way: &Way) -> Option<Transaction> {
        let key = TransactionKey::from_request(&request, TransactionRole::Client).ok()?;
        let connection = Some(way.connection.clone());
        let mut transaction = Transaction::new_client(key, request, self.endpoint.clone(), connection);
        transaction.destination = Some(way.remote.clone());
        Some(transaction)
    }

    /// Tells of a request's responses until the final one.
    async fn drive(
        self: Arc<Self>,
        txn: ClientTxn,
        branch: Option<Box<str>>,
        mut transaction: Transaction,
        mut orders: UnboundedReceiver<Order>,
        way: Way,
    ) {
        let mut given_up = None;
        let failure = loop {
            tokio::select! {
                event = transaction.receive() => match event {
                    Some(SipMessage::Response(response)) => {
                        if response.wire_reason.as_deref() == Some(LOCAL) {
                            let timeout = response.status_code == sip::StatusCode::RequestTimeout;
                            break Some(if timeout { Failure::Timeout } else { Failure::Transport });
                        }
                        let is_final = response.status_code.code() >= 200;
                        let response = message::response(response);
                        self.tell(FromWire::Response { txn, response, flow: way.flow });
                        if is_final {
                            break None;
                        }
                    }
                    Some(SipMessage::Request(_)) => {}
                    None => break Some(Failure::Timeout),
                },
                order = orders.recv() => match order {
                    Some(Order::Cancel(headers)) => {
                        self.cancel_invite(&transaction, &headers, &way);
                        given_up.get_or_insert_with(|| Instant::now() + AFTERLIFE);
                    }
                    Some(Order::Abandon) | None => break None,
                },
                () = until(given_up) => break Some(Failure::Timeout),
                () = gone(&way) => break Some(Failure::Transport),
                () = self.stop.cancelled() => return,
            }
        };
        lock(&self.orders).remove(&txn);
        if let Some(branch) = branch {
            if let Some(record) = lock(&self.branches).get_mut(&branch) {
                record.live = false;
            }
            self.age(Ageing::Branch(branch));
        }
        if let Some(why) = failure {
            self.tell(FromWire::Failed { txn, why });
        }
    }

    /// Sends the CANCEL of an INVITE (RFC 3261, 9.1), repeated as its transport asks for; its answer matters to nobody.
    fn cancel_invite(self: &Arc<Self>, invite: &Transaction, extra: &Headers, way: &Way) {
        let Some(cancel) = cancel_of(&invite.original, extra) else { return };
        let Some(mut transaction) = self.transaction(cancel, way) else { return };
        let core = self.clone();
        tokio::spawn(async move {
            let _ = transaction.send().await;
            tokio::select! {
                () = core.stop.cancelled() => {}
                () = async { while transaction.receive().await.is_some() {} } => {}
            }
        });
    }

    /// See [`super::Wire::cancel`] and [`super::Wire::abandon`].
    pub(super) fn order(&self, txn: ClientTxn, order: Order) {
        if let Some(orders) = lock(&self.orders).get(&txn) {
            // A request that has just ended takes no orders.
            let _ = orders.send(order);
        }
    }

    /// See [`super::Wire::ack`].
    pub(super) fn ack(self: &Arc<Self>, request: &Request, to: Destination) {
        let Some(way) = self.way(&to) else {
            let (core, request) = (self.clone(), request.clone());
            if matches!(to, Destination::Place(_)) {
                tokio::spawn(async move {
                    if let Some(way) = core.new_way(&to).await {
                        core.send_ack(&request, &way);
                    }
                });
            }
            return;
        };
        self.send_ack(request, &way);
    }

    fn send_ack(&self, request: &Request, way: &Way) {
        let via = self.via(way, &fresh_branch());
        if let Some(ack) = message::outgoing(request, &via, &self.user_agent) {
            let _ = way.connection.send(SipMessage::Request(ack), Some(&way.remote)).now_or_never();
        }
    }

    /// A 2xx to an INVITE of ours whose transaction has ended: told here, since the library would swallow it. False
    /// when it is for the library.
    pub(super) fn late_success(&self, response: &sip::Response) -> bool {
        let Some(branch) = message::branch(response) else { return false };
        let known = match lock(&self.branches).get(branch) {
            Some(Branch { txn, flow, live: false }) => Some((*txn, *flow)),
            Some(_) | None => None,
        };
        let Some((txn, flow)) = known else { return false };
        self.tell(FromWire::Response { txn, response: message::response(response.clone()), flow });
        true
    }

    pub(super) fn forget_branch(&self, branch: &str) {
        let mut branches = lock(&self.branches);
        if branches.get(branch).is_some_and(|record| !record.live) {
            branches.remove(branch);
        }
    }
}

async fn until(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => std::future::pending().await,
    }
}

async fn gone(way: &Way) {
    match &way.gone {
        Some(gone) => gone.cancelled().await,
        None => std::future::pending().await,
    }
}

/// A branch that nobody else makes. Without randomness in the system, which the start of the edge would have noticed,
/// it is at least one that is never alike.
fn fresh_branch() -> Box<str> {
    let mut random = [0; 12];
    if getrandom::fill(&mut random).is_err() {
        random[..8].copy_from_slice(&FALLBACK.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_be_bytes());
    }
    format!("z9hG4bK{}", hex(&random)).into()
}

static FALLBACK: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

fn cancel_of(invite: &sip::Request, extra: &Headers) -> Option<sip::Request> {
    let number = invite.cseq_header().ok()?.seq().ok()?;
    let mut headers = Vec::new();
    for header in invite.headers.iter() {
        match header {
            Header::Via(_)
            | Header::From(_)
            | Header::To(_)
            | Header::CallId(_)
            | Header::Route(_)
            | Header::MaxForwards(_)
            | Header::UserAgent(_) => headers.push(header.clone()),
            Header::CSeq(_) => headers.push(Header::CSeq(format!("{number} CANCEL").into())),
            _ => {}
        }
    }
    let extra = extra.iter().map(|(name, value)| sip::headers::make_header(name, value.to_owned()));
    headers.extend(extra);
    headers.push(Header::ContentLength(0_u32.into()));
    let (uri, version) = (invite.uri.clone(), invite.version);
    Some(sip::Request { method: Method::Cancel, uri, version, headers: headers.into(), body: Vec::new() })
}
