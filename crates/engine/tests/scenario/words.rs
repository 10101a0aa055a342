//! Words and numbers of a script.

use std::time::Duration;

use engine::Timestamp;

/// Scripts begin at this moment: Monday, 2020-11-16 00:00:00 UTC.
pub const START: Timestamp = Timestamp::from_seconds(1_605_484_800);

pub type Read<T> = Result<T, String>;

/// `20s`, `1.5s`, `300ms`, `5min`, `9h`.
pub fn duration(text: &str) -> Read<Duration> {
    let wrong = || format!("`{text}` is not a time like 20s");
    let digits = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    number.parse::<f64>().map(|number| Duration::from_secs_f64(number * seconds)).map_err(|_| wrong())
}

pub fn number<T: std::str::FromStr>(text: &str) -> Read<T> {
    text.trim().parse().map_err(|_| format!("`{text}` is not a number that fits"))
}

/// A moment as scripts write it, from their beginning.
pub fn moment(at: Timestamp) -> String {
    let micros = at.0 - START.0;
    let (seconds, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let fraction = format!("{rest:06}");
    match fraction.trim_end_matches('0') {
        "" => format!("{seconds}s"),
        fraction => format!("{seconds}.{fraction}s"),
    }
}
