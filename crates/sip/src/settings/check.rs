//! Finds what is wrong with settings.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::time::Duration;

use engine::{AgentId, VdnId};

use super::{OutboundRule, Phone, Settings, Trunk, VdnSettings};
use crate::place::Place;

/// One thing that is wrong with settings: where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands, as in `vdn 170, agent 1001, fixed`.
    pub place: String,
    /// What is wrong and what would be right.
    pub sentence: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence)
    }
}

#[derive(Default)]
struct Findings(Vec<Mistake>);

impl Findings {
    fn add(&mut self, place: impl fmt::Display, sentence: impl Into<String>) {
        self.0.push(Mistake { place: place.to_string(), sentence: sentence.into() });
    }
}

pub(super) fn mistakes(settings: &Settings) -> Vec<Mistake> {
    let mut found = Findings::default();
    listeners(settings, &mut found);
    bounds(settings, &mut found);
    let mut domains = HashSet::new();
    let mut ids = HashSet::new();
    let mut fixed = BTreeSet::new();
    for vdn in &settings.vdns {
        let place = format!("vdn {}", vdn.vdn);
        if !ids.insert(vdn.vdn) {
            found.add(&place, "it is configured twice");
        }
        if vdn.domain.is_empty() || vdn.domain.contains(|c: char| !c.is_ascii_graphic() || "\"@;<>".contains(c)) {
            found.add(format!("{place}, domain"), format!("`{}` is not a host name", vdn.domain));
        }
        if !domains.insert(vdn.domain.to_ascii_lowercase()) {
            found.add(format!("{place}, domain"), format!("`{}` belongs to another VDN already", vdn.domain));
        }
        numbers(vdn, &mut found);
        phones(vdn, &mut fixed, &mut found);
    }
    trunks(settings, &ids, &mut found);
    found.0
}

fn listeners(settings: &Settings, found: &mut Findings) {
    if settings.listen.is_empty() {
        found.add("listen", "at least one address is needed");
    }
    for listen in &settings.listen {
        if listen.address.ip().is_unspecified() && settings.advertise.is_none() {
            let sentence = format!("{} says nothing to phones; name the address to `advertise`", listen.address.ip());
            found.add("listen", sentence);
        }
    }
}

fn bounds(settings: &Settings, found: &mut Findings) {
    let second = Duration::from_secs(1);
    if settings.min_se < Duration::from_secs(90) {
        found.add("min_se", "RFC 4028 allows no less than 90 s");
    }
    if settings.session_timer < settings.min_se {
        found.add("session_timer", "it must not be below min_se");
    }
    if settings.options_ping < second {
        found.add("options_ping", "it must be at least 1 s");
    }
    if !(second..=Duration::from_secs(600)).contains(&settings.outside_ring_max) {
        found.add("outside_ring_max", "it must be from 1 s to 10 min");
    }
    let expires = settings.expires;
    if expires.min < second || expires.min > expires.default || expires.default > expires.max {
        found.add("expires", "1 s <= min <= default <= max must hold");
    }
    if expires.max > Duration::from_secs(7 * 24 * 3600) {
        found.add("expires, max", "it must be a week at most");
    }
    let limits = settings.limits;
    if !(1..=10).contains(&limits.bindings_per_agent) {
        found.add("limits, bindings_per_agent", format!("{} is not from 1 to 10", limits.bindings_per_agent));
    }
    let positive = [
        ("transactions", limits.transactions),
        ("live_calls", limits.live_calls),
        ("connections", limits.connections),
        ("per_stranger", limits.per_stranger as usize),
    ];
    for (name, _) in positive.iter().filter(|(_, value)| *value == 0) {
        found.add(format!("limits, {name}"), "it must be at least 1");
    }
}

fn numbers(vdn: &VdnSettings, found: &mut Findings) {
    let agents: HashSet<AgentId> = vdn.phones.iter().map(|phone| phone.agent).collect();
    let codes: HashSet<&str> = vdn.feature_codes.iter().collect();
    if codes.len() != vdn.feature_codes.iter().count() {
        found.add(format!("vdn {}, feature_codes", vdn.vdn), "the codes must differ");
    }
    for (number, settings) in &vdn.numbers {
        let place = format!("vdn {}, number {number}", vdn.vdn);
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_alphanumeric() || b"+*#-_.".contains(&b)) {
            found.add(&place, "letters, digits and + * # - _ . are allowed");
        }
        if crate::number::agent_id(number).is_some_and(|agent| agents.contains(&agent)) {
            found.add(&place, "it is an agent's id already");
        }
        if codes.contains(number.as_str()) {
            found.add(&place, "it is a feature code already");
        }
        if !(1..=254).contains(&settings.priority) {
            found.add(format!("{place}, priority"), format!("{} is not from 1 to 254", settings.priority));
        }
    }
    if !vdn.cancel_key.is_ascii_digit() && !"*#ABCD".contains(vdn.cancel_key) {
        found.add(format!("vdn {}, cancel_key", vdn.vdn), format!("`{}` is not a key of a phone", vdn.cancel_key));
    }
}

fn phones(vdn: &VdnSettings, fixed: &mut BTreeSet<(Place, String)>, found: &mut Findings) {
    let mut agents = HashSet::new();
    for phone in &vdn.phones {
        let place = format!("vdn {}, agent {}", vdn.vdn, phone.agent);
        if !agents.insert(phone.agent) {
            found.add(&place, "it has two phones configured");
        }
        fixed_phone(phone, &place, fixed, found);
    }
}

