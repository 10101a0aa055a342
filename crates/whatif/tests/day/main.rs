//! Days that a seeded crowd lived on a real engine, played again.

mod crowd;

use std::collections::BTreeMap;

use engine::{AgentId, AgentQueue, AgentSettings, Engine, Entry, Floor, SignIn, Timestamp};
use whatif::{Day, Figures, Key, Notes, OtherFloor, Recorder, Tally, play};

use crowd::{Crowd, SALES, SUPPORT, floor};

const SEEDS: std::ops::Range<u64> = 1..25;

/// A recorded day: its entries, what was read from them, and its figures.
struct Recorded {
    entries: Vec<Entry>,
    day: Day,
    figures: BTreeMap<Key, Figures>,
}

fn record(entries: Vec<Entry>) -> Recorded {
    let mut start = Engine::default();
    let (first, rest) = entries.split_first().expect("a day begins with its floor");
    start.apply(first);
    let mut tally = Tally::new(start.state(), first.at);
    let mut recorder = Recorder::new(start, first.at);
    for entry in rest {
        recorder.entry(entry);
        tally.entry(recorder.state(), entry);
    }
    let end = entries.last().expect("there is one").at;
    let figures = tally.finish(end);
    let day = recorder.finish(end);
    Recorded { entries, day, figures }
}

fn played(day: &Day, other: Option<&OtherFloor>) -> (Vec<Entry>, BTreeMap<Key, Figures>, Notes) {
    let mut entries = Vec::new();
    let mut tally = Tally::new(day.start(), day.begin);
    let notes = play(day, other, &mut |state, entry| {
        tally.entry(state, entry);
        entries.push(entry.clone());
    });
    let notes = notes.expect("the floor is taken");
    for (queue, count) in &notes.turned_away {
        tally.turned_away(*queue, *count);
    }
    (entries, tally.finish(day.end), notes)
}

fn other(floor: Floor) -> OtherFloor {
    OtherFloor { floor, numbers: BTreeMap::new() }
}

fn all(figures: &BTreeMap<Key, Figures>) -> &Figures {
    &figures[&Key::All]
}

/// Every call is counted once for each wait, and each wait has one end.
fn check_books(figures: &BTreeMap<Key, Figures>) {
    for figures in figures.values() {
        let Figures { answered, abandoned, abandoned_soon, turned_away, sent_outside, failed, still_there, .. } =
            figures;
        let ends = answered + abandoned + abandoned_soon + turned_away + sent_outside + failed + still_there;
        assert_eq!(figures.offered, ends);
    }
}

#[test]
fn on_its_own_floor_a_day_is_the_same_to_the_last_microsecond() {
    for seed in SEEDS {
        let recorded = record(Crowd::new(seed, floor(4)).live(3 * 3600));
        let (entries, figures, notes) = played(&recorded.day, None);
        for (nth, (then, now)) in recorded.entries[1..].iter().zip(&entries).enumerate() {
            assert_eq!((then.at, &then.events), (now.at, &now.events), "seed {seed}, entry {nth}, {:?}", then.command);
        }
        assert_eq!(entries.len(), recorded.entries.len() - 1, "seed {seed}");
        assert_eq!(figures, recorded.figures, "seed {seed}");
        assert_eq!(notes, Notes::default(), "seed {seed}: nothing is taken from elsewhere");
        check_books(&figures);
        let all = all(&figures);
        assert!(
            all.answered > 100 && all.abandoned > 0 && !all.private_waits.is_empty(),
            "seed {seed}: {} {} {}",
            all.answered,
            all.abandoned,
            all.private_waits.len()
        );
    }
}

#[test]
fn the_own_floor_given_as_another_changes_nothing() {
    let recorded = record(Crowd::new(1, floor(4)).live(3600));
    let (_, figures, notes) = played(&recorded.day, Some(&other(floor(4))));
    assert_eq!(figures, recorded.figures);
    assert_eq!(notes.agents_added.len() + notes.agents_missing.len() + notes.queues_missing.len(), 0);
}

#[test]
fn more_agents_do_not_make_it_worse_and_fewer_not_better() {
    for seed in SEEDS {
        let recorded = record(Crowd::new(seed, floor(4)).live(3 * 3600));
        let levels: Vec<(f64, f64)> = [2, 4, 7]
            .map(|agents| {
                let (_, figures, _) = played(&recorded.day, Some(&other(floor(agents))));
                check_books(&figures);
                let all = all(&figures).clone();
                (all.service_level().expect("calls"), all.abandonment().expect("calls"))
            })
            .to_vec();
        assert!(levels[0].0 < levels[1].0 && levels[1].0 <= levels[2].0, "seed {seed}: {levels:?}");
        assert!(levels[0].1 > levels[1].1 && levels[1].1 >= levels[2].1, "seed {seed}: {levels:?}");
    }
}

