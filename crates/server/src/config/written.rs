//! How plain values are written: spans of time, addresses, networks, words.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;

use super::mistake::At;
use super::reader::{Reader, Written, Wrong, integer};

impl Written for String {
    const FORM: &'static str = "a text in quotes";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        match value.as_str() {
            Some("") => Err(Wrong::new("is empty")),
            Some(text) if text.chars().any(char::is_control) => Err(Wrong::new("holds a control character")),
            Some(text) => Ok(text.to_owned()),
            None => Err(Wrong::kind(value)),
        }
    }
}

impl Written for bool {
    const FORM: &'static str = "true or false";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        value.as_bool().ok_or_else(|| Wrong::kind(value))
    }
}

impl Written for PathBuf {
    const FORM: &'static str = "a path in quotes";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        String::read(value).map(Self::from)
    }
}

impl Written for SocketAddr {
    const FORM: &'static str = "an address and port such as \"127.0.0.1:5060\" or \"[::1]:5060\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        text.parse().map_err(|_| Wrong::new(format!("is \"{text}\"")))
    }
}

impl Written for IpAddr {
    const FORM: &'static str = "an address such as \"192.0.2.10\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        text.parse().map_err(|_| Wrong::new(format!("is \"{text}\"")))
    }
}

/// A network: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl Network {
    /// Whether both hold some address.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, true),
            IpAddr::V6(v6) => (v6.to_bits(), false),
        };
        let ((ours, our_kind), (theirs, their_kind)) = (bits(self.address), bits(other.address));
        let shorter = u32::from(self.prefix.min(other.prefix));
        our_kind == their_kind && (ours ^ theirs).checked_shr(128 - shorter).unwrap_or(0) == 0
    }
}

impl Written for Network {
    const FORM: &'static str = "an address or network such as \"192.0.2.10\" or \"192.0.2.0/24\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        let wrong = || Wrong::new(format!("is \"{text}\""));
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| wrong())?)),
            None => (text.as_str(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest { Err(wrong()) } else { Ok(Self { address, prefix }) }
    }
}

/// A range of UDP ports for audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) first: u16,
    pub(crate) last: u16,
}

impl Written for Ports {
    const FORM: &'static str = "a range of ports such as \"20000-29999\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        let wrong = || Wrong::new(format!("is \"{text}\""));
        let (first, last) = text.split_once('-').ok_or_else(wrong)?;
        let first: u16 = first.trim().parse().map_err(|_| wrong())?;
        let last: u16 = last.trim().parse().map_err(|_| wrong())?;
        if first < 1024 {
            return Err(Wrong::new(format!("begins at {first}; ports below 1024 belong to the system")));
        }
        if last < first { Err(wrong()) } else { Ok(Self { first, last }) }
    }
}

/// What local time is ahead of UTC by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UtcOffset {
    pub(crate) minutes: i16,
}

impl Written for UtcOffset {
    const FORM: &'static str = "an offset from \"-14:00\" to \"+14:00\", such as \"+02:00\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        let wrong = || Wrong::new(format!("is \"{text}\""));
        let (sign, rest) = match text.strip_prefix('+') {
            Some(rest) => (1, rest),
            None => (-1, text.strip_prefix('-').ok_or_else(wrong)?),
        };
        let minutes = sign * i16::try_from(minute_of_day(rest).ok_or_else(wrong)?).map_err(|_| wrong())?;
        if (-840..=840).contains(&minutes) { Ok(Self { minutes }) } else { Err(wrong()) }
    }
}

/// `08:30` as minutes since midnight, up to `24:00`.
pub(crate) fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= 1440).then_some(hours * 60 + minutes)
}

const UNITS: [(&str, u64); 8] = [
    ("ms", 1),
    ("s", 1_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("days", 86_400_000),
    ("day", 86_400_000),
    ("d", 86_400_000),
    ("m", 60_000),
];

impl Written for Duration {
    const FORM: &'static str = "a time such as \"20 s\", \"500 ms\", \"30 min\", \"12 h\" or \"30 days\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        if let Some(bare) = integer(value) {
            let instead = Some(format!("write the unit with it: \"{bare} s\" or \"{bare} min\""));
            return Err(Wrong { what: format!("is {bare} without a unit"), instead });
        }
        let text = String::read(value)?;
        read_duration(&text).ok_or_else(|| Wrong::new(format!("is \"{text}\"")))
    }
}

/// The span of time in a text such as `20 s`.
pub(crate) fn read_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    number.checked_mul(*millis).map(Duration::from_millis)
}

