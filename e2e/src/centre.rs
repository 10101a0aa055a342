//! A running server with its own ports and data folder.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::{eventually, free_port};

/// How a server is set up apart from its floor.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// A command in front of the server's own: `taskset -c 0`, for instance.
    pub wrapper: &'a [&'a str],
    /// Whether waiting callers hear anything.
    pub hold_audio: bool,
    /// `sqlite` or `memory`.
    pub journal: &'a str,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self { wrapper: &[], hold_audio: true, journal: "sqlite" }
    }
}

/// A running `anteroom serve`. Killed when dropped; its folder stays when the test fails.
#[derive(Debug)]
pub struct Centre {
    /// Configuration, journal, logs, recordings.
    pub folder: PathBuf,
    /// SIP, UDP and TCP.
    pub sip_port: u16,
    /// The public HTTPS face.
    pub public_port: u16,
    /// The internal face.
    pub internal_port: u16,
    process: Option<Child>,
}

impl Centre {
    /// Starts a server for VDN 170 of call centre 1 with this floor: the text of the `[[vdn]]` table's parts and of
    /// anything else that differs between tests.
    #[must_use]
    pub fn start(name: &str, floor: &str) -> Self {
        Self::start_with(name, floor, Setup::default())
    }

    /// The same, set up in another way.
    ///
    /// # Panics
    /// When the folder cannot be made, or the server does not get ready.
    #[must_use]
    pub fn start_with(name: &str, floor: &str, setup: Setup<'_>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("anteroom-{name}-{}-{count}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the test's folder can be made");
        let mut centre =
            Self { sip_port: free_port(), public_port: free_port(), internal_port: free_port(), folder, process: None };
        fs::write(centre.configuration(), centre.head(setup) + floor).expect("the configuration can be written");
        centre.start_again_with(setup.wrapper);
        centre
    }

    fn head(&self, setup: Setup<'_>) -> String {
        format!(
            "[centre]\ncc = 1\n\n[sip]\nlisten = \"127.0.0.1:{sip}\"\n\n\
             [[sip.trunk]]\nname = \"loopback\"\nsources = [\"127.0.0.0/8\"]\nvdn = 170\n\n\
             [media]\naddress = \"127.0.0.1\"\nports = \"33000-59999\"\nhold_audio = {hold_audio}\n\n\
             [public]\nlisten = \"127.0.0.1:{public}\"\n\n\
             [internal]\nlisten = \"127.0.0.1:{internal}\"\n\n\
             [journal]\nstore = \"{journal}\"\n\n\
             [[access_key]]\nak = \"demo\"\nsk = \"demo-secret-key\"\nvdns = [170]\n\n\
             [[v1.key]]\nname = \"desk\"\nkey = \"demo-supervisor-key\"\nrole = \"supervisor\"\nvdns = [170]\n\n",
            sip = self.sip_port,
            public = self.public_port,
            internal = self.internal_port,
            hold_audio = setup.hold_audio,
            journal = setup.journal,
        )
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("anteroom.toml")
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts the server again on the same data.
    pub fn start_again(&mut self) {
        self.start_again_with(&[]);
    }

    fn start_again_with(&mut self, wrapper: &[&str]) {
        assert!(self.process.is_none(), "the server runs already");
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.join("server.log"));
        let log = log.expect("the server's log can be made");
        let errors = log.try_clone().expect("the server's log has a second handle");
        let program = binary();
        let mut words = wrapper.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        words.push(program.display().to_string());
        let process = Command::new(&words[0])
            .args(&words[1..])
            .args(["serve", "--config"])
            .arg(self.configuration())
            .arg("--data")
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("the server is built: ./test.sh does that");
        self.process = Some(process);
        eventually("the server is ready", || {
            let exit = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
            assert!(exit.is_none(), "the server ended: {exit:?}, see {}", self.folder.join("server.log").display());
            (self.internal("/readyz")?.0 == 200).then_some(())
        });
    }

