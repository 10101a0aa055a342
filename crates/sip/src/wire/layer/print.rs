//! What transactions are recognised by, made small.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};

use leg::value::CSeq;
use leg::{Method, Request};

use super::super::text::tag_of;

/// 128 bits over what identifies a transaction. Keys drawn by chance keep others from making two alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Print(u64, u64);

impl Print {
    /// For a tag that is the same each time a request is answered.
    pub(super) fn tag(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[derive(Debug, Default)]
pub(super) struct Prints(RandomState, RandomState);

impl Prints {
    fn of(&self, what: impl Hash) -> Print {
        Print(self.0.hash_one(&what), self.1.hash_one(&what))
    }

    /// A request of another (RFC 3261, 17.2.3). ACK and CANCEL have the print of their INVITE.
    pub(super) fn server(&self, request: &Request, via: &str) -> Print {
        let kind = match &request.method {
            Method::Ack | Method::Cancel => "INVITE",
            method => method.as_str(),
        };
        let (sent_by, branch) = top_via(via);
        match branch.strip_prefix("z9hG4bK") {
            Some(unique) if !unique.is_empty() => self.of((kind, sent_by, unique)),
            // Older than RFC 3261.
            _ => self.of((kind, sent_by, branch, Self::call(request), request.uri())),
        }
    }

    /// What an INVITE has in common with the ACK of its 2xx.
    pub(super) fn dialog(&self, request: &Request) -> Print {
        self.of(Self::call(request))
    }

    /// A request of ours.
    pub(super) fn client(&self, branch: &str, method: &Method) -> Print {
        self.of((branch, method.as_str()))
    }

    fn call(request: &Request) -> (&str, &str, u32) {
        let headers = &request.headers;
        let from = headers.get("From").and_then(tag_of).unwrap_or("");
        let number = headers.get("CSeq").and_then(CSeq::parse).map_or(0, |cseq| cseq.number);
        (headers.get("Call-ID").unwrap_or(""), from, number)
    }
}

/// Sent-by and branch of the first value of a `Via`.
pub(in super::super) fn top_via(via: &str) -> (&str, &str) {
    let first = via.split(',').next().unwrap_or("");
    let mut parts = first.split(';');
    let sent_by = parts.next().unwrap_or("").split_whitespace().last().unwrap_or("");
    let branch = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("branch").then(|| value.trim())
    });
    (sent_by, branch.unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::{Prints, top_via};
    use leg::{Method, Request};

    fn request(method: Method, call: &str, cseq: &str) -> Request {
        Request::new(method, "sip:x").with("Call-ID", call).with("From", "<sip:a>;tag=1").with("CSeq", cseq)
    }

    #[test]
    fn the_top_via_is_read() {
        assert_eq!(
            top_via("SIP/2.0/UDP h:5060 ; rport;branch=z9hG4bKa, SIP/2.0/UDP i;branch=b"),
            ("h:5060", "z9hG4bKa")
        );
        assert_eq!(top_via("SIP / 2.0 / UDP h"), ("h", ""));
        assert_eq!(top_via(""), ("", ""));
    }

    #[test]
    fn requests_are_told_apart_by_branch_sender_and_method() {
        let prints = Prints::default();
        let print = |method, via| prints.server(&request(method, "c", "1 X"), via);
        let invite = print(Method::Invite, "SIP/2.0/UDP h;branch=z9hG4bK1");
        assert_eq!(invite, print(Method::Cancel, "SIP/2.0/UDP h;received=1.2.3.4;branch=z9hG4bK1"));
        assert_eq!(invite, print(Method::Ack, "SIP/2.0/UDP h;branch=z9hG4bK1"));
        assert_ne!(invite, print(Method::Invite, "SIP/2.0/UDP i;branch=z9hG4bK1"));
        assert_ne!(invite, print(Method::Invite, "SIP/2.0/UDP h;branch=z9hG4bK2"));
        assert_ne!(invite, print(Method::Bye, "SIP/2.0/UDP h;branch=z9hG4bK1"));
    }

    #[test]
    fn without_a_magic_cookie_the_call_tells_them_apart() {
        let prints = Prints::default();
        let print = |call, cseq| prints.server(&request(Method::Invite, call, cseq), "SIP/2.0/UDP h;branch=1");
        assert_eq!(print("a", "1 INVITE"), print("a", "1 INVITE"));
        assert_ne!(print("a", "1 INVITE"), print("b", "1 INVITE"));
        assert_ne!(print("a", "1 INVITE"), print("a", "2 INVITE"));
    }

    #[test]
    fn the_ack_of_a_2xx_is_its_invites() {
        let prints = Prints::default();
        let invite = prints.dialog(&request(Method::Invite, "c", "1 INVITE"));
        assert_eq!(invite, prints.dialog(&request(Method::Ack, "c", "1 ACK")));
        assert_ne!(invite, prints.dialog(&request(Method::Ack, "c", "2 ACK")));
    }
}
