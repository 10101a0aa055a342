//! Who asks, and what they may do.
//!
//! * An **agent's session** reads its VDN with callers' numbers masked, but for its own calls, and acts for itself.
//! * An **API key** reads the VDNs it was given. As *monitor* it sees numbers masked; as *supervisor* in full, and acts
//!   for any agent and on any call there.
//!
//! A VDN that an asker was not given is answered like one that does not exist.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use engine::{AgentId, ChangedBy, VdnId};
use node::Node;

use super::problem::Problem;
use super::session::{TokenHash, hash};
use super::view::{Numbers, Sight};
use crate::app::App;
use crate::settings::Role;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) who: Who,
    /// What they showed.
    pub(crate) token: TokenHash,
}

#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// An agent with a session.
    Agent {
        /// Of this VDN.
        vdn: VdnId,
        /// This one.
        agent: AgentId,
    },
    /// Somebody with an API key.
    Key {
        /// For the log, and for the journal of what it makes of agents.
        name: String,
        /// Which VDNs.
        vdns: Vec<VdnId>,
        /// What it may do there.
        role: Role,
    },
}

impl Principal {
    /// Who shows this token, as of now.
    pub(crate) fn find(app: &App, token: TokenHash) -> Option<Self> {
        let current = app.current.load();
        if let Some(session) = app.sessions.find(&token, Instant::now()) {
            let password = current.passwords.get(&(session.vdn, session.agent))?;
            let who = Who::Agent { vdn: session.vdn, agent: session.agent };
            return (password.hash == session.password).then_some(Self { who, token });
        }
        let key = current.settings.api_keys.get(*current.api_keys.get(&token)?)?;
        let who = Who::Key { name: key.name.clone(), vdns: key.vdns.clone(), role: key.role };
        Some(Self { who, token })
    }

    /// The node of a VDN that they may know of.
    pub(crate) fn node<'a>(&self, app: &'a App, vdn: u16) -> Result<&'a Node, Problem> {
        let may_know = match &self.who {
            Who::Agent { vdn: own, .. } => own.0 == vdn,
            Who::Key { vdns, .. } => vdns.contains(&VdnId(vdn)),
        };
        let node = app.nodes.get(&VdnId(vdn)).filter(|_| may_know);
        node.ok_or_else(|| Problem::no_such_vdn(vdn))
    }

    /// What they see of callers' numbers.
    pub(crate) fn sight(&self) -> Sight {
        match &self.who {
            Who::Agent { agent, .. } => Sight { numbers: Numbers::Masked, agent: Some(*agent) },
            Who::Key { role: Role::Monitor, .. } => Sight { numbers: Numbers::Masked, agent: None },
            Who::Key { role: Role::Supervisor, .. } => Sight { numbers: Numbers::Full, agent: None },
        }
    }

    /// As whom they act for `agent`.
    ///
    /// # Errors
    /// When they may not.
    pub(crate) fn acts_for(&self, agent: AgentId) -> Result<ChangedBy, Problem> {
        match &self.who {
            Who::Agent { agent: own, .. } if *own == agent => Ok(ChangedBy::Agent),
            Who::Key { role: Role::Supervisor, .. } => Ok(ChangedBy::Supervisor),
            Who::Agent { .. } => {
                Err(Problem::not_permitted(format!("an agent's session cannot act for agent {agent}")))
            }
            Who::Key { role: Role::Monitor, .. } => Err(Problem::not_permitted("a monitor's key can only read")),
        }
    }
}

impl Principal {
    /// Whether they may do what concerns more than one agent.
    ///
    /// # Errors
    /// When they may not.
    pub(crate) fn supervises(&self) -> Result<(), Problem> {
        match &self.who {
            Who::Key { role: Role::Supervisor, .. } => Ok(()),
            Who::Key { role: Role::Monitor, .. } => Err(Problem::not_permitted("a monitor's key can only read")),
            Who::Agent { .. } => Err(Problem::not_permitted("this is for supervisors")),
        }
    }
}

impl Principal {
    /// By which name they give orders to agents.
    ///
    /// # Errors
    /// When they may not.
    pub(crate) fn orders(&self) -> Result<Arc<str>, Problem> {
        self.supervises()?;
        match &self.who {
            Who::Key { name, .. } => Ok(name.as_str().into()),
            Who::Agent { agent, .. } => Ok(agent.to_string().into()),
        }
    }
}

impl FromRequestParts<Arc<App>> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Err(Problem::not_signed_in()) };
        let token = value.as_bytes().split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "));
        let found = token.and_then(|(_, token)| Self::find(app, hash(token)));
        found.ok_or_else(Problem::not_signed_in)
    }
}
