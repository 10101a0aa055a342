//! `From`, `To`, `Contact`, `Route`, `Refer-To`: a URI with a display name and parameters (RFC 3261, 20.10 and 25.1).

use std::borrow::Cow;

use super::list::{Params, find_outside, quoted_len};
use super::uri::Uri;

/// A name-addr or addr-spec taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    display: &'a str,
    /// The URI without its angle brackets.
    pub uri: &'a str,
    /// The parameters of the field (not of the URI): `tag`, `expires` …
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads `"Name" <uri>;params`, `Name <uri>;params` or `uri;params`. Without brackets all parameters are the
    /// field's (RFC 3261, 20). `None` without a URI: a scheme, a colon, and nothing that would break out of `<…>`.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let start = quoted_len(text).unwrap_or(0);
        if let Some(open) = text[start..].find('<').map(|open| start + open) {
            let close = open + text[open..].find('>')?;
            let uri = text[open + 1..close].trim();
            let display = text[..open].trim();
            let params = Params(text[close + 1..].trim());
            return is_uri(uri).then_some(Self { display, uri, params });
        }
        let end = find_outside(text, b';').unwrap_or(text.len());
        let uri = text[..end].trim();
        (is_uri(uri) && start == 0).then_some(Self { display: "", uri, params: Params(&text[end..]) })
    }

    /// The `tag` parameter, when it is there and not empty.
    #[must_use]
    pub fn tag(&self) -> Option<&'a str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// The display name with quotes and escapes undone; empty for none.
    #[must_use]
    pub fn display(&self) -> Cow<'a, str> {
        let Some(len) = quoted_len(self.display) else { return Cow::Borrowed(self.display) };
        let inner = &self.display[1..len - 1];
        if !inner.contains('\\') {
            return Cow::Borrowed(inner);
        }
        let mut out = String::with_capacity(inner.len());
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            out.extend(if c == '\\' { chars.next() } else { Some(c) });
        }
        Cow::Owned(out)
    }

    /// The URI taken apart.
    #[must_use]
    pub fn parts(&self) -> Option<Uri<'a>> {
        Uri::parse(self.uri)
    }

    /// The user part of the URI, percent-encoding undone: the number in most fields.
    #[must_use]
    pub fn user(&self) -> Option<Cow<'a, str>> {
        self.parts()?.decoded_user()
    }
}

/// Whether this can stand between angle brackets as a URI of any scheme.
fn is_uri(text: &str) -> bool {
    let scheme = text.find(':').map_or("", |colon| &text[..colon]);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.contains(|c: char| matches!(c, '<' | '>' | '"') || c.is_whitespace() || c.is_control())
}

/// Writes `"Display" <uri>;tag=…`: the display name is quoted and escaped, left out when empty; so is an empty tag.
/// Characters that could end the brackets are left out of the URI.
#[must_use]
pub fn name_addr(display: &str, uri: &str, tag: &str) -> String {
    let mut out = String::with_capacity(display.len() + uri.len() + tag.len() + 12);
    if !display.is_empty() {
        out.push('"');
        for c in display.chars().filter(|c| !c.is_control()) {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push_str("\" ");
    }
    out.push('<');
    out.extend(uri.chars().filter(|c| !matches!(c, '<' | '>') && !c.is_whitespace() && !c.is_control()));
    out.push('>');
    if !tag.is_empty() {
        out.push_str(";tag=");
        out.push_str(tag);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{NameAddr, name_addr};
    use proptest::prelude::*;

    #[test]
    fn the_three_forms() {
        let quoted = NameAddr::parse(r#""Doe \"J\", <x>" <sip:1001@h;lr>;tag=1;x"#).unwrap();
        assert_eq!(quoted.display(), r#"Doe "J", <x>"#);
        assert_eq!((quoted.uri, quoted.tag(), quoted.user().as_deref()), ("sip:1001@h;lr", Some("1"), Some("1001")));
        let token = NameAddr::parse("Anna Lee <tel:+4930>").unwrap();
        assert_eq!((token.display().as_ref(), token.uri, token.tag()), ("Anna Lee", "tel:+4930", None));
        let bare = NameAddr::parse("sip:a@b:5060;tag=9").unwrap();
        assert_eq!((bare.uri, bare.tag()), ("sip:a@b:5060", Some("9")));
    }

    #[test]
    fn what_is_no_address() {
        for text in ["", "\"only a name\"", "<>", "<sip:a@b", ";tag=1", ">", "1001", "<sip:a b@c>", "<:x>"] {
            assert_eq!(NameAddr::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_we_write_we_read(display in any::<String>(), tag in "[a-z0-9]{0,8}") {
            let text = name_addr(&display, "sip:x@y", &tag);
            let back = NameAddr::parse(&text).unwrap();
            let plain = display.chars().filter(|c| !c.is_control()).collect::<String>();
            prop_assert_eq!(back.display(), plain);
            prop_assert_eq!(back.uri, "sip:x@y");
            prop_assert_eq!(back.tag().unwrap_or(""), tag);
        }

        #[test]
        fn reading_is_total(text in r#"["<>;=\\a-z@: é]{0,40}"#) {
            if let Some(address) = NameAddr::parse(&text) {
                let _ = (address.display(), address.tag(), address.user());
            }
        }
    }
}
