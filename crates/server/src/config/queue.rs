//! `[[vdn.queue]]`: a queue, the numbers that lead to it, and what it does with calls.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use engine::{Queue, QueueId, RestMax, Situation, SkillStep, Strategy};
use sip::settings::FeatureCodes;
use toml::Spanned;
use toml::de::DeValue;

use super::holidays::holidays;
use super::hours::Hours;
use super::mistake::{At, Mistakes, Span};
use super::reader::{Reader, Written, Wrong, integer, nearest};
use super::treatment::{QueueRef, WrittenTreatment, treatment};
use super::vdn::Number;
use super::written::{DAY, duration, seconds, span, words};

/// How long an offer may ring.
pub(crate) const RING_MAX: RangeInclusive<Duration> = seconds(1)..=seconds(600);
/// In which time the priority of a waiting call may grow by one.
pub(crate) const PRIORITY_STEP: RangeInclusive<Duration> = seconds(1)..=DAY;
/// How many skill steps a queue may have.
const SKILL_STEPS_MAX: usize = 8;
/// How long wrap-up may last.
pub(crate) const WRAP_UP: RangeInclusive<Duration> = Duration::ZERO..=DAY;

/// A queue as it is written: references to other queues and to agents are still words.
#[derive(Debug)]
pub(crate) struct WrittenQueue {
    /// With every setting but its treatments and `also`.
    pub(crate) queue: Queue,
    /// Where its id is written.
    pub(crate) id_at: Span,
    /// Where its name is written.
    pub(crate) name_at: Span,
    pub(crate) treatments: Vec<(Situation, WrittenTreatment)>,
    /// Further queues whose agents may take its calls.
    pub(crate) also: Vec<At<QueueRef>>,
    access_codes: Vec<At<Code>>,
    priority: u8,
}

words!(Strategy, "\"longest-idle\", \"round-robin\", \"least-talked\" or \"best-skilled\"", {
    "longest-idle" => Self::LongestIdle,
    "round-robin" => Self::RoundRobin,
    "least-talked" => Self::LeastTalked,
    "best-skilled" => Self::BestSkilled,
});

/// The situations by the keys of `[vdn.queue.treatments]`.
const SITUATIONS: [(&str, Situation); 6] = [
    ("closed", Situation::Closed),
    ("no_agents", Situation::NoAgents),
    ("overflow", Situation::Overflow),
    ("busy", Situation::Busy),
    ("timeout", Situation::Timeout),
    ("cancelled", Situation::Cancelled),
];

/// Reads every `[[vdn.queue]]` of a VDN.
pub(crate) fn read_all(vdn: &Reader<'_>) -> Vec<WrittenQueue> {
    vdn.tables("queue").iter().map(read).collect()
}

fn read(reader: &Reader<'_>) -> WrittenQueue {
    let id = reader.need_number("id", 1..=u16::MAX, 0);
    let name = reader.get::<String>("name");
    let usual = Queue::new(QueueId(id.value), name.as_ref().map_or("", |name| &name.value));
    let queue = Queue {
        strategy: reader.get_or("strategy", usual.strategy),
        ring_max: duration(reader, "ring_max", RING_MAX, usual.ring_max),
        wrap_up: duration(reader, "wrap_up", WRAP_UP, usual.wrap_up),
        wait_max: duration(reader, "wait_max", seconds(1)..=DAY * 7, usual.wait_max),
        waiting_max: reader.number("waiting_max", 1..=1_000_000).map(|max| max.value),
        lets_wait: reader.get_or("lets_wait", usual.lets_wait),
        keep_ready: reader.get_or("keep_ready", usual.keep_ready),
        no_agents_while_waiting: reader.get_or("no_agents_while_waiting", usual.no_agents_while_waiting),
        hours: reader.list::<Hours>("hours").into_iter().flat_map(|hours| hours.value.0).collect(),
        holidays: holidays(reader),
        priority_step: priority_step(reader),
        skill_steps: skill_steps(reader),
        service_level: duration(reader, "service_level", seconds(1)..=DAY, usual.service_level),
        rest_max: reader.get::<Most>("rest_max").map(|most| most.value.0),
        short_abandon: duration(reader, "short_abandon", Duration::ZERO..=DAY, usual.short_abandon),
        ..usual
    };
    let treatments = reader.table("treatments").map_or_else(Vec::new, |table| {
        let read = |(key, situation)| treatment(&table, key).map(|written| (situation, written));
        SITUATIONS.into_iter().filter_map(read).collect()
    });
    WrittenQueue {
        queue,
        id_at: id.span,
        name_at: reader.span_of("name"),
        treatments,
        also: reader.list("also"),
        access_codes: access_codes(reader),
        priority: reader.number_or("priority", 1..=254, 1),
    }
}

