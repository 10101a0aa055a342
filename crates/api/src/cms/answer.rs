//! The answers of CC-CMS: the data in their envelope on success, a sentence on failure.

use axum::response::Response;
use serde::Serialize;

use super::code::Code;
use super::interface::{Envelope, Refused, Written};
use crate::refusal::{json, json_text};

/// The answer to a question.
pub(crate) fn response(envelope: Envelope, answer: Result<Written, Refused>) -> Response {
    match answer {
        Ok(written) => json_text(Code::Succeeded.status(), wrapped(envelope, &written)),
        Err(refused) => failure(envelope, &refused),
    }
}

/// Success. The data are written once and copied where an envelope has them twice.
pub(crate) fn wrapped(envelope: Envelope, Written { data, count }: &Written) -> Vec<u8> {
    let mut text = Vec::with_capacity(2 * data.len() + 128);
    let mut add = |part: &[u8]| text.extend_from_slice(part);
    match (envelope, count) {
        (Envelope::A, None) => add(br#"{"result":"0","resultCode":"0100000","resultDatas":"#),
        (Envelope::A, Some(count)) => {
            add(format!(r#"{{"result":"0","resultCode":"0100000","count":{count},"resultDatas":"#).as_bytes());
        }
        (Envelope::B, _) => add(br#"{"resultCode":"0100000","resultDesc":"#),
        (Envelope::C, _) => add(br#"{"returnCode":"0","description":"success","data":"#),
        (Envelope::L | Envelope::LBoth, _) => add(br#"{"result":"0","resultDatas":"#),
    }
    if matches!(envelope, Envelope::A | Envelope::LBoth) {
        add(data);
        add(br#","resultDesc":"#);
    }
    add(data);
    add(b"}");
    text
}

/// Failure with a sentence.
fn failure(envelope: Envelope, Refused { code, sentence }: &Refused) -> Response {
    let (status, text) = (code.status(), code.text());
    match envelope {
        Envelope::A | Envelope::L | Envelope::LBoth => {
            json(status, &Failure { result: Some(code.legacy()), result_code: text, result_desc: sentence })
        }
        Envelope::B => json(status, &Failure { result: None, result_code: text, result_desc: sentence }),
        Envelope::C => json(status, &FailureC { return_code: text, description: sentence }),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
    result_code: &'static str,
    result_desc: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureC<'a> {
    return_code: &'static str,
    description: &'a str,
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn text(envelope: Envelope, answer: Result<Written, Refused>) -> String {
        let body = to_bytes(response(envelope, answer).into_body(), 1024).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_envelope() {
        let refused = || Err(Refused::parameter("vdn is 0".into()));
        let cases = [
            (
                Envelope::A,
                r#"{"result":"0","resultCode":"0100000","resultDatas":[1],"resultDesc":[1]}"#,
                r#"{"result":"1","resultCode":"0100002","resultDesc":"vdn is 0"}"#,
            ),
            (
                Envelope::B,
                r#"{"resultCode":"0100000","resultDesc":[1]}"#,
                r#"{"resultCode":"0100002","resultDesc":"vdn is 0"}"#,
            ),
            (
                Envelope::C,
                r#"{"returnCode":"0","description":"success","data":[1]}"#,
                r#"{"returnCode":"0100002","description":"vdn is 0"}"#,
            ),
            (
                Envelope::L,
                r#"{"result":"0","resultDatas":[1]}"#,
                r#"{"result":"1","resultCode":"0100002","resultDesc":"vdn is 0"}"#,
            ),
            (
                Envelope::LBoth,
                r#"{"result":"0","resultDatas":[1],"resultDesc":[1]}"#,
                r#"{"result":"1","resultCode":"0100002","resultDesc":"vdn is 0"}"#,
            ),
        ];
        for (envelope, success, failure) in cases {
            assert_eq!(text(envelope, Ok(Written { data: b"[1]".to_vec(), count: None })).await, success);
            assert_eq!(text(envelope, refused()).await, failure);
        }
        let counted = text(Envelope::A, Ok(Written { data: b"[]".to_vec(), count: Some(30) })).await;
        let expected = r#"{"result":"0","resultCode":"0100000","count":30,"resultDatas":[],"resultDesc":[]}"#;
        assert_eq!(counted, expected);
    }
}
