//! SIPp, for phones that misbehave on purpose and for many callers at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{Centre, eventually, free_port};

/// A running SIPp. Killed when dropped.
#[derive(Debug)]
pub struct Sipp {
    process: Child,
    messages: PathBuf,
    /// Its SIP port on 127.0.0.1.
    pub port: u16,
}

impl Sipp {
    /// Runs a scenario of `e2e/scenarios` against the centre, with further SIPp arguments.
    #[must_use]
    pub fn run(centre: &Centre, scenario: &str, arguments: &[&str]) -> Self {
        Self::run_at(centre, scenario, free_port(), arguments)
    }

    /// The same, at a port that is known beforehand: for agents with a fixed phone.
    ///
    /// # Panics
    /// When SIPp cannot be started.
    #[must_use]
    pub fn run_at(centre: &Centre, scenario: &str, port: u16, arguments: &[&str]) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario).with_extension("xml");
        let messages = centre.folder.join(format!("sipp-{scenario}-{port}.messages"));
        let log = fs::File::create(messages.with_extension("log")).expect("SIPp's log can be made");
        let errors = log.try_clone().expect("SIPp's log has a second handle");
        let process = Command::new("sipp")
            .arg("-sf")
            .arg(file)
            .args(["-i", "127.0.0.1", "-p", &port.to_string(), "-nostdin", "-timeout", "60s"])
            .args(["-trace_msg", "-message_file"])
            .arg(&messages)
            .args(arguments)
            .arg(format!("127.0.0.1:{}", centre.sip_port))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .env("TERM", "dumb")
            .current_dir(&centre.folder)
            .spawn()
            .expect("SIPp is installed: ./test.sh does that");
        Self { process, messages, port }
    }

    /// Waits until SIPp is through and says whether every call went as the scenario says.
    pub fn succeeded(&mut self) -> bool {
        eventually("SIPp comes to its end", || self.process.try_wait().ok().flatten()).success()
    }

    /// Waits until SIPp has sent or received a message that contains `text`.
    pub fn has_message(&self, text: &str) {
        eventually(&format!("SIPp at port {} has seen `{text}`", self.port), || {
            self.messages().contains(text).then_some(())
        });
    }

    /// All that went over the wire so far.
    #[must_use]
    pub fn messages(&self) -> String {
        fs::read_to_string(&self.messages).unwrap_or_default()
    }

    /// The messages it has received so far, but for the last one, which may not be written whole.
    #[must_use]
    pub fn received(&self) -> Vec<String> {
        let text = self.messages();
        let mut messages: Vec<&str> = text.split("\n-----------------------------------------------").collect();
        messages.pop();
        let received = messages.into_iter().filter_map(|message| {
            let (head, message) = message.split_once("\n\n")?;
            head.contains("message received").then(|| message.replace('\r', ""))
        });
        received.collect()
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
