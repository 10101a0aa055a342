//! A small server of the family that does much wrong, and `anteroom conformance`, which finds it.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

const PRIVATE_CALLS: &str = "/rest/cmsapp/v1/openapi/agent/agentprivatecall";
const STATUSES: &str = "/rest/cmsapp/v1/openapi/agentgroup/agentstatusinfobyagentids";

/// Answers everybody, signed or not, by any method, with members misspelt, of another type, missing and too many.
async fn private_calls(request: Request) -> Response {
    let method = request.method().clone();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.expect("a body");
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    match &asked["vdn"] {
        Value::Null if method == Method::POST => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Value::String(_) => axum_json(&json!({ "resultCode": "0100999", "resultDesc": "Oops" })),
        _ => axum_json(&json!({
            "result": "0", "resultCode": "0100000", "resultdatas": ["1605492949-1447"], "resultDesc": [1605492949], "more": true
        })),
    }
}

/// Refuses what is right.
async fn statuses(request: Request) -> Response {
    if !request.headers().contains_key("authorization") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    axum_json(&json!({ "resultCode": "0100002", "resultDesc": "Invalid parameter" }))
}

fn axum_json(value: &Value) -> Response {
    Response::new(Body::from(value.to_string()))
}

fn serve(runtime: &Runtime) -> SocketAddr {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let chain = vec![CertificateDer::from(certified.cert.der().to_vec())];
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_no_client_auth().with_single_cert(chain, key).expect("they fit");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let router = Router::new().route(PRIVATE_CALLS, any(private_calls)).route(STATUSES, any(statuses));
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).expect("a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let router =
                    router.map_request(|request: hyper::Request<hyper::body::Incoming>| request.map(Body::new));
                let serving =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
                let _ = serving.await;
            });
        }
    });
    address
}

#[test]
fn what_differs_from_the_documents_is_found() {
    let runtime = Runtime::new().expect("a runtime");
    let base = format!("https://{}", serve(&runtime));
    let mut command = Command::new(env!("CARGO_BIN_EXE_anteroom"));
    command.args(["conformance", "--base", &base, "--insecure", "--ak", "demo", "--sk", "demo-secret-key"]);
    for only in ["agent/agentprivatecall", "agentgroup/agentstatusinfobyagentids", "agent/queryagentcalls"] {
        command.args(["--only", only]);
    }
    let output = command.output().expect("the program runs");
    let report = String::from_utf8(output.stdout).expect("text");
    let sentence = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{report}{sentence}");
    assert_eq!(sentence, "0 of 3 interfaces answer as the documents say\n");
    let expected = [
        "more: no document has it",
        "resultDesc[]: is a number and should be \"string\"",
        "resultdatas: the documents spell it resultDatas",
        "without a signature: code 0100000, HTTP status 200, and should be HTTP status 401",
        "by PUT: code 0100000, HTTP status 200, and should be an HTTP status from 400 to 499",
        "without vdn: HTTP status 500 without a code, and should be a code of a failure with HTTP status 200",
        "where vdn is \"x\": code 0100999 (\"Oops\"), HTTP status 200, and should be code 0100002 with HTTP status 200",
        "where vdn is 5001: code 0100000, HTTP status 200, and should be code 0100002 with HTTP status 200",
        "a right question is refused: code 0100002 (\"Invalid parameter\"), HTTP status 200",
    ];
    for difference in expected {
        assert!(report.lines().any(|line| line.trim() == difference), "{difference} is not in\n{report}");
    }
    let not_there = report.lines().find(|line| line.starts_with("agent/queryagentcalls"));
    assert!(not_there.is_some_and(|line| line.ends_with("NOT THERE (HTTP 404)")), "{report}");
}
