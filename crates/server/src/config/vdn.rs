//! `[[vdn]]`: one tenant, its settings, queues and agents.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use engine::{Floor, OnRestEnd, QueueId, VdnId, VdnSettings};
use sip::settings::FeatureCodes;
use toml::de::DeValue;

use super::agent::{self, Phone};
use super::mistake::{At, Span};
use super::private;
use super::queue::{self, QueueNames};
use super::reader::{Reader, Written, Wrong};
use super::to_floor;
use super::treatment::QueueRef;
use super::written::{DAY, UtcOffset, duration, seconds, span, words};

/// Everything that is configured of one VDN.
#[derive(Debug)]
pub(crate) struct Vdn {
    pub(crate) id: At<VdnId>,
    /// The SIP domain its phones register in.
    pub(crate) domain: At<String>,
    /// What the engine is given.
    pub(crate) floor: Floor,
    /// Which number leads to which queue.
    pub(crate) numbers: BTreeMap<String, At<Number>>,
    /// Who may register, and how.
    pub(crate) phones: Vec<Phone>,
    /// Where each agent is written.
    pub(crate) agents_at: BTreeMap<u32, Span>,
    pub(crate) feature_codes: FeatureCodes,
    pub(crate) cancel_key: char,
    /// Targets of treatments outside the house.
    pub(crate) external: Vec<At<String>>,
}

/// Where an access code leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) queue: QueueId,
    /// Of calls that come this way, 1 to 254.
    pub(crate) priority: u8,
}

/// Reads one `[[vdn]]`; relative paths start in `folder`.
pub(crate) fn read(reader: &Reader<'_>, folder: &Path) -> Vdn {
    let id = reader.need_number("id", 1..=5000, 0).map(VdnId);
    let domain = reader.need("domain", String::new());
    check_domain(reader, &domain);
    let queues = queue::read_all(reader);
    let names = QueueNames::new(&queues, reader.mistakes());
    let mut settings = settings(reader, &names);
    let agents = agent::read_all(reader, &names, folder);
    private::apply(&mut settings, private::read(reader).resolve(None, &names, &agents.at, reader.mistakes()));
    let feature_codes = feature_codes(reader);
    let cancel_key = reader.get::<Key>("cancel_key").map_or('*', |key| key.value.0);
    let numbers = queue::numbers(&queues, &agents.at, &feature_codes, reader.mistakes());
    let external = to_floor::external_targets(&queues);
    let floor = Floor {
        vdn: id.value,
        settings,
        queues: to_floor::queues(&queues, &names, &agents.at, reader.mistakes()),
        agents: agents.settings,
    };
    Vdn { id, domain, floor, numbers, phones: agents.phones, agents_at: agents.at, feature_codes, cancel_key, external }
}

fn check_domain(reader: &Reader<'_>, domain: &At<String>) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if !domain.value.chars().all(allowed) {
        let what = format!("`domain` is \"{}\"", domain.value);
        reader.mistakes().say(
            domain.span,
            what,
            "write a host name or an address, such as \"sip.example.com\"".to_owned(),
        );
    }
}

fn settings(reader: &Reader<'_>, names: &QueueNames) -> VdnSettings {
    let usual = VdnSettings::default();
    let hour = seconds(3600);
    VdnSettings {
        default_queue: reader.get::<QueueRef>("default_queue").and_then(|wish| names.find(&wish, reader.mistakes())),
        priority_step: span(reader, "priority_grows_every", queue::PRIORITY_STEP),
        private_run_max: reader.number("private_run_max", 1..=1000).map(|run| run.value),
        public_wait_max: span(reader, "public_wait_max", seconds(1)..=DAY),
        lost_retry: duration(reader, "lost_retry", seconds(1)..=hour, usual.lost_retry),
        lost_grace: duration(reader, "lost_grace", Duration::ZERO..=DAY, usual.lost_grace),
        reoffer_min: duration(reader, "reoffer_min", Duration::from_millis(1)..=hour, usual.reoffer_min),
        auto_ready: duration(reader, "auto_ready", seconds(1)..=DAY, usual.auto_ready),
        ring_max: duration(reader, "ring_max", queue::RING_MAX, usual.ring_max),
        wrap_up: duration(reader, "wrap_up", queue::WRAP_UP, usual.wrap_up),
        keep_ready: reader.get_or("keep_ready", usual.keep_ready),
        utc_offset_minutes: reader.get_or("utc_offset", UtcOffset { minutes: usual.utc_offset_minutes }).minutes,
        rest_wait: reader.get_or("rest_wait", usual.rest_wait),
        on_rest_end: reader.get_or("on_rest_end", usual.on_rest_end),
        ..usual
    }
}

words!(OnRestEnd, "\"overdue\" or \"ready\"", {
    "overdue" => Self::Overdue,
    "ready" => Self::Ready,
});

/// A key of a telephone.
#[derive(Clone, Copy, Debug)]
struct Key(char);

impl Written for Key {
    const FORM: &'static str = "one key of a telephone: a digit, \"*\", \"#\", or a letter from \"A\" to \"D\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        let mut keys = text.chars();
        match (keys.next(), keys.next()) {
            (Some(key), None) if is_key(key) || ('A'..='D').contains(&key) => Ok(Self(key)),
            _ => Err(Wrong::new(format!("is \"{text}\""))),
        }
    }
}

fn is_key(c: char) -> bool {
    c.is_ascii_digit() || c == '*' || c == '#'
}

/// A feature code, or none when it is switched off.
struct Code(Option<String>);

impl Written for Code {
    const FORM: &'static str = "digits, \"*\" and \"#\", such as \"*71\", or false for none";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        if value.as_bool() == Some(false) {
            return Ok(Self(None));
        }
        let text = String::read(value)?;
        if text.chars().all(is_key) { Ok(Self(Some(text))) } else { Err(Wrong::new(format!("is \"{text}\""))) }
    }
}

fn feature_codes(reader: &Reader<'_>) -> FeatureCodes {
    let table = reader.table("feature_codes");
    let code = |key: &'static str, usual: &str| {
        let found = table.as_ref().and_then(|table| table.get::<Code>(key));
        found.map_or_else(|| Some(usual.to_owned()), |code| code.value.0)
    };
    let codes = FeatureCodes {
        ready: code("ready", "*71"),
        not_ready: code("not_ready", "*72"),
        sign_out: code("sign_out", "*73"),
        end_wrap_up: code("end_wrap_up", "*70"),
        // Not there unless it is written: an older file may use any number for something else.
        rest: table.as_ref().and_then(|table| table.get::<Code>("rest")).and_then(|code| code.value.0),
    };
    let mut all: Vec<&str> = codes.iter().collect();
    all.sort_unstable();
    if let Some(pair) = all.windows(2).find(|pair| pair[0] == pair[1]) {
        let what = format!("two feature codes are \"{}\"", pair[0]);
        reader.mistakes().say(reader.span_of("feature_codes"), what, "give each its own code".to_owned());
    }
    codes
}