#[test]
fn an_added_agent_works_the_hours_of_a_colleague_of_its_queues() {
    let recorded = record(Crowd::new(2, floor(4)).live(3600));
    let mut wider = floor(4);
    for (id, queue) in [(2001, SALES), (2002, SALES), (2003, SUPPORT)] {
        let queues = vec![AgentQueue { queue, agent_weight: 1, queue_weight: 1 }];
        wider.agents.push(AgentSettings { queues, sign_in: SignIn::Person, ..AgentSettings::new(AgentId(id), "") });
    }
    let (entries, _, notes) = played(&recorded.day, Some(&other(wider)));
    let models: Vec<(AgentId, AgentId)> =
        notes.agents_added.into_iter().map(|(agent, model)| (agent, model.expect("somebody was there"))).collect();
    assert_eq!(models, [(2001, 1001), (2002, 1002), (2003, 1003)].map(|(one, other)| (AgentId(one), AgentId(other))));
    let takes = |id: u32| entries.iter().flat_map(|entry| &entry.events).any(|event| accepts(event, AgentId(id)));
    assert!(takes(2001) && takes(2003));
}

fn accepts(event: &engine::Event, by: AgentId) -> bool {
    matches!(event, engine::Event::OfferAccepted { agent, .. } if *agent == by)
}

#[test]
fn what_the_other_floor_lacks_is_named() {
    let recorded = record(Crowd::new(3, floor(4)).live(3600));
    let mut smaller = floor(4);
    smaller.queues.retain(|queue| queue.id == SALES);
    smaller.queues.iter_mut().for_each(|queue| queue.treatments = engine::Treatments::default());
    smaller.agents.retain(|agent| agent.id != AgentId(1003));
    smaller.agents.iter_mut().for_each(|agent| agent.queues.retain(|part| part.queue == SALES));
    let (_, figures, notes) = played(&recorded.day, Some(&other(smaller)));
    assert_eq!(notes.queues_missing.into_iter().collect::<Vec<_>>(), [SUPPORT]);
    assert!(notes.agents_missing.contains(&AgentId(1003)), "{:?}", notes.agents_missing);
    assert!(notes.turned_away[&Some(SUPPORT)] > 10, "{:?}", notes.turned_away);
    assert_eq!(
        all(&figures).offered,
        figures.iter().filter(|(key, _)| **key != Key::All).map(|(_, one)| one.offered).sum()
    );
    check_books(&figures);
}

#[test]
fn the_other_floors_numbers_lead_where_they_lead_there() {
    let recorded = record(Crowd::new(4, floor(4)).live(3600));
    let there = OtherFloor { numbers: BTreeMap::from([("8002".to_owned(), (SALES, 9))]), ..other(floor(4)) };
    let (entries, figures, _) = played(&recorded.day, Some(&there));
    let arrivals = entries.iter().flat_map(|entry| &entry.events).filter_map(|event| match event {
        engine::Event::CallArrived { called, priority, .. } => Some((&**called, *priority)),
        _ => None,
    });
    assert!(arrivals.filter(|(called, _)| *called == "8002").all(|(_, priority)| priority == 9));
    // What is left for Support is transferred to it.
    let transfers = entries.iter().filter(|entry| is_transfer_to_support(&entry.command)).count();
    assert_eq!(figures[&Key::Queue(SUPPORT)].offered, transfers as u64);
}

fn is_transfer_to_support(command: &engine::Command) -> bool {
    match command {
        engine::Command::Transfer { target, .. } => *target == engine::Target::Queue(SUPPORT),
        engine::Command::TransferBy(wish) => {
            wish.to == engine::TransferTo::Queue(SUPPORT) && wish.mode == engine::TransferMode::Release
        }
        _ => false,
    }
}

#[test]
fn a_day_that_begins_in_the_middle_is_the_same_from_there_on() {
    for seed in SEEDS {
        let entries = Crowd::new(seed, floor(4)).live(3600);
        let begin = Timestamp(entries[0].at.0 + 1_800_000_001);
        let (before, after): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.at < begin);
        let mut start = Engine::default();
        before.iter().for_each(|entry| start.apply(entry));
        assert!(start.state().calls().count() > 0, "calls are there already");
        let mut recorder = Recorder::new(start, begin);
        after.iter().for_each(|entry| recorder.entry(entry));
        let day = recorder.finish(after.last().expect("it goes on").at);
        let (entries, ..) = played(&day, None);
        for (then, now) in after.iter().zip(&entries) {
            assert_eq!((then.at, &then.events), (now.at, &now.events), "seed {seed}, {:?}", then.command);
        }
        assert_eq!(after.len(), entries.len(), "seed {seed}");
    }
}

#[test]
fn the_same_question_has_the_same_answer() {
    let recorded = record(Crowd::new(5, floor(4)).live(3600));
    let ask = || played(&recorded.day, Some(&other(floor(3))));
    assert_eq!(ask(), ask());
}

#[test]
fn a_floor_of_another_vdn_is_refused() {
    let recorded = record(Crowd::new(6, floor(4)).live(600));
    let foreign = other(Floor { vdn: engine::VdnId(171), ..floor(4) });
    let refused = play(&recorded.day, Some(&foreign), &mut |_, _| ()).expect_err("it is another's");
    assert_eq!(refused, engine::Rejection::WrongVdn(engine::VdnId(171)));
}
