//! What an answer says, and what it should.

use std::fmt;

use api::cms::{Entry, Envelope};
use serde_json::Value;

use super::question::{Expected, Wrong};
use super::shape::Shapes;

/// What came of one interface.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is as the documents say; whether there was nothing in its answer to compare.
    Same(bool),
    /// It is not there.
    NotThere,
    /// It was not asked, because of this.
    NotAsked(String),
    /// It differs.
    Differs(Vec<Difference>),
}

/// One thing in which an interface differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference(String);

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What of the answer to a right question differs.
pub(super) fn answer(shapes: &Shapes, entry: &Entry, status: u16, text: &str) -> Vec<Difference> {
    let Ok(json) = serde_json::from_str::<Value>(text) else {
        return vec![Difference(format!("HTTP status {status}, and the answer is not JSON"))];
    };
    if status != 200 || !is_success(entry, &json) {
        return vec![Difference(format!("a right question is refused: {}", what(status, &json)))];
    }
    let about = &entry.about;
    shapes.differences(about.path, about.verb.name(), &json).into_iter().map(Difference).collect()
}

fn is_success(entry: &Entry, json: &Value) -> bool {
    match entry.about.envelope {
        Envelope::A | Envelope::B => json["resultCode"] == "0100000",
        Envelope::C => json["returnCode"] == "0",
        Envelope::L | Envelope::LBoth => json["result"] == "0",
    }
}

/// Whether there was nothing in an answer to compare.
pub(super) fn what_is_empty(text: &str) -> bool {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let data = ["resultDesc", "resultDatas", "data"].iter().find_map(|name| json.get(name));
    data.is_some_and(|data| data.as_array().is_some_and(Vec::is_empty) || data.is_null())
}

/// What of the answer to a wrong question differs.
pub(super) fn refusal(wrong: &Wrong, status: u16, text: &str) -> Option<Difference> {
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let (is_right, expected) = match wrong.expected {
        Expected::Status(expected) => (status == expected, format!("HTTP status {expected}")),
        Expected::ClientError => ((400..500).contains(&status), "an HTTP status from 400 to 499".to_owned()),
        Expected::Codes(codes) => {
            let is_right = status == 200 && code(&json).is_some_and(|code| codes.contains(&code));
            let expected = if let [one] = codes { format!("code {one}") } else { "a code of a failure".to_owned() };
            (is_right, format!("{expected} with HTTP status 200"))
        }
    };
    (!is_right).then(|| Difference(format!("{}: {}, and should be {expected}", wrong.what, what(status, &json))))
}

/// The code of an answer, whatever its envelope.
fn code(json: &Value) -> Option<&str> {
    json["resultCode"].as_str().or(json["returnCode"].as_str())
}

fn what(status: u16, json: &Value) -> String {
    let sentence: String =
        json["resultDesc"].as_str().or(json["description"].as_str()).unwrap_or_default().chars().take(120).collect();
    match code(json) {
        Some(code) if sentence.is_empty() => format!("code {code}, HTTP status {status}"),
        Some(code) => format!("code {code} (\"{sentence}\"), HTTP status {status}"),
        None => format!("HTTP status {status} without a code"),
    }
}
