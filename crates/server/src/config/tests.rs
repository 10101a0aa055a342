//! The configuration as a whole.

use std::path::Path;
use std::time::Duration;

use engine::{Action, AgentId, OnRestEnd, QueueId, RestMax, Situation, Treatment};
use proptest::prelude::*;

use super::{Config, parse};

const DEMO: &str = include_str!("../../../../examples/demo.toml");

fn good(text: &str) -> Config {
    parse("test.toml", text, Path::new("")).unwrap_or_else(|report| panic!("{report}"))
}

fn demo_with(more: &str) -> Config {
    good(&format!("{DEMO}\n{more}"))
}

#[test]
fn what_is_not_said_has_its_default() {
    let config = good("[[vdn]]\nid = 1\ndomain = \"a.example\"\n[sip]\nlisten = \"192.0.2.1:5060\"\n");
    let vdn = &config.vdns[0];
    assert_eq!(vdn.floor.settings, engine::VdnSettings::default());
    assert_eq!(config.sip.session_timer, Duration::from_secs(1800));
    assert_eq!(config.faces.public.signature_window, Duration::from_secs(900));
    assert_eq!(config.journal.keep, Duration::from_secs(30 * 24 * 3600));
    assert_eq!(config.journal.history, history::Options::default());
    assert_eq!(config.media.settings.address, config.sip.listen[0].value.address.ip());
    assert_eq!(config.cc, 1);
}

#[test]
fn treatments_name_queues_and_agents_and_have_fallbacks() {
    let config = demo_with(
        r#"
[[vdn]]
id = 171
domain = "b.example"

[[vdn.queue]]
id = 1
name = "First"
[vdn.queue.treatments]
timeout = "agent 2001"
busy = { do = "queue Second line", else = { do = "agent 2001", else = "release" } }
no_agents = "queue 2"

[[vdn.queue]]
id = 2
name = "Second line"

[[vdn.agent]]
id = 2001
password = "b-2001"
queues = ["First", { queue = 2, agent_weight = 7, queue_weight = 9 }]
"#,
    );
    let floor = &config.vdns[1].floor;
    let step = |action, fallback: Option<Treatment>| Treatment { action, fallback: fallback.map(Box::new) };
    let treatments = &floor.queues[0].treatments;
    assert_eq!(*treatments.of(Situation::Timeout), step(Action::Agent(AgentId(2001)), None));
    let release = step(Action::Release, None);
    let first = step(Action::Agent(AgentId(2001)), Some(release.clone()));
    assert_eq!(*treatments.of(Situation::Busy), step(Action::Queue(QueueId(2)), Some(first)));
    assert_eq!(*treatments.of(Situation::NoAgents), step(Action::Queue(QueueId(2)), None));
    assert_eq!(*treatments.of(Situation::Overflow), release);
    let second = floor.agents[0].queues[1];
    assert_eq!((second.queue, second.agent_weight, second.queue_weight), (QueueId(2), 7, 9));
}

#[test]
fn rests_have_quotas_and_rules() {
    let text = |settings: &str, queue: &str| {
        format!(
            "[[vdn]]\nid = 1\ndomain = \"a.example\"\n{settings}\n[[vdn.queue]]\nid = 1\nname = \"First\"\n{queue}\n\
             [sip]\nlisten = \"192.0.2.1:5060\"\n"
        )
    };
    let floor = |settings: &str, queue: &str| good(&text(settings, queue)).vdns[0].floor.clone();
    let usual = floor("", "");
    assert_eq!((usual.settings.rest_wait, usual.settings.on_rest_end), (false, OnRestEnd::Overdue));
    assert_eq!(usual.queues[0].rest_max, None);
    let all_said = floor("rest_wait = true\non_rest_end = \"ready\"", "rest_max = 2");
    assert_eq!((all_said.settings.rest_wait, all_said.settings.on_rest_end), (true, OnRestEnd::Ready));
    assert_eq!(all_said.queues[0].rest_max, Some(RestMax::Agents(2)));
    assert_eq!(floor("", "rest_max = 0").queues[0].rest_max, Some(RestMax::Agents(0)));
    assert_eq!(floor("", "rest_max = \"10 %\"").queues[0].rest_max, Some(RestMax::Percent(10)));
    for (wrong, value) in [
        ("rest_max = \"0 %\"", "0 %"),
        ("rest_max = \"101 %\"", "101 %"),
        ("rest_max = \"few\"", "few"),
        ("rest_max = -1", "-1"),
    ] {
        let report = parse("test.toml", &text("", wrong), Path::new("")).unwrap_err().to_string();
        assert!(report.contains("rest_max") && report.contains(value), "{report}");
    }
    let report = parse("test.toml", &text("on_rest_end = \"later\"", ""), Path::new("")).unwrap_err().to_string();
    assert!(report.contains("on_rest_end") && report.contains("later"), "{report}");
}

