//! The sounds all ports share: hold audio and ringback, each as an endless loop in both codecs.

use crate::clock::FRAME;
use crate::error::{AudioError, MediaError};
use crate::settings::{Codec, Settings};
use crate::{file, hold, law, tone};

/// The longest sound: ten minutes, 9.6 MB in both codecs.
pub(crate) const SAMPLES_MAX: usize = 10 * 60 * 8000;

/// What [`crate::Audio`] names.
#[derive(Debug)]
pub(crate) struct Sounds {
    pub(crate) hold: Loop,
    pub(crate) ringback: Loop,
}

impl Sounds {
    pub(crate) fn new(settings: &Settings) -> Result<Self, MediaError> {
        let hold = match &settings.hold_audio {
            None => Loop::from_linear(&hold::synthesise()),
            Some(path) => file::read(path).map_err(|error| MediaError::HoldAudio { path: path.clone(), error })?,
        };
        let ringback = tone::synthesise(&settings.ringback).map_err(MediaError::Ringback)?;
        Ok(Self { hold, ringback: Loop::from_linear(&ringback) })
    }
}

/// A sound that repeats. Its beginning stands once more at its end, so that every frame is one slice.
#[derive(Debug)]
pub(crate) struct Loop {
    length: usize,
    pcma: Box<[u8]>,
    pcmu: Box<[u8]>,
}

impl Loop {
    /// From 20 ms to [`SAMPLES_MAX`] of 16-bit samples at 8 kHz; `linear` must not be empty.
    pub(crate) fn from_linear(linear: &[i16]) -> Self {
        let encoded = |codec| {
            let around = linear.iter().cycle().take(linear.len() + FRAME - 1);
            around.map(|sample| law::encode(codec, *sample)).collect()
        };
        Self { length: linear.len(), pcma: encoded(Codec::Pcma), pcmu: encoded(Codec::Pcmu) }
    }

    /// From samples in one codec: those stay bit for bit what they are.
    pub(crate) fn from_encoded(audio: &[u8], codec: Codec) -> Self {
        let around: Box<[u8]> = audio.iter().copied().cycle().take(audio.len() + FRAME - 1).collect();
        let converted = |to| {
            let mut copy = around.clone();
            law::convert(&mut copy, codec, to);
            copy
        };
        Self { length: audio.len(), pcma: converted(Codec::Pcma), pcmu: converted(Codec::Pcmu) }
    }

    /// The next frame from `position`, which is moved on.
    pub(crate) fn frame(&self, codec: Codec, position: &mut usize) -> &[u8] {
        let start = *position % self.length;
        *position = (start + FRAME) % self.length;
        let audio = match codec {
            Codec::Pcma => &self.pcma,
            Codec::Pcmu => &self.pcmu,
        };
        &audio[start..start + FRAME]
    }
}

/// Refuses what is shorter than a frame or longer than [`SAMPLES_MAX`].
pub(crate) fn check_length(samples: usize) -> Result<(), AudioError> {
    if (FRAME..=SAMPLES_MAX).contains(&samples) { Ok(()) } else { Err(AudioError::Length(samples as u64 / 8)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_goes_round_without_losing_a_sample() {
        let linear: Vec<i16> = (0..250).map(|n| n * 100).collect();
        let sound = Loop::from_linear(&linear);
        let mut position = 0;
        let heard: Vec<u8> = (0..50).flat_map(|_| sound.frame(Codec::Pcmu, &mut position).to_vec()).collect();
        let expected: Vec<u8> = linear.iter().cycle().take(heard.len()).map(|n| law::encode(Codec::Pcmu, *n)).collect();
        assert_eq!(heard, expected);
    }

    #[test]
    fn the_codec_of_a_file_is_kept_bit_for_bit() {
        let audio: Vec<u8> = (0..=u8::MAX).collect();
        let sound = Loop::from_encoded(&audio, Codec::Pcma);
        assert_eq!(sound.frame(Codec::Pcma, &mut 0), &audio[..FRAME]);
        let mut converted = audio;
        law::convert(&mut converted, Codec::Pcma, Codec::Pcmu);
        assert_eq!(sound.frame(Codec::Pcmu, &mut 10), &converted[10..10 + FRAME]);
    }

    #[test]
    fn lengths_have_limits() {
        assert!(check_length(FRAME).is_ok() && check_length(SAMPLES_MAX).is_ok());
        assert!(matches!(check_length(FRAME - 1), Err(AudioError::Length(19))));
        assert!(matches!(check_length(SAMPLES_MAX + 8), Err(AudioError::Length(600_001))));
    }
}
