//! The settings, arranged for looking things up while calls come in. Made once per reload, shared by all.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use engine::{AgentId, Target, VdnId};
use leg::value::Uri;

use crate::digest::Credentials;
use crate::number::agent_id;
use crate::place::Place;
use crate::settings::{Number, Settings, Transport, VdnSettings};

/// Settings with their indexes.
#[derive(Debug)]
pub struct Directory {
    settings: Settings,
    domains: HashMap<Box<str>, usize>,
    vdns: HashMap<VdnId, usize>,
    agents: HashMap<(VdnId, AgentId), Account>,
    /// Fixed phones by address. TCP connections come from any port, so those stand under port 0.
    fixed: HashMap<Place, Vec<FixedPhone>>,
    /// Where calls to the outside are sent.
    outbound: HashSet<Place>,
    trunks: Vec<Arc<str>>,
}

/// An agent's phone, as the edge deals with it.
#[derive(Debug)]
pub struct Account {
    /// What its digest is checked against; none: it has no password.
    pub credentials: Option<Credentials>,
    /// Its fixed address, when it has one.
    pub fixed: Option<Fixed>,
}

/// A fixed phone: where requests to it go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The configured URI.
    pub uri: Arc<str>,
    /// Where it leads.
    pub place: Place,
}

#[derive(Debug)]
struct FixedPhone {
    user: Box<str>,
    vdn: VdnId,
    agent: AgentId,
}

impl Directory {
    /// Arranges settings in which there is no [mistake](Settings::mistakes); of two that claim the same place, the
    /// first has it.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let mut directory = Self {
            domains: HashMap::new(),
            vdns: HashMap::new(),
            agents: HashMap::new(),
            fixed: HashMap::new(),
            outbound: settings
                .trunks
                .iter()
                .flat_map(|trunk| &trunk.outbound)
                .filter_map(|rule| Place::of_uri(&rule.to))
                .collect(),
            trunks: settings.trunks.iter().map(|trunk| trunk.name.as_str().into()).collect(),
            settings: Settings { vdns: Vec::new(), ..settings.clone() },
        };
        for (index, vdn) in settings.vdns.iter().enumerate() {
            directory.domains.entry(vdn.domain.to_ascii_lowercase().into()).or_insert(index);
            directory.vdns.entry(vdn.vdn).or_insert(index);
            directory.add_phones(vdn);
        }
        directory.settings = settings;
        directory
    }

    fn add_phones(&mut self, vdn: &VdnSettings) {
        for phone in &vdn.phones {
            let credentials = phone
                .password
                .as_ref()
                .map(|password| Credentials::new(&phone.agent.to_string(), &vdn.domain, password.expose()));
            let fixed = phone.fixed.as_deref().and_then(|uri| {
                let place = Place::of_uri(uri)?;
                let user = Uri::parse(uri)?.decoded_user().unwrap_or_default().into();
                let phone = FixedPhone { user, vdn: vdn.vdn, agent: phone.agent };
                self.fixed.entry(listed(place)).or_default().push(phone);
                Some(Fixed { uri: uri.into(), place })
            });
            self.agents.entry((vdn.vdn, phone.agent)).or_insert(Account { credentials, fixed });
        }
    }

    /// The settings these are.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The settings of a VDN.
    #[must_use]
    pub fn vdn(&self, vdn: VdnId) -> Option<&VdnSettings> {
        self.vdns.get(&vdn).map(|index| &self.settings.vdns[*index])
    }

    /// The VDN of a SIP domain. The only VDN there is answers to any domain.
    #[must_use]
    pub fn domain(&self, host: &str) -> Option<&VdnSettings> {
        if let [only] = self.settings.vdns.as_slice() {
            return Some(only);
        }
        let index = match self.domains.get(host) {
            Some(index) => index,
            None => self.domains.get(host.to_ascii_lowercase().as_str())?,
        };
        Some(&self.settings.vdns[*index])
    }

    /// An agent's phone.
    #[must_use]
    pub fn account(&self, vdn: VdnId, agent: AgentId) -> Option<&Account> {
        self.agents.get(&(vdn, agent))
    }

    /// Where a number leads that is dialled in this VDN: an access code, or an agent's id (at priority 1).
    #[must_use]
    pub fn number(&self, vdn: VdnId, dialled: &str) -> Option<Number> {
        if let Some(number) = self.vdn(vdn)?.numbers.get(dialled) {
            return Some(*number);
        }
        let agent = agent_id(dialled).filter(|agent| self.agents.contains_key(&(vdn, *agent)))?;
        Some(Number { target: Target::Agent(agent), priority: 1 })
    }

    /// Whether any fixed phone stands at this address.
    #[must_use]
    pub fn is_fixed(&self, place: Place) -> bool {
        self.fixed.contains_key(&listed(place))
    }

    /// The agent whose fixed phone stands at this address and calls itself `user`: by the user of its configured URI,
    /// or by the agent's id.
    #[must_use]
    pub fn fixed_agent(&self, place: Place, user: &str) -> Option<(VdnId, AgentId)> {
        let phones = self.fixed.get(&listed(place))?;
        let by_uri = phones.iter().find(|phone| &*phone.user == user);
        let id = agent_id(user);
        let phone = by_uri.or_else(|| phones.iter().find(|phone| Some(phone.agent) == id))?;
        Some((phone.vdn, phone.agent))
    }

    /// The trunk whose calls from this address are: of those that list it, the one whose VDN has the called domain,
    /// else the first whose VDN knows the called number, else the first.
    #[must_use]
    pub fn trunk(&self, source: IpAddr, domain: &str, called: &str) -> Option<(&Arc<str>, VdnId)> {
        let listing = || {
            let trunks = self.settings.trunks.iter().enumerate();
            trunks.filter(|(_, trunk)| trunk.sources.iter().any(|network| network.contains(source)))
        };
        let of_domain =
            listing().find(|(_, trunk)| self.vdn(trunk.vdn).is_some_and(|vdn| vdn.domain.eq_ignore_ascii_case(domain)));
        let of_number = || listing().find(|(_, trunk)| self.number(trunk.vdn, called).is_some());
        let (index, trunk) = of_domain.or_else(of_number).or_else(|| listing().next())?;
        Some((&self.trunks[index], trunk.vdn))
    }

    /// Whether any trunk lists this address.
    #[must_use]
    pub fn is_trunk(&self, source: IpAddr) -> bool {
        self.settings.trunks.iter().any(|trunk| trunk.sources.iter().any(|network| network.contains(source)))
    }

    /// Whether a rule sends calls to this place.
    #[must_use]
    pub fn is_outbound(&self, place: Place) -> bool {
        self.outbound.contains(&place)
    }

    /// The agents with fixed phones, and where these stand.
    pub fn fixed_phones(&self) -> impl Iterator<Item = (VdnId, AgentId, &Fixed)> {
        self.agents.iter().filter_map(|((vdn, agent), account)| Some((*vdn, *agent, account.fixed.as_ref()?)))
    }
}

