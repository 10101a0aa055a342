//! The access keys of the signed face that are made and changed while the server runs.
//!
//! One SQLite file beside the journal holds them: who may ask about which VDNs by which interfaces, and the secrets, each
//! encrypted under a [`MasterKey`] that is kept elsewhere. The same file has the audit log: every change with who made it,
//! every refusal of the signed face. The command line changes the file; a running server looks every second whether
//! somebody did.

mod audit;
mod error;
mod master;
mod schema;
mod scope;
mod secrets;
mod store;
#[cfg(test)]
mod tests;
mod time;
mod view;

pub use audit::{Author, Kind, Row};
pub use error::KeysError;
pub use master::{MASTER_KEY_VARIABLE, MasterKey};
pub use scope::{Scope, Vdns};
pub use store::{AccessKeys, FILE, KeyStore, Made, Rotated};
pub use time::written;
pub use view::{KeyView, SecretView};
