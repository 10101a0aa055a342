//! What a message must be before the library reads it.
//!
//! The library would take unknown methods for damage, stop reading headers at the first byte that is not UTF-8, lose the
//! body of a datagram that names no length, and take the first of two contradicting lengths. So every message goes
//! through here first: it is passed on as it is, mended, answered at once, or dropped.

use std::net::SocketAddr;

use memchr::memmem;

/// Longer header sections are refused.
const HEAD_MAX: usize = 16 * 1024;
/// More header lines are refused.
const LINES_MAX: usize = 200;
/// The methods the library can read; all others are answered 405.
const METHODS: [&str; 14] = [
    "ACK",
    "BYE",
    "CANCEL",
    "INFO",
    "INVITE",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "PUBLISH",
    "REFER",
    "REGISTER",
    "SUBSCRIBE",
    "UPDATE",
];
/// The methods that are of use here, as told in `Allow`.
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY, REGISTER";

/// What is to become of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Screened {
    /// It is good.
    Pass,
    /// This is good, and means the same.
    Mended(Vec<u8>),
    /// The library is not to see it; its sender is to get this.
    Answer(Vec<u8>),
    /// Nobody is to see it.
    Drop,
}

/// The parts of a header section.
struct Head<'a> {
    start: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

/// Where the header section ends: the number of bytes up to and with the empty line.
pub(super) fn head_len(bytes: &[u8]) -> Option<usize> {
    memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

/// The length that a header section names; `Err` when it names several, or none that is a number.
pub(super) fn content_length(head: &[u8]) -> Result<Option<usize>, ()> {
    let mut length = None;
    let mut rest = head;
    while let Some(end) = memmem::find(rest, b"\r\n") {
        rest = &rest[end + 2..];
        let line = &rest[..memmem::find(rest, b"\r\n").unwrap_or(rest.len())];
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") || name.eq_ignore_ascii_case(b"l") {
            let digits = !value.is_empty() && value.len() < 10 && value.iter().all(u8::is_ascii_digit);
            let named = if digits { str::from_utf8(value).map_err(drop)? } else { return Err(()) };
            let named = named.parse().map_err(drop)?;
            if length.is_some_and(|length| length != named) {
                return Err(());
            }
            length = Some(named);
        }
    }
    Ok(length)
}

/// Screens one whole message.
pub(super) fn screen(message: &[u8], source: SocketAddr) -> Screened {
    let Some(split) = head_len(message) else { return Screened::Drop };
    let (head, body) = message.split_at(split);
    let text = match std::str::from_utf8(head) {
        Ok(text) => std::borrow::Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(head).replace(char::REPLACEMENT_CHARACTER, "?").into(),
    };
    let Some(parsed) = parse(&text) else { return Screened::Drop };
    let length = match judge(&parsed, head, body) {
        Ok(length) => length,
        Err(status) => {
            let is_response = parsed.start.starts_with("SIP/");
            let answer =
                if is_response || parsed.start.starts_with("ACK ") { None } else { answer(&parsed, source, status) };
            return answer.map_or(Screened::Drop, Screened::Answer);
        }
    };
    if length.is_some() && matches!(text, std::borrow::Cow::Borrowed(_)) {
        return Screened::Pass;
    }
    let mut mended = text.as_bytes()[..text.len() - 2].to_vec();
    if length.is_none() {
        mended.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
    }
    mended.extend_from_slice(b"\r\n");
    mended.extend_from_slice(body);
    Screened::Mended(mended)
}

/// Takes a header section apart. Continuation lines stay with their field.
fn parse(head: &str) -> Option<Head<'_>> {
    let head = head.trim_start_matches("\r\n");
    let line_end = |from: usize, text: &str| memmem::find(&text.as_bytes()[from..], b"\r\n").map(|at| from + at);
    let end = line_end(0, head)?;
    let (start, mut rest) = (&head[..end], &head[end + 2..]);
    let mut fields = Vec::with_capacity(16);
    while !rest.is_empty() && rest != "\r\n" {
        let mut end = line_end(0, rest).unwrap_or(rest.len());
        while rest[end..].starts_with("\r\n ") || rest[end..].starts_with("\r\n\t") {
            end = line_end(end + 2, rest).unwrap_or(rest.len());
        }
        let (name, value) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        fields.push((name.trim_end(), value.trim()));
        rest = rest[end..].strip_prefix("\r\n").unwrap_or("");
    }
    Some(Head { start, fields })
}