fn fixed_phone(phone: &Phone, place: &str, fixed: &mut BTreeSet<(Place, String)>, found: &mut Findings) {
    match &phone.fixed {
        None if phone.password.as_ref().is_none_or(|password| password.expose().is_empty()) => {
            found.add(place, "a phone that registers needs a password");
        }
        None => {}
        Some(uri) => match Place::of_uri(uri) {
            None => {
                let sentence = format!("`{uri}` is not a SIP URI with an IP address, like sip:a1@127.0.0.1:5081");
                found.add(format!("{place}, fixed"), sentence);
            }
            Some(at) => {
                let user = leg::value::Uri::parse(uri).and_then(|uri| uri.decoded_user().map(|user| user.into_owned()));
                if !fixed.insert((at, user.unwrap_or_default())) {
                    found.add(format!("{place}, fixed"), format!("`{uri}` is another agent's phone already"));
                }
            }
        },
    }
}

fn trunks(settings: &Settings, vdns: &HashSet<VdnId>, found: &mut Findings) {
    let mut names = HashSet::new();
    for trunk in &settings.trunks {
        let place = format!("trunk {}", trunk.name);
        if trunk.name.is_empty() || !names.insert(trunk.name.as_str()) {
            found.add(&place, "each trunk needs a name of its own");
        }
        if !vdns.contains(&trunk.vdn) {
            found.add(format!("{place}, vdn"), format!("there is no VDN {}", trunk.vdn));
        }
        outbound(trunk, &place, found);
    }
}

fn outbound(trunk: &Trunk, place: &str, found: &mut Findings) {
    for OutboundRule { prefix, strip, to } in &trunk.outbound {
        let place = format!("{place}, outbound {prefix}");
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit() || b"+*#".contains(&b)) {
            found.add(&place, "the prefix must be digits, + * or #, and not empty");
        }
        if usize::from(*strip) > prefix.len() {
            found.add(&place, format!("strip {strip} takes more than the prefix has"));
        }
        if Place::of_uri(to).is_none() {
            found.add(&place, format!("`{to}` is not a SIP URI with an IP address, like sip:192.0.2.1:5060"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use engine::{AgentId, QueueId, Target, VdnId};

    use crate::settings::{Listen, Number, OutboundRule, Phone, Secret, Settings, Transport, Trunk, VdnSettings};

    fn good() -> Settings {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let listen = Listen { transport: Transport::Udp, address: (loopback, 5060).into() };
        let mut settings = Settings::new(vec![listen], media::Settings::new(loopback, 20_000..=20_100));
        let mut vdn = VdnSettings::new(VdnId(170), "demo.example");
        vdn.numbers.insert("8001".into(), Number { target: Target::Queue(QueueId(1)), priority: 1 });
        vdn.phones.push(Phone { agent: AgentId(1001), password: Some(Secret::new("x")), fixed: None });
        let fixed = Some("sip:a1@127.0.0.1:5081".to_owned());
        vdn.phones.push(Phone { agent: AgentId(1002), password: None, fixed });
        settings.vdns.push(vdn);
        settings.trunks.push(Trunk {
            name: "carrier".into(),
            sources: vec!["192.0.2.0/24".parse().unwrap()],
            vdn: VdnId(170),
            max_calls: None,
            outbound: vec![OutboundRule { prefix: "0049".into(), strip: 2, to: "sip:192.0.2.1".into() }],
        });
        settings
    }

    fn places(settings: &Settings) -> Vec<String> {
        settings.mistakes().into_iter().map(|mistake| mistake.place).collect()
    }

    #[test]
    fn good_settings_have_no_mistakes() {
        assert_eq!(good().mistakes(), []);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let mut bad = good();
        bad.listen[0].address.set_ip(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        bad.min_se = Duration::from_secs(89);
        bad.outside_ring_max = Duration::from_millis(999);
        bad.limits.transactions = 0;
        let vdn = &mut bad.vdns[0];
        vdn.cancel_key = 'x';
        vdn.numbers.insert("1001".into(), Number { target: Target::Queue(QueueId(1)), priority: 0 });
        vdn.phones[1].fixed = Some("sip:a1@phone.example".into());
        vdn.phones.push(Phone { agent: AgentId(1003), password: None, fixed: None });
        bad.trunks[0].vdn = VdnId(9);
        bad.trunks[0].outbound[0].strip = 9;
        let expected = [
            "listen",
            "min_se",
            "outside_ring_max",
            "limits, transactions",
            "vdn 170, number 1001",
            "vdn 170, number 1001, priority",
            "vdn 170, cancel_key",
            "vdn 170, agent 1002, fixed",
            "vdn 170, agent 1003",
            "trunk carrier, vdn",
            "trunk carrier, outbound 0049",
        ];
        assert_eq!(places(&bad), expected);
    }

    #[test]
    fn two_vdns_share_neither_domain_nor_fixed_phone() {
        let mut bad = good();
        let mut twin = bad.vdns[0].clone();
        twin.vdn = VdnId(171);
        twin.domain = "DEMO.example".into();
        bad.vdns.push(twin);
        assert_eq!(places(&bad), ["vdn 171, domain", "vdn 171, agent 1002, fixed"]);
    }
}
