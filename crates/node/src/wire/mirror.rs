//! How a type of the engine becomes a type of the journal and back, without loss, checked by the compiler.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use engine::{AgentId, CallId, LegKey, OfferId, QueueId, Timestamp, VdnId};
use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::VERSION;
#[cfg(test)]
use super::tests::Source;

/// A type that has a form on disk.
pub(super) trait Mirror: Sized {
    /// That form, in version `V` of the format.
    type Wire<const V: u8>: Serialize + DeserializeOwned;

    /// As it is written today.
    fn to_wire(&self) -> Self::Wire<VERSION>;
    /// As it was written in version `V`.
    fn from_wire<const V: u8>(wire: Self::Wire<V>) -> Self;

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
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(in crate::wire) enum $wire<const V: u8> {
            $($variant
                $((<$arg_type as crate::wire::mirror::Mirror>::Wire<V>))?
                $({$($field: <$type as crate::wire::mirror::Mirror>::Wire<V>),+})?
            ),+
        }

        impl crate::wire::mirror::Mirror for $engine {
            type Wire<const V: u8> = $wire<V>;

            fn to_wire(&self) -> $wire<{ crate::wire::VERSION }> {
                match self {
                    $(Self::$variant $(($arg))? $({$($field),+})? =>
                        $wire::$variant
                            $((crate::wire::mirror::Mirror::to_wire($arg)))?
                            $({$($field: crate::wire::mirror::Mirror::to_wire($field)),+})?
                    ),+
                }
            }

            fn from_wire<const V: u8>(wire: $wire<V>) -> Self {
                match wire {
                    $($wire::$variant $(($arg))? $({$($field),+})? =>
                        Self::$variant
                            $((<$arg_type as crate::wire::mirror::Mirror>::from_wire::<V>($arg)))?
                            $({$($field: <$type as crate::wire::mirror::Mirror>::from_wire::<V>($field)),+})?
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
        impl crate::wire::tests::Listed for $engine {
            const VARIANTS: &'static [&'static str] = &[$(stringify!($variant)),+];
        }
    };
}

/// Declares the form of a struct, in the order of the disk. What was added to it since version 1 follows as a list of
/// what is not as it was before: new ones go to the end, and what it was before never changes. The list is there since a
/// version that is named once and never changed.
macro_rules! mirror_struct {
    ($wire:ident for $engine:ident { $($field:ident: $type:ty),+ $(,)? }) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(in crate::wire) struct $wire<const V: u8> {
            $($field: <$type as crate::wire::mirror::Mirror>::Wire<V>),+
        }

        impl crate::wire::mirror::Mirror for $engine {
            type Wire<const V: u8> = $wire<V>;

            fn to_wire(&self) -> $wire<{ crate::wire::VERSION }> {
                let Self { $($field),+ } = self;
                $wire { $($field: crate::wire::mirror::Mirror::to_wire($field)),+ }
            }

            fn from_wire<const V: u8>(wire: $wire<V>) -> Self {
                let $wire { $($field),+ } = wire;
                Self { $($field: <$type as crate::wire::mirror::Mirror>::from_wire::<V>($field)),+ }
            }

            #[cfg(test)]
            fn some(source: &mut crate::wire::tests::Source) -> Self {
                Self { $($field: <$type as crate::wire::mirror::Mirror>::some(source)),+ }
            }
        }
    };
    ($wire:ident for $engine:ident { $($field:ident: $type:ty),+ $(,)? } and $more_wire:ident since $since:literal {
        $($variant:ident($more:ident: $more_type:ty = $before:expr)),+ $(,)?
    }) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(in crate::wire) struct $wire<const V: u8> {
            $($field: <$type as crate::wire::mirror::Mirror>::Wire<V>,)+
            more: crate::wire::mirror::More<$more_wire<V>, V, $since>,
        }

        #[derive(serde::Serialize, serde::Deserialize)]
        pub(in crate::wire) enum $more_wire<const V: u8> {
            $($variant(<$more_type as crate::wire::mirror::Mirror>::Wire<V>)),+
        }

        impl crate::wire::mirror::Mirror for $engine {
            type Wire<const V: u8> = $wire<V>;

            fn to_wire(&self) -> $wire<{ crate::wire::VERSION }> {
                let Self { $($field,)+ $($more),+ } = self;
                let mut more = Vec::new();
                $(let before: $more_type = $before;
                if *$more != before {
                    more.push($more_wire::$variant(crate::wire::mirror::Mirror::to_wire($more)));
                })+
                $wire {
                    $($field: crate::wire::mirror::Mirror::to_wire($field),)+
                    more: crate::wire::mirror::More(more),
                }
            }

            fn from_wire<const V: u8>(wire: $wire<V>) -> Self {
                let $wire { $($field,)+ more } = wire;
                $(let mut $more: $more_type = $before;)+
                for given in more.0 {
                    match given {
                        $($more_wire::$variant(given) => {
                            $more = <$more_type as crate::wire::mirror::Mirror>::from_wire::<V>(given);
                        })+
                    }
                }
                Self { $($field: <$type as crate::wire::mirror::Mirror>::from_wire::<V>($field),)+ $($more),+ }
            }

            #[cfg(test)]
            fn some(source: &mut crate::wire::tests::Source) -> Self {
                let mut made = Self {
                    $($field: <$type as crate::wire::mirror::Mirror>::some(source),)+
                    $($more: $before),+
                };
                type Change = fn(&mut $engine, &mut crate::wire::tests::Source);
                const CHANGES: &[Change] =
                    &[$(|made, source| made.$more = <$more_type as crate::wire::mirror::Mirror>::some(source)),+];
                CHANGES[source.pick(CHANGES.len())](&mut made, source);
                made
            }
        }

