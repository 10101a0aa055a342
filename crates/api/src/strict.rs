//! Reading a JSON object strictly: no name twice at any level, nothing nested deeper than [`DEPTH_MAX`], nothing after
//! it. Names that are not asked for are read over, so that a client may send more than we know.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How deep objects and lists may be nested, the outermost object counted.
const DEPTH_MAX: u8 = 16;
/// How much of a text value or a number a sentence shows.
const SHOWN_MAX: usize = 64;
/// How much of a text is kept: one character more than any text may have that is asked for.
const TEXT_HELD_MAX: usize = 257;
/// How many values of a list are kept: more than any list may have that is asked for.
const LIST_HELD_MAX: usize = 6001;

/// What a field holds, as far as a sentence needs to show it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A number without fraction and exponent, not negative.
    Natural(u64),
    /// Any other number.
    Number(f64),
    /// The first 257 characters of a text.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// A list of anything.
    List {
        /// The first 6001 of its values, if it is a field's own value.
        held: Vec<Self>,
        /// How many values it has.
        length: usize,
    },
    /// An object.
    Object,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Natural(number) => number.fmt(f),
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "{:?}", text.chars().take(SHOWN_MAX).collect::<String>()),
            Self::Bool(value) => value.fmt(f),
            Self::Null => f.write_str("null"),
            Self::List { .. } => f.write_str("a list"),
            Self::Object => f.write_str("an object"),
        }
    }
}

/// Reads the fields with these names; absent ones are none. They may stand in an object of the name `wrapper` instead, if
/// there is one.
///
/// # Errors
/// A sentence that says what is wrong and where.
pub(crate) fn read(
    body: &[u8],
    names: &[&'static str],
    wrapper: Option<&'static str>,
) -> Result<Vec<Option<Value>>, String> {
    let reading = Cell::new(None);
    let mut json = serde_json::Deserializer::from_slice(body);
    let fields = Fields { names, wrapper, reading: &reading, depth: 1 }.deserialize(&mut json);
    fields.and_then(|fields| json.end().map(|()| fields)).map_err(|error| sentence(&error, reading.get(), body))
}

/// What the reader says, with the field and the number it was reading.
fn sentence(error: &serde_json::Error, field: Option<&str>, body: &[u8]) -> String {
    match (field, number_before(error, body)) {
        (Some(field), Some(number)) => format!("{field}: {number}: {error}"),
        (Some(field), None) => format!("{field}: {error}"),
        (None, _) => format!("the body is not a JSON object: {error}"),
    }
}

/// The number that ends where the reader could read no further.
fn number_before(error: &serde_json::Error, body: &[u8]) -> Option<String> {
    if !error.is_syntax() {
        return None;
    }
    let line = body.split(|byte| *byte == b'\n').nth(error.line().checked_sub(1)?)?;
    let before = line.get(..error.column())?;
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let length = before.iter().rev().take(SHOWN_MAX).take_while(|byte| is_part(byte)).count();
    let number = before.get(before.len() - length..)?;
    (!number.is_empty()).then(|| String::from_utf8_lossy(number).into_owned())
}

/// The object that has the fields: the outermost one, or the one in it that wraps them.
struct Fields<'a> {
    names: &'a [&'static str],
    wrapper: Option<&'static str>,
    /// The field whose value is being read, for the sentence if it fails.
    reading: &'a Cell<Option<&'static str>>,
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = Vec<Option<Value>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Vec<Option<Value>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = vec![None; self.names.len()];
        let mut wrapped = None;
        let mut others = HashSet::new();
        while let Some(name) = map.next_key_seed(Name { names: self.names, wrapper: self.wrapper })? {
            match name {
                Key::Known(index) => {
                    self.reading.set(Some(self.names[index]));
                    let value = map.next_value_seed(Any { depth: self.depth, holds: true })?;
                    if let Some(first) = &fields[index] {
                        return Err(A::Error::custom(format_args!("it is there twice, as {first} and as {value}")));
                    }
                    fields[index] = Some(value);
                    self.reading.set(None);
                }
                Key::Wrapper => {
                    self.reading.set(self.wrapper);
                    if wrapped.is_some() {
                        return Err(A::Error::custom("it is there twice"));
                    }
                    let inside = Fields { wrapper: None, depth: self.depth + 1, ..self };
                    wrapped = Some(map.next_value_seed(inside)?);
                    self.reading.set(None);
                }
                Key::Other(name) => {
                    map.next_value_seed(Any { depth: self.depth, holds: false })?;
                    add(&mut others, name)?;
                }
            }
        }
        let Some(wrapped) = wrapped else { return Ok(fields) };
        if let Some(beside) = fields.iter().position(Option::is_some) {
            self.reading.set(self.wrapper);
            return Err(A::Error::custom(format_args!("{} stands beside it and not in it", self.names[beside])));
        }
        Ok(wrapped)
    }
}

