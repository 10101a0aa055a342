//! Comma-separated lists and semicolon-separated parameters, with quoted strings and angle brackets in mind.

/// Where the quoted string, if one opens at the start of `text`, is over: the index after its closing quote.
pub(super) fn quoted_len(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    for (index, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 2),
            _ => {}
        }
    }
    None
}

/// The first place of `wanted` outside quoted strings and outside `<…>`. An unclosed quote is an ordinary character,
/// so damage in one item does not swallow the rest of the field.
pub(super) fn find_outside(text: &str, wanted: u8) -> Option<usize> {
    let mut index = 0;
    let mut in_brackets = false;
    while index < text.len() {
        let byte = text.as_bytes()[index];
        if byte == wanted && !in_brackets {
            return Some(index);
        }
        match byte {
            b'"' if !in_brackets => index += quoted_len(&text[index..]).unwrap_or(1) - 1,
            b'<' => in_brackets = true,
            b'>' => in_brackets = false,
            _ => {}
        }
        index += 1;
    }
    None
}

/// The items of a comma-separated field value (`Route`, `Record-Route`, `Contact`, `Supported` …), trimmed, without
/// empty ones. Commas inside quoted strings and inside `<…>` do not separate.
pub fn list(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    core::iter::from_fn(move || {
        let text = rest?;
        let (item, after) = match find_outside(text, b',') {
            Some(comma) => (&text[..comma], Some(&text[comma + 1..])),
            None => (text, None),
        };
        rest = after;
        Some(item.trim())
    })
    .filter(|item| !item.is_empty())
}

/// Parameters as in `;tag=abc;lr`, of a field value or of a URI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a>(pub(super) &'a str);

impl<'a> Params<'a> {
    /// Reads `;name=value;flag`; a first `;` may be missing.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        Self(text)
    }

    /// Name and value of each, in order; a flag has the value "". The quotes of a quoted value are taken off, escapes
    /// inside it are left as they are.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut rest = Some(self.0);
        core::iter::from_fn(move || {
            let text = rest?;
            let (item, after) = match find_outside(text, b';') {
                Some(end) => (&text[..end], Some(&text[end + 1..])),
                None => (text, None),
            };
            rest = after;
            Some(item.trim())
        })
        .filter(|item| !item.is_empty())
        .map(|item| match item.split_once('=') {
            Some((name, value)) => (name.trim_end(), unquoted(value.trim_start())),
            None => (item, ""),
        })
    }

    /// The value of the first parameter of this name, case of the name ignored; "" for a flag.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a str> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether the parameter is there, with or without a value.
    #[must_use]
    pub fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Without the quotes around it, when there are any.
fn unquoted(value: &str) -> &str {
    match quoted_len(value) {
        Some(len) => &value[1..len - 1],
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::{Params, list};
    use proptest::prelude::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_separate() {
        let value = r#""Doe, \"J\" <x>" <sip:a@b;x=1,2>;p=1 , <sip:c@d>,,plain"#;
        let items = list(value).collect::<Vec<_>>();
        assert_eq!(items, [r#""Doe, \"J\" <x>" <sip:a@b;x=1,2>;p=1"#, "<sip:c@d>", "plain"]);
        assert_eq!(list("\"open, <sip:a@b>").collect::<Vec<_>>(), ["\"open", "<sip:a@b>"]);
    }

    #[test]
    fn parameters_are_found_by_name() {
        let params = Params::parse(";Tag = abc ;lr; text=\"a;b=c\"");
        assert_eq!(params.get("tag"), Some("abc"));
        assert_eq!(params.get("LR"), Some(""));
        assert_eq!(params.get("text"), Some("a;b=c"));
        assert!(!params.has("b"));
    }

    proptest! {
        #[test]
        fn readers_are_total(text in r#"[a-z",;<>=\\ é]{0,40}"#) {
            for item in list(&text) {
                prop_assert!(!item.is_empty());
            }
            let _ = Params::parse(&text).iter().count();
        }
    }
}