        #[cfg(test)]
        impl crate::wire::tests::Grown for $engine {
            const MORE: &'static [&'static str] = &[$(stringify!($more)),+];

            fn with_more(nth: usize, source: &mut crate::wire::tests::Source) -> Option<Self> {
                let made = Self {
                    $($field: <$type as crate::wire::mirror::Mirror>::some(source),)+
                    $($more: $before),+
                };
                let mut all = Vec::new();
                $(all.push({
                    let mut changed = made.clone();
                    changed.$more = <$more_type as crate::wire::mirror::Mirror>::some(source);
                    (changed.$more != made.$more).then_some(changed)
                });)+
                all.swap_remove(nth)
            }
        }
    };
}

/// What a struct has gained since version 1; nothing at all in versions `V` before the one `SINCE` which it can grow.
#[derive(Serialize)]
#[serde(transparent)]
pub(in crate::wire) struct More<T, const V: u8, const SINCE: u8>(pub(in crate::wire) Vec<T>);

impl<'de, T: Deserialize<'de>, const V: u8, const SINCE: u8> Deserialize<'de> for More<T, V, SINCE> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if V < SINCE { Ok(Self(Vec::new())) } else { Vec::deserialize(deserializer).map(Self) }
    }
}

/// Declares that a type is on disk what its one field is.
macro_rules! mirror_id {
    ($($engine:ident($inner:ty)),+) => {
        $(impl Mirror for $engine {
            type Wire<const V: u8> = $inner;

            fn to_wire(&self) -> $inner {
                self.0
            }

            fn from_wire<const V: u8>(wire: $inner) -> Self {
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
            type Wire<const V: u8> = Self;

            fn to_wire(&self) -> Self {
                *self
            }

            fn from_wire<const V: u8>(wire: Self) -> Self {
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
mirror_number!(u8, u16, u32, u64, i16, i32, i64);
mirror_struct!(CallIdWire for CallId { second: i64, number: u64 });

impl Mirror for LegKey {
    type Wire<const V: u8> = [u8; 16];

    fn to_wire(&self) -> [u8; 16] {
        self.0
    }

    fn from_wire<const V: u8>(wire: [u8; 16]) -> Self {
        Self(wire)
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        Self(source.bytes())
    }
}

impl Mirror for bool {
    type Wire<const V: u8> = Self;

    fn to_wire(&self) -> Self {
        *self
    }

    fn from_wire<const V: u8>(wire: Self) -> Self {
        wire
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        source.pick(2) == 1
    }
}

/// Whole seconds and nanoseconds.
impl Mirror for Duration {
    type Wire<const V: u8> = (u64, u32);

    fn to_wire(&self) -> (u64, u32) {
        (self.as_secs(), self.subsec_nanos())
    }

    /// Nanoseconds beyond a second, which are never written, are carried; what cannot be carried is the longest there is.
    fn from_wire<const V: u8>((seconds, nanoseconds): (u64, u32)) -> Self {
        Self::from_secs(seconds).saturating_add(Self::from_nanos(nanoseconds.into()))
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        Self::new(u32::some(source).into(), u32::some(source) % 1_000_000_000)
    }
}

impl<T: Mirror> Mirror for Option<T> {
    type Wire<const V: u8> = Option<T::Wire<V>>;

    fn to_wire(&self) -> Self::Wire<VERSION> {
        self.as_ref().map(T::to_wire)
    }

    fn from_wire<const V: u8>(wire: Self::Wire<V>) -> Self {
        wire.map(T::from_wire::<V>)
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        bool::some(source).then(|| T::some(source))
    }
}

impl<T: Mirror> Mirror for Vec<T> {
    type Wire<const V: u8> = Vec<T::Wire<V>>;

    fn to_wire(&self) -> Self::Wire<VERSION> {
        self.iter().map(T::to_wire).collect()
    }

    fn from_wire<const V: u8>(wire: Self::Wire<V>) -> Self {
        wire.into_iter().map(T::from_wire::<V>).collect()
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        (0..source.pick(4)).map(|_| T::some(source)).collect()
    }
}

impl<T: Mirror> Mirror for Box<T> {
    type Wire<const V: u8> = Box<T::Wire<V>>;

    fn to_wire(&self) -> Self::Wire<VERSION> {
        Box::new(T::to_wire(self))
    }

    fn from_wire<const V: u8>(wire: Self::Wire<V>) -> Self {
        Self::new(T::from_wire::<V>(*wire))
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        Self::new(T::some(source))
    }
}

/// Plain data that is shared in memory only.
impl<T: Mirror> Mirror for Arc<T> {
    type Wire<const V: u8> = T::Wire<V>;

    fn to_wire(&self) -> Self::Wire<VERSION> {
        T::to_wire(self)
    }

    fn from_wire<const V: u8>(wire: Self::Wire<V>) -> Self {
        Self::new(T::from_wire::<V>(wire))
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        Self::new(T::some(source))
    }
}

impl<A: Mirror, B: Mirror> Mirror for (A, B) {
    type Wire<const V: u8> = (A::Wire<V>, B::Wire<V>);

    fn to_wire(&self) -> Self::Wire<VERSION> {
        (self.0.to_wire(), self.1.to_wire())
    }

    fn from_wire<const V: u8>((a, b): Self::Wire<V>) -> Self {
        (A::from_wire::<V>(a), B::from_wire::<V>(b))
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
    type Wire<const V: u8> = Text;

    fn to_wire(&self) -> Text {
        Text(Self::clone(self))
    }

    fn from_wire<const V: u8>(wire: Text) -> Self {
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
    type Wire<const V: u8> = Blob;

    fn to_wire(&self) -> Blob {
        Blob(Self::clone(self))
    }

    fn from_wire<const V: u8>(wire: Blob) -> Self {
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
