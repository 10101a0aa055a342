//! The floor's rules as one pure value: the same commands at the same times give the same events, on any machine, for
//! ever. No clock, no chance, no I/O, no async, no floats.
#![no_std]

extern crate alloc;

mod agent;
mod call;
mod command;
mod event;
mod floor;
mod id;
mod rejection;
mod time;

pub use agent::{ChangedBy, LostCause, NotReady, NotReadyKind, Presence, Reach, Work};
pub use call::{
    Call, Caller, Cause, FailCause, HOPS_MAX, Line, OfferRule, Outcome, Party, Place, ReleaseCause, Sender, Stay,
    StayAt, Wait, Why,
};
pub use command::{Command, Target};
pub use event::{ChosenPresence, Event, OfferEnd, WithdrawCause};
pub use floor::{
    Action, AgentQueue, AgentSettings, DirectedToNotReady, Floor, OpenHours, Queue, SignIn, Situation, Strategy,
    Treatment, Treatments, VdnSettings,
};
pub use id::{AgentId, CallId, LegKey, NotACallId, OfferId, QueueId, VdnId};
pub use rejection::Rejection;
pub use time::Timestamp;

mod decide;
mod engine;
mod routing;
mod settle;
mod state;

pub use engine::{Engine, Entry};
pub use state::{Agent, Deadline, Image, State};
