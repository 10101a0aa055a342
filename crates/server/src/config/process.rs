//! What the process keeps and tells: `[journal]`, `[log]`, `[process]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::reader::Reader;
use super::written::{DAY, duration, words};

/// Where the journal is, and how long entries are kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Journal {
    pub(crate) store: Store,
    /// The folder of the journal, its snapshots, and a self-signed certificate.
    pub(crate) data: PathBuf,
    /// How long entries are kept.
    pub(crate) keep: Duration,
    /// How long the history keeps calls and operations, and figures.
    pub(crate) history: history::Options,
    /// After how many records a snapshot is made.
    pub(crate) snapshot_every: u64,
}

/// What keeps the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// One file, durable before effect.
    Sqlite,
    /// Nothing survives the process.
    Memory,
}

words!(Store, "\"sqlite\" or \"memory\"", { "sqlite" => Self::Sqlite, "memory" => Self::Memory });

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// A line for people.
    Text,
    /// An object a line.
    Json,
}

words!(LogFormat, "\"text\" or \"json\"", { "text" => Self::Text, "json" => Self::Json });

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

words!(LogLevel, "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"", {
    "error" => Self::Error,
    "warn" => Self::Warn,
    "info" => Self::Info,
    "debug" => Self::Debug,
    "trace" => Self::Trace,
});

/// The log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: LogLevel,
}

/// The folder of the journal when nothing names another: in the folder where the server is started.
pub(crate) const DATA: &str = "anteroom-data";

/// Reads `[journal]`; a relative data folder starts in `folder`.
pub(crate) fn journal(root: &Reader<'_>, folder: &Path) -> Journal {
    let (keep, every, history) = (DAY * 30, 100_000, history::Options::default());
    let Some(reader) = root.table("journal") else {
        return Journal { store: Store::Sqlite, data: PathBuf::from(DATA), keep, history, snapshot_every: every };
    };
    Journal {
        store: reader.get_or("store", Store::Sqlite),
        data: reader.get::<PathBuf>("data").map_or_else(|| PathBuf::from(DATA), |data| folder.join(data.value)),
        keep: duration(&reader, "keep", DAY..=DAY * 3650, keep),
        history: history::Options {
            keep: duration(&reader, "history_keep", DAY..=DAY * 3650, history.keep),
            figures_keep: duration(&reader, "figures_keep", DAY..=DAY * 3650, history.figures_keep),
        },
        snapshot_every: reader.number_or("snapshot_every", 1_000..=10_000_000, every),
    }
}

/// Reads `[log]`.
pub(crate) fn log(root: &Reader<'_>) -> Log {
    let Some(reader) = root.table("log") else { return Log { format: LogFormat::Text, level: LogLevel::Info } };
    Log { format: reader.get_or("format", LogFormat::Text), level: reader.get_or("level", LogLevel::Info) }
}

/// Reads `[process]`: how many threads serve SIP, and as many HTTP; none: as many as there are processors.
pub(crate) fn threads(root: &Reader<'_>) -> Option<usize> {
    let reader = root.table("process")?;
    let threads = reader.number("threads", 1..=256_u16)?;
    Some(usize::from(threads.value))
}
