//! Places on the network: where messages come from and go to.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use leg::value::Uri;

use crate::settings::Transport;

/// An address and how it is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// How.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

impl Place {
    /// Where a SIP URI leads whose host is an IP address: port 5060 and UDP unless it says otherwise. `None` for host
    /// names, for other transports, and for `sips` and `tel`.
    #[must_use]
    pub fn of_uri(uri: &str) -> Option<Self> {
        let uri = Uri::parse(uri).filter(|uri| uri.scheme.eq_ignore_ascii_case("sip"))?;
        let host = uri.host.trim_start_matches('[').trim_end_matches(']');
        let host = host.parse::<IpAddr>().ok()?;
        let transport = match uri.params.get("transport") {
            None => Transport::Udp,
            Some(name) if name.eq_ignore_ascii_case("udp") => Transport::Udp,
            Some(name) if name.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            Some(_) => return None,
        };
        Some(Self { transport, address: SocketAddr::new(host, uri.port.unwrap_or(5060)) })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.transport.as_str(), self.address)
    }
}

/// What messages of one phone or trunk come by, and answers go back by: for UDP two addresses, for TCP one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// How.
    pub transport: Transport,
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// Which of our TCP connections, counted from 1 since the start of the process; 0 for UDP.
    pub connection: u64,
}

impl Flow {
    /// The other end.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place { transport: self.transport, address: self.remote }
    }
}

/// Where a request is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// Back where something came from. When its connection is gone the request fails: nobody else must get it.
    Flow(Flow),
    /// To an address, by any listener of that transport; TCP over an open connection to it, or a new one.
    Place(Place),
}

impl Destination {
    /// The address it leads to.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::Flow(flow) => flow.place(),
            Self::Place(place) => *place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;
    use crate::settings::Transport;

    #[test]
    fn a_uri_with_an_ip_address_is_a_place() {
        let place = |uri| Place::of_uri(uri).map(|place| place.to_string());
        assert_eq!(place("sip:a1@127.0.0.1:5081").as_deref(), Some("UDP 127.0.0.1:5081"));
        assert_eq!(place("sip:[2001:db8::1];transport=TCP").as_deref(), Some("TCP [2001:db8::1]:5060"));
        for no_place in ["sip:a1@phone.example", "sips:127.0.0.1", "tel:+49", "sip:1.2.3.4;transport=ws", "127.0.0.1"] {
            assert_eq!(place(no_place), None, "{no_place}");
        }
        assert_eq!(Place::of_uri("sip:1.2.3.4").map(|place| place.transport), Some(Transport::Udp));
    }
}
