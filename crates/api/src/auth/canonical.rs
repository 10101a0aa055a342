//! The text that is signed.

use std::borrow::Cow;
use std::cmp::Ordering;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode, percent_encode_byte};

/// Every byte but `A-Z a-z 0-9 - . _ ~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whether a request without query parameters has an empty line in the place of the query: clients differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyQuery {
    /// No line at all, as the vendor's own code has it.
    NoLine,
    /// An empty line, as clients written from the current page have it.
    Line,
}

/// The canonical request.
///
/// `path` is taken as it was sent; `query` is what was sent after `?`, form-decoded here and encoded again. `signed`
/// holds the declared headers, names in lower case and in ascending order, values trimmed. `body` is the bytes on the
/// wire.
#[must_use]
pub fn canonical_request(
    method: &str,
    path: &str,
    query: Option<&str>,
    signed: &[(&str, &[u8])],
    body: &[u8],
    empty_query: EmptyQuery,
) -> String {
    let mut text = String::with_capacity(256 + path.len() + 3 * body.len());
    text.push_str(method);
    text.push('\n');
    text.push_str(path);
    text.push('\n');
    push_query(&mut text, query.unwrap_or_default(), empty_query);
    push_names(&mut text, signed);
    push_headers(&mut text, signed);
    push_encoded(&mut text, body);
    text
}

/// The query line, if there is one: finished `name=value` texts, sorted, joined by `&`.
fn push_query(text: &mut String, query: &str, empty: EmptyQuery) {
    let mut parameters: Vec<String> = query.split('&').filter(|part| !part.is_empty()).map(parameter).collect();
    if parameters.is_empty() && empty == EmptyQuery::NoLine {
        return;
    }
    parameters.sort_unstable();
    text.push_str(&parameters.join("&"));
    text.push('\n');
}

/// One `name=value`, form-decoded and encoded again; a name without a value gets an empty one.
fn parameter(sent: &str) -> String {
    let (name, value) = sent.split_once('=').unwrap_or((sent, ""));
    let mut text = String::with_capacity(sent.len() + 8);
    push_encoded(&mut text, &form_decode(name));
    text.push('=');
    push_encoded(&mut text, &form_decode(value));
    text
}

/// What a form's text means: `+` is a blank, `%XX` a byte; a `%` that starts no such byte is itself.
fn form_decode(text: &str) -> Cow<'_, [u8]> {
    if text.contains('+') {
        let blanks = text.replace('+', " ");
        return Cow::Owned(percent_decode(blanks.as_bytes()).collect());
    }
    percent_decode(text.as_bytes()).into()
}

/// The line of names: the third field of the header again.
fn push_names(text: &mut String, signed: &[(&str, &[u8])]) {
    for (index, (name, _)) in signed.iter().enumerate() {
        if index > 0 {
            text.push(';');
        }
        text.push_str(name);
    }
    text.push('\n');
}

/// The lines of the signed headers, sorted as finished lines.
fn push_headers(text: &mut String, signed: &[(&str, &[u8])]) {
    if signed.is_sorted_by(|left, right| by_line(left.0, right.0).is_lt()) {
        return signed.iter().for_each(|header| push_header(text, header));
    }
    let mut lines: Vec<&(&str, &[u8])> = signed.iter().collect();
    lines.sort_by(|left, right| by_line(left.0, right.0));
    lines.into_iter().for_each(|header| push_header(text, header));
}

fn push_header(text: &mut String, (name, value): &(&str, &[u8])) {
    push_encoded(text, name.as_bytes());
    text.push(':');
    push_encoded(text, value.trim_ascii());
    text.push('\n');
}

/// Orders two different names as their finished lines would stand: `x-y:` before `x:`, though `x` comes before `x-y`.
fn by_line(left: &str, right: &str) -> Ordering {
    let line = |name| percent_encode(str::as_bytes(name), ENCODED).flat_map(str::bytes).chain([b':']);
    line(left).cmp(line(right))
}

/// Byte by byte: a body of JSON has hardly two plain bytes beside each other, and this is done for every request.
fn push_encoded(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(percent_encode_byte(*byte));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query_line(query: &str) -> String {
        let mut text = String::new();
        push_query(&mut text, query, EmptyQuery::NoLine);
        text
    }

    #[test]
    fn a_query_is_decoded_as_a_form_and_encoded_again() {
        assert_eq!(query_line("b=2+3&a=x/y&c"), "a=x%2Fy&b=2%203&c=\n");
        assert_eq!(query_line("a=%7e%2f%zz"), "a=~%2F%25zz\n");
        assert_eq!(query_line("a=%ff&&a=1&a=1"), "a=%FF&a=1&a=1\n");
        assert_eq!(query_line(""), "");
        assert_eq!(query_line("&"), "");
    }

    #[test]
    fn every_byte_is_encoded_as_the_library_encodes_it() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let mut text = String::new();
        push_encoded(&mut text, &all);
        assert_eq!(text, percent_encode(&all, ENCODED).to_string());
    }

    #[test]
    fn header_lines_are_sorted_as_lines() {
        let mut text = String::new();
        push_headers(&mut text, &[("x", b" 1\t"), ("x-y", b"2")]);
        assert_eq!(text, "x-y:2\nx:1\n");
    }
}
