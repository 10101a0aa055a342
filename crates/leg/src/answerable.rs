//! A request of the other side that still waits for its final response: the little that the response needs of it.

use crate::dialog::Dialog;
use crate::message::{Method, Request, Response};
use crate::port::ServerTxn;
use crate::value::{CSeq, NameAddr};

/// A request to be answered.
#[derive(Clone, Debug)]
pub(crate) struct Answerable {
    pub(crate) txn: ServerTxn,
    pub(crate) cseq: CSeq,
    from: Box<str>,
    to: Box<str>,
    makes_dialog: bool,
    /// Only of a request that makes a dialog (RFC 3261, 12.1.1).
    record_routes: Vec<Box<str>>,
}

impl Answerable {
    /// What a response to this request needs, the To tag added where it lacks one; `None` when From, To or CSeq is
    /// missing, or the CSeq names another method.
    pub(crate) fn new(txn: ServerTxn, request: &Request, local_tag: &str) -> Option<Self> {
        let cseq = request.headers.get("CSeq").and_then(CSeq::parse).filter(|cseq| cseq.method == request.method)?;
        let from = request.headers.get("From").filter(|from| NameAddr::parse(from).is_some())?;
        let to = request.headers.get("To")?;
        let has_tag = NameAddr::parse(to)?.tag().is_some();
        let to = if has_tag { to.into() } else { format!("{to};tag={local_tag}").into_boxed_str() };
        let makes_dialog = request.method == Method::Invite && !has_tag;
        let record_routes = request.headers.all("Record-Route").map(Into::into).filter(|_| makes_dialog).collect();
        Some(Self { txn, cseq, from: from.into(), to, makes_dialog, record_routes })
    }

    /// Whether it is an INVITE outside any dialog.
    pub(crate) const fn makes_dialog(&self) -> bool {
        self.makes_dialog
    }

    /// A response with what every response carries. One to an INVITE that makes the dialog carries the Record-Route;
    /// a 101 to 299 to a target refresh carries our Contact (RFC 3261, 12.1.1).
    pub(crate) fn response(&self, status: u16, dialog: &Dialog) -> Response {
        let mut response = Response::new(status);
        let in_dialog = response.status() < 300;
        let headers = &mut response.headers;
        if in_dialog {
            for route in &self.record_routes {
                headers.push("Record-Route", route);
            }
        }
        headers.push("From", &self.from);
        headers.push("To", &self.to);
        headers.push("Call-ID", &dialog.call_id);
        headers.push("CSeq", &self.cseq.to_string());
        if in_dialog && matches!(self.cseq.method, Method::Invite | Method::Update | Method::Refer) {
            headers.push("Contact", &dialog.contact);
        }
        response
    }
}

/// The answer to a request that cannot be answered any better: the request's own fields, as far as they are there.
pub(crate) fn bare_response(request: &Request, status: u16, local_tag: &str) -> Response {
    let mut response = Response::new(status);
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let Some(value) = request.headers.get(name) else { continue };
        let lacks_tag = name == "To" && NameAddr::parse(value).is_some_and(|to| to.tag().is_none());
        let value = if lacks_tag { format!("{value};tag={local_tag}") } else { value.to_owned() };
        response.headers.push(name, &value);
    }
    response
}
