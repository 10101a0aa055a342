//! How a phone of the demo registers: digest with SHA-256 (RFC 7616).

use leg::{Method, Request, Response};
use sha2::{Digest, Sha256};

/// An agent's account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) user: String,
    pub(super) domain: String,
    pub(super) password: String,
    /// What makes this start of the phone another one than those before.
    pub(super) start: u64,
}

impl Account {
    /// The `nth` REGISTER of a phone at `contact`, with the answer to a challenge where there was one.
    pub(super) fn request(&self, contact: &str, nth: u32, challenge: Option<&Response>) -> Option<Request> {
        let Self { user, domain, start, .. } = self;
        let address = format!("<sip:{user}@{domain}>");
        let request = Request::new(Method::Register, &format!("sip:{domain}"))
            .with("Max-Forwards", "70")
            .with("From", &format!("{address};tag=demo-{user}"))
            .with("To", &address)
            .with("Call-ID", &format!("register-{user}-{start:x}@{domain}"))
            .with("CSeq", &format!("{nth} REGISTER"))
            // Always the same instance, so that a phone of an earlier start is not rung any more.
            .with("Contact", &format!("<{contact}>;+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-{user:0>12}>\""))
            .with("Expires", "3600");
        match challenge {
            None => Some(request),
            Some(challenge) => Some(request.with("Authorization", &self.answer(challenge)?)),
        }
    }

    fn answer(&self, challenge: &Response) -> Option<String> {
        let Self { user, domain, password, .. } = self;
        let offered = challenge.headers.all("WWW-Authenticate").find(|value| value.contains("SHA-256"))?;
        let nonce = offered.split("nonce=\"").nth(1)?.split('"').next()?;
        let secret = digest(&format!("{user}:{domain}:{password}"));
        let asked = digest(&format!("REGISTER:sip:{domain}"));
        let response = digest(&format!("{secret}:{nonce}:00000001:demo:auth:{asked}"));
        Some(format!(
            "Digest username=\"{user}\", realm=\"{domain}\", nonce=\"{nonce}\", uri=\"sip:{domain}\", \
             response=\"{response}\", algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"demo\""
        ))
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
