//! What the SIP edge is told: plain data, given whole, swapped whole. Nothing of it is journalled.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use engine::{AgentId, Target, VdnId};

mod check;

pub use check::Mistake;

/// Everything the SIP edge needs to know besides the floor.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where we listen; at least one. An unspecified address (`0.0.0.0`) wants [`Settings::advertise`].
    pub listen: Vec<Listen>,
    /// Stands in `Via`, `Contact` and session descriptions instead of the address we listen on.
    pub advertise: Option<IpAddr>,
    /// Sent as `User-Agent` and `Server`; empty: neither is sent.
    pub user_agent: String,
    /// The VDNs that phones and trunks reach through this edge.
    pub vdns: Vec<VdnSettings>,
    /// The trunks, asked in this order for the first that lists a source.
    pub trunks: Vec<Trunk>,
    /// RTP.
    pub media: media::Settings,
    /// Whether waiting callers hear hold audio. Off, they hear nothing, which costs nothing.
    pub hold_audio: bool,
    /// The session interval we ask for (RFC 4028). Default 1800 s.
    pub session_timer: Duration,
    /// The shortest session interval we agree to (RFC 4028, 5: at least 90 s). Default 90 s.
    pub min_se: Duration,
    /// How often the phone of a lost agent is asked whether it is there again. Default 5 s.
    pub options_ping: Duration,
    /// How long an outside number may ring before it counts as not answered, 1 s to 10 min. Default 60 s.
    pub outside_ring_max: Duration,
    /// How long registrations may live.
    pub expires: Expires,
    /// Bounds.
    pub limits: Limits,
}

/// One address we listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Listen {
    /// How.
    pub transport: Transport,
    /// Where. Port 0 takes any free one.
    pub address: SocketAddr,
}

/// A transport of SIP messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
}

impl Transport {
    /// As it stands in `Via`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }
}

/// One tenant, as the SIP edge sees it.
#[derive(Clone, Debug)]
pub struct VdnSettings {
    /// Which one.
    pub vdn: VdnId,
    /// Its SIP domain and digest realm: a host name, case ignored; unique. When there is one VDN only, phones may use
    /// any domain or our address.
    pub domain: String,
    /// Access codes. No agent's id may be among them: agents are called by their ids.
    pub numbers: BTreeMap<String, Number>,
    /// The agents' phones.
    pub phones: Vec<Phone>,
    /// What agents dial to say how they are.
    pub feature_codes: FeatureCodes,
    /// The key by which a waiting caller cancels the queuing: `0`-`9`, `*`, `#`, `A`-`D`. Default `*`.
    pub cancel_key: char,
}

impl VdnSettings {
    /// A VDN without numbers and phones.
    #[must_use]
    pub fn new(vdn: VdnId, domain: &str) -> Self {
        Self {
            vdn,
            domain: domain.to_owned(),
            numbers: BTreeMap::new(),
            phones: Vec::new(),
            feature_codes: FeatureCodes::default(),
            cancel_key: '*',
        }
    }
}

/// Where a number leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// To which queue or agent.
    pub target: Target,
    /// The priority of calls to it, 1 to 254.
    pub priority: u8,
}

/// An agent's phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Whose.
    pub agent: AgentId,
    /// What its digest is checked against. A phone without one cannot register; a fixed phone without one is trusted
    /// by its address alone.
    pub password: Option<Secret>,
    /// A fixed address, as in `sip:a1@127.0.0.1:5081` (an IP address; `;transport=tcp` for TCP): the agent is signed
    /// in for ever, and its phone does not register. Several agents may share one address with different users.
    pub fixed: Option<String>,
}

/// What an agent dials to change its presence; none switches a code off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureCodes {
    /// Become ready. Default `*71`.
    pub ready: Option<String>,
    /// Become not ready (busy, reason 0). Default `*72`.
    pub not_ready: Option<String>,
    /// Sign out. Default `*73`.
    pub sign_out: Option<String>,
    /// End wrap-up. Default `*70`.
    pub end_wrap_up: Option<String>,
    /// Become not ready (rest, reason 0), within the quotas of the agent's queues. Default none.
    pub rest: Option<String>,
}

impl FeatureCodes {
    /// The codes that are switched on.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let all = [&self.ready, &self.not_ready, &self.sign_out, &self.end_wrap_up, &self.rest];
        all.into_iter().filter_map(Option::as_deref)
    }
}

impl Default for FeatureCodes {
    fn default() -> Self {
        let code = |text: &str| Some(text.to_owned());
        Self { ready: code("*71"), not_ready: code("*72"), sign_out: code("*73"), end_wrap_up: code("*70"), rest: None }
    }
}

