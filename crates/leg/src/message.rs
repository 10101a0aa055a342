//! SIP messages as plain values (RFC 3261, 7). The wire form is the library's; these are what legs read and write.
//!
//! `Via`, `Content-Length`, `User-Agent` and `Server` belong to the transport: a leg neither reads nor writes them.

use core::fmt;

pub use crate::headers::Headers;
use crate::headers::{is_token_char, one_line};

/// The method of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Opens a session, or changes one (RFC 3261, 13 and 14).
    Invite,
    /// Confirms the final response to an INVITE.
    Ack,
    /// Ends a session (RFC 3261, 15).
    Bye,
    /// Gives up a pending INVITE (RFC 3261, 9).
    Cancel,
    /// Asks what the other side can do (RFC 3261, 11).
    Options,
    /// Binds an address of record to contacts (RFC 3261, 10).
    Register,
    /// Carries application data inside a session (RFC 6086), here the keys of older phones.
    Info,
    /// Changes a session without a three-way handshake (RFC 3311).
    Update,
    /// Asks to call somebody else: a transfer (RFC 3515).
    Refer,
    /// Reports an event (RFC 6665).
    Notify,
    /// Acknowledges a provisional response (RFC 3262).
    Prack,
    /// Asks for event reports (RFC 6665).
    Subscribe,
    /// Publishes event state (RFC 3903).
    Publish,
    /// An instant message (RFC 3428).
    Message,
    /// Any other method, as it was written.
    Other(Box<str>),
}

impl Method {
    /// The method of this name. Method names are case-sensitive (RFC 3261, 7.1); what no token may hold is left out.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "OPTIONS" => Self::Options,
            "REGISTER" => Self::Register,
            "INFO" => Self::Info,
            "UPDATE" => Self::Update,
            "REFER" => Self::Refer,
            "NOTIFY" => Self::Notify,
            "PRACK" => Self::Prack,
            "SUBSCRIBE" => Self::Subscribe,
            "PUBLISH" => Self::Publish,
            "MESSAGE" => Self::Message,
            other => Self::Other(other.chars().filter(|c| is_token_char(*c)).collect::<String>().into_boxed_str()),
        }
    }

    /// The name as it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Info => "INFO",
            Self::Update => "UPDATE",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Prack => "PRACK",
            Self::Subscribe => "SUBSCRIBE",
            Self::Publish => "PUBLISH",
            Self::Message => "MESSAGE",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    uri: Box<str>,
    /// The header fields.
    pub headers: Headers,
    /// The body, as told by `Content-Type`; empty for none.
    pub body: Box<[u8]>,
}

impl Request {
    /// A request without headers or body. White space and control characters are left out of the URI, so it cannot
    /// break the request line.
    #[must_use]
    pub fn new(method: Method, uri: &str) -> Self {
        let uri = uri.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>().into_boxed_str();
        Self { method, uri, headers: Headers::new(), body: Box::default() }
    }

    /// The Request-URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Adds a header field; see [`Headers::push`].
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Sets the body and its `Content-Type`.
    #[must_use]
    pub fn with_body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.headers.set("Content-Type", content_type);
        self.body = body.into_boxed_slice();
        self
    }
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    status: u16,
    reason: Box<str>,
    /// The header fields.
    pub headers: Headers,
    /// The body, as told by `Content-Type`; empty for none.
    pub body: Box<[u8]>,
}

impl Response {
    /// A response with the usual phrase for `status`. A status outside 100 to 699 becomes 500.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let status = if (100..700).contains(&status) { status } else { 500 };
        Self { status, reason: phrase(status).into(), headers: Headers::new(), body: Box::default() }
    }

    /// The same with a phrase of its own, put on one line.
    #[must_use]
    pub fn with_phrase(mut self, phrase: &str) -> Self {
        self.reason = one_line(phrase);
        self
    }

    /// Adds a header field; see [`Headers::push`].
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Sets the body and its `Content-Type`.
    #[must_use]
    pub fn with_body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.headers.set("Content-Type", content_type);
        self.body = body.into_boxed_slice();
        self
    }

    /// The status code, 100 to 699.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase.
    #[must_use]
    pub fn phrase(&self) -> &str {
        &self.reason
    }

    /// 1xx: more will follow.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.status < 200
    }

    /// 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The usual phrase of a status code (RFC 3261 21, and the IANA registry); the phrase of its class for others.
#[must_use]
pub fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        _ => match status / 100 {
            1 => "Progress",
            2 => "Success",
            3 => "Redirection",
            4 => "Request Failure",
            5 => "Server Failure",
            _ => "Global Failure",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Method, Request, Response};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn start_lines_stay_one_line(text in any::<String>(), status in any::<u16>()) {
            let request = Request::new(Method::parse(&text), &text);
            prop_assert!(!request.uri().contains(|c: char| c.is_whitespace() || c.is_control()));
            prop_assert!(!request.method.as_str().contains(|c: char| c.is_whitespace() || c.is_control()));
            let response = Response::new(status).with_phrase(&text);
            prop_assert!(!response.phrase().contains(char::is_control));
            prop_assert!((100..700).contains(&response.status()));
        }
    }

    #[test]
    fn method_names_go_there_and_back() {
        for name in ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "UPDATE", "REFER", "NOTIFY"] {
            assert_eq!(Method::parse(name).as_str(), name);
        }
        assert_eq!(Method::parse("invite"), Method::Other("invite".into()));
    }
}
