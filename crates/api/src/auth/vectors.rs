//! The vectors V1 to V7 of `spec/c2-authentication.md`, 1.8.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use engine::VdnId;

use super::*;
use crate::access::AccessKey;

const AK: &str = "testAccessKey0001";
const HOST: (&str, &str) = ("host", "cms.example.com:28443");
const PATH: &str = "/rest/cmsapp/v1/openapi/agent/agentprivatecall";
const BODY: &str = r#"{"ccId":1,"vdn":170,"agentId":1099}"#;
const LENGTH: (&str, &str) = ("content-length", "35");
const TIGHT: (&str, &str) = ("content-type", "application/json;charset=UTF-8");
const BLANK: (&str, &str) = ("content-type", "application/json; charset=UTF-8");
const SECONDS: &str = "2025-01-02T03:04:05Z";
const MILLISECONDS: &str = "2025-01-02T03:04:05.678Z";

struct Vector {
    name: &'static str,
    method: &'static str,
    query: Option<&'static str>,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    time: &'static str,
    key: &'static str,
    signature: &'static str,
}

const V1_KEY: &str = "14fcbdb90500ea8fe9b0dd1b66451c72010f5c5314e908e78b223d80d01fecf5";
const V6_KEY: &str = "56fd59762e95173101ad6300c97e1a1cefcb366b0d545eef62c2d09f88006545";

const VECTORS: [Vector; 7] = [
    Vector {
        name: "V1",
        method: "POST",
        query: None,
        headers: &[HOST],
        body: BODY,
        time: SECONDS,
        key: V1_KEY,
        signature: "e08b8fc50fe531001b59dc17affda26e55a40d096ce14b806b3857be0b6dbbee",
    },
    Vector {
        name: "V2",
        method: "POST",
        query: None,
        headers: &[LENGTH, TIGHT, HOST],
        body: BODY,
        time: SECONDS,
        key: "19ad951057baf554199bd4eb454a69e74c7060dc3b2d1b523e26b29a8e787d51",
        signature: "5fcc46d1707a4d61f5f80294d38101cd2a59ffbdfd99a5256a10cb0ea5f28249",
    },
    Vector {
        name: "V3",
        method: "GET",
        query: Some("b=2+3&a=x%2Fy&c="),
        headers: &[HOST],
        body: "",
        time: SECONDS,
        key: V1_KEY,
        signature: "2e5e572d9e562bf580bfbf88247333b7e168a08bb691d614c0bd5283519788aa",
    },
    Vector {
        name: "V4",
        method: "POST",
        query: None,
        headers: &[HOST],
        body: r#"{"name":"座席 A~1"}"#,
        time: SECONDS,
        key: V1_KEY,
        signature: "aea042ab38a256054943e1eaca1e8dd97003fc596f8ffb9e36426f6fcd75814f",
    },
    Vector {
        name: "V5",
        method: "POST",
        query: None,
        headers: &[HOST],
        body: "",
        time: SECONDS,
        key: V1_KEY,
        signature: "75e1ab8c6fe1e60600385559a28a52adafc5c8203f3876e554c18a0f5321902b",
    },
    Vector {
        name: "V6",
        method: "POST",
        query: None,
        headers: &[LENGTH, TIGHT, HOST],
        body: BODY,
        time: MILLISECONDS,
        key: V6_KEY,
        signature: "6e8652488a7ab4c6d352a222243205934807394567de5e5a6bb3f115f24bd89f",
    },
    Vector {
        name: "V7",
        method: "POST",
        query: None,
        headers: &[LENGTH, BLANK, HOST],
        body: BODY,
        time: MILLISECONDS,
        key: V6_KEY,
        signature: "37378c1b5e2e1b27ea89d9256ae5bf29c828ccfe56d37f0bc38c08284020b201",
    },
];

fn key() -> AccessKey {
    AccessKey::new(AK, "testSecretKey0001".into(), vec![VdnId(170)])
}

