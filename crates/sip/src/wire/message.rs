//! The library's messages and ours.

use std::net::SocketAddr;

use leg::{Method, Request, Response};
use rsipstack::sip::{self, Header, HeadersExt};
use rsipstack::transport::SipAddr;

use super::layer::top_via;
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

fn copy_headers(from: &sip::Headers, to: &mut leg::Headers) {
    for header in from.iter() {
        match header {
            Header::Via(_) | Header::ContentLength(_) | Header::Server(_) => {}
            header => to.push(header.name(), header.value()),
        }
    }
}

/// The `Via` lines that an answer to this request begins with.
pub(super) fn vias(headers: &sip::Headers) -> String {
    let mut lines = String::with_capacity(128);
    for header in headers.iter() {
        if let Header::Via(via) = header {
            lines.push_str("Via: ");
            lines.push_str(via.value());
            lines.push_str("\r\n");
        }
    }
    lines
}

/// The branch of the topmost `Via`.
pub(super) fn branch(response: &sip::Response) -> Option<&str> {
    Some(top_via(response.via_header().ok()?.value()).1)
}

/// The URI as it was written: what the library writes has its user part encoded once more.
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
    use super::{branch, request, response, uri_text, vias};
    use leg::Method;
    use rsipstack::sip;

    #[test]
    fn uris_stay_what_they_are() {
        for text in [
            "sip:1001@127.0.0.1:5060",
            "sip:*71@demo.example",
            "sip:a%20b@h;line=x%20y;ob",
            "sip:1001%40dom@10.0.0.1:5060;transport=TCP",
            "sip:u:pa%3Ass@h",
            "sip:h;lr",
            "sips:a@[2001:db8::1]:5061;lr",
            "sip:a@h?Subject=hi",
            "tel:+4930",
        ] {
            assert_eq!(uri_text(&sip::Uri::try_from(text).unwrap()), text);
        }
    }

    #[test]
    fn a_request_is_read_whole() {
        let text = "INVITE sip:1001%23@h;ob SIP/2.0\r\nVia: a;branch=1\r\nv: b\r\nf: \"A\" <sip:8001@demo>;tag=x\r\nX-Own: 1\r\n\
                    l: 3\r\n\r\nabc";
        let theirs = sip::Request::try_from(text).unwrap();
        let ours = request(&theirs);
        assert_eq!((&ours.method, ours.uri(), &*ours.body), (&Method::Invite, "sip:1001%23@h;ob", b"abc".as_slice()));
        let headers = ours.headers.iter().collect::<Vec<_>>();
        assert_eq!(headers, [("From", "\"A\" <sip:8001@demo>;tag=x"), ("X-Own", "1")]);
        assert_eq!(vias(&theirs.headers), "Via: a;branch=1\r\nVia: b\r\n");
    }

    #[test]
    fn a_response_keeps_its_phrase() {
        let text = "SIP/2.0 480 Gone Fishing\r\nVia: SIP/2.0/UDP h;branch=b1;rport, SIP/2.0/UDP i;branch=b2\r\n\
                    Call-ID: x\r\nContent-Length: 0\r\n\r\n";
        let theirs = sip::Response::try_from(text).unwrap();
        assert_eq!(branch(&theirs), Some("b1"));
        let ours = response(theirs);
        assert_eq!((ours.status(), ours.phrase(), ours.headers.len()), (480, "Gone Fishing", 1));
    }
}