#[test]
fn a_range_of_agents_is_written_once() {
    let config = demo_with(
        r#"
[[vdn]]
id = 171
domain = "b.example"
[[vdn.agent]]
ids = "20001-30000"
sign_in = "always"
phone = "sip:a{id}@127.0.0.1:5081"
"#,
    );
    let vdn = &config.vdns[1];
    assert_eq!(vdn.floor.agents.len(), 10_000);
    let last = vdn.phones.last().and_then(|phone| phone.fixed.as_ref()).expect("a fixed phone");
    assert_eq!(last.value, "sip:a30000@127.0.0.1:5081");
}

#[test]
fn what_an_outbound_rule_allows_may_be_a_target() {
    let rule = "[[sip.trunk]]\nname = \"carrier\"\nsources = [\"192.0.2.1\"]\nvdn = 170\n\
                [[sip.trunk.outbound]]\nprefix = \"0049\"\nto = \"sip:192.0.2.1\"\n";
    let text = DEMO.replace("[media]", &format!("{rule}\n[media]"));
    let treatment = "[vdn.queue.treatments]\ntimeout = \"external 0049301234567\"\n[[vdn.agent]]";
    let config = good(&text.replacen("[[vdn.agent]]", treatment, 1));
    let action = &config.vdns[0].floor.queues[1].treatments.of(Situation::Timeout).action;
    assert_eq!(*action, Action::External("0049301234567".into()));
}

/// The ```toml blocks of a document, one after another.
fn blocks(document: &str) -> String {
    let parts = document.split("```toml\n").skip(1);
    parts.filter_map(|part| part.split("```").next()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_manual_shows_a_file_without_a_mistake_and_the_real_defaults() {
    let shown = good(&blocks(include_str!("../../../../docs/configuration.md")));
    let bare = good("[[vdn]]\nid = 170\ndomain = \"sip.example.com\"\n[sip]\nlisten = \"192.0.2.10:5060\"\n");
    assert_eq!(shown.vdns[0].floor.settings, bare.vdns[0].floor.settings);
    assert_eq!(shown.vdns[0].feature_codes, bare.vdns[0].feature_codes);
    let usual = engine::Queue::new(QueueId(1), "Sales");
    let mut queue = shown.vdns[0].floor.queues[0].clone();
    assert!(!queue.hours.is_empty() && !queue.holidays.is_empty());
    assert_eq!((&queue.also[..], queue.skill_steps.len()), (&[QueueId(2)][..], 2));
    (queue.hours, queue.treatments) = (Vec::new(), usual.treatments.clone());
    (queue.also, queue.holidays, queue.skill_steps) = (Vec::new(), Vec::new(), Vec::new());
    assert_eq!(queue, usual);
    assert_eq!(shown.sip.limits, bare.sip.limits);
    assert_eq!(shown.sip.expires, bare.sip.expires);
    assert_eq!(shown.media.settings.ringback, bare.media.settings.ringback);
    assert_eq!(shown.faces.public.signature_window, bare.faces.public.signature_window);
    assert_eq!(shown.journal, bare.journal);
    assert_eq!(shown.log, bare.log);
}

/// The demo's text with one stretch of it replaced by anything.
fn damaged() -> impl Strategy<Value = String> {
    let length = DEMO.len();
    (0..length, 0_usize..40, prop_oneof![any::<String>(), "[\\[\\]{}=\",.0-9a-z_ \n-]{0,30}"]).prop_map(
        |(at, cut, put)| {
            let floor = |at: usize| (0..=at.min(DEMO.len())).rev().find(|at| DEMO.is_char_boundary(*at)).unwrap_or(0);
            let (head, tail) = (&DEMO[..floor(at)], &DEMO[floor(at + cut)..]);
            format!("{head}{put}{tail}")
        },
    )
}

/// Any value for any key that is known somewhere.
fn shuffled() -> impl Strategy<Value = String> {
    let keys: Vec<&str> =
        DEMO.lines().filter_map(|line| line.split_once(" = ").map(|(key, _)| key.trim_start_matches("# "))).collect();
    let value = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<String>().prop_map(|text| format!("{text:?}")),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("[[1], {}, \"x\"]".to_owned()),
        Just("true".to_owned()),
        Just("1979-05-27".to_owned()),
        Just("nan".to_owned()),
        "\"[0-9]{1,25} ?(s|ms|min|h|days)?\"",
    ];
    (proptest::sample::select(keys), value).prop_map(|(key, value)| {
        let replace = |line: &str| match line.split_once(" = ") {
            Some((found, _)) if found == key => format!("{key} = {value}"),
            Some(_) | None => line.to_owned(),
        };
        DEMO.lines().map(replace).collect::<Vec<_>>().join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn anything_is_read_or_its_mistakes_are_shown(text in prop_oneof![any::<String>(), damaged(), shuffled()]) {
        if let Err(report) = parse("any.toml", &text, Path::new("/nowhere")) {
            prop_assert!(report.to_string().contains("any.toml"));
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        if let Err(report) = parse("any.toml", &text, Path::new("/nowhere")) {
            prop_assert!(report.to_string().ends_with("in any.toml"));
        }
    }
}