/// A way for calls from and to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// For logs and metrics; unique.
    pub name: String,
    /// The addresses it may call from.
    pub sources: Vec<Network>,
    /// Whose calls these are.
    pub vdn: VdnId,
    /// How many calls may be live through it at a time; none: as many as the edge carries.
    pub max_calls: Option<u32>,
    /// Which numbers may be called through it. Without a rule, none.
    pub outbound: Vec<OutboundRule>,
}

/// Allows calls to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundRule {
    /// The numbers that begin with this; not empty.
    pub prefix: String,
    /// How many characters are taken off the front before the number is sent.
    pub strip: u8,
    /// Where the call is sent: a SIP URI without user, its host an IP address, as in `sip:192.0.2.1:5060`.
    pub to: String,
}

/// How long registrations may live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expires {
    /// Shorter wishes are refused with 423. Default 60 s.
    pub min: Duration,
    /// Longer wishes are cut to this. Default 3600 s.
    pub max: Duration,
    /// For phones that name no interval. Default 3600 s.
    pub default: Duration,
}

impl Default for Expires {
    fn default() -> Self {
        let hour = Duration::from_secs(3600);
        Self { min: Duration::from_secs(60), max: hour, default: hour }
    }
}

/// Bounds of what the world may take of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many contacts an agent may bind, 1 to 10. Default 5.
    pub bindings_per_agent: usize,
    /// How many requests may be under way unanswered; above, new ones of trunks and phones are answered 503, those of
    /// strangers not at all. Default 20,000.
    pub transactions: usize,
    /// How many messages a stranger's address may send in 2 s before the rest is dropped. Default 30.
    pub per_stranger: u32,
    /// How many calls may be live; above, new ones are answered 503. Default 50,000.
    pub live_calls: usize,
    /// How many TCP connections may be open. Default 20,000.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bindings_per_agent: 5, transactions: 20_000, per_stranger: 30, live_calls: 50_000, connections: 20_000 }
    }
}

/// A password. Never shown: `Debug` prints `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes the password.
    #[must_use]
    pub fn new(password: &str) -> Self {
        Self(password.into())
    }

    /// The password itself, for computing with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A range of IP addresses, as in `192.0.2.0/24`; a single address is one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// The text is no IP address with an optional prefix length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address range; write it like 192.0.2.0/24 or 2001:db8::/32")]
pub struct NotANetwork(String);

impl Network {
    /// The range of addresses whose first `prefix` bits are those of `address`; longer prefixes mean all bits.
    #[must_use]
    pub fn new(address: IpAddr, prefix: u8) -> Self {
        let address = address.to_canonical();
        let bits = if address.is_ipv4() { 32 } else { 128 };
        Self { address, prefix: prefix.min(bits) }
    }

    /// Whether the address is in the range. An IPv4 address inside IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differing = ours.to_bits() ^ theirs.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differing = ours.to_bits() ^ theirs.to_bits();
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.trim().parse::<IpAddr>().map_err(|_| wrong())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), |text| text.trim().parse::<u8>().map_err(|_| wrong()))?;
        if prefix > bits {
            return Err(wrong());
        }
        Ok(Self::new(address, prefix))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Settings {
    /// Settings without VDNs and trunks, with every other value at its default.
    #[must_use]
    pub fn new(listen: Vec<Listen>, media: media::Settings) -> Self {
        Self {
            listen,
            advertise: None,
            user_agent: "anteroom".to_owned(),
            vdns: Vec::new(),
            trunks: Vec::new(),
            media,
            hold_audio: true,
            session_timer: Duration::from_secs(1800),
            min_se: Duration::from_secs(90),
            options_ping: Duration::from_secs(5),
            outside_ring_max: Duration::from_secs(60),
            expires: Expires::default(),
            limits: Limits::default(),
        }
    }

    /// Everything that is wrong, not only the first; empty when these settings can be used.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        check::mistakes(self)
    }

    /// The settings of a VDN.
    #[must_use]
    pub fn vdn(&self, vdn: VdnId) -> Option<&VdnSettings> {
        self.vdns.iter().find(|settings| settings.vdn == vdn)
    }
}

#[cfg(test)]
mod tests {
    use super::{Network, Secret};
    use std::net::IpAddr;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let network: Network = "192.0.2.0/25".parse().unwrap();
        assert!(network.contains(address("192.0.2.127")));
        assert!(network.contains(address("::ffff:192.0.2.1")));
        assert!(!network.contains(address("192.0.2.128")));
        assert!(!network.contains(address("2001:db8::1")));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains(address("8.8.8.8")));
        assert!("2001:db8::/32".parse::<Network>().unwrap().contains(address("2001:db8:ffff::")));
        assert!("127.0.0.1".parse::<Network>().unwrap().contains(address("127.0.0.1")));
        for wrong in ["", "127.0.0.1/33", "::/129", "example.org", "127.0.0.1/", "127.0.0.1/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("demo-1001")), "***");
    }
}