/// The length that a good message names, or what status a message deserves that nobody should have to read.
fn judge(parsed: &Head<'_>, head: &[u8], body: &[u8]) -> Result<Option<usize>, u16> {
    if head.len() > HEAD_MAX || parsed.fields.len() > LINES_MAX {
        return Err(513);
    }
    if !is_plain(head) {
        return Err(400);
    }
    let method = judge_start(parsed.start)?;
    let mut one = [None; 5];
    for (name, value) in &parsed.fields {
        if !is_token(name) {
            return Err(400);
        }
        let is = |(long, short): &(&str, &str)| name.eq_ignore_ascii_case(long) || name.eq_ignore_ascii_case(short);
        if let Some(index) = ONCE.iter().position(is) {
            if one[index].is_some() && index != CONTENT_LENGTH {
                return Err(400);
            }
            one[index] = Some(*value);
        }
    }
    let Some(cseq) = one[CSEQ] else { return Err(400) };
    let (number, counted) = cseq.split_once([' ', '\t']).ok_or(400_u16)?;
    let number = number.parse::<u32>().map_err(|_| 400_u16)?;
    if number >= 1 << 31 || method.is_some_and(|method| counted.trim() != method) {
        return Err(400);
    }
    match content_length(head) {
        Ok(length) if length.is_none_or(|length| length <= body.len()) => Ok(length),
        Ok(_) | Err(()) => Err(400),
    }
}

/// The fields that may stand in a message once (RFC 3261, 7.3.1), and their short names.
const ONCE: [(&str, &str); 5] =
    [("from", "f"), ("to", "t"), ("call-id", "i"), ("cseq", "cseq"), ("content-length", "l")];
const CSEQ: usize = 3;
const CONTENT_LENGTH: usize = 4;

/// Whether there are no control characters but tabs and whole line ends.
fn is_plain(head: &[u8]) -> bool {
    let mut before = 0;
    head.iter().all(|byte| {
        let last = std::mem::replace(&mut before, *byte);
        match *byte {
            b'\n' => last == b'\r',
            b'\r' | b'\t' | 0x20..=0x7e | 0x80.. => last != b'\r',
            _ => false,
        }
    })
}

/// Whether this may be a field's name (RFC 3261, 25.1).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
}

/// The method of a request line, `None` for a status line.
fn judge_start(start: &str) -> Result<Option<&str>, u16> {
    let mut parts = start.split(' ');
    let (first, second, third) = (parts.next().unwrap_or(""), parts.next(), parts.next());
    if first.starts_with("SIP/") {
        let status = second.and_then(|status| status.parse::<u16>().ok());
        let good = first == "SIP/2.0" && status.is_some_and(|status| (100..700).contains(&status));
        return if good { Ok(None) } else { Err(400) };
    }
    match (second, third, parts.next()) {
        (Some(uri), Some(version), None) if !uri.is_empty() => {
            if !version.eq_ignore_ascii_case("SIP/2.0") {
                return Err(if version.starts_with("SIP/") { 505 } else { 400 });
            }
            if METHODS.contains(&first) { Ok(Some(first)) } else { Err(405) }
        }
        _ => Err(400),
    }
}

/// The long name in lower case.
fn canonical(name: &str) -> std::borrow::Cow<'static, str> {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "f" => "from".into(),
        "t" => "to".into(),
        "i" => "call-id".into(),
        "l" => "content-length".into(),
        "v" => "via".into(),
        _ => lower.into(),
    }
}

/// A response made of the request's own lines (RFC 3261, 8.2.6.2), no larger than them by much. `None` when it lacks
/// what a response needs.
fn answer(request: &Head<'_>, source: SocketAddr, status: u16) -> Option<Vec<u8>> {
    let phrase = leg::message::phrase(status);
    let mut text = format!("SIP/2.0 {status} {phrase}\r\n");
    let mut seen = [false; 5];
    for (name, value) in &request.fields {
        let value = value.replace(|c: char| c.is_control(), " ");
        let index = ["via", "from", "to", "call-id", "cseq"].iter().position(|known| *known == canonical(name));
        let line = match index {
            Some(0) if !seen[0] => format!("Via: {}\r\n", received(&value, source)),
            Some(0) => format!("Via: {value}\r\n"),
            Some(index) if seen[index] => continue,
            Some(2) if !value.contains("tag=") => format!("To: {value};tag=0\r\n"),
            Some(_) => format!("{name}: {value}\r\n"),
            None => continue,
        };
        if let Some(index) = index {
            seen[index] = true;
        }
        text.push_str(&line);
    }
    if status == 405 {
        text.push_str(&format!("Allow: {ALLOW}\r\n"));
    }
    text.push_str("Content-Length: 0\r\n\r\n");
    seen.iter().all(|seen| *seen).then(|| text.into_bytes())
}

/// The `Via` value with where it came from (RFC 3581, 4).
fn received(via: &str, source: SocketAddr) -> String {
    let (first, others) = via.split_once(',').map_or((via, None), |(first, others)| (first, Some(others)));
    let mut parts = first.split(';').map(str::trim);
    let mut text = parts.next().unwrap_or("").to_owned();
    for part in parts {
        match part.split('=').next().unwrap_or("") {
            "rport" | "received" => {}
            _ => {
                text.push(';');
                text.push_str(part);
            }
        }
    }
    text.push_str(&format!(";received={};rport={}", source.ip(), source.port()));
    if let Some(others) = others {
        text.push(',');
        text.push_str(others);
    }
    text
}

#[cfg(test)]
mod tests;
