//! The history of a VDN: call records, figures of five minutes, and what agents did; all of it from the journal's events.
//!
//! * [`Projection`] is the pure part: entries in, rows and figures out.
//! * [`Archive`] is the file, one for all VDNs beside the journal, which can be made anew from it at any time.
//! * [`History`] follows one VDN on a thread of its own, and answers whoever asks.

mod figures;
mod follow;
mod history;
mod plain;
mod projection;
mod rows;
mod saved;
mod store;
mod words;

pub use figures::{
    AgentFigure, CallFigure, Figure, HelpFigure, QueueFigure, SLOT_SECONDS, SlotKey, SlotRow, SlotStart, Values, WITHIN,
};
pub use history::{History, Options};
pub use projection::{AgentNow, Changes, NumberNow, Projection};
pub use rows::{CallRow, OperationRow, PlaceRow};
pub use store::{Archive, ArchiveError, Bucket, CallPage, CallQuery, OperationQuery, Whose};
pub use words::{Act, ActBy, Direction, Doing, EndedBy, Ending, Entered, Kept, Left, PlaceKind};
