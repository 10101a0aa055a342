//! Header fields of a message: an ordered list of names and values.

use std::borrow::Cow;

/// The header fields of a message, in order. Names compare without regard to case (RFC 3261, 7.3.1).
///
/// Nothing can be injected through a name or a value: see [`Headers::push`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    fields: Vec<(Cow<'static, str>, Box<str>)>,
}

/// Names this house writes itself; kept without an allocation, and in the spelling of the RFCs.
const KNOWN: &[&str] = &[
    "Accept",
    "Alert-Info",
    "Allow",
    "Allow-Events",
    "Authorization",
    "Call-ID",
    "Contact",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Event",
    "Expires",
    "From",
    "Max-Forwards",
    "Min-Expires",
    "Min-SE",
    "P-Asserted-Identity",
    "Path",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Require",
    "Reason",
    "Record-Route",
    "Refer-Sub",
    "Refer-To",
    "Referred-By",
    "Reject-Contact",
    "Replaces",
    "Request-Disposition",
    "Require",
    "Retry-After",
    "Route",
    "Server",
    "Session-Expires",
    "Subject",
    "Subscription-State",
    "Supported",
    "To",
    "Unsupported",
    "User-Agent",
    "Via",
    "WWW-Authenticate",
    "Warning",
];

/// The long form of a one-letter header name: RFC 3261 20, and the registrations of RFC 3515, 3841, 3892, 4028, 6665.
fn expand(letter: u8) -> Option<&'static str> {
    Some(match letter.to_ascii_lowercase() {
        b'a' => "Accept-Contact",
        b'b' => "Referred-By",
        b'c' => "Content-Type",
        b'd' => "Request-Disposition",
        b'e' => "Content-Encoding",
        b'f' => "From",
        b'i' => "Call-ID",
        b'j' => "Reject-Contact",
        b'k' => "Supported",
        b'l' => "Content-Length",
        b'm' => "Contact",
        b'o' => "Event",
        b'r' => "Refer-To",
        b's' => "Subject",
        b't' => "To",
        b'u' => "Allow-Events",
        b'v' => "Via",
        b'x' => "Session-Expires",
        _ => return None,
    })
}

/// A character a token may hold (RFC 3261, 25.1).
pub(crate) fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c)
}

/// The name in its long form and known spelling; what no token may hold is left out.
fn canonical(name: &str) -> Cow<'static, str> {
    if let [letter] = name.as_bytes()
        && let Some(long) = expand(*letter)
    {
        return Cow::Borrowed(long);
    }
    match KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(name.chars().filter(|c| is_token_char(*c)).collect()),
    }
}

/// The text on one line: each control character (a line break above all) becomes a space, and the ends are trimmed.
pub(crate) fn one_line(text: &str) -> Box<str> {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if trimmed.chars().any(char::is_control) {
        trimmed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().into_boxed_str()
    } else {
        trimmed.into()
    }
}

/// Whether both names mean the same field; compact forms count.
fn same(name: &str, wanted: &str) -> bool {
    if wanted.len() == 1 { canonical(wanted).eq_ignore_ascii_case(name) } else { name.eq_ignore_ascii_case(wanted) }
}

impl Headers {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self { fields: Vec::new() }
    }

    /// Adds a field at the end. A compact name becomes the long one (`i` is `Call-ID`). Characters that a name may not
    /// hold are left out, a name of nothing else adds no field; control characters in the value (line breaks above
    /// all) become spaces, so one push is always one line on the wire.
    pub fn push(&mut self, name: &str, value: &str) {
        let name = canonical(name);
        if !name.is_empty() {
            self.fields.push((name, one_line(value)));
        }
    }

    /// [`Headers::push`], for building in one expression.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.push(name, value);
        self
    }

    /// Replaces all fields of this name by one, where the first of them stood (at the end when there was none).
    pub fn set(&mut self, name: &str, value: &str) {
        let Some(first) = self.fields.iter().position(|(n, _)| same(n, name)) else {
            return self.push(name, value);
        };
        self.fields[first].1 = one_line(value);
        let mut index = 0;
        self.fields.retain(|(n, _)| {
            index += 1;
            index - 1 <= first || !same(n, name)
        });
    }

    /// Removes all fields of this name.
    pub fn remove(&mut self, name: &str) {
        self.fields.retain(|(n, _)| !same(n, name));
    }

    /// The first value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of this name in order, one per field. A field may itself hold a comma-separated list: see
    /// [`crate::value::list`].
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.fields.iter().filter(move |(n, _)| same(n, name)).map(|(_, value)| &**value)
    }

    /// Whether a field of this name is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All fields in order, as (name, value).
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&**name, &**value))
    }

    /// How many fields there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether a list field of this name (`Supported`, `Require`, `Allow`) holds this token, case ignored.
    #[must_use]
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name).flat_map(crate::value::list).any(|item| item.eq_ignore_ascii_case(token))
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in fields {
            headers.push(name.as_ref(), value.as_ref());
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::Headers;
    use proptest::prelude::*;

    #[test]
    fn names_ignore_case_and_compact_forms_are_expanded() {
        let headers = Headers::new().with("i", "abc").with("VIA", "one").with("X-Own", "x").with("v", "two");
        assert_eq!(headers.get("call-id"), Some("abc"));
        assert_eq!(headers.get("i"), Some("abc"));
        assert_eq!(headers.all("Via").collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(headers.iter().map(|(n, _)| n).collect::<Vec<_>>(), ["Call-ID", "Via", "X-Own", "Via"]);
    }

    #[test]
    fn set_keeps_the_place_of_the_first() {
        let mut headers = Headers::new().with("XA", "1").with("XB", "2").with("xa", "3").with("XC", "4");
        headers.set("XA", "9");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("XA", "9"), ("XB", "2"), ("XC", "4")]);
        headers.set("XD", "5");
        headers.remove("xb");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("XA", "9"), ("XC", "4"), ("XD", "5")]);
    }

    proptest! {
        #[test]
        fn nothing_can_be_injected(name in any::<String>(), value in any::<String>()) {
            let headers = Headers::new().with(&name, &value);
            for (name, value) in headers.iter() {
                prop_assert!(!name.is_empty() && name.chars().all(super::is_token_char));
                prop_assert!(!value.chars().any(char::is_control));
            }
        }
    }
}
