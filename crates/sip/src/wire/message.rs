//! The library's messages and ours.

use std::net::SocketAddr;

use leg::value::percent_decoded;
use leg::{Method, Request, Response};
use rsipstack::sip::headers::make_header;
use rsipstack::sip::{self, Header, HeadersExt, Version};
use rsipstack::transport::SipAddr;

use crate::settings::Transport;

/// The request as legs read it.
pub(super) fn request(from: &sip::Request) -> Request {
    let mut request = Request::new(Method::parse(&from.method.to_string()), &uri_text(&from.uri));
    copy_headers(&from.headers, &mut request.headers);
    request.body = from.body.clone().into();
    request
}

/// The response as legs read it.
pub(super) fn response(from: sip::Response) -> Response {
    let mut response = Response::new(from.status_code.code());
    if let Some(phrase) = &from.wire_reason {
        response = response.with_phrase(phrase);
    }
    copy_headers(&from.headers, &mut response.headers);
    response.body = from.body.into();
    response
}

/// Headers as legs read them.
pub(super) fn headers(from: &sip::Headers) -> leg::Headers {
    let mut headers = leg::Headers::new();
    copy_headers(from, &mut headers);
    headers
}

fn copy_headers(from: &sip::Headers, to: &mut leg::Headers) {
    for header in from.iter() {
        match header {
            Header::Via(_) | Header::ContentLength(_) | Header::UserAgent(_) | Header::Server(_) => {}
            header => to.push(header.name(), header.value()),
        }
    }
}

/// Our request with this `Via`; `None` when its Request-URI is none.
pub(super) fn outgoing(from: &Request, via: &str, user_agent: &str) -> Option<sip::Request> {
    let mut headers = vec![Header::Via(via.into())];
    headers.extend(from.headers.iter().map(|(name, value)| make_header(name, value.to_owned())));
    if !user_agent.is_empty() {
        headers.push(Header::UserAgent(user_agent.into()));
    }
    headers.push(length(from.body.len()));
    Some(sip::Request {
        method: from.method.as_str().parse().ok()?,
        uri: uri(from.uri())?,
        version: Version::V2,
        headers: headers.into(),
        body: from.body.to_vec(),
    })
}

/// Our response to the request with these `Via`s.
pub(super) fn answer(from: &Response, vias: &[Header], user_agent: &str) -> sip::Response {
    let mut headers = vias.to_vec();
    headers.extend(from.headers.iter().map(|(name, value)| make_header(name, value.to_owned())));
    if !user_agent.is_empty() {
        headers.push(Header::Server(user_agent.into()));
    }
    headers.push(length(from.body.len()));
    sip::Response {
        status_code: from.status().into(),
        wire_reason: None,
        version: Version::V2,
        headers: headers.into(),
        body: from.body.to_vec(),
    }
}

fn length(bytes: usize) -> Header {
    Header::ContentLength(u32::try_from(bytes).unwrap_or(u32::MAX).into())
}

/// The `Via`s of a message, in order.
pub(super) fn vias(headers: &sip::Headers) -> Vec<Header> {
    headers.iter().filter(|header| matches!(header, Header::Via(_))).cloned().collect()
}

/// The branch of the topmost `Via`.
pub(super) fn branch(response: &sip::Response) -> Option<&str> {
    let via = response.via_header().ok()?.value();
    let first = via.split(',').next()?;
    first.split(';').find_map(|part| part.trim().strip_prefix("branch="))
}

/// The library writes the user part of a URI percent-encoded, but reads it without decoding: a contact with a `%` in it
/// would be changed. So it is decoded on the way in to the library and left alone on the way out.
fn uri(text: &str) -> Option<sip::Uri> {
    let mut uri = sip::Uri::try_from(text).ok()?;
    if let Some(auth) = &mut uri.auth {
        auth.user = percent_decoded(&auth.user).into_owned();
        auth.password = auth.password.take().map(|password| percent_decoded(&password).into_owned());
    }
    Some(uri)
}

fn uri_text(uri: &sip::Uri) -> String {
    let Some(auth) = &uri.auth else { return uri.to_string() };
    let bare = sip::Uri { auth: None, ..uri.clone() }.to_string();
    let password = auth.password.as_ref().map(|password| format!(":{password}")).unwrap_or_default();
    match bare.split_once(':') {
        Some((scheme, rest)) if uri.scheme.is_some() => format!("{scheme}:{}{password}@{rest}", auth.user),
        _ => format!("{}{password}@{bare}", auth.user),
    }
}

/// The library's form of an address.
pub(super) fn sip_addr(transport: Transport, address: SocketAddr) -> SipAddr {
    let transport = match transport {
        Transport::Udp => sip::Transport::Udp,
        Transport::Tcp => sip::Transport::Tcp,
    };
    SipAddr { r#type: Some(transport), addr: address.into() }
}

#[cfg(test)]
mod tests {
    use super::{outgoing, request, response, uri, uri_text};
    use leg::{Method, Request};
    use rsipstack::sip;

    #[test]
    fn uris_stay_what_they_are() {
        for text in [
            "sip:1001@127.0.0.1:5060",
            "sip:*71@demo.example",
            "sip:a%20b@h;line=x%20y;ob",
            "sip:1001%40dom@10.0.0.1:5060;transport=tcp",
            "sip:u:pa%3Ass@h",
            "sip:h;lr",
            "sips:a@[2001:db8::1]:5061;transport=udp",
            "sip:a;x=y@h?Subject=hi",
            "tel:+4930",
        ] {
            let parsed = sip::Uri::try_from(text).unwrap();
            if !text.contains(";x=y@") {
                assert_eq!(uri_text(&parsed), text);
                assert_eq!(uri(text).unwrap().to_string(), text);
            }
        }
    }

    #[test]
    fn a_request_comes_back_as_it_was() {
        let ours = Request::new(Method::Invite, "sip:1001%23@127.0.0.1:5081;ob")
            .with("From", "\"A\" <sip:8001@demo>;tag=x")
            .with("To", "<sip:1001@demo>")
            .with("Call-ID", "c1")
            .with("CSeq", "1 INVITE")
            .with("P-Asserted-Identity", "<tel:+4930>")
            .with("X-Own", "1")
            .with_body("application/sdp", b"v=0\r\n".to_vec());
        let theirs = outgoing(&ours, "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx", "anteroom").unwrap();
        let wire = sip::Request::try_from(theirs.to_bytes()).unwrap();
        assert_eq!(request(&wire), ours);
    }

    #[test]
    fn a_response_keeps_its_phrase() {
        let text = "SIP/2.0 480 Gone Fishing\r\nVia: SIP/2.0/UDP h;branch=b1;rport, SIP/2.0/UDP i;branch=b2\r\n\
                    Call-ID: x\r\nContent-Length: 0\r\n\r\n";
        let theirs = sip::Response::try_from(text).unwrap();
        assert_eq!(super::branch(&theirs), Some("b1"));
        let ours = response(theirs);
        assert_eq!((ours.status(), ours.phrase(), ours.headers.len()), (480, "Gone Fishing", 1));
    }
}
