//! `[sip]`: where phones and trunks reach us, and how much of them we take.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use engine::VdnId;
use sip::settings::{Expires, Limits, Transport};
use toml::de::DeValue;

use super::mistake::{At, Span};
use super::reader::{Reader, Written, Wrong};
use super::written::{DAY, Network, duration, seconds};

/// The SIP edge, as it is written.
#[derive(Debug)]
pub(crate) struct Sip {
    pub(crate) listen: Vec<At<Listen>>,
    /// Told to others instead of the listening address.
    pub(crate) advertise: Option<IpAddr>,
    pub(crate) user_agent: String,
    pub(crate) trunks: Vec<Trunk>,
    pub(crate) session_timer: Duration,
    pub(crate) min_se: Duration,
    pub(crate) options_ping: Duration,
    pub(crate) outside_ring_max: Duration,
    pub(crate) expires: Expires,
    pub(crate) limits: Limits,
}

/// A listening address: of one transport, or of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) transports: Vec<Transport>,
    pub(crate) address: SocketAddr,
}

impl Written for Listen {
    const FORM: &'static str = "an address and port such as \"192.0.2.10:5060\" (UDP and TCP), \"udp 192.0.2.10:5060\" or \"tcp 192.0.2.10:5060\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        let (transports, rest) = match text.split_once(' ') {
            Some(("udp", rest)) => (vec![Transport::Udp], rest),
            Some(("tcp", rest)) => (vec![Transport::Tcp], rest),
            _ => (vec![Transport::Udp, Transport::Tcp], text.as_str()),
        };
        let address: SocketAddr = rest.trim().parse().map_err(|_| Wrong::new(format!("is \"{text}\"")))?;
        Ok(Self { transports, address })
    }
}

/// A line to the outside, known by its addresses.
#[derive(Debug)]
pub(crate) struct Trunk {
    pub(crate) name: At<String>,
    pub(crate) sources: Vec<At<Network>>,
    pub(crate) vdn: At<VdnId>,
    pub(crate) max_calls: Option<u32>,
    pub(crate) outbound: Vec<Outbound>,
}

/// What may be dialled through a trunk.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    /// Numbers that begin so; never empty.
    pub(crate) prefix: At<String>,
    /// Leading characters taken off before the number is sent.
    pub(crate) strip: u8,
    /// Where the call is sent: a SIP URI without user.
    pub(crate) to: String,
}

/// Reads `[sip]`; its place is given for when it is missing.
pub(crate) fn read(root: &Reader<'_>) -> Option<Sip> {
    let Some(reader) = root.table("sip") else {
        if root.value("sip").is_none() {
            let instead = "add [sip] with `listen = \"192.0.2.10:5060\"`".to_owned();
            root.mistakes().say(Span::default(), "[sip] is missing", instead);
        }
        return None;
    };
    let listen = reader.list::<Listen>("listen");
    if reader.items("listen").is_empty() {
        let instead = "add `listen = \"192.0.2.10:5060\"`".to_owned();
        reader.mistakes().say(reader.span_of("listen"), "[sip] listens nowhere", instead);
    }
    let advertise = reader.get("advertise").map(|found| found.value);
    check_advertised(&reader, &listen, advertise);
    let min_se = duration(&reader, "min_se", seconds(90)..=DAY, seconds(90));
    Some(Sip {
        listen,
        advertise,
        user_agent: reader.get_or("user_agent", "anteroom".to_owned()),
        trunks: reader.tables("trunk").iter().map(trunk).collect(),
        session_timer: duration(&reader, "session_timer", min_se..=DAY, seconds(1800).max(min_se)),
        min_se,
        options_ping: duration(&reader, "options_ping", seconds(1)..=DAY, seconds(5)),
        outside_ring_max: duration(&reader, "outside_ring_max", seconds(1)..=seconds(600), seconds(60)),
        expires: expires(reader.table("expires").as_ref()),
        limits: limits(reader.table("limits").as_ref()),
    })
}

/// Phones must be told an address that they can reach.
fn check_advertised(reader: &Reader<'_>, listen: &[At<Listen>], advertise: Option<IpAddr>) {
    for listen in listen.iter().filter(|listen| listen.value.address.ip().is_unspecified()) {
        if advertise.is_none() {
            let what = format!("{} says nothing to phones", listen.value.address.ip());
            let instead = "listen on the address that they reach, or add `advertise = \"192.0.2.10\"`".to_owned();
            reader.mistakes().say(listen.span, what, instead);
        }
    }
}

