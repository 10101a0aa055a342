//! Where agents' phones are: the bindings of REGISTER (RFC 3261, 10), kept as notes.
//!
//! * A binding belongs to its flow: what came by it is that agent's, and what goes to the phone goes back by it. A phone
//!   that registers from another port of the address it names as contact is rung at that contact.
//! * A binding by a connection ends when the connection closes, since nobody else could use it. One that was loaded
//!   after a restart has no connection: its phone is rung at its contact, if that is an address, until it registers.
//! * A binding is known again by its `+sip.instance`, else by its contact: a phone that restarts replaces its binding.

mod contact;
mod note;
mod table;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use engine::{AgentId, ChangedBy, Command, VdnId};
use leg::Request;
use node::{Node, Note};

pub use contact::Refusal;
use contact::{Ask, Contact};
use note::key;
use table::{Bound, Table};

use crate::admission::Admission;
use crate::place::{Destination, Flow, Place};
use crate::settings::{Expires, Transport};

/// A place where an agent's phone can be rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The Request-URI for it: the registered contact as it was written, or a fixed phone's URI.
    pub uri: Arc<str>,
    /// Where requests to it go.
    pub destination: Destination,
}

/// What the journal has to be told of an agent's phone, as one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Whose phone.
    pub vdn: VdnId,
    /// Whose phone.
    pub agent: AgentId,
    /// What follows from it, if anything.
    pub command: Option<Command>,
    /// What is to be remembered.
    pub notes: Vec<Note>,
}

/// All bindings. Cheap to clone; all clones are the same.
#[derive(Clone, Debug)]
pub struct Registrar {
    table: Arc<RwLock<Table>>,
}

/// How a REGISTER went.
#[derive(Debug)]
pub struct Registered {
    /// What the journal has to be told; none when nothing changed.
    pub fact: Option<Fact>,
    /// The `Contact` headers of the answer.
    pub contacts: Vec<String>,
}

impl Registrar {
    /// Without bindings.
    #[must_use]
    pub fn new(admission: Arc<Admission>) -> Self {
        Self { table: Arc::new(RwLock::new(Table::new(admission))) }
    }

    /// Takes up what a VDN's journal remembers; each binding gets one whole interval. Notes that cannot be read are
    /// removed by the fact that comes back.
    pub fn load(&self, node: &Node, now: Instant) -> Vec<Fact> {
        let mut table = self.write();
        let mut damaged = Vec::new();
        for (key, value) in node.notes(note::PREFIX) {
            let Some(agent) = note::agent_of(&key) else { continue };
            match note::read(&value) {
                Some(saved) => table.insert(node.vdn(), agent, saved.bound(now)),
                None => {
                    tracing::warn!(%key, "a binding's note cannot be read");
                    let notes = vec![Note::remove(&key)];
                    damaged.push(Fact { vdn: node.vdn(), agent, command: None, notes });
                }
            }
        }
        damaged
    }

    /// Does what an authenticated REGISTER asks for.
    ///
    /// # Errors
    /// A refusal to answer with; nothing has changed then.
    pub fn register(&self, from: &Registration<'_>, now: Instant) -> Result<Registered, Refusal> {
        let ask = contact::read(from.request, from.expires)?;
        let mut table = self.write();
        let (vdn, agent) = (from.vdn, from.agent);
        let had = table.of(vdn, agent).len();
        let notes = match ask {
            Ask::Nothing => Vec::new(),
            Ask::RemoveAll => {
                let call = contact::Call::of(from.request)?;
                if table.of(vdn, agent).iter().any(|bound| call.is_older_than(bound)) {
                    return Err(Refusal::of(500));
                }
                table.remove_all(vdn, agent)
            }
            Ask::Bind(contacts) => bind(&mut table, from, &contacts, now)?,
        };
        let left = table.of(vdn, agent);
        let contacts = left.iter().map(|bound| bound.contact_header(now)).collect();
        let command = match (had, left.len()) {
            (0, 1..) => Some(Command::SignIn { agent, by: ChangedBy::Phone }),
            (1.., 0) => Some(Command::PhoneLost { agent }),
            _ => None,
        };
        let changed = command.is_some() || !notes.is_empty();
        Ok(Registered { fact: changed.then_some(Fact { vdn, agent, command, notes }), contacts })
    }

    /// Ends the bindings whose time is over.
    pub fn expire(&self, now: Instant) -> Vec<Fact> {
        self.write().expire(now)
    }

    /// When [`Self::expire`] has something to do.
    #[must_use]
    pub fn next_end(&self) -> Option<Instant> {
        self.read().next_end()
    }

