//! Who sends an initial request.

use std::sync::Arc;

use engine::{AgentId, VdnId};
use leg::Request;
use leg::value::{NameAddr, Uri};

use crate::digest::DigestHeader;
use crate::directory::Directory;
use crate::number::agent_id;
use crate::place::Flow;
use crate::registrar::Registrar;

/// Who it seems to be, by where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seems {
    /// An agent, who is to be challenged when its phone has a password.
    Agent(VdnId, AgentId),
    /// A trunk.
    Trunk(VdnId, Arc<str>),
    /// Nobody we know.
    Stranger,
}

/// Looks at the flow first, then at the trunks. Of several agents at one place, `From` or the digest's user name says
/// which; who it really is, the digest decides.
pub(super) fn origin(directory: &Directory, registrar: &Registrar, request: &Request, flow: &Flow) -> Seems {
    let place = flow.place();
    let from = request.headers.get("From").and_then(NameAddr::parse);
    let user = from.and_then(|from| from.user()).unwrap_or_default();
    let bound = registrar.agents_at(place);
    if !bound.is_empty() {
        let named = |user: &str| {
            let agent = agent_id(user)?;
            bound.iter().find(|(_, bound)| *bound == agent).copied()
        };
        let signed = || {
            let value = request.headers.get("Authorization")?;
            named(&DigestHeader::parse(value)?.username)
        };
        // A phone that gives another name is still the phone, unless its place is a trunk's as well.
        let only = || bound.first().copied().filter(|_| !directory.is_trunk(place.address.ip()));
        if let Some((vdn, agent)) = named(&user).or_else(signed).or_else(only) {
            return Seems::Agent(vdn, agent);
        }
    }
    if let Some((vdn, agent)) = directory.fixed_agent(place, &user) {
        return Seems::Agent(vdn, agent);
    }
    let called = Uri::parse(request.uri());
    let (host, number) = called.map_or(("", None), |uri| (uri.host, uri.decoded_user()));
    match directory.trunk(place.address.ip(), host, number.as_deref().unwrap_or_default()) {
        Some((name, vdn)) => Seems::Trunk(vdn, Arc::clone(name)),
        None => Seems::Stranger,
    }
}
