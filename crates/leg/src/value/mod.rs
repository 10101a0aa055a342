//! Values of header fields, read without copying. Every reader is total: any text gives a value or `None`.

mod address;
mod fields;
mod list;
mod uri;

pub use address::{NameAddr, name_addr};
pub(crate) use fields::delta_seconds;
pub use fields::{CSeq, Reason, Refresher, SessionExpires, parse_reasons};
pub use list::{Params, list};
pub use uri::{Uri, percent_decoded, percent_encoded};
