//! Reading one table of the file: every key is asked for once by name and type; what nobody asked for is unknown.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{At, Mistakes, Span};

/// How a value is written in the file.
pub(crate) trait Written: Sized {
    /// What is expected, with an example, for "expected ...": `a duration such as "20 s"`.
    const FORM: &'static str;

    /// The value, or what is wrong with it.
    fn read(value: &DeValue<'_>) -> Result<Self, Wrong>;
}

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// Follows "`key` ", for instance `is "20"`.
    pub(crate) what: String,
    /// What to write instead; none: the type's form says it.
    pub(crate) instead: Option<String>,
}

impl Wrong {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), instead: None }
    }

    /// The value is of another kind than expected.
    pub(crate) fn kind(value: &DeValue<'_>) -> Self {
        Self::new(format!("is {}", kind(value)))
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The whole number in `value`, if it is one that fits.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// One table of the file. When it is dropped, the keys nobody asked for are reported.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    table: &'a DeTable<'a>,
    /// As it stands in the file: `[sip]`, `[[vdn.queue]]`.
    title: String,
    span: Span,
    mistakes: &'a Mistakes,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(table: &'a DeTable<'a>, title: &str, span: Span, mistakes: &'a Mistakes) -> Self {
        Self { table, title: title.to_owned(), span, mistakes, asked: RefCell::default() }
    }

    /// Where the table begins.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// Where to say what is wrong.
    pub(crate) fn mistakes(&self) -> &'a Mistakes {
        self.mistakes
    }

    /// The value of `key` as it stands, if it is there.
    pub(crate) fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.get(key)
    }

    /// Where `key` is written; the table's place when it is not there.
    pub(crate) fn span_of(&self, key: &str) -> Span {
        self.table.get(key).map_or(self.span, |value| value.span().into())
    }

    /// The value of `key`, if it is there and right.
    pub(crate) fn get<T: Written>(&self, key: &'static str) -> Option<At<T>> {
        self.value(key).and_then(|value| self.read(key, value))
    }

    /// The value of `key`, or `default` when it is not there or wrong.
    pub(crate) fn get_or<T: Written>(&self, key: &'static str, default: T) -> T {
        self.get(key).map_or(default, |found| found.value)
    }

    /// The value of `key`, which must be there. When it is missing or wrong, that is a mistake, and `stand_in` lets the
    /// reading go on: a file with a mistake is never used.
    pub(crate) fn need<T: Written>(&self, key: &'static str, stand_in: T) -> At<T> {
        if self.value(key).is_none() {
            self.say_missing(key, T::FORM);
        }
        self.get(key).unwrap_or_else(|| At::new(stand_in, self.span_of(key)))
    }

    /// A whole number in `range`, if `key` is there and right.
    pub(crate) fn number<N>(&self, key: &'static str, range: RangeInclusive<N>) -> Option<At<N>>
    where
        N: TryFrom<i64> + PartialOrd + std::fmt::Display,
    {
        let value = self.value(key)?;
        let span = value.span().into();
        let fits = integer(value.get_ref()).and_then(|n| N::try_from(n).ok()).filter(|n| range.contains(n));
        if fits.is_none() {
            let what = match value.get_ref() {
                DeValue::Integer(number) => format!("`{key}` is {}", number.as_str()),
                other => format!("`{key}` {}", Wrong::kind(other).what),
            };
            self.mistakes.say(span, what, format!("write a number from {} to {}", range.start(), range.end()));
        }
        fits.map(|value| At::new(value, span))
    }

    /// A whole number in `range`, or `default`.
    pub(crate) fn number_or<N>(&self, key: &'static str, range: RangeInclusive<N>, default: N) -> N
    where
        N: TryFrom<i64> + PartialOrd + std::fmt::Display,
    {
        self.number(key, range).map_or(default, |found| found.value)
    }

    /// A whole number in `range`, which must be there; see [`Reader::need`].
    pub(crate) fn need_number<N>(&self, key: &'static str, range: RangeInclusive<N>, stand_in: N) -> At<N>
    where
        N: TryFrom<i64> + PartialOrd + std::fmt::Display,
    {
        if self.value(key).is_none() {
            self.say_missing(key, &format!("a number from {} to {}", range.start(), range.end()));
        }
        self.number(key, range).unwrap_or_else(|| At::new(stand_in, self.span_of(key)))
    }

    /// The values of a list; a single value counts as a list of one. Empty when `key` is not there.
    pub(crate) fn list<T: Written>(&self, key: &'static str) -> Vec<At<T>> {
        self.items(key).into_iter().filter_map(|item| self.read(key, item)).collect()
    }

    /// The items of a list as they stand; a single value counts as a list of one. Empty when `key` is not there.
    pub(crate) fn items(&self, key: &'static str) -> Vec<&'a Spanned<DeValue<'a>>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![value],
        }
    }

    /// One item of a list, or the value of a key.
    pub(crate) fn read<T: Written>(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<At<T>> {
        match T::read(value.get_ref()) {
            Ok(read) => Some(At::new(read, value.span().into())),
            Err(wrong) => {
                let instead = wrong.instead.unwrap_or_else(|| format!("write {}", T::FORM));
                self.mistakes.say(value.span().into(), format!("`{key}` {}", wrong.what), instead);
                None
            }
        }
    }

    /// The table under `key`, if it is there.
    pub(crate) fn table(&self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        let title = format!("[{}]", self.inner(key));
        self.as_table(value, &title)
    }

    /// The tables under `key`: `[[key]]` any number of times.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<Self> {
        let title = format!("[[{}]]", self.inner(key));
        self.items(key).into_iter().filter_map(|item| self.as_table(item, &title)).collect()
    }

    /// `value` as a table of its own.
    pub(crate) fn as_table(&self, value: &'a Spanned<DeValue<'a>>, title: &str) -> Option<Self> {
        let span = value.span().into();
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(table, title, span, self.mistakes)),
            other => {
                let what = format!("{title} {}", Wrong::kind(other).what);
                self.mistakes.say(span, what, format!("write a table: {title}"));
                None
            }
        }
    }

    fn inner(&self, key: &str) -> String {
        match self.title.trim_matches(['[', ']']) {
            "" => key.to_owned(),
            outer => format!("{outer}.{key}"),
        }
    }

    fn say_missing(&self, key: &str, form: &str) {
        let place = if self.title.is_empty() { "the file" } else { &self.title };
        self.mistakes.say(self.span, format!("`{key}` is missing in {place}"), format!("add `{key} = ...`: {form}"));
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if asked.contains(&name) {
                continue;
            }
            let place = if self.title.is_empty() { "the file".to_owned() } else { self.title.clone() };
            let mut known = asked.clone();
            known.sort_unstable();
            let instead = match nearest(name, &known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            self.mistakes.say(key.span().into(), format!("{place} has no key `{name}`"), instead);
        }
    }
}

/// The one of `known` that `name` was most likely meant to be.
pub(crate) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = 1 + name.chars().count() / 4;
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(name, word), *word));
    near.filter(|(distance, _)| *distance <= allowed).min().map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let known = ["ring_max", "wait_max", "wrap_up"];
        assert_eq!(nearest("ringmax", &known), Some("ring_max"));
        assert_eq!(nearest("wrapup", &known), Some("wrap_up"));
        assert_eq!(nearest("colour", &known), None);
    }
}
