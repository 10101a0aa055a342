//! The configuration file: TOML in, checked and typed values out, or every mistake at once.
//!
//! One file says everything. Reading goes top down, table by table ([`reader`]); a value that is wrong is put on record
//! ([`mistake`]) and a stand-in lets the reading go on, so that one run shows all there is to mend. Only a file without
//! any mistake becomes a [`Config`].

mod agent;
mod check;
mod faces;
mod holidays;
mod hours;
mod ids;
mod keys;
mod media;
mod mistake;
mod private;
mod process;
mod queue;
mod reader;
mod secret;
mod sip;
pub(crate) mod to_api;
mod to_floor;
pub(crate) mod to_sip;
mod treatment;
mod vdn;
mod written;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

pub(crate) use faces::Faces;
pub(crate) use keys::MasterKeyPlace;
pub(crate) use media::Media;
pub(crate) use mistake::Report;
pub(crate) use process::{DATA, Journal, Log, LogFormat, LogLevel, Store};
pub(crate) use secret::read_private;
pub(crate) use sip::Sip;
pub(crate) use vdn::Vdn;
pub(crate) use written::read_duration;

use mistake::{Mistakes, Source, Span};
use reader::Reader;

/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// Everything that is configured, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// The call centre's name, for people.
    pub(crate) name: String,
    /// The call centre's id, `ccId`, 1 to 65535.
    pub(crate) cc: u16,
    pub(crate) vdns: Vec<Vdn>,
    pub(crate) sip: Sip,
    pub(crate) media: Media,
    pub(crate) faces: Faces,
    /// Where the master key of the key store is; none: there is no store.
    pub(crate) keys: Option<MasterKeyPlace>,
    pub(crate) journal: Journal,
    pub(crate) log: Log,
    /// How many threads serve SIP, and as many HTTP; none: as many as there are processors.
    pub(crate) threads: Option<usize>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The file cannot be read.
    #[error("{}: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    /// The file says something that cannot be.
    #[error(transparent)]
    Mistaken(#[from] Report),
}

/// Reads and checks a file. Relative paths in it start in its folder.
pub(crate) fn load(path: &Path) -> Result<Config, LoadError> {
    let unreadable = |why: String| LoadError::Unreadable { path: path.to_owned(), why };
    let size = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > FILE_MAX {
        return Err(unreadable(format!("is larger than {FILE_MAX} bytes")));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok(parse(&path.display().to_string(), &text, folder)?)
}

/// Checks `text`, called `name` in messages. Relative paths in it start in `folder`.
///
/// Where the text is not even TOML, only that is said: what else seems wrong may come from it.
pub(crate) fn parse(name: &str, text: &str, folder: &Path) -> Result<Config, Report> {
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    let (syntax, mistakes) = (Mistakes::default(), Mistakes::default());
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().map_or(Span::default(), Span::from);
        syntax.say(span, format!("this is not TOML: {}", error.message()), None);
    }
    if let Some(report) = syntax.report(&source) {
        return Err(report);
    }
    let config = read(&Reader::new(document.get_ref(), "", Span::default(), &mistakes), folder);
    if let Some(config) = &config
        && mistakes.is_empty()
    {
        ask_the_others(config, &mistakes);
    }
    match (mistakes.report(&source), config) {
        (None, Some(config)) => Ok(config),
        (Some(report), _) => Err(report),
        (None, None) => unreachable!("a configuration is only missing where a mistake was said"),
    }
}

/// What the crates that will be given this have against it, should they know more than the reading does: a file that
/// passes here must not be refused at the start.
fn ask_the_others(config: &Config, mistakes: &Mistakes) {
    for vdn in &config.vdns {
        for sentence in vdn.floor.mistakes() {
            mistakes.say(vdn.id.span, sentence, None);
        }
    }
    for mistake in to_sip::settings(config).mistakes() {
        mistakes.say(Span::default(), mistake.to_string(), None);
    }
}

fn read(root: &Reader<'_>, folder: &Path) -> Option<Config> {
    let centre = root.table("centre");
    let name = centre.as_ref().and_then(|centre| centre.get::<String>("name"));
    let cc = centre.as_ref().map_or(1, |centre| centre.number_or("cc", 1..=u16::MAX, 1));
    let vdns: Vec<Vdn> = root.tables("vdn").iter().map(|reader| vdn::read(reader, folder)).collect();
    let sip = sip::read(root);
    let media = media::read(root, sip.as_ref(), folder);
    let faces = faces::read(root, folder);
    let keys = keys::read(root, folder);
    let (journal, log, threads) = (process::journal(root, folder), process::log(root), process::threads(root));
    check::check(&vdns, sip.as_ref(), &faces, root.mistakes());
    let name = name.map_or_else(|| "anteroom".to_owned(), |name| name.value);
    Some(Config { name, cc, vdns, sip: sip?, media, faces, keys, journal, log, threads })
}
