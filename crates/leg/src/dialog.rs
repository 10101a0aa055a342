//! The dialog: its identity, the two CSeq counters, route set and remote target (RFC 3261, 12).

use crate::message::{Headers, Method, Request, Response};
use crate::value::{CSeq, NameAddr, Uri, list, name_addr};

/// CSeq numbers stay below 2³¹ (RFC 3261, 8.1.1.5).
const CSEQ_MAX: u32 = (1 << 31) - 1;

/// More routes than this are not kept.
const ROUTES_MAX: usize = 16;

/// Longer Call-IDs, tags and URIs, in bytes, are no good: a dialog keeps them for life.
const TEXT_MAX: usize = 1024;

/// One dialog, early or confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    pub(crate) call_id: Box<str>,
    pub(crate) local_tag: Box<str>,
    /// Empty until the other side gave one.
    pub(crate) remote_tag: Box<str>,
    /// Our address as a name-addr without tag.
    local: Box<str>,
    /// The other side's address as a name-addr without tag.
    remote: Box<str>,
    /// Our Contact, as a name-addr.
    pub(crate) contact: Box<str>,
    /// Where requests go: the other side's Contact, as a URI.
    pub(crate) target: Box<str>,
    routes: Vec<Box<str>>,
    next_cseq: u32,
    remote_cseq: Option<u32>,
}

/// Where an outgoing dialog begins.
pub(crate) struct Beginning<'a> {
    pub(crate) call_id: &'a str,
    pub(crate) local_tag: &'a str,
    pub(crate) from_display: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) contact: &'a str,
    pub(crate) target: &'a str,
    pub(crate) routes: Vec<Box<str>>,
    pub(crate) cseq: u32,
}

impl Dialog {
    /// The dialog that an INVITE of ours asks for.
    pub(crate) fn outgoing(beginning: Beginning<'_>) -> Self {
        Self {
            call_id: beginning.call_id.into(),
            local_tag: beginning.local_tag.into(),
            remote_tag: "".into(),
            local: name_addr(beginning.from_display, beginning.from, "").into(),
            remote: name_addr("", beginning.to, "").into(),
            contact: name_addr("", beginning.contact, "").into(),
            target: beginning.target.into(),
            routes: beginning.routes,
            next_cseq: beginning.cseq.clamp(1, CSEQ_MAX),
            remote_cseq: None,
        }
    }

    /// The dialog that the other side's INVITE asks for (RFC 3261, 12.1.1); `None` when From, To, Call-ID, CSeq or
    /// Contact is missing, cannot be read, or is too long.
    pub(crate) fn incoming(invite: &Request, local_tag: &str, contact: &str, cseq: u32) -> Option<Self> {
        let from = NameAddr::parse(invite.headers.get("From")?)?;
        let to = NameAddr::parse(invite.headers.get("To")?)?;
        let remote_cseq = CSeq::parse(invite.headers.get("CSeq")?)?.number;
        let call_id = invite.headers.get("Call-ID").filter(|id| !id.is_empty())?;
        let remote_tag = from.tag().unwrap_or("");
        if [call_id, remote_tag, from.uri, to.uri].iter().any(|text| text.len() > TEXT_MAX) {
            return None;
        }
        Some(Self {
            call_id: call_id.into(),
            local_tag: local_tag.into(),
            remote_tag: remote_tag.into(),
            local: name_addr("", to.uri, "").into(),
            remote: name_addr("", from.uri, "").into(),
            contact: name_addr("", contact, "").into(),
            target: contact_uri(&invite.headers)?.into(),
            routes: routes(&invite.headers),
            next_cseq: cseq.clamp(1, CSEQ_MAX),
            remote_cseq: Some(remote_cseq),
        })
    }

    /// Takes what a 2xx of the other side settles (RFC 3261, 12.1.2 and 13.2.2.4): its tag, route set and target.
    pub(crate) fn confirm(&mut self, response: &Response) {
        self.remote_tag = to_tag(response).into();
        if response.headers.has("Record-Route") {
            self.routes = routes(&response.headers);
            self.routes.reverse();
        } else {
            self.routes.clear();
        }
        self.refresh_target(&response.headers);
        self.remote_cseq = None;
    }

    /// Takes the other side's new Contact, when it gave one that can be used (RFC 3261, 12.2).
    pub(crate) fn refresh_target(&mut self, headers: &Headers) {
        if let Some(uri) = contact_uri(headers) {
            self.target = uri.into();
        }
    }

