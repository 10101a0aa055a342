//! What the SIP edge is given.

use engine::Target;
use sip::settings::{Listen, Network, Number, OutboundRule, Phone, Secret, Settings, Trunk, VdnSettings};

use super::Config;
use super::sip::Trunk as WrittenTrunk;
use super::vdn::Vdn;

/// The edge's settings.
pub(crate) fn settings(config: &Config) -> Settings {
    let written = &config.sip;
    let listen = written.listen.iter().flat_map(|listen| {
        let address = listen.value.address;
        listen.value.transports.iter().map(move |transport| Listen { transport: *transport, address })
    });
    Settings {
        listen: listen.collect(),
        advertise: written.advertise,
        user_agent: written.user_agent.clone(),
        vdns: config.vdns.iter().map(vdn).collect(),
        trunks: written.trunks.iter().map(trunk).collect(),
        media: config.media.settings.clone(),
        hold_audio: config.media.plays_hold_audio,
        session_timer: written.session_timer,
        min_se: written.min_se,
        options_ping: written.options_ping,
        outside_ring_max: written.outside_ring_max,
        expires: written.expires,
        limits: written.limits,
    }
}

fn vdn(vdn: &Vdn) -> VdnSettings {
    let numbers = vdn.numbers.iter().map(|(digits, number)| {
        let number = number.value;
        (digits.clone(), Number { target: Target::Queue(number.queue), priority: number.priority })
    });
    let phones = vdn.phones.iter().map(|phone| Phone {
        agent: phone.agent,
        password: phone.password.as_ref().map(|password| Secret::new(password.reveal())),
        fixed: phone.fixed.as_ref().map(|fixed| fixed.value.clone()),
    });
    VdnSettings {
        vdn: vdn.id.value,
        domain: vdn.domain.value.clone(),
        numbers: numbers.collect(),
        phones: phones.collect(),
        feature_codes: vdn.feature_codes.clone(),
        cancel_key: vdn.cancel_key,
    }
}

fn trunk(trunk: &WrittenTrunk) -> Trunk {
    let outbound = trunk.outbound.iter().map(|rule| OutboundRule {
        prefix: rule.prefix.value.clone(),
        strip: rule.strip,
        to: rule.to.clone(),
    });
    Trunk {
        name: trunk.name.value.clone(),
        sources: trunk.sources.iter().map(|source| Network::new(source.value.address, source.value.prefix)).collect(),
        vdn: trunk.vdn.value,
        max_calls: trunk.max_calls,
        outbound: outbound.collect(),
    }
}
