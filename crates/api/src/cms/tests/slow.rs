//! Every figure once more, slowly: by walking over all agents and all calls of random floors, in code that has nothing of
//! the face's but the names. The two must agree.

use std::cell::RefCell;
use std::collections::BTreeSet;

use engine::{Agent, Call, Caller, Line, NotReadyKind, Place, Presence, Queue, Reach, Rest, Work};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::floor::Still;
use super::random::{self, AGENTS, QUEUES};

/// What an agent does, in the codes of the platform.
fn code(agent: &Agent) -> u32 {
    if agent.presence == Presence::SignedOut {
        return 0;
    }
    match agent.work {
        Work::Offered { .. } => 4,
        Work::Talking { .. } => 5,
        Work::WrapUp { .. } => 6,
        Work::Idle { .. } => match agent.presence {
            Presence::SignedOut => 0,
            Presence::Ready => 1,
            Presence::NotReady(why) if why.kind == NotReadyKind::Busy => 7,
            Presence::NotReady(why) if why.kind == NotReadyKind::Rest => 8,
            Presence::NotReady(_) => 9,
        },
    }
}

/// One floor at one moment, to be counted by hand.
struct Slow<'a> {
    agents: Vec<&'a Agent>,
    calls: Vec<&'a Call>,
    queues: Vec<&'a Queue>,
    now: engine::Timestamp,
}

impl<'a> Slow<'a> {
    fn of(still: &'a Still) -> Self {
        let state = still.engine.state();
        Self {
            agents: state.agents().collect(),
            calls: state.calls().collect(),
            queues: state.queues().collect(),
            now: still.now,
        }
    }

    fn seconds(&self, since: engine::Timestamp) -> i64 {
        (self.now.0 - since.0) / 1_000_000
    }

    fn count(&self, is_meant: impl Fn(&Agent) -> bool) -> usize {
        self.agents.iter().filter(|agent| is_meant(agent)).count()
    }

    fn counts(&self, is_meant: impl Fn(&Agent) -> bool) -> Value {
        let with = |wanted: u32| self.count(|agent| is_meant(agent) && code(agent) == wanted);
        let usable = |agent: &Agent| is_meant(agent) && code(agent) == 1 && agent.reach == Reach::Reachable;
        json!({
            "loginEd": self.count(|agent| is_meant(agent) && code(agent) != 0),
            "talking": with(5),
            "idle": with(1),
            "usable": self.count(usable),
            "setBusy": with(7),
            "rest": with(8),
            "studying": with(9),
            "occupy": 0,
            "preoccupy": 0,
            "answering": with(4),
            "workSubStateBegin": with(6),
            "lateAdjust": 0,
        })
    }

    /// Everybody who talks in a call that they made.
    fn callers(&self, is_meant: impl Fn(&Agent) -> bool) -> usize {
        self.count(|agent| {
            let made = self.calls.iter().find(|call| call.caller == Caller::Agent(agent.settings.id));
            is_meant(agent) && code(agent) == 5 && made.is_some_and(|call| agent.work_is_with(call))
        })
    }

    fn waiting(&self, line: Line) -> Vec<&Call> {
        let waits = |call: &&&Call| matches!(&call.place, Place::Waiting(wait) if wait.line == line);
        self.calls.iter().filter(waits).copied().collect()
    }

    /// Calls that an agent is offered or talks with, and that came to it through this queue.
    fn handled(&self, queue: &Queue) -> usize {
        let line = Line::Queue(queue.id);
        let is_handled = |call: &&&Call| match &call.place {
            Place::Offered { wait, .. } => wait.line == line,
            Place::Talking { line: served, .. } => *served == line,
            Place::Waiting(_) | Place::Outside { .. } => false,
        };
        self.calls.iter().filter(is_handled).count()
    }
}

trait WorkIsWith {
    fn work_is_with(&self, call: &Call) -> bool;
}

impl WorkIsWith for Agent {
    fn work_is_with(&self, call: &Call) -> bool {
        matches!(self.work, Work::Talking { call: id, .. } | Work::Offered { call: id, .. } if id == call.id)
    }
}

fn all_agents() -> String {
    AGENTS.map(|agent| agent.to_string()).join(",")
}

fn all_queues() -> String {
    QUEUES.map(|queue| queue.to_string()).join(",")
}

