//! Requests inside the dialog.

use super::turn::Turn;
use super::{Leg, Phase};
use crate::answerable::{Answerable, bare_response};
use crate::message::{Headers, Method, Request, Response};
use crate::port::{LegEvent, ServerTxn};
use crate::sdp::SDP;
use crate::value::list;

/// What every INVITE and UPDATE of ours, and every 2xx to one, says we can do.
pub(super) const ABILITIES: [(&str, &str); 2] =
    [("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER"), ("Supported", "timer, norefersub")];

/// Extensions that a `Require` may name.
const EXTENSIONS: [&str; 2] = ["timer", "norefersub"];

/// The extensions that a message requires and we lack, for `Unsupported`.
pub(super) fn unsupported(headers: &Headers) -> Option<String> {
    let lacking = |option: &&str| !EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(option));
    let options = headers.all("Require").flat_map(list).filter(lacking).collect::<Vec<_>>();
    (!options.is_empty()).then(|| options.join(", "))
}

/// Adds what we can do.
pub(super) fn with_abilities(mut response: Response) -> Response {
    for (name, value) in ABILITIES {
        response.headers.push(name, value);
    }
    response
}

impl Leg {
    pub(super) fn on_request(&mut self, turn: &mut Turn, txn: ServerTxn, request: &Request) {
        if matches!(request.method, Method::Ack) {
            return self.on_ack(turn, request);
        }
        let Some(answerable) = Answerable::new(txn, request, &self.dialog.local_tag) else {
            return turn.respond(txn, bare_response(request, 400, &self.dialog.local_tag));
        };
        if let Some(refusal) = self.refuse_request(&answerable, request) {
            return turn.respond(txn, refusal);
        }
        match request.method {
            Method::Bye => self.on_bye(turn, &answerable, &request.headers),
            Method::Invite | Method::Update => self.on_session_request(turn, answerable, request),
            Method::Refer => self.on_refer(turn, answerable, request),
            Method::Info => self.on_info(turn, &answerable, request),
            Method::Options => {
                let response = with_abilities(answerable.response(200, &self.dialog)).with("Accept", SDP);
                turn.respond(txn, response);
            }
            // We have no subscriptions (RFC 6665, 4.1.3), and CANCEL is the transport's.
            Method::Notify | Method::Cancel => turn.respond(txn, answerable.response(481, &self.dialog)),
            ref other => {
                let status = if matches!(other, Method::Other(_)) { 501 } else { 405 };
                turn.respond(txn, with_abilities(answerable.response(status, &self.dialog)));
            }
        }
    }

    /// What stands against any request (RFC 3261, 12.2.2 and 8.2.2.3).
    fn refuse_request(&mut self, answerable: &Answerable, request: &Request) -> Option<Response> {
        let is_bye = request.method == Method::Bye;
        let over = matches!(self.phase, Phase::Over(_)) && !is_bye || matches!(self.phase, Phase::Gone);
        if over || !self.dialog.owns(request) {
            return Some(answerable.response(481, &self.dialog));
        }
        if !self.dialog.count_remote(answerable.cseq.number) {
            return Some(answerable.response(500, &self.dialog).with_phrase("CSeq Out Of Order"));
        }
        let options = unsupported(&request.headers)?;
        Some(answerable.response(420, &self.dialog).with("Unsupported", &options))
    }

    /// INFO is answered whatever it carries; keys in it are told.
    fn on_info(&self, turn: &mut Turn, answerable: &Answerable, request: &Request) {
        turn.respond(answerable.txn, answerable.response(200, &self.dialog));
        if let Some(key) = key_pressed(request).filter(|_| matches!(self.phase, Phase::Talking)) {
            turn.event(LegEvent::Dtmf(key));
        }
    }
}

/// The key in an INFO: `Signal=5` in `application/dtmf-relay`, or the bare key in `application/dtmf`. These forms are
/// older than any RFC; phones write 10 and 11 for star and hash.
fn key_pressed(request: &Request) -> Option<char> {
    let kind = request.headers.get("Content-Type")?.split(';').next()?.trim();
    let text = core::str::from_utf8(&request.body).ok()?;
    let signal = if kind.eq_ignore_ascii_case("application/dtmf-relay") {
        let signal = |line: &'_ str| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("Signal").then(|| value.trim().to_owned())
        };
        text.lines().find_map(signal)?
    } else if kind.eq_ignore_ascii_case("application/dtmf") {
        text.trim().to_owned()
    } else {
        return None;
    };
    match signal.as_str() {
        "10" => Some('*'),
        "11" => Some('#'),
        _ => {
            let mut chars = signal.chars();
            let key = chars.next().filter(|_| chars.next().is_none())?.to_ascii_uppercase();
            "0123456789*#ABCD".contains(key).then_some(key)
        }
    }
}