/// Each step is later than the one before it, and asks for less.
fn skill_steps(reader: &Reader<'_>) -> Vec<SkillStep> {
    const TITLE: &str = "{ after, agent_weight_min } of `skill_steps`";
    let mut steps: Vec<SkillStep> = Vec::new();
    for item in reader.items("skill_steps") {
        let Some(table) = reader.as_table(item, TITLE) else { continue };
        let after = duration(&table, "after", Duration::ZERO..=DAY, Duration::ZERO);
        let weight_min = table.need_number("agent_weight_min", 1..=u8::MAX, 1).value;
        let step = SkillStep { after, weight_min };
        let fits = match steps.last() {
            None => after.is_zero(),
            Some(before) => before.after < after && before.weight_min > weight_min,
        };
        if !fits || steps.len() == SKILL_STEPS_MAX {
            let instead =
                format!("begin after \"0 s\"; each step is later and asks for less; {SKILL_STEPS_MAX} at most");
            reader.mistakes().say(
                table.span(),
                "this step of `skill_steps` does not widen who may take a call",
                instead,
            );
            continue;
        }
        steps.push(step);
    }
    steps
}

/// A time, or `"never"` where the VDN has one.
fn priority_step(reader: &Reader<'_>) -> Option<Duration> {
    const KEY: &str = "priority_grows_every";
    let is_never = reader.value(KEY)?.get_ref().as_str() == Some("never");
    if is_never { Some(Duration::ZERO) } else { span(reader, KEY, PRIORITY_STEP) }
}

/// How many agents may rest at a time.
struct Most(RestMax);

impl Written for Most {
    const FORM: &'static str =
        "a number of agents from 0 to 1000000, or a share of those signed in from \"1 %\" to \"100 %\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        if let Some(number) = integer(value) {
            let most = u32::try_from(number).ok().filter(|most| *most <= 1_000_000);
            return most.map(|most| Self(RestMax::Agents(most))).ok_or_else(|| Wrong::new(format!("is {number}")));
        }
        let text = String::read(value)?;
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse().ok());
        let percent = percent.filter(|percent| (1..=100).contains(percent));
        percent.map(|percent| Self(RestMax::Percent(percent))).ok_or_else(|| Wrong::new(format!("is \"{text}\"")))
    }
}

/// A number that leads to a queue.
#[derive(Clone, Debug)]
struct Code {
    digits: String,
    priority: Option<u8>,
}

impl Written for Code {
    const FORM: &'static str = "a number to dial, such as \"8001\" or \"+49301234567\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        if let Some(number) = integer(value) {
            let instead = Some(format!("write it in quotes: \"{number}\""));
            return Err(Wrong { what: format!("is the bare number {number}"), instead });
        }
        let digits = String::read(value)?;
        let is_dialable =
            |(at, c): (usize, char)| c.is_ascii_digit() || matches!(c, '*' | '#') || (at == 0 && c == '+');
        if digits.len() > 32 || !digits.chars().enumerate().all(is_dialable) {
            return Err(Wrong::new(format!("is \"{digits}\"")));
        }
        Ok(Self { digits, priority: None })
    }
}

fn access_codes<'a>(reader: &Reader<'a>) -> Vec<At<Code>> {
    let read = |item: &'a Spanned<DeValue<'a>>| {
        if !item.get_ref().is_table() {
            return reader.read::<Code>("access_codes", item);
        }
        let table = reader.as_table(item, "{ code, priority } of `access_codes`")?;
        let code = table.need("code", Code { digits: String::new(), priority: None });
        let priority = table.number("priority", 1..=254).map(|priority| priority.value);
        Some(code.map(|code| Code { priority, ..code }))
    };
    reader.items("access_codes").into_iter().filter_map(read).collect()
}

