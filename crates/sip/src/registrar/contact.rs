//! What a REGISTER asks for (RFC 3261, 10.3, steps 6 and 7).

use std::sync::Arc;

use leg::value::{CSeq, NameAddr, list};
use leg::{Request, Response};
use sha2::{Digest, Sha256};

use super::table::{Bound, Id};
use crate::settings::Expires;

/// No phone has more in one REGISTER.
const CONTACTS_MAX: usize = 10;
/// Longer contacts are refused.
const CONTACT_LENGTH_MAX: usize = 512;

/// What is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// To be told what there is.
    Nothing,
    /// `Contact: *`.
    RemoveAll,
    /// These.
    Bind(Vec<Contact>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) id: Id,
    pub(super) uri: Arc<str>,
    pub(super) instance: Option<Box<str>>,
    /// In seconds; 0 removes.
    pub(super) expires: u32,
}

/// A final answer that refuses a REGISTER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its status.
    pub status: u16,
    /// Its phrase, when it is not the usual one.
    pub phrase: Option<&'static str>,
    /// A header to go with it.
    pub header: Option<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn of(status: u16) -> Self {
        Self { status, phrase: None, header: None }
    }

    pub(super) fn with_phrase(self, phrase: &'static str) -> Self {
        Self { phrase: Some(phrase), ..self }
    }

    /// The response, which still lacks what it takes over from the request.
    #[must_use]
    pub fn response(&self) -> Response {
        let mut response = Response::new(self.status);
        if let Some(phrase) = self.phrase {
            response = response.with_phrase(phrase);
        }
        if let Some((name, value)) = &self.header {
            response.headers.push(name, value);
        }
        response
    }
}

/// Which of a phone's REGISTERs it is.
pub(super) struct Call<'a> {
    pub(super) id: &'a str,
    pub(super) number: u32,
}

impl<'a> Call<'a> {
    pub(super) fn of(request: &'a Request) -> Result<Self, Refusal> {
        let number = request.headers.get("CSeq").and_then(CSeq::parse).map(|cseq| cseq.number);
        match (request.headers.get("Call-ID"), number) {
            (Some(id), Some(number)) => Ok(Self { id, number }),
            _ => Err(Refusal::of(400)),
        }
    }

    /// Whether this one was overtaken by the one that made the binding.
    pub(super) fn is_older_than(&self, bound: &Bound) -> bool {
        self.id == &*bound.call_id && self.number <= bound.cseq
    }
}

pub(super) fn read(request: &Request, bounds: Expires) -> Result<Ask, Refusal> {
    let general = match request.headers.get("Expires") {
        None => None,
        Some(text) => Some(seconds(text).ok_or(Refusal::of(400))?),
    };
    let values = request.headers.all("Contact").flat_map(list).take(CONTACTS_MAX + 1).collect::<Vec<_>>();
    if values.contains(&"*") {
        let alone = values.len() == 1 && general == Some(0);
        return if alone { Ok(Ask::RemoveAll) } else { Err(Refusal::of(400)) };
    }
    if values.is_empty() {
        return Ok(Ask::Nothing);
    }
    if values.len() > CONTACTS_MAX {
        return Err(Refusal::of(403).with_phrase("Too Many Contacts"));
    }
    let mut contacts = Vec::<Contact>::with_capacity(values.len());
    for value in values {
        let contact = contact(value, general, bounds)?;
        if contacts.iter().any(|known| known.id == contact.id) {
            return Err(Refusal::of(400));
        }
        contacts.push(contact);
    }
    Ok(Ask::Bind(contacts))
}

fn contact(value: &str, general: Option<u32>, bounds: Expires) -> Result<Contact, Refusal> {
    let address = NameAddr::parse(value).filter(|_| value.len() <= CONTACT_LENGTH_MAX).ok_or(Refusal::of(400))?;
    let parts = address.parts().filter(leg::value::Uri::is_sip).ok_or(Refusal::of(400))?;
    // A Request-URI cannot carry headers (RFC 3261, 19.1.1).
    if parts.headers.is_some() {
        return Err(Refusal::of(400));
    }
    let own = match address.params.get("expires") {
        None => None,
        Some(text) => Some(seconds(text).ok_or(Refusal::of(400))?),
    };
    let whole = |span: std::time::Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
    let wanted = own.or(general).unwrap_or(whole(bounds.default));
    if wanted > 0 && wanted < whole(bounds.min) {
        let header = Some(("Min-Expires", whole(bounds.min).to_string()));
        return Err(Refusal { header, ..Refusal::of(423) });
    }
    let instance = address.params.get("+sip.instance").filter(|instance| !instance.is_empty()).map(Into::into);
    let known_by = instance.as_deref().unwrap_or(address.uri);
    let reg_id = address.params.get("reg-id").unwrap_or("");
    let expires = wanted.min(whole(bounds.max));
    Ok(Contact { id: id(known_by, reg_id), uri: address.uri.into(), instance, expires })
}

