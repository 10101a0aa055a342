//! Our own face: what agents do with their calls, rests, what supervisors say, and how long calls wait.

use engine::{AgentId, QueueId, RestMax, Target};
use serde_json::{Value, json};

use crate::client::Answer;
use crate::world::{MONITOR, SUPERVISOR, World};

const AT: &str = "/api/v1/vdns/170";

/// The status and the name of a refusal.
fn refusal(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["name"].as_str().unwrap_or_default().to_owned())
}

/// What an agent's view says under a name.
fn shown(world: &World, agent: u32, name: &str) -> Value {
    world.v1(SUPERVISOR, "GET", &format!("{AT}/agents/{agent}"), "").json()[name].clone()
}

/// Agents 1001 and 1002 are here, and 1001 talks.
fn talking() -> (World, String, String) {
    let world = World::start();
    let token = world.session(1001);
    world.find_phone(1001);
    let call = world.talk(1001, "+4930111");
    world.sign_in(1002);
    (world, token, call.to_string())
}

#[test]
fn an_agent_keeps_its_call_until_the_other_answers() {
    let (world, token, call) = talking();
    let ask = |what: &str, body: &str| world.v1(&token, "POST", &format!("{AT}/agents/1001/{what}"), body);
    assert_eq!(refusal(&ask("complete-transfer", "{}")), (409, "NotTheKeeper".into()));
    assert_eq!(ask("transfer", r#"{"to":{"kind":"agent","agent":1002},"mode":"success"}"#).status, 200);
    let view = world.v1(&token, "GET", &format!("{AT}/calls/{call}"), "").json();
    assert_eq!((&view["keeper"]["agent"], &view["keeper"]["keeping"]), (&1001.into(), &"until_answered".into()));
    assert_eq!(view["place"]["kind"], "offered");
    let again = ask("transfer", r#"{"to":{"kind":"queue","queue":2},"mode":"success"}"#);
    assert_eq!((refusal(&again), &again.json()["values"]["agent"]), ((409, "CallIsKept".into()), &1001.into()));
    assert_eq!(ask("take-back", "{}").status, 200);
    assert_eq!(shown(&world, 1001, "work"), json!({"kind": "talking", "call": call}));
    assert_eq!(shown(&world, 1002, "work")["kind"], "idle");
}

#[test]
fn three_talk_and_the_sender_leaves() {
    let (world, token, call) = talking();
    let ask = |what: &str, body: &str| world.v1(&token, "POST", &format!("{AT}/agents/1001/{what}"), body);
    assert_eq!(ask("transfer", r#"{"to":{"kind":"agent","agent":1002},"mode":"consult"}"#).status, 200);
    world.answer(1002);
    assert_eq!(ask("join-talk", &json!({"call": call}).to_string()).status, 200);
    let view = world.v1(SUPERVISOR, "GET", &format!("{AT}/calls/{call}"), "").json();
    assert_eq!((&view["keeper"]["keeping"], &view["place"]["agent"]), (&"to_join".into(), &1002.into()));
    let other = world.session(1002);
    let not_mine = world.v1(&other, "POST", &format!("{AT}/agents/1001/take-back"), "{}");
    assert_eq!(refusal(&not_mine), (403, "NotPermitted".into()));
    assert_eq!(ask("complete-transfer", "{}").status, 200);
    assert_eq!(shown(&world, 1001, "work")["kind"], "idle");
    assert_eq!(shown(&world, 1002, "work"), json!({"kind": "talking", "call": call}));
}

#[test]
fn before_a_transfer_it_is_told_where_the_call_would_be() {
    let (world, token, call) = talking();
    let preview = |body: &str| world.v1(&token, "POST", &format!("{AT}/agents/1001/transfer-preview"), body);
    let to_1002 = r#"{"to":{"kind":"agent","agent":1002}}"#;
    let rings = json!({"kind": "rings", "line": {"kind": "private", "agent": 1002}, "agent": 1002});
    let told = preview(to_1002);
    assert_eq!((told.status, &told.json()["landing"]), (200, &rings));

    world.talk(1002, "+4930222");
    world.call("+4930333", Target::Agent(AgentId(1002)));
    let before = world.node.read(|_, position| position);
    let told = preview(to_1002).json();
    let landing = &told["landing"];
    assert_eq!((&landing["kind"], &landing["place"]), (&"waits".into(), &2.into()));
    assert!(landing["expected"]["p50_seconds"].as_f64() <= landing["expected"]["p90_seconds"].as_f64());
    assert_eq!(told["alternatives"][0]["to"], json!({"kind": "queue", "queue": 1}), "its queue is nearer");

    let refused = preview(r#"{"to":{"kind":"agent","agent":1003}}"#).json();
    assert_eq!((&refused["refused"]["name"], &refused["landing"]), (&"AgentSignedOut".into(), &Value::Null));
    let too_long = preview(r#"{"to":{"kind":"agent","agent":1002},"expected_wait_max_seconds":1}"#).json();
    assert_eq!(too_long["refused"]["name"], "ExpectedWaitTooLong");
    let outside = preview(r#"{"to":{"kind":"outside","address":"+493099"}}"#).json();
    assert_eq!(outside["landing"], json!({"kind": "outside"}));
    assert_eq!(refusal(&preview(r#"{"to":{"kind":"agent"}}"#)), (400, "Malformed".into()));
    let for_other = world.v1(&token, "POST", &format!("{AT}/agents/1002/transfer-preview"), to_1002);
    assert_eq!(refusal(&for_other), (403, "NotPermitted".into()));

    assert_eq!(shown(&world, 1001, "work"), json!({"kind": "talking", "call": call}), "the two go on talking");
    assert_eq!(world.node.read(|_, position| position), before, "nothing was decided");
}

#[test]
fn a_waiting_call_says_why_and_for_how_long() {
    let (world, token, call) = talking();
    world.configure(|floor| {
        floor.queues[0].wrap_up = std::time::Duration::from_secs(60);
        let agent = floor.agents.iter_mut().find(|agent| agent.id == AgentId(1003)).unwrap();
        agent.queues.clear();
    });
    let other = world.talk(1002, "+4930222");
    let waiting = world.call("+4930333", Target::Queue(QueueId(1))).to_string();
    let why = world.v1(MONITOR, "GET", &format!("{AT}/calls/{waiting}/why"), "").json();
    let what = &why["what"];
    assert_eq!((&what["kind"], &what["place"], &what["waiting"]), (&"waits".into(), &1.into(), &1.into()));
    assert_eq!(why["cause"], json!({"kind": "dialled"}));
    let agents: Vec<_> =
        what["agents"].as_array().unwrap().iter().map(|a| (&a["agent"], &a["reason"]["kind"])).collect();
    let expected =
        [(1001, "talks"), (1002, "talks"), (1099, "signed_out")].map(|(a, r)| (Value::from(a), Value::from(r)));
    assert_eq!(agents, expected.iter().map(|(a, r)| (a, r)).collect::<Vec<_>>(), "1003 does not serve this queue");
    assert_eq!(what["agents"][1]["reason"]["call"], other.to_string());
    assert!(what["expected"]["p90_seconds"].as_f64().unwrap() > 0.0);

    let talks = world.v1(&token, "GET", &format!("{AT}/calls/{call}/why"), "").json();
    assert_eq!((&talks["what"]["kind"], &talks["what"]["agent"]), (&"talks".into(), &1001.into()));
    let gone = world.v1(MONITOR, "GET", &format!("{AT}/calls/1-5171/why"), "");
    assert_eq!(refusal(&gone), (404, "NoSuchCall".into()));

    let expected = |of: &str| world.v1(MONITOR, "GET", &format!("{AT}/{of}"), "");
    let told = expected("queues/1/expected-wait?priority=5").json();
    assert_eq!(told["waiting"], 1);
    assert!(told["expected"]["p50_seconds"].is_number());
    assert_eq!(expected("queues/2/expected-wait").json()["expected"], Value::Null, "nobody serves it");
    assert!(expected("agents/1002/expected-wait").json()["expected"]["p50_seconds"].is_number());
    assert_eq!(refusal(&expected("queues/1/expected-wait?priority=0")), (400, "PriorityOutOfRange".into()));
    assert_eq!(refusal(&expected("queues/9/expected-wait")), (404, "NoSuchQueue".into()));
    assert_eq!(refusal(&expected("agents/1777/expected-wait")), (404, "NoSuchAgent".into()));
}

#[test]
fn a_rest_waits_in_line_and_is_granted_or_denied() {
    let world = World::start();
    world.configure(|floor| {
        floor.settings.rest_wait = true;
        floor.queues[0].rest_max = Some(RestMax::Agents(1));
    });
    let tokens = [1001, 1002, 1099].map(|agent| {
        world.find_phone(agent);
        (agent, world.session(agent))
    });
    let rest = |n: usize, method: &str, body: &str| {
        let (agent, token) = &tokens[n];
        world.v1(token, method, &format!("{AT}/agents/{agent}/rest"), body)
    };
    assert_eq!(rest(0, "POST", r#"{"seconds":900,"cause":7}"#).status, 200);
    assert_eq!(shown(&world, 1001, "presence"), json!({"kind": "not_ready", "why": "rest", "reason": 7}));
    for n in [1, 2] {
        assert_eq!(rest(n, "POST", r#"{"seconds":600}"#).status, 200);
    }
    assert_eq!(shown(&world, 1002, "presence"), json!({"kind": "ready"}));
    assert_eq!(shown(&world, 1002, "rest")["kind"], "asked");
    assert_eq!(refusal(&rest(1, "POST", r#"{"seconds":86400}"#)), (400, "RestLengthOutOfRange".into()));
    assert_eq!(refusal(&rest(1, "POST", r#"{"length":60}"#)), (400, "Malformed".into()));

    let supervises = |token: &str, agent: u32, what: &str, body: &str| {
        world.v1(token, "POST", &format!("{AT}/agents/{agent}/rest/{what}"), body)
    };
    assert_eq!(refusal(&supervises(&tokens[1].1, 1002, "grant", "")), (403, "NotPermitted".into()));
    assert_eq!(supervises(SUPERVISOR, 1002, "grant", "").status, 200);
    assert_eq!(shown(&world, 1002, "presence")["why"], "rest");
    assert_eq!(supervises(SUPERVISOR, 1099, "deny", r#"{"reason":3}"#).status, 200);
    assert_eq!(shown(&world, 1099, "rest"), Value::Null);
    assert_eq!(refusal(&supervises(SUPERVISOR, 1099, "deny", "{}")), (409, "NoRestAsked".into()));
    assert_eq!(rest(2, "POST", r#"{"seconds":600}"#).status, 200);
    assert_eq!(rest(2, "DELETE", "").status, 200);
    assert_eq!(refusal(&rest(2, "DELETE", "")), (409, "NoRestAsked".into()));
}

#[test]
fn what_a_supervisor_says_of_an_agent_is_shown_until_it_chooses() {
    let world = World::start();
    let token = world.session(1099);
    world.find_phone(1099);
    let force = |token: &str, body: &str| world.v1(token, "POST", &format!("{AT}/agents/1099/force"), body);
    assert_eq!(refusal(&force(&token, r#"{"presence":{"kind":"busy"}}"#)), (403, "NotPermitted".into()));
    assert_eq!(refusal(&force(MONITOR, r#"{"presence":{"kind":"busy"}}"#)), (403, "NotPermitted".into()));
    assert_eq!(refusal(&force(SUPERVISOR, r#"{"presence":{"kind":"gone"}}"#)), (400, "Malformed".into()));
    let too_long = force(SUPERVISOR, r#"{"presence":{"kind":"rest","seconds":90000}}"#);
    assert_eq!(refusal(&too_long), (400, "RestLengthOutOfRange".into()));
    assert_eq!(force(SUPERVISOR, r#"{"presence":{"kind":"study"},"reason":12}"#).status, 200);
    assert_eq!(shown(&world, 1099, "presence"), json!({"kind": "not_ready", "why": "study", "reason": 12}));
    let forced = shown(&world, 1099, "forced");
    assert_eq!((&forced["reason"], &forced["who"]), (&12.into(), &"console".into()));
    let ready = world.v1(&token, "PUT", &format!("{AT}/agents/1099/presence"), r#"{"kind":"ready"}"#);
    assert_eq!(ready.status, 200);
    assert_eq!(shown(&world, 1099, "forced"), Value::Null);
    assert_eq!(force(SUPERVISOR, r#"{"presence":{"kind":"signed_out"}}"#).status, 200);
    assert_eq!(refusal(&force(SUPERVISOR, r#"{"presence":{"kind":"ready"}}"#)), (409, "AgentSignedOut".into()));
}
