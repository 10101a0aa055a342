//! What the HTTP faces are given.

use api::{
    AccessCode, AccessKey, AgentPassword, ApiKey, InternalSettings, PublicSettings, Secret, Settings, TlsSettings,
};

use super::Config;

/// The faces' settings, with the certificate that was read or made for them.
pub(crate) fn settings(config: &Config, tls: TlsSettings) -> Settings {
    let faces = &config.faces;
    Settings {
        cc: config.cc,
        public: PublicSettings {
            listen: faces.public.listen.value,
            tls,
            access_keys: access_keys(config),
            signature_window: faces.public.signature_window,
            refuse_replays: faces.public.refuse_replays,
            lock: faces.public.lock,
        },
        internal: InternalSettings { listen: faces.internal.value },
        passwords: passwords(config),
        api_keys: api_keys(config),
        access_codes: access_codes(config),
        limits: faces.limits,
    }
}

fn access_keys(config: &Config) -> Vec<AccessKey> {
    let keys = config.faces.access_keys.iter().map(|key| {
        let vdns = key.vdns.iter().map(|vdn| vdn.value).collect();
        AccessKey { groups: key.groups, ..AccessKey::new(&key.ak.value, Secret::from(key.sk.reveal()), vdns) }
    });
    keys.collect()
}

fn access_codes(config: &Config) -> Vec<AccessCode> {
    let numbers = config.vdns.iter().flat_map(|vdn| vdn.numbers.iter().map(|entry| (vdn.id.value, entry)));
    let codes = numbers.map(|(vdn, (number, at))| AccessCode { vdn, number: number.clone(), queue: at.value.queue });
    codes.collect()
}

fn passwords(config: &Config) -> Vec<AgentPassword> {
    let phones = config.vdns.iter().flat_map(|vdn| vdn.phones.iter().map(|phone| (vdn.id.value, phone)));
    let passwords = phones.filter_map(|(vdn, phone)| {
        let password = Secret::from(phone.password.as_ref()?.reveal());
        Some(AgentPassword { vdn, agent: phone.agent, password })
    });
    passwords.collect()
}

fn api_keys(config: &Config) -> Vec<ApiKey> {
    let keys = config.faces.api_keys.iter().map(|key| ApiKey {
        name: key.name.value.clone(),
        key: Secret::from(key.key.reveal()),
        vdns: key.vdns.iter().map(|vdn| vdn.value).collect(),
        role: key.role,
    });
    keys.collect()
}
