//! The answers of CC-CMS: on success `resultDesc` is the data, on failure a sentence.

use axum::response::Response;
use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::code::Code;
use crate::refusal::json;

/// Success with a list: the same list twice, for clients of release 8.13 and before read `resultDatas`.
pub(crate) fn list<T: std::fmt::Display>(items: &[T]) -> Response {
    let code = Code::Succeeded;
    let texts = Texts(items);
    let answer = Success { result: code.legacy(), result_code: code.text(), result_datas: &texts, result_desc: &texts };
    json(code.status(), &answer)
}

/// Failure with a sentence.
pub(crate) fn failure(code: Code, sentence: &str) -> Response {
    let answer = Failure { result: code.legacy(), result_code: code.text(), result_desc: sentence };
    json(code.status(), &answer)
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Success<'a, T: Serialize> {
    result: &'static str,
    result_code: &'static str,
    result_datas: &'a T,
    result_desc: &'a T,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    result: &'static str,
    result_code: &'static str,
    result_desc: &'a str,
}

/// A list of whatever can be displayed, as texts.
struct Texts<'a, T>(&'a [T]);

impl<T: std::fmt::Display> Serialize for Texts<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for item in self.0 {
            list.serialize_element(&Text(item))?;
        }
        list.end()
    }
}

struct Text<'a, T>(&'a T);

impl<T: std::fmt::Display> Serialize for Text<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
