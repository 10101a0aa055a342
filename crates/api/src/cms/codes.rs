//! The code tables of the vendor's documents, each a total function of what the engine knows.

mod agent;
mod call;
mod reason;
mod record;

pub(super) use agent::{CtiState, GatewayState};
pub(super) use call::{CallStatus, Device, call_in_out, feature};
pub(super) use reason::entered;
pub(super) use record::{Operated, call_type, came, device, left, operation, release};

/// A time, in milliseconds since 1970, that is not known: in the year 2106.
pub(super) const NO_TIME: u64 = 4_294_967_295_000;
/// A span, in seconds, that is not known.
pub(super) const NO_SPAN: u64 = 4_294_967_295;
/// A number that does not apply, or a limit that is not set.
pub(super) const NO_USE: u32 = 65_535;
/// The media type of every call: voice.
pub(super) const PHONE: u32 = 5;
/// The same by name.
pub(super) const PHONE_NAME: &str = "MEDIA_TYPE_PHONE";