fn seconds(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX))
}

/// The same in every version and on every machine: it is part of a note's key.
fn id(known_by: &str, reg_id: &str) -> Id {
    let hash = Sha256::new().chain_update(known_by).chain_update([0]).chain_update(reg_id).finalize();
    let mut id = [0; 8];
    id.copy_from_slice(&hash[..8]);
    id
}

#[cfg(test)]
mod tests {
    use super::{Ask, Refusal, read};
    use crate::settings::Expires;
    use leg::{Method, Request};

    fn asks(headers: &[(&str, &str)]) -> Result<Ask, Refusal> {
        let mut request = Request::new(Method::Register, "sip:demo");
        for (name, value) in headers {
            request.headers.push(name, value);
        }
        read(&request, Expires::default())
    }

    fn expiry(headers: &[(&str, &str)]) -> Result<u32, u16> {
        match asks(headers) {
            Ok(Ask::Bind(contacts)) => Ok(contacts[0].expires),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal.status),
        }
    }

    #[test]
    fn the_interval_is_the_contacts_then_the_headers_then_ours_within_bounds() {
        let contact = ("Contact", "<sip:1001@h>;expires=120");
        assert_eq!(expiry(&[contact, ("Expires", "600")]), Ok(120));
        assert_eq!(expiry(&[("Contact", "<sip:1001@h>"), ("Expires", "600")]), Ok(600));
        assert_eq!(expiry(&[("Contact", "sip:1001@h")]), Ok(3600));
        assert_eq!(expiry(&[("Contact", "<sip:1001@h>;expires=99999999999")]), Ok(3600));
        assert_eq!(expiry(&[("Contact", "<sip:1001@h>;expires=0")]), Ok(0));
        assert_eq!(expiry(&[("Contact", "<sip:1001@h>;expires=59")]), Err(423));
        let refusal = asks(&[("Contact", "<sip:1001@h>;expires=59")]).unwrap_err();
        assert_eq!(refusal.response().headers.get("Min-Expires"), Some("60"));
    }

    #[test]
    fn what_is_no_contact_is_refused() {
        for value in
            ["<sip:1001@h>;expires=soon", "nobody", "<tel:+49>", "<sip:1001@h?Subject=x>", "<sip:a@h>, <sip:a@h>"]
        {
            assert_eq!(expiry(&[("Contact", value)]), Err(400), "{value}");
        }
        let many = (0..11).map(|n| format!("<sip:{n}@h>")).collect::<Vec<_>>().join(",");
        assert_eq!(expiry(&[("Contact", &many)]), Err(403));
    }

    #[test]
    fn a_star_stands_alone_with_expires_0() {
        assert_eq!(asks(&[("Contact", "*"), ("Expires", "0")]), Ok(Ask::RemoveAll));
        assert_eq!(asks(&[]), Ok(Ask::Nothing));
        for headers in [
            &[("Contact", "*")][..],
            &[("Contact", "*"), ("Expires", "60")],
            &[("Contact", "*, <sip:a@h>"), ("Expires", "0")],
        ] {
            assert_eq!(asks(headers).unwrap_err().status, 400);
        }
    }

    #[test]
    fn a_phone_is_known_by_its_instance() {
        let id = |contact| match asks(&[("Contact", contact)]).unwrap() {
            Ask::Bind(contacts) => contacts[0].id,
            other => panic!("{other:?}"),
        };
        let a = id("<sip:1001@h:5071>;+sip.instance=\"<urn:uuid:1>\"");
        assert_eq!(a, id("<sip:1001@h:5072>;+sip.instance=\"<urn:uuid:1>\""));
        assert_ne!(a, id("<sip:1001@h:5071>;+sip.instance=\"<urn:uuid:2>\""));
        assert_ne!(a, id("<sip:1001@h:5071>;+sip.instance=\"<urn:uuid:1>\";reg-id=2"));
        assert_ne!(id("<sip:1001@h:5071>"), id("<sip:1001@h:5072>"));
    }
}
