//! Questions, right and wrong, made of the table of interfaces.

use api::cms::{Entry, Kind, Verb};
use clap::Args;
use serde_json::{Map, Value};
use time::macros::format_description;
use time::{Duration, OffsetDateTime, Time};

/// What there is on the server that is asked.
#[derive(Debug, Args)]
pub(super) struct Known {
    /// The call centre's id, ccId
    #[arg(long, default_value_t = 1)]
    cc: u64,
    /// A VDN that there is
    #[arg(long, default_value_t = 170)]
    vdn: u64,
    /// An agent of this VDN
    #[arg(long, default_value_t = 1099)]
    agent: u64,
    /// A queue of this VDN
    #[arg(long, default_value_t = 1)]
    skill: u64,
    /// A call that there is; without it what asks about calls is left out
    #[arg(long, value_name = "ID")]
    call: Option<String>,
}

/// A question as it goes out.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: &'static str,
    pub(super) path: String,
    json: Option<Value>,
}

impl Asked {
    pub(super) fn body(&self) -> Option<String> {
        self.json.as_ref().map(Value::to_string)
    }
}

/// A question that must be refused.
#[derive(Debug)]
pub(super) struct Wrong {
    /// What is wrong, for people.
    pub(super) what: String,
    pub(super) question: Asked,
    pub(super) is_signed: bool,
    pub(super) expected: Expected,
}

/// How a question is to be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// By one of these codes, with HTTP status 200.
    Codes(&'static [&'static str]),
    /// By this HTTP status.
    Status(u16),
    /// By any HTTP status from 400 to 499.
    ClientError,
}

/// The codes of the documents but for the one of success.
const FAILURES: &[&str] = &["0100001", "0100002", "0100003", "0100999", "0101001", "0101002", "0101003"];
/// A value that is out of its range, or of another type.
const INVALID: &[&str] = &["0100002"];

/// The documents' question about what there is; none when something is not known that it asks about.
pub(super) fn of(entry: &Entry, known: &Known) -> Option<Asked> {
    let about = &entry.about;
    if entry.fields.iter().any(|asked| asked.field.name == "callId") && known.call.is_none() {
        return None;
    }
    let (method, path) = (about.verb.name(), filled(about.path, known));
    let json = match about.verb {
        Verb::Get => None,
        Verb::Post => {
            let mut json = serde_json::from_str(about.question).unwrap_or(Value::Null);
            fill(&mut json, known);
            Some(json)
        }
    };
    Some(Asked { method, path, json })
}

/// A path with its fields.
fn filled(path: &str, known: &Known) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(name) => number(name, known).map_or_else(|| part.to_owned(), |number| number.to_string()),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What stands for a number in a field of this name.
fn number(name: &str, known: &Known) -> Option<u64> {
    match name {
        "ccId" => Some(known.cc),
        "vdn" | "vdnId" | "vdnIds" => Some(known.vdn),
        "agentId" | "agentIds" | "currentAgentId" => Some(known.agent),
        "skillId" | "skillIds" => Some(known.skill),
        _ => None,
    }
}

/// What stands for a time in a field of this name: the documents' examples are of years ago, and not every interface
/// answers about those.
fn time(name: &str) -> Option<OffsetDateTime> {
    let now = OffsetDateTime::now_utc();
    let yesterday = now - Duration::days(1);
    match name {
        "beginDate" => Some(now - Duration::hours(1)),
        "beginTime" => Some(now - Duration::minutes(15)),
        "endDate" | "endTime" | "logDate" => Some(now),
        "beginDayTime" => Some(yesterday.replace_time(Time::MIDNIGHT)),
        "endDayTime" => yesterday.replace_time(Time::MIDNIGHT).checked_add(Duration::seconds(86_399)),
        _ => None,
    }
}

/// Puts what is known into a question, each in the type that it has there.
fn fill(json: &mut Value, known: &Known) {
    let Value::Object(members) = json else { return };
    for (name, value) in members {
        match (number(name, known), &mut *value) {
            (Some(number), Value::Number(_)) => *value = number.into(),
            (Some(number), Value::String(_)) => *value = number.to_string().into(),
            (Some(number), Value::Array(_)) => *value = vec![number].into(),
            (None, Value::Number(_)) if time(name).is_some() => {
                let millis = time(name).map(|time| time.unix_timestamp() * 1000);
                *value = millis.unwrap_or_default().into();
            }
            (None, Value::String(text)) if time(name).is_some() => {
                let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
                if let Some(written) = time(name).and_then(|time| time.format(form).ok()) {
                    *text = written;
                }
            }
            (None, Value::String(text)) if name == "callId" => {
                if let Some(call) = &known.call {
                    text.clone_from(call);
                }
            }
            _ => fill(value, known),
        }
    }
}

/// The question, wrong in one way each.
pub(super) fn wrong(entry: &Entry, question: &Asked) -> Vec<Wrong> {
    let mut all = vec![Wrong {
        what: "without a signature".to_owned(),
        question: question.clone(),
        is_signed: false,
        expected: Expected::Status(401),
    }];
    if entry.about.verb == Verb::Get {
        return all;
    }
    all.push(Wrong {
        what: "by PUT".to_owned(),
        question: Asked { method: "PUT", ..question.clone() },
        is_signed: true,
        expected: Expected::ClientError,
    });
    for asked in entry.fields.iter().filter(|asked| asked.is_needed) {
        let name = asked.field.name;
        let mut change = |what: String, expected, change: &dyn Fn(&mut Map<String, Value>)| {
            let mut question = question.clone();
            if let Some(members) = question.json.as_mut().and_then(|json| holder(json, name)) {
                change(members);
                all.push(Wrong { what, question, is_signed: true, expected: Expected::Codes(expected) });
            }
        };
        change(format!("without {name}"), FAILURES, &|members| drop(members.remove(name)));
        let mut put = |value: Value| {
            let what = format!("where {name} is {value}");
            change(what, INVALID, &|members| drop(members.insert(name.to_owned(), value.clone())));
        };
        match asked.field.kind {
            Kind::Integer(ranges) => {
                put("x".into());
                if let Some((_, last)) = ranges.last() {
                    put((last + 1).into());
                }
            }
            Kind::Digits(_) | Kind::Flag => put("x".into()),
            Kind::Integers(..) => put(Value::from(vec!["x"])),
            Kind::Text(_) | Kind::Texts(_) => put(7.into()),
        }
    }
    all
}

/// The object that has the member `name`: the outermost, or one within it.
fn holder<'a>(json: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    let Value::Object(members) = json else { return None };
    if members.contains_key(name) {
        return Some(members);
    }
    members.values_mut().find_map(|value| holder(value, name))
}
