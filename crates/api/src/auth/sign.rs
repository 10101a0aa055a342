//! What a client does.

use super::canonical::{EmptyQuery, canonical_request};
use super::{SCHEME, keyed, signature, signing_key};
use crate::settings::Secret;

/// A request that wants a signature.
#[derive(Clone, Copy, Debug)]
pub struct ToSign<'a> {
    /// As it will be sent, upper case.
    pub method: &'a str,
    /// As it will be sent: percent-encoded where the client does that, without the query.
    pub path: &'a str,
    /// As it will be sent after `?`.
    pub query: Option<&'a str>,
    /// The headers to sign, in any order and case; `host` must be among them, with the port if it is sent with one.
    pub headers: &'a [(&'a str, &'a str)],
    /// The bytes that will be sent.
    pub body: &'a [u8],
    /// Which of the two forms to sign when there is no query; our own face accepts both.
    pub empty_query: EmptyQuery,
}

/// A signature, and what led to it, for people who debug their own client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The value of the `Authorization` header.
    pub authorization: String,
    /// What was signed.
    pub canonical_request: String,
}

/// Why a request cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSign {
    /// The access key is empty, or has a `/` or something that a header cannot carry.
    #[error("the access key {0:?} is empty or has a character that the header cannot carry")]
    AccessKey(String),
    /// `host` is not among the headers.
    #[error("the header `host` must be signed")]
    NoHost,
    /// A header is named twice.
    #[error("the header `{0}` is given twice")]
    Twice(String),
    /// `authorization` cannot sign itself.
    #[error("the header `authorization` cannot be signed")]
    Authorization,
}

/// Signs a request. `timestamp` is the text that is sent: [`super::SignatureTime`] displayed, or seconds.
///
/// # Errors
/// When the access key or the list of headers cannot be written into the `Authorization` header.
pub fn sign(request: &ToSign<'_>, ak: &str, sk: &Secret, timestamp: &str) -> Result<Signed, CannotSign> {
    if ak.is_empty() || !ak.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/') {
        return Err(CannotSign::AccessKey(ak.to_owned()));
    }
    let names = sorted_names(request.headers)?;
    let signed: Vec<(&str, &[u8])> = names.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let declared = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let prefix = format!("{SCHEME}/{ak}/{timestamp}/{declared}");
    let ToSign { method, path, query, body, empty_query, .. } = *request;
    let canonical_request = canonical_request(method, path, query, &signed, body, empty_query);
    let key = signing_key(&keyed(sk.expose()), prefix.as_bytes());
    let signature = signature(&key, canonical_request.as_bytes()).map(char::from);
    let authorization = prefix + "/" + &String::from_iter(signature);
    Ok(Signed { authorization, canonical_request })
}

/// The headers to sign, names in lower case and ascending order.
fn sorted_names<'a>(headers: &[(&str, &'a str)]) -> Result<Vec<(String, &'a str)>, CannotSign> {
    let mut names: Vec<_> = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value)).collect();
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(CannotSign::Twice(pair[0].0.clone()));
    }
    if names.iter().any(|(name, _)| name == "authorization") {
        return Err(CannotSign::Authorization);
    }
    if !names.iter().any(|(name, _)| name == "host") {
        return Err(CannotSign::NoHost);
    }
    Ok(names)
}
