//! The certificate of the public face: the configured one, or one that we sign ourselves.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use api::{Secret, TlsSettings};
use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use time::{Duration, OffsetDateTime};

use crate::config::Config;

/// Where a self-signed certificate is kept, in the data folder.
pub(crate) const CERTIFICATE: &str = "tls/certificate.pem";
const KEY: &str = "tls/key.pem";

/// How long a self-signed certificate is good for: until somebody gets a real one.
const VALID: Duration = Duration::days(3650);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("cannot read the certificate {path}")]
    Read { path: String, source: io::Error },
    #[error("cannot write the certificate {path}")]
    Write { path: String, source: io::Error },
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
}

/// Has TLS use our choice of cryptography from now on, in this process.
pub(crate) fn install_cryptography() {
    // An error means that one is installed already, which does as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// The configured certificate; without one, the self-signed one of the data folder, made when it is not there.
pub(crate) fn settings(config: &Config) -> Result<TlsSettings, TlsError> {
    if let Some((certificate, key)) = &config.faces.public.tls {
        return Ok(TlsSettings { certificate: read(certificate)?, key: Secret::from(read(key)?) });
    }
    let data = &config.journal.data;
    let (certificate, key) = (data.join(CERTIFICATE), data.join(KEY));
    if !certificate.is_file() || !key.is_file() {
        make(config.faces.public.listen.value.ip(), &certificate, &key)?;
        tracing::info!(certificate = %certificate.display(), "made a self-signed certificate");
    }
    Ok(TlsSettings { certificate: read(&certificate)?, key: Secret::from(read(&key)?) })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Read { path: path.display().to_string(), source })
}

/// For `localhost`, the loopback addresses, and the address we listen on.
fn make(listen: IpAddr, certificate: &Path, key: &Path) -> Result<(), TlsError> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    let own = Some(listen).filter(|address| !address.is_unspecified());
    let mut addresses: Vec<IpAddr> = [[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()].into();
    addresses.extend(own.filter(|own| !addresses.contains(own)));
    params.subject_alt_names.extend(addresses.into_iter().map(SanType::IpAddress));
    params.distinguished_name.push(DnType::CommonName, "anteroom, self-signed");
    params.not_before = OffsetDateTime::now_utc() - Duration::days(1);
    params.not_after = OffsetDateTime::now_utc() + VALID;
    let pair = KeyPair::generate()?;
    let signed = params.self_signed(&pair)?;
    write(key, 0o600, &pair.serialize_pem())?;
    write(certificate, 0o644, &signed.pem())
}

/// Writes a file that is whole or not there, and made with `mode`.
fn write(path: &Path, mode: u32, text: &str) -> Result<(), TlsError> {
    let failed = |source| TlsError::Write { path: path.display().to_string(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let unfinished = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&unfinished).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&unfinished, path).map_err(failed)
}
