//! What skill queues do.

mod calls;
mod counts;
mod figures;
mod indexes;
mod lately;
mod settings;
mod state;
mod statistics;

pub(super) use calls::{QueueCalls, QueuesCalls, number};
pub(super) use counts::{CurrentCounts, Overloads, ServiceQuality};
pub(super) use indexes::Indexes;
pub(super) use settings::{Limits, Names, SignedIn};
pub(super) use state::{AgentsInStates, Extended};
pub(super) use statistics::{LegacyStates, States};

use engine::{QueueId, VdnId};

use super::field::question;
use super::fields::{CC, QUEUES, VDN};

question! {
    /// About many queues.
    ManyQueues { cc: u16 = CC, vdn: VdnId = VDN, queues: Vec<QueueId> = QUEUES }
}
