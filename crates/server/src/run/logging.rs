//! The log: one line an event, for people or as JSON, on standard error.

use std::panic;

use tracing::Level;
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat, LogLevel};

/// The SIP library tells every message at `info`; we have our own words for what matters.
const LIBRARIES: &str = "rsipstack=warn,hyper=warn,rustls=warn,h2=warn";

/// Installs the log, and has panics written to it. `ANTEROOM_LOG` may hold finer directives, such as `sip=debug`.
pub(crate) fn start(log: Log) {
    let level = match log.level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    };
    let finer = std::env::var("ANTEROOM_LOG").unwrap_or_default();
    let filter = EnvFilter::builder().parse_lossy(format!("{level},{LIBRARIES},{finer}"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Another subscriber can only be there in a test, which then keeps it.
    let _ = match log.format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let why = panic.payload_as_str().unwrap_or("without a message");
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        tracing::error!(place, thread, "a fault of ours: {why}");
    }));
}
