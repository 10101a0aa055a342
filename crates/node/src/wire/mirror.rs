//! How a type of the engine becomes a type of the journal and back, without loss, checked by the compiler.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use engine::{AgentId, CallId, LegKey, OfferId, QueueId, Timestamp, VdnId};
use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(test)]
use super::tests::Source;

/// A type that has a form on disk.
pub(super) trait Mirror: Sized {
    /// That form.
    type Wire: Serialize + DeserializeOwned;

    fn to_wire(&self) -> Self::Wire;
    fn from_wire(wire: Self::Wire) -> Self;

    /// Some value of the type, made from the bytes of `source`.
    #[cfg(test)]
    fn some(source: &mut Source) -> Self;
}

/// Declares the form of an enum. The match is exhaustive in variants and fields, so whatever the engine adds breaks the
/// build here. On disk a variant is its place in this list: new ones go to the end.
macro_rules! mirror_enum {
    ($wire:ident for $engine:ident {
        $($variant:ident $(($arg:ident: $arg_type:ty))? $({$($field:ident: $type:ty),+ $(,)?})?),+ $(,)?
    }) => {
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
        pub(in crate::wire) enum $wire {
            $($variant
                $((<$arg_type as crate::wire::mirror::Mirror>::Wire))?
                $({$($field: <$type as crate::wire::mirror::Mirror>::Wire),+})?
            ),+
        }

        impl crate::wire::mirror::Mirror for $engine {
            type Wire = $wire;

            fn to_wire(&self) -> $wire {
                match self {
                    $(Self::$variant $(($arg))? $({$($field),+})? =>
                        $wire::$variant
                            $((crate::wire::mirror::Mirror::to_wire($arg)))?
                            $({$($field: crate::wire::mirror::Mirror::to_wire($field)),+})?
                    ),+
                }
            }

            fn from_wire(wire: $wire) -> Self {
                match wire {
                    $($wire::$variant $(($arg))? $({$($field),+})? =>
                        Self::$variant
                            $((crate::wire::mirror::Mirror::from_wire($arg)))?
                            $({$($field: crate::wire::mirror::Mirror::from_wire($field)),+})?
                    ),+
                }
            }

            #[cfg(test)]
            fn some(source: &mut crate::wire::tests::Source) -> Self {
                type Make = fn(&mut crate::wire::tests::Source) -> $engine;
                #[allow(unused_variables, reason = "a variant without fields takes nothing from the source")]
                const MAKERS: &[Make] = &[
                    $(|source| $engine::$variant
                        $((<$arg_type as crate::wire::mirror::Mirror>::some(source)))?
                        $({$($field: <$type as crate::wire::mirror::Mirror>::some(source)),+})?
                    ),+
                ];
                MAKERS[source.pick(MAKERS.len())](source)
            }
        }

        #[cfg(test)]
        impl $wire {
            /// In the order of the disk.
            pub(super) const VARIANTS: &[&str] = &[$(stringify!($variant)),+];
        }
    };
}

/// Declares the form of a struct, in the order of the disk.
macro_rules! mirror_struct {
    ($wire:ident for $engine:ident { $($field:ident: $type:ty),+ $(,)? }) => {
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
        pub(in crate::wire) struct $wire {
            $($field: <$type as crate::wire::mirror::Mirror>::Wire),+
        }

        impl crate::wire::mirror::Mirror for $engine {
            type Wire = $wire;

            fn to_wire(&self) -> $wire {
                let Self { $($field),+ } = self;
                $wire { $($field: crate::wire::mirror::Mirror::to_wire($field)),+ }
            }

            fn from_wire(wire: $wire) -> Self {
                let $wire { $($field),+ } = wire;
                Self { $($field: crate::wire::mirror::Mirror::from_wire($field)),+ }
            }

            #[cfg(test)]
            fn some(source: &mut crate::wire::tests::Source) -> Self {
                Self { $($field: <$type as crate::wire::mirror::Mirror>::some(source)),+ }
            }
        }
    };
}

/// Declares that a type is on disk what its one field is.
macro_rules! mirror_id {
    ($($engine:ident($inner:ty)),+) => {
        $(impl Mirror for $engine {
            type Wire = $inner;

            fn to_wire(&self) -> $inner {
                self.0
            }

            fn from_wire(wire: $inner) -> Self {
                Self(wire)
            }

            #[cfg(test)]
            fn some(source: &mut Source) -> Self {
                Self(<$inner>::from_le_bytes(source.bytes()))
            }
        })+
    };
}

