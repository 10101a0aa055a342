//! The open state of a projection as bytes: a version byte, and the state in postcard's encoding.

use crate::projection::Projection;

/// The version of what is written today. Another one is not read: the projection is made anew from the journal.
const VERSION: u8 = 1;

impl Projection {
    /// The open state as bytes, without the changes that wait to be taken away; none only when memory is short.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        postcard::to_extend(self, vec![VERSION]).ok()
    }

    /// The state of these bytes; none when they are of another version, or not what was written.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, body) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (mut projection, rest) = postcard::take_from_bytes::<Self>(body).ok()?;
        projection.list_numbers();
        rest.is_empty().then_some(projection)
    }
}
