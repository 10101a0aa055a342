//! The floor's rules as one pure value: the same commands at the same times give the same events, on any machine, for
//! ever. No clock, no chance, no I/O, no async, no floats.
//!
//! A turn is *decide, apply, settle*: `decide` reads the state and answers a command with events or a rejection, `apply`
//! is the only code that writes state, and `settle` is asked what follows by itself, deadlines first, until nothing
//! does. All of a turn is one [`Entry`] with one time. Replaying entries gives the same state again, for events say what
//! is so and not what was wished.
//!
//! ```
//! use engine::{
//!     AgentId, AgentQueue, AgentSettings, Caller, Command, Engine, Event, Floor, LegKey, Queue, QueueId, SignIn, Target,
//!     Timestamp, VdnId, VdnSettings,
//! };
//!
//! let sales = AgentQueue { queue: QueueId(1), agent_weight: 1, queue_weight: 1 };
//! let floor = Floor {
//!     vdn: VdnId(170),
//!     settings: VdnSettings::default(),
//!     queues: vec![Queue::new(QueueId(1), "Sales")],
//!     agents: vec![AgentSettings {
//!         queues: vec![sales],
//!         sign_in: SignIn::Always,
//!         ..AgentSettings::new(AgentId(1099), "Ana")
//!     }],
//! };
//! let mut engine = Engine::default();
//! engine.handle(Timestamp::from_seconds(1_605_492_948), Command::Configure(floor))?;
//!
//! let call = Command::Arrive {
//!     key: LegKey(*b"a caller's leg.."),
//!     caller: Caller::Outside("+49301234".into()),
//!     called: "8001".into(),
//!     priority: 1,
//!     target: Target::Queue(QueueId(1)),
//! };
//! let entry = engine.handle(Timestamp::from_seconds(1_605_492_949), call)?;
//! assert!(matches!(entry.events[..], [
//!     Event::CallArrived { .. },
//!     Event::CallQueued { .. },
//!     Event::OfferMade { agent: AgentId(1099), .. },
//! ]));
//!
//! let (at, _) = engine.next_deadline().expect("the offer has an end");
//! assert_eq!(at, Timestamp::from_seconds(1_605_492_969));
//! # Ok::<(), engine::Rejection>(())
//! ```
#![no_std]

extern crate alloc;

mod agent;
mod call;
mod command;
mod event;
mod figures;
mod floor;
mod id;
mod rejection;
mod time;

pub use agent::{
    ChangedBy, Forced, ForcedPresence, LostCause, NotReady, NotReadyKind, Order, Presence, Reach, Rest, Work,
};
pub use call::{
    Call, Caller, Cause, FailCause, HOPS_MAX, Keeper, Keeping, Line, OfferRule, Outcome, OutsideSender, Party,
    PassedOver, Place, ReleaseCause, Sender, Stay, StayAt, Wait, Why, WinnerKey,
};
pub use command::{Command, Target, Transfer, TransferMode, TransferTo};
pub use event::{ChosenPresence, Event, OfferEnd, TakenBack, WithdrawCause};
pub use figures::{Figures, Flow, QueueFigures, Spread};
pub use floor::{
    Action, AgentQueue, AgentSettings, DayHours, DirectedToNotReady, Floor, Holiday, OnNotReady, OnRestEnd, OnSignOut,
    OpenHours, PrivateAction, PrivateRules, PrivateSettings, Queue, RestMax, SignIn, Situation, SkillStep, Strategy,
    Treatment, Treatments, VdnSettings,
};
pub use id::{AgentId, CallId, LegKey, NotACallId, OfferId, QueueId, VdnId};
pub use rejection::{Refusal, Rejection};
pub use time::Timestamp;

mod decide;
mod engine;
mod expected;
mod preflight;
mod preview;
mod routing;
mod settle;
mod state;
mod why;

pub use engine::{Engine, Entry};
pub use expected::{ExpectedWait, WaitFor};
pub use preflight::{Alternative, Landing, Preflight};
pub use preview::{Departure, Destination};
pub use state::{Agent, Deadline, Image, State};
pub use why::{NotNow, Others, Reason, Then, Waits, What, WhyHere};
