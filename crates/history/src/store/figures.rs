//! Figures of five minutes: a table for each kind of key, a column for each figure.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::{AgentId, QueueId, VdnId};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, Transaction, params_from_iter};

use crate::figures::{AgentFigure, CallFigure, Figure, HelpFigure, QueueFigure, SlotKey, SlotRow, SlotStart, Values};

use super::{Archive, ArchiveError};

/// A table of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Queues,
    Agents,
    Calls,
    Help,
}

pub(super) const TABLES: [Table; 4] = [Table::Queues, Table::Agents, Table::Calls, Table::Help];

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Queues => "queue_figures",
            Self::Agents => "agent_figures",
            Self::Calls => "call_figures",
            Self::Help => "help_figures",
        }
    }

    /// The columns of the key and their types.
    const fn key(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Queues => &[("queue", "INTEGER")],
            Self::Agents => &[("agent", "INTEGER")],
            Self::Calls => &[("called", "TEXT"), ("anonymous", "INTEGER")],
            Self::Help => &[("by_queue", "INTEGER"), ("of_queue", "INTEGER")],
        }
    }

    /// The columns of the figures, and whether each is a longest one.
    fn figures(self) -> Vec<(&'static str, bool)> {
        fn of<F: Figure>() -> Vec<(&'static str, bool)> {
            F::ALL.iter().map(|figure| (figure.column(), figure.is_longest())).collect()
        }
        match self {
            Self::Queues => of::<QueueFigure>(),
            Self::Agents => of::<AgentFigure>(),
            Self::Calls => of::<CallFigure>(),
            Self::Help => of::<HelpFigure>(),
        }
    }

    const fn of(key: &SlotKey) -> Self {
        match key {
            SlotKey::Queue(_) => Self::Queues,
            SlotKey::Agent(_) => Self::Agents,
            SlotKey::Calls { .. } => Self::Calls,
            SlotKey::Help { .. } => Self::Help,
        }
    }
}

pub(super) fn declaration(table: Table) -> String {
    let name = table.name();
    let keys: Vec<_> = table.key().iter().map(|(key, kind)| format!("{key} {kind} NOT NULL,\n")).collect();
    let names: Vec<_> = table.key().iter().map(|(key, _)| *key).collect();
    let figures: Vec<_> = table.figures().iter().map(|(figure, _)| format!("{figure} INTEGER NOT NULL,\n")).collect();
    format!(
        "CREATE TABLE {name} (
            vdn INTEGER NOT NULL,
            {}start INTEGER NOT NULL,
            {}PRIMARY KEY (vdn, {}, start)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX {name}_by_time ON {name} (vdn, start);",
        keys.concat(),
        figures.concat(),
        names.join(", "),
    )
}

static INSERTS: LazyLock<BTreeMap<Table, String>> = LazyLock::new(|| {
    let insert = |table: Table| {
        let columns = 2 + table.key().len() + table.figures().len();
        format!("INSERT OR REPLACE INTO {} VALUES ({})", table.name(), vec!["?"; columns].join(", "))
    };
    TABLES.into_iter().map(|table| (table, insert(table))).collect()
});

pub(super) fn write(transaction: &Transaction<'_>, vdn: VdnId, row: &SlotRow) -> rusqlite::Result<()> {
    fn all<F: Figure>(values: &Values) -> Vec<u64> {
        F::ALL.iter().map(|figure| values.get(*figure)).collect()
    }
    let (keys, figures) = match &row.key {
        SlotKey::Queue(queue) => (vec![Value::from(queue.0)], all::<QueueFigure>(&row.values)),
        SlotKey::Agent(agent) => (vec![Value::from(agent.0)], all::<AgentFigure>(&row.values)),
        SlotKey::Calls { called, anonymous } => {
            (vec![Value::from(called.to_string()), Value::from(*anonymous)], all::<CallFigure>(&row.values))
        }
        SlotKey::Help { by, of } => (vec![Value::from(by.0), Value::from(of.0)], all::<HelpFigure>(&row.values)),
    };
    let figures = figures.into_iter().map(|value| Value::from(i64::try_from(value).unwrap_or(i64::MAX)));
    let start = std::iter::once(Value::from(row.start.0));
    let values = std::iter::once(Value::from(vdn.0)).chain(keys).chain(start).chain(figures);
    transaction.prepare_cached(&INSERTS[&Table::of(&row.key)])?.execute(params_from_iter(values))?;
    Ok(())
}

/// Forgets figures of slots before `before`, at most `max` of each kind; answers how many.
pub(super) fn prune(connection: &Connection, vdn: VdnId, before: SlotStart, max: u32) -> rusqlite::Result<usize> {
    let mut gone = 0;
    for table in TABLES {
        let (name, keys) = (table.name(), table.key());
        let key = keys.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
        let delete = format!(
            "DELETE FROM {name} WHERE (vdn, {key}, start) IN
                (SELECT vdn, {key}, start FROM {name} WHERE vdn = ?1 AND start < ?2 LIMIT ?3)"
        );
        gone += connection.prepare_cached(&delete)?.execute((vdn.0, before.0, max))?;
    }
    Ok(gone)
}

/// Forgets figures of slots from `from` on.
pub(super) fn forget(connection: &Connection, vdn: VdnId, from: SlotStart) -> rusqlite::Result<()> {
    for table in TABLES {
        let delete = format!("DELETE FROM {} WHERE vdn = ?1 AND start >= ?2", table.name());
        connection.prepare_cached(&delete)?.execute((vdn.0, from.0))?;
    }
    Ok(())
}

