//! The hold audio that needs no file: slow chords under a few plucked notes, written for the telephone's band.

use std::f64::consts::TAU;

const RATE: f64 = 8000.0;
/// How long a chord lasts until the next one.
const CHORD: usize = 4 * 8000;
/// The level of the whole, as root mean square: -20 dBFS.
const LEVEL: f64 = 3277.0;
/// Each chord in MIDI note numbers (69 is 440 Hz), the plucked notes an octave above it.
const CHORDS: [[u8; 4]; 8] = [
    [60, 64, 67, 71], // C major seventh
    [57, 64, 67, 72], // A minor seventh
    [60, 65, 69, 76], // F major seventh
    [62, 65, 69, 72], // D minor seventh
    [59, 64, 67, 74], // E minor seventh
    [60, 64, 69, 72], // A minor
    [60, 65, 69, 74], // F with an added sixth
    [62, 67, 71, 74], // G
];
/// Which note of the chord is plucked when, in eighths of the chord's time.
const PLUCKED: [(usize, usize); 5] = [(0, 1), (2, 2), (3, 3), (5, 2), (6, 0)];

/// A voice: its partials by strength, how it comes and goes, and how long it sounds.
struct Voice {
    partials: &'static [f64],
    /// Seconds to come, and seconds in which it fades to a third.
    attack: f64,
    fade: f64,
    samples: usize,
    strength: f64,
}

const PAD: Voice = Voice { partials: &[1.0, 0.3, 0.12], attack: 1.2, fade: 2.5, samples: 2 * CHORD, strength: 0.5 };
const PLUCK: Voice = Voice { partials: &[1.0, 0.35, 0.1], attack: 0.012, fade: 0.55, samples: CHORD, strength: 0.45 };

/// One round of it, 32 s, as 16-bit samples. What sounds at the end is still heard at the beginning, so the loop has
/// no seam.
pub(crate) fn synthesise() -> Vec<i16> {
    let mut mix = vec![0.0; CHORDS.len() * CHORD];
    for (number, chord) in CHORDS.iter().enumerate() {
        let start = number * CHORD;
        for note in chord {
            // Two strings a little out of tune with each other make it breathe.
            PAD.sound(&mut mix, start, frequency(*note) * 1.0008);
            PAD.sound(&mut mix, start, frequency(*note) * 0.9992);
        }
        for (eighth, note) in PLUCKED {
            PLUCK.sound(&mut mix, start + eighth * CHORD / 8, frequency(chord[note] + 12));
        }
    }
    level(&mix)
}

impl Voice {
    /// Adds a note to the mix, round its end to its beginning.
    fn sound(&self, mix: &mut [f64], start: usize, frequency: f64) {
        let length = mix.len();
        for (number, strength) in (1u8..).zip(self.partials) {
            let mut wave = Wave::new(frequency * f64::from(number));
            let mut fade = 1.0;
            // High partials fade sooner, as on a string.
            let fading = (-f64::from(number).sqrt() / (self.fade * RATE)).exp();
            for at in 0..self.samples {
                mix[(start + at) % length] += wave.next() * fade * self.edge(at) * strength * self.strength;
                fade *= fading;
            }
        }
    }

    /// Comes within the attack, and is gone at the last sample.
    fn edge(&self, at: usize) -> f64 {
        let rise = (at as f64 / (self.attack * RATE)).min(1.0);
        let fall = ((self.samples - at) as f64 / (0.25 * self.samples as f64)).min(1.0);
        smooth(rise) * smooth(fall)
    }
}

/// A sine by rotation: one complex multiplication per sample.
struct Wave {
    turn: (f64, f64),
    now: (f64, f64),
}

impl Wave {
    fn new(frequency: f64) -> Self {
        let angle = TAU * frequency / RATE;
        Self { turn: (angle.cos(), angle.sin()), now: (1.0, 0.0) }
    }

    fn next(&mut self) -> f64 {
        let ((c, s), (x, y)) = (self.turn, self.now);
        self.now = (x * c - y * s, x * s + y * c);
        y
    }
}

fn frequency(note: u8) -> f64 {
    440.0 * ((f64::from(note) - 69.0) / 12.0).exp2()
}

/// From 0 to 1 without a corner.
fn smooth(part: f64) -> f64 {
    part * part * (3.0 - 2.0 * part)
}

fn level(mix: &[f64]) -> Vec<i16> {
    let power = mix.iter().map(|sample| sample * sample).sum::<f64>() / mix.len() as f64;
    let gain = LEVEL / power.sqrt();
    mix.iter().map(|sample| (sample * gain) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::FRAME;

    fn rms(samples: &[i16]) -> f64 {
        (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
    }

    #[test]
    fn its_level_is_moderate_and_its_peaks_do_not_clip() {
        let sound = synthesise();
        assert_eq!(sound.len(), 32 * 8000);
        assert!((rms(&sound) - LEVEL).abs() < 50.0, "{}", rms(&sound));
        let peak = sound.iter().map(|sample| sample.unsigned_abs()).max().expect("samples");
        assert!((8_000..23_000).contains(&peak), "{peak}");
    }

    #[test]
    fn it_is_never_silent_for_long() {
        for (number, part) in synthesise().chunks(4000).enumerate() {
            assert!(rms(part) > 600.0, "half second {number}: {}", rms(part));
        }
    }

    #[test]
    fn it_does_not_click_anywhere_nor_where_the_loop_begins_again() {
        let sound = synthesise();
        let around: Vec<i32> = sound.iter().chain(&sound[..FRAME]).map(|sample| i32::from(*sample)).collect();
        // A click is a bend that the highest partial at full level could not make.
        let bend = |three: &[i32]| (three[0] - 2 * three[1] + three[2]).abs();
        let worst = around.windows(3).map(bend).max().expect("samples");
        assert!(worst < 9_000, "{worst}");
        let seam = around[sound.len() - 3..].windows(3).take(5).map(bend).max().expect("samples");
        assert!(seam < 4_000, "{seam}");
    }

    #[test]
    fn most_of_it_lies_in_the_telephones_band() {
        // First differences weigh a frequency f by 2 sin(πf/8000): their power tells the mean of the spectrum.
        let sound = synthesise();
        let steps: Vec<i16> = sound.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        let centre = (rms(&steps) / rms(&sound) / 2.0).asin() / std::f64::consts::PI * RATE;
        assert!((350.0..900.0).contains(&centre), "{centre} Hz");
    }
}