/// What every access code of the VDN leads to. A code that is an agent's id, a feature code or another queue's is a
/// mistake.
pub(crate) fn numbers(
    queues: &[WrittenQueue],
    agents: &BTreeMap<u32, Span>,
    features: &FeatureCodes,
    mistakes: &Mistakes,
) -> BTreeMap<String, At<Number>> {
    let mut numbers: BTreeMap<String, At<Number>> = BTreeMap::new();
    for written in queues {
        for At { value: code, span } in written.access_codes.iter().cloned() {
            if code.digits.is_empty() {
                continue;
            }
            let instead = "give every queue and agent a number of its own".to_owned();
            let also = match numbers.get(&code.digits) {
                Some(other) => Some(format!("an access code of queue {}", other.value.queue)),
                None if is_agent(&code.digits, agents) => Some(format!("the number of agent {}", code.digits)),
                None if features.iter().any(|feature| feature == code.digits) => Some("a feature code".to_owned()),
                None => None,
            };
            if let Some(also) = also {
                mistakes.say(span, format!("\"{}\" is {also} already", code.digits), instead);
                continue;
            }
            let priority = code.priority.unwrap_or(written.priority);
            numbers.insert(code.digits, At::new(Number { queue: written.queue.id, priority }, span));
        }
    }
    numbers
}

fn is_agent(digits: &str, agents: &BTreeMap<u32, Span>) -> bool {
    digits.parse().is_ok_and(|id: u32| agents.contains_key(&id) && id.to_string() == digits)
}

/// The queues of a VDN by id and by name.
#[derive(Debug)]
pub(crate) struct QueueNames {
    ids: Vec<u16>,
    names: BTreeMap<String, QueueId>,
}

impl QueueNames {
    /// Two queues with one id or one name are a mistake.
    pub(crate) fn new(queues: &[WrittenQueue], mistakes: &Mistakes) -> Self {
        let mut index = Self { ids: Vec::new(), names: BTreeMap::new() };
        for WrittenQueue { queue, id_at, name_at, .. } in queues {
            let id = queue.id.0;
            if id != 0 && index.ids.contains(&id) {
                mistakes.say(*id_at, format!("there is a queue {id} already"), "give it an id of its own".to_owned());
            }
            index.ids.push(id);
            if !queue.name.is_empty() && index.names.insert(queue.name.to_string(), queue.id).is_some() {
                let what = format!("there is a queue \"{}\" already", queue.name);
                mistakes.say(*name_at, what, "give it a name of its own".to_owned());
            }
        }
        index
    }

    /// The queue that is meant; none, and a mistake, when there is no such queue.
    pub(crate) fn find(&self, wish: &At<QueueRef>, mistakes: &Mistakes) -> Option<QueueId> {
        let (found, shown) = match &wish.value {
            QueueRef::Id(id) => (self.ids.contains(id).then_some(QueueId(*id)), id.to_string()),
            QueueRef::Name(name) => (self.names.get(name).copied(), format!("\"{name}\"")),
        };
        if found.is_none() {
            mistakes.say(wish.span, format!("there is no queue {shown} in this VDN"), self.advice(&wish.value));
        }
        found
    }

    fn advice(&self, wish: &QueueRef) -> String {
        let names: Vec<&str> = self.names.keys().map(String::as_str).collect();
        if let QueueRef::Name(name) = wish
            && let Some(meant) = nearest(name, &names)
        {
            return format!("did you mean \"{meant}\"?");
        }
        let known: BTreeSet<u16> = self.ids.iter().copied().filter(|id| *id != 0).collect();
        let ids: Vec<String> = known.iter().map(ToString::to_string).collect();
        match (ids.as_slice(), names.is_empty()) {
            ([], _) => "add a [[vdn.queue]]".to_owned(),
            (_, true) => format!("queues here: {}", ids.join(", ")),
            (_, false) => format!("queues here: {} ({})", ids.join(", "), names.join(", ")),
        }
    }
}
