//! `[media]`: the audio of calls.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use media::{Ring, Ringback};
use toml::de::DeValue;

use super::mistake::At;
use super::reader::{Reader, Written, Wrong};
use super::sip::Sip;
use super::written::{Ports, write_duration};

/// The audio of calls, as it is written.
#[derive(Debug)]
pub(crate) struct Media {
    pub(crate) settings: media::Settings,
    /// Whether waiting callers hear anything at all.
    pub(crate) plays_hold_audio: bool,
}

/// What a waiting caller hears.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HoldAudio {
    Silent,
    Synthesised,
    File(PathBuf),
}

impl Written for HoldAudio {
    const FORM: &'static str = "true, false, or the path of a .wav, .alaw or .ulaw file";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match value.as_bool() {
            Some(true) => Ok(Self::Synthesised),
            Some(false) => Ok(Self::Silent),
            None => PathBuf::read(value).map(Self::File),
        }
    }
}

/// Reads `[media]`; without an address of its own, audio uses that of the first SIP listener.
pub(crate) fn read(root: &Reader<'_>, sip: Option<&Sip>, folder: &Path) -> Media {
    let own = sip.and_then(|sip| sip.listen.first()).map(|listen| listen.value.address.ip());
    let address = own.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let mut settings = media::Settings::new(address, 20_000..=29_999);
    let Some(reader) = root.table("media") else { return Media { settings, plays_hold_audio: true } };
    settings.address = reader.get_or("address", address);
    if let Some(ports) = reader.get::<Ports>("ports") {
        settings.ports = ports.value.first..=ports.value.last;
    }
    settings.threads = usize::from(reader.number_or("threads", 1..=64_u16, 1));
    settings.ringback = reader.table("ringback").map_or_else(Ringback::default, |reader| ringback(&reader));
    let hold_audio = reader.get::<HoldAudio>("hold_audio");
    let plays_hold_audio = !matches!(&hold_audio, Some(At { value: HoldAudio::Silent, .. }));
    if let Some(At { value: HoldAudio::File(file), span }) = hold_audio {
        let path = folder.join(file);
        if !path.is_file() {
            let what = format!("there is no file {}", path.display());
            reader.mistakes().say(span, what, format!("write {}", HoldAudio::FORM));
        }
        settings.hold_audio = Some(path);
    }
    Media { settings, plays_hold_audio }
}

/// `frequencies = [425]`, `cadence = ["1 s", "4 s"]`: on, off, on, off.
fn ringback(reader: &Reader<'_>) -> Ringback {
    let usual = Ringback::default();
    let frequencies: Vec<u16> = reader.list::<Frequency>("frequencies").into_iter().map(|at| at.value.0).collect();
    let spans: Vec<Duration> = reader.list::<Duration>("cadence").into_iter().map(|at| at.value).collect();
    let (rings, rest) = spans.as_chunks::<2>();
    let cadence: Vec<Ring> = rings.iter().map(|[on, off]| Ring { on: *on, off: *off }).collect();
    let whole: Duration = spans.iter().copied().fold(Duration::ZERO, Duration::saturating_add);
    if frequencies.len() > 4 {
        let span = reader.span_of("frequencies");
        reader.mistakes().say(span, format!("`frequencies` are {}", frequencies.len()), "write 1 to 4".to_owned());
    }
    if !rest.is_empty() || cadence.len() > 8 || whole > Duration::from_secs(30) || spans.contains(&Duration::ZERO) {
        let what = format!("`cadence` is {} times, together {}", spans.len(), write_duration(whole));
        let instead = "write 1 to 8 pairs of tone and silence, together at most 30 s, such as [\"1 s\", \"4 s\"]";
        reader.mistakes().say(reader.span_of("cadence"), what, instead.to_owned());
    }
    Ringback {
        frequencies: if frequencies.is_empty() { usual.frequencies } else { frequencies },
        cadence: if cadence.is_empty() { usual.cadence } else { cadence },
    }
}

/// Hertz.
struct Frequency(u16);

impl Written for Frequency {
    const FORM: &'static str = "frequencies from 1 to 3999 Hz, such as [425]";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let hertz = super::reader::integer(value).ok_or_else(|| Wrong::kind(value))?;
        let fitting = u16::try_from(hertz).ok().filter(|hertz| (1..=3999).contains(hertz));
        fitting.map(Self).ok_or_else(|| Wrong::new(format!("holds {hertz}")))
    }
}
