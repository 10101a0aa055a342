//! The command line, as people and scripts see it: the real program, its texts and its exit codes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn anteroom(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anteroom"));
    command.args(arguments).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).env_remove("ANTEROOM_SK");
    command.env("COLUMNS", "100").output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8")
}

/// Compares with the file `name`; `ANTEROOM_GOLDEN=write` writes it anew, for somebody to read before committing.
fn golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    if std::env::var("ANTEROOM_GOLDEN").is_ok_and(|wish| wish == "write") {
        fs::write(&path, actual).expect("the golden file can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{} differs; see `golden` in this file", path.display());
}

#[test]
fn every_mistake_is_shown_with_its_place_and_what_to_write_instead() {
    for name in ["floor", "edges", "syntax"] {
        let output = anteroom(&["check-config", &format!("mistakes/{name}.toml")]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert_eq!(text(&output.stdout), "", "{name}");
        golden(&format!("mistakes/{name}.txt"), &text(&output.stderr));
    }
}

#[test]
fn no_secret_is_shown_with_the_mistakes() {
    for name in ["floor", "edges", "syntax"] {
        let shown = text(&anteroom(&["check-config", &format!("mistakes/{name}.toml")]).stderr);
        for secret in ["a-secret", "one-for-all", "\"short\"", "hush", "hidden-value"] {
            assert!(!shown.contains(secret), "{name} shows {secret}");
        }
    }
}

#[test]
fn a_server_does_not_start_with_a_mistaken_file() {
    let output = anteroom(&["serve", "--config", "mistakes/floor.toml"]);
    assert_eq!(output.status.code(), Some(2));
    golden("mistakes/floor.txt", &text(&output.stderr));
}

#[test]
fn the_example_has_no_mistake() {
    let output = anteroom(&["check-config", "../../../examples/demo.toml"]);
    assert_eq!(output.status.code(), Some(0));
    golden("check_config.txt", &text(&output.stdout));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = anteroom(&["check-config", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("nowhere.toml: "), "{}", text(&output.stderr));
}

#[test]
fn help_tells_each_command_with_examples() {
    let commands: [&[&str]; 23] = [
        &["--help"],
        &["serve", "--help"],
        &["demo", "--help"],
        &["check-config", "--help"],
        &["ask", "--help"],
        &["ask", "private-calls", "--help"],
        &["ask", "agentgroup/teamagentstatusinfo", "--help"],
        &["completions", "--help"],
        &["sign", "--help"],
        &["journal", "--help"],
        &["replay", "--help"],
        &["what-if", "--help"],
        &["keys", "--help"],
        &["keys", "init", "--help"],
        &["keys", "create", "--help"],
        &["keys", "list", "--help"],
        &["keys", "rotate", "--help"],
        &["keys", "disable", "--help"],
        &["keys", "remove", "--help"],
        &["keys", "audit", "--help"],
        &["conformance", "--help"],
        &["bench", "--help"],
        &["bench", "api", "--help"],
    ];
    let mut all = String::new();
    for arguments in commands {
        let output = anteroom(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        all.push_str(&format!("$ anteroom {}\n{}\n", arguments.join(" "), text(&output.stdout)));
    }
    golden("help.txt", &all);
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let cases: [&[&str]; 10] = [
        &[],
        &["serve"],
        &["demo", "--address", "192.0.2.1"],
        &["ask", "private-calls", "--cc", "1", "--vdn", "170", "--agent", "1099", "--base", "http://127.0.0.1"],
        &["sign", "--url", "https://h/p", "--ak", "a/b", "--sk", "s"],
        &["sign", "--url", "https://h/p", "--ak", "a"],
        &["keys", "list", "--config", "../../../examples/demo.toml"],
        &["keys", "create", "a", "--vdn", "0", "--config", "../../../examples/demo.toml"],
        &["keys", "create", "a", "--vdn", "170", "--groups", "agent", "--config", "../../../examples/demo.toml"],
        &["keys", "rotate", "a", "--old-ends-in", "7", "--config", "../../../examples/demo.toml"],
    ];
    for arguments in cases {
        let output = anteroom(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_server_that_is_not_there_cannot_be_asked() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let base = format!("https://{}", free.expect("a free port"));
    let question = ["ask", "private-calls", "--cc", "1", "--vdn", "170", "--agent", "1099", "--ak", "demo", "--sk"];
    let output = anteroom(&[&question[..], &["demo-secret-key", "--base", &base, "--insecure"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot be asked"), "{}", text(&output.stderr));
}

#[test]
fn the_bench_measures_ours_and_the_bare_handler() {
    let output = anteroom(&["bench", "api", "--comparison", "--connections", "1,4", "--rounds", "1", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for name in ["bare handler, 1", "agentprivatecall, 1", "bare handler, 4", "agentprivatecall, 4"] {
        let (rate, cost) = (&figures[name]["perSecond"], &figures[name]["processorMicros"]);
        assert!(rate.as_f64() > Some(0.0) && cost.as_f64() > Some(0.0), "{figures}");
        assert!(figures[name]["p50Micros"].as_f64() <= figures[name]["p99Micros"].as_f64(), "{figures}");
    }
    assert!(figures["ratio, 4"]["rate"].as_f64() > Some(0.0), "{figures}");
}
