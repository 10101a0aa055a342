//! Clients that ask one question again and again, each on a connection that stays open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsConnector;

use super::centre::{self, Centre, Question};
use super::figures::Figures;
use crate::command::Failure;

/// How long the clients ask before it counts.
const WARM_UP: Duration = Duration::from_millis(300);

const WARMING: u8 = 0;
const COUNTING: u8 = 1;
const OVER: u8 = 2;

/// A client's side of TLS that believes the centre.
pub(super) fn tls(centre: &Centre) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&centre.settings.public.tls.certificate) {
        let certificate = certificate.map_err(|error| Failure::of(&error))?;
        roots.add(certificate).map_err(|error| Failure::of(&error))?;
    }
    Ok(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()))
}

/// One answer, whole.
pub(super) async fn ask_once(
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    question: &Question,
) -> Result<Bytes, Failure> {
    ask(&mut connect(address, tls).await?, question).await
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Over how many connections.
    pub(super) connections: usize,
    /// How often, all together; none: each asks when it has its answer.
    pub(super) per_second: Option<u32>,
}

/// Has `question` asked at `address` for so long.
pub(super) fn measure(
    centre: &Centre,
    clients: &Runtime,
    address: SocketAddr,
    question: &Question,
    load: Load,
    lasts: Duration,
) -> Result<Figures, Failure> {
    let tls = tls(centre)?;
    let phase = Arc::new(AtomicU8::new(WARMING));
    let question = Arc::new(question.clone());
    let every = load.per_second.map(|rate| Duration::from_secs(load.connections as u64) / rate.max(1));
    let tasks: Vec<_> = (0..load.connections)
        .map(|_| clients.spawn(client(address, Arc::clone(&tls), Arc::clone(&question), every, Arc::clone(&phase))))
        .collect();
    clients.block_on(async {
        tokio::time::sleep(WARM_UP).await;
        let (begun, processor) = (Instant::now(), centre.processor_time());
        phase.store(COUNTING, Ordering::Relaxed);
        tokio::time::sleep(lasts).await;
        phase.store(OVER, Ordering::Relaxed);
        let (took, processor) = (begun.elapsed(), centre.processor_time().saturating_sub(processor));
        let mut times = Vec::new();
        for ended in join_all(tasks).await {
            times.extend(ended.map_err(|error| Failure::of(&error))??);
        }
        Ok(Figures::new(times, took, processor))
    })
}

/// One client; how long each answer took that was asked for while it counted.
async fn client(
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    question: Arc<Question>,
    every: Option<Duration>,
    phase: Arc<AtomicU8>,
) -> Result<Vec<Duration>, Failure> {
    let mut sender = connect(address, tls).await?;
    let mut pace = every.map(tokio::time::interval);
    let mut times = Vec::new();
    loop {
        if let Some(pace) = &mut pace {
            pace.tick().await;
        }
        let now = phase.load(Ordering::Relaxed);
        if now == OVER {
            return Ok(times);
        }
        let asked = Instant::now();
        ask(&mut sender, &question).await?;
        if now == COUNTING {
            times.push(asked.elapsed());
        }
    }
}

async fn connect(address: SocketAddr, tls: Arc<ClientConfig>) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await.map_err(|error| Failure::of(&error))?;
    stream.set_nodelay(true).map_err(|error| Failure::of(&error))?;
    let name = ServerName::try_from(centre::HOST).map_err(|error| Failure::of(&error))?;
    let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(|error| Failure::of(&error))?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| Failure::of(&error))?;
    // What breaks it is seen by whoever asks.
    tokio::spawn(connection);
    Ok(sender)
}

async fn ask(sender: &mut SendRequest<Full<Bytes>>, question: &Question) -> Result<Bytes, Failure> {
    let request = Request::post(question.path)
        .header(HOST, centre::HOST)
        .header(CONTENT_TYPE, centre::CONTENT_TYPE)
        .header(AUTHORIZATION, &question.authorization)
        .body(Full::new(Bytes::copy_from_slice(question.body.as_bytes())))
        .map_err(|error| Failure::of(&error))?;
    sender.ready().await.map_err(|error| Failure::of(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| Failure::of(&error))?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(|error| Failure::of(&error))?.to_bytes();
    if status != 200 {
        let text = String::from_utf8_lossy(&body);
        return Err(Failure::Failed(format!("{} was answered with {status}: {text}", question.path)));
    }
    Ok(body)
}
