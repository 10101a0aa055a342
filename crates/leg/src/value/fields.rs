//! Fields with a form of their own: CSeq, Session-Expires, Reason.

use core::fmt;

use super::list::{Params, list};
use crate::message::Method;

/// A `CSeq` value (RFC 3261, 20.16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// The sequence number, below 2³¹.
    pub number: u32,
    /// The method it was counted for.
    pub method: Method,
}

impl CSeq {
    /// Reads `4711 INVITE`. `None` for numbers of 2³¹ and more, which RFC 3261 8.1.1.5 rules out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, method) = text.trim().split_once(char::is_whitespace)?;
        let number = number.parse().ok().filter(|n| *n < 1 << 31)?;
        let method = method.trim();
        (!method.is_empty()).then(|| Self { number, method: Method::parse(method) })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// Who sends the session refreshes: the side that sent the request the field belongs to, or the one that answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// The sender of the request.
    Uac,
    /// Who answers it.
    Uas,
}

/// A `Session-Expires` value (RFC 4028, 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// The session interval in seconds.
    pub seconds: u32,
    /// Who refreshes, when it is settled.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// Reads `1800;refresher=uac`; an unknown refresher counts as none. Numbers too large become the largest.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (seconds, params) = text.split_at(text.find(';').unwrap_or(text.len()));
        let refresher = match Params(params).get("refresher") {
            Some(who) if who.eq_ignore_ascii_case("uac") => Some(Refresher::Uac),
            Some(who) if who.eq_ignore_ascii_case("uas") => Some(Refresher::Uas),
            _ => None,
        };
        Some(Self { seconds: delta_seconds(seconds)?, refresher })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds)?;
        match self.refresher {
            Some(Refresher::Uac) => f.write_str(";refresher=uac"),
            Some(Refresher::Uas) => f.write_str(";refresher=uas"),
            None => Ok(()),
        }
    }
}

/// Whole seconds, as in `Min-SE` and `Retry-After`; what stands behind the digits is ignored.
pub(crate) fn delta_seconds(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())];
    if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(u32::MAX)) }
}

/// Why a request was sent (RFC 3326): in our BYE and CANCEL, and read from the other side's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `SIP` or `Q.850`; a token.
    pub protocol: Box<str>,
    /// A status code, or a Q.850 cause.
    pub cause: u16,
    /// Words for people; may be empty.
    pub text: Box<str>,
}

impl Reason {
    /// A reason of the protocol `SIP`.
    #[must_use]
    pub fn sip(status: u16, text: &str) -> Self {
        Self { protocol: "SIP".into(), cause: status, text: text.into() }
    }

    /// A reason of the protocol `Q.850`, as gateways to the telephone network use it.
    #[must_use]
    pub fn q850(cause: u16, text: &str) -> Self {
        Self { protocol: "Q.850".into(), cause, text: text.into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.protocol.chars().filter(|c| crate::headers::is_token_char(*c)).collect::<String>();
        write!(f, "{protocol};cause={}", self.cause)?;
        if !self.text.is_empty() {
            let text = self.text.replace(['"', '\\'], "'");
            write!(f, ";text=\"{text}\"")?;
        }
        Ok(())
    }
}

/// The reasons of a `Reason` field that name a cause, in order.
pub fn parse_reasons(text: &str) -> impl Iterator<Item = Reason> {
    list(text).filter_map(|item| {
        let (protocol, params) = item.split_at(item.find(';')?);
        let params = Params(params);
        let cause = params.get("cause")?.parse().ok()?;
        let text = params.get("text").unwrap_or("");
        Some(Reason { protocol: protocol.trim().into(), cause, text: text.into() })
    })
}

#[cfg(test)]
mod tests {
    use super::{CSeq, Reason, Refresher, SessionExpires, parse_reasons};
    use proptest::prelude::*;

    #[test]
    fn sequence_numbers() {
        assert_eq!(CSeq::parse(" 4711  INVITE ").unwrap().to_string(), "4711 INVITE");
        for text in ["", "1", "INVITE 1", "2147483648 BYE", "-1 BYE", "1 "] {
            assert_eq!(CSeq::parse(text), None, "{text}");
        }
    }

    #[test]
    fn session_intervals() {
        let read = |text| SessionExpires::parse(text).map(|s| (s.seconds, s.refresher));
        assert_eq!(read("90;refresher=UAC"), Some((90, Some(Refresher::Uac))));
        assert_eq!(read("1800 ;refresher=x"), Some((1800, None)));
        assert_eq!(read("99999999999"), Some((u32::MAX, None)));
        assert_eq!(read("soon"), None);
    }

    #[test]
    fn reasons_go_there_and_back() {
        let both = r#"SIP ;cause=200 ;text="Call completed elsewhere", Q.850;cause=16, X;y"#;
        let read = parse_reasons(both).collect::<Vec<_>>();
        assert_eq!(read, [Reason::sip(200, "Call completed elsewhere"), Reason::q850(16, "")]);
        assert_eq!(read[0].to_string(), r#"SIP;cause=200;text="Call completed elsewhere""#);
    }

    proptest! {
        #[test]
        fn reading_is_total(text in any::<String>()) {
            let _ = (CSeq::parse(&text), SessionExpires::parse(&text), parse_reasons(&text).count());
        }
    }
}
