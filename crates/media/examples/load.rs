//! What audio costs: CPU time of the media threads per packet, with waiting callers (hold audio), talking ones (relay
//! between PCMA and PCMU) and three that talk together (mixed, PCMA, PCMU and PCMA), over loopback sockets.
//!
//! `cargo run --release -p media --example load -- [waiting] [talking] [seconds] [threads] [talks of three]`
//!
//! Waiting calls have one leg, talking ones two; three who talk together are three. The phones of all legs are one socket, read by one thread and fed by
//! another: their time is not counted, though they compete for the same cores. Linux only: reads `/proc`.

use media::{Audio, Codec, DropCause, Media, MediaError, Port, Remote, Settings};
use socket2::{Domain, Socket, Type};
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_millis(20);
/// Linux counts a thread's time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

struct Load {
    waiting: usize,
    talking: usize,
    seconds: u64,
    threads: usize,
    threes: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    let number = |place: usize, default| numbers.get(place).copied().unwrap_or(default);
    let load = Load {
        waiting: number(0, 200) as usize,
        talking: number(1, 100) as usize,
        seconds: number(2, 5).min(600),
        threads: number(3, 1) as usize,
        threes: number(4, 0) as usize,
    };
    run(&load)
}

fn run(load: &Load) -> Result<(), Box<dyn Error>> {
    let mut settings = Settings::new(Ipv4Addr::LOCALHOST.into(), 10_000..=31_999);
    settings.threads = load.threads;
    let media = Media::start(settings, Box::new(|_| ()))?;
    let phones = Arc::new(phones()?);
    let address = phones.local_addr()?;

    let mut talking = Vec::new();
    for _ in 0..load.talking {
        let (a, b) = (open(&media, address, Codec::Pcma)?, open(&media, address, Codec::Pcmu)?);
        media.connect(a.id, b.id);
        talking.extend([(a.local, 8), (b.local, 0)]);
    }
    for _ in 0..load.threes {
        let codecs = [Codec::Pcma, Codec::Pcmu, Codec::Pcma];
        let ports = codecs.iter().map(|codec| open(&media, address, *codec)).collect::<Result<Vec<_>, _>>()?;
        media.join(&ports.iter().map(|port| port.id).collect::<Vec<_>>())?;
        talking.extend(ports.iter().zip(codecs).map(|(port, codec)| (port.local, codec.static_payload_type())));
    }
    for _ in 0..load.waiting {
        media.play(open(&media, address, Codec::Pcma)?.id, Audio::Hold);
    }
    let (stop, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let threads = [listen(&phones, &stop, &heard)?, speak(&phones, &stop, talking)?];

    std::thread::sleep(Duration::from_secs(1));
    let (before, heard_before) = (media.stats(), heard.load(Ordering::Relaxed));
    let (began, cpu) = (Instant::now(), media_time()?);
    std::thread::sleep(Duration::from_secs(load.seconds));
    let (after, heard) = (media.stats(), heard.load(Ordering::Relaxed) - heard_before);
    let (lasted, cpu, memory) = (began.elapsed(), media_time()? - cpu, resident()?);
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().map_err(|_| "a phone thread panicked")?;
    }
    media.stop();

    let (played, relayed) = (after.played - before.played, after.relayed - before.relayed);
    let mixed = after.mixed - before.mixed;
    let sent = played + relayed + mixed;
    let per_second = |count: u64| count as f64 / lasted.as_secs_f64();
    let Load { waiting, talking, threes, threads, .. } = load;
    println!("waiting calls {waiting}, talking calls {talking}, talks of three {threes}, media threads {threads}");
    println!("hold audio    {:>9.0} packets/s (paced: {})", per_second(played), load.waiting * 50);
    println!("relayed       {:>9.0} packets/s", per_second(relayed));
    println!("mixed         {:>9.0} packets/s (paced: {})", per_second(mixed), load.threes * 150);
    println!("came too late {:>9}", after.dropped(DropCause::Late) - before.dropped(DropCause::Late));
    println!("phones heard  {:>9.0} packets/s", per_second(heard));
    println!("not sent      {:>9}", after.dropped(DropCause::Send) - before.dropped(DropCause::Send));
    println!("media CPU     {:>9.1} % of a core", cpu.as_secs_f64() / lasted.as_secs_f64() * 100.0);
    println!("resident      {memory:>9} KiB, phones included");
    println!("CPU/packet    {:>9.2} us", cpu.as_secs_f64() * 1e6 / sent.max(1) as f64);
    Ok(())
}

fn phones() -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_recv_buffer_size(8 << 20)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    Ok(socket.into())
}

fn open(media: &Media, address: SocketAddr, codec: Codec) -> Result<Port, MediaError> {
    let port = media.open()?;
    let payload_type = codec.static_payload_type();
    media
        .set_remote(port.id, Remote { address, codec, payload_type, telephone_event: None, send: true, receive: true });
    Ok(port)
}

fn listen(phones: &Arc<UdpSocket>, stop: &Arc<AtomicBool>, heard: &Arc<AtomicU64>) -> std::io::Result<JoinHandle<()>> {
    let (phones, stop, heard) = (Arc::clone(phones), Arc::clone(stop), Arc::clone(heard));
    std::thread::Builder::new().name("phones-hear".into()).spawn(move || {
        let mut buffer = [0; 2000];
        while !stop.load(Ordering::Relaxed) {
            while phones.recv(&mut buffer).is_ok() {
                heard.fetch_add(1, Ordering::Relaxed);
            }
            // Waiting in recv would have the media threads wake this one for every packet, as no network does.
            std::thread::sleep(Duration::from_millis(1));
        }
    })
}

/// Sends every leg its packet, 50 times a second, spread over the 20 ms.
fn speak(
    phones: &Arc<UdpSocket>,
    stop: &Arc<AtomicBool>,
    legs: Vec<(SocketAddr, u8)>,
) -> std::io::Result<JoinHandle<()>> {
    let (phones, stop) = (Arc::clone(phones), Arc::clone(stop));
    std::thread::Builder::new().name("phones-speak".into()).spawn(move || {
        let began = Instant::now();
        let mut packet = [0x55u8; 172];
        for frame in 0u32.. {
            for (part, legs) in legs.chunks(legs.len().div_ceil(20).max(1)).enumerate() {
                let due = began + FRAME * frame + FRAME / 20 * part as u32;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                for (number, (to, payload_type)) in legs.iter().enumerate() {
                    packet[..2].copy_from_slice(&[0x80, *payload_type]);
                    packet[2..4].copy_from_slice(&(frame as u16).to_be_bytes());
                    packet[4..8].copy_from_slice(&frame.wrapping_mul(160).to_be_bytes());
                    packet[8..12].copy_from_slice(&(number as u32).to_be_bytes());
                    // What cannot be sent is missing in the figures of what was relayed.
                    let _ = phones.send_to(&packet, to);
                }
            }
            if stop.load(Ordering::Relaxed) || legs.is_empty() {
                return;
            }
        }
    })
}

/// The CPU time of the media threads so far, in user and system mode.
fn media_time() -> Result<Duration, Box<dyn Error>> {
    let mut ticks = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(task?.path().join("stat"))?;
        let (name, rest) = stat.rsplit_once(") ").ok_or("a line of /proc that is none")?;
        if name.contains("(media-") {
            let times = rest.split(' ').skip(11).take(2).map(str::parse::<u32>);
            ticks += times.sum::<Result<u32, _>>()?;
        }
    }
    Ok(TICK * ticks)
}

/// The memory of this process, in KiB.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
