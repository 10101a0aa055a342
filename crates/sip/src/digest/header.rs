//! Reads `Authorization: Digest …` (RFC 7616, 3.4).

use std::borrow::Cow;

use super::Algorithm;

/// Longer header values are not read.
const LENGTH_MAX: usize = 2048;

/// The answer to a challenge, with `qop=auth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestHeader<'a> {
    /// Who it says it is from.
    pub username: Cow<'a, str>,
    /// The realm it is meant for.
    pub realm: Cow<'a, str>,
    /// The challenge's nonce.
    pub nonce: Cow<'a, str>,
    /// The Request-URI it was made for.
    pub uri: Cow<'a, str>,
    /// The digest, hexadecimal.
    pub response: Cow<'a, str>,
    /// The client's own nonce.
    pub cnonce: Cow<'a, str>,
    /// How often the nonce has been used, as written: 1 to 8 hexadecimal digits.
    pub nc: &'a str,
    /// The challenge's `opaque`, when it was sent back.
    pub opaque: Option<Cow<'a, str>>,
    algorithm: Option<Cow<'a, str>>,
}

impl<'a> DigestHeader<'a> {
    /// Reads the value of an `Authorization` header. `None` when it is not of the scheme `Digest`, is damaged, names
    /// something twice, lacks what `qop=auth` needs, or has its user name hashed.
    #[must_use]
    pub fn parse(value: &'a str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("Digest") || value.len() > LENGTH_MAX {
            return None;
        }
        let mut fields = Fields::read(rest)?;
        if !fields.take("qop")?.eq_ignore_ascii_case("auth") {
            return None;
        }
        if fields.take("userhash").is_some_and(|hashed| !hashed.eq_ignore_ascii_case("false")) {
            return None;
        }
        let Cow::Borrowed(nc) = fields.take("nc")? else { return None };
        let plain = (1..=8).contains(&nc.len()) && nc.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then_some(())?;
        Some(Self {
            username: fields.take("username")?,
            realm: fields.take("realm")?,
            nonce: fields.take("nonce")?,
            uri: fields.take("uri")?,
            response: fields.take("response")?,
            cnonce: fields.take("cnonce").filter(|cnonce| !cnonce.is_empty())?,
            nc,
            opaque: fields.take("opaque"),
            algorithm: fields.take("algorithm"),
        })
    }

    /// The algorithm it was made with: MD5 when none is named. `None` for those we do not offer.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        match &self.algorithm {
            None => Some(Algorithm::Md5),
            Some(name) => Algorithm::ALL.into_iter().find(|known| name.eq_ignore_ascii_case(known.as_str())),
        }
    }

    /// The number that `nc` is; zero is none.
    pub(super) fn count(&self) -> Option<u32> {
        u32::from_str_radix(self.nc, 16).ok().filter(|count| *count > 0)
    }
}

/// `name=value` pairs, separated by commas.
struct Fields<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    fn read(mut text: &'a str) -> Option<Self> {
        let mut fields = Self(Vec::with_capacity(11));
        loop {
            text = text.trim_start();
            let (name, rest) = text.split_once('=')?;
            let name = name.trim_end();
            let token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let (value, rest) = value(rest.trim_start())?;
            if !token || fields.0.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                return None;
            }
            fields.0.push((name, value));
            match rest.trim_start() {
                "" => return Some(fields),
                rest => text = rest.strip_prefix(',')?,
            }
        }
    }

    fn take(&mut self, wanted: &str) -> Option<Cow<'a, str>> {
        let index = self.0.iter().position(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(self.0.swap_remove(index).1)
    }
}

/// A quoted string with its escapes undone, or a token; and what stands behind it.
fn value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        return (!token.is_empty() && !token.contains('"')).then_some((Cow::Borrowed(token), rest));
    };
    let mut plain = None::<String>;
    let mut chars = quoted.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => {
                let value = plain.map_or(Cow::Borrowed(&quoted[..index]), Cow::Owned);
                return Some((value, &quoted[index + 1..]));
            }
            '\\' => {
                let escaped = chars.next()?.1;
                plain.get_or_insert_with(|| quoted[..index].to_owned()).push(escaped);
            }
            c => plain.iter_mut().for_each(|plain| plain.push(c)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::DigestHeader;
    use proptest::prelude::*;

    const GOOD: &str = "Digest username=\"1001\",realm=\"demo\", nonce=\"n\",uri=\"sip:demo\" , response=\"00\",\
                        cnonce=\"c\", nc=0000000a,qop=auth,algorithm=SHA-256";

    #[test]
    fn a_whole_header_is_read() {
        let header = DigestHeader::parse(GOOD).unwrap();
        assert_eq!((&*header.username, &*header.uri, header.nc), ("1001", "sip:demo", "0000000a"));
        assert_eq!((header.count(), header.opaque.as_deref()), (Some(10), None));
        let quoted = GOOD.replace("qop=auth", "QOP=\"auth\"").replace("\"1001\"", r#""a\"b\\c""#);
        assert_eq!(DigestHeader::parse(&quoted).unwrap().username, r#"a"b\c"#);
        assert_eq!(DigestHeader::parse(&GOOD.replace("0000000a", "100")).unwrap().count(), Some(256));
    }

    #[test]
    fn what_is_damaged_or_downgraded_is_not_read() {
        for (from, to) in [
            ("Digest", "Basic"),
            (",qop=auth", ""),
            ("qop=auth", "qop=auth-int"),
            ("nc=0000000a", "nc=000000000a"),
            ("nc=0000000a", "nc=g"),
            ("nc=0000000a", "nc="),
            ("cnonce=\"c\"", "cnonce=\"\""),
            ("cnonce=\"c\"", "cnonce=\"c"),
            ("username=\"1001\"", "username=\"1001\",userhash=true"),
            ("username=\"1001\"", "username=\"1001\",Username=\"1002\""),
            ("realm=\"demo\"", "realm=\"demo\" x"),
            (",realm=\"demo\"", ""),
        ] {
            assert_eq!(DigestHeader::parse(&GOOD.replace(from, to)), None, "{to}");
        }
        assert_eq!(DigestHeader::parse(&format!("{GOOD},x=\"{}\"", "a".repeat(2048))), None);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_header_or_none(text in any::<String>()) {
            let _ = DigestHeader::parse(&text);
            let _ = DigestHeader::parse(&format!("Digest {text}"));
        }

        #[test]
        fn text_made_of_headers_parts_gives_a_header_or_none(parts in prop::collection::vec(
            prop::sample::select(vec!["username=", "\"", "\\", ",", "=", "nc=1", "qop=auth", " ", "é", "uri=\"x\""]), 0..20,
        )) {
            let _ = DigestHeader::parse(&format!("Digest {}", parts.concat()));
        }

        #[test]
        fn values_come_back_as_they_were_quoted(name in "\\PC{0,20}", cnonce in "[!-~]{1,20}") {
            let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let header = GOOD.replace("\"1001\"", &format!("\"{}\"", quote(&name)));
            let header = header.replace("cnonce=\"c\"", &format!("cnonce=\"{}\"", quote(&cnonce)));
            let read = DigestHeader::parse(&header).unwrap();
            prop_assert_eq!((&*read.username, &*read.cnonce), (name.as_str(), cnonce.as_str()));
        }
    }
}
