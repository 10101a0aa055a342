//! `anteroom sign` against the vectors V1 to V7 that the signature was established with.

use std::process::Command;

const URL: &str = "https://cms.example.com:28443/rest/cmsapp/v1/openapi/agent/agentprivatecall";
const BODY: &str = r#"{"ccId":1,"vdn":170,"agentId":1099}"#;
const SECONDS: &str = "2025-01-02T03:04:05Z";
const MILLISECONDS: &str = "2025-01-02T03:04:05.678Z";
const LENGTH: &str = "Content-Length: 35";
const TIGHT: &str = "Content-Type: application/json;charset=UTF-8";
const BLANK: &str = "Content-Type: application/json; charset=UTF-8";

struct Vector {
    method: &'static str,
    query: &'static str,
    headers: &'static [&'static str],
    body: &'static str,
    at: &'static str,
    names: &'static str,
    signature: &'static str,
}

const PLAIN: Vector = Vector {
    method: "POST",
    query: "",
    headers: &[],
    body: BODY,
    at: SECONDS,
    names: "host",
    signature: "e08b8fc50fe531001b59dc17affda26e55a40d096ce14b806b3857be0b6dbbee",
};
const ALL: &str = "content-length;content-type;host";

const VECTORS: [Vector; 7] = [
    PLAIN,
    Vector {
        headers: &[LENGTH, TIGHT],
        names: ALL,
        signature: "5fcc46d1707a4d61f5f80294d38101cd2a59ffbdfd99a5256a10cb0ea5f28249",
        ..PLAIN
    },
    Vector {
        method: "GET",
        query: "?b=2+3&a=x%2Fy&c=",
        body: "",
        signature: "2e5e572d9e562bf580bfbf88247333b7e168a08bb691d614c0bd5283519788aa",
        ..PLAIN
    },
    Vector {
        body: r#"{"name":"座席 A~1"}"#,
        signature: "aea042ab38a256054943e1eaca1e8dd97003fc596f8ffb9e36426f6fcd75814f",
        ..PLAIN
    },
    Vector { body: "", signature: "75e1ab8c6fe1e60600385559a28a52adafc5c8203f3876e554c18a0f5321902b", ..PLAIN },
    Vector {
        headers: &[LENGTH, TIGHT],
        at: MILLISECONDS,
        names: ALL,
        signature: "6e8652488a7ab4c6d352a222243205934807394567de5e5a6bb3f115f24bd89f",
        ..PLAIN
    },
    Vector {
        headers: &[LENGTH, BLANK],
        at: MILLISECONDS,
        names: ALL,
        signature: "37378c1b5e2e1b27ea89d9256ae5bf29c828ccfe56d37f0bc38c08284020b201",
        ..PLAIN
    },
];

fn sign(vector: &Vector, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anteroom"));
    command.args(["sign", "--ak", "testAccessKey0001", "--method", vector.method, "--at", vector.at]);
    command.args(["--url", &format!("{URL}{}", vector.query), "--body", vector.body]).args(more);
    for header in vector.headers {
        command.args(["--header", header]);
    }
    let output = command.env("ANTEROOM_SK", "testSecretKey0001").output().expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the program writes UTF-8")
}

#[test]
fn every_vector_is_signed() {
    for (number, vector) in (1..).zip(&VECTORS) {
        let Vector { at, names, signature, .. } = vector;
        let expected = format!("Authorization: auth-v2/testAccessKey0001/{at}/{names}/{signature}");
        assert_eq!(sign(vector, &[]).lines().next(), Some(expected.as_str()), "V{number}");
    }
}

#[test]
fn the_canonical_request_is_printed_as_it_is_signed() {
    let path = "/rest/cmsapp/v1/openapi/agent/agentprivatecall";
    let body = "%7B%22ccId%22%3A1%2C%22vdn%22%3A170%2C%22agentId%22%3A1099%7D";
    let expected = format!("Canonical request:\nPOST\n{path}\nhost\nhost:cms.example.com%3A28443\n{body}\n");
    assert!(sign(&PLAIN, &[]).ends_with(&expected), "{}", sign(&PLAIN, &[]));
    let other_form = format!("Canonical request:\nPOST\n{path}\n\nhost\n");
    assert!(sign(&PLAIN, &["--empty-query-line"]).contains(&other_form));
}
