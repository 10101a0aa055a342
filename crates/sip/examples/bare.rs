//! Answers every INVITE with 200 and every other request with 200, and nothing else: what the wire alone costs. Prints
//! requests, CPU time and memory once a second. Loopback only.
//!
//! `cargo run --release -p sip --example bare -- 5070`, then
//! `sipp -sn uac 127.0.0.1:5070 -r 1000 -m 30000 -d 0 -i 127.0.0.1`

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use engine::VdnId;
use leg::{Method, Response};
use sip::Vitals;
use sip::admission::Admission;
use sip::digest::Authenticator;
use sip::directory::Directory;
use sip::settings::{Listen, Settings, Transport, Trunk, VdnSettings};
use sip::wire::{FromWire, Wire};

const SDP: &str =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(5070);
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let listen = [Transport::Udp, Transport::Tcp].map(|transport| Listen { transport, address });
    let media = media::Settings::new(Ipv4Addr::LOCALHOST.into(), 20_000..=20_100);
    let mut settings = Settings::new(listen.to_vec(), media);
    settings.vdns.push(VdnSettings::new(VdnId(170), "demo.example"));
    let sources = vec!["127.0.0.0/8".parse()?];
    let (name, vdn) = ("loopback".into(), VdnId(170));
    settings.trunks.push(Trunk { name, sources, vdn, max_calls: None, outbound: Vec::new() });
    let directory = Arc::new(ArcSwap::from_pointee(Directory::new(settings.clone())));
    let admission = Admission::new(directory, Arc::new(Authenticator::new()?));
    let (wire, mut inbox) = Wire::start(&settings, Arc::new(admission), &Vitals::default())?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let (mut calls, mut acks) = (0_u64, 0_u64);
    loop {
        tokio::select! {
            event = inbox.recv() => match event {
                Some(FromWire::Request { txn, request, .. }) => {
                    calls += u64::from(request.method == Method::Invite);
                    let mut answer = Response::new(200);
                    for name in ["From", "To", "Call-ID", "CSeq"] {
                        let value = request.headers.get(name).unwrap_or_default();
                        let tag = if name == "To" && !value.contains("tag=") { ";tag=x" } else { "" };
                        answer.headers.push(name, &format!("{value}{tag}"));
                    }
                    if request.method == Method::Invite {
                        answer = answer.with("Contact", &format!("<sip:{address}>"));
                        answer = answer.with_body("application/sdp", SDP.into());
                    }
                    wire.respond(txn, &answer);
                }
                Some(FromWire::Ack { .. }) => acks += 1,
                Some(_) => {}
                None => return Ok(()),
            },
            _ = tick.tick() => {
                let stat = std::fs::read_to_string("/proc/self/stat")?;
                let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect::<Vec<_>>();
                let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
                let pages: u64 = fields[21].parse()?;
                println!("calls {calls} acks {acks} cpu {} ms rss {} KiB kept {:?}", ticks * 10, pages * 4, wire.kept());
            }
        }
    }
}
