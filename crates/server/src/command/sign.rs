//! `anteroom sign`: what a client of the signed interface has to send, for people who debug their own.

use std::path::PathBuf;
use std::time::SystemTime;

use api::auth::{EmptyQuery, SignatureTime, Signed, ToSign, sign};
use clap::Args;

use super::connection::KeyOptions;
use super::{Failure, print_line};

const NOTES: &str = "\
The canonical request is printed as it is signed: the body, percent-encoded, stands in its last line, which has no end.

Examples:
  anteroom sign --url https://cms.example.com:28443/rest/cmsapp/v1/openapi/agent/agentprivatecall \\
      --body '{\"ccId\":1,\"vdn\":170,\"agentId\":1099}' --ak demo --sk demo-secret-key
  anteroom sign --url https://cms.example.com:28443/path --header 'Content-Type: application/json' \\
      --body-file request.json --ak demo --sk-file sk.txt --at 2025-01-02T03:04:05Z";

/// Print the Authorization header and the canonical request for a request of your own
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// The request's method
    #[arg(long, default_value = "POST")]
    method: String,
    /// The request's URL; its host is signed unless --header gives one
    #[arg(long)]
    url: String,
    /// A header to sign, "Name: value"; may be given several times
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// The request's body
    #[arg(long, conflicts_with = "body_file")]
    body: Option<String>,
    /// A file with the request's body, taken byte by byte
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
    #[command(flatten)]
    key: KeyOptions,
    /// The signature's time, UTC, as 2025-01-02T03:04:05Z or with milliseconds; now when left out
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Sign an empty line where a request without query has none: the other of the two forms in use
    #[arg(long)]
    empty_query_line: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let signed = options.sign()?;
    print_line(&format!("Authorization: {}", signed.authorization));
    print_line(&format!("\nCanonical request:\n{}", signed.canonical_request));
    Ok(())
}

impl Options {
    fn sign(&self) -> Result<Signed, Failure> {
        let key = self.key.key()?;
        let key = key.ok_or_else(|| Failure::Wrong("which access key? Give --ak and --sk or --sk-file".to_owned()))?;
        let (host, path, query) = split_url(&self.url)?;
        let mut headers = self.headers()?;
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            headers.push(("host", host));
        }
        let body = match (&self.body, &self.body_file) {
            (_, Some(file)) => {
                std::fs::read(file).map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?
            }
            (body, None) => body.clone().unwrap_or_default().into_bytes(),
        };
        let empty_query = if self.empty_query_line { EmptyQuery::Line } else { EmptyQuery::NoLine };
        let method = self.method.to_ascii_uppercase();
        let to_sign = ToSign { method: &method, path, query, headers: &headers, body: &body, empty_query };
        sign(&to_sign, &key.ak, &key.sk, &self.time()?).map_err(|error| Failure::Wrong(error.to_string()))
    }

    fn headers(&self) -> Result<Vec<(&str, &str)>, Failure> {
        let parts = self.headers.iter().map(|header| {
            let (name, value) = header.split_once(':').unwrap_or(("", header));
            let wrong = || Failure::Wrong(format!("--header is \"{header}\"; write \"Name: value\""));
            if name.trim().is_empty() { Err(wrong()) } else { Ok((name.trim(), value.trim())) }
        });
        parts.collect()
    }

    fn time(&self) -> Result<String, Failure> {
        match &self.at {
            None => Ok(SignatureTime::from(SystemTime::now()).to_string()),
            Some(text) => {
                text.parse::<SignatureTime>().map_err(|error| Failure::Wrong(format!("--at is {text}: {error}")))?;
                Ok(text.clone())
            }
        }
    }
}

/// Host with port, path, and query of a URL.
fn split_url(url: &str) -> Result<(&str, &str, Option<&str>), Failure> {
    let wrong = || Failure::Wrong(format!("--url is {url}; write it whole, as https://HOST:PORT/PATH"));
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or_else(wrong)?;
    let rest = rest.split('#').next().unwrap_or(rest);
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    if host.is_empty() || host.contains('@') {
        return Err(wrong());
    }
    Ok((host, if path.is_empty() { "/" } else { path }, query))
}
