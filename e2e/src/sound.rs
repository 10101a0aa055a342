//! What a phone heard, by the WAV file that it wrote.

use std::fs;
use std::path::Path;

/// What a recording holds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heard {
    /// Samples in the recording, 8000 a second.
    pub samples: usize,
    /// Root mean square of all samples, 0 to 32767.
    pub level: f64,
}

/// Reads a 16-bit mono WAV file; empty when it is not there or has no sound yet.
#[must_use]
pub fn heard(file: &Path) -> Heard {
    measure(&samples(file))
}

/// The last half second of it.
#[must_use]
pub(crate) fn heard_at_the_end(file: &Path) -> Heard {
    measure(end(&samples(file)))
}

fn measure(samples: &[i16]) -> Heard {
    let power: f64 = samples.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
    let level = if samples.is_empty() { 0.0 } else { (power / samples.len() as f64).sqrt() };
    Heard { samples: samples.len(), level }
}

/// How strongly the recording carries a tone, as a share of its power, 0 to 1 (Goertzel's algorithm, in windows of
/// 0.1 s of which the best counts).
#[must_use]
pub(crate) fn share_of_tone(file: &Path, hertz: f64) -> f64 {
    best_window(&samples(file), hertz)
}

/// The same, of the last half second.
#[must_use]
pub(crate) fn share_of_tone_at_the_end(file: &Path, hertz: f64) -> f64 {
    best_window(end(&samples(file)), hertz)
}

fn end(samples: &[i16]) -> &[i16] {
    &samples[samples.len().saturating_sub(4000)..]
}

fn best_window(samples: &[i16], hertz: f64) -> f64 {
    samples.chunks_exact(800).map(|window| goertzel(window, hertz)).fold(0.0, f64::max)
}

fn goertzel(window: &[i16], hertz: f64) -> f64 {
    let step = 2.0 * (std::f64::consts::TAU * hertz / 8000.0).cos();
    let (mut one, mut two, mut power) = (0.0, 0.0, 0.0);
    for &sample in window {
        let value = f64::from(sample);
        let next = step.mul_add(one, value) - two;
        (two, one) = (one, next);
        power += value * value;
    }
    if power < 1.0 {
        return 0.0;
    }
    let tone = one.mul_add(one, two * two) - step * one * two;
    2.0 * tone / (power * window.len() as f64)
}

fn samples(file: &Path) -> Vec<i16> {
    let bytes = fs::read(file).unwrap_or_default();
    bytes.get(44..).unwrap_or_default().chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// A WAV file with a steady tone, for a phone to speak.
///
/// # Panics
/// When the file cannot be written.
pub(crate) fn write_tone(file: &Path, hertz: f64, seconds: u32) {
    let count = seconds * 8000;
    let mut bytes = Vec::with_capacity(44 + count as usize * 2);
    bytes.extend_from_slice(b"RIFF");
    bytes.extend_from_slice(&(36 + count * 2).to_le_bytes());
    bytes.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend_from_slice(&8000_u32.to_le_bytes());
    bytes.extend_from_slice(&16_000_u32.to_le_bytes());
    bytes.extend_from_slice(b"\x02\0\x10\0data");
    bytes.extend_from_slice(&(count * 2).to_le_bytes());
    for n in 0..count {
        let angle = std::f64::consts::TAU * hertz * f64::from(n) / 8000.0;
        bytes.extend_from_slice(&((angle.sin() * 8000.0) as i16).to_le_bytes());
    }
    fs::write(file, bytes).expect("the phone's tone can be written");
}
