//! Requests of others, and our answers.
//!
//! An INVITE of somebody we know has a task, for the sake of its timers, until it is answered 2xx or its refusal is
//! acknowledged; any other request of theirs lies in a table until it is answered, and then only in the library's, for
//! 32 s. A stranger's request is never more than an entry of ours: it is answered once, and forgotten.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::FutureExt;
use leg::{Response, ServerTxn};
use rsipstack::sip::{self, Header, Method, SipMessage};
use rsipstack::transaction::{Transaction, TransactionReceiver};
use rsipstack::transport::{SipAddr, SipConnection};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::core::{Ageing, Core, lock};
use super::{FromWire, message};
use crate::place::Flow;

/// A request of another.
pub(super) enum Request {
    /// Any but INVITE.
    Plain(Box<Transaction>),
    /// An INVITE that is not answered finally. Its task takes the answers.
    Invite { answers: UnboundedSender<sip::Response>, back: Back },
    /// An INVITE that was answered 2xx, which may have to be repeated.
    Answered(Back),
    /// A stranger's.
    Stranger(Back),
}

/// What is needed to send a response.
pub(super) struct Back {
    vias: Vec<Header>,
    connection: SipConnection,
}

impl Back {
    fn of(request: &sip::Request, connection: &SipConnection) -> Self {
        Self { vias: message::vias(&request.headers), connection: connection.clone() }
    }

    fn send(&self, response: sip::Response) {
        // Our sockets and channels take what they are given at once, or lose it.
        let _ = self.connection.send(SipMessage::Response(response), None).now_or_never();
    }
}

impl Core {
    /// Takes the library's server transactions as they come.
    pub(super) async fn serve(self: Arc<Self>, mut incoming: TransactionReceiver) {
        loop {
            let transaction = tokio::select! {
                () = self.stop.cancelled() => return,
                transaction = incoming.recv() => transaction,
            };
            match transaction {
                Some(transaction) => self.take_up(transaction),
                None => return,
            }
        }
    }

    fn take_up(self: &Arc<Self>, mut transaction: Transaction) {
        let Some(connection) = transaction.connection.clone() else { return };
        let from = connection.get_remote_addr().cloned().unwrap_or_default();
        let Some(flow) = self.flow(&connection, &from) else { return };
        let request = message::request(&transaction.original);
        let number = self.next();
        let entry = if transaction.original.method == Method::Invite {
            let _ = transaction.send_trying().now_or_never();
            let (answers, orders) = unbounded_channel();
            let back = Back::of(&transaction.original, &connection);
            tokio::spawn(self.clone().ring(ServerTxn(number), transaction, orders, flow));
            Request::Invite { answers, back }
        } else {
            Request::Plain(Box::new(transaction))
        };
        self.remember(number, entry);
        self.tell(FromWire::Request { txn: ServerTxn(number), request, flow });
    }

    /// Tells of a request of somebody we do not know, without a transaction.
    pub(super) fn take_up_stranger(&self, request: &sip::Request, connection: &SipConnection, from: &SipAddr) {
        let Some(flow) = self.flow(connection, from) else { return };
        let number = self.next();
        self.remember(number, Request::Stranger(Back::of(request, connection)));
        self.age(Ageing::Request(number));
        self.tell(FromWire::Request { txn: ServerTxn(number), request: message::request(request), flow });
    }

    fn remember(&self, number: u64, entry: Request) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        lock(&self.requests).insert(number, entry);
    }

    /// Whether so many requests wait that no more are taken.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= self.waiting_max
    }

    /// See [`super::Wire::respond`].
    pub(super) fn respond(&self, txn: ServerTxn, response: &Response) {
        let Some(entry) = lock(&self.requests).remove(&txn.0) else { return };
        let is_final = !response.is_provisional();
        let answer = |vias: &[Header]| message::answer(response, vias, &self.user_agent);
        let kept = match entry {
            Request::Plain(mut transaction) => {
                let vias = message::vias(&transaction.original.headers);
                let _ = transaction.respond(answer(&vias)).now_or_never();
                if is_final {
                    self.shed(&transaction);
                }
                (!is_final).then_some(Request::Plain(transaction))
            }
            Request::Invite { answers, back } => {
                // The task ends before its answers only when everything stops.
                let _ = answers.send(answer(&back.vias));
                match (is_final, response.is_success()) {
                    (false, _) => Some(Request::Invite { answers, back }),
                    (true, true) => Some(Request::Answered(back)),
                    (true, false) => None,
                }
            }
            Request::Answered(back) => {
                if response.is_success() {
                    back.send(answer(&back.vias));
                }
                lock(&self.requests).insert(txn.0, Request::Answered(back));
                return;
            }
            Request::Stranger(back) => {
                back.send(answer(&back.vias));
                (!is_final).then_some(Request::Stranger(back))
            }
        };
        if is_final {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(entry) = kept {
            if matches!(entry, Request::Answered(_)) {
                self.age(Ageing::Request(txn.0));
            }
            lock(&self.requests).insert(txn.0, entry);
        }
    }

    /// On a reliable transport nothing is repeated, so nothing need be kept to repeat it (RFC 3261, timer J).
    fn shed(&self, transaction: &Transaction) {
        if transaction.connection.as_ref().is_some_and(SipConnection::is_reliable) {
            self.endpoint.finished_transactions.remove(&transaction.key);
        }
    }

    /// Drives an INVITE until it is answered 2xx, or its refusal is acknowledged or timed out.
    async fn ring(
        self: Arc<Self>,
        txn: ServerTxn,
        mut transaction: Transaction,
        mut answers: UnboundedReceiver<sip::Response>,
        flow: Flow,
    ) {
        let key = transaction.key.clone();
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(answer) = answers.recv() => {
                    let status = answer.status_code.code();
                    if status >= 300 {
                        lock(&self.refused).insert(key.clone());
                    }
                    if let Err(error) = transaction.respond(answer).await {
                        tracing::debug!(%error, "an answer to an INVITE was not sent");
                    }
                    // What a 2xx still needs is the leg's business; the library repeats it to repeated INVITEs.
                    if (200..300).contains(&status) {
                        break;
                    }
                }
                event = transaction.receive() => match event {
                    Some(SipMessage::Request(request)) if request.method == Method::Cancel => {
                        let headers = message::headers(&request.headers);
                        self.tell(FromWire::Cancel { txn, headers, flow });
                    }
                    // The ACK of a refusal, or nothing more to come.
                    Some(SipMessage::Request(_)) | None => break,
                    Some(SipMessage::Response(_)) => {}
                },
            }
        }
        lock(&self.refused).remove(&key);
    }

    pub(super) fn forget_request(&self, number: u64) {
        if let Some(Request::Stranger(_) | Request::Plain(_) | Request::Invite { .. }) =
            lock(&self.requests).remove(&number)
        {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
