//! What an interface is: one type that says everything of it, of which the routes, the checks, the document and the
//! command line are made.

use history::ArchiveError;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::code::Code;
use super::desk::Desk;
use super::field::{Asked, Question};
use super::group::Group;
use crate::shell::{BODY_MAX, LONG_BODY_MAX};
use crate::strict::{self, Value};

/// Everything that is said of an interface but how it is answered.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its path, whole; parts in braces are fields.
    pub path: &'static str,
    /// What sets its path apart: without the root and the fields. Unique.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub title: &'static str,
    /// Which kind of interface it is: access keys may be bound to some.
    pub group: Group,
    /// How it is asked.
    pub verb: Verb,
    /// Where its fields may stand.
    pub form: Form,
    /// In what its answer is wrapped.
    pub envelope: Envelope,
    /// The names of what it asks in the platform behind the original. The first interface of the table that has a name is
    /// served at `/ccbms/ws/monitor/NAME` on the internal listener.
    pub bms: &'static [&'static str],
    /// A question, as in the documents.
    pub question: &'static str,
    /// What the floor of the tests answers to it.
    pub reply: &'static str,
}

/// How an interface is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `POST` with a JSON body.
    Post,
    /// `GET` with the fields in the path, and no body.
    Get,
}

impl Verb {
    /// As in the request line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
        }
    }
}

/// Where the fields of a body may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the outermost object.
    Flat,
    /// There, or in an object `queryParam` within it.
    Either,
}

impl Form {
    /// The object within the outermost one that fields may stand in.
    #[must_use]
    pub const fn wrapper(self) -> Option<&'static str> {
        match self {
            Self::Flat => None,
            Self::Either => Some("queryParam"),
        }
    }
}

/// In what an answer is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `result`, `resultCode`, and the data twice, as `resultDatas` and `resultDesc`. With `count` where the data are part
    /// of more.
    A,
    /// `resultCode` and `resultDesc`.
    B,
    /// `returnCode`, `description` and `data`.
    C,
    /// `result` and `resultDatas`.
    L,
    /// `result`, and the data as `resultDatas` and `resultDesc`.
    LBoth,
}

/// An interface: what is asked, what is answered, and how the answer is found.
pub(crate) trait Interface {
    /// What is said of it.
    const ABOUT: About;
    /// What is asked.
    type Question: Question;
    /// What is answered on success, without the envelope.
    type Data: Serialize + ToSchema;

