//! The one place where the library's transaction layer is corrected, between its transports and its transactions.
//!
//! * ACKs of 2xx belong to legs; the library would take them for the transaction's, or drop them.
//! * A repeated 2xx to an INVITE has to be acknowledged again by its leg; the library would drop it.
//! * Strangers' requests, and those above the bound, must not cost a transaction each: 32 s of memory.
//! * The library answers its own user with 408 and 503 when nothing comes; these are marked, to be told from real ones.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};

use futures::FutureExt;
use leg::Response;
use rsipstack::sip::{self, Header, HeadersExt, Method, SipMessage};
use rsipstack::transaction::endpoint::{MessageInspector, TransportEventInspector};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transport::transport_layer::DomainResolver;
use rsipstack::transport::{SipAddr, SipConnection, TransportEvent};

use super::core::{Core, lock};
use super::{FromWire, LOCAL, message};
use crate::place::Flow;

/// Sees all that comes in before the library's transactions do.
#[derive(Clone, Default)]
pub(super) struct Inlet(pub(super) Arc<OnceLock<Weak<Core>>>);

impl TransportEventInspector for Inlet {
    fn handle<'a, 'b>(
        &'a self,
        event: TransportEvent,
    ) -> Pin<Box<dyn Future<Output = Option<TransportEvent>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let core = self.0.get().and_then(Weak::upgrade);
        let passed = match (core, event) {
            (Some(core), TransportEvent::Incoming(SipMessage::Request(request), connection, from)) => {
                let passed = core.passes(&request, &connection, &from);
                passed.then_some(TransportEvent::Incoming(SipMessage::Request(request), connection, from))
            }
            (Some(core), TransportEvent::Incoming(SipMessage::Response(response), connection, from)) => {
                let success = (200..300).contains(&response.status_code.code()) && is_of_invite(&response);
                let swallowed = success && core.late_success(&response);
                let event = || TransportEvent::Incoming(SipMessage::Response(response), connection, from);
                (!swallowed).then(event)
            }
            (Some(_), event) => Some(event),
            (None, _) => None,
        };
        Box::pin(std::future::ready(passed))
    }
}

fn is_of_invite(response: &sip::Response) -> bool {
    response.cseq_header().and_then(|cseq| cseq.method()).is_ok_and(|method| method == Method::Invite)
}

impl Core {
    /// Whether a request is for the library's transactions; if not, it has been dealt with.
    fn passes(&self, request: &sip::Request, connection: &SipConnection, from: &SipAddr) -> bool {
        let Some(flow) = self.flow(connection, from) else { return false };
        match request.method {
            Method::Ack => self.passes_ack(request, flow),
            Method::Cancel => true,
            _ if !self.admission.knows(flow.place()) && !self.was_challenged(request, flow) => {
                if !self.is_full() {
                    self.take_up_stranger(request, connection, from);
                }
                false
            }
            _ if self.is_full() && !is_in_dialog(request) && !self.is_under_way(request) => {
                let busy = Response::new(503).with("Retry-After", retry_after(&flow));
                let mut vias = message::vias(&request.headers);
                vias.extend(request.headers.iter().filter(|header| is_copied(header)).map(with_tag));
                let answer = SipMessage::Response(message::answer(&busy, &vias, &self.user_agent));
                let _ = connection.send(answer, None).now_or_never();
                false
            }
            _ => true,
        }
    }

    /// The ACK of a refusal is the transaction's; any other a leg's.
    fn passes_ack(&self, request: &sip::Request, flow: Flow) -> bool {
        let refused = || {
            let refused = lock(&self.refused);
            let key = || TransactionKey::from_request(request, TransactionRole::Server).ok();
            !refused.is_empty() && key().is_some_and(|key| refused.contains(&key))
        };
        if refused() {
            return true;
        }
        self.tell(FromWire::Ack { request: message::request(request), flow });
        false
    }

    /// Whether a stranger has shown that it hears us.
    fn was_challenged(&self, request: &sip::Request, flow: Flow) -> bool {
        let authorization = request.headers.iter().find_map(|header| match header {
            Header::Authorization(value) => Some(value),
            _ => None,
        });
        authorization.is_some_and(|value| self.admission.was_challenged(value.value(), flow.remote))
    }

    fn is_under_way(&self, request: &sip::Request) -> bool {
        TransactionKey::from_request(request, TransactionRole::Server).is_ok_and(|key| {
            let running = self.endpoint.transactions.get(&key).is_some();
            running || self.endpoint.finished_transactions.get(&key).is_some()
        })
    }
}

fn is_in_dialog(request: &sip::Request) -> bool {
    request.to_header().and_then(|to| to.tag()).is_ok_and(|tag| tag.is_some())
}

/// What a response takes over from its request besides `Via` (RFC 3261, 8.2.6.2).
fn is_copied(header: &Header) -> bool {
    matches!(header, Header::From(_) | Header::To(_) | Header::CallId(_) | Header::CSeq(_))
}

fn with_tag(header: &Header) -> Header {
    match header {
        Header::To(to) => Header::To(format!("{};tag=busy", to.value()).into()),
        header => header.clone(),
    }
}

/// Not the same for all, so that they do not come back together.
fn retry_after(flow: &Flow) -> &'static str {
    ["3", "4", "5", "6", "7"][usize::from(flow.remote.port()) % 5]
}

/// Marks the responses that the library makes up.
pub(super) struct Marker;

impl MessageInspector for Marker {
    fn before_send(&self, message: SipMessage, _: Option<&SipAddr>) -> SipMessage {
        message
    }

    fn after_received(&self, message: SipMessage, from: Option<&SipAddr>) -> SipMessage {
        match (message, from) {
            (SipMessage::Response(mut response), None) => {
                response.wire_reason = Some(LOCAL.to_owned());
                SipMessage::Response(response)
            }
            (message, _) => message,
        }
    }
}

/// We send to addresses only; names in other people's `Via`s are not looked up.
pub(super) struct NoNames;

impl DomainResolver for NoNames {
    fn resolve<'a, 'b, 'c>(
        &'a self,
        target: &'b SipAddr,
    ) -> Pin<Box<dyn Future<Output = rsipstack::Result<SipAddr>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        let error = rsipstack::Error::DnsResolutionError(target.to_string());
        Box::pin(std::future::ready(Err(error)))
    }
}
