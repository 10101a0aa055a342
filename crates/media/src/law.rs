//! G.711: A-law and mu-law, and from one to the other by table.

use crate::settings::Codec;
use audio_codec_algorithms::{
    convert_alaw_to_ulaw, convert_ulaw_to_alaw, decode_alaw, decode_ulaw, encode_alaw, encode_ulaw,
};
use std::sync::LazyLock;

static TO_PCMU: LazyLock<[u8; 256]> = LazyLock::new(|| every_byte(convert_alaw_to_ulaw));
static TO_PCMA: LazyLock<[u8; 256]> = LazyLock::new(|| every_byte(convert_ulaw_to_alaw));

/// Rewrites audio from one codec into another, in place.
pub(crate) fn convert(audio: &mut [u8], from: Codec, to: Codec) {
    let table = match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => &*TO_PCMU,
        (Codec::Pcmu, Codec::Pcma) => &*TO_PCMA,
        (Codec::Pcma, Codec::Pcma) | (Codec::Pcmu, Codec::Pcmu) => return,
    };
    for sample in audio {
        *sample = table[usize::from(*sample)];
    }
}

/// One sample, from 16-bit linear.
pub(crate) fn encode(codec: Codec, linear: i16) -> u8 {
    match codec {
        Codec::Pcma => encode_alaw(linear),
        Codec::Pcmu => encode_ulaw(linear),
    }
}

/// One sample, to 16-bit linear.
pub(crate) fn decode(codec: Codec, sample: u8) -> i16 {
    match codec {
        Codec::Pcma => decode_alaw(sample),
        Codec::Pcmu => decode_ulaw(sample),
    }
}

fn every_byte(convert: fn(u8) -> u8) -> [u8; 256] {
    let mut table = [0; 256];
    for (place, byte) in table.iter_mut().zip(0..=u8::MAX) {
        *place = convert(byte);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_stays_within_the_steps_of_the_codecs() {
        for (from, to) in [(Codec::Pcma, Codec::Pcmu), (Codec::Pcmu, Codec::Pcma)] {
            for byte in 0..=u8::MAX {
                let mut audio = [byte];
                convert(&mut audio, from, to);
                let (before, after) = (i32::from(decode(from, byte)), i32::from(decode(to, audio[0])));
                // Steps grow with the level: 1/16 of a segment at most, and 16 around zero.
                let step = (before.abs() / 16).max(16);
                assert!((before - after).abs() <= step, "{from:?} {byte:#x}: {before} became {after}");
            }
        }
    }

    #[test]
    fn the_same_codec_is_left_as_it_is() {
        let mut audio: Vec<u8> = (0..=u8::MAX).collect();
        for codec in [Codec::Pcma, Codec::Pcmu] {
            convert(&mut audio, codec, codec);
            assert!(audio.iter().copied().eq(0..=u8::MAX), "{codec:?}");
        }
    }
}