/// The key of a fixed phone: the other end of a TCP connection it opens may have any port.
fn listed(place: Place) -> Place {
    let mut address = SocketAddr::new(place.address.ip().to_canonical(), place.address.port());
    if place.transport == Transport::Tcp {
        address.set_port(0);
    }
    Place { transport: place.transport, address }
}

#[cfg(test)]
mod tests {
    use super::Directory;
    use crate::place::Place;
    use crate::settings::{Number, Phone, Secret, Settings, Trunk, VdnSettings};
    use engine::{AgentId, QueueId, Target, VdnId};
    use std::net::{IpAddr, Ipv4Addr};

    fn two_vdns() -> Directory {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut settings = Settings::new(Vec::new(), media::Settings::new(loopback, 20_000..=20_100));
        for (vdn, domain, access, agent) in [(1, "one.example", "8001", 1001), (2, "two.example", "8002", 2001)] {
            let mut tenant = VdnSettings::new(VdnId(vdn), domain);
            tenant.numbers.insert(access.into(), Number { target: Target::Queue(QueueId(1)), priority: 9 });
            let fixed = Some(format!("sip:a{vdn}@127.0.0.1:5081"));
            tenant.phones.push(Phone { agent: AgentId(agent), password: Some(Secret::new("x")), fixed });
            settings.vdns.push(tenant);
            let sources = vec!["127.0.0.0/8".parse().unwrap()];
            let name = format!("trunk{vdn}");
            settings.trunks.push(Trunk { name, sources, vdn: VdnId(vdn), max_calls: None, outbound: Vec::new() });
        }
        Directory::new(settings)
    }

    #[test]
    fn a_vdn_is_found_by_its_domain() {
        let directory = two_vdns();
        assert_eq!(directory.domain("TWO.example").map(|vdn| vdn.vdn), Some(VdnId(2)));
        assert!(directory.domain("three.example").is_none());
    }

    #[test]
    fn numbers_are_access_codes_and_agents_of_their_vdn_only() {
        let directory = two_vdns();
        let queue = Number { target: Target::Queue(QueueId(1)), priority: 9 };
        assert_eq!(directory.number(VdnId(1), "8001"), Some(queue));
        let agent = Number { target: Target::Agent(AgentId(1001)), priority: 1 };
        assert_eq!(directory.number(VdnId(1), "1001"), Some(agent));
        assert_eq!(directory.number(VdnId(2), "1001"), None);
        assert_eq!(directory.number(VdnId(2), "8001"), None);
    }

    #[test]
    fn a_trunk_is_chosen_by_domain_then_number_then_order() {
        let directory = two_vdns();
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let name = |domain, called| directory.trunk(loopback, domain, called).map(|(name, _)| name.to_string());
        assert_eq!(name("two.example", "8001").as_deref(), Some("trunk2"));
        assert_eq!(name("127.0.0.1", "8002").as_deref(), Some("trunk2"));
        assert_eq!(name("127.0.0.1", "nothing").as_deref(), Some("trunk1"));
        assert_eq!(directory.trunk("192.0.2.1".parse().unwrap(), "two.example", "8002"), None);
    }

    #[test]
    fn many_agents_share_a_fixed_address() {
        let directory = two_vdns();
        let place = Place::of_uri("sip:127.0.0.1:5081").unwrap();
        assert_eq!(directory.fixed_agent(place, "a2"), Some((VdnId(2), AgentId(2001))));
        assert_eq!(directory.fixed_agent(place, "1001"), Some((VdnId(1), AgentId(1001))));
        assert_eq!(directory.fixed_agent(place, "stranger"), None);
        assert_eq!(directory.fixed_agent(Place::of_uri("sip:127.0.0.1:5082").unwrap(), "a2"), None);
    }
}
