//! What must hold for any request and any `Authorization`: `fuzz/` plays this with chosen bytes, the tests beside it with
//! random ones.
//!
//! * From a canonical request everything that was signed can be read back. So two requests that differ in anything but
//!   the order and the spelling of their query's parameters, and blanks around header values, have two forms.
//! * A signature is accepted for a request that says the same as the one that was signed, and for no other.
//! * Nothing panics.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use api::AccessKey;
use api::auth::{EmptyQuery, Received, SignatureTime, ToSign, Verifier, canonical_request, sign};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

const AK: &str = "fuzz";
const SK: &str = "a-secret-for-fuzzing";
const TIME: &str = "2025-01-02T03:04:05Z";

const METHODS: [&str; 3] = ["GET", "POST", "PUT"];
const NAMES: [&str; 6] = ["host", "content-type", "x", "x-y", "x-y-z", "x.y"];
const PATH: &[u8] = b"/a%2F.~:;=&+";
const QUERY: &[u8] = b"&=%26abAB10+/?";
const VALUE: &[u8] = b" \t:%;/ab\x80\xff";

/// The byte of an input that puts `wanted` into a query.
#[allow(dead_code, reason = "the fuzz target does not build inputs")]
pub(crate) fn query_byte(wanted: u8) -> u8 {
    let at = QUERY.iter().position(|byte| *byte == wanted).expect("a query can have it");
    u8::try_from(at).expect("there are few")
}

/// A request, as a client means it.
#[derive(Clone, Debug)]
struct Request {
    method: &'static str,
    path: String,
    query: Option<String>,
    /// In ascending order by name, each once, `host` among them.
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

/// What a signature says of a request.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    method: String,
    path: String,
    parameters: Vec<(Vec<u8>, Vec<u8>)>,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// Plays an input. With `is_planted`, separators in a query's values stay as they are in the canonical form.
pub(crate) fn authorization(bytes: &[u8], is_planted: bool) {
    let mut input = Input(bytes);
    let request = input.request();
    for form in [EmptyQuery::NoLine, EmptyQuery::Line] {
        let canonical = canonical(&request, form, is_planted);
        let read = read(&canonical);
        assert_eq!(read.as_ref(), Some(&meaning(&request)), "another request has the form {canonical:?} too");
    }
    let form = if request.query.is_none() && input.is() { EmptyQuery::Line } else { EmptyQuery::NoLine };
    let authorization = signed(&request, form);
    assert!(is_accepted(&request, authorization.as_bytes()), "its own signature is refused: {request:?}");

    let other = input.changed(&request);
    let says_the_same = meaning(&request) == meaning(&other)
        && (form == EmptyQuery::NoLine || other.query.as_deref().unwrap_or_default().is_empty());
    assert_eq!(is_accepted(&other, authorization.as_bytes()), says_the_same, "{request:?} was signed, {other:?} sent");

    let spoilt = input.spoilt(authorization.as_bytes());
    let is_whole = spoilt == authorization.as_bytes();
    assert_eq!(is_accepted(&request, &spoilt), is_whole, "{:?}", String::from_utf8_lossy(&spoilt));
    is_accepted(&request, input.0);
}

fn canonical(request: &Request, form: EmptyQuery, is_planted: bool) -> String {
    let Request { method, path, query, headers, body } = request;
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
    let text = canonical_request(method, path, query.as_deref(), &headers, body, form);
    if !is_planted {
        return text;
    }
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    lines[2] = lines[2].replace("%26", "&");
    lines.join("\n")
}

fn signed(request: &Request, empty_query: EmptyQuery) -> String {
    let Request { method, path, query, headers, body } = request;
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (*name, str::from_utf8(value).expect("values are ASCII"))).collect();
    let to_sign = ToSign { method, path, query: query.as_deref(), headers: &headers, body, empty_query };
    sign(&to_sign, AK, &SK.into(), TIME).expect("it can be signed").authorization
}

fn is_accepted(request: &Request, authorization: &[u8]) -> bool {
    let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let Ok(uri) = Uri::try_from(format!("{}{query}", request.path)) else { return false };
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let Ok(value) = HeaderValue::from_bytes(value) else { return false };
        headers.append(HeaderName::from_static(name), value);
    }
    let Ok(authorization) = HeaderValue::from_bytes(authorization) else { return false };
    headers.append("authorization", authorization);
    let method = Method::from_bytes(request.method.as_bytes()).expect("a method");
    let received = Received { method: &method, uri: &uri, headers: &headers, body: &request.body };
    let verifier = Verifier::new(&[AccessKey::new(AK, SK.into(), Vec::new())], Duration::from_secs(900), false);
    verifier.verify(&received, now()).is_ok()
}