/// Declares that a number is on disk what it is.
macro_rules! mirror_number {
    ($($number:ty),+) => {
        $(impl Mirror for $number {
            type Wire = Self;

            fn to_wire(&self) -> Self {
                *self
            }

            fn from_wire(wire: Self) -> Self {
                wire
            }

            #[cfg(test)]
            fn some(source: &mut Source) -> Self {
                Self::from_le_bytes(source.bytes())
            }
        })+
    };
}

pub(super) use {mirror_enum, mirror_struct};

mirror_id!(VdnId(u16), QueueId(u16), AgentId(u32), OfferId(u64), Timestamp(i64));
mirror_number!(u8, u16, u32, u64, i16, i64);
mirror_struct!(CallIdV1 for CallId { second: i64, number: u64 });

impl Mirror for LegKey {
    type Wire = [u8; 16];

    fn to_wire(&self) -> [u8; 16] {
        self.0
    }

    fn from_wire(wire: [u8; 16]) -> Self {
        Self(wire)
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        Self(source.bytes())
    }
}

impl Mirror for bool {
    type Wire = Self;

    fn to_wire(&self) -> Self {
        *self
    }

    fn from_wire(wire: Self) -> Self {
        wire
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        source.pick(2) == 1
    }
}

/// Whole seconds and nanoseconds.
impl Mirror for Duration {
    type Wire = (u64, u32);

    fn to_wire(&self) -> (u64, u32) {
        (self.as_secs(), self.subsec_nanos())
    }

    /// Nanoseconds beyond a second, which are never written, are carried; what cannot be carried is the longest there is.
    fn from_wire((seconds, nanoseconds): (u64, u32)) -> Self {
        Self::from_secs(seconds).saturating_add(Self::from_nanos(nanoseconds.into()))
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        Self::new(u32::some(source).into(), u32::some(source) % 1_000_000_000)
    }
}

impl<T: Mirror> Mirror for Option<T> {
    type Wire = Option<T::Wire>;

    fn to_wire(&self) -> Self::Wire {
        self.as_ref().map(T::to_wire)
    }

    fn from_wire(wire: Self::Wire) -> Self {
        wire.map(T::from_wire)
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        bool::some(source).then(|| T::some(source))
    }
}

impl<T: Mirror> Mirror for Vec<T> {
    type Wire = Vec<T::Wire>;

    fn to_wire(&self) -> Self::Wire {
        self.iter().map(T::to_wire).collect()
    }

    fn from_wire(wire: Self::Wire) -> Self {
        wire.into_iter().map(T::from_wire).collect()
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        (0..source.pick(4)).map(|_| T::some(source)).collect()
    }
}

impl<T: Mirror> Mirror for Box<T> {
    type Wire = Box<T::Wire>;

    fn to_wire(&self) -> Self::Wire {
        Box::new(T::to_wire(self))
    }

    fn from_wire(wire: Self::Wire) -> Self {
        Self::new(T::from_wire(*wire))
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        Self::new(T::some(source))
    }
}

/// Plain data that is shared in memory only.
impl<T: Mirror> Mirror for Arc<T> {
    type Wire = T::Wire;

    fn to_wire(&self) -> Self::Wire {
        T::to_wire(self)
    }

    fn from_wire(wire: Self::Wire) -> Self {
        Self::new(T::from_wire(wire))
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        Self::new(T::some(source))
    }
}

impl<A: Mirror, B: Mirror> Mirror for (A, B) {
    type Wire = (A::Wire, B::Wire);

    fn to_wire(&self) -> Self::Wire {
        (self.0.to_wire(), self.1.to_wire())
    }

    fn from_wire((a, b): Self::Wire) -> Self {
        (A::from_wire(a), B::from_wire(b))
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        (A::some(source), B::some(source))
    }
}

/// Shared text: its length in bytes, then UTF-8.
#[derive(Clone, Debug)]
pub(in crate::wire) struct Text(Arc<str>);

impl Mirror for Arc<str> {
    type Wire = Text;

    fn to_wire(&self) -> Text {
        Text(Self::clone(self))
    }

    fn from_wire(wire: Text) -> Self {
        wire.0
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        ["", "8001", "+31201234567", "sip:ü@example.org"][source.pick(4)].into()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.into()))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// Shared bytes: their number, then they themselves.
#[derive(Clone, Debug)]
pub(in crate::wire) struct Blob(Arc<[u8]>);

impl Mirror for Arc<[u8]> {
    type Wire = Blob;

    fn to_wire(&self) -> Blob {
        Blob(Self::clone(self))
    }

    fn from_wire(wire: Blob) -> Self {
        wire.0
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        (0..source.pick(6)).map(|_| u8::some(source)).collect()
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BlobVisitor;
        impl Visitor<'_> for BlobVisitor {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.into()))
            }
        }
        deserializer.deserialize_bytes(BlobVisitor)
    }
}
