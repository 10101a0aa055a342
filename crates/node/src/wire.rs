//! What a record and a snapshot look like on disk: types of the journal's own, so that the engine can change without
//! the past becoming unreadable.
//!
//! A frame is a version byte, a body in postcard's encoding, and the CRC-32 of both (4 bytes, little endian). Version 3
//! is written. Versions 1, in which no struct could grow, and 2, in which a live call could not, are read. `tests/golden`
//! holds bytes of every variant. What is written once is never renumbered: new variants go to the end of their enum, and
//! so do new fields, each as a variant of what its struct has gained. Anything else takes a new version byte.

mod command;
mod event;
mod floor;
mod mirror;
mod record;
mod snapshot;
mod terms;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use record::{decode_record, encode_record};
pub(crate) use snapshot::{decode_snapshot, encode_snapshot};

/// The version byte of all that is written today.
const VERSION: u8 = 3;
const CRC_BYTES: usize = 4;

/// Why bytes are not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    #[error("{0} bytes are too few for a version and a checksum")]
    TooShort(usize),
    #[error("the checksum is {found:08x} and should be {right:08x}")]
    Checksum { found: u32, right: u32 },
    #[error("version {0} is unknown to this server, which knows version {VERSION}")]
    Version(u8),
    #[error("the bytes have another shape: {0}")]
    Shape(postcard::Error),
    #[error("{0} bytes are left over")]
    LeftOver(usize),
}

/// Puts version and checksum around a body.
fn frame(body: &impl Serialize) -> Result<Vec<u8>, WireError> {
    let mut bytes = postcard::to_extend(body, vec![VERSION]).map_err(WireError::Shape)?;
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// Takes version and body out again. The checksum comes first: nothing is made of bytes that are not what was written.
fn unframe(bytes: &[u8]) -> Result<(u8, &[u8]), WireError> {
    let (framed, checksum) = bytes.split_last_chunk::<CRC_BYTES>().ok_or(WireError::TooShort(bytes.len()))?;
    let (version, body) = framed.split_first().ok_or(WireError::TooShort(bytes.len()))?;
    let (found, right) = (u32::from_le_bytes(*checksum), crc32fast::hash(framed));
    if found == right { Ok((*version, body)) } else { Err(WireError::Checksum { found, right }) }
}

/// The whole of a body as one value.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    let (value, rest) = postcard::take_from_bytes(body).map_err(WireError::Shape)?;
    if rest.is_empty() { Ok(value) } else { Err(WireError::LeftOver(rest.len())) }
}