/// Whose figures are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Each of these queues.
    Queues(Vec<QueueId>),
    /// Each of these agents.
    Agents(Vec<AgentId>),
    /// All calls together: to this number, or to all; from withheld numbers or not, or both.
    Calls {
        /// The number that was called.
        called: Option<String>,
        /// Whether the caller's number was withheld.
        anonymous: Option<bool>,
    },
    /// What the agents of each of these queues did for others: one for each pair of queues.
    HelpBy(Vec<QueueId>),
}

/// Figures of one key over a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Whose; of calls to all numbers the empty number.
    pub key: SlotKey,
    /// When the stretch begins.
    pub start: SlotStart,
    /// The figures of all its slots together.
    pub values: Values,
}

impl Archive {
    /// The figures of the slots from `from` to before `until`, together for each stretch of `grain` seconds, counted from
    /// `from`. Only where something was counted; by key and time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn figures(
        &self,
        vdn: VdnId,
        whose: &Whose,
        (from, until): (SlotStart, SlotStart),
        grain: i64,
    ) -> Result<Vec<Bucket>, ArchiveError> {
        let span = (vdn, from, until, grain.max(1));
        self.read(|connection| match whose {
            Whose::Queues(queues) => each(queues, |queue| sum_by(connection, Table::Queues, "queue", queue.0, span)),
            Whose::Agents(agents) => each(agents, |agent| sum_by(connection, Table::Agents, "agent", agent.0, span)),
            Whose::HelpBy(queues) => each(queues, |queue| sum_by(connection, Table::Help, "by_queue", queue.0, span)),
            Whose::Calls { called, anonymous } => sum_calls(connection, called.as_deref(), *anonymous, span),
        })
    }
}

type Span = (VdnId, SlotStart, SlotStart, i64);

fn each<T: Copy>(keys: &[T], sum: impl Fn(T) -> rusqlite::Result<Vec<Bucket>>) -> rusqlite::Result<Vec<Bucket>> {
    let mut all = Vec::new();
    for key in keys {
        all.extend(sum(*key)?);
    }
    Ok(all)
}

fn sums(table: Table) -> String {
    let sum = |(figure, is_longest): (&str, bool)| {
        if is_longest { format!("max({figure})") } else { format!("sum({figure})") }
    };
    table.figures().into_iter().map(sum).collect::<Vec<_>>().join(", ")
}

fn sum_by(
    connection: &Connection,
    table: Table,
    by: &str,
    key: impl Into<i64>,
    span: Span,
) -> rusqlite::Result<Vec<Bucket>> {
    let (vdn, from, until, grain) = span;
    let keys = table.key().iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
    let query = format!(
        "SELECT ?3 + (start - ?3) / ?5 * ?5 AS bucket, {keys}, {} FROM {}
            WHERE vdn = ?1 AND {by} = ?2 AND start >= ?3 AND start < ?4
            GROUP BY {keys}, bucket ORDER BY {keys}, bucket",
        sums(table),
        table.name(),
    );
    let mut query = connection.prepare_cached(&query)?;
    let rows = query.query_map((vdn.0, key.into(), from.0, until.0, grain), |row| bucket(table, row))?;
    rows.collect()
}

fn sum_calls(
    connection: &Connection,
    called: Option<&str>,
    anonymous: Option<bool>,
    (vdn, from, until, grain): Span,
) -> rusqlite::Result<Vec<Bucket>> {
    let query = format!(
        "SELECT ?2 + (start - ?2) / ?4 * ?4 AS bucket, coalesce(?5, ''), coalesce(?6, 0), {} FROM call_figures
            WHERE vdn = ?1 AND start >= ?2 AND start < ?3
                AND (?5 IS NULL OR called = ?5) AND (?6 IS NULL OR anonymous = ?6)
            GROUP BY bucket ORDER BY bucket",
        sums(Table::Calls),
    );
    let mut query = connection.prepare_cached(&query)?;
    let values = (vdn.0, from.0, until.0, grain, called, anonymous);
    let rows = query.query_map(values, |row| bucket(Table::Calls, row))?;
    rows.collect()
}

/// Every slot of a VDN, by key and time.
pub(super) fn all(connection: &Connection, vdn: VdnId) -> rusqlite::Result<Vec<SlotRow>> {
    let mut all = Vec::new();
    for table in TABLES {
        let keys = table.key().iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
        let figures = table.figures().iter().map(|(figure, _)| *figure).collect::<Vec<_>>().join(", ");
        let query =
            format!("SELECT start, {keys}, {figures} FROM {} WHERE vdn = ?1 ORDER BY {keys}, start", table.name());
        let mut query = connection.prepare(&query)?;
        let rows = query.query_map([vdn.0], |row| bucket(table, row))?;
        let slot = |Bucket { key, start, values }| SlotRow { start, key, values };
        all.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().map(slot));
    }
    Ok(all)
}

fn bucket(table: Table, row: &Row<'_>) -> rusqlite::Result<Bucket> {
    let queue = |column| row.get(column).map(QueueId);
    let key = match table {
        Table::Queues => SlotKey::Queue(queue(1)?),
        Table::Agents => SlotKey::Agent(AgentId(row.get(1)?)),
        Table::Calls => SlotKey::Calls { called: row.get::<_, String>(1)?.into(), anonymous: row.get(2)? },
        Table::Help => SlotKey::Help { by: queue(1)?, of: queue(2)? },
    };
    let first = 1 + table.key().len();
    let values = (first..first + table.figures().len()).map(|column| row.get::<_, i64>(column));
    let values: Vec<i64> = values.collect::<rusqlite::Result<_>>()?;
    let values = values.into_iter().map(|value| u64::try_from(value).unwrap_or(0)).collect();
    Ok(Bucket { key, start: SlotStart(row.get(0)?), values: Values::of(values) })
}
