//! Our own face: sessions, agents, queues and calls.

use engine::{AgentId, Command, QueueId, Target};

use crate::client::Answer;
use crate::world::{JSON, MONITOR, SUPERVISOR, World};

const AGENT: &str = "/api/v1/vdns/170/agents/1099";

fn open(world: &World, body: &str) -> Answer {
    world.outside().ask("POST", "/api/v1/sessions", &[JSON], body.as_bytes())
}

/// The status and the name of a refusal.
fn refusal(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let json = answer.json();
    assert_eq!(json["status"], answer.status);
    assert!(json["detail"].as_str().unwrap().len() > 10);
    (answer.status, json["name"].as_str().unwrap().to_owned())
}

#[test]
fn a_password_opens_a_session_and_signs_the_agent_in() {
    let world = World::start();
    let opened = open(&world, r#"{"vdn":170,"agent":1099,"password":"demo-1099"}"#);
    let json = opened.json();
    assert_eq!((opened.status, &json["signed_in"], &json["expires_seconds"]), (201, &true.into(), &43_200.into()));
    let token = json["token"].as_str().unwrap();
    let after = json["position"].as_u64().unwrap();
    let view = world.v1(token, "GET", &format!("{AGENT}?after={after}"), "");
    assert_eq!(view.json()["presence"], serde_json::json!({"kind": "ready"}));
    let who = world.v1(token, "GET", "/api/v1/sessions/current", "");
    assert_eq!(who.json(), serde_json::json!({"kind": "agent", "vdn": 170, "agent": 1099}));

    let again = open(&world, r#"{"vdn":170,"agent":1099,"password":"demo-1099"}"#).json();
    assert_eq!(again["signed_in"], false);
    assert_ne!(again["token"], token);
    let only_looking = open(&world, r#"{"vdn":170,"agent":1001,"password":"demo-1001","sign_in":false}"#).json();
    assert_eq!(only_looking["signed_in"], false);
    assert!(world.node.read(|state, _| state.agent(AgentId(1001)).unwrap().presence == engine::Presence::SignedOut));
}

#[test]
fn a_session_ends_when_it_is_closed_or_the_password_changes() {
    let world = World::start();
    let (token, other) = (world.session(1099), world.session(1001));
    assert_eq!(world.v1(&token, "DELETE", "/api/v1/sessions/current?sign_out=true", "").status, 204);
    assert_eq!(refusal(&world.v1(&token, "GET", AGENT, "")), (401, "NotSignedIn".into()));
    // What is submitted later is seen later.
    world.sign_in(1002);
    assert!(world.node.read(|state, _| state.agent(AgentId(1099)).unwrap().presence == engine::Presence::SignedOut));

    assert_eq!(world.v1(&other, "GET", "/api/v1/vdns/170/queues", "").status, 200);
    let mut settings = world.settings.clone();
    settings.passwords[0].password = "changed".into();
    world.faces().reload(settings).unwrap();
    assert_eq!(world.v1(&other, "GET", "/api/v1/vdns/170/queues", "").status, 401);
    assert_eq!(world.v1(SUPERVISOR, "DELETE", "/api/v1/sessions/current", "").status, 403);
}

#[test]
fn a_wrong_password_looks_like_no_agent_and_cannot_be_tried_for_ever() {
    let world = World::start();
    let wrong = |agent: u32| open(&world, &format!(r#"{{"vdn":170,"agent":{agent},"password":"guess"}}"#));
    let (known, unknown) = (wrong(1099), wrong(1777));
    assert_eq!(refusal(&known), (401, "WrongPassword".into()));
    assert_eq!(known.body, unknown.body);
    for _ in 0..4 {
        assert_eq!(wrong(1099).status, 401);
    }
    let limited = open(&world, r#"{"vdn":170,"agent":1099,"password":"demo-1099"}"#);
    assert_eq!((refusal(&limited), limited.header("retry-after")), ((429, "TooManyAttempts".into()), Some("60")));
    assert_eq!(open(&world, r#"{"vdn":170,"agent":1001,"password":"demo-1001"}"#).status, 201);
    let no_vdn = open(&world, r#"{"agent":1001,"password":"demo-1001"}"#);
    assert_eq!(refusal(&no_vdn), (400, "Malformed".into()));
}

#[test]
fn there_are_as_many_sessions_as_there_may_be() {
    let world = World::with(|settings| settings.limits.sessions = 1);
    world.session(1001);
    let full = open(&world, r#"{"vdn":170,"agent":1002,"password":"demo-1002"}"#);
    assert_eq!(refusal(&full), (429, "TooManySessions".into()));
}

#[test]
fn a_private_queue_is_shown_in_full() {
    let world = World::start();
    world.sign_in(1099);
    world.sign_in(1001);
    let talk = world.talk(1099, "+4930111");
    let transferred = world.talk(1001, "+4930222");
    let token = world.session(1001);
    let to = r#"{"to":{"kind":"agent","agent":1099}}"#;
    let done = world.v1(&token, "POST", "/api/v1/vdns/170/agents/1001/transfer", to);
    assert_eq!(done.status, 200, "{}", done.text());
    let dialled = world.call("+4930333444", Target::Agent(AgentId(1099)));

    let own = world.session(1099);
    let view = world.v1(&own, "GET", &format!("{AGENT}?after={}", done.json()["position"]), "").json();
    assert_eq!(view["work"], serde_json::json!({"kind": "talking", "call": talk.to_string()}));
    assert_eq!(view["private_waiting"], 2);
    let [first, second] = view["private_queue"].as_array().unwrap().as_slice() else { panic!("{view}") };
    assert_eq!((&first["rank"], &first["call"]), (&1.into(), &transferred.to_string().into()));
    assert_eq!(first["caller"], serde_json::json!({"kind": "outside", "number": "+4930222"}));
    assert_eq!(first["cause"], serde_json::json!({"kind": "transfer"}));
    assert_eq!(first["sender"], serde_json::json!({"kind": "agent", "agent": 1001}));
    assert_eq!(first["then"], serde_json::json!({"kind": "release"}), "it came through no queue");
    assert!(first["until"].as_str().unwrap() > first["joined"].as_str().unwrap());
    assert!(first["waited_seconds"].as_f64().unwrap() < 60.0);
    assert_eq!((&second["rank"], &second["call"]), (&2.into(), &dialled.to_string().into()));
    assert_eq!(second["cause"], serde_json::json!({"kind": "dialled"}));
    assert_eq!(second["sender"], serde_json::json!({"kind": "caller"}));
}

#[test]
fn callers_numbers_are_shown_to_those_who_serve_them() {
    let world = World::start();
    world.sign_in(1099);
    world.talk(1099, "+4930111222");
    let call = world.call("+4930333444", Target::Agent(AgentId(1099)));
    let number = |token: &str| {
        let view = world.v1(token, "GET", &format!("/api/v1/vdns/170/calls/{call}"), "").json();
        view["caller"]["number"].as_str().unwrap().to_owned()
    };
    assert_eq!(number(&world.session(1099)), "+4930333444");
    assert_eq!(number(&world.session(1001)), "********444");
    assert_eq!(number(MONITOR), "********444");
    assert_eq!(number(SUPERVISOR), "+4930333444");
}

#[test]
fn an_agent_chooses_its_presence() {
    let world = World::start();
    let token = world.session(1099);
    let presence = |body: &str| world.v1(&token, "PUT", &format!("{AGENT}/presence"), body);
    let shown = || world.v1(&token, "GET", AGENT, "").json()["presence"].clone();
    assert_eq!(presence(r#"{"kind":"not_ready","why":"rest","reason":4}"#).status, 200);
    assert_eq!(shown(), serde_json::json!({"kind": "not_ready", "why": "rest", "reason": 4}));
    assert_eq!(presence(r#"{"kind":"ready"}"#).status, 200);
    assert_eq!(shown(), serde_json::json!({"kind": "ready"}));
    for wrong in [r#"{"kind":"asleep"}"#, r#"{"kind":"not_ready","why":"rest","reason":256}"#, "{}", "", "[]"] {
        assert_eq!(refusal(&presence(wrong)), (400, "Malformed".into()), "{wrong}");
    }
    assert_eq!(world.v1(&token, "POST", &format!("{AGENT}/sign-out"), "").status, 200);
    assert_eq!(shown(), serde_json::json!({"kind": "signed_out"}));
    assert_eq!(refusal(&presence(r#"{"kind":"ready"}"#)), (409, "AgentSignedOut".into()));
    assert_eq!(world.v1(&token, "POST", &format!("{AGENT}/sign-in"), "").status, 200);
    let twice = world.v1(&token, "POST", &format!("{AGENT}/sign-in"), "");
    assert_eq!(
        (refusal(&twice), &twice.json()["values"]),
        ((409, "AgentAlreadySignedIn".into()), &serde_json::json!({"agent": 1099}),)
    );
    let wrap_up = world.v1(&token, "POST", &format!("{AGENT}/end-wrap-up"), "");
    assert_eq!(refusal(&wrap_up), (409, "AgentNotInWrapUp".into()));
}

#[test]
fn a_refused_transfer_leaves_the_two_talking() {
    let world = World::start();
    world.sign_in(1001);
    let call = world.talk(1001, "+4930111");
    let token = world.session(1001);
    let transfer = |body: &str| world.v1(&token, "POST", "/api/v1/vdns/170/agents/1001/transfer", body);
    let refused = transfer(r#"{"to":{"kind":"agent","agent":1002}}"#);
    assert_eq!((refusal(&refused), &refused.json()["values"]["agent"]), ((409, "AgentSignedOut".into()), &1002.into()));
    assert_eq!(refusal(&transfer(r#"{"to":{"kind":"queue","queue":9}}"#)), (404, "NoSuchQueue".into()));
    assert_eq!(refusal(&transfer(r#"{"to":{"kind":"queue"}}"#)), (400, "Malformed".into()));
    assert_eq!(refusal(&transfer(r#"{"call":"7","to":{"kind":"queue","queue":2}}"#)), (400, "Malformed".into()));
    assert_eq!(refusal(&transfer(r#"{"call":"1-1","to":{"kind":"queue","queue":2}}"#)), (404, "NoSuchCall".into()));
    let view = world.v1(&token, "GET", "/api/v1/vdns/170/agents/1001", "").json();
    assert_eq!(view["work"], serde_json::json!({"kind": "talking", "call": call.to_string()}));
    let to_queue = transfer(&format!(r#"{{"call":"{call}","to":{{"kind":"queue","queue":2}}}}"#));
    assert_eq!(to_queue.status, 200);
    assert_eq!(refusal(&transfer(r#"{"to":{"kind":"queue","queue":2}}"#)), (409, "AgentNotTalking".into()));
    let waiting = world.v1(&token, "GET", "/api/v1/vdns/170/queues/2", "").json();
    assert_eq!(waiting["calls"][0]["call"], call.to_string());
    assert_eq!(waiting["calls"][0]["then"], serde_json::json!({"kind": "treatment", "actions": [{"kind": "release"}]}));
}

#[test]
fn queues_show_their_calls_and_agents() {
    let world = World::start();
    world.sign_in(1001);
    world.submit(Command::BecomeNotReady {
        agent: AgentId(1001),
        why: engine::NotReady { kind: engine::NotReadyKind::Study, reason: 0 },
        by: engine::ChangedBy::Agent,
    });
    let calls: Vec<_> = (0..5).map(|n| world.call(&format!("+49301{n}"), Target::Queue(QueueId(1)))).collect();
    let queues = world.v1(MONITOR, "GET", "/api/v1/vdns/170/queues", "").json();
    assert_eq!(queues["queues"][0]["waiting"], 5);
    assert_eq!(queues["queues"][0]["signed_in"], 1);
    assert_eq!(queues["queues"][0]["available"], 0);
    let part = world.v1(MONITOR, "GET", "/api/v1/vdns/170/queues/1?offset=2&limit=2", "").json();
    let listed: Vec<_> = part["calls"].as_array().unwrap().iter().map(|call| (&call["rank"], &call["call"])).collect();
    assert_eq!(listed, [(&3.into(), &calls[2].to_string().into()), (&4.into(), &calls[3].to_string().into())]);
    let agents: Vec<_> = part["agents"].as_array().unwrap().iter().map(|agent| agent["agent"].as_u64()).collect();
    assert_eq!(agents, [Some(1003), Some(1099)]);
    for wrong in ["limit=0", "limit=1001", "offset=100001", "limit=x", "page=1", "limit=1&limit=2", "after=-1"] {
        let answer = world.v1(MONITOR, "GET", &format!("/api/v1/vdns/170/queues/1?{wrong}"), "");
        assert_eq!(refusal(&answer), (400, "Malformed".into()), "{wrong}");
    }
}

#[test]
fn queuing_is_cancelled_by_those_who_may() {
    let world = World::start();
    world.sign_in(1099);
    world.talk(1099, "+4930111");
    let private = world.call("+4930222", Target::Agent(AgentId(1099)));
    let public = world.call("+4930333", Target::Queue(QueueId(2)));
    let cancel =
        |token: &str, call| world.v1(token, "POST", &format!("/api/v1/vdns/170/calls/{call}/cancel-queuing"), "");
    assert_eq!(refusal(&cancel(MONITOR, public)), (403, "NotPermitted".into()));
    assert_eq!(refusal(&cancel(&world.session(1001), private)), (403, "NotPermitted".into()));
    assert_eq!(refusal(&cancel(&world.session(1099), private)), (409, "NothingToCancelTo".into()));
    assert_eq!(cancel(SUPERVISOR, public).status, 200);
    assert_eq!(refusal(&cancel(SUPERVISOR, public)), (404, "NoSuchCall".into()));
}

#[test]
fn nobody_acts_or_looks_where_they_may_not() {
    let world = World::start();
    let token = world.session(1001);
    let sign_out = format!("{AGENT}/sign-out");
    assert_eq!(refusal(&world.v1(&token, "POST", &sign_out, "")), (403, "NotPermitted".into()));
    assert_eq!(refusal(&world.v1(MONITOR, "POST", &sign_out, "")), (403, "NotPermitted".into()));
    for token in [token.as_str(), MONITOR, SUPERVISOR] {
        for vdn in [200, 201] {
            let answer = world.v1(token, "GET", &format!("/api/v1/vdns/{vdn}/agents/2001"), "");
            assert_eq!(refusal(&answer), (404, "NoSuchVdn".into()));
        }
    }
    for token in ["", "x", "supervisor-key-0002"] {
        let answer = world.v1(token, "GET", AGENT, "");
        assert_eq!(
            (refusal(&answer), answer.header("www-authenticate")),
            ((401, "NotSignedIn".into()), Some("Bearer"),)
        );
    }
    assert_eq!(refusal(&world.v1(SUPERVISOR, "GET", "/api/v1/vdns/170/agents/1100", "")), (404, "NoSuchAgent".into()));
    assert_eq!(refusal(&world.v1(SUPERVISOR, "GET", "/api/v1/vdns/170/queues/9", "")), (404, "NoSuchQueue".into()));
    assert_eq!(refusal(&world.v1(SUPERVISOR, "GET", "/api/v1/vdns/170/calls/1-1", "")), (404, "NoSuchCall".into()));
    assert_eq!(refusal(&world.v1(SUPERVISOR, "GET", "/api/v1/vdns/170/calls/x", "")), (400, "Malformed".into()));
    assert_eq!(refusal(&world.v1(SUPERVISOR, "GET", "/api/v1/vdns/70000/agents", "")), (400, "Malformed".into()));
    assert_eq!(refusal(&world.v1(SUPERVISOR, "GET", "/api/v1/nothing", "")), (404, "NothingHere".into()));
    assert_eq!(refusal(&world.v1(SUPERVISOR, "DELETE", AGENT, "")), (405, "MethodNotAllowed".into()));
}

#[test]
fn a_view_waits_for_the_position_asked_for() {
    let world = World::start();
    let position = world.node.read(|_, position| position).0;
    let reached = world.v1(MONITOR, "GET", &format!("/api/v1/vdns/170/queues?after={position}"), "");
    assert_eq!((reached.status, &reached.json()["position"]), (200, &position.into()));
    let begun = std::time::Instant::now();
    let ahead = world.v1(MONITOR, "GET", &format!("/api/v1/vdns/170/queues?after={}", position + 1), "");
    assert_eq!((ahead.status, ahead.text()), (202, format!(r#"{{"position":{position}}}"#).as_str()));
    assert!(begun.elapsed().as_millis() >= 900);
}

#[test]
fn a_vdn_that_has_stopped_says_so() {
    let world = World::start();
    let token = world.session(1099);
    world.node.clone().stop();
    let view = world.v1(&token, "GET", AGENT, "");
    assert_eq!((refusal(&view), view.header("retry-after")), ((503, "Unavailable".into()), Some("1")));
    assert_eq!(refusal(&world.v1(&token, "POST", &format!("{AGENT}/sign-out"), "")), (503, "Stopped".into()));
    assert_eq!(refusal(&world.v1(&token, "GET", "/api/v1/vdns/170/events", "")), (503, "Unavailable".into()));
}

#[test]
fn a_dry_run_says_where_the_calls_of_a_sign_out_would_go() {
    let world = World::start();
    let session = world.session(1099);
    let preview = format!("{AGENT}/sign-out-preview");
    world.submit(Command::PhoneFound { agent: AgentId(1099) });
    let call = world.call("+4930123456", Target::Agent(AgentId(1099)));
    let answer = world.v1(&session, "GET", &preview, "").json();
    assert_eq!(answer["refused"], serde_json::Value::Null);
    let ended = serde_json::json!({
        "kind": "ended", "outcome": {"kind": "released", "cause": {"kind": "no_queue_to_return_to"}}
    });
    assert_eq!(answer["calls"], serde_json::json!([{"call": call.to_string(), "to": ended}]));

    world.configure(|floor| floor.settings.on_sign_out = engine::OnSignOut::Refuse);
    let answer = world.v1(MONITOR, "GET", &preview, "").json();
    assert_eq!(
        (&answer["refused"]["name"], &answer["refused"]["values"]["waiting"]),
        (&"PrivateCallsWait".into(), &1.into())
    );
    assert_eq!(answer["calls"][0]["to"]["kind"], "ended");
    let refused = world.v1(&session, "POST", &format!("{AGENT}/sign-out"), "");
    assert_eq!(refusal(&refused), (409, "PrivateCallsWait".into()));
    assert_eq!(world.v1(SUPERVISOR, "POST", &format!("{AGENT}/sign-out"), "").status, 200);
    assert_eq!(refusal(&world.v1(MONITOR, "GET", &preview, "")), (409, "AgentSignedOut".into()));
    let unknown = world.v1(MONITOR, "GET", "/api/v1/vdns/170/agents/1777/sign-out-preview", "");
    assert_eq!(refusal(&unknown), (404, "NoSuchAgent".into()));
}

#[test]
fn an_agents_view_says_what_holds_for_its_private_queue() {
    let world = World::start();
    world.configure(|floor| {
        floor.settings.delegate = Some(AgentId(1001));
        let agent = floor.agents.iter_mut().find(|agent| agent.id == AgentId(1099)).unwrap();
        agent.private.on_wait_end =
            Some(vec![engine::PrivateAction::Delegate, engine::PrivateAction::Queue(QueueId(2))]);
    });
    let rules = &world.v1(MONITOR, "GET", AGENT, "").json()["private_rules"];
    let expected = serde_json::json!({
        "wait_seconds_max": 300.0,
        "depth_max": 100,
        "directed_to_not_ready": "refuse",
        "on_wait_end": [{"kind": "delegate"}, {"kind": "queue", "queue": 2}],
        "on_sign_out": "return",
        "on_not_ready": "keep",
        "delegate": 1001,
    });
    assert_eq!(*rules, expected);
}

#[test]
fn a_supervisor_closes_a_queue_by_hand_and_opens_it_again() {
    let world = World::start();
    let queue = "/api/v1/vdns/170/queues/2";
    let call = world.call("+4930123456", Target::Queue(QueueId(2)));
    let agent = world.session(1099);
    for token in [MONITOR, &agent] {
        let refused = world.v1(token, "POST", &format!("{queue}/close"), "");
        assert_eq!(refusal(&refused), (403, "NotPermitted".into()));
    }
    for _ in 0..2 {
        assert_eq!(world.v1(SUPERVISOR, "POST", &format!("{queue}/close"), "").status, 200);
    }
    assert!(world.node.read(|state, _| state.call(call).is_none()));
    let view = world.v1(MONITOR, "GET", queue, "").json();
    assert_eq!((&view["open"], view["closed_since"].is_string()), (&false.into(), true));
    assert_eq!((&view["service_level_seconds"], &view["short_abandon_seconds"]), (&20.0.into(), &5.0.into()));
    assert_eq!(world.v1(SUPERVISOR, "POST", &format!("{queue}/open"), "").status, 200);
    let view = world.v1(MONITOR, "GET", queue, "").json();
    assert_eq!(
        (&view["open"], &view["closed_since"], &view["also"]),
        (&true.into(), &().into(), &serde_json::json!([]))
    );
    let unknown = world.v1(SUPERVISOR, "POST", "/api/v1/vdns/170/queues/9/close", "");
    assert_eq!(refusal(&unknown), (404, "NoSuchQueue".into()));
}
