//! What happens in a VDN.

mod agents;
mod codes;
mod configuration;
mod indexes;
mod ivr;

pub(super) use agents::{AllStates, PageOfStates, Phones, StaticPage, Statics, Summaries};
pub(super) use codes::{AccessCodeCalls, AccessCodes};
pub(super) use configuration::{RestReasons, SkillGroups, Vdns};
pub(super) use indexes::Indexes;
pub(super) use ivr::{IvrCalls, IvrCodes};
