//! What ours is held against: a handler that reads the body and answers with a constant, below nothing but the library.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::centre::{self, Centre};
use crate::command::Failure;

/// Answers everything that is sent to `path` with `answer`, on the runtime that serves the centre too.
pub(super) fn serve(centre: &Centre, path: &'static str, answer: Bytes) -> Result<SocketAddr, Failure> {
    let handler =
        move |_: Bytes| std::future::ready(([(CONTENT_TYPE, centre::CONTENT_TYPE)], Body::from(answer.clone())));
    let router = Router::new().route(path, post(handler));
    let acceptor = TlsAcceptor::from(Arc::new(tls(centre)?));
    let listener = centre.serving.block_on(TcpListener::bind(("127.0.0.1", 0)));
    let listener = listener.map_err(|error| Failure::of(&error))?;
    let address = listener.local_addr().map_err(|error| Failure::of(&error))?;
    centre.serving.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let router =
                    router.map_request(|request: hyper::Request<hyper::body::Incoming>| request.map(Body::new));
                let service = TowerToHyperService::new(router);
                // A client that goes away ends its connection.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok(address)
}

/// The centre's certificate.
fn tls(centre: &Centre) -> Result<ServerConfig, Failure> {
    let tls = &centre.settings.public.tls;
    let chain = CertificateDer::pem_slice_iter(&tls.certificate).collect::<Result<_, _>>();
    let chain = chain.map_err(|error| Failure::of(&error))?;
    let key = PrivateKeyDer::from_pem_slice(tls.key.expose()).map_err(|error| Failure::of(&error))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    config.map_err(|error| Failure::of(&error))
}
