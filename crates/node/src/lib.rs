//! One writer per VDN: it takes what has come in, has the engine decide it, makes the decisions durable, and only then
//! lets anybody know. Whatever reads, reads a follower, so that nothing that reads can slow down what decides.
//!
//! * [`Journal`] is the durable log of all VDNs; [`Node`] the writer and the follower of one VDN.
//! * An edge [submits](Node::submit) commands and notes, is told of [every record](Node::on_commit) in order, and
//!   [reads](Node::read) what is true. Streams [subscribe](Node::subscribe) from any position that is still kept.

mod clock;
mod error;
mod journal;
mod node;
mod record;
mod submission;

pub use error::{OpenError, StoreError, SubscriptionError, TooOld};
pub use journal::{Journal, Options};
pub use node::{Health, Node, NodeOptions, Recovery, Subscription};
pub use record::{JournalId, Note, Position, Record};
pub use submission::{Receipt, Refused, Submission, Urgency};
