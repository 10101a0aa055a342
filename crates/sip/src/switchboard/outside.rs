//! A call that a treatment or an agent sends outside, through a trunk whose rules allow it.

use std::sync::Arc;

use engine::{CallId, Command, VdnId};
use leg::value::{Uri, percent_encoded};

use super::board::{Board, Network};
use super::calls::{Left, Stage};
use super::derive;
use super::dial::Invitation;
use super::identity::masked;
use super::legs::{LegId, Role};
use super::refusals::no_answer;
use crate::place::{Destination, Place};
use crate::settings::{OutboundRule, Settings};

/// The way to an outside number.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    trunk: Arc<str>,
    target: Box<str>,
    place: Place,
}

impl<N: Network> Board<N> {
    /// Dials the outside number that the call was sent to, once for each time it is sent.
    pub(super) fn dial_outside(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Stage::Outside { address, hops, .. } = &call.stage else { return };
        let (vdn, who, hops, address) = (call.vdn, call.who.clone(), *hops, Arc::clone(address));
        call.hops_dialled = Some(hops);
        let way = way(self.directory.settings(), vdn, &address).filter(|way| !self.is_trunk_full(&way.trunk));
        let Some(way) = way else {
            tracing::warn!(call = %id, to = masked(&address), "no trunk may, or can, take the call outside");
            return self.submit_fact(vdn, Command::OutsideLeft { call: id });
        };
        let Some(port) = self.port_for(id) else { return };
        tracing::debug!(call = %id, trunk = &*way.trunk, to = masked(&address), "an outside number is dialled");
        let destination = Destination::Place(way.place);
        let invitation = Invitation {
            names: derive::outside_leg(self.journal(vdn), vdn, id, hops),
            who,
            domain: self.domain(vdn),
            target: way.target.clone(),
            to: way.target,
            media: self.announced(&port, &destination),
            destination,
            trunk: Some(way.trunk),
            role: Role::Other(id),
            silent_after: None,
            unanswered_after: Some(self.settings().outside_ring_max),
        };
        let leg = self.dial(invitation);
        self.ports.insert(port.id, leg);
        if let Some(slot) = self.legs.get_mut(leg) {
            slot.port = Some(port.id);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.other = Some(leg);
        }
    }

    /// Whether a rule allows an agent to be put through to this number. Emptiness and signs of a URI are no number.
    pub(super) fn may_dial_outside(&self, vdn: VdnId, number: &str) -> bool {
        let is_number = number.strip_prefix('+').unwrap_or(number).bytes().all(|byte| byte.is_ascii_digit());
        is_number && way(self.directory.settings(), vdn, number).is_some()
    }

    /// The outside number rings, and nobody answers: it is given up, as if it had said no.
    pub(super) fn outside_unanswered(&mut self, id: CallId, leg: LegId) {
        tracing::debug!(call = %id, "nobody answers outside");
        self.part(leg, Some(no_answer()));
        self.other_left(id, Left::HungUp);
    }

    /// The outside number answered: the journal is told, and the two are connected once it knows.
    pub(super) fn outside_answered(&mut self, id: CallId) {
        let Some((vdn, leg)) = self.calls.get(&id).and_then(|call| Some((call.vdn, call.other?))) else { return };
        let note = self.note_other(id, leg);
        if let Some(call) = self.calls.get_mut(&id) {
            call.other_note = note.as_ref().map(|note| Arc::clone(&note.key));
        }
        self.submit_fact_with(vdn, Some(Command::OutsideAnswered { call: id }), note.into_iter().collect());
    }
}

/// The way to an address: by the rule of the VDN's trunks with the longest prefix of its number. A SIP address is
/// allowed where the rule leads to its very host.
fn way(settings: &Settings, vdn: VdnId, address: &str) -> Option<Way> {
    let uri = Uri::parse(address);
    let number = uri.map_or(Some(address.into()), |uri| uri.decoded_user())?;
    let host = uri.filter(Uri::is_sip).map(|_| Place::of_uri(address));
    let trunks = settings.trunks.iter().filter(|trunk| trunk.vdn == vdn);
    let rules = trunks.flat_map(|trunk| trunk.outbound.iter().map(move |rule| (trunk, rule)));
    let allowing = rules.filter(|(_, rule)| {
        let is_there = host.is_none_or(|host| host.is_some() && host == Place::of_uri(&rule.to));
        number.starts_with(&rule.prefix) && is_there
    });
    let (trunk, rule) = allowing.max_by_key(|(_, rule)| rule.prefix.len())?;
    Some(Way { trunk: trunk.name.as_str().into(), target: dialled(rule, &number)?, place: Place::of_uri(&rule.to)? })
}

/// The number as the trunk wants it, as a URI at the trunk.
fn dialled(rule: &OutboundRule, number: &str) -> Option<Box<str>> {
    let number = number.get(usize::from(rule.strip)..).filter(|number| !number.is_empty())?;
    let (scheme, host) = rule.to.split_once(':')?;
    Some(format!("{scheme}:{}@{host}", percent_encoded(number)).into())
}

#[cfg(test)]
mod tests {
    use super::way;
    use crate::settings::{OutboundRule, Settings, Trunk};
    use engine::VdnId;
    use std::net::{IpAddr, Ipv4Addr};

    fn settings() -> Settings {
        let media = media::Settings::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 20_000..=20_100);
        let mut settings = Settings::new(Vec::new(), media);
        let rule = |prefix: &str, strip, to: &str| OutboundRule { prefix: prefix.into(), strip, to: to.into() };
        settings.trunks.push(Trunk {
            name: "carrier".into(),
            sources: Vec::new(),
            vdn: VdnId(170),
            max_calls: None,
            outbound: vec![rule("00", 0, "sip:192.0.2.1:5070"), rule("0049", 2, "sip:192.0.2.2;transport=tcp")],
        });
        settings
    }

    fn target(address: &str) -> Option<String> {
        way(&settings(), VdnId(170), address).map(|way| way.target.to_string())
    }

    #[test]
    fn the_longest_prefix_shows_the_way() {
        assert_eq!(target("0033123").as_deref(), Some("sip:0033123@192.0.2.1:5070"));
        assert_eq!(target("0049301").as_deref(), Some("sip:49301@192.0.2.2;transport=tcp"));
    }

    #[test]
    fn without_a_rule_there_is_no_way() {
        assert_eq!(target("112"), None);
        assert_eq!(way(&settings(), VdnId(171), "0033123"), None);
    }

    #[test]
    fn a_sip_address_needs_a_rule_that_leads_there() {
        assert_eq!(target("sip:0033123@192.0.2.1:5070").as_deref(), Some("sip:0033123@192.0.2.1:5070"));
        assert_eq!(target("sip:0033123@198.51.100.1"), None);
        assert_eq!(target("sip:0033123@evil.example"), None);
        assert_eq!(target("tel:0033123").as_deref(), Some("sip:0033123@192.0.2.1:5070"));
    }
}
