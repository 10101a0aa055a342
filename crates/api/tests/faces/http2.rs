//! The same faces over HTTP/2.

use axum::http::{Method, Request, Version};
use bytes::Bytes;
use h2::client::SendRequest;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::world::{JSON, PATH, World, question};

async fn connect(world: &World) -> SendRequest<Bytes> {
    let connector = TlsConnector::from(world.tls(&[b"h2"]));
    let stream = TcpStream::connect(world.public()).await.unwrap();
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(async move { connection.await.unwrap_or_default() });
    client
}

async fn ask(client: &SendRequest<Bytes>, request: Request<()>, body: String) -> (u16, serde_json::Value) {
    let mut client = client.clone().ready().await.unwrap();
    let (answer, mut sending) = client.send_request(request, false).unwrap();
    sending.send_data(body.into(), true).unwrap();
    let answer = answer.await.unwrap();
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        bytes.extend(data);
    }
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn request(target: &str, headers: &[(&str, &str)]) -> Request<()> {
    let builder = Request::builder().method(Method::POST).uri(target).version(Version::HTTP_2);
    headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)).body(()).unwrap()
}

#[test]
fn the_authority_is_the_host_that_was_signed() {
    let world = World::start();
    let body = question(1099);
    let authorization = world.signature(&body);
    let length = body.len().to_string();
    let headers = [JSON, ("Authorization", &authorization), ("Content-Length", &length)];
    world.runtime.block_on(async {
        let client = connect(&world).await;
        let right = request(&format!("https://localhost{PATH}"), &headers);
        let (status, answer) = ask(&client, right, body.clone()).await;
        assert_eq!((status, &answer["resultCode"]), (200, &"0100000".into()));
        let elsewhere = request(&format!("https://elsewhere{PATH}"), &headers);
        assert_eq!(ask(&client, elsewhere, body.clone()).await.0, 401);
        let two_hosts =
            request(&format!("https://elsewhere{PATH}"), &[&headers[..], &[("Host", "localhost")]].concat());
        assert_eq!(ask(&client, two_hosts, body).await.0, 400);
    });
}

#[test]
fn many_questions_share_a_connection() {
    let world = World::start();
    let body = question(1099);
    let authorization = world.signature(&body);
    let length = body.len().to_string();
    let headers = [JSON, ("Authorization", &authorization), ("Content-Length", &length)];
    world.runtime.block_on(async {
        let client = connect(&world).await;
        let target = format!("https://localhost{PATH}");
        let asking = (0..100).map(|_| ask(&client, request(&target, &headers), body.clone()));
        let answers = futures::future::join_all(asking).await;
        assert!(answers.iter().all(|(status, answer)| *status == 200 && answer["result"] == "0"));
    });
}
