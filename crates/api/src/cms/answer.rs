//! The answers of CC-CMS: on success `resultDesc` is the data, on failure a sentence.

use std::fmt::Write;

use axum::response::Response;
use engine::CallId;
use serde::Serialize;

use super::code::Code;
use crate::refusal::{json, json_text};

/// Success with a list of calls: the same list twice, for clients of release 8.13 and before read `resultDatas`. Written
/// by hand, once, for this is what is asked most often, and an id has nothing to escape.
pub(crate) fn calls(ids: &[CallId]) -> Response {
    let mut list = String::with_capacity(2 + 32 * ids.len());
    for id in ids {
        list.push_str(if list.is_empty() { "[\"" } else { "\",\"" });
        write!(list, "{id}").expect("a String takes what is written");
    }
    list.push_str(if list.is_empty() { "[]" } else { "\"]" });
    let (result, code, status) = (Code::Succeeded.legacy(), Code::Succeeded.text(), Code::Succeeded.status());
    let text = format!(r#"{{"result":"{result}","resultCode":"{code}","resultDatas":{list},"resultDesc":{list}}}"#);
    json_text(status, text.into_bytes())
}

/// Failure with a sentence.
pub(crate) fn failure(code: Code, sentence: &str) -> Response {
    let answer = Failure { result: code.legacy(), result_code: code.text(), result_desc: sentence };
    json(code.status(), &answer)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    result: &'static str,
    result_code: &'static str,
    result_desc: &'a str,
}
