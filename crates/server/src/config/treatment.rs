//! Treatments as they are written: `"release"`, `"agent 1099"`, `{ do = "queue 2", else = "release" }`.

use engine::AgentId;
use toml::Spanned;
use toml::de::DeValue;

use super::mistake::At;
use super::reader::{Reader, Written, Wrong, integer};

/// How many things a treatment may try, one after another.
const STEPS_MAX: usize = 8;

/// A queue, by its number or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum QueueRef {
    Id(u16),
    Name(String),
}

impl QueueRef {
    pub(crate) fn of(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

impl Written for QueueRef {
    const FORM: &'static str = "the id or the name of a queue, such as 1 or \"Sales\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match integer(value) {
            Some(id) => u16::try_from(id).map(Self::Id).map_err(|_| Wrong::new(format!("is {id}"))),
            None => String::read(value).map(|text| Self::of(&text)),
        }
    }
}

/// What to do with a call, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Do {
    Release,
    Stay,
    Queue(QueueRef),
    Agent(AgentId),
    External(String),
}

impl Written for Do {
    const FORM: &'static str = "\"release\", \"stay\", \"queue 2\", \"agent 1099\" or \"external 0049301234567\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        let wrong = || Wrong::new(format!("is \"{text}\""));
        let (verb, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        match (verb, rest) {
            ("release", "") => Ok(Self::Release),
            ("stay", "") => Ok(Self::Stay),
            ("queue", name) if !name.is_empty() => Ok(Self::Queue(QueueRef::of(name))),
            ("agent", id) => id.parse().map(|id| Self::Agent(AgentId(id))).map_err(|_| wrong()),
            ("external", target) if !target.is_empty() => Ok(Self::External(target.to_owned())),
            _ => Err(wrong()),
        }
    }
}

/// A treatment as it is written: what to do first, and what when that is refused, and so on.
#[derive(Clone, Debug)]
pub(crate) struct WrittenTreatment {
    /// In the order in which they are tried; never empty.
    pub(crate) steps: Vec<At<Do>>,
}

/// The treatment under `key`, if there is one.
pub(crate) fn treatment(reader: &Reader<'_>, key: &'static str) -> Option<WrittenTreatment> {
    let mut steps = Vec::new();
    read_steps(reader, key, reader.value(key)?, &mut steps);
    (!steps.is_empty()).then_some(WrittenTreatment { steps })
}

fn read_steps<'a>(reader: &Reader<'a>, key: &'static str, value: &'a Spanned<DeValue<'a>>, steps: &mut Vec<At<Do>>) {
    if !value.get_ref().is_table() {
        steps.extend(reader.read::<Do>(key, value));
        return;
    }
    let Some(table) = reader.as_table(value, &format!("{{ do, else }} of `{key}`")) else { return };
    steps.push(table.need("do", Do::Stay));
    let Some(fallback) = table.value("else") else { return };
    if steps.len() == STEPS_MAX {
        let what = format!("`{key}` has more than {STEPS_MAX} steps");
        reader.mistakes().say(fallback.span().into(), what, "end with \"release\" or \"stay\"".to_owned());
        return;
    }
    read_steps(&table, "else", fallback, steps);
}
