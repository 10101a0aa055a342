//! The bindings, found by agent, by place and by their end.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use engine::{AgentId, Command, VdnId};
use node::Note;

use super::Fact;
use super::note::key;
use crate::admission::Admission;
use crate::place::{Flow, Place};
use crate::settings::Transport;

/// What a binding is known again by: half of a hash over its instance or contact.
pub(super) type Id = [u8; 8];

/// One binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) id: Id,
    pub(super) contact: Arc<str>,
    pub(super) instance: Option<Box<str>>,
    pub(super) flow: Flow,
    pub(super) call_id: Box<str>,
    pub(super) cseq: u32,
    /// For how long it was granted, in seconds.
    pub(super) granted: u32,
    pub(super) until: Instant,
}

impl Bound {
    /// Whether the other says nothing new that would have to be remembered.
    pub(super) fn is_refreshed_by(&self, other: &Self) -> bool {
        self.contact == other.contact && self.flow == other.flow && self.granted == other.granted
    }
}

#[derive(Debug)]
pub(super) struct Table {
    admission: Arc<Admission>,
    agents: HashMap<(VdnId, AgentId), Vec<Bound>>,
    places: HashMap<Place, Vec<(VdnId, AgentId)>>,
    ends: BTreeSet<(Instant, VdnId, AgentId, Id)>,
}

impl Table {
    pub(super) fn new(admission: Arc<Admission>) -> Self {
        Self { admission, agents: HashMap::new(), places: HashMap::new(), ends: BTreeSet::new() }
    }

    pub(super) fn of(&self, vdn: VdnId, agent: AgentId) -> &[Bound] {
        self.agents.get(&(vdn, agent)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn at(&self, place: Place) -> &[(VdnId, AgentId)] {
        self.places.get(&place).map_or(&[], Vec::as_slice)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn next_end(&self) -> Option<Instant> {
        self.ends.first().map(|(end, ..)| *end)
    }

    /// Adds a binding, or replaces the one that is known by the same.
    pub(super) fn insert(&mut self, vdn: VdnId, agent: AgentId, bound: Bound) {
        self.remove(vdn, agent, bound.id);
        self.ends.insert((bound.until, vdn, agent, bound.id));
        let place = bound.flow.place();
        self.admission.hold(place);
        self.places.entry(place).or_default().push((vdn, agent));
        self.agents.entry((vdn, agent)).or_default().push(bound);
    }

    /// Removes a binding; false when there is none.
    pub(super) fn remove(&mut self, vdn: VdnId, agent: AgentId, id: Id) -> bool {
        let Some(bounds) = self.agents.get_mut(&(vdn, agent)) else { return false };
        let Some(index) = bounds.iter().position(|bound| bound.id == id) else { return false };
        let bound = bounds.remove(index);
        if bounds.is_empty() {
            self.agents.remove(&(vdn, agent));
        }
        self.ends.remove(&(bound.until, vdn, agent, id));
        let place = bound.flow.place();
        self.admission.release(place);
        if let Some(agents) = self.places.get_mut(&place) {
            // Once for each binding: two of one agent may share a place.
            if let Some(index) = agents.iter().position(|entry| *entry == (vdn, agent)) {
                agents.swap_remove(index);
            }
            if agents.is_empty() {
                self.places.remove(&place);
            }
        }
        true
    }

    /// Removes all bindings of an agent; the notes that say so.
    pub(super) fn remove_all(&mut self, vdn: VdnId, agent: AgentId) -> Vec<Note> {
        let ids = self.of(vdn, agent).iter().map(|bound| bound.id).collect::<Vec<_>>();
        let removed = ids.into_iter().filter(|id| self.remove(vdn, agent, *id));
        removed.map(|id| Note::remove(&key(agent, id))).collect()
    }

    pub(super) fn expire(&mut self, now: Instant) -> Vec<Fact> {
        let mut facts = Vec::new();
        while let Some((end, vdn, agent, id)) = self.ends.first().copied()
            && end <= now
        {
            facts.push(self.end(vdn, agent, id));
        }
        facts
    }

    pub(super) fn closed(&mut self, flow: Flow) -> Vec<Fact> {
        if flow.transport != Transport::Tcp {
            return Vec::new();
        }
        let mut ended = Vec::new();
        for (vdn, agent) in self.at(flow.place()) {
            let bounds = self.of(*vdn, *agent).iter().filter(|bound| bound.flow == flow);
            ended.extend(bounds.map(|bound| (*vdn, *agent, bound.id)));
        }
        ended.sort_unstable();
        ended.dedup();
        ended.into_iter().map(|(vdn, agent, id)| self.end(vdn, agent, id)).collect()
    }

    pub(super) fn retain(&mut self, is_agent: impl Fn(VdnId, AgentId) -> bool) -> Vec<Fact> {
        let gone = self.agents.keys().filter(|(vdn, agent)| !is_agent(*vdn, *agent)).copied().collect::<Vec<_>>();
        let facts = gone.into_iter().map(|(vdn, agent)| {
            let notes = self.remove_all(vdn, agent);
            Fact { vdn, agent, command: None, notes }
        });
        facts.collect()
    }

    fn end(&mut self, vdn: VdnId, agent: AgentId, id: Id) -> Fact {
        self.remove(vdn, agent, id);
        let command = self.of(vdn, agent).is_empty().then_some(Command::PhoneLost { agent });
        Fact { vdn, agent, command, notes: vec![Note::remove(&key(agent, id))] }
    }
}
