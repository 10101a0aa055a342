//! Mistakes in a configuration file: all of them at once, each with its place, the line, and what to write instead.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

/// A configuration file's text, and how to speak of places in it.
#[derive(Debug)]
pub(crate) struct Source {
    /// What the file is called in messages: its path as it was given.
    pub(crate) name: String,
    /// The whole file.
    pub(crate) text: String,
}

/// Where in the text something stands, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A value together with the place where it is written, for mistakes that only show beside other values.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> At<T> {
    pub(crate) fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> At<U> {
        At { value: change(self.value), span: self.span }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mistake {
    span: Span,
    what: String,
    instead: Option<String>,
}

/// Everything that is wrong with one file, collected while it is read.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(RefCell<Vec<Mistake>>);

impl Mistakes {
    /// Notes a mistake at `span`: what is wrong, and what to write instead.
    pub(crate) fn say(&self, span: Span, what: impl Into<String>, instead: impl Into<Option<String>>) {
        self.0.borrow_mut().push(Mistake { span, what: what.into(), instead: instead.into() });
    }

    /// Whether none was noted yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// The mistakes in the order of the file, ready to be shown; none when there are none.
    pub(crate) fn report(self, source: &Source) -> Option<Report> {
        let mut mistakes = self.0.into_inner();
        mistakes.sort();
        mistakes.dedup();
        let shown: Vec<String> = mistakes.iter().map(|mistake| mistake.show(source)).collect();
        (!shown.is_empty()).then(|| Report { name: source.name.clone(), shown })
    }
}

/// All mistakes of a file as text. `Display` gives one paragraph each and a last line with their number.
#[derive(Debug)]
pub(crate) struct Report {
    name: String,
    shown: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for mistake in &self.shown {
            writeln!(f, "{mistake}")?;
        }
        let count = self.shown.len();
        write!(f, "{count} mistake{} in {}", if count == 1 { "" } else { "s" }, self.name)
    }
}

impl std::error::Error for Report {}

impl Mistake {
    fn show(&self, source: &Source) -> String {
        let place = Place::find(&source.text, self.span);
        let number = place.line_number.to_string();
        let gutter = " ".repeat(number.len());
        let line = place.line;
        let pad: String = line.chars().take(place.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let carets = "^".repeat(place.width);
        let mut text = format!(
            "{}:{number}:{}: {}\n{gutter} |\n{number} | {}\n{gutter} | {pad}{carets}\n",
            source.name,
            place.column,
            self.what,
            mask(line),
        );
        if let Some(instead) = &self.instead {
            text.push_str(&format!("{gutter} = {instead}\n"));
        }
        text
    }
}

/// A span as people count: lines and columns from 1, columns and width in characters.
struct Place<'a> {
    line_number: usize,
    column: usize,
    width: usize,
    line: &'a str,
}

impl<'a> Place<'a> {
    fn find(text: &'a str, span: Span) -> Self {
        let start = floor_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or("");
        let in_line = (start - line_start).min(line.len());
        let end = floor_boundary(text, span.end).clamp(line_start + in_line, line_start + line.len());
        Self {
            line_number: text[..line_start].matches('\n').count() + 1,
            column: line[..in_line].chars().count() + 1,
            width: line[in_line..end - line_start].chars().count().max(1),
            line,
        }
    }
}

/// The nearest place at or before `at` where a character begins.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The line as it may be shown: whatever stands behind `password =`, `sk =` or `key =` is nobody's business, for these
/// lines end up in logs and tickets. A `key` that is only a file's name is hidden with them.
fn mask(line: &str) -> String {
    const SECRET: [&str; 3] = ["password", "sk", "key"];
    for (at, _) in line.match_indices('=') {
        let key = line[..at].trim_end().trim_end_matches(['"', '\'']);
        let is_secret = SECRET.iter().any(|word| {
            key.strip_suffix(word).is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
        if is_secret {
            let hidden = line[at + 1..].chars().map(|c| if c.is_whitespace() { c } else { '*' });
            return line[..=at].chars().chain(hidden).collect();
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Range<usize>) -> String {
        let source = Source { name: "f.toml".into(), text: text.into() };
        let mistakes = Mistakes::default();
        mistakes.say(span.into(), "it is wrong", "write it right".to_owned());
        mistakes.report(&source).expect("one mistake was said").to_string()
    }

    #[test]
    fn shows_place_line_and_advice() {
        let text = "a = 1\nörtlich = \"x\"\n";
        assert_eq!(
            shown(text, text.find('"').unwrap()..text.len() - 1),
            "f.toml:2:11: it is wrong\n  |\n2 | örtlich = \"x\"\n  |           ^^^\n  = write it right\n\n1 mistake in f.toml"
        );
    }

    #[test]
    fn secrets_are_hidden_wherever_the_mistake_is() {
        for line in ["sk = \"demo-1234\"", "x = { ak = \"a\", sk = \"demo-1234\" }", "\"password\"= demo-1234"] {
            assert!(!shown(line, 0..1).contains("1234"), "{line}");
        }
        assert!(shown("task = 1234", 0..1).contains("1234"));
    }

    #[test]
    fn any_span_is_shown_without_panic() {
        let text = "ä\r\nö\tü\n\n";
        for start in 0..text.len() + 3 {
            for end in start..text.len() + 3 {
                assert!(shown(text, start..end).contains("it is wrong"));
            }
        }
    }
}
