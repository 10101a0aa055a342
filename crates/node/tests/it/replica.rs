//! The laws of the pure part.

use std::sync::Arc;

use crate::common::{Chance, People, VDN, floor};
use engine::{CallId, Command, Rejection, Timestamp, VdnId};
use node::replica::{Replica, Verdict};
use node::{Note, OutOfOrder, Position, Receipt, Record, Replay, Submission};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + second)
}

fn empty() -> Replica {
    Replica::continue_from(&Replay::new(VDN))
}

fn notes(replay: &Replay) -> Vec<(Arc<str>, Arc<[u8]>)> {
    replay.notes("").map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Some hundred turns in batches, ticks included, each committed at once.
fn lived(seed: u64) -> (Replica, Vec<Arc<Record>>) {
    let (mut replica, mut people, mut chance) = (empty(), People::new(VDN, seed), Chance(seed | 3));
    let (mut records, mut now) = (Vec::new(), at(0));
    for _ in 0..120 {
        now.0 += i64::try_from(chance.below(3_000_000)).expect("small");
        let ticks = replica.next_deadline().filter(|due| *due <= now).map(|_| Submission::fact(Command::Tick));
        let wishes: Vec<_> = (0..chance.below(6)).map(|_| people.next()).collect();
        let proposal = replica.propose(now, ticks.into_iter().chain(wishes));
        assert_eq!(proposal.broken, None);
        if let Some(last) = proposal.records.last() {
            replica.committed(last.position);
        }
        proposal.records.iter().for_each(|record| people.observe(record));
        records.extend(proposal.records);
    }
    (replica, records)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn replay_equals_live_from_every_snapshot(seed in any::<u32>(), cut in 0.0..1.0_f64) {
        let (live, records) = lived(seed.into());
        let whole = records.iter().map(|record| &**record);
        let (recovered, replay) = Replica::recover(Replay::new(VDN).snapshot(), whole).expect("in order");
        prop_assert_eq!(recovered.state().hash(), live.state().hash());
        prop_assert_eq!(recovered.state().image(), live.state().image());
        prop_assert_eq!(recovered.next_deadline(), live.next_deadline());
        prop_assert_eq!(recovered.decided(), live.decided());
        prop_assert_eq!(recovered.epoch(), live.epoch() + 1);

        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a cut")]
        let (early, late) = records.split_at((records.len() as f64 * cut) as usize);
        let early = early.iter().map(|record| &**record);
        let (_, half) = Replica::recover(Replay::new(VDN).snapshot(), early).expect("in order");
        let late = late.iter().map(|record| &**record);
        let (again, rest) = Replica::recover(half.snapshot(), late).expect("in order");
        prop_assert_eq!(again.state().hash(), live.state().hash());
        prop_assert_eq!(notes(&rest), notes(&replay));
        prop_assert_eq!(rest.snapshot(), replay.snapshot());
    }

    #[test]
    fn positions_have_no_gaps_and_time_never_runs_back(seed in any::<u32>()) {
        let (_, records) = lived(seed.into());
        for (index, record) in records.iter().enumerate() {
            prop_assert_eq!(record.position, Position(index as u64 + 1));
        }
        assert!(records.windows(2).all(|pair| pair[0].at <= pair[1].at));
        assert!(records.iter().all(|record| record.entry.as_ref().is_none_or(|entry| entry.at == record.at)));
    }
}

#[test]
fn a_rejection_drops_the_command_and_keeps_the_notes() {
    let mut replica = empty();
    let call = CallId { second: 1, number: 170 };
    let left = Submission::fact(Command::CallerLeft { call }).with_notes(vec![Note::set("sip/leg/1", b"gone")]);
    let proposal = replica.propose(at(0), [left]);
    assert_eq!(proposal.verdicts, [Verdict::Rejected(Rejection::NoSuchCall(call))]);
    let record = Record {
        position: Position(1),
        epoch: 1,
        at: at(0),
        entry: None,
        notes: vec![Note::set("sip/leg/1", b"gone")],
    };
    assert_eq!(proposal.records, [Arc::new(record)]);
}

#[test]
fn a_rejection_without_notes_leaves_no_trace() {
    let mut replica = empty();
    let call = CallId { second: 1, number: 170 };
    let proposal = replica.propose(at(0), [Submission::fact(Command::CallerLeft { call })]);
    assert_eq!(proposal.verdicts, [Verdict::Rejected(Rejection::NoSuchCall(call))]);
    assert!(proposal.records.is_empty());
    assert_eq!(replica.decided(), Position::START);
}

#[test]
fn another_vdns_floor_is_refused_from_the_start() {
    let other = VdnId(171);
    let proposal = empty().propose(at(0), [Submission::wish(Command::Configure(floor(other)))]);
    assert_eq!(proposal.verdicts, [Verdict::Rejected(Rejection::WrongVdn(other))]);
}

#[test]
fn what_changes_nothing_is_answered_and_not_journalled() {
    let mut replica = empty();
    let configure = || Submission::wish(Command::Configure(floor(VDN)));
    let proposal = replica.propose(at(0), [configure(), configure(), Submission::notes(Vec::new())]);
    assert_eq!(proposal.records.len(), 1);
    let [first, second, third] = &proposal.verdicts[..] else { panic!("three verdicts") };
    let Verdict::Decided(first) = first else { panic!("{first:?}") };
    assert!(Arc::ptr_eq(&first.record, &proposal.records[0]), "the answer is what is journalled");
    for verdict in [second, third] {
        let Verdict::Decided(Receipt { position, record }) = verdict else { panic!("{verdict:?}") };
        assert_eq!((*position, record.position), (Position(1), Position(1)));
        assert!(record.entry.as_ref().is_none_or(|entry| entry.events.is_empty()));
    }
}

#[test]
fn a_clock_behind_the_journal_is_not_believed() {
    let mut replica = empty();
    let decided = replica.propose(at(9), [Submission::notes(vec![Note::set("a", b"1")])]);
    let later = replica.propose(at(3), [Submission::notes(vec![Note::remove("a")])]);
    assert_eq!((decided.records[0].at, later.records[0].at), (at(9), at(9)));
}

#[test]
fn a_record_out_of_order_is_refused_and_changes_nothing() {
    let mut replay = Replay::new(VDN);
    let mut replica = empty();
    let notes = |key| Submission::notes(vec![Note::set(key, b"1")]);
    let proposal = replica.propose(at(0), [notes("a"), notes("b")]);
    let out_of_order = OutOfOrder { last: Position(0), found: Position(2) };
    assert_eq!(replay.apply(&proposal.records[1]), Err(out_of_order));
    assert_eq!(out_of_order.to_string(), "record 2 stands where record 1 should");
    assert_eq!(replay.notes("").count(), 0);
    assert_eq!(replay.apply(&proposal.records[0]), Ok(()));
    assert_eq!(replay.apply(&proposal.records[1]), Ok(()));
}

#[test]
fn notes_are_found_by_what_their_key_begins_with() {
    let mut replay = Replay::new(VDN);
    let set = |key| Note::set(key, key.as_bytes());
    let keys = ["sip/leg/1", "sip/leg/2", "sip/binding/1001/a", "sip/lega", "api/x"];
    let submission = Submission::notes(keys.map(set).into());
    let gone = Submission::notes(vec![Note::remove("sip/leg/1"), Note::remove("never/there")]);
    for record in empty().propose(at(0), [submission, gone]).records {
        replay.apply(&record).expect("in order");
    }
    let found = |prefix| replay.notes(prefix).map(|(key, _)| &**key).collect::<Vec<_>>();
    assert_eq!(found("sip/leg/"), ["sip/leg/2"]);
    assert_eq!(found("sip/"), ["sip/binding/1001/a", "sip/leg/2", "sip/lega"]);
    assert_eq!(found("zzz"), [""; 0]);
    assert_eq!(found("").len(), 4);
}
