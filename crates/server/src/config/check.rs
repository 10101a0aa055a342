//! What shows only when the whole file is seen: names used twice, references across tables, ports that clash.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use engine::VdnId;
use sip::settings::Transport;

use super::faces::Faces;
use super::mistake::{At, Mistakes, Span};
use super::sip::{Sip, Trunk};
use super::vdn::Vdn;

/// Checks the whole file.
pub(crate) fn check(vdns: &[Vdn], sip: Option<&Sip>, faces: &Faces, mistakes: &Mistakes) {
    let whole = Whole { vdns, mistakes };
    whole.vdns_are_apart();
    whole.agents_belong_to_one_vdn();
    whole.phones_belong_to_one_agent();
    whole.access_keys(faces);
    whole.ports(sip, faces);
    if let Some(sip) = sip {
        whole.trunks(&sip.trunks);
        whole.external_targets_may_be_dialled(&sip.trunks);
    }
}

struct Whole<'a> {
    vdns: &'a [Vdn],
    mistakes: &'a Mistakes,
}

/// Reports every value that stands a second time.
fn each_once<K: Ord + Clone>(values: impl IntoIterator<Item = (K, Span)>, mut say: impl FnMut(&K, Span)) {
    let mut seen = BTreeSet::new();
    for (value, span) in values {
        if !seen.insert(value.clone()) {
            say(&value, span);
        }
    }
}

impl Whole<'_> {
    fn say(&self, span: Span, what: String, instead: &str) {
        self.mistakes.say(span, what, instead.to_owned());
    }

    fn vdns_are_apart(&self) {
        let ids = self.vdns.iter().map(|vdn| (vdn.id.value, vdn.id.span)).filter(|(id, _)| id.0 != 0);
        each_once(ids, |id, span| self.say(span, format!("there is a VDN {id} already"), "give it an id of its own"));
        let domains = self.vdns.iter().map(|vdn| (vdn.domain.value.to_ascii_lowercase(), vdn.domain.span));
        each_once(domains.filter(|(domain, _)| !domain.is_empty()), |domain, span| {
            let what = format!("another VDN has the domain \"{domain}\"");
            self.say(span, what, "give each VDN a domain of its own");
        });
        if self.vdns.is_empty() {
            self.say(Span::default(), "there is no VDN".to_owned(), "add a [[vdn]] with `id` and `domain`");
        }
    }

    fn agents_belong_to_one_vdn(&self) {
        let mut homes: BTreeMap<u32, VdnId> = BTreeMap::new();
        for vdn in self.vdns {
            for (agent, span) in &vdn.agents_at {
                match homes.get(agent) {
                    Some(home) => {
                        let what = format!("agent {agent} is in VDN {home} already");
                        self.say(*span, what, "an agent belongs to one VDN: choose another id");
                    }
                    None => {
                        homes.insert(*agent, vdn.id.value);
                    }
                }
            }
        }
    }

    fn phones_belong_to_one_agent(&self) {
        let phones = self.vdns.iter().flat_map(|vdn| &vdn.phones).filter_map(|phone| phone.fixed.as_ref());
        each_once(phones.map(|phone| (phone.value.clone(), phone.span)), |phone, span| {
            self.say(span, format!("another agent has the phone {phone}"), "a phone address belongs to one agent");
        });
    }

    fn access_keys(&self, faces: &Faces) {
        let keys = faces.access_keys.iter().map(|key| (key.ak.value.clone(), key.ak.span));
        each_once(keys.filter(|(ak, _)| !ak.is_empty()), |ak, span| {
            self.say(span, format!("there is an access key \"{ak}\" already"), "name each access key once");
        });
        let names = faces.api_keys.iter().map(|key| (key.name.value.clone(), key.name.span));
        each_once(names.filter(|(name, _)| !name.is_empty()), |name, span| {
            self.say(span, format!("there is a key \"{name}\" already"), "give it a name of its own");
        });
        let vdns = faces.access_keys.iter().map(|key| &key.vdns).chain(faces.api_keys.iter().map(|key| &key.vdns));
        for vdn in vdns.flatten() {
            self.vdn_exists(vdn);
        }
    }

    fn vdn_exists(&self, vdn: &At<VdnId>) {
        if vdn.value.0 == 0 || self.vdns.iter().any(|known| known.id.value == vdn.value) {
            return;
        }
        let known: Vec<String> = self.vdns.iter().map(|vdn| vdn.id.value.to_string()).collect();
        let instead = format!("VDNs here: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") });
        self.say(vdn.span, format!("there is no VDN {}", vdn.value), &instead);
    }

    fn trunks(&self, trunks: &[Trunk]) {
        each_once(trunks.iter().map(|trunk| (trunk.name.value.clone(), trunk.name.span)), |name, span| {
            self.say(span, format!("there is a trunk \"{name}\" already"), "give it a name of its own");
        });
        for (at, trunk) in trunks.iter().enumerate() {
            self.vdn_exists(&trunk.vdn);
            for (source, earlier) in
                trunk.sources.iter().flat_map(|source| trunks[..at].iter().map(move |earlier| (source, earlier)))
            {
                if earlier.sources.iter().any(|other| other.value.overlaps(source.value)) {
                    let what = format!("{} belongs to trunk \"{}\" too", source.value, earlier.name.value);
                    self.say(source.span, what, "an address belongs to one trunk");
                }
            }
        }
    }

    /// A treatment may only name what an outbound rule of one of its VDN's trunks allows.
    fn external_targets_may_be_dialled(&self, trunks: &[Trunk]) {
        for vdn in self.vdns {
            let rules =
                || trunks.iter().filter(|trunk| trunk.vdn.value == vdn.id.value).flat_map(|trunk| &trunk.outbound);
            for target in &vdn.external {
                let number = target.value.strip_prefix("sip:").unwrap_or(&target.value);
                let number = number.split('@').next().unwrap_or(number);
                if !rules().any(|rule| number.starts_with(&rule.prefix.value)) {
                    let what = format!("no outbound rule of VDN {} allows \"{}\"", vdn.id.value, target.value);
                    let instead = "add a [[sip.trunk.outbound]] with a `prefix` that it begins with";
                    self.say(target.span, what, instead);
                }
            }
        }
    }

    /// Two listeners on one port of one transport.
    fn ports(&self, sip: Option<&Sip>, faces: &Faces) {
        let sip = sip.into_iter().flat_map(|sip| &sip.listen).flat_map(|listen| {
            listen.value.transports.iter().map(|transport| (*transport, listen.value.address, listen.span))
        });
        let http = [&faces.public.listen, &faces.internal].map(|face| (Transport::Tcp, face.value, face.span));
        let mut taken: Vec<(Transport, SocketAddr)> = Vec::new();
        for (transport, address, span) in sip.chain(http) {
            let same = |other: &(Transport, SocketAddr)| other.0 == transport && clash(other.1, address);
            if address.port() != 0 && taken.iter().any(same) {
                let what = format!("something else listens on {} {address} already", transport.as_str());
                self.say(span, what, "choose another port");
            }
            taken.push((transport, address));
        }
    }
}

fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let meets = one.ip() == other.ip()
        || (one.is_ipv4() == other.is_ipv4() && (one.ip().is_unspecified() || other.ip().is_unspecified()));
    one.port() == other.port() && meets
}
