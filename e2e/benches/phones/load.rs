//! Callers and agents in numbers, by SIPp.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use e2e::free_port;

/// A running SIPp that writes its counters to a file.
pub(crate) struct Load {
    process: Child,
    statistics: PathBuf,
}

/// What SIPp counted in the end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) retransmissions: u64,
}

impl Load {
    /// Runs a scenario at `port` (0: any), on the given core.
    pub(crate) fn start(
        folder: &Path,
        scenario: &str,
        port: u16,
        core: &str,
        arguments: &[String],
        server: u16,
    ) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(scenario).with_extension("xml");
        let port = if port == 0 { free_port() } else { port };
        let statistics = folder.join(format!("{scenario}-{port}.csv"));
        let process = Command::new("taskset")
            .args(["-c", core, "sipp", "-sf"])
            .arg(file)
            .args(["-i", "127.0.0.1", "-p", &port.to_string(), "-nostdin", "-trace_stat", "-fd", "1", "-stf"])
            .arg(&statistics)
            .args(["-buff_size", "8388608", "-max_socket", "60000"])
            .args(arguments)
            .arg(format!("127.0.0.1:{server}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .env("TERM", "dumb")
            .current_dir(folder)
            .spawn()
            .expect("SIPp is installed: ./test.sh does that");
        Self { process, statistics }
    }

    /// Waits for its end and reads the counters.
    pub(crate) fn finish(mut self) -> Counted {
        let _ = self.process.wait();
        self.counted()
    }

    /// The counters of the last second.
    pub(crate) fn counted(&self) -> Counted {
        let text = fs::read_to_string(&self.statistics).unwrap_or_default();
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap_or_default().split(';').collect();
        let last: Vec<&str> = lines.next_back().unwrap_or_default().split(';').collect();
        let value = |name: &str| {
            let column = names.iter().position(|known| *known == name)?;
            last.get(column)?.parse().ok()
        };
        Counted {
            succeeded: value("SuccessfulCall(C)").unwrap_or(0),
            failed: value("FailedCall(C)").unwrap_or(0),
            retransmissions: value("Retransmissions(C)").unwrap_or(0),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