    /// Ends the bindings of a connection that is gone.
    pub fn closed(&self, flow: Flow) -> Vec<Fact> {
        self.write().closed(flow)
    }

    /// Ends the bindings of agents that are configured no more.
    pub fn retain(&self, is_agent: impl Fn(VdnId, AgentId) -> bool) -> Vec<Fact> {
        self.write().retain(is_agent)
    }

    /// Where an agent's phones can be rung.
    #[must_use]
    pub fn bindings(&self, vdn: VdnId, agent: AgentId) -> Vec<Binding> {
        self.read().of(vdn, agent).iter().filter_map(Bound::binding).collect()
    }

    /// Whether an agent has a binding.
    #[must_use]
    pub fn is_bound(&self, vdn: VdnId, agent: AgentId) -> bool {
        !self.read().of(vdn, agent).is_empty()
    }

    /// The agents whose phones are at this place.
    #[must_use]
    pub fn agents_at(&self, place: Place) -> Vec<(VdnId, AgentId)> {
        self.read().at(place).to_vec()
    }

    /// How many bindings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A REGISTER that was authenticated.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// Whose.
    pub vdn: VdnId,
    /// Whose.
    pub agent: AgentId,
    /// How it came.
    pub flow: Flow,
    /// The request.
    pub request: &'a Request,
    /// How long registrations may live.
    pub expires: Expires,
    /// How many contacts one agent may bind.
    pub bindings_max: usize,
}

/// Adds, refreshes and removes contacts: all, or none when one is refused.
fn bind(table: &mut Table, from: &Registration<'_>, contacts: &[Contact], now: Instant) -> Result<Vec<Note>, Refusal> {
    let (vdn, agent) = (from.vdn, from.agent);
    let call = contact::Call::of(from.request)?;
    let is_old = |contact: &Contact| {
        let known = table.of(vdn, agent).iter().find(|bound| bound.id == contact.id);
        known.is_some_and(|known| call.is_older_than(known))
    };
    if contacts.iter().any(is_old) {
        return Err(Refusal::of(500));
    }
    let is_known = |contact: &&Contact| table.of(vdn, agent).iter().any(|bound| bound.id == contact.id);
    let added = contacts.iter().filter(|contact| contact.expires > 0 && !is_known(contact)).count();
    let removed = contacts.iter().filter(|contact| contact.expires == 0 && is_known(contact)).count();
    if table.of(vdn, agent).len() + added > from.bindings_max + removed {
        return Err(Refusal::of(403).with_phrase("Too Many Contacts"));
    }
    let mut notes = Vec::new();
    for contact in contacts {
        if contact.expires == 0 {
            if table.remove(vdn, agent, contact.id) {
                notes.push(Note::remove(&key(agent, contact.id)));
            }
            continue;
        }
        let bound = Bound {
            id: contact.id,
            contact: contact.uri.clone(),
            instance: contact.instance.clone(),
            flow: from.flow,
            call_id: call.id.into(),
            cseq: call.number,
            granted: contact.expires,
            until: now + Duration::from_secs(u64::from(contact.expires)),
        };
        let known = table.of(vdn, agent).iter().find(|known| known.id == bound.id);
        // A refresh is not worth a record; what a restart would have to know is.
        if !known.is_some_and(|known| known.is_refreshed_by(&bound)) {
            notes.push(Note::set(&key(agent, bound.id), &note::write(&bound)));
        }
        table.insert(vdn, agent, bound);
    }
    Ok(notes)
}

impl Bound {
    fn binding(&self) -> Option<Binding> {
        let uri = Arc::clone(&self.contact);
        let named = Place::of_uri(&self.contact);
        let flow = self.flow;
        let destination = match (named, flow.transport) {
            // It came by a connection of the process before this one.
            (named, Transport::Tcp) if flow.connection == 0 => Destination::Place(named?),
            // It sends from another port than it listens at, with no translation between us.
            (Some(named), Transport::Udp)
                if named.transport == Transport::Udp
                    && named.address.ip() == flow.remote.ip()
                    && named.address.port() != flow.remote.port() =>
            {
                Destination::Place(named)
            }
            _ => Destination::Flow(flow),
        };
        Some(Binding { uri, destination })
    }

    fn contact_header(&self, now: Instant) -> String {
        let left = self.until.saturating_duration_since(now).as_secs_f64().ceil();
        format!("<{}>;expires={left}", self.contact)
    }
}

#[cfg(test)]
mod tests;
