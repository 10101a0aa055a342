//! The server as a process: started, asked, told to read its file again, stopped, started again.

use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_anteroom");

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with ports and a folder of its own. Killed when dropped.
struct Server {
    folder: PathBuf,
    public: u16,
    internal: u16,
    sip: u16,
    process: Option<Child>,
}

/// A port that is free for UDP and TCP at this moment.
fn free_port() -> u16 {
    for _ in 0..100 {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address: SocketAddr = tcp.local_addr().expect("a bound socket has an address");
        if UdpSocket::bind(address).is_ok() {
            return address.port();
        }
    }
    panic!("no port is free for UDP and TCP");
}

fn eventually<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(found) = find() {
            return found;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    panic!("{what}: not within {PATIENCE:?}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Server {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("anteroom-run-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the test's folder can be made");
        let server = Self { folder, public: free_port(), internal: free_port(), sip: free_port(), process: None };
        server.configure("1001, 1099");
        server
    }

    fn configure(&self, agents: &str) {
        let Self { public, internal, sip, .. } = self;
        let demo = include_str!("../../../examples/demo.toml");
        let text = demo
            .replace("127.0.0.1:5060", &format!("127.0.0.1:{sip}"))
            .replace("127.0.0.1:28443", &format!("127.0.0.1:{public}"))
            .replace("127.0.0.1:28080", &format!("127.0.0.1:{internal}"))
            .replace("1001-1005, 1099", agents);
        fs::write(self.folder.join("centre.toml"), text).expect("the configuration can be written");
    }

    fn spawn(&self) -> Child {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log"));
        let log = log.expect("the log can be made");
        let mut command = Command::new(PROGRAM);
        command.arg("serve").arg("--config").arg(self.folder.join("centre.toml")).args(["--threads", "1"]);
        command.arg("--data").arg(self.data()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().expect("the program runs")
    }

    fn start(&mut self) {
        self.process = Some(self.spawn());
        eventually("the server is ready", || self.get("/readyz").filter(|(status, _)| *status == 200));
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn get(&self, path: &str) -> Option<(u16, String)> {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut answer = agent.get(format!("http://127.0.0.1:{}{path}", self.internal)).call().ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
    }

    fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("the server runs");
        let status = Command::new("kill").args(["-s", name, &process.id().to_string()]).status();
        assert!(status.expect("there is kill").success());
    }

    /// Waits for the end; the exit code.
    fn wait(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("the server runs");
        eventually("the server ends", || process.try_wait().ok().flatten()).code()
    }

    fn ask(&self, agent: &str, sk: &str) -> Output {
        self.ask_as("demo", agent, sk)
    }

    fn ask_as(&self, ak: &str, agent: &str, sk: &str) -> Output {
        let base = format!("https://127.0.0.1:{}", self.public);
        let mut command = Command::new(PROGRAM);
        command.args(["ask", "private-calls", "--cc", "1", "--vdn", "170", "--agent", agent, "--base", &base]);
        command.args(["--ak", ak]).env("ANTEROOM_SK", sk).arg("--data").arg(self.data());
        command.output().expect("the program runs")
    }

    fn keys(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.arg("keys").args(arguments).arg("--config").arg(self.folder.join("centre.toml"));
        command.arg("--data").arg(self.data()).output().expect("the program runs")
    }

    fn keys_json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.keys(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn journal(&self, more: &[&str]) -> String {
        let output = Command::new(PROGRAM).arg("journal").arg("--data").arg(self.data()).args(more).output();
        let output = output.expect("the program runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if std::thread::panicking() {
            eprintln!("the log of {}:\n{}", self.folder.display(), self.log());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("the file is there").permissions().mode() & 0o777
}

#[test]
fn a_server_is_asked_reads_its_file_again_and_stops_in_order() {
    let mut server = Server::new("whole");
    server.start();

    let answer = server.ask("1099", "demo-secret-key");
    assert_eq!(answer.status.code(), Some(0), "{}", text(&answer.stderr));
    assert_eq!(text(&answer.stdout), "No call waits for agent 1099 alone.\n");
    let refused = server.ask("1099", "another-secret-key");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("401"), "{}", text(&refused.stderr));
    let unknown = server.ask("1002", "demo-secret-key");
    assert!(text(&unknown.stderr).contains("0100002"), "{}", text(&unknown.stderr));
    assert_eq!(mode(&server.data()), 0o700);
    assert_eq!(mode(&server.data().join("tls/key.pem")), 0o600);

    let (_, metrics) = server.get("/metrics").expect("the internal face answers");
    assert!(metrics.contains("anteroom_agents{vdn=\"170\",doing=\"signed_out\"} 7"), "{metrics}");

    server.configure("1001, 1002, 1099");
    server.signal("HUP");
    eventually("agent 1002 is there", || server.ask("1002", "demo-secret-key").status.success().then_some(()));
    assert!(server.log().contains("configured: agent 1002 \"Agent 1002\" is new or changed"), "{}", server.log());
    assert!(!server.log().contains("configured: agent 1001 \"Agent 1001\" is no more"));
    server.configure("1, 1002, 1099");
    server.signal("HUP");
    eventually("the mistake is logged", || server.log().contains("`ids` is \"1, 1002, 1099\"").then_some(()));
    assert!(server.ask("1001", "demo-secret-key").status.success());

    server.signal("TERM");
    assert_eq!(server.wait(), Some(0), "{}", server.log());
    assert!(server.log().contains("stopped"));
    assert!(!server.log().contains("demo-secret-key") && !server.log().contains("demo-1099"));
}

#[test]
fn a_second_start_continues_and_the_journal_can_be_read_meanwhile() {
    let mut server = Server::new("again");
    server.start();
    let whole = server.journal(&[]);
    assert!(whole.contains("Configure: 2 queues, 7 agents"), "{whole}");
    assert!(whole.contains("queue 1 \"Sales\" is new or changed"), "{whole}");
    let position = |server: &Server| {
        let state: serde_json::Value = serde_json::from_str(&server.journal(&["--state", "--json"])).expect("JSON");
        (state["position"].as_u64().expect("a position"), state)
    };
    let (before, state) = position(&server);
    assert!(before >= 1);
    assert_eq!(state["agents"].as_array().map(Vec::len), Some(7));
    assert_eq!(state["queues"][0]["name"], "Sales");

    let mut second = server.spawn();
    let status = eventually("the second server gives up", || second.try_wait().ok().flatten());
    assert_eq!(status.code(), Some(1));
    eventually("it says why", || server.log().contains("in use").then_some(()));

    server.signal("KILL");
    server.wait();
    server.start();
    assert_eq!(position(&server).0, before, "an unchanged configuration writes nothing");
    for line in server.journal(&["--json", "--from", "1"]).lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        assert_eq!(record["vdn"], 170);
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let server = Server::new("taken");
    let _taken = TcpListener::bind(("127.0.0.1", server.public)).expect("the port is free");
    let mut process = server.spawn();
    let status = eventually("the server gives up", || process.try_wait().ok().flatten());
    assert_eq!(status.code(), Some(1));
    assert!(server.log().contains(&format!("127.0.0.1:{}", server.public)), "{}", server.log());
}

#[test]
fn keys_are_made_rotated_disabled_and_removed_while_the_server_runs() {
    let mut server = Server::new("keys");
    let master = server.folder.join("master.key");
    let made = Command::new(PROGRAM).args(["keys", "init"]).arg(&master).output().expect("the program runs");
    assert_eq!((made.status.code(), mode(&master)), (Some(0), 0o600), "{}", text(&made.stderr));
    let file = server.folder.join("centre.toml");
    let plain = fs::read_to_string(&file).expect("the configuration can be read");
    let with_store = format!("{plain}\n[keys]\nmaster_key_file = \"master.key\"\n");
    fs::write(&file, with_store).expect("the configuration can be written");
    server.start();

    let is_accepted = |server: &Server, sk: &str| {
        let answer = server.ask_as("wallboard", "1099", sk);
        answer.status.success().then_some(()).ok_or_else(|| text(&answer.stderr))
    };
    let sk = |value: &serde_json::Value| value["sk"].as_str().expect("a secret").to_owned();
    let first = sk(&server.keys_json(&["create", "wallboard", "--vdn", "170"]));
    eventually("the new key is accepted", || is_accepted(&server, &first).ok());
    let taken = server.keys(&["create", "demo", "--vdn", "170"]);
    assert_eq!(taken.status.code(), Some(2), "the configuration file has a key of that name");

    let second = sk(&server.keys_json(&["rotate", "wallboard", "--old-ends-in", "1 h"]));
    eventually("the second secret is accepted", || is_accepted(&server, &second).ok());
    assert_eq!(is_accepted(&server, &first), Ok(()), "the old one still is");
    let third = sk(&server.keys_json(&["rotate", "wallboard", "--old-ends-in", "0 s", "--end-oldest"]));
    eventually("the third secret is accepted", || is_accepted(&server, &third).ok());
    assert!(is_accepted(&server, &first).is_err() && is_accepted(&server, &second).is_err());

    server.keys_json(&["disable", "wallboard"]);
    eventually("the disabled key is refused", || is_accepted(&server, &third).err());
    server.keys_json(&["enable", "wallboard"]);
    eventually("the enabled key is accepted", || is_accepted(&server, &third).ok());
    server.keys_json(&["create", "reports", "--vdn", "all", "--groups", "history"]);
    server.keys_json(&["remove", "wallboard"]);
    let refused = eventually("the removed key is refused", || is_accepted(&server, &third).err());
    assert!(refused.contains("401"), "{refused}");
    assert!(server.ask("1099", "demo-secret-key").status.success(), "the key of the file goes on");

    let listed = server.keys_json(&["list"]);
    assert_eq!((listed[0]["ak"].as_str(), listed[0]["groups"].as_str()), (Some("reports"), Some("history")));
    eventually("the refusals are in the audit log", || {
        let log = text(&server.keys(&["audit"]).stdout);
        let causes = ["another signature", "disabled access key", "unknown access key", "anteroom keys rotate"];
        causes.iter().all(|cause| log.contains(cause)).then_some(())
    });
    let shown = server.log() + &text(&server.keys(&["audit"]).stdout) + &text(&server.keys(&["list"]).stdout);
    assert!(![first, second, third].iter().any(|secret| shown.contains(secret)));

    server.signal("TERM");
    assert_eq!(server.wait(), Some(0), "{}", server.log());
    server.start();
    assert_eq!(server.keys_json(&["list"]).as_array().map(Vec::len), Some(1), "the store survives");
    fs::remove_file(&master).expect("the master key can be removed");
    let without = server.keys(&["list"]);
    assert_eq!(without.status.code(), Some(2), "{}", text(&without.stdout));
    assert!(text(&without.stderr).contains("master.key"), "{}", text(&without.stderr));
}

#[test]
fn anteroom_answers_as_the_documents_say() {
    let mut server = Server::new("conformance");
    server.start();
    let mut command = Command::new(PROGRAM);
    command.args(["conformance", "--base", &format!("https://127.0.0.1:{}", server.public), "--ak", "demo"]);
    let output = command.env("ANTEROOM_SK", "demo-secret-key").arg("--data").arg(server.data()).output();
    let output = output.expect("the program runs");
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{report}\n{}", text(&output.stderr));
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.txt");
    if std::env::var("ANTEROOM_GOLDEN").is_ok_and(|wish| wish == "write") {
        fs::write(&kept, &report).expect("the report can be written");
    }
    assert_eq!(fs::read_to_string(&kept).unwrap_or_default(), report, "docs/conformance.txt is another");
}
