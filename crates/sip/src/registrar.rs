//! Where agents' phones are.

use std::sync::Arc;

use crate::place::Destination;

/// A place where an agent's phone can be rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The Request-URI for it: the registered contact as it was written, or a fixed phone's URI.
    pub uri: Arc<str>,
    /// Where requests to it go.
    pub destination: Destination,
}