/// A span of time as it is written, in the largest unit that leaves no remainder.
pub(crate) fn write_duration(span: Duration) -> String {
    let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let fitting = UNITS[..5].iter().rev().find(|(_, unit)| millis > 0 && millis.is_multiple_of(*unit));
    match fitting.unwrap_or(&UNITS[1]) {
        ("days", unit) if millis == *unit => "1 day".to_owned(),
        (name, unit) => format!("{} {name}", millis / unit),
    }
}

/// A span of time from `key` that must lie in `range`; `default` when the key is not there.
pub(crate) fn duration(
    reader: &Reader<'_>,
    key: &'static str,
    range: RangeInclusive<Duration>,
    default: Duration,
) -> Duration {
    let Some(At { value, span }) = reader.get::<Duration>(key) else { return default };
    if range.contains(&value) {
        return value;
    }
    let (least, most) = (write_duration(*range.start()), write_duration(*range.end()));
    let written = reader.value(key).and_then(|value| value.get_ref().as_str()).unwrap_or_default();
    let what = format!("`{key}` is \"{written}\"");
    reader.mistakes().say(span, what, format!("write a time from \"{least}\" to \"{most}\""));
    default
}

/// A span of time from `key` that must lie in `range`; none when the key is not there.
pub(crate) fn span(reader: &Reader<'_>, key: &'static str, range: RangeInclusive<Duration>) -> Option<Duration> {
    reader.value(key)?;
    let least = *range.start();
    Some(duration(reader, key, range, least))
}

/// One second, one minute ...: for the ranges of settings.
pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A day, for the ranges of settings.
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Declares how the variants of an enumeration are written.
macro_rules! words {
    ($type:ty, $form:literal, { $($word:literal => $value:expr),+ $(,)? }) => {
        impl $crate::config::reader::Written for $type {
            const FORM: &'static str = $form;

            fn read(value: &toml::de::DeValue<'_>) -> Result<Self, $crate::config::reader::Wrong> {
                use $crate::config::reader::{Wrong, nearest};
                let text = value.as_str().ok_or_else(|| Wrong::kind(value))?;
                match text {
                    $($word => Ok($value),)+
                    other => {
                        let meant = nearest(other, &[$($word),+]);
                        let instead = meant.map(|word| format!("did you mean \"{word}\"?"));
                        Err(Wrong { what: format!("is \"{other}\""), instead })
                    }
                }
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Written>(toml: &str) -> Result<T, String> {
        let value = DeValue::parse(toml).expect("the test writes TOML");
        T::read(value.get_ref()).map_err(|wrong| wrong.what)
    }

    #[test]
    fn times_have_units() {
        for (text, millis) in
            [("\"20 s\"", 20_000), ("\"500ms\"", 500), ("\"30 min\"", 1_800_000), ("\"1 day\"", 86_400_000)]
        {
            assert_eq!(read::<Duration>(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in
            ["20", "\"20\"", "\"s\"", "\"-1 s\"", "\"1.5 s\"", "\"99999999999999999999 s\"", "\"1 parsec\"", "true"]
        {
            assert!(read::<Duration>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_shown_as_they_are_written() {
        for text in ["20 s", "500 ms", "30 min", "12 h", "30 days", "0 s", "90 s"] {
            let span = read::<Duration>(&format!("{text:?}")).expect("a time");
            assert_eq!(write_duration(span), text);
        }
    }

    #[test]
    fn networks_overlap_only_within_their_kind() {
        let network = |text: &str| read::<Network>(&format!("{text:?}")).expect("a network");
        assert!(network("10.0.0.0/8").overlaps(network("10.1.2.3")));
        assert!(!network("10.0.0.0/8").overlaps(network("11.0.0.0/8")));
        assert!(network("0.0.0.0/0").overlaps(network("192.0.2.1")));
        assert!(!network("0.0.0.0/0").overlaps(network("::/0")));
        assert!(network("2001:db8::/32").overlaps(network("2001:db8:1::/48")));
        assert!(read::<Network>("\"10.0.0.0/33\"").is_err());
    }

    #[test]
    fn offsets_reach_fourteen_hours() {
        assert_eq!(read::<UtcOffset>("\"+05:45\""), Ok(UtcOffset { minutes: 345 }));
        assert_eq!(read::<UtcOffset>("\"-14:00\""), Ok(UtcOffset { minutes: -840 }));
        for text in ["\"+14:01\"", "\"02:00\"", "\"+2\"", "\"+02:60\""] {
            assert!(read::<UtcOffset>(text).is_err(), "{text}");
        }
    }
}
