//! The small words of this face, each made from the engine's by one total function.

/// A word without parts, and what it is made of: the engine's of the same name.
macro_rules! plain {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl From<engine::$name> for $name {
            fn from(word: engine::$name) -> Self {
                match word {
                    $(engine::$name::$variant => Self::$variant,)+
                }
            }
        }
    };
}

mod agent;
mod call;
mod keeping;
mod offer;
mod refusal;

pub(crate) use agent::{ChangedBy, LostCause, NotReadyKind, Presence, Reach, Work};
pub(crate) use call::{Action, Caller, Cause, Line, Numbers, Outcome, Party, Sender, Situation};
pub(crate) use keeping::{Keeping, TakenBack, TransferMode};
pub(crate) use offer::{OfferEnd, Strategy, Why};
pub(crate) use refusal::Refusal;
