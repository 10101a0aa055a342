//! The engine's types as plain numbers and texts, for the saved state: the engine itself knows nothing of serde.
//!
//! A field of such a type says `#[serde(with = "plain")]`.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{AgentId, CallId, QueueId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A type that has a plain form.
pub(crate) trait Plain: Sized {
    type Form: Serialize + DeserializeOwned;

    fn form(&self) -> Self::Form;
    fn of(form: Self::Form) -> Self;
}

pub(crate) fn serialize<T: Plain, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.form().serialize(serializer)
}

pub(crate) fn deserialize<'de, T: Plain, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::Form::deserialize(deserializer).map(T::of)
}

impl Plain for QueueId {
    type Form = u16;

    fn form(&self) -> u16 {
        self.0
    }

    fn of(form: u16) -> Self {
        Self(form)
    }
}

impl Plain for AgentId {
    type Form = u32;

    fn form(&self) -> u32 {
        self.0
    }

    fn of(form: u32) -> Self {
        Self(form)
    }
}

impl Plain for CallId {
    type Form = (i64, u64);

    fn form(&self) -> (i64, u64) {
        (self.second, self.number)
    }

    fn of((second, number): (i64, u64)) -> Self {
        Self { second, number }
    }
}

impl Plain for Timestamp {
    type Form = i64;

    fn form(&self) -> i64 {
        self.0
    }

    fn of(form: i64) -> Self {
        Self(form)
    }
}

impl Plain for Arc<str> {
    type Form = String;

    fn form(&self) -> String {
        (**self).to_owned()
    }

    fn of(form: String) -> Self {
        form.into()
    }
}

impl<T: Plain> Plain for Option<T> {
    type Form = Option<T::Form>;

    fn form(&self) -> Self::Form {
        self.as_ref().map(T::form)
    }

    fn of(form: Self::Form) -> Self {
        form.map(T::of)
    }
}

impl<T: Plain> Plain for Vec<T> {
    type Form = Vec<T::Form>;

    fn form(&self) -> Self::Form {
        self.iter().map(T::form).collect()
    }

    fn of(form: Self::Form) -> Self {
        form.into_iter().map(T::of).collect()
    }
}

impl<A: Plain, B: Plain> Plain for (A, B) {
    type Form = (A::Form, B::Form);

    fn form(&self) -> Self::Form {
        (self.0.form(), self.1.form())
    }

    fn of((first, second): Self::Form) -> Self {
        (A::of(first), B::of(second))
    }
}

impl<K: Plain + Ord, V: Plain> Plain for BTreeMap<K, V> {
    type Form = Vec<(K::Form, V::Form)>;

    fn form(&self) -> Self::Form {
        self.iter().map(|(key, value)| (key.form(), value.form())).collect()
    }

    fn of(form: Self::Form) -> Self {
        form.into_iter().map(|(key, value)| (K::of(key), V::of(value))).collect()
    }
}

/// For types of this crate, which serde knows already.
macro_rules! plain_as_it_is {
    ($($name:ty),+ $(,)?) => {$(
        impl crate::plain::Plain for $name {
            type Form = Self;

            fn form(&self) -> Self {
                self.clone()
            }

            fn of(form: Self) -> Self {
                form
            }
        }
    )+};
}
pub(crate) use plain_as_it_is;
