//! Access keys: who is let in, how often, and who hears of those who are not.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use api::cms::Group;
use api::{AccessKey, KeySecret, LastUse, Refusal, Settings, SourceLock};
use engine::VdnId;

use crate::world::{AK, JSON, PATH, World, question};

/// The world's key; `change` has it otherwise.
fn key(change: impl FnOnce(&mut AccessKey)) -> AccessKey {
    let mut key = AccessKey::new(AK, "demo-secret-key".into(), vec![VdnId(170)]);
    change(&mut key);
    key
}

fn status(world: &World) -> u16 {
    world.private_calls(&question(1099)).status
}

/// Everything that the world's faces refuse from now on.
fn refusals(world: &World) -> Arc<Mutex<Vec<Refusal>>> {
    let heard: Arc<Mutex<Vec<Refusal>>> = Arc::default();
    let hears = Arc::clone(&heard);
    world.faces().access().on_refusal(Arc::new(move |refusal| hears.lock().unwrap().push(refusal)));
    heard
}

#[test]
fn while_a_key_is_rotated_both_of_its_secrets_sign_and_the_old_one_ends_when_it_was_said() {
    let world = World::start();
    let access = world.faces().access();
    let rotated = |until: SystemTime| {
        key(|key| {
            key.secrets[0].until = Some(until);
            let newer = KeySecret { sk: "another-secret".into(), until: None, last_use: LastUse::default() };
            key.secrets.insert(0, newer);
        })
    };
    let in_a_minute = rotated(SystemTime::now() + Duration::from_secs(60));
    let (newer, older) = (in_a_minute.secrets[0].last_use.clone(), in_a_minute.secrets[1].last_use.clone());
    access.replace(vec![in_a_minute]).unwrap();
    assert_eq!(status(&world), 200);
    assert!(newer.at().is_none() && older.at().is_some(), "it is known which of them is in use");
    access.replace(vec![rotated(SystemTime::now() - Duration::from_millis(1))]).unwrap();
    assert_eq!(status(&world), 401);
    access.replace(vec![key(|key| key.secrets[0].sk = "another-secret".into())]).unwrap();
    assert_eq!(status(&world), 401);
    access.replace(vec![key(|_| ())]).unwrap();
    assert_eq!(status(&world), 200);
}

#[test]
fn keys_that_cannot_be_used_replace_nothing() {
    let world = World::start();
    let access = world.faces().access();
    let three = |key: &mut AccessKey| key.secrets = [0; 3].map(|_| key.secrets[0].clone()).into();
    assert!(access.replace(vec![key(|_| ()), key(|_| ())]).is_err(), "the same name twice");
    assert!(access.replace(vec![key(three)]).is_err(), "three secrets");
    assert!(access.replace(vec![key(|key| key.secrets.clear())]).is_err(), "no secret");
    assert!(access.replace(vec![key(|key| key.ak = "a/b".into())]).is_err());
    assert_eq!(status(&world), 200);
}

#[test]
fn a_key_of_another_interface_group_is_not_permitted() {
    let world = World::start();
    let heard = refusals(&world);
    let others = Group::ALL.into_iter().filter(|group| *group != Group::Agents).collect();
    world.faces().access().replace(vec![key(|key| key.groups = others)]).unwrap();
    let answer = world.private_calls(&question(1099));
    assert_eq!((answer.status, &answer.json()["resultCode"]), (200, &"0101003".into()));
    let sentence = answer.json()["resultDesc"].as_str().unwrap().to_owned();
    assert!(sentence.contains("agents"), "{sentence}");
    assert_eq!(world.private_calls("not JSON").json()["resultCode"], "0101003", "nothing is said of the body");
    let heard = heard.lock().unwrap();
    assert_eq!((heard.len(), heard[0].cause, heard[0].ak.as_deref()), (2, "not its interface group", Some(AK)));
}

