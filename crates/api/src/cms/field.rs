//! The fields of questions: what each may hold, said once for reading it, for the document and for the command line.

use std::fmt;

use engine::{AgentId, QueueId, VdnId};

use crate::strict::Value;

/// Ranges of integers, ends included, ascending.
pub type Ranges = &'static [(u64, u64)];

/// One field of a question.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in JSON or in the path, exact.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What it means.
    pub about: &'static str,
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer in one of these ranges.
    Integer(Ranges),
    /// The same, written as a text of digits; a bare integer does as well.
    Digits(Ranges),
    /// A list of at most so many integers in these ranges.
    Integers(Ranges, usize),
    /// A text of at most so many characters, which are no more than 256.
    Text(usize),
    /// A list of at most so many texts of at most 64 characters each.
    Texts(usize),
    /// The text `"true"` or `"false"`; a bare truth value does as well.
    Flag,
}

impl Kind {
    /// Whether it may hold many values.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Integers(..) | Self::Texts(_))
    }
}

/// A field, as one interface asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Which one.
    pub field: &'static Field,
    /// Whether it must be there.
    pub is_needed: bool,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(ranges) => write!(f, "an integer from {}", Written(ranges)),
            Self::Digits(ranges) => write!(f, "a text with an integer from {}", Written(ranges)),
            Self::Integers(ranges, most) => write!(f, "a list of at most {most} integers from {}", Written(ranges)),
            Self::Text(most) => write!(f, "a text of at most {most} characters"),
            Self::Texts(most) => write!(f, "a list of at most {most} texts of at most {TEXT_IN_LIST_MAX} characters"),
            Self::Flag => f.write_str("the text \"true\" or \"false\""),
        }
    }
}

/// How many characters a text in a list has at most.
pub(super) const TEXT_IN_LIST_MAX: usize = 64;

struct Written<'a>(&'a [(u64, u64)]);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.0.iter().enumerate() {
            let or = if index == 0 { "" } else { " or " };
            write!(f, "{or}{first} to {last}")?;
        }
        Ok(())
    }
}

/// What a field's value is read as.
pub(crate) trait Held: Sized {
    /// Whether the field must be there.
    const IS_NEEDED: bool = true;

    /// Reads a value.
    ///
    /// # Errors
    /// A sentence with the field and the value that is wrong.
    fn read(field: &Field, value: Option<Value>) -> Result<Self, String>;
}

/// A number, or what is known by one.
pub(crate) trait Numbered: Copy + Eq {
    fn numbered(number: u64) -> Option<Self>;
}

macro_rules! numbered {
    ($($type:ty),*) => {
        $(impl Numbered for $type {
            fn numbered(number: u64) -> Option<Self> {
                Self::try_from(number).ok()
            }
        })*
    };
}

numbered!(u16, u32, u64, i64);

macro_rules! known_by_number {
    ($($id:ident),*) => {
        $(impl Numbered for $id {
            fn numbered(number: u64) -> Option<Self> {
                number.try_into().ok().map(Self)
            }
        })*
    };
}

known_by_number!(VdnId, AgentId, QueueId);

fn needed(field: &Field, value: Option<Value>) -> Result<Value, String> {
    value.ok_or_else(|| format!("{} is missing: it must be {}", field.name, field.kind))
}

fn wrong(field: &Field, value: &Value) -> String {
    format!("{}: {value} is not {}", field.name, field.kind)
}

