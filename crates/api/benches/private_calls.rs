//! `agentprivatecall` with its signature beside a bare handler of the same HTTP library, both over TLS with connections
//! kept open, served by one thread of the same process.
//!
//! `cargo bench -p api` prints the medians of requests per second and of the processor time that the serving thread took
//! for one request. The second is the one to compare: the clients share the machine. The two take turns.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(dead_code, reason = "the tests' world can do more")]

#[path = "../tests/faces/client.rs"]
mod client;
#[path = "../tests/faces/world.rs"]
mod world;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use engine::{AgentId, Target};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use client::Client;
use world::{JSON, PATH, World, question};

/// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_secs(1);

fn main() {
    let task: Arc<Mutex<Option<PathBuf>>> = Arc::default();
    let noted = Arc::clone(&task);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .on_thread_start(move || *noted.lock().unwrap() = Some(fs::canonicalize("/proc/thread-self").unwrap()))
        .build()
        .unwrap();
    let world = World::on(runtime, node::NodeOptions::default(), |_| ());
    world.sign_in(1099);
    world.talk(1099, "+4930111");
    let waiting = [0; 3].map(|_| world.call("+4930222", Target::Agent(AgentId(1099))));
    let answer = world.private_calls(&question(1099));
    assert_eq!(answer.json()["resultDesc"], serde_json::json!(waiting.map(|call| call.to_string())));

    let bare = serve_bare(&world, answer.body);
    let worker = task.lock().unwrap().clone().unwrap().join("schedstat");
    let mut rounds: Vec<[f64; 4]> = (0..ROUNDS)
        .map(|_| {
            let (bare_rate, bare_cost) = measure(&world, bare, &worker);
            let (rate, cost) = measure(&world, world.public(), &worker);
            [bare_rate, bare_cost, rate, cost]
        })
        .collect();
    let mut median = |column: usize| {
        rounds.sort_by(|left, right| left[column].total_cmp(&right[column]));
        rounds[ROUNDS / 2][column]
    };
    let [bare_rate, bare_cost, rate, cost] = [0, 1, 2, 3].map(&mut median);
    println!("medians of {ROUNDS} rounds of {ROUND:?} each, {CONNECTIONS} connections, one serving thread");
    println!("bare handler      {bare_rate:>8.0} requests/s  {bare_cost:>6.2} µs of the serving thread for each");
    println!("agentprivatecall  {rate:>8.0} requests/s  {cost:>6.2} µs of the serving thread for each");
    println!("ratio             {:>8.2}             {:>6.2}", rate / bare_rate, bare_cost / cost);
}

/// A handler that reads the body and answers with the same bytes as ours, below nothing but the library.
fn serve_bare(world: &World, answer: Vec<u8>) -> SocketAddr {
    let answer = Bytes::from(answer);
    let handler = move |_: Bytes| async move { ([(CONTENT_TYPE, JSON.1)], Body::from(answer)) };
    let router = Router::new().route(PATH, post(handler));
    let tls = &world.settings.public.tls;
    let chain = CertificateDer::pem_slice_iter(&tls.certificate).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(tls.key.expose()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap()));
    let listener = world.runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
    let address = listener.local_addr().unwrap();
    world.runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service =
                    TowerToHyperService::new(router.map_request(|request: hyper::Request<_>| request.map(Body::new)));
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// Requests per second, and microseconds of the serving thread for each.
fn measure(world: &World, address: SocketAddr, worker: &Path) -> (f64, f64) {
    let body = question(1099);
    let authorization = world.signature(&body);
    let headers = [JSON, ("Authorization", authorization.as_str())];
    let config = world.tls(&[]);
    let (is_over, answered) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut client = Client::tls(address, Arc::clone(&config));
                while !is_over.load(Ordering::Relaxed) {
                    assert_eq!(client.ask("POST", PATH, &headers, body.as_bytes()).status, 200);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let now = || (Instant::now(), processor_time(worker), answered.load(Ordering::Relaxed));
        thread::sleep(Duration::from_millis(200));
        let (begun, processor, before) = now();
        thread::sleep(ROUND);
        let (ended, processor_then, after) = now();
        is_over.store(true, Ordering::Relaxed);
        let count = f64::from(after - before);
        (count / (ended - begun).as_secs_f64(), (processor_then - processor).as_secs_f64() / count * 1e6)
    })
}

/// How long a thread has run: the first field of its `schedstat`, in nanoseconds.
fn processor_time(worker: &Path) -> Duration {
    let text = fs::read_to_string(worker).unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}
