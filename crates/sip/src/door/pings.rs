//! Asks the phones of lost agents whether they are there again (RFC 3261, 11).

use std::collections::{BTreeSet, HashMap};

use engine::{AgentId, Command, Event, LostCause, Reach, VdnId};
use leg::{Method, Request};
use node::{Node, Record};
use tokio::sync::mpsc::UnboundedSender;

use super::Door;
use crate::digest::hex;
use crate::registrar::{Binding, Fact};
use crate::wire::ClientTxn;

/// The numbers of our requests have this bit; the switchboard's do not.
const OURS: u64 = 1 << 63;
/// How many phones are asked at a time. The others are asked next time.
const AT_A_TIME: usize = 1_000;

/// An agent's phone could not be rung, or is no more to be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    vdn: VdnId,
    agent: AgentId,
    is_lost: bool,
}

/// Whose phones are asked.
#[derive(Debug, Default)]
pub(super) struct Pings {
    lost: BTreeSet<(VdnId, AgentId)>,
    /// The one to go on after.
    last: Option<(VdnId, AgentId)>,
    asked: HashMap<ClientTxn, (VdnId, AgentId)>,
    made: u64,
}

/// Has the door told whenever an agent is lost by a failed offer, or found.
pub(super) fn watch(node: &Node, turns: UnboundedSender<Turn>) {
    let vdn = node.vdn();
    node.on_commit(move |record: &std::sync::Arc<Record>| {
        let events = record.entry.iter().flat_map(|entry| &entry.events);
        for event in events {
            let (agent, is_lost) = match event {
                Event::AgentLost { agent, cause, .. } => (*agent, *cause == LostCause::OfferFailed),
                Event::AgentFound { agent } => (*agent, false),
                _ => continue,
            };
            // Nobody is asked any more when the edge stops.
            let _ = turns.send(Turn { vdn, agent, is_lost });
        }
    });
}

impl Pings {
    /// Starts with those who are lost already.
    pub(super) fn load(&mut self, node: &Node) {
        let lost = node.read(|state, _| {
            let failed = |reach| matches!(reach, Reach::Lost { cause: LostCause::OfferFailed, .. });
            let lost = state.agents().filter(|agent| failed(agent.reach));
            lost.map(|agent| (node.vdn(), agent.settings.id)).collect::<Vec<_>>()
        });
        self.lost.extend(lost);
    }

    pub(super) fn turn(&mut self, turn: Turn) {
        let Turn { vdn, agent, is_lost } = turn;
        if is_lost {
            self.lost.insert((vdn, agent));
        } else {
            self.lost.remove(&(vdn, agent));
        }
    }

    /// Whose turn it is to be asked.
    fn next(&mut self) -> Vec<(VdnId, AgentId)> {
        let after = self.last.take().map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let next = self.lost.range((after, std::ops::Bound::Unbounded)).take(AT_A_TIME).copied().collect::<Vec<_>>();
        self.last = next.last().copied().filter(|_| next.len() == AT_A_TIME);
        next
    }

    fn number(&mut self, vdn: VdnId, agent: AgentId) -> ClientTxn {
        self.made += 1;
        let txn = ClientTxn(OURS | self.made);
        self.asked.insert(txn, (vdn, agent));
        txn
    }

    /// Whether a request of ours is one of these.
    pub(super) fn is_ping(txn: ClientTxn) -> bool {
        txn.0 & OURS != 0
    }
}

impl Door {
    /// Asks the phones of all lost agents.
    pub(super) fn ping(&mut self) {
        for txn in std::mem::take(&mut self.pings.asked).into_keys() {
            self.wire.abandon(txn);
        }
        let directory = self.directory.load_full();
        for (vdn, agent) in self.pings.next() {
            let Some(settings) = directory.vdn(vdn) else { continue };
            for Binding { uri, destination } in super::phones(&directory, &self.registrar, vdn, agent) {
                let txn = self.pings.number(vdn, agent);
                self.wire.send(txn, None, options(&uri, &settings.domain), destination);
            }
        }
    }

    /// A phone answered, or will not: any answer but a failure of its side means that it is there.
    pub(super) fn pinged(&mut self, txn: ClientTxn, status: Option<u16>) {
        if status.is_some_and(|status| status < 200) {
            return;
        }
        let Some((vdn, agent)) = self.pings.asked.remove(&txn) else { return };
        if status.is_some_and(|status| status < 500 && status != 408) && self.pings.lost.contains(&(vdn, agent)) {
            let command = Some(Command::PhoneFound { agent });
            self.facts.add(Fact { vdn, agent, command, notes: Vec::new() }, None);
        }
    }
}

fn options(uri: &str, domain: &str) -> Request {
    let mut random = [0; 16];
    // Two alike would be an accident without harm.
    let _ = getrandom::fill(&mut random);
    let (call, tag) = (hex(&random[..8]), hex(&random[8..]));
    Request::new(Method::Options, uri)
        .with("From", &format!("<sip:{domain}>;tag={tag}"))
        .with("To", &format!("<{uri}>"))
        .with("Call-ID", &call)
        .with("CSeq", "1 OPTIONS")
        .with("Max-Forwards", "70")
        .with("Accept", "application/sdp")
}

#[cfg(test)]
mod tests {
    use super::{AT_A_TIME, Pings, Turn};
    use engine::{AgentId, VdnId};

    #[test]
    fn many_lost_phones_are_asked_in_turns() {
        let mut pings = Pings::default();
        let turn = |agent, is_lost| Turn { vdn: VdnId(1), agent: AgentId(agent), is_lost };
        for agent in 0..2_500 {
            pings.turn(turn(agent, true));
        }
        pings.turn(turn(7, false));
        let asked = [pings.next().len(), pings.next().len(), pings.next().len(), pings.next().len()];
        assert_eq!(asked, [AT_A_TIME, AT_A_TIME, 499, AT_A_TIME]);
    }

    #[test]
    fn our_numbers_are_ours() {
        let mut pings = Pings::default();
        assert!(Pings::is_ping(pings.number(VdnId(1), AgentId(1))));
        assert!(!Pings::is_ping(crate::wire::ClientTxn(u64::from(u32::MAX))));
    }
}
