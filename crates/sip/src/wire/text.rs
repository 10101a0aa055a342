//! Messages as they stand on the wire.

use bytes::Bytes;
use leg::{Headers, Request, Response};

/// A request with this `Via`.
pub(super) fn request(request: &Request, via: &str, user_agent: &str) -> Bytes {
    let mut text = Vec::with_capacity(512 + request.body.len());
    push(&mut text, &[request.method.as_str(), " ", request.uri(), " SIP/2.0\r\nVia: ", via, "\r\n"]);
    finish(text, &request.headers, "User-Agent", user_agent, &request.body)
}

/// A response with these `Via` lines.
pub(super) fn response(response: &Response, vias: &str, user_agent: &str) -> Bytes {
    let mut text = Vec::with_capacity(512 + response.body.len());
    let status = response.status().to_string();
    push(&mut text, &["SIP/2.0 ", &status, " ", response.phrase(), "\r\n", vias]);
    finish(text, &response.headers, "Server", user_agent, &response.body)
}

fn finish(mut text: Vec<u8>, headers: &Headers, product: &str, user_agent: &str, body: &[u8]) -> Bytes {
    for (name, value) in headers.iter() {
        push(&mut text, &[name, ": ", value, "\r\n"]);
    }
    if !user_agent.is_empty() {
        push(&mut text, &[product, ": ", user_agent, "\r\n"]);
    }
    push(&mut text, &["Content-Length: ", &body.len().to_string(), "\r\n\r\n"]);
    text.extend_from_slice(body);
    text.into()
}

fn push(text: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        text.extend_from_slice(part.as_bytes());
    }
}

/// The answer the transaction layer itself gives to a request (RFC 3261, 8.2.6.2). Its `To` gets this tag when it has
/// none, and none is empty.
pub(crate) fn answer(request: &Request, status: u16, tag: &str) -> Response {
    let mut response = Response::new(status);
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let Some(value) = request.headers.get(name) else { continue };
        if name == "To" && !tag.is_empty() && tag_of(value).is_none() {
            response.headers.push(name, &format!("{value};tag={tag}"));
        } else {
            response.headers.push(name, value);
        }
    }
    response
}

/// The tag of a `From` or `To`.
pub(super) fn tag_of(value: &str) -> Option<&str> {
    leg::value::NameAddr::parse(value)?.tag()
}

#[cfg(test)]
mod tests {
    use super::{answer, request, response};
    use leg::{Method, Request, Response};

    #[test]
    fn messages_are_written_whole() {
        let bye =
            Request::new(Method::Bye, "sip:a%20b@h;x=%41").with("Call-ID", "c").with_body("text/plain", vec![0, 255]);
        let text = request(&bye, "SIP/2.0/UDP h;branch=z9hG4bKx", "anteroom");
        let expected = b"BYE sip:a%20b@h;x=%41 SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nCall-ID: c\r\n\
                         Content-Type: text/plain\r\nUser-Agent: anteroom\r\nContent-Length: 2\r\n\r\n\0\xff";
        assert_eq!(&text[..], &expected[..]);
        let text = response(&Response::new(480).with_phrase("Gone fishing"), "Via: x\r\nVia: y\r\n", "");
        assert_eq!(&text[..], b"SIP/2.0 480 Gone fishing\r\nVia: x\r\nVia: y\r\nContent-Length: 0\r\n\r\n");
    }

    #[test]
    fn an_answer_has_a_tag() {
        let asked = Request::new(Method::Cancel, "sip:h").with("To", "<sip:x;tag=no@h>").with("CSeq", "1 CANCEL");
        assert_eq!(answer(&asked, 200, "t").headers.get("To"), Some("<sip:x;tag=no@h>;tag=t"));
        let tagged = Request::new(Method::Cancel, "sip:h").with("To", "<sip:h>;tag=a");
        assert_eq!(answer(&tagged, 200, "t").headers.get("To"), Some("<sip:h>;tag=a"));
    }
}
