//! SIP and tel URIs (RFC 3261 19.1, RFC 3966).

use std::borrow::Cow;

use super::list::Params;

/// A URI taken apart: `sip:user:password@host:port;params?headers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// `sip`, `sips`, `tel`, as written.
    pub scheme: &'a str,
    /// What stands before the `@`, without password and still percent-encoded; the number of a `tel` URI.
    pub user: Option<&'a str>,
    /// The host, IPv6 addresses with their brackets; empty for `tel`.
    pub host: &'a str,
    /// The port, when one is written.
    pub port: Option<u16>,
    /// `;transport=tcp;lr …`
    pub params: Params<'a>,
    /// What stands behind the `?`, still encoded.
    pub headers: Option<&'a str>,
}

impl<'a> Uri<'a> {
    /// Reads a URI without angle brackets. `None` for other schemes than `sip`, `sips` and `tel`, for white space, and
    /// for anything without a host (a number, for `tel`) or with a port that is none.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '<' || c == '>') {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        if scheme.eq_ignore_ascii_case("tel") {
            let (number, params) = split_before(rest, ';');
            let params = Params(params);
            return (!number.is_empty()).then_some(Self {
                scheme,
                user: Some(number),
                host: "",
                port: None,
                params,
                headers: None,
            });
        }
        if !scheme.eq_ignore_ascii_case("sip") && !scheme.eq_ignore_ascii_case("sips") {
            return None;
        }
        // The user part may hold `;` and `?`, so it goes first; no `@` can stand unescaped behind it.
        let (userinfo, rest) = match rest.rsplit_once('@') {
            Some((userinfo, rest)) => (Some(userinfo), rest),
            None => (None, rest),
        };
        let (rest, headers) = match rest.split_once('?') {
            Some((rest, headers)) => (rest, Some(headers)),
            None => (rest, None),
        };
        let (authority, params) = split_before(rest, ';');
        let (host, port) = host_and_port(authority)?;
        let user = userinfo.map(|info| split_before(info, ':').0).filter(|user| !user.is_empty());
        Some(Self { scheme, user, host, port, params: Params(params), headers })
    }

    /// The user part with its percent-encoding undone.
    #[must_use]
    pub fn decoded_user(&self) -> Option<Cow<'a, str>> {
        self.user.map(percent_decoded)
    }

    /// Whether the scheme is `sip` or `sips`.
    #[must_use]
    pub fn is_sip(&self) -> bool {
        !self.scheme.eq_ignore_ascii_case("tel")
    }
}

/// Splits before the first `at`; the second part keeps it and is empty when there is none.
fn split_before(text: &str, at: char) -> (&str, &str) {
    text.split_at(text.find(at).unwrap_or(text.len()))
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(end);
    if host.is_empty() {
        return None;
    }
    match port.strip_prefix(':') {
        Some(port) => Some((host, Some(port.parse().ok()?))),
        None => port.is_empty().then_some((host, None)),
    }
}

/// Undoes percent-encoding. Escapes that are none, or that do not give UTF-8, are left as they are.
#[must_use]
pub fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        match bytes[index..] {
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(high) << 4 | hex(low));
                index += 3;
            }
            _ => {
                out.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Encodes text for the user part of a URI: all but unreserved characters and `&=+$,;?/` minus what confuses phones
/// (RFC 3261, 25.1) is escaped.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()+&=$".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
            out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
        }
    }
    out
}

/// The value of a hexadecimal digit; 0 for anything else.
fn hex(digit: u8) -> u8 {
    u8::try_from(char::from(digit).to_digit(16).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Uri, percent_decoded, percent_encoded};
    use proptest::prelude::*;

    #[test]
    fn parts_of_a_sip_uri() {
        let uri = Uri::parse("sip:1001;x=1:pw@[2001:db8::1]:5061;transport=tcp;lr?Replaces=a%40b").unwrap();
        assert_eq!((uri.user, uri.host, uri.port), (Some("1001;x=1"), "[2001:db8::1]", Some(5061)));
        assert_eq!((uri.params.get("transport"), uri.headers), (Some("tcp"), Some("Replaces=a%40b")));
        let uri = Uri::parse("SIP:example.com").unwrap();
        assert_eq!((uri.user, uri.host, uri.port), (None, "example.com", None));
        let uri = Uri::parse("tel:+49-30-1;phone-context=x").unwrap();
        assert_eq!((uri.user, uri.params.get("phone-context")), (Some("+49-30-1"), Some("x")));
    }

    #[test]
    fn what_is_no_uri() {
        for text in ["", "sip:", "sip:a@", "http://x", "sip:a@b:99999", "sip:a@[::1", "sip:a b@c", "tel:", "1001"] {
            assert_eq!(Uri::parse(text), None, "{text}");
        }
    }

    #[test]
    fn star_codes_survive() {
        assert_eq!(Uri::parse("sip:%2A71@x").unwrap().decoded_user().unwrap(), "*71");
        assert_eq!(percent_decoded("100%"), "100%");
        assert_eq!(percent_decoded("%ff"), "%ff");
    }

    proptest! {
        #[test]
        fn encoding_goes_there_and_back(text in any::<String>()) {
            let encoded = percent_encoded(&text);
            prop_assert_eq!(percent_decoded(&encoded), text);
        }

        #[test]
        fn reading_is_total(text in "(sips?:|tel:)?[a-z0-9@:;?%\\[\\]é]{0,30}") {
            if let Some(uri) = Uri::parse(&text) {
                prop_assert!(!uri.is_sip() || !uri.host.is_empty());
                let _ = uri.decoded_user();
            }
        }
    }
}