/// The moment of [`TIME`].
fn now() -> SignatureTime {
    let moment: SystemTime = UNIX_EPOCH + Duration::from_secs(1_735_787_045);
    moment.into()
}

/// What a request says, by the rules once more.
fn meaning(request: &Request) -> Meaning {
    let pairs = request.query.as_deref().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut parameters: Vec<_> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (form_decoded(name.as_bytes()), form_decoded(value.as_bytes())))
        .collect();
    parameters.sort();
    let headers = request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.trim_ascii().to_vec()));
    Meaning {
        method: request.method.to_owned(),
        path: request.path.clone(),
        parameters,
        headers: headers.collect(),
        body: request.body.clone(),
    }
}

fn form_decoded(text: &[u8]) -> Vec<u8> {
    let plus: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decoded(&plus)
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < text.len() {
        match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).expect("two digits"));
                at += 3;
            }
            (byte, ..) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    bytes
}

/// Reads a canonical request back; none when it is none.
fn read(canonical: &str) -> Option<Meaning> {
    let mut lines = canonical.split('\n');
    let (method, path, mut names) = (lines.next()?, lines.next()?, lines.next()?);
    let mut parameters = Vec::new();
    if names.is_empty() || names.contains('=') {
        for pair in names.split('&').filter(|_| !names.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            parameters.push((percent_decoded(name.as_bytes()), percent_decoded(value.as_bytes())));
        }
        names = lines.next()?;
    }
    parameters.sort();
    let mut headers = Vec::new();
    for _ in names.split(';') {
        let (name, value) = lines.next()?.split_once(':')?;
        headers.push((String::from_utf8(percent_decoded(name.as_bytes())).ok()?, percent_decoded(value.as_bytes())));
    }
    headers.sort();
    let declared: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let body = percent_decoded(lines.next()?.as_bytes());
    let is_whole = lines.next().is_none() && declared.join(";") == names;
    is_whole.then(|| Meaning { method: method.to_owned(), path: path.to_owned(), parameters, headers, body })
}

/// Bytes, read as choices; where they end every choice is the first.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn is(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()]
    }

    fn some(&mut self, of: &[u8], most: u8) -> Vec<u8> {
        let count = self.byte() % (most + 1);
        (0..count).map(|_| self.pick(of)).collect()
    }

    fn text(&mut self, of: &[u8]) -> String {
        self.some(of, 12).into_iter().map(char::from).collect()
    }

    fn path(&mut self) -> String {
        format!("/{}", self.text(PATH))
    }

    fn query(&mut self) -> Option<String> {
        self.is().then(|| self.text(QUERY))
    }

    fn value(&mut self) -> Vec<u8> {
        let ascii = &VALUE[..VALUE.len() - 2];
        self.some(ascii, 8)
    }

    fn body(&mut self) -> Vec<u8> {
        let count = usize::from(self.byte()) % 32;
        (0..count).map(|_| self.byte()).collect()
    }

    fn request(&mut self) -> Request {
        let (method, path, query) = (self.pick(&METHODS), self.path(), self.query());
        let mut names = vec!["host"];
        for _ in 0..self.byte() % 4 {
            names.push(self.pick(&NAMES));
        }
        names.sort_unstable();
        names.dedup();
        let headers = names.into_iter().map(|name| (name, self.value())).collect();
        Request { method, path, query, headers, body: self.body() }
    }

    /// The request with one part another, or written otherwise.
    fn changed(&mut self, request: &Request) -> Request {
        let mut other = request.clone();
        match self.byte() % 7 {
            0 => other.method = self.pick(&METHODS),
            1 => other.path = self.path(),
            2 => other.query = self.query(),
            3 => {
                let at = usize::from(self.byte()) % other.headers.len();
                other.headers[at].1 = self.some(VALUE, 8);
            }
            4 => other.body = self.body(),
            5 => {
                let mut pairs: Vec<&str> = request.query.as_deref().unwrap_or_default().split('&').collect();
                pairs.reverse();
                other.query = request.query.is_some().then(|| pairs.join("&"));
            }
            _ => other.headers.iter_mut().for_each(|(_, value)| value.insert(0, b' ')),
        }
        other
    }

    /// The text with one byte another, gone or more.
    fn spoilt(&mut self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        let at = (usize::from(self.byte()) << 8 | usize::from(self.byte())) % text.len();
        match self.byte() % 3 {
            0 => text[at] = self.byte(),
            1 => drop(text.remove(at)),
            _ => text.insert(at, self.byte()),
        }
        text
    }
}
