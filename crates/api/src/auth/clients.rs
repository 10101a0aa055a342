//! The access keys, made ready to check signatures with.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use engine::VdnId;

use super::rate::Rate;
use super::timestamp::SignatureTime;
use super::{Keyed, keyed};
use crate::access::{AccessKey, KeySecret, LastUse};
use crate::cms::Groups;

/// All clients: a map that nothing changes, so that finding one takes no lock.
pub(super) struct Clients {
    by_ak: HashMap<Box<str>, Client>,
    /// Stands in for the secrets that a client has not, and for a client that is not there.
    nobody: Keyed,
    /// The most secrets that a client has: so many are tried before any signature is refused.
    secrets_most: usize,
}

/// One client.
pub(super) struct Client {
    pub(super) ak: Box<str>,
    secrets: Box<[ClientSecret]>,
    pub(super) vdns: Box<[VdnId]>,
    pub(super) groups: Groups,
    pub(super) is_enabled: bool,
    pub(super) rate: Option<Arc<Rate>>,
}

/// A secret of a client, keyed once for all signatures.
pub(super) struct ClientSecret {
    keyed: Keyed,
    until: Option<SignatureTime>,
    pub(super) last_use: LastUse,
}

impl ClientSecret {
    fn new(secret: &KeySecret) -> Self {
        let until = secret.until.map(SignatureTime::from);
        Self { keyed: keyed(secret.sk.expose()), until, last_use: secret.last_use.clone() }
    }

    /// Whether it is over.
    pub(super) fn has_ended(&self, now: SignatureTime) -> bool {
        self.until.is_some_and(|until| now >= until)
    }
}

impl Client {
    fn new(key: &AccessKey) -> Self {
        Self {
            ak: key.ak.as_str().into(),
            secrets: key.secrets.iter().map(ClientSecret::new).collect(),
            vdns: key.vdns.as_slice().into(),
            groups: key.groups,
            is_enabled: key.is_enabled,
            rate: None,
        }
    }
}

impl Clients {
    pub(super) fn new(keys: &[AccessKey]) -> Self {
        let by_ak: HashMap<_, _> = keys.iter().map(|key| (key.ak.as_str().into(), Client::new(key))).collect();
        let secrets_most = by_ak.values().map(|client: &Client| client.secrets.len()).max().unwrap_or(0).max(1);
        Self { by_ak, nobody: keyed(b"nobody"), secrets_most }
    }

    pub(super) fn len(&self) -> usize {
        self.by_ak.len()
    }

    pub(super) fn get(&self, ak: &str) -> Option<&Client> {
        self.by_ak.get(ak)
    }

    /// The secret of `client` by which `is_signed` holds. Where it holds by none, as many secrets were tried as for
    /// everybody else, also when there is no client: the time of a refusal does not tell who is known.
    pub(super) fn signer<'a>(
        &'a self,
        client: Option<&'a Client>,
        mut is_signed: impl FnMut(&Keyed) -> bool,
    ) -> Option<&'a ClientSecret> {
        let own = client.map_or(&[][..], |client| &client.secrets);
        let signer = own.iter().find(|secret| is_signed(&secret.keyed));
        if signer.is_none() {
            for _ in own.len()..self.secrets_most {
                std::hint::black_box(is_signed(&self.nobody));
            }
        }
        signer
    }

    /// Gives every client a rate: the bucket that it had in `previous`, if it is for the same rate.
    pub(super) fn limit(&mut self, per_second: NonZeroU32, previous: Option<&Self>) {
        for client in self.by_ak.values_mut() {
            let before = previous.and_then(|clients| clients.get(&client.ak)?.rate.as_ref());
            let same = before.filter(|rate| rate.per_second() == per_second);
            client.rate = Some(same.map_or_else(|| Arc::new(Rate::new(per_second)), Arc::clone));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Secret;

    #[test]
    fn a_refusal_takes_as_many_tries_whoever_is_asked_for() {
        let one = AccessKey::new("one", Secret::from("first"), Vec::new());
        let mut two = AccessKey::new("two", Secret::from("second"), Vec::new());
        two.secrets.push(KeySecret { sk: "third".into(), ..two.secrets[0].clone() });
        let clients = Clients::new(&[one, two]);
        let tries = |ak: &str| {
            let mut count = 0;
            let signer = clients.signer(clients.get(ak), |_| {
                count += 1;
                false
            });
            assert!(signer.is_none());
            count
        };
        assert_eq!([tries("one"), tries("two"), tries("nobody")], [2, 2, 2]);
    }

    #[test]
    fn what_signs_for_nobody_signs_for_no_client() {
        let clients = Clients::new(&[AccessKey::new("one", Secret::from("first"), Vec::new())]);
        assert!(clients.signer(None, |_| true).is_none());
        let mut first = true;
        let second_only = |_: &Keyed| !std::mem::take(&mut first);
        assert!(clients.signer(clients.get("one"), second_only).is_none());
    }
}
