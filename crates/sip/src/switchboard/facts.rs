//! Facts that the journal could not take yet: kept in the order in which they happened, VDN by VDN, for what came later
//! may only make sense after what came before.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{Command, VdnId};
use leg::Timestamp;
use node::Note;

/// The first pause before a fact is submitted again; each pause is twice the one before, up to [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// What has happened and is not yet known to be in the journal.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) vdn: VdnId,
    pub(super) command: Option<Command>,
    pub(super) notes: Vec<Note>,
    /// Less happened before.
    number: u64,
}

/// All facts that wait. There are never more than the legs at hand can report, a few for each.
#[derive(Debug, Default)]
pub(super) struct Facts {
    lines: BTreeMap<VdnId, Line>,
    numbered: u64,
}

/// The facts of one VDN that wait, from the first refusal until none is left.
#[derive(Debug)]
struct Line {
    waiting: BTreeMap<u64, Box<Fact>>,
    /// How often one was submitted in vain since the last that was taken.
    tries: u32,
    next: Next,
}

/// What is done about a line: one fact at a time, so that none overtakes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The first one is submitted then.
    At(Timestamp),
    /// This one is on its way.
    Tried(u64),
}

impl Facts {
    /// Takes up what has happened; gives it back when it is to be submitted now.
    pub(super) fn happened(&mut self, vdn: VdnId, command: Option<Command>, notes: Vec<Note>) -> Option<Box<Fact>> {
        self.numbered += 1;
        let fact = Box::new(Fact { vdn, command, notes, number: self.numbered });
        let Some(line) = self.lines.get_mut(&vdn) else { return Some(fact) };
        line.waiting.insert(fact.number, fact);
        None
    }

    /// A fact is committed, or old news; the next to submit.
    pub(super) fn settled(&mut self, fact: &Fact) -> Option<Box<Fact>> {
        let line = self.lines.get_mut(&fact.vdn)?;
        if line.next != Next::Tried(fact.number) {
            return None;
        }
        line.tries = 0;
        let next = line.try_first();
        if next.is_none() {
            self.lines.remove(&fact.vdn);
        }
        next
    }

    /// A fact was refused for now: it is submitted again after the pause that is told.
    pub(super) fn refused(&mut self, now: Timestamp, fact: Box<Fact>) -> Duration {
        let line = self.lines.entry(fact.vdn).or_insert_with(|| Line {
            waiting: BTreeMap::new(),
            tries: 0,
            // As if it had waited already, and been tried.
            next: Next::Tried(fact.number),
        });
        let pause = RETRY_FIRST.saturating_mul(1 << line.tries.min(10)).min(RETRY_MAX);
        if line.next == Next::Tried(fact.number) {
            line.tries += 1;
            line.next = Next::At(now + pause);
        }
        line.waiting.insert(fact.number, fact);
        pause
    }

    /// What is to be submitted again at `now`.
    pub(super) fn due(&mut self, now: Timestamp) -> impl Iterator<Item = Box<Fact>> {
        let is_due = move |line: &&mut Line| matches!(line.next, Next::At(at) if at <= now);
        self.lines.values_mut().filter(is_due).filter_map(Line::try_first)
    }

    /// When there is something to submit again.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let due = self.lines.values().filter_map(|line| match line.next {
            Next::At(at) => Some(at),
            Next::Tried(_) => None,
        });
        due.min()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.lines.values().map(|line| line.waiting.len()).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Line {
    fn try_first(&mut self) -> Option<Box<Fact>> {
        let (number, fact) = self.waiting.pop_first()?;
        self.next = Next::Tried(number);
        Some(fact)
    }
}

#[cfg(test)]
mod tests {
    use engine::CallId;

    use super::*;

    const HERE: VdnId = VdnId(170);
    const NOW: Timestamp = Timestamp(1_605_492_949_000_000);

    fn command(number: u64) -> Option<Command> {
        Some(Command::CallerLeft { call: CallId { second: 1, number } })
    }

    #[test]
    fn what_was_refused_is_tried_in_the_order_in_which_it_happened() {
        let mut facts = Facts::default();
        let sent: Vec<_> = (1..=3).filter_map(|number| facts.happened(HERE, command(number), vec![])).collect();
        assert_eq!(sent.len(), 3);
        for fact in sent.into_iter().rev() {
            facts.refused(NOW, fact);
        }
        assert!(facts.happened(HERE, command(4), vec![]).is_none(), "it waits for its turn");
        assert!(facts.happened(VdnId(171), command(9), vec![]).is_some(), "another VDN has its own line");
        assert_eq!(facts.next_due(), Some(NOW + RETRY_FIRST));
        assert_eq!(facts.due(NOW).count(), 0);
        let mut tried: Vec<_> = facts.due(NOW + RETRY_FIRST).collect();
        assert_eq!(tried.iter().map(|fact| fact.command.clone()).collect::<Vec<_>>(), [command(1)], "one at a time");
        assert_eq!((facts.next_due(), facts.len()), (None, 3));
        for number in 2..=4 {
            let next = facts.settled(&tried[0]).unwrap();
            assert_eq!(next.command, command(number));
            tried = vec![next];
        }
        assert!(facts.settled(&tried[0]).is_none());
        assert!(facts.is_empty());
        assert!(facts.happened(HERE, command(5), vec![]).is_some());
    }

    #[test]
    fn pauses_grow_until_something_is_taken() {
        let mut facts = Facts::default();
        let mut fact = facts.happened(HERE, command(1), vec![]).unwrap();
        let mut now = NOW;
        let pauses: Vec<u128> = (0..8)
            .map(|_| {
                let pause = facts.refused(now, fact.clone());
                now = now + pause;
                fact = facts.due(now).next().unwrap();
                pause.as_millis()
            })
            .collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        facts.happened(HERE, command(2), vec![]);
        let next = facts.settled(&fact).unwrap();
        assert_eq!(facts.refused(now, next).as_millis(), 100);
    }

    #[test]
    fn what_was_on_its_way_before_settles_nothing_that_waits() {
        let mut facts = Facts::default();
        let [first, second] = [1, 2].map(|number| facts.happened(HERE, command(number), vec![]).unwrap());
        facts.refused(NOW, second);
        assert!(facts.settled(&first).is_none());
        assert_eq!(facts.len(), 1);
    }
}
