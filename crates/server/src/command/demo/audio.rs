//! What a phone of the demo says and hears: a tone of its own in G.711, and a count of what came.

use std::f32::consts::TAU;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use audio_codec_algorithms::{encode_alaw, encode_ulaw};
use leg::sdp::{Agreed, Codec};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

const FRAME: Duration = Duration::from_millis(20);
const SAMPLES: usize = 160;
/// Soft, for whoever listens in.
const LOUDNESS: f32 = 2500.0;

/// One RTP stream each way; ends when dropped.
#[derive(Debug)]
pub(super) struct Audio {
    address: SocketAddr,
    heard: Arc<AtomicU64>,
    agreed: watch::Sender<Option<Agreed>>,
    task: AbortHandle,
}

impl Drop for Audio {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Audio {
    /// Opens a port on `address` for a voice of `pitch` hertz, a multiple of 50.
    pub(super) fn open(address: IpAddr, pitch: u16) -> io::Result<Self> {
        let socket = std::net::UdpSocket::bind((address, 0))?;
        socket.set_nonblocking(true)?;
        let socket = UdpSocket::from_std(socket)?;
        let address = socket.local_addr()?;
        let heard = Arc::new(AtomicU64::new(0));
        let (agreed, told) = watch::channel(None);
        let task = tokio::spawn(talk(socket, told, Arc::clone(&heard), pitch)).abort_handle();
        Ok(Self { address, heard, agreed, task })
    }

    /// Where it receives.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where audio goes from now on, and how.
    pub(super) fn agree(&self, agreed: Agreed) {
        self.agreed.send_replace(Some(agreed));
    }

    /// How many packets were heard.
    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }
}

async fn talk(socket: UdpSocket, agreed: watch::Receiver<Option<Agreed>>, heard: Arc<AtomicU64>, pitch: u16) {
    let mut frames = interval(FRAME);
    frames.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut sequence, mut buffer) = (0_u16, [0; 1500]);
    loop {
        tokio::select! {
            _ = frames.tick() => {
                let to = *agreed.borrow();
                if let Some((to, remote)) = to.filter(|to| to.direction.sends()).and_then(|to| Some((to, to.remote?))) {
                    sequence = sequence.wrapping_add(1);
                    // A datagram that is lost is a crackle.
                    let _ = socket.try_send_to(&packet(&to, sequence, pitch), remote);
                }
            }
            came = socket.recv_from(&mut buffer) => {
                if came.is_ok() {
                    heard.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }
}

/// The packet of this number (RFC 3550, 5.1). A frame holds a whole number of waves, so all frames are alike.
fn packet(agreed: &Agreed, sequence: u16, pitch: u16) -> Vec<u8> {
    let mut packet = vec![0x80, agreed.payload_type];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend((0x00DE_0000 | u32::from(pitch)).to_be_bytes());
    packet.extend((0..SAMPLES).map(|at| {
        let linear = sample(at, pitch);
        match agreed.codec {
            Codec::Pcma => encode_alaw(linear),
            Codec::Pcmu => encode_ulaw(linear),
        }
    }));
    packet
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "samples are small")]
fn sample(at: usize, pitch: u16) -> i16 {
    let phase = (at * usize::from(pitch) % 8000) as f32 / 8000.0 * TAU;
    (phase.sin() * LOUDNESS) as i16
}
