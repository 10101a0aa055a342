//! REGISTER: always challenged, then the registrar's.

use std::time::Instant;

use engine::{AgentId, Command, Reach, VdnId};
use leg::value::{NameAddr, Uri};
use leg::{Request, Response, ServerTxn};

use super::facts::Asker;
use super::{Checked, Door};
use crate::number::agent_id;
use crate::place::Flow;
use crate::registrar::{Fact, Registered, Registration};
use crate::settings::VdnSettings;

impl Door {
    pub(super) fn register(&mut self, txn: ServerTxn, request: &Request, flow: Flow) {
        match self.try_register(txn, request, flow) {
            Ok(Some(response)) | Err(response) => self.answer(txn, request, response),
            Ok(None) => {}
        }
    }

    /// `Ok(None)`: it is answered once it is durable.
    fn try_register(&mut self, txn: ServerTxn, request: &Request, flow: Flow) -> Result<Option<Response>, Response> {
        let directory = self.directory.load_full();
        let host = |uri: Option<Uri<'_>>| uri.and_then(|uri| directory.domain(uri.host));
        let to = request.headers.get("To").and_then(NameAddr::parse);
        let vdn = host(Uri::parse(request.uri())).or_else(|| host(to.and_then(|to| to.parts())));
        // Whose domain is unknown is challenged like everybody else, and never right.
        let realm = vdn.or(directory.settings().vdns.first()).map_or("", |vdn| vdn.domain.as_str());
        let (vdn, agent) = match self.check(request, flow, realm, vdn.map(|vdn| vdn.vdn), None) {
            Checked::Agent(vdn, agent) => (vdn, agent),
            Checked::Challenge(response) => return Err(response),
        };
        let settings = directory.vdn(vdn).ok_or_else(|| Response::new(403))?;
        let is_own = |name| is_agents(request, name, agent, settings, |host| directory.domain(host).map(|vdn| vdn.vdn));
        let is_fixed = directory.account(vdn, agent).is_some_and(|account| account.fixed.is_some());
        if !is_own("To") || !is_own("From") || is_fixed {
            return Err(Response::new(403));
        }
        super::require_nothing(request)?;
        if self.facts.is_full(vdn, agent) {
            return Err(super::busy());
        }
        let (expires, limits) = (directory.settings().expires, directory.settings().limits);
        let bindings_max = limits.bindings_per_agent;
        let from = Registration { vdn, agent, flow, request, expires, bindings_max };
        let registered = self.registrar.register(&from, Instant::now()).map_err(|refusal| refusal.response())?;
        let Registered { fact, contacts } = registered;
        let mut answer = Response::new(200);
        for contact in &contacts {
            answer.headers.push("Contact", contact);
        }
        self.found(vdn, agent, fact.as_ref());
        Ok(match fact {
            None => Some(answer),
            Some(fact) => {
                let answer = self.complete(request, answer);
                let busy = self.complete(request, super::busy());
                self.facts.add(fact, Some(Asker { txn, answer, busy }));
                None
            }
        })
    }

    /// A phone that registers is there again, though it was lost (a sign-in says so by itself). Said once: a phone that
    /// registers several times while the journal is slow is not to run into the bound on what may wait.
    fn found(&mut self, vdn: VdnId, agent: AgentId, fact: Option<&Fact>) {
        let is_told = fact.is_some_and(|fact| fact.command.is_some()) || self.facts.tell_found(vdn, agent);
        let is_lost = || {
            let node = self.facts.node(vdn);
            let lost = |node: &node::Node| {
                node.read(|state, _| state.agent(agent).is_some_and(|agent| agent.reach != Reach::Reachable))
            };
            node.is_some_and(lost)
        };
        if !is_told && self.registrar.is_bound(vdn, agent) && is_lost() {
            let command = Some(Command::PhoneFound { agent });
            self.facts.add(Fact { vdn, agent, command, notes: Vec::new() }, None);
        }
    }
}

/// Whether an address of record is the agent's own.
fn is_agents(
    request: &Request,
    name: &str,
    agent: AgentId,
    settings: &VdnSettings,
    domain: impl Fn(&str) -> Option<VdnId>,
) -> bool {
    let parts = request.headers.get(name).and_then(NameAddr::parse).and_then(|address| address.parts());
    parts.is_some_and(|uri| {
        let user = uri.decoded_user().unwrap_or_default();
        let is_here = uri.host.parse::<std::net::IpAddr>().is_ok() || domain(uri.host) == Some(settings.vdn);
        agent_id(&user) == Some(agent) && uri.is_sip() && is_here
    })
}
