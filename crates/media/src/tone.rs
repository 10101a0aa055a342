//! Call progress tones by cadence (ITU-T E.180).

use crate::clock::FRAME;
use crate::error::AudioError;
use crate::settings::{Ring, Ringback};
use std::f32::consts::TAU;
use std::time::Duration;

const RATE: f32 = 8000.0;
/// The peak of all tones together: with one tone a level of about -17 dBFS.
const PEAK: f32 = 6500.0;
/// How long a tone takes to come and go, so that it does not click: 5 ms.
const RAMP: usize = 40;
const CADENCE_MAX: usize = 30 * 8000;

/// One round of the cadence, as 16-bit samples.
pub(crate) fn synthesise(ringback: &Ringback) -> Result<Vec<i16>, AudioError> {
    let (tones, rings) = (ringback.frequencies.len(), ringback.cadence.len());
    if !(1..=4).contains(&tones) {
        return Err(AudioError::Frequencies(tones));
    }
    if let Some(frequency) = ringback.frequencies.iter().find(|frequency| !(1..4000).contains(*frequency)) {
        return Err(AudioError::Frequency(*frequency));
    }
    if !(1..=8).contains(&rings) {
        return Err(AudioError::Rings(rings));
    }
    let lasts: Duration = ringback.cadence.iter().fold(Duration::ZERO, |sum, ring| sum.saturating_add(total(ring)));
    if !(FRAME..=CADENCE_MAX).contains(&samples(lasts)) {
        return Err(AudioError::Cadence(u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX)));
    }
    let mut sound = Vec::with_capacity(samples(lasts));
    for ring in &ringback.cadence {
        let on = samples(ring.on);
        sound.extend((0..on).map(|at| sample(&ringback.frequencies, at, on)));
        sound.resize(sound.len() + samples(ring.off), 0);
    }
    Ok(sound)
}

fn sample(frequencies: &[u16], at: usize, on: usize) -> i16 {
    // Whole cycles are taken off in integers, so the phase stays exact however long the ring is.
    let phase = |frequency: &u16| (at * usize::from(*frequency) % 8000) as f32 / RATE * TAU;
    let sum: f32 = frequencies.iter().map(|frequency| phase(frequency).sin()).sum();
    let edge = (at.min(on - 1 - at) as f32 / RAMP as f32).min(1.0);
    (sum / frequencies.len() as f32 * PEAK * edge) as i16
}

fn total(ring: &Ring) -> Duration {
    ring.on.saturating_add(ring.off)
}

/// Saturates far above any limit.
fn samples(lasts: Duration) -> usize {
    usize::try_from(lasts.as_micros() / 125).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(on: u64, off: u64) -> Ring {
        Ring { on: Duration::from_millis(on), off: Duration::from_millis(off) }
    }

    #[test]
    fn the_default_rings_one_second_in_five() {
        let sound = synthesise(&Ringback::default()).expect("default");
        assert_eq!(sound.len(), 5 * 8000);
        assert!(sound[8000..].iter().all(|sample| *sample == 0));
        let crossings = sound[..8000].windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((423..=427).contains(&crossings), "{crossings} Hz");
    }

    #[test]
    fn a_tone_comes_and_goes_without_a_click() {
        let sound =
            synthesise(&Ringback { frequencies: vec![400, 450], cadence: vec![ring(400, 200), ring(400, 2000)] })
                .expect("the British cadence");
        assert_eq!(sound.len(), 3 * 8000);
        let slope = |frequency: f32| PEAK * TAU * frequency / RATE;
        let jump = sound.windows(2).map(|pair| (pair[1] - pair[0]).unsigned_abs()).max().expect("samples");
        assert!(f32::from(jump) <= slope(450.0) * 1.1, "{jump}");
        assert!(sound[3200..4800].iter().all(|sample| *sample == 0), "silence between the two rings");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let with = |frequencies: &[u16], cadence: &[Ring]| {
            synthesise(&Ringback { frequencies: frequencies.to_vec(), cadence: cadence.to_vec() })
        };
        assert!(matches!(with(&[], &[ring(1, 1)]), Err(AudioError::Frequencies(0))));
        assert!(matches!(with(&[425, 4000], &[ring(1, 1)]), Err(AudioError::Frequency(4000))));
        assert!(matches!(with(&[0], &[ring(1, 1)]), Err(AudioError::Frequency(0))));
        assert!(matches!(with(&[425], &[]), Err(AudioError::Rings(0))));
        assert!(matches!(with(&[425], &[ring(9, 10)]), Err(AudioError::Cadence(19))));
        assert!(matches!(with(&[425], &[ring(30_000, 1)]), Err(AudioError::Cadence(30_001))));
        let forever = Ring { on: Duration::MAX, off: Duration::MAX };
        assert!(matches!(with(&[425], &[forever]), Err(AudioError::Cadence(u64::MAX))));
    }
}
