//! What can go wrong, by name.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why media could not be started, a port not be opened, or ports not be joined.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// Every even port of the range is in use, by us or by somebody else.
    #[error("no free RTP port between {first} and {last}")]
    NoPort {
        /// The lowest port of the range.
        first: u16,
        /// The highest.
        last: u16,
    },
    /// The configured range holds no even port above 0.
    #[error("the range of RTP ports {first} to {last} holds no even port")]
    EmptyRange {
        /// The lowest port of the range.
        first: u16,
        /// The highest.
        last: u16,
    },
    /// [`crate::Settings::threads`] is out of range.
    #[error("{0} media threads; 1 to 64 are possible")]
    Threads(usize),
    /// [`crate::Settings::hold_audio`] cannot be used.
    #[error("hold audio {}: {error}", path.display())]
    HoldAudio {
        /// The configured file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: AudioError,
    },
    /// [`crate::Settings::ringback`] cannot be used.
    #[error("ringback: {0}")]
    Ringback(#[source] AudioError),
    /// A socket could not be made or bound, for another reason than that its port is taken.
    #[error("cannot open an RTP socket on {address}")]
    Socket {
        /// What it was to be bound to.
        address: SocketAddr,
        /// The operating system's reason; out of file descriptors, for instance.
        #[source]
        error: io::Error,
    },
    /// More ports than [`crate::Media::join`] brings together.
    #[error("{0} ports in one room; at most {max} are possible", max = crate::room::ROOM_MAX)]
    Room(usize),
    /// The operating system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    /// A media thread could not be started.
    #[error("cannot start a media thread")]
    Thread(#[source] io::Error),
    /// Media was stopped.
    #[error("media is stopped")]
    Stopped,
}

/// Why a sound cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The file cannot be read.
    #[error("cannot be read")]
    Read(#[source] io::Error),
    /// The file's name says nothing we know.
    #[error("is neither .wav, .alaw nor .ulaw")]
    Kind,
    /// It is named WAV, but the chunks of one are not in it.
    #[error("is not a WAV file: {0}")]
    NotWav(&'static str),
    /// A WAV file in a format other than 8 kHz mono PCM 16, A-law or mu-law.
    #[error(
        "format {format}, {channels} channel(s), {rate} Hz, {bits} bits; 8000 Hz mono in 16-bit PCM (1), A-law (6) or mu-law (7) is needed"
    )]
    Format {
        /// The format tag of the `fmt ` chunk: 1 PCM, 6 A-law, 7 mu-law.
        format: u16,
        /// How many channels.
        channels: u16,
        /// Samples per second.
        rate: u32,
        /// Bits per sample.
        bits: u16,
    },
    /// Shorter than a packet, or longer than ten minutes.
    #[error("lasts {0} ms; 20 ms to 10 minutes are possible")]
    Length(u64),
    /// A ringing tone has one to four frequencies.
    #[error("{0} frequencies; 1 to 4 are possible")]
    Frequencies(usize),
    /// A frequency that 8000 samples a second cannot carry.
    #[error("{0} Hz; 1 to 3999 are possible")]
    Frequency(u16),
    /// A cadence has one to eight rings.
    #[error("{0} rings; 1 to 8 are possible")]
    Rings(usize),
    /// A cadence lasts 20 ms to 30 s.
    #[error("a cadence of {0} ms; 20 ms to 30 s are possible")]
    Cadence(u64),
}
