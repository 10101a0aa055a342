//! RTP packets (RFC 3550, section 5.1) as read from and written to a buffer that is reused.

use rtp_types::RtpPacket;
use std::ops::Range;

/// The fixed part of the header. We add neither contributing sources nor extensions.
pub(crate) const HEADER: usize = 12;

/// What we use of a received packet. Its payload stays in the buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Where the payload lies in the buffer, without padding; never empty, and never before [`HEADER`].
    pub(crate) payload: Range<usize>,
}

impl Incoming {
    /// `None` for whatever is not an RTP packet of version 2 with a payload.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let packet = RtpPacket::parse(bytes).ok()?;
        let start = packet.payload_offset();
        let end = start.checked_add(packet.payload_len())?;
        (start < end).then(|| Self {
            marker: packet.marker_bit(),
            payload_type: packet.payload_type(),
            sequence: packet.sequence_number(),
            timestamp: packet.timestamp(),
            ssrc: packet.ssrc(),
            payload: start..end,
        })
    }
}

/// The header of a packet we send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

impl Header {
    /// The header as it goes on the wire.
    pub(crate) fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[0] = 2 << 6;
        bytes[1] = u8::from(self.marker) << 7 | (self.payload_type & 0x7f);
        bytes[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contributing_sources_extension_and_padding_are_not_payload() {
        let mut packet = vec![0b1011_0001, 0x88, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef];
        packet.extend([1, 2, 3, 4]); // one contributing source
        packet.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]); // an extension of one word
        packet.extend([0x55, 0x56, 0x57]);
        packet.extend([0, 2]); // padding
        let incoming = Incoming::parse(&packet).expect("a valid packet");
        assert_eq!(packet[incoming.payload.clone()], [0x55, 0x56, 0x57]);
        assert!(incoming.marker);
        assert_eq!((incoming.payload_type, incoming.sequence, incoming.timestamp), (8, 0x1234, 160));
        assert_eq!(incoming.ssrc, 0xdead_beef);
    }

    #[test]
    fn what_is_not_rtp_is_refused() {
        let header = [0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7];
        let with = |first: u8, rest: &[u8]| [&[first], &header[1..], rest].concat();
        assert!(Incoming::parse(&with(0x80, &[1])).is_some());
        for (what, bytes) in [
            ("nothing", Vec::new()),
            ("a short header", header[..11].to_vec()),
            ("no payload", header.to_vec()),
            ("version 0", with(0x00, &[1])),
            ("version 1", with(0x40, &[1])),
            ("version 3", with(0xc0, &[1])),
            ("missing contributing sources", with(0x8f, &[1; 59])),
            ("a cut extension", with(0x90, &[0, 0, 0, 2, 1, 1, 1, 1])),
            ("padding beyond the payload", with(0xa0, &[1, 1, 9])),
            ("padding of nothing", with(0xa0, &[1, 1, 0])),
            ("nothing but padding", with(0xa0, &[0, 0, 3])),
        ] {
            assert_eq!(Incoming::parse(&bytes), None, "{what}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(mut bytes in prop::collection::vec(any::<u8>(), 0..200), version in any::<bool>()) {
            if let (true, Some(first)) = (version, bytes.first_mut()) {
                *first = *first & 0x3f | 0x80;
            }
            if let Some(incoming) = Incoming::parse(&bytes) {
                prop_assert!(incoming.payload.start >= HEADER);
                prop_assert!(incoming.payload.end <= bytes.len());
                prop_assert!(!incoming.payload.is_empty());
            }
        }

        #[test]
        fn a_written_header_reads_back(marker: bool, payload_type in 0u8..128, sequence: u16, timestamp: u32, ssrc: u32) {
            let header = Header { marker, payload_type, sequence, timestamp, ssrc };
            let read = Incoming::parse(&[&header.bytes()[..], &[0xd5]].concat()).expect("our own packet");
            prop_assert_eq!(
                read,
                Incoming { marker, payload_type, sequence, timestamp, ssrc, payload: HEADER..HEADER + 1 }
            );
        }
    }
}
