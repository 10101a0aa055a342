//! Laws that hold on any schedule: the invariants of the rules, and that replay, image and refusal keep their promises.
//!
//! Schedules are the same in every run; `PROPTEST_CASES` plays more of them, `PROPTEST_RNG_SEED` others.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may stop anywhere, and has no callers")]

mod law;

use std::cell::RefCell;
use std::collections::BTreeSet;

use engine::{Command, Timestamp};
use law::schedule::{floor, steps};
use law::world::World;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// Monday morning.
const START: Timestamp = Timestamp::from_seconds(1_605_484_800);

const STEPS_MAX: usize = 150;

/// What schedules must lead to, so that the laws are about it.
const KINDS: [&str; 88] = [
    "VdnNamed",
    "SettingsDefined",
    "QueueDefined",
    "QueueRemoved",
    "QueueClosed",
    "QueueOpened",
    "AgentDefined",
    "AgentRemoved",
    "AgentSignedIn",
    "AgentSignedOut",
    "PresenceChanged",
    "PresenceChosen",
    "RestAsked",
    "RestGranted",
    "RestDenied",
    "RestCancelled",
    "RestProlonged",
    "RestOverdue",
    "PresenceForced",
    "RestLengthOutOfRange",
    "RestQuotaReached",
    "RestWishesWait",
    "NoRestAsked",
    "AgentFound",
    "AgentLost",
    "WrapUpStarted",
    "WrapUpEnded",
    "CallArrived",
    "TreatmentApplied",
    "TreatmentRefused",
    "PrivateActionRefused",
    "told it would ring",
    "told it would wait",
    "told it would be outside",
    "CallQueued",
    "WaitExtended",
    "SkillWidened",
    "CallSentOutside",
    "OutsideAnswered",
    "OfferMade",
    "OfferAccepted",
    "OfferEnded",
    "ReofferAllowed",
    "HeldChanged",
    "CallTransferred",
    "CallEnded",
    "CallKept",
    "KeepingChanged",
    "CallGivenAway",
    "CallTakenBack",
    "CallTransferredOutside",
    "NotTheKeeper",
    "CallIsKept",
    "SpecifiedNeedsAgent",
    "back Asked",
    "back Declined",
    "back Expired",
    "back Failed",
    "back WaitOver",
    "back TurnedAway",
    "back AgentLeft",
    "back OtherLeft",
    "back OutsideFailed",
    "cause OutsideFailed",
    "NoSuchAgent",
    "NoSuchQueue",
    "NoSuchCall",
    "OfferNotPending",
    "AlreadyArrived",
    "PriorityOutOfRange",
    "AgentNotReady",
    "AgentEngaged",
    "AgentAlreadySignedIn",
    "AgentAlwaysSignedIn",
    "AgentNotInWrapUp",
    "NotTheAgentsCall",
    "AgentIsInTheCall",
    "PrivateQueueFull",
    "CallNotWaiting",
    "NothingToCancelTo",
    "QueueRefused",
    "PrivateCallsWait",
    "cause AgentNotReady",
    "cause Delegated",
    "cause ReturnedToSender",
    "cause PrivateWaitEnd",
    "release AgentLeft",
    "rule PublicGoesAhead",
];

fn runner(seed: u64, cases: u32) -> TestRunner {
    let config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let asked_for = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if asked_for { config.cases } else { cases };
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(seed),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    TestRunner::new(Config { cases, rng_seed, ..config })
}

#[test]
fn the_laws_hold_on_random_schedules() {
    let schedules = (floor(), steps(STEPS_MAX));
    let seen = RefCell::new(BTreeSet::new());
    runner(1, 1000)
        .run(&schedules, |(floor, steps)| {
            let mut world = World::open(START, floor);
            steps.iter().for_each(|step| world.play(step));
            seen.borrow_mut().append(&mut world.seen);
            Ok(())
        })
        .unwrap();
    let missed: Vec<_> = KINDS.iter().filter(|kind| !seen.borrow().contains(**kind)).collect();
    assert!(missed.is_empty(), "schedules that never lead to {missed:?} show nothing about it");
}

#[test]
fn commands_before_there_is_a_floor_are_refused_or_change_nothing() {
    runner(2, 100)
        .run(&steps(30), |steps| {
            let mut world = World::at(START);
            for step in steps.iter().filter(|step| !step.configures()) {
                world.play(step);
                assert_eq!(*world.state(), engine::State::default());
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_unchanged_configuration_changes_nothing() {
    runner(3, 100)
        .run(&(floor(), steps(60)), |(floor, steps)| {
            let mut world = World::open(START, floor);
            steps.iter().for_each(|step| world.play(step));
            world.handle(Command::Tick).expect("a tick is never refused");
            let mut now = world.state().floor().expect("it is configured");
            now.queues.reverse();
            now.agents.iter_mut().for_each(|agent| agent.queues.reverse());
            let entry = world.handle(Command::Configure(now)).expect("what is configured can be");
            assert_eq!(entry.events, []);
            Ok(())
        })
        .unwrap();
}