fn in_ranges<T: Numbered>(number: u64, ranges: Ranges) -> Option<T> {
    let is_in = ranges.iter().any(|(first, last)| (*first..=*last).contains(&number));
    is_in.then(|| T::numbered(number)).flatten()
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl<T: Numbered> Held for T {
    fn read(field: &Field, value: Option<Value>) -> Result<Self, String> {
        let value = needed(field, value)?;
        let number = match (&value, field.kind) {
            (Value::Natural(number), Kind::Integer(ranges) | Kind::Digits(ranges)) => in_ranges(*number, ranges),
            (Value::Text(text), Kind::Digits(ranges)) => digits(text).and_then(|number| in_ranges(number, ranges)),
            _ => None,
        };
        number.ok_or_else(|| wrong(field, &value))
    }
}

impl Held for String {
    fn read(field: &Field, value: Option<Value>) -> Result<Self, String> {
        match (needed(field, value)?, field.kind) {
            (Value::Text(text), Kind::Text(most)) if text.chars().count() <= most => Ok(text),
            (value, _) => Err(wrong(field, &value)),
        }
    }
}

impl Held for bool {
    fn read(field: &Field, value: Option<Value>) -> Result<Self, String> {
        match needed(field, value)? {
            Value::Bool(value) => Ok(value),
            Value::Text(text) if text == "true" => Ok(true),
            Value::Text(text) if text == "false" => Ok(false),
            value => Err(wrong(field, &value)),
        }
    }
}

/// Absent, or `null`; an empty text where digits are asked for.
impl<T: Held> Held for Option<T> {
    const IS_NEEDED: bool = false;

    fn read(field: &Field, value: Option<Value>) -> Result<Self, String> {
        match (&value, field.kind) {
            (None | Some(Value::Null), _) => Ok(None),
            (Some(Value::Text(text)), Kind::Digits(_)) if text.is_empty() => Ok(None),
            _ => T::read(field, value).map(Some),
        }
    }
}

/// A list of numbers or texts.
impl<T: Listed> Held for Vec<T> {
    fn read(field: &Field, value: Option<Value>) -> Result<Self, String> {
        let (most, held, length) = match (needed(field, value)?, field.kind) {
            (Value::List { held, length }, Kind::Integers(_, most) | Kind::Texts(most)) => (most, held, length),
            (value, _) => return Err(wrong(field, &value)),
        };
        if length > most {
            return Err(format!("{}: {length} values are more than {most}", field.name));
        }
        let items = held.into_iter().enumerate().map(|(index, value)| {
            T::item(field.kind, &value).ok_or_else(|| {
                format!("{}: {value}, at place {}, does not belong into {}", field.name, index + 1, field.kind)
            })
        });
        items.collect()
    }
}

/// What a list may hold.
pub(crate) trait Listed: Sized {
    fn item(kind: Kind, value: &Value) -> Option<Self>;
}

impl<T: Numbered> Listed for T {
    fn item(kind: Kind, value: &Value) -> Option<Self> {
        match (value, kind) {
            (Value::Natural(number), Kind::Integers(ranges, _)) => in_ranges(*number, ranges),
            _ => None,
        }
    }
}

impl Listed for String {
    fn item(kind: Kind, value: &Value) -> Option<Self> {
        match (value, kind) {
            (Value::Text(text), Kind::Texts(_)) if text.chars().count() <= TEXT_IN_LIST_MAX => Some(text.clone()),
            _ => None,
        }
    }
}

/// A question: its fields, and how they are read.
pub(crate) trait Question: Sized {
    /// In the order in which they are read.
    const FIELDS: &'static [Asked];

    /// Reads the values of [`Question::FIELDS`], in their order.
    ///
    /// # Errors
    /// A sentence with the field and the value that is wrong.
    fn read(values: Vec<Option<Value>>) -> Result<Self, String>;
}

/// A question as a struct: each member with the [`Field`] that it is read from.
macro_rules! question {
    ($(#[$doc:meta])* $name:ident { $($member:ident: $type:ty = $field:expr),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) struct $name {
            $(pub(crate) $member: $type,)*
        }

        impl $crate::cms::field::Question for $name {
            const FIELDS: &'static [$crate::cms::field::Asked] = &[$($crate::cms::field::Asked {
                field: &$field,
                is_needed: <$type as $crate::cms::field::Held>::IS_NEEDED,
            }),*];

            fn read(values: Vec<Option<$crate::strict::Value>>) -> Result<Self, String> {
                let mut values = values.into_iter();
                Ok(Self { $($member: $crate::cms::field::Held::read(&$field, values.next().flatten())?,)* })
            }
        }
    };
}
pub(crate) use question;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cms::fields::{AGENT, AGENTS, CC, VDN};
    use crate::strict;

    const LEVEL: Field = Field { name: "level", kind: Kind::Digits(&[(0, 10)]), about: "" };
    const IS_ALL: Field = Field { name: "isAll", kind: Kind::Flag, about: "" };
    const WORD: Field = Field { name: "word", kind: Kind::Text(3), about: "" };
    const WORDS: Field = Field { name: "words", kind: Kind::Texts(2), about: "" };

    question! {
        Person { cc: u16 = CC, vdn: VdnId = VDN, agent: AgentId = AGENT }
    }

    question! {
        Everything {
            agents: Vec<AgentId> = AGENTS,
            level: Option<u16> = LEVEL,
            is_all: Option<bool> = IS_ALL,
            word: Option<String> = WORD,
            words: Option<Vec<String>> = WORDS,
        }
    }

    fn read<Q: Question>(body: &str) -> Result<Q, String> {
        let names: Vec<_> = Q::FIELDS.iter().map(|asked| asked.field.name).collect();
        strict::read(body.as_bytes(), &names, None).and_then(Q::read)
    }

    #[test]
    fn ranges_end_where_the_documents_say() {
        let read = |cc: &str, vdn: &str, agent: &str| {
            read::<Person>(&format!(r#"{{"ccId":{cc},"vdn":{vdn},"agentId":{agent}}}"#))
        };
        let person = |cc, vdn, agent| Ok(Person { cc, vdn: VdnId(vdn), agent: AgentId(agent) });
        assert_eq!(read("1", "1", "101"), person(1, 1, 101));
        assert_eq!(read("65535", "5000", "59999"), person(65535, 5000, 59999));
        assert_eq!(read("1", "170", "70000"), person(1, 170, 70000));
        assert_eq!(read("1", "170", "999999"), person(1, 170, 999_999));
        for cc in ["0", "-1", "-0", "65536", "1.0", "1e0", "18446744073709551616", "\"1\"", "null", "true", "[1]", "{}"]
        {
            let sentence = read(cc, "170", "1099").unwrap_err();
            assert!(sentence.starts_with("ccId: ") && sentence.contains("1 to 65535"), "{cc}: {sentence}");
        }
        for vdn in ["0", "5001", "65706"] {
            assert_eq!(read("1", vdn, "1099"), Err(format!("vdn: {vdn} is not an integer from 1 to 5000")));
        }
        for agent in ["0", "100", "60000", "69999", "1000000", "4294968395"] {
            let sentence = format!("agentId: {agent} is not an integer from 101 to 59999 or 70000 to 999999");
            assert_eq!(read("1", "170", agent), Err(sentence));
        }
    }

    #[test]
    fn a_missing_field_is_named_and_others_are_read_over() {
        let missing = read::<Person>(r#"{"ccId":1,"agentId":1099}"#);
        assert_eq!(missing, Err("vdn is missing: it must be an integer from 1 to 5000".into()));
        let more = read::<Person>(r#"{"locale":"en","agentId":1099,"vdn":170,"ccId":1,"extra":{"a":[null]}}"#);
        assert!(more.is_ok(), "{more:?}");
        let other_case = read::<Person>(r#"{"ccid":1,"vdn":170,"agentId":1099}"#);
        assert_eq!(other_case, Err("ccId is missing: it must be an integer from 1 to 65535".into()));
    }

    #[test]
    fn what_may_be_absent_may_be_null_and_texts_hold_what_their_kind_says() {
        let nothing = Everything { agents: vec![], level: None, is_all: None, word: None, words: None };
        assert_eq!(read(r#"{"agents":[],"agentIds":[]}"#), Ok(nothing.clone()));
        let nulls = r#"{"agentIds":[],"level":null,"isAll":null,"word":null,"words":null}"#;
        assert_eq!(read(nulls), Ok(nothing.clone()));
        assert_eq!(read(r#"{"agentIds":[],"level":""}"#), Ok(nothing));
        let all = Everything {
            agents: vec![AgentId(1099), AgentId(101)],
            level: Some(10),
            is_all: Some(true),
            word: Some("äöü".into()),
            words: Some(vec!["a".into(), String::new()]),
        };
        let rest = r#""agentIds":[1099,101],"word":"äöü","words":["a",""]"#;
        assert_eq!(read(&format!(r#"{{"level":"10","isAll":"true",{rest}}}"#)), Ok(all.clone()));
        assert_eq!(read(&format!(r#"{{"level":10,"isAll":true,{rest}}}"#)), Ok(all));
    }

    #[test]
    fn the_place_of_what_does_not_belong_into_a_list_is_said() {
        let agents = |list: &str| read::<Everything>(&format!(r#"{{"agentIds":{list}}}"#)).unwrap_err();
        let form = "a list of at most 6000 integers from 101 to 59999 or 70000 to 999999";
        assert_eq!(agents("[1099,\"7\"]"), format!("agentIds: \"7\", at place 2, does not belong into {form}"));
        assert_eq!(agents("[7]"), format!("agentIds: 7, at place 1, does not belong into {form}"));
        assert_eq!(agents("1099"), format!("agentIds: 1099 is not {form}"));
        assert_eq!(agents("null"), format!("agentIds: null is not {form}"));
        let long = format!("[{}1099]", "1099,".repeat(7000));
        assert_eq!(agents(&long), "agentIds: 7001 values are more than 6000");
        let wrong = |field: &str| read::<Everything>(&format!(r#"{{"agentIds":[],{field}}}"#)).unwrap_err();
        assert_eq!(wrong(r#""level":"+1""#), r#"level: "+1" is not a text with an integer from 0 to 10"#);
        assert_eq!(wrong(r#""isAll":"TRUE""#), r#"isAll: "TRUE" is not the text "true" or "false""#);
        assert_eq!(wrong(r#""word":"abcd""#), r#"word: "abcd" is not a text of at most 3 characters"#);
        let texts = "a list of at most 2 texts of at most 64 characters";
        assert_eq!(wrong(r#""words":["",1]"#), format!("words: 1, at place 2, does not belong into {texts}"));
    }
}
