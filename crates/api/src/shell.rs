//! The server below the faces: listeners, TLS, connections and what bounds them.

mod body;
mod connection;
mod lingering;
mod listener;
mod patience;
mod sources;
mod tls;

pub(crate) use body::{BODY_MAX, BodyError, LONG_BODY_MAX, read_body};
pub(crate) use connection::{Answers, Connection, OpenStream, Shortcuts};
pub(crate) use listener::{Listener, Serve};
pub(crate) use tls::{SharedTls, tls_config};
