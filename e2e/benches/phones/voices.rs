//! What phones in numbers hear and say: one socket for all of them, and two threads.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

const FRAME: Duration = Duration::from_millis(20);
/// In how many portions a frame's packets leave, so that they do not all come at once.
const PORTIONS: usize = 20;

/// The audio of all phones. Each port of the server that was heard once is spoken to 50 times a second from then on, if
/// they speak at all.
pub(crate) struct Voices {
    /// Where the phones are heard and hear.
    pub(crate) port: u16,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    socket: UdpSocket,
    heard: AtomicU64,
    ports: Mutex<Vec<SocketAddr>>,
    is_over: AtomicBool,
}

impl Voices {
    /// Phones that hear and, where `speak` says so, speak.
    pub(crate) fn start(speak: bool) -> Self {
        let socket = socket().expect("a port is free, and can be asked without waiting");
        let port = socket.local_addr().expect("a bound socket has an address").port();
        let shared = Arc::new(Shared {
            socket,
            heard: AtomicU64::new(0),
            ports: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let run = |what: fn(&Shared)| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || what(&shared))
        };
        let mut threads = vec![run(hear)];
        threads.extend(speak.then(|| run(say)));
        Self { port, shared, threads }
    }

    /// How many packets were heard so far.
    pub(crate) fn heard(&self) -> u64 {
        self.shared.heard.load(Ordering::Relaxed)
    }

    /// How many of the server's ports were heard so far.
    pub(crate) fn ports(&self) -> usize {
        self.shared.ports.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Voices {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn socket() -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // What comes while the threads wait for a core; the kernel grants as much of it as it may.
    socket.set_recv_buffer_size(8 << 20)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    Ok(socket.into())
}

fn hear(shared: &Shared) {
    let (mut buffer, mut known) = ([0; 2048], HashSet::new());
    while !shared.is_over.load(Ordering::Relaxed) {
        while let Ok((_, from)) = shared.socket.recv_from(&mut buffer) {
            shared.heard.fetch_add(1, Ordering::Relaxed);
            if known.insert(from) {
                shared.ports.lock().unwrap_or_else(PoisonError::into_inner).push(from);
            }
        }
        // To wait in the socket would wake this thread for each packet, which costs more than the packet.
        thread::sleep(Duration::from_millis(1));
    }
}

fn say(shared: &Shared) {
    let begun = Instant::now();
    // RTP version 2, payload type 8 (PCMA), and 160 samples of silence.
    let mut packet = [0xd5; 172];
    packet[..2].copy_from_slice(&[0x80, 8]);
    for frame in 0_u32.. {
        let ports = shared.ports.lock().unwrap_or_else(PoisonError::into_inner).clone();
        packet[2..4].copy_from_slice(&(frame as u16).to_be_bytes());
        packet[4..8].copy_from_slice(&frame.wrapping_mul(160).to_be_bytes());
        for portion in 0..PORTIONS {
            let due = begun + FRAME * frame + FRAME / PORTIONS as u32 * portion as u32;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            for (number, to) in ports.iter().enumerate().skip(portion).step_by(PORTIONS) {
                packet[8..12].copy_from_slice(&(number as u32).to_be_bytes());
                // What cannot be sent is missing in what is heard.
                let _ = shared.socket.send_to(&packet, to);
            }
        }
        if shared.is_over.load(Ordering::Relaxed) {
            return;
        }
    }
}
