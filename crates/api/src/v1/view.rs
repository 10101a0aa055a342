//! What this face says of calls, agents and queues: its own words in JSON, so that the engine's may change.

#[macro_use]
mod word;

mod agent;
mod call;
mod event;
mod preflight;
mod private;
mod queue;
mod rest;
mod sight;
mod snapshot;
mod time;
mod why;

pub(crate) use agent::{AgentView, AgentsView};
pub(crate) use call::CallView;
pub(crate) use event::EntryView;
pub(crate) use preflight::TransferPreview;
pub(crate) use private::SignOutPreview;
pub(crate) use queue::{Part, QueueView, QueuesView};
pub(crate) use rest::ForcedPresence;
pub(crate) use sight::{Sight, is_with};
pub(crate) use snapshot::Snapshot;
pub(crate) use why::{ExpectedWaitView, WhyView};
pub(crate) use word::{NotReadyKind, Numbers, Situation, TransferMode};
