//! `anteroom demo`: the contact centre of `examples/demo.toml`, at once, with people in it.

mod audio;
mod chance;
mod narrator;
mod phone;
mod register;
mod screen;
mod story;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::Failure;
use crate::config::{self, Config, Report};
use crate::run;

const NOTES: &str = "\
Everything listens on this machine alone. The same centre as a file: examples/demo.toml.
Agents 1001 to 1003, 1099, 1006 and 1007 are played, and so are callers: each has a SIP phone of its
own that registers, rings, talks and transfers. The other agents are yours: bring a softphone.
A second start with the same --data continues where the first ended.

Examples:
  anteroom demo
  anteroom demo --for 60 --seed 7                 another story, and a short one
  anteroom demo --data /tmp/demo --alone          nobody calls but you
  anteroom demo --data /tmp/demo --quiet";

/// Run a small contact centre on this machine, without any configuration
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// The folder of the journal and the certificate
    #[arg(long, value_name = "FOLDER", default_value = config::DATA)]
    data: PathBuf,
    /// Another loopback address, when 127.0.0.1 is taken
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST, value_parser = loopback)]
    address: Ipv4Addr,
    /// Print no advice, log warnings only, and play nobody
    #[arg(long)]
    quiet: bool,
    /// Play no callers and agents
    #[arg(long)]
    alone: bool,
    /// End by itself after so many seconds
    #[arg(long = "for", value_name = "SECONDS")]
    lasts: Option<u64>,
    /// What the played callers and agents do follows from this number
    #[arg(long, value_name = "NUMBER", default_value_t = 1, conflicts_with_all = ["quiet", "alone"])]
    seed: u64,
    /// How many threads serve SIP and HTTP
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

/// The demo's passwords are known to everybody, so nobody else may reach it.
fn loopback(text: &str) -> Result<Ipv4Addr, String> {
    let address: Ipv4Addr = text.parse().map_err(|_| "write an address of 127.0.0.0/8".to_owned())?;
    let refusal = "the demo's passwords are known to everybody; it listens on 127.0.0.0/8 only";
    if address.is_loopback() { Ok(address) } else { Err(refusal.to_owned()) }
}

/// The demo's configuration on `address`, with its data in `data`.
pub(crate) fn config(address: Ipv4Addr, data: &Path) -> Result<Config, Report> {
    const TEXT: &str = include_str!("../../../../examples/demo.toml");
    let text = TEXT.replace("127.0.0.1", &address.to_string());
    let mut config = config::parse("examples/demo.toml", &text, Path::new(""))?;
    config.journal.data = data.to_owned();
    Ok(config)
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut config = config(options.address, &options.data).map_err(|report| Failure::Wrong(report.to_string()))?;
    config.threads = options.threads.map(usize::from);
    let is_played = !options.quiet && !options.alone;
    if options.quiet || is_played {
        // The story tells what happens.
        config.log.level = config::LogLevel::Warn;
    }
    let lasts = options.lasts.map(Duration::from_secs);
    run::serve(config, None, move |server| {
        if !options.quiet {
            // Nobody has to read it: the demo runs on when its output is closed.
            let _ = writeln!(std::io::stdout(), "{}", advice(options.address, &options.data, is_played));
        }
        let node = server.nodes().first().filter(|_| is_played).cloned();
        let setting = story::Setting {
            server: SocketAddr::from((options.address, 5060)),
            domain: options.address.to_string(),
            seed: options.seed,
            ask: ask(options.address, &options.data),
        };
        async move {
            let end = async {
                match lasts {
                    Some(lasts) => tokio::time::sleep(lasts).await,
                    None => std::future::pending().await,
                }
            };
            let story = async {
                match node {
                    Some(node) => story::play(node, setting).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = end => Ok(()),
                failed = story => failed,
            }
        }
    })
}

fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "anteroom".to_owned())
}

/// The command that lists the private calls.
fn ask(address: Ipv4Addr, data: &Path) -> String {
    let mut ask = format!("{} ask private-calls --cc 1 --vdn 170 --agent 1099", program());
    if address != Ipv4Addr::LOCALHOST {
        ask.push_str(&format!(" --base https://{address}:28443"));
    }
    if data != Path::new(config::DATA) {
        ask.push_str(&format!(" --data {}", data.display()));
    }
    ask
}