fn agents_agree(still: &Still) {
    let slow = Slow::of(still);
    let asked = format!(r#"{{"ccId":1,"vdn":170,"agentIds":[{}]}}"#, all_agents());
    assert_eq!(still.data("agentgroup/teamagentstatusinfo", &asked), slow.counts(|_| true));

    let statuses = still.data("agentgroup/agentstatusinfobyagentids", &asked);
    for (agent, status) in slow.agents.iter().zip(statuses.as_array().unwrap()) {
        let id = agent.settings.id;
        let since = match code(agent) {
            0 => agent.presence_since,
            4..=6 => agent.work_since,
            _ => agent.presence_since.max(agent.work_since),
        };
        let private = slow.waiting(Line::Private(id)).len();
        let shown = ["agentId", "currentState", "currentStateTime", "currentPrivateCallNum"].map(|name| &status[name]);
        let expected = [json!(id.0), json!(code(agent)), json!(slow.seconds(since)), json!(private)];
        assert_eq!(shown, expected.each_ref(), "{id}");
    }

    let few = json!({
        "busyAgent": slow.count(|agent| code(agent) == 7),
        "talkingNum": slow.count(|agent| code(agent) == 5),
        "idleAgent": slow.count(|agent| code(agent) == 1),
        "totalLoginAgent": slow.count(|agent| code(agent) != 0),
    });
    let page = r#"{"ccId":1,"vdn":170,"offset":0,"limit":100}"#;
    assert_eq!(still.data("agentgroup/systemstate", page), few);
}

fn calls_agree(still: &Still) {
    let slow = Slow::of(still);
    let asked = format!(r#"{{"ccId":1,"vdn":170,"agentIds":[{}]}}"#, all_agents());
    for row in still.data("agentgroup/queryagentcalls", &asked).as_array().unwrap() {
        let id = engine::AgentId(u32::try_from(row["agentId"].as_u64().unwrap()).unwrap());
        let agent = slow.agents.iter().find(|agent| agent.settings.id == id).unwrap();
        let listed = row["callList"].as_array().unwrap();
        let with = |is_private: bool| {
            let meant = listed.iter().filter(move |call| (call["callStatus"] == 3 && !made(call)) == is_private);
            let mut ids: Vec<_> = meant.map(|call| call["callId"].as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids
        };
        let texts = |calls: Vec<&Call>| {
            let mut ids: Vec<_> = calls.iter().map(|call| call.id.to_string()).collect();
            ids.sort();
            ids
        };
        assert_eq!(with(true), texts(slow.waiting(Line::Private(id))), "{id}");
        assert_eq!(with(false), texts(slow.calls.iter().filter(|call| agent.work_is_with(call)).copied().collect()));
        let alone = format!(r#"{{"ccId":1,"vdn":170,"agentId":{id}}}"#);
        let private = still.data("agent/agentprivatecall", &alone);
        let mut private: Vec<_> =
            private.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        private.sort();
        assert_eq!(private, with(true));
    }
    let told = still.data("rindex/vdn", r#"{"vdnIds":[170],"indexIds":["IDX_COUNT_REAL_VDN_CALL"]}"#);
    assert_eq!(told[0]["idxs"][0]["val"], slow.calls.len());
}

/// Whether the agent made the call itself, and waits in somebody's line with it.
fn made(call: &Value) -> bool {
    call["callInOut"] == 1
}

fn queues_agree(still: &Still) {
    let slow = Slow::of(still);
    let asked = format!(r#"{{"ccId":1,"vdn":170,"skillIds":[{}]}}"#, all_queues());
    let extended = still.data("skill/totalskillstatusex3", &asked);
    let states = still.data("skill/stateinfo", &asked);
    let calls = still.data("skill/batchmultiskill", &asked);
    for (place, queue) in slow.queues.iter().enumerate() {
        let line = Line::Queue(queue.id);
        let is_member =
            |agent: &Agent| code(agent) != 0 && agent.settings.queues.iter().any(|part| part.queue == queue.id);
        let waiting = slow.waiting(line);
        let joined = |call: &&Call| match &call.place {
            Place::Waiting(wait) => Some(wait.joined),
            _ => None,
        };
        let longest = waiting.iter().filter_map(joined).min().map_or(0, |joined| slow.seconds(joined));
        let row = &extended[place];
        assert_eq!((&row["queueSize"], &row["queueTime"]), (&json!(waiting.len()), &json!(longest)), "{}", queue.id);
        assert_eq!(row["loggedOnAgents"], slow.count(is_member));

        let (state, counts) = (&states[place], slow.counts(is_member));
        for (here, there) in [
            ("agentLoginNums", "loginEd"),
            ("agentTalkingNums", "talking"),
            ("agentIdleNums", "idle"),
            ("agentAvailableNums", "usable"),
            ("agentSetBusyNums", "setBusy"),
            ("agentRestNums", "rest"),
            ("agentStudyNums", "studying"),
            ("agentWorkNums", "workSubStateBegin"),
        ] {
            assert_eq!(state[here], counts[there], "{here} of queue {}", queue.id);
        }
        assert_eq!(state["processingCallNums"], slow.handled(queue), "{}", queue.id);
        assert_eq!(state["callWaitNums"], waiting.len());

        let listed = calls[place]["callPropertyExs"].as_array().unwrap();
        assert_eq!(listed.iter().filter(|call| call["callQueueFlag"] == 1).count(), waiting.len());
        let shared = slow.queues.iter().filter(|host| host.also.contains(&queue.id));
        let shared: usize = shared.map(|host| slow.waiting(Line::Queue(host.id)).len()).sum();
        assert_eq!(listed.len(), waiting.len() + shared);

        let alone = format!(r#"{{"ccId":1,"vdn":170,"skillIds":[{}]}}"#, queue.id);
        let mut by_skill = slow.counts(is_member);
        by_skill["callOut"] = json!(slow.callers(is_member));
        assert_eq!(still.data("skill/agentstatusbyskill", &alone), by_skill);
    }
}

fn rests_agree(still: &Still) {
    let slow = Slow::of(still);
    let told = still.data("agentgroup/agentrestinfos", r#"{"ccId":1,"vdn":170}"#);
    let rests = |agent: &Agent| matches!(agent.presence, Presence::NotReady(why) if why.kind == NotReadyKind::Rest);
    let waits = |agent: &Agent| matches!(agent.rest, Some(Rest::Asked { .. })) && !rests(agent);
    let (resting, waiting) = (slow.count(rests), slow.count(waits));
    assert_eq!((&told["onRestNum"], &told["waitRestNum"]), (&json!(resting), &json!(waiting)));
    let details = told["agentsRestDetails"].as_array().unwrap();
    assert_eq!(details.len(), resting + waiting + usize::try_from(told["allowRestNum"].as_u64().unwrap()).unwrap());
    assert_eq!(details.iter().filter(|detail| detail.get("cantRestReason").is_some()).count(), waiting);
}

/// The states of agents and calls that are met.
fn note(still: &Still, seen: &RefCell<BTreeSet<String>>) {
    let asked = format!(r#"{{"ccId":1,"vdn":170,"agentIds":[{}]}}"#, all_agents());
    let agents = still.data("agentgroup/queryagentcalls", &asked);
    let calls = agents.as_array().unwrap().iter().flat_map(|row| row["callList"].as_array().unwrap());
    let mut seen = seen.borrow_mut();
    seen.extend(calls.map(|call| format!("call {}", call["callStatus"])));
    seen.extend(still.engine.state().agents().map(|agent| format!("agent {}", code(agent))));
    let rests = still.data("agentgroup/agentrestinfos", r#"{"ccId":1,"vdn":170}"#);
    let counts = ["onRestNum", "allowRestNum", "waitRestNum"].into_iter().filter(|count| rests[count] != 0);
    seen.extend(counts.map(str::to_owned));
}

#[test]
fn every_figure_is_what_is_counted_by_hand() {
    let mut runner = TestRunner::new(ProptestConfig { cases: 100, failure_persistence: None, ..Default::default() });
    let seen = RefCell::new(BTreeSet::new());
    let result = runner.run(&random::steps(), |steps| {
        let mut still = random::floor();
        for (count, step) in steps.iter().enumerate() {
            random::take(&mut still, step);
            if count % 8 == 0 {
                note(&still, &seen);
                agents_agree(&still);
                calls_agree(&still);
                queues_agree(&still);
                rests_agree(&still);
            }
        }
        Ok(())
    });
    result.unwrap();
    let agents = [0, 1, 4, 5, 6, 7, 8, 9].map(|code| format!("agent {code}"));
    let calls = [2, 3, 4, 5, 6, 9].map(|status| format!("call {status}"));
    let rests = ["onRestNum", "allowRestNum", "waitRestNum"].map(str::to_owned);
    let missing: Vec<_> =
        agents.into_iter().chain(calls).chain(rests).filter(|state| !seen.borrow().contains(state)).collect();
    assert!(missing.is_empty(), "the floors are not lively enough: {missing:?}");
}