    /// Finds the answer.
    ///
    /// # Errors
    /// A code and a sentence.
    fn answer(desk: &Desk<'_>, question: Self::Question) -> Result<Reply<Self::Data>, Refused>;
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Reply<T> {
    pub(crate) data: T,
    /// Of how many the data are part.
    pub(crate) count: Option<usize>,
}

impl<T> From<T> for Reply<T> {
    fn from(data: T) -> Self {
        Self { data, count: None }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: Code,
    pub(crate) sentence: String,
}

impl Refused {
    /// The history cannot be read.
    pub(crate) fn unreadable(error: &ArchiveError) -> Self {
        tracing::error!(%error, "the history cannot be read");
        Self { code: Code::Failed, sentence: "the history cannot be read now".to_owned() }
    }

    /// A parameter is wrong, or names something that is not there.
    pub(crate) const fn parameter(sentence: String) -> Self {
        Self { code: Code::InvalidParameter, sentence }
    }
}

/// An answer as it goes out, but for the envelope.
#[derive(Debug)]
pub(crate) struct Written {
    /// The data in JSON.
    pub(crate) data: Vec<u8>,
    pub(crate) count: Option<usize>,
}

/// A schema with the name of its type.
pub(crate) type Named = (String, RefOr<Schema>);

/// An interface as a value: a line of the table.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What is said of it.
    pub about: About,
    /// What is asked.
    pub fields: &'static [Asked],
    pub(crate) find: fn(&Desk<'_>, Vec<Option<Value>>) -> Result<Written, Refused>,
    pub(crate) schema: fn(&mut Vec<Named>) -> RefOr<Schema>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("path", &self.about.path).finish_non_exhaustive()
    }
}

impl Entry {
    /// Whether it reads the file of the history, which takes its time.
    pub(crate) fn reads_file(&self) -> bool {
        self.about.group == Group::History
    }

    /// Finds the answer to these values. One that reads a file lets the other tasks of this thread go elsewhere.
    pub(crate) fn answer(&self, desk: &Desk<'_>, values: Vec<Option<Value>>) -> Result<Written, Refused> {
        if self.reads_file() {
            return tokio::task::block_in_place(|| (self.find)(desk, values));
        }
        (self.find)(desk, values)
    }

    pub(crate) const fn of<I: Interface>() -> Self {
        Self { about: I::ABOUT, fields: I::Question::FIELDS, find: answer::<I>, schema: schema::<I> }
    }

    /// Reads a body.
    pub(crate) fn read_body(&self, body: &[u8]) -> Result<Vec<Option<Value>>, Refused> {
        let mut names = [""; FIELDS_MAX];
        let names = &mut names[..self.fields.len()];
        names.iter_mut().zip(self.fields).for_each(|(name, asked)| *name = asked.field.name);
        strict::read(body, names, self.about.form.wrapper()).map_err(Refused::parameter)
    }

    /// Reads the path's parts, which are in braces in its pattern, in the order of the fields.
    pub(crate) fn read_path(&self, path: &str) -> Vec<Option<Value>> {
        let mut values = vec![None; self.fields.len()];
        for (pattern, part) in self.about.path.split('/').zip(path.split('/')) {
            let name = pattern.strip_prefix('{').and_then(|pattern| pattern.strip_suffix('}'));
            let index = name.and_then(|name| self.fields.iter().position(|asked| asked.field.name == name));
            if let Some(index) = index {
                let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                let number = is_number.then(|| part.parse().ok()).flatten();
                values[index] = Some(number.map_or_else(|| Value::Text(part.to_owned()), Value::Natural));
            }
        }
        values
    }

    /// The largest body: 1 MiB for questions about many, else 64 KiB.
    #[must_use]
    pub fn body_max(&self) -> usize {
        if self.fields.iter().any(|asked| asked.field.kind.is_list()) { LONG_BODY_MAX } else { BODY_MAX }
    }
}

/// No question has more fields; a test counts them.
pub(super) const FIELDS_MAX: usize = 16;

fn answer<I: Interface>(desk: &Desk<'_>, values: Vec<Option<Value>>) -> Result<Written, Refused> {
    let question = I::Question::read(values).map_err(Refused::parameter)?;
    let Reply { data, count } = I::answer(desk, question)?;
    let data = serde_json::to_vec(&data).expect("our own types have string keys and no failing parts");
    Ok(Written { data, count })
}

fn schema<I: Interface>(named: &mut Vec<Named>) -> RefOr<Schema> {
    I::Data::schemas(named);
    <I::Data as utoipa::PartialSchema>::schema()
}

/// What is said of an interface of the first version, its answer with that envelope of the family which most have.
macro_rules! about {
    ($name:literal, $group:ident, $title:literal, $question:literal) => {
        $crate::cms::interface::about!($name, "", $group, $title, $question)
    };
    ($name:literal, $fields:literal, $group:ident, $title:literal, $question:literal) => {
        $crate::cms::interface::About {
            path: concat!("/rest/cmsapp/v1/openapi/", $name, $fields),
            name: $name,
            title: $title,
            group: $crate::cms::Group::$group,
            verb: $crate::cms::interface::Verb::Post,
            form: $crate::cms::interface::Form::Flat,
            envelope: $crate::cms::interface::Envelope::A,
            bms: &[],
            question: $question,
            reply: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replies/", $name, ".json")),
        }
    };
}
pub(crate) use about;