/// Adds a name that must be new.
fn add<E: Error>(names: &mut HashSet<String>, name: String) -> Result<(), E> {
    match names.replace(name) {
        None => Ok(()),
        Some(name) => {
            let shown: String = name.chars().take(SHOWN_MAX).collect();
            Err(E::custom(format_args!("the name {shown:?} is there twice")))
        }
    }
}

/// A name: one of those asked for, or another.
struct Name<'a> {
    names: &'a [&'static str],
    wrapper: Option<&'static str>,
}

enum Key {
    Known(usize),
    Wrapper,
    Other(String),
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Key, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, text: &str) -> Result<Key, E> {
        if self.wrapper == Some(text) {
            return Ok(Key::Wrapper);
        }
        let known = self.names.iter().position(|name| *name == text);
        Ok(known.map_or_else(|| Key::Other(text.to_owned()), Key::Known))
    }
}

/// Any value, with `depth` objects and lists around it.
#[derive(Clone, Copy)]
struct Any {
    depth: u8,
    /// Whether the values of a list are kept.
    holds: bool,
}

impl Any {
    fn inside<E: Error>(self) -> Result<Self, E> {
        if self.depth < DEPTH_MAX {
            Ok(Self { depth: self.depth + 1, holds: false })
        } else {
            Err(E::custom(format_args!("nested deeper than {DEPTH_MAX}")))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Any {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Natural(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "a negative number is only ever shown")]
        Ok(u64::try_from(number).map_or(Value::Number(number as f64), Value::Natural))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.chars().take(TEXT_HELD_MAX).collect()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let (mut held, mut length) = (Vec::new(), 0);
        while let Some(value) = list.next_element_seed(inside)? {
            length += 1;
            if self.holds && held.len() < LIST_HELD_MAX {
                held.push(value);
            }
        }
        Ok(Value::List { held, length })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            add(&mut names, name)?;
            map.next_value_seed(inside)?;
        }
        Ok(Value::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &str) -> Result<Option<Value>, String> {
        read(body.as_bytes(), &["a"], None).map(|fields| fields.into_iter().next().flatten())
    }

    #[test]
    fn values_are_what_they_look_like() {
        assert_eq!(one("{}"), Ok(None));
        assert_eq!(one(r#" {"b":[{"b":{}}],"a":7} "#), Ok(Some(Value::Natural(7))));
        assert_eq!(one(r#"{"a":-7}"#), Ok(Some(Value::Number(-7.0))));
        assert_eq!(one(r#"{"a":1.0}"#), Ok(Some(Value::Number(1.0))));
        assert_eq!(one(r#"{"a":1e2}"#), Ok(Some(Value::Number(100.0))));
        assert_eq!(one(r#"{"a":"x\u0041"}"#), Ok(Some(Value::Text("xA".into()))));
        assert_eq!(one(r#"{"\u0061":null}"#), Ok(Some(Value::Null)));
        assert_eq!(one(r#"{"a":{"b":1}}"#), Ok(Some(Value::Object)));
        let list = Value::List { held: vec![Value::Natural(7), Value::List { held: vec![], length: 2 }], length: 2 };
        assert_eq!(one(r#"{"b":[1],"a":[7,[1,2]]}"#), Ok(Some(list)));
    }

    #[test]
    fn of_a_long_list_and_a_long_text_the_beginning_is_kept() {
        let long = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(9_999));
        let Ok(Some(Value::List { held, length })) = one(&long) else { panic!("a list") };
        assert_eq!((held.len(), length), (6001, 10_000));
        let Ok(Some(text)) = one(&format!(r#"{{"a":"{}"}}"#, "é".repeat(300))) else { panic!("a text") };
        assert_eq!(text, Value::Text("é".repeat(257)));
        assert_eq!(text.to_string(), format!("{:?}", "é".repeat(64)));
    }

    #[test]
    fn fields_may_stand_in_their_wrapper_and_not_in_both_places() {
        let read = |body: &str| read(body.as_bytes(), &["a", "b"], Some("w"));
        let both = Ok(vec![Some(Value::Natural(1)), Some(Value::Natural(2))]);
        assert_eq!(read(r#"{"a":1,"b":2}"#), both);
        assert_eq!(read(r#"{"x":0,"w":{"b":2,"a":1,"x":0}}"#), both);
        assert_eq!(read(r#"{"w":{}}"#), Ok(vec![None, None]));
        let wrong = [
            (r#"{"a":1,"w":{"b":2}}"#, "w: a stands beside it and not in it at line 1 column 19"),
            (r#"{"w":{},"w":{}}"#, "w: it is there twice at line 1 column 11"),
            (r#"{"w":1}"#, "w: invalid type: integer `1`, expected an object at line 1 column 6"),
            (r#"{"w":{"a":1,"a":1}}"#, "a: it is there twice, as 1 and as 1 at line 1 column 18"),
        ];
        assert_eq!(wrong.map(|(body, _)| read(body).unwrap_err()), wrong.map(|(_, sentence)| sentence.to_owned()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let cases: [(&[u8], &str); 12] = [
            (b"", "the body is not a JSON object: EOF while parsing a value at line 1 column 0"),
            (b"[1]", "the body is not a JSON object: invalid type: sequence, expected an object at line 1 column 1"),
            (b"{}x", "the body is not a JSON object: trailing characters at line 1 column 3"),
            (b"\xef\xbb\xbf{}", "the body is not a JSON object: expected value at line 1 column 1"),
            (br#"{"a":1,"a":2}"#, "a: it is there twice, as 1 and as 2 at line 1 column 13"),
            (br#"{"b":1,"b":2}"#, "the body is not a JSON object: the name \"b\" is there twice at line 1 column 13"),
            (
                br#"{"c":{"b":1,"b":2}}"#,
                "the body is not a JSON object: the name \"b\" is there twice at line 1 column 15",
            ),
            (br#"{"a":1e400}"#, "a: 1e400: number out of range at line 1 column 10"),
            (br#"{"a":"\ud800"}"#, "a: unexpected end of hex escape at line 1 column 13"),
            (b"{\"a\":\"\xff\"}", "a: invalid unicode code point at line 1 column 7"),
            (br#"{"a":"#, "a: EOF while parsing a value at line 1 column 5"),
            (br#"{"a":01}"#, "a: 01: invalid number at line 1 column 7"),
        ];
        let said = cases.map(|(body, _)| read(body, &["a"], None).unwrap_err());
        assert_eq!(said, cases.map(|(_, expected)| expected.to_owned()));
    }

    #[test]
    fn nesting_ends_at_its_bound() {
        let nested = |depth: usize| format!("{{\"b\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(one(&nested(15)), Ok(None));
        assert!(one(&nested(16)).unwrap_err().contains("nested deeper than 16"));
        assert!(one(&nested(30_000)).unwrap_err().contains("nested deeper than 16"));
        let objects = format!("{{\"a\":{}1{}}}", "{\"a\":".repeat(16), "}".repeat(16));
        assert!(one(&objects).unwrap_err().starts_with("a: "));
    }
}
