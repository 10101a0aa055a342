//! Phones on loopback for the tests: real sockets, and an RTP reader of their own.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};
use media::{Codec, Media, MediaEvent, Port, Remote, Settings};
use std::collections::VecDeque;
use std::f32::consts::TAU;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// How long anything may take before a test fails; nothing is decided by less.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A packet as the wire has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: Vec<u8>,
}

impl Packet {
    fn read(bytes: &[u8]) -> Self {
        assert!(bytes.len() > 12, "an RTP packet with a payload: {bytes:?}");
        assert_eq!(bytes[0], 0x80, "version 2, no padding, no extension, no contributing sources");
        Self {
            marker: bytes[1] & 0x80 != 0,
            payload_type: bytes[1] & 0x7f,
            sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
            timestamp: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
            ssrc: u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
            payload: bytes[12..].to_vec(),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x80, u8::from(self.marker) << 7 | self.payload_type];
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }
}

/// A phone: one socket that sends to one port.
pub struct Phone {
    pub socket: UdpSocket,
    pub codec: Codec,
    pub telephone_event: Option<u8>,
    pub port: Port,
    pub next: Packet,
}

impl Phone {
    /// A phone that knows its port, which does not know it yet.
    pub fn new(port: Port, codec: Codec) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let payload_type = codec.static_payload_type();
        let ssrc = u32::from(socket.local_addr().expect("bound").port());
        let next = Packet { marker: false, payload_type, sequence: 65_530, timestamp: 5, ssrc, payload: Vec::new() };
        Self { socket, codec, telephone_event: Some(101), port, next }
    }

    /// A new port, and a phone both sides of which know each other.
    pub fn on(media: &Media, codec: Codec) -> Self {
        let phone = Self::new(media.open().expect("a port"), codec);
        media.set_remote(phone.port.id, phone.remote());
        phone
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("bound")
    }

    pub fn remote(&self) -> Remote {
        Remote {
            address: self.address(),
            codec: self.codec,
            payload_type: self.codec.static_payload_type(),
            telephone_event: self.telephone_event,
            send: true,
            receive: true,
        }
    }

    pub fn send(&self, packet: &Packet) {
        self.socket.send_to(&packet.bytes(), self.port.local).expect("sent");
    }

    /// Sends the next 20 ms of a stream.
    pub fn talk(&mut self, payload: &[u8]) {
        self.next.payload = payload.to_vec();
        self.send(&self.next);
        self.next.sequence = self.next.sequence.wrapping_add(1);
        self.next.timestamp = self.next.timestamp.wrapping_add(160);
    }

    /// Sends one packet of a telephone event that began at `timestamp`.
    pub fn press(&mut self, event: u8, timestamp: u32, marker: bool, end: bool) {
        let payload_type = self.telephone_event.expect("a phone with keys");
        let payload = vec![event, if end { 0x8a } else { 10 }, 0, 160];
        self.send(&Packet { marker, payload_type, timestamp, payload, ..self.next.clone() });
        self.next.sequence = self.next.sequence.wrapping_add(1);
    }

    pub fn hear(&self) -> Packet {
        let mut buffer = [0; 2000];
        let (length, from) = self.socket.recv_from(&mut buffer).expect("a packet in time");
        assert_eq!(from, self.port.local, "media sends from the port it announced");
        Packet::read(&buffer[..length])
    }

    /// The first packet that `is_wanted`; what comes before is passed over.
    pub fn hear_until(&self, is_wanted: impl Fn(&Packet) -> bool) -> Packet {
        let began = Instant::now();
        loop {
            let packet = self.hear();
            if is_wanted(&packet) {
                return packet;
            }
            assert!(began.elapsed() < PATIENCE, "the packet waited for did not come");
        }
    }

    /// Whether there is nothing to hear right now.
    pub fn hears_nothing(&self) -> bool {
        self.socket.set_nonblocking(true).expect("a mode");
        let heard = self.socket.recv_from(&mut [0; 2000]);
        self.socket.set_nonblocking(false).expect("a mode");
        matches!(heard, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// Media on loopback with its events in a channel.
pub fn start(change: impl FnOnce(&mut Settings)) -> (Media, Receiver<MediaEvent>) {
    let mut settings = Settings::new(LOOPBACK, 22_000..=22_999);
    change(&mut settings);
    let (sender, events) = channel();
    // A test that looks at no events drops the receiver.
    let on_event = Box::new(move |event| sender.send(event).unwrap_or_default());
    (Media::start(settings, on_event).expect("media"), events)
}

/// Waits until the orders given so far are carried out. A packet sent right behind an order may be read before it.
/// For media with one thread: the echo below is ordered last.
pub fn carried_out(media: &Media) {
    let mut probe = Phone::on(media, Codec::Pcma);
    media.connect(probe.port.id, probe.port.id);
    probe.talk(&[0; 160]);
    probe.hear();
    media.close(probe.port.id);
}

/// Waits until `is_so`, bounded by [`PATIENCE`].
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub fn encode(codec: Codec, linear: &[i16]) -> Vec<u8> {
    let encode = match codec {
        Codec::Pcma => encode_alaw,
        Codec::Pcmu => encode_ulaw,
    };
    linear.iter().map(|sample| encode(*sample)).collect()
}

pub fn decode(codec: Codec, audio: &[u8]) -> Vec<i16> {
    let decode = match codec {
        Codec::Pcma => decode_alaw,
        Codec::Pcmu => decode_ulaw,
    };
    audio.iter().map(|sample| decode(*sample)).collect()
}

/// 20 ms of speech-like sound that differs from frame to frame.
pub fn speech(frame: usize) -> Vec<i16> {
    let sample = |at: usize| {
        let time = (frame * 160 + at) as f32 / 8000.0;
        let loud = 2000.0 + 9000.0 * (time * 3.0).sin().abs();
        (loud * ((time * 220.0 * TAU).sin() + 0.4 * (time * 1310.0 * TAU).sin())) as i16
    };
    (0..160).map(sample).collect()
}

/// Tones that voices may have, in Hz. 20 ms hold half a wave more than whole ones: frames in another order, or closed up
/// over a lost one, do not add up to the tone.
pub const TONES: [u16; 8] = [425, 775, 1125, 1475, 1825, 2175, 2525, 2875];
/// The peak of a tone: seven of them together are not cut off.
const LOUD: f32 = 4000.0;
/// How much of the last sound is looked at for tones: 400 ms.
const WINDOW: usize = 20;

/// A phone that says a tone, in real time, until this is dropped.
pub struct Voice {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Voice {
    /// 20 ms packets, one after the other.
    pub fn of(phone: &Phone, tone: u16) -> Self {
        Self::packed(phone, tone, 160, |slot| vec![slot])
    }

    /// Packets of `samples` samples. `slot` says which of them are sent in the time of one.
    pub fn packed(phone: &Phone, tone: u16, samples: u32, slot: impl Fn(u32) -> Vec<u32> + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, socket, codec) = (Arc::clone(&stop), phone.socket.try_clone().expect("a socket"), phone.codec);
        let (to, first) = (phone.port.local, phone.next.clone());
        let speak = move || {
            let began = Instant::now();
            for number in (0u32..).take_while(|_| !stopped.load(Ordering::Relaxed)) {
                let due = began + Duration::from_micros(125) * samples * number;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                for packet in slot(number) {
                    let sequence = first.sequence.wrapping_add(packet as u16);
                    let timestamp = first.timestamp.wrapping_add(packet * samples);
                    let payload = encode(codec, &sine(tone, packet * samples, samples));
                    socket
                        .send_to(&Packet { sequence, timestamp, payload, ..first.clone() }.bytes(), to)
                        .expect("sent");
                }
            }
        };
        Self { stop, thread: Some(std::thread::spawn(speak)) }
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a voice that spoke to its end");
        }
    }
}

fn sine(tone: u16, from: u32, samples: u32) -> Vec<i16> {
    // Whole waves are taken off in integers, so that the phase stays exact.
    let phase = |at: u32| (u64::from(at) * u64::from(tone) % 8000) as f32 / 8000.0 * TAU;
    (from..from + samples).map(|at| (phase(at).sin() * LOUD) as i16).collect()
}

/// The peak of one tone in a sound (Goertzel's algorithm).
fn level(sound: &[i16], tone: u16) -> f64 {
    let coefficient = 2.0 * (f64::from(tone) / 8000.0 * std::f64::consts::TAU).cos();
    let step = |(last, before): (f64, f64), sample: &i16| (f64::from(*sample) + coefficient * last - before, last);
    let (last, before) = sound.iter().fold((0.0, 0.0), step);
    (last * last + before * before - coefficient * last * before).max(0.0).sqrt() * 2.0 / sound.len() as f64
}

impl Phone {
    /// Listens until the last 400 ms hold exactly the tones `wanted`, and answers with all packets on the way. A tone
    /// counts when it is heard for more than half of the time, and no other may be heard for more than a sixth. The tone
    /// `own` must never be heard.
    pub fn hear_tones(&self, wanted: &[u16], own: u16) -> Vec<Packet> {
        let (began, mut window, mut heard) = (Instant::now(), VecDeque::new(), Vec::new());
        loop {
            let packet = self.hear();
            if packet.payload_type == self.codec.static_payload_type() {
                window.push_back(decode(self.codec, &packet.payload));
            }
            heard.push(packet);
            if window.len() < WINDOW {
                continue;
            }
            let sound: Vec<i16> = window.iter().flatten().copied().collect();
            window.pop_front();
            let levels = TONES.map(|tone| (tone, level(&sound, tone) as f32));
            assert!(
                levels.iter().all(|(tone, level)| *tone != own || *level < LOUD / 6.0),
                "its own voice: {levels:?}"
            );
            let fits = |(tone, level): &(u16, f32)| {
                if wanted.contains(tone) { *level > LOUD / 2.0 } else { *level < LOUD / 6.0 }
            };
            if levels.iter().all(fits) {
                return heard;
            }
            assert!(began.elapsed() < PATIENCE, "{wanted:?} are not heard, but {levels:?}");
        }
    }
}

/// One SSRC, no gap in the numbers, time that goes on.
pub fn assert_one_stream(heard: &[Packet]) {
    for pair in heard.windows(2) {
        assert_eq!(pair[1].ssrc, pair[0].ssrc);
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
        let ahead = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(
            (160..80_000).contains(&ahead),
            "timestamps go ahead by a frame or more, and by less than 10 s: {ahead}"
        );
    }
}
