//! Hold audio from a file: WAV, or raw G.711.

use crate::error::AudioError;
use crate::settings::Codec;
use crate::sounds::{Loop, SAMPLES_MAX, check_length};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Ten minutes of 16-bit samples, and room for the chunks of a WAV file that are not audio.
const BYTES_MAX: u64 = SAMPLES_MAX as u64 * 2 + (1 << 20);

/// The `fmt ` chunk of a WAV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Format {
    format: u16,
    channels: u16,
    rate: u32,
    bits: u16,
}

/// Reads a file by the kind its name says.
pub(crate) fn read(path: &Path) -> Result<Loop, AudioError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let parse = match extension.as_deref() {
        Some("wav") => wav,
        Some("alaw") => |bytes: &[u8]| raw(bytes, Codec::Pcma),
        Some("ulaw") => |bytes: &[u8]| raw(bytes, Codec::Pcmu),
        _ => return Err(AudioError::Kind),
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(AudioError::Read)?;
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(AudioError::Read)?;
    parse(&bytes)
}

fn raw(bytes: &[u8], codec: Codec) -> Result<Loop, AudioError> {
    check_length(bytes.len())?;
    Ok(Loop::from_encoded(bytes, codec))
}

fn wav(bytes: &[u8]) -> Result<Loop, AudioError> {
    let [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', body @ ..] = bytes else {
        return Err(AudioError::NotWav("it does not begin with RIFF and WAVE"));
    };
    let format = chunk(body, *b"fmt ").and_then(Format::parse).ok_or(AudioError::NotWav("no format chunk"))?;
    let data = chunk(body, *b"data").ok_or(AudioError::NotWav("no data chunk"))?;
    match format {
        Format { format: 1, channels: 1, rate: 8000, bits: 16 } => {
            let samples = data.as_chunks::<2>().0;
            check_length(samples.len())?;
            let linear: Vec<i16> = samples.iter().map(|sample| i16::from_le_bytes(*sample)).collect();
            Ok(Loop::from_linear(&linear))
        }
        Format { format: 6, channels: 1, rate: 8000, bits: 8 } => raw(data, Codec::Pcma),
        Format { format: 7, channels: 1, rate: 8000, bits: 8 } => raw(data, Codec::Pcmu),
        Format { format, channels, rate, bits } => Err(AudioError::Format { format, channels, rate, bits }),
    }
}

/// The first chunk of that name. Chunks are padded to an even length; a last one that is cut counts as far as it goes,
/// for recorders leave such files behind.
fn chunk(mut body: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    loop {
        let (found, rest) = body.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let content = &rest[..length.min(rest.len())];
        if *found == name {
            return Some(content);
        }
        body = rest.get(length.checked_add(length % 2)?..)?;
    }
}

impl Format {
    fn parse(chunk: &[u8]) -> Option<Self> {
        let [f0, f1, c0, c1, r0, r1, r2, r3, _, _, _, _, _, _, b0, b1, ..] = *chunk else { return None };
        Some(Self {
            format: u16::from_le_bytes([f0, f1]),
            channels: u16::from_le_bytes([c0, c1]),
            rate: u32::from_le_bytes([r0, r1, r2, r3]),
            bits: u16::from_le_bytes([b0, b1]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law;
    use proptest::prelude::*;

    fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
        for (name, content) in chunks {
            file.extend(*name);
            file.extend((content.len() as u32).to_le_bytes());
            file.extend(content);
            file.resize(file.len().next_multiple_of(2), 0);
        }
        file
    }

    fn format(format: u16, channels: u16, rate: u32, bits: u16) -> (&'static [u8; 4], Vec<u8>) {
        let mut content = [format.to_le_bytes(), channels.to_le_bytes()].concat();
        content.extend(rate.to_le_bytes());
        content.extend([0; 6]);
        content.extend(bits.to_le_bytes());
        (b"fmt ", content)
    }

    #[test]
    fn linear_wav_is_encoded() {
        let linear: Vec<i16> = (0..400).map(|n| (n - 200) * 150).collect();
        let data = linear.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let odd = (b"LIST", vec![1, 2, 3]);
        let sound = wav(&riff(&[format(1, 1, 8000, 16), odd, (b"data", data)])).expect("a WAV file");
        let expected: Vec<u8> = linear[..160].iter().map(|sample| law::encode(Codec::Pcma, *sample)).collect();
        assert_eq!(sound.frame(Codec::Pcma, &mut 0), expected);
    }

    #[test]
    fn g711_wav_is_kept() {
        for (tag, codec) in [(6, Codec::Pcma), (7, Codec::Pcmu)] {
            let sound = wav(&riff(&[format(tag, 1, 8000, 8), (b"data", vec![0x5a; 200])])).expect("a WAV file");
            assert_eq!(sound.frame(codec, &mut 0), [0x5a; 160]);
        }
    }

    #[test]
    fn what_cannot_be_played_is_named() {
        let data = || (b"data", vec![0; 4000]);
        let stereo = wav(&riff(&[format(1, 2, 44_100, 16), data()]));
        assert!(matches!(stereo, Err(AudioError::Format { format: 1, channels: 2, rate: 44_100, bits: 16 })));
        assert!(matches!(wav(b"ID3"), Err(AudioError::NotWav(_))));
        assert!(matches!(wav(&riff(&[data()])), Err(AudioError::NotWav("no format chunk"))));
        assert!(matches!(wav(&riff(&[format(1, 1, 8000, 16)])), Err(AudioError::NotWav("no data chunk"))));
        let short = wav(&riff(&[format(1, 1, 8000, 16), (b"data", vec![0; 160])]));
        assert!(matches!(short, Err(AudioError::Length(10))));
        assert!(matches!(read(Path::new("/nonexistent.mp3")), Err(AudioError::Kind)));
        assert!(matches!(read(Path::new("/nonexistent.wav")), Err(AudioError::Read(_))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..600), cut in 0usize..400) {
            let _ = wav(&bytes);
            let file = riff(&[format(1, 1, 8000, 16), (b"junk", bytes.clone()), (b"data", bytes)]);
            let _ = wav(&file[..cut.min(file.len())]);
        }
    }
}