impl Vector {
    fn sign(&self, empty_query: EmptyQuery) -> Signed {
        let Self { method, query, headers, body, time, .. } = *self;
        let request = ToSign { method, path: PATH, query, headers, body: body.as_bytes(), empty_query };
        sign(&request, AK, &key().secrets[0].sk, time).unwrap()
    }

    /// The request as it would be received with this `Authorization`.
    fn received(&self, authorization: &str) -> (Method, Uri, HeaderMap) {
        let target = self.query.map_or(PATH.to_owned(), |query| format!("{PATH}?{query}"));
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().chain(&[("authorization", authorization)]) {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        (self.method.parse().unwrap(), target.parse().unwrap(), headers)
    }

    fn verify(&self, authorization: &str) -> Result<String, Cause> {
        let (method, uri, headers) = self.received(authorization);
        verify(&method, &uri, &headers, self.body.as_bytes())
    }
}

fn verify(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<String, Cause> {
    verify_at(SECONDS, method, uri, headers, body)
}

fn verify_at(now: &str, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<String, Cause> {
    let verifier = Verifier::new(&[key()], Duration::from_secs(900), false);
    let received = Received { method, uri, headers, body };
    let verified = verifier.verify(&received, now.parse().unwrap());
    verified.map(|by| by.ak.to_owned()).map_err(|denied| denied.cause)
}

#[test]
fn every_vector_is_signed_as_the_vendor_signs_it() {
    for vector in VECTORS {
        let signed = vector.sign(EmptyQuery::NoLine);
        let (prefix, signature) = signed.authorization.rsplit_once('/').unwrap();
        assert_eq!(signature, vector.signature, "{}", vector.name);
        let key = signing_key(&keyed(key().secrets[0].sk.expose()), prefix.as_bytes());
        assert_eq!(str::from_utf8(&key).unwrap(), vector.key, "{}", vector.name);
    }
}

#[test]
fn the_canonical_requests_are_those_of_the_study() {
    let canonical = VECTORS.map(|vector| vector.sign(EmptyQuery::NoLine).canonical_request);
    let body = "%7B%22ccId%22%3A1%2C%22vdn%22%3A170%2C%22agentId%22%3A1099%7D";
    let host = "host:cms.example.com%3A28443";
    assert_eq!(canonical[0], format!("POST\n{PATH}\nhost\n{host}\n{body}"));
    let content = "content-length:35\ncontent-type:application%2Fjson%3Bcharset%3DUTF-8";
    assert_eq!(canonical[1], format!("POST\n{PATH}\ncontent-length;content-type;host\n{content}\n{host}\n{body}"));
    assert_eq!(canonical[2], format!("GET\n{PATH}\na=x%2Fy&b=2%203&c=\nhost\n{host}\n"));
    let name = "%7B%22name%22%3A%22%E5%BA%A7%E5%B8%AD%20A~1%22%7D";
    assert_eq!(canonical[3], format!("POST\n{PATH}\nhost\n{host}\n{name}"));
    assert_eq!(canonical[4], format!("POST\n{PATH}\nhost\n{host}\n"));
    assert!(canonical[6].contains("content-type:application%2Fjson%3B%20charset%3DUTF-8\n"));
}

#[test]
fn every_vector_is_accepted() {
    for vector in VECTORS {
        let prefix = vector.sign(EmptyQuery::NoLine).authorization;
        let authorization = format!("{}/{}", prefix.rsplit_once('/').unwrap().0, vector.signature);
        assert_eq!(vector.verify(&authorization), Ok(AK.to_owned()), "{}", vector.name);
    }
}

#[test]
fn a_request_without_query_may_be_signed_with_an_empty_query_line() {
    let [first, _, with_query, ..] = &VECTORS;
    let signed = first.sign(EmptyQuery::Line);
    assert!(signed.canonical_request.starts_with(&format!("POST\n{PATH}\n\nhost\n")));
    assert_eq!(first.verify(&signed.authorization), Ok(AK.to_owned()));
    assert_eq!(with_query.sign(EmptyQuery::Line), with_query.sign(EmptyQuery::NoLine));
}

#[test]
fn http_2_may_send_the_host_as_authority() {
    let [first, ..] = &VECTORS;
    let (method, _, mut headers) = first.received(&first.sign(EmptyQuery::NoLine).authorization);
    headers.remove("host");
    let uri: Uri = format!("https://{}{PATH}", HOST.1).parse().unwrap();
    assert_eq!(verify(&method, &uri, &headers, BODY.as_bytes()), Ok(AK.to_owned()));
    let elsewhere: Uri = format!("https://other.example.com{PATH}").parse().unwrap();
    assert_eq!(verify(&method, &elsewhere, &headers, BODY.as_bytes()), Err(Cause::Signature));
}

#[test]
fn whatever_is_changed_after_signing_is_noticed() {
    let [_, vector, ..] = &VECTORS;
    let (method, uri, headers) = vector.received(&vector.sign(EmptyQuery::NoLine).authorization);
    assert_eq!(verify(&method, &uri, &headers, BODY.as_bytes()), Ok(AK.to_owned()));
    assert_eq!(verify(&Method::PUT, &uri, &headers, BODY.as_bytes()), Err(Cause::Signature));
    assert_eq!(verify(&method, &uri, &headers, BODY.replace("1099", "1098").as_bytes()), Err(Cause::Signature));
    for target in ["/rest/cmsapp/v1/openapi/agent/agentprivatecall/", &format!("{PATH}?a=1"), &format!("/.{PATH}")] {
        assert_eq!(verify(&method, &target.parse().unwrap(), &headers, BODY.as_bytes()), Err(Cause::Signature));
    }
    for (name, value) in [("host", "cms.example.com"), ("content-length", "36"), ("content-type", "application/json")] {
        let mut changed = headers.clone();
        changed.insert(name, HeaderValue::from_static(value));
        assert_eq!(verify(&method, &uri, &changed, BODY.as_bytes()), Err(Cause::Signature), "{name}");
        changed.append(name, HeaderValue::from_static(value));
        assert_eq!(verify(&method, &uri, &changed, BODY.as_bytes()), Err(Cause::Header), "{name}");
        changed.remove(name);
        assert_eq!(verify(&method, &uri, &changed, BODY.as_bytes()), Err(Cause::Header), "{name}");
    }
}

#[test]
fn a_query_is_bound_in_its_meaning_not_in_its_spelling() {
    let [_, _, vector, ..] = &VECTORS;
    let (method, _, headers) = vector.received(&vector.sign(EmptyQuery::NoLine).authorization);
    let with = |query: &str| verify(&method, &format!("{PATH}?{query}").parse().unwrap(), &headers, b"");
    assert_eq!(with("c=&a=x%2Fy&b=2%203"), Ok(AK.to_owned()));
    assert_eq!(with("c=&a=x%252Fy&b=2%203"), Err(Cause::Signature));
    assert_eq!(with("c=&a=x%2Fy&b=2%203&d=1"), Err(Cause::Signature));
}

#[test]
fn only_a_whole_header_is_read() {
    let [vector, ..] = &VECTORS;
    let right = vector.sign(EmptyQuery::NoLine).authorization;
    let (prefix, signature) = right.rsplit_once('/').unwrap();
    let cases = [
        (String::new(), Cause::Malformed),
        ("Bearer abc".into(), Cause::Malformed),
        (format!("AUTH-V2{}", &right[7..]), Cause::Malformed),
        (format!("auth-v1{}", &right[7..]), Cause::Malformed),
        (format!("{right}/"), Cause::Malformed),
        (format!(" {right}"), Cause::Malformed),
        (format!("{prefix}/x/{signature}"), Cause::Malformed),
        (right.replace(AK, ""), Cause::Malformed),
        (right.replace(SECONDS, "2025-01-02T03:04:05"), Cause::Time),
        (right.replace(SECONDS, "2025-01-02T03:04:06Z"), Cause::Signature),
        (right.replace("/host/", "/Host/"), Cause::Declaration),
        (right.replace("/host/", "/host;/"), Cause::Declaration),
        (right.replace("/host/", "//"), Cause::Declaration),
        (right.replace("/host/", "/host;host/"), Cause::Declaration),
        (right.replace("/host/", "/host;date/"), Cause::Declaration),
        (right.replace("/host/", "/authorization;host/"), Cause::HostOrAuthorization),
        (right.replace("/host/", "/date;host/"), Cause::Header),
        (right.replace(AK, "testaccesskey0001"), Cause::UnknownAccessKey),
        (format!("{prefix}/{}", signature.to_uppercase()), Cause::Signature),
        (format!("{prefix}/{}", &signature[..63]), Cause::Signature),
        (format!("{prefix}/"), Cause::Signature),
    ];
    for (authorization, cause) in cases {
        assert_eq!(vector.verify(&authorization), Err(cause), "{authorization}");
    }
}

#[test]
fn exactly_one_header_is_wanted() {
    let [vector, ..] = &VECTORS;
    let authorization = vector.sign(EmptyQuery::NoLine).authorization;
    let (method, uri, mut headers) = vector.received(&authorization);
    headers.append("authorization", HeaderValue::from_str(&authorization).unwrap());
    assert_eq!(verify(&method, &uri, &headers, BODY.as_bytes()), Err(Cause::Authorizations(2)));
    headers.remove("authorization");
    assert_eq!(verify(&method, &uri, &headers, BODY.as_bytes()), Err(Cause::Authorizations(0)));
    headers.insert("authorization", HeaderValue::from_bytes(b"auth-v2/\xe9/a/host/b").unwrap());
    assert_eq!(verify(&method, &uri, &headers, BODY.as_bytes()), Err(Cause::Malformed));
}

#[test]
fn the_window_is_as_wide_as_it_says_and_no_wider() {
    let [vector, ..] = &VECTORS;
    let (method, uri, headers) = vector.received(&vector.sign(EmptyQuery::NoLine).authorization);
    let at = |now| verify_at(now, &method, &uri, &headers, BODY.as_bytes());
    assert_eq!(at("2025-01-02T03:19:05Z"), Ok(AK.to_owned()));
    assert_eq!(at("2025-01-02T02:49:05Z"), Ok(AK.to_owned()));
    assert_eq!(at("2025-01-02T03:19:05.001Z"), Err(Cause::Window(Duration::from_millis(900_001))));
    assert_eq!(at("2025-01-02T02:49:04.999Z"), Err(Cause::Window(Duration::from_millis(900_001))));
}

#[test]
fn where_replays_are_refused_a_signature_is_accepted_once() {
    let verifier = Verifier::new(&[key()], Duration::from_secs(900), true);
    let [vector, ..] = &VECTORS;
    let (method, uri, headers) = vector.received(&vector.sign(EmptyQuery::NoLine).authorization);
    let received = Received { method: &method, uri: &uri, headers: &headers, body: BODY.as_bytes() };
    let at = |now: &str| verifier.verify(&received, now.parse().unwrap()).map(|_| ()).map_err(|denied| denied.cause);
    assert_eq!(at(SECONDS), Ok(()));
    assert_eq!(at("2025-01-02T03:19:05Z"), Err(Cause::Replayed));
    assert!(matches!(at("2025-01-02T03:19:06Z"), Err(Cause::Window(_))));
}

#[test]
fn a_client_that_cannot_be_written_down_is_told_so() {
    let sign = |headers: &[(&str, &str)], ak: &str| {
        let empty_query = EmptyQuery::NoLine;
        let request = ToSign { method: "GET", path: "/", query: None, headers, body: b"", empty_query };
        sign(&request, ak, &key().secrets[0].sk, SECONDS).map(|_| ())
    };
    assert_eq!(sign(&[HOST], "a/b"), Err(CannotSign::AccessKey("a/b".into())));
    assert_eq!(sign(&[TIGHT], AK), Err(CannotSign::NoHost));
    assert_eq!(sign(&[HOST, ("Host", "x")], AK), Err(CannotSign::Twice("host".into())));
    assert_eq!(sign(&[HOST, ("Authorization", "x")], AK), Err(CannotSign::Authorization));
    assert_eq!(sign(&[BLANK, HOST], AK), Ok(()));
}
