//! One writer per VDN: it takes what has come in, has the engine decide it, makes the decisions durable, and only then
//! lets anybody know. Whatever reads, reads a follower, so that nothing that reads can slow down what decides.
//!
//! * [`Journal`] is the durable log of all VDNs; [`Node`] the writer and the follower of one VDN.
//! * An edge [submits](Node::submit) commands and notes, is told of [every record](Node::on_commit) in order, and
//!   [reads](Node::read) what is true. Streams [subscribe](Node::subscribe) from any position that is still kept.
//! * [`replica`] is the pure part, without threads, stores or clocks.

mod clock;
mod error;
mod follower;
pub mod frame;
mod inbox;
mod inspect;
mod journal;
mod meters;
mod names;
mod node;
mod record;
mod recovery;
mod replay;
pub mod replica;
mod ring;
mod run;
mod shared;
mod snapshot;
mod snapshotter;
mod store;
mod submission;
mod subscription;
mod wire;

pub use error::{OpenError, StoreError, SubscriptionError, TooOld};
pub use inspect::{Inspection, Records, inspect};
pub use journal::{Journal, Options};
pub use node::{Health, Node, NodeOptions, Recovery};
pub use record::{JournalId, Note, Position, Record};
pub use replay::{OutOfOrder, Replay};
pub use snapshot::Snapshot;
pub use submission::{Receipt, Refused, Submission, Urgency};
pub use subscription::Subscription;