fn trunk(reader: &Reader<'_>) -> Trunk {
    let sources = reader.list("sources");
    if reader.items("sources").is_empty() {
        let instead = "add `sources = [\"192.0.2.10\"]`: a trunk is known by its addresses".to_owned();
        reader.mistakes().say(reader.span_of("sources"), "a trunk without sources", instead);
    }
    Trunk {
        name: reader.need("name", String::new()),
        sources,
        vdn: reader.need_number("vdn", 1..=5000, 0).map(VdnId),
        max_calls: reader.number("max_calls", 1..=1_000_000).map(|max| max.value),
        outbound: reader.tables("outbound").iter().map(outbound).collect(),
    }
}

fn outbound(reader: &Reader<'_>) -> Outbound {
    let prefix = reader.need("prefix", String::new());
    if !prefix.value.chars().all(|c| c.is_ascii_digit() || "+*#".contains(c)) {
        let what = format!("`prefix` is \"{}\"", prefix.value);
        reader.mistakes().say(prefix.span, what, "write leading digits, such as \"0049\" or \"+49\"".to_owned());
    }
    let strip = reader.number("strip", 0..=32_u8);
    if let Some(strip) = &strip
        && usize::from(strip.value) > prefix.value.len()
    {
        let what = format!("`strip` takes {} characters of a prefix with {}", strip.value, prefix.value.len());
        reader.mistakes().say(strip.span, what, "take no more than the prefix has".to_owned());
    }
    let to = reader.need("to", "sip:0.0.0.0".to_owned());
    if to.value.contains('@') || !is_sip_address(&to.value) {
        let instead = "write an address such as \"sip:192.0.2.10\" or \"sip:192.0.2.10:5060;transport=tcp\"".to_owned();
        reader.mistakes().say(to.span, format!("`to` is \"{}\"", to.value), instead);
    }
    Outbound { prefix, strip: strip.map_or(0, |strip| strip.value), to: to.value }
}

/// `sip:[user@]address[:port][;transport=udp|tcp]` with an IP address: a name could lead elsewhere tomorrow.
pub(crate) fn is_sip_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("sip:") else { return false };
    let (user, rest) = rest.split_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    let (host, parameters) = rest.split_once(';').unwrap_or((rest, "transport=udp"));
    let is_user_char = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,?/".contains(c);
    let is_host = host.parse::<SocketAddr>().is_ok() || host.parse::<Ipv4Addr>().is_ok() || is_bracketed(host);
    user.is_none_or(|user| !user.is_empty() && user.chars().all(is_user_char))
        && is_host
        && matches!(parameters, "transport=udp" | "transport=tcp")
}

fn is_bracketed(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

fn expires(reader: Option<&Reader<'_>>) -> Expires {
    let usual = Expires::default();
    let Some(reader) = reader else { return usual };
    let (least, most) = (seconds(1), DAY * 7);
    let min = duration(reader, "min", least..=most, usual.min);
    let max = duration(reader, "max", min..=most, usual.max.max(min));
    let default = duration(reader, "default", min..=max, usual.default.clamp(min, max));
    Expires { min, max, default }
}

fn limits(reader: Option<&Reader<'_>>) -> Limits {
    let usual = Limits::default();
    let Some(reader) = reader else { return usual };
    let number = |key, usual: usize| match reader.number(key, 1..=1_000_000_u32) {
        Some(found) => usize::try_from(found.value).unwrap_or(usual),
        None => usual,
    };
    Limits {
        bindings_per_agent: usize::from(reader.number("bindings_per_agent", 1..=10_u8).map_or(5, |found| found.value)),
        transactions: number("transactions", usual.transactions),
        per_stranger: reader.number_or("per_stranger", 1..=100_000, usual.per_stranger),
        live_calls: number("live_calls", usual.live_calls),
        connections: number("connections", usual.connections),
    }
}

#[cfg(test)]
mod tests {
    use super::is_sip_address;

    #[test]
    fn a_phone_has_an_ip_address() {
        for address in
            ["sip:a1@127.0.0.1", "sip:a1@127.0.0.1:5081", "sip:[2001:db8::1]", "sip:1@[::1]:5060;transport=tcp"]
        {
            assert!(is_sip_address(address), "{address}");
        }
        for address in [
            "a1@127.0.0.1",
            "sip:@127.0.0.1",
            "sip:a1@phone.example",
            "sips:a@127.0.0.1",
            "sip:a@::1",
            "sip:a@1.2.3.4;x",
        ] {
            assert!(!is_sip_address(address), "{address}");
        }
    }
}
