//! What we show to clients that connect by TLS.

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::settings::{SettingsError, TlsSettings};

/// The TLS settings of connections to come.
pub(crate) type SharedTls = Arc<ArcSwap<ServerConfig>>;

/// TLS 1.2 and 1.3 with this certificate; HTTP/2 for clients that ask for it.
pub(crate) fn tls_config(settings: &TlsSettings) -> Result<ServerConfig, SettingsError> {
    let wrong = |what: &str| SettingsError::Certificate(what.to_owned());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&settings.certificate)
        .collect::<Result<_, _>>()
        .map_err(|error| SettingsError::Certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(wrong("its file has no CERTIFICATE section"));
    }
    let key = PrivateKeyDer::from_pem_slice(settings.key.expose())
        .map_err(|_| wrong("the key's file has no PRIVATE KEY section"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| SettingsError::Certificate(error.to_string()))?;
    config.ticketer = Ticketer::new().map_err(|error| SettingsError::Certificate(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