    /// Ends the server at once, with nothing said or written any more (`kill -9`).
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the server runs");
        process.kill().expect("the server can be killed");
        let _ = process.wait();
    }

    /// The server's process.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// The ids in an agent's private queue, asked of the signed interface with curl and openssl.
    ///
    /// # Panics
    /// When the answer is not the documented one.
    #[must_use]
    pub fn private_calls(&self, agent: u32) -> Vec<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/private-calls.sh");
        let output = Command::new(script)
            .args(["1", "170", &agent.to_string()])
            .env("BASE", format!("https://127.0.0.1:{}", self.public_port))
            .env("CA", self.data().join("tls/certificate.pem"))
            .output()
            .expect("bash, curl and openssl are installed: ./test.sh does that");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("not JSON: {output:?}"));
        assert_eq!(answer["resultCode"], "0100000", "{answer}");
        assert_eq!(answer["result"], "0", "{answer}");
        assert_eq!(answer["resultDatas"], answer["resultDesc"], "{answer}");
        let ids = answer["resultDesc"].as_array().unwrap_or_else(|| panic!("no ids: {answer}"));
        ids.iter().map(|id| id.as_str().expect("a call id is a string").to_owned()).collect()
    }

    /// A supervisor's POST to our own face, by curl: the HTTP status.
    ///
    /// # Panics
    /// When curl cannot be run, or says no status.
    #[must_use]
    pub fn supervisor(&self, path: &str, body: &str) -> u16 {
        let json = "Content-Type: application/json";
        let output = self.curl(path, &["--output", "/dev/null", "--write-out", "%{http_code}", "-H", json, "-d", body]);
        let status = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        status.parse().unwrap_or_else(|_| panic!("no status: {output:?}"))
    }

    /// What our own face shows a supervisor, by curl.
    ///
    /// # Panics
    /// When curl cannot be run, or shows no JSON.
    #[must_use]
    pub fn shown(&self, path: &str) -> Value {
        let output = self.curl(path, &[]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("not JSON: {output:?}"))
    }

    fn curl(&self, path: &str, arguments: &[&str]) -> Output {
        Command::new("curl")
            .args(["--silent", "--show-error", "-H", "Authorization: Bearer demo-supervisor-key", "--cacert"])
            .arg(self.data().join("tls/certificate.pem"))
            .args(arguments)
            .arg(format!("https://127.0.0.1:{}/api/v1/vdns/170/{path}", self.public_port))
            .output()
            .expect("curl is installed: ./test.sh does that")
    }

    /// Waits until that many calls wait in an agent's private queue, and returns their ids in order.
    #[must_use]
    pub fn private_calls_are(&self, agent: u32, count: usize) -> Vec<String> {
        eventually(&format!("{count} private calls wait for agent {agent}"), || {
            let ids = self.private_calls(agent);
            (ids.len() == count).then_some(ids)
        })
    }

    /// A GET on the internal listener: status and body. None while nobody listens.
    #[must_use]
    pub fn internal(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.internal_port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
    }

    /// Waits until a metric has this value. Labels are part of the name, as the text format writes them.
    pub fn metric_is(&self, name: &str, value: f64) {
        eventually(&format!("{name} is {value}"), || {
            let (_, text) = self.internal("/metrics")?;
            let line = text.lines().find(|line| line.split(' ').next() == Some(name))?;
            (line.split(' ').nth(1)?.parse() == Ok(value)).then_some(())
        });
    }

    /// Runs another command of the binary on this server's data.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Output {
        Command::new(binary()).args(arguments).output().expect("the server is built: ./test.sh does that")
    }

    /// What a start would recover from the journal: `anteroom journal --state --json`.
    ///
    /// # Panics
    /// When the journal cannot be read.
    #[must_use]
    pub fn recovered(&self) -> Value {
        let output = self.command(&["journal", "--state", "--json", "--data", &self.data().display().to_string()]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("not JSON: {output:?}"))
    }

    /// Waits until the journal says this of the floor.
    pub fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) {
        eventually(what, || is_so(&self.recovered()).then_some(()));
    }

    /// The server's log so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("server.log")).unwrap_or_default()
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if std::thread::panicking() {
            eprintln!("what the server and the phones said is kept in {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The server's binary: beside the folder of this test's own.
fn binary() -> PathBuf {
    let test = env::current_exe().expect("a running test has a path");
    let folder = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    folder.join("anteroom")
}