    /// A request in this dialog under the next CSeq number; also tells that number.
    pub(crate) fn request(&mut self, method: Method) -> (Request, u32) {
        let number = self.next_cseq;
        self.next_cseq = number.saturating_add(1).min(CSEQ_MAX);
        (self.request_numbered(method, number), number)
    }

    /// The ACK of the 2xx to our INVITE of this CSeq number (RFC 3261, 13.2.2.4).
    pub(crate) fn ack(&self, number: u32) -> Request {
        self.request_numbered(Method::Ack, number)
    }

    /// RFC 3261, 12.2.1.1, loose and strict routing.
    fn request_numbered(&self, method: Method, number: u32) -> Request {
        let cseq = CSeq { number, method: method.clone() }.to_string();
        let strict = self.routes.first().and_then(|first| NameAddr::parse(first)).filter(|first| !is_loose(first.uri));
        let mut request = Request::new(method, strict.map_or(&self.target, |first| first.uri));
        let headers = &mut request.headers;
        for route in self.routes.iter().skip(usize::from(strict.is_some())) {
            headers.push("Route", route);
        }
        if strict.is_some() {
            headers.push("Route", &name_addr("", &self.target, ""));
        }
        headers.push("Max-Forwards", "70");
        headers.push("From", &tagged(&self.local, &self.local_tag));
        headers.push("To", &tagged(&self.remote, &self.remote_tag));
        headers.push("Call-ID", &self.call_id);
        headers.push("CSeq", &cseq);
        request
    }

    /// Where the next request goes when there is no flow: the first route, else the target.
    pub(crate) fn next_hop(&self) -> &str {
        let first = self.routes.first().and_then(|first| NameAddr::parse(first));
        first.map_or(&self.target, |first| first.uri)
    }

    /// Whether a request carries our tag, and the other side's once we know it.
    pub(crate) fn owns(&self, request: &Request) -> bool {
        let tag = |name| request.headers.get(name).and_then(NameAddr::parse).and_then(|a| a.tag()).unwrap_or("");
        let known = self.remote_tag.is_empty() || tag("From") == &*self.remote_tag;
        known && tag("To") == &*self.local_tag && request.headers.get("Call-ID") == Some(&*self.call_id)
    }

    /// Counts the other side's CSeq; `false` when it is not above the last one (RFC 3261, 12.2.2).
    pub(crate) fn count_remote(&mut self, number: u32) -> bool {
        let rises = self.remote_cseq.is_none_or(|last| number > last);
        if rises {
            self.remote_cseq = Some(number);
        }
        rises
    }

    /// Our address as a name-addr without tag.
    pub(crate) fn local(&self) -> &str {
        &self.local
    }

    /// The other side's address as a name-addr without tag.
    pub(crate) fn remote(&self) -> &str {
        &self.remote
    }

    /// The route set in the order of use.
    pub(crate) fn routes(&self) -> &[Box<str>] {
        &self.routes
    }

    /// The highest CSeq of the other side.
    pub(crate) const fn remote_cseq(&self) -> Option<u32> {
        self.remote_cseq
    }

    /// The CSeq number of our next request.
    pub(crate) const fn next_cseq(&self) -> u32 {
        self.next_cseq
    }
}

/// The tag in the `To` of a response; empty for none.
pub(crate) fn to_tag(response: &Response) -> &str {
    response.headers.get("To").and_then(NameAddr::parse).and_then(|to| to.tag()).unwrap_or("")
}

/// The URI of the first Contact, when it is one of SIP.
fn contact_uri(headers: &Headers) -> Option<&str> {
    let contact = NameAddr::parse(list(headers.get("Contact")?).next()?)?;
    Uri::parse(contact.uri).filter(Uri::is_sip).map(|_| contact.uri).filter(|uri| uri.len() <= TEXT_MAX)
}

/// The Record-Route entries in order.
fn routes(headers: &Headers) -> Vec<Box<str>> {
    let routes = headers.all("Record-Route").flat_map(list).filter(|route| route.len() <= TEXT_MAX);
    routes.take(ROUTES_MAX).map(Into::into).collect()
}

fn is_loose(uri: &str) -> bool {
    Uri::parse(uri).is_none_or(|uri| uri.params.has("lr"))
}

fn tagged(address: &str, tag: &str) -> String {
    if tag.is_empty() { address.to_owned() } else { format!("{address};tag={tag}") }
}