/// What to try next, with commands that work as they stand.
fn advice(address: Ipv4Addr, data: &Path, is_played: bool) -> String {
    let (program, ask) = (program(), ask(address, data));
    let yours = if is_played { 1004 } else { 1099 };
    let played = if is_played {
        "
            1001 to 1003, 1099, 1006 and 1007 are played, as are callers; the others are yours"
    } else {
        ""
    };
    format!(
        "
The demo runs: call centre 1, VDN 170. Nothing outside this machine reaches it. Ctrl-C stops it.

  Agents    1001 to 1005 and 1099 serve Sales, 1006 to 1010 serve Support{played}. Their phones register:
              user {yours}, password demo-{yours}, server and domain {address}, port 5060, UDP or TCP
            With baresip, a line in ~/.baresip/accounts and one in ~/.baresip/config:
              <sip:{yours}@{address}>;auth_pass=demo-{yours}
              net_interface {address}
  Callers   any softphone on this machine, without an account:
              sip:8001@{address} for Sales, sip:8002@{address} for Support, sip:1099@{address} for that agent alone
  Ask       which calls wait for agent 1099 alone; in another terminal, in this folder:
              {ask}
  Look      curl -s http://{address}:28080/readyz
            curl -s http://{address}:28080/metrics
  Journal   {program} journal --data {data}

The signed interface is https://{address}:28443/rest/cmsapp/v1/openapi/agent/agentprivatecall
with AK demo and SK demo-secret-key; its certificate is {data}/tls/certificate.pem.
",
        data = data.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{AgentId, QueueId, SignIn, VdnId};
    use std::time::Duration;

    #[test]
    fn the_demo_is_the_centre_of_the_manual() {
        let config = config(Ipv4Addr::LOCALHOST, Path::new("data")).expect("the demo has no mistake");
        assert_eq!(config.cc, 1);
        let [vdn] = &config.vdns[..] else { panic!("one VDN") };
        assert_eq!(vdn.id.value, VdnId(170));
        let numbers: Vec<_> = vdn.numbers.iter().map(|(code, number)| (code.as_str(), number.value.queue)).collect();
        assert_eq!(numbers, [("8001", QueueId(1)), ("8002", QueueId(2))]);
        let names: Vec<&str> = vdn.floor.queues.iter().map(|queue| &*queue.name).collect();
        assert_eq!(names, ["Sales", "Support"]);
        assert!(vdn.floor.queues.iter().all(|queue| queue.ring_max == Duration::from_secs(20)));
        assert!(vdn.floor.queues.iter().all(|queue| queue.wrap_up == Duration::ZERO));
        for (queue, agents) in [(1, &[1001, 1002, 1003, 1004, 1005, 1099][..]), (2, &[1006, 1007, 1008, 1009, 1010])] {
            let served = |agent: &&engine::AgentSettings| agent.queues.iter().any(|part| part.queue == QueueId(queue));
            let ids: Vec<u32> = vdn.floor.agents.iter().filter(served).map(|agent| agent.id.0).collect();
            assert_eq!(ids, agents);
        }
        assert!(vdn.floor.agents.iter().all(|agent| agent.sign_in == SignIn::Register));
        let phone = vdn.phones.iter().find(|phone| phone.agent == AgentId(1099)).expect("agent 1099 has a phone");
        assert_eq!(phone.password.as_ref().map(|password| password.reveal()), Some("demo-1099"));
    }

    #[test]
    fn every_address_of_the_demo_is_loopback() {
        let config = config(Ipv4Addr::new(127, 0, 0, 9), Path::new("data")).expect("the demo has no mistake");
        let sip = config.sip.listen.iter().map(|listen| listen.value.address.ip());
        let faces = [config.faces.public.listen.value.ip(), config.faces.internal.value.ip()];
        let all: Vec<_> = sip.chain(faces).chain([config.media.settings.address]).collect();
        assert!(all.iter().all(|address| address.is_loopback() && address.to_string() == "127.0.0.9"), "{all:?}");
    }

    #[test]
    fn the_demo_listens_nowhere_else() {
        assert!(loopback("192.0.2.1").is_err());
        assert!(loopback("0.0.0.0").is_err());
        assert_eq!(loopback("127.0.0.2"), Ok(Ipv4Addr::new(127, 0, 0, 2)));
    }
}
