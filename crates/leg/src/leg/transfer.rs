//! REFER from the other side, and our NOTIFYs about it (RFC 3515, RFC 4488).

use super::invited::final_refusal;
use super::turn::Turn;
use super::{Leg, Phase};
use crate::answerable::Answerable;
use crate::message::{Method, Request, phrase};
use crate::port::{ClientTxn, LegEvent, Refer};
use crate::value::{NameAddr, Reason, list, percent_decoded};

/// How long the implicit subscription lives, told in NOTIFYs that are not the last. Longer than any offer rings.
const SUBSCRIPTION_SECONDS: u32 = 180;

/// The state of the one transfer a leg can be in.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfer {
    state: State,
    /// Whether there was a REFER before: then NOTIFYs name theirs (RFC 3515, 2.4.6).
    had_one: bool,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    None,
    /// Waits for a wish.
    Asked { refer: Box<Answerable>, quiet: bool },
    /// Accepted; the implicit subscription is open.
    Open { id: Option<u32>, notify: Option<ClientTxn> },
}

impl Transfer {
    /// The REFER that waits for its final response, when there is one; it is the caller's to answer now.
    pub(super) fn take_asked(&mut self) -> Option<Answerable> {
        match std::mem::take(&mut self.state) {
            State::Asked { refer, .. } => Some(*refer),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// No more NOTIFYs.
    pub(super) fn close(&mut self) {
        self.state = State::None;
    }

    /// A NOTIFY of ours was answered; with a 481 the other side has no interest in more (RFC 6665, 4.2.2).
    pub(super) fn notify_answered(&mut self, txn: ClientTxn, status: u16) {
        if let State::Open { notify: Some(last), .. } = self.state
            && last == txn
            && matches!(status, 408 | 481)
        {
            self.close();
        }
    }
}

impl Leg {
    pub(super) fn on_refer(&mut self, turn: &mut Turn, answerable: Answerable, request: &Request) {
        let refusal = if !matches!(self.phase, Phase::Talking) {
            Some(403)
        } else if !matches!(self.transfer.state, State::None) {
            Some(491)
        } else {
            None
        };
        if let Some(status) = refusal {
            return turn.respond(answerable.txn, answerable.response(status, &self.dialog));
        }
        let Some(refer) = read_refer_to(request) else {
            let response = answerable.response(400, &self.dialog).with_phrase("Bad or missing Refer-To");
            return turn.respond(answerable.txn, response);
        };
        let quiet = request.headers.get("Refer-Sub").is_some_and(|value| value.eq_ignore_ascii_case("false"));
        self.transfer.state = State::Asked { refer: Box::new(answerable), quiet };
        turn.event(LegEvent::Refer(refer));
    }

    pub(super) fn accept_refer(&mut self, turn: &mut Turn) {
        let State::Asked { refer, quiet } = std::mem::take(&mut self.transfer.state) else { return };
        let mut response = refer.response(202, &self.dialog);
        if quiet {
            response.headers.push("Refer-Sub", "false");
        } else {
            let id = self.transfer.had_one.then_some(refer.cseq.number);
            self.transfer.state = State::Open { id, notify: None };
        }
        self.transfer.had_one = true;
        turn.respond(refer.txn, response);
    }

    pub(super) fn refuse_refer(&mut self, turn: &mut Turn, status: u16, reason: Option<Reason>) {
        let Some(refer) = self.transfer.take_asked() else { return };
        self.transfer.had_one = true;
        let mut response = refer.response(final_refusal(status), &self.dialog);
        if let Some(reason) = reason {
            response.headers.push("Reason", &reason.to_string());
        }
        turn.respond(refer.txn, response);
    }

    pub(super) fn notify_refer(&mut self, turn: &mut Turn, status: u16, last: bool) {
        let State::Open { id, .. } = self.transfer.state else { return };
        let txn = self.new_txn();
        let (notify, _) = self.dialog.request(Method::Notify);
        let event = id.map_or_else(|| "refer".to_owned(), |id| format!("refer;id={id}"));
        let state = if last {
            "terminated;reason=noresource".to_owned()
        } else {
            format!("active;expires={SUBSCRIPTION_SECONDS}")
        };
        let notify = notify
            .with("Contact", &self.dialog.contact)
            .with("Event", &event)
            .with("Subscription-State", &state)
            .with_body("message/sipfrag;version=2.0", format!("SIP/2.0 {status} {}\r\n", phrase(status)).into());
        turn.send(txn, notify);
        self.transfer.state = if last { State::None } else { State::Open { id, notify: Some(txn) } };
    }
}

/// The one Refer-To of a REFER; `None` when it is missing, doubled, no URI, or asks for something else than a call.
fn read_refer_to(request: &Request) -> Option<Refer> {
    let mut values = request.headers.all("Refer-To").flat_map(list);
    let (only, more) = (values.next()?, values.next());
    let address = NameAddr::parse(only).filter(|_| more.is_none())?;
    let uri = address.parts()?;
    if !uri.params.get("method").unwrap_or("INVITE").eq_ignore_ascii_case("INVITE") {
        return None;
    }
    let port = uri.port.map_or_else(String::new, |port| format!(":{port}"));
    let replaces = |header: &str| {
        let (name, value) = header.split_once('=').unwrap_or((header, ""));
        name.trim().eq_ignore_ascii_case("Replaces").then(|| percent_decoded(value).into())
    };
    Some(Refer {
        target: address.uri.into(),
        user: uri.decoded_user().unwrap_or_default().into(),
        host: format!("{}{port}", uri.host).into(),
        replaces: uri.headers.and_then(|headers| headers.split('&').find_map(replaces)),
    })
}
