//! The faces over real sockets, on top of real nodes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod abuse;
mod bms;
mod client;
mod cms;
mod docs;
mod events;
mod family;
mod floods;
mod http2;
mod internal;
mod keys;
mod openapi;
mod shell;
mod v1;
mod v1_work;
mod world;
