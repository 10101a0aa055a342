//! How `ask` reaches a server: base URL, access key, and whom it believes.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use api::Secret;
use api::auth::{EmptyQuery, SignatureTime, ToSign, sign};
use clap::Args;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::{Failure, chain, demo};
use crate::config;

/// Longest answer that is read, in bytes.
const ANSWER_MAX: u64 = 16 * 1024 * 1024;

/// Of every body that is sent.
const CONTENT_TYPE: &str = "application/json; charset=UTF-8";

/// Where this system keeps the certificates it believes.
const SYSTEM_CERTIFICATES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Which server is asked, and as whom.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The public face
    #[arg(long, value_name = "URL", default_value = "https://127.0.0.1:28443")]
    base: String,
    #[command(flatten)]
    key: KeyOptions,
    /// Believe this certificate (PEM); otherwise the demo's, when its folder is found, or the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Believe any certificate
    #[arg(long, conflicts_with = "ca")]
    insecure: bool,
    /// The demo's folder: its certificate and its access key are used
    #[arg(long, value_name = "FOLDER", default_value = config::DATA)]
    data: PathBuf,
}

/// The access key.
#[derive(Debug, Args)]
pub(crate) struct KeyOptions {
    /// The access key's name
    #[arg(long)]
    ak: Option<String>,
    /// Its secret, which others on this machine may see in the list of processes; better --sk-file, or ANTEROOM_SK in
    /// the environment
    #[arg(long)]
    sk: Option<String>,
    /// A file with its secret
    #[arg(long, value_name = "FILE", conflicts_with = "sk")]
    sk_file: Option<PathBuf>,
}

/// The name and the secret to sign with.
pub(crate) struct Key {
    pub(crate) ak: String,
    pub(crate) sk: Secret,
}

impl KeyOptions {
    /// The key that the command line names; none when it names none.
    pub(crate) fn key(&self) -> Result<Option<Key>, Failure> {
        let sk = match (&self.sk, &self.sk_file) {
            (_, Some(file)) => {
                let read = config::read_private(file);
                Some(read.map_err(|why| Failure::Failed(format!("{} {why}", file.display())))?)
            }
            (Some(sk), None) => Some(sk.clone()),
            (None, None) => self.ak.as_ref().and_then(|_| std::env::var("ANTEROOM_SK").ok()),
        };
        match (&self.ak, sk) {
            (Some(ak), Some(sk)) => Ok(Some(Key { ak: ak.clone(), sk: Secret::from(sk) })),
            (None, None) => Ok(None),
            (Some(_), None) => Err(Failure::Wrong("--ak needs --sk, --sk-file or ANTEROOM_SK".to_owned())),
            (None, Some(_)) => Err(Failure::Wrong("the secret key needs --ak".to_owned())),
        }
    }
}

/// A server that can be asked.
pub(crate) struct Connection {
    /// `https://host:port`, without a slash at its end.
    pub(crate) base: String,
    /// `host:port`, as the Host header says it.
    pub(crate) host: String,
    pub(crate) key: Key,
    pub(crate) agent: ureq::Agent,
}

impl Connection {
    /// Sends a request, signed or not; the answer's status and text.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
        is_signed: bool,
    ) -> Result<(u16, String), Failure> {
        let mut headers = vec![("host", self.host.as_str())];
        if body.is_some() {
            headers.push(("content-type", CONTENT_TYPE));
        }
        let to_sign = ToSign {
            method,
            path,
            query: None,
            headers: &headers,
            body: body.unwrap_or_default().as_bytes(),
            empty_query: EmptyQuery::NoLine,
        };
        let now = SignatureTime::from(SystemTime::now()).to_string();
        let signed = sign(&to_sign, &self.key.ak, &self.key.sk, &now);
        let signed = signed.map_err(|error| Failure::Wrong(error.to_string()))?;
        if is_signed {
            headers.push(("authorization", &signed.authorization));
        }
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let not_reached =
            |why: &dyn std::error::Error| Failure::Failed(format!("{} cannot be asked: {}", self.base, chain(why)));
        let sent = match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).map_err(|error| not_reached(&error))?),
            None => self.agent.run(request.body(()).map_err(|error| not_reached(&error))?),
        };
        let mut response = sent.map_err(|error| not_reached(&error))?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(ANSWER_MAX).read_to_string();
        Ok((status, text.map_err(|error| not_reached(&error))?))
    }
}

impl Options {
    /// Finds the key and the certificates.
    pub(crate) fn connect(&self) -> Result<Connection, Failure> {
        let base = self.base.trim_end_matches('/').to_owned();
        let host = host(&base)?;
        let demo_certificate = self.data.join(crate::run::CERTIFICATE);
        let key = match self.key.key()? {
            Some(key) => key,
            None if demo_certificate.is_file() => demo_key(&self.data)?,
            None => {
                let what = "which access key? Give --ak and --sk, or the demo's folder with --data";
                return Err(Failure::Wrong(what.to_owned()));
            }
        };
        crate::run::install_cryptography();
        let tls = TlsConfig::builder().disable_verification(self.insecure).root_certs(self.roots(&demo_certificate)?);
        let agent = ureq::Agent::config_builder()
            .tls_config(tls.build())
            .timeout_global(Some(Duration::from_secs(15)))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .new_agent();
        Ok(Connection { base, host, key, agent })
    }

    fn roots(&self, demo_certificate: &Path) -> Result<RootCerts, Failure> {
        let system = SYSTEM_CERTIFICATES.map(Path::new).into_iter().find(|path| path.is_file());
        let demo = Some(demo_certificate).filter(|path| path.is_file());
        let Some(file) = self.ca.as_deref().or(demo).or(system) else { return Ok(RootCerts::new_with_certs(&[])) };
        let failed = |why: String| Failure::Failed(format!("{}: {why}", file.display()));
        let pem = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
        let items: Result<Vec<PemItem<'_>>, _> = parse_pem(&pem).collect();
        let certificates: Vec<Certificate<'static>> = items
            .map_err(|error| failed(error.to_string()))?
            .into_iter()
            .filter_map(|item| if let PemItem::Certificate(certificate) = item { Some(certificate) } else { None })
            .collect();
        if certificates.is_empty() {
            Err(failed("holds no certificate".to_owned()))
        } else {
            Ok(RootCerts::new_with_certs(&certificates))
        }
    }
}

/// The access key of the demo, from the demo's own configuration.
fn demo_key(data: &Path) -> Result<Key, Failure> {
    let config = demo::config(Ipv4Addr::LOCALHOST, data).map_err(|report| Failure::Wrong(report.to_string()))?;
    let key = config.faces.access_keys.first().map(|key| Key { ak: key.ak.value.clone(), sk: key.sk.reveal().into() });
    key.ok_or_else(|| Failure::Failed("the demo has no access key".to_owned()))
}

/// `host:port` of a URL without path.
fn host(base: &str) -> Result<String, Failure> {
    let rest = base.strip_prefix("https://");
    match rest {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@']) => Ok(host.to_owned()),
        Some(_) | None => Err(Failure::Wrong(format!("--base is {base}; write https://HOST or https://HOST:PORT"))),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_base_is_https_and_a_host() {
        assert_eq!(host("https://127.0.0.1:28443").ok().as_deref(), Some("127.0.0.1:28443"));
        for base in ["http://127.0.0.1", "https://", "https://a/b", "https://u@h", "127.0.0.1"] {
            assert!(host(base).is_err(), "{base}");
        }
    }
}