#[test]
fn every_refusal_is_heard_with_its_cause_and_source_and_without_secrets() {
    let world = World::start();
    let heard = refusals(&world);
    let body = question(1099);
    let right = world.signature(&body);
    let (prefix, signature) = right.rsplit_once('/').unwrap();
    let ask = |authorization: &str| {
        let headers = [JSON, ("Authorization", authorization)];
        assert_eq!(world.outside().ask("POST", PATH, &headers, body.as_bytes()).status, 401);
    };
    ask("Basic ZGVtbzpkZW1v");
    ask(&right.replace("/demo/", "/nobody/"));
    ask(&format!("{prefix}/{}", signature.chars().rev().collect::<String>()));
    ask(&world.signature_at(&body, SystemTime::now() - Duration::from_secs(3600)));
    world.faces().access().replace(vec![key(|key| key.is_enabled = false)]).unwrap();
    ask(&right);
    let shown = format!("{:?}", heard.lock().unwrap());
    assert!(!shown.contains("demo-secret-key") && !shown.contains(signature), "{shown}");
    let heard = heard.lock().unwrap();
    let causes: Vec<_> = heard.iter().map(|refusal| (refusal.ak.as_deref(), refusal.cause)).collect();
    let expected = [
        (None, "malformed authorization"),
        (Some("nobody"), "unknown access key"),
        (Some(AK), "another signature"),
        (Some(AK), "time outside the window"),
        (Some(AK), "disabled access key"),
    ];
    assert_eq!(causes, expected);
    assert!(heard.iter().all(|refusal| refusal.source == Some([127, 0, 0, 1].into()) && refusal.interface == PATH));
}

#[test]
fn a_key_that_asks_too_often_is_told_when_it_may_again_and_another_is_not_held_up() {
    let world = World::with(|settings| settings.limits.requests_per_second = 1);
    let heard = refusals(&world);
    let body = question(1099);
    let authorization = world.signature(&body);
    let mut client = world.outside();
    let headers = [JSON, ("Authorization", authorization.as_str())];
    let late = (0..20).map(|_| client.ask("POST", PATH, &headers, body.as_bytes())).find(|answer| answer.status == 429);
    let late = late.expect("twenty requests in one second are too many");
    assert_eq!(late.header("retry-after"), Some("1"));
    assert_eq!(late.json()["error"], "Too Many Requests");
    let heard = heard.lock().unwrap().last().cloned().unwrap();
    assert_eq!((heard.cause, heard.ak.as_deref()), ("too many requests", Some(AK)));
    let wrong = [JSON, ("Authorization", "Basic ZGVtbzpkZW1v")];
    assert_eq!(client.ask("POST", PATH, &wrong, body.as_bytes()).status, 401, "who is not known has no rate");

    let other = |settings: &mut Settings| settings.public.access_keys.push(key(|key| key.ak = "other".into()));
    let mut settings = world.settings.clone();
    other(&mut settings);
    world.faces().reload(settings).unwrap();
    let signed = world.signature_as("other", &body);
    assert_eq!(client.ask("POST", PATH, &[JSON, ("Authorization", &signed)], body.as_bytes()).status, 200);
}

#[test]
fn an_address_whose_signatures_are_not_accepted_is_locked_where_that_is_wanted() {
    let lock = SourceLock { failures: 3, lasts: Duration::from_secs(600) };
    let world = World::with(|settings| settings.public.lock = Some(lock));
    let heard = refusals(&world);
    let body = question(1099);
    let wrong = [JSON, ("Authorization", "auth-v2/demo/2025-01-02T03:04:05Z/host/00")];
    assert_eq!(status(&world), 200);
    for _ in 0..3 {
        assert_eq!(world.outside().ask("POST", PATH, &wrong, body.as_bytes()).status, 401);
    }
    let answer = world.private_calls(&body);
    let json = answer.json();
    assert_eq!((answer.status, &json["status"], &json["error"]), (403, &403.into(), &"Forbidden".into()));
    assert_eq!((&json["path"], answer.header("retry-after")), (&PATH.into(), Some("600")));
    assert_eq!(heard.lock().unwrap().last().unwrap().cause, "locked address");
    let mut settings = world.settings.clone();
    settings.public.lock = None;
    world.faces().reload(settings).unwrap();
    assert_eq!(status(&world), 200, "without the setting nobody is locked");
}

#[test]
fn signatures_that_were_accepted_are_remembered_when_keys_change() {
    let world = World::with(|settings| settings.public.refuse_replays = true);
    let body = question(1099);
    let authorization = world.signature(&body);
    let ask = || world.outside().ask("POST", PATH, &[JSON, ("Authorization", &authorization)], body.as_bytes()).status;
    assert_eq!(ask(), 200);
    world.faces().access().replace(vec![key(|_| ())]).unwrap();
    assert_eq!(ask(), 401);
    world.faces().reload(world.settings.clone()).unwrap();
    assert_eq!(ask(), 401);
}
