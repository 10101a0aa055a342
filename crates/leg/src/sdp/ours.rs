//! What we describe, and how it meets what the other side describes.

use std::net::SocketAddr;

use sdp_types::{Attribute, Connection, Media, MediaType, Origin, Session, TransportProto};

use super::read::Description;
use super::{Agreed, Codec, Direction, Line};

/// The payload type we give telephone-event when nothing else was agreed on before; what most phones use.
const TELEPHONE_EVENT: u8 = 101;

/// A description of ours, without its session id and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ours {
    address: SocketAddr,
    direction: Direction,
    codecs: Vec<(Codec, u8)>,
    telephone_event: Option<u8>,
    before: Vec<Line>,
    after: Vec<Line>,
}

impl Ours {
    /// An offer of all we can do. `former` is what was described before: its payload type for telephone-event stays,
    /// and its other media lines stay in their places, rejected (RFC 3264, 8). The codec in use goes first.
    pub(crate) fn offer(
        address: SocketAddr,
        direction: Direction,
        former: Option<&Self>,
        in_use: Option<&Agreed>,
    ) -> Self {
        let mut codecs = vec![(Codec::Pcma, Codec::Pcma.static_payload_type()), (Codec::Pcmu, 0)];
        if in_use.is_some_and(|agreed| agreed.codec == Codec::Pcmu) {
            codecs.reverse();
        }
        let telephone_event = former.and_then(|former| former.telephone_event).unwrap_or(TELEPHONE_EVENT);
        let (before, after) = former.map(|f| (f.before.clone(), f.after.clone())).unwrap_or_default();
        Self { address, direction, codecs, telephone_event: Some(telephone_event), before, after }
    }

    /// The answer to an offer: the first codec we share, in the offerer's order, under the offerer's numbers.
    pub(crate) fn answer(offer: &Description, address: SocketAddr) -> Self {
        Self {
            address,
            direction: offer.direction.mirrored(),
            codecs: offer.codecs.first().copied().into_iter().collect(),
            telephone_event: offer.telephone_event,
            before: offer.before.clone(),
            after: offer.after.clone(),
        }
    }

    /// Where we receive RTP.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is agreed on when this meets the other side's description, offer or answer; `None` without a shared codec.
    pub(crate) fn meets(&self, theirs: &Description) -> Option<Agreed> {
        let shared = |(codec, _): &&(Codec, u8)| self.codecs.iter().any(|(ours, _)| ours == codec);
        let (codec, payload_type) = *theirs.codecs.iter().find(shared)?;
        Some(Agreed {
            remote: theirs.remote,
            codec,
            payload_type,
            telephone_event: theirs.telephone_event.filter(|_| self.telephone_event.is_some()),
            telephone_event_in: self.telephone_event.filter(|_| theirs.telephone_event.is_some()),
            direction: self.direction.within(theirs.direction.mirrored()),
        })
    }

    /// The description as a message body.
    pub(crate) fn body(&self, session_id: u64, version: u64) -> Vec<u8> {
        let ip = self.address.ip();
        let mut session = Session::new(Origin::with_ip_addr(session_id, version, ip), "-");
        session.set_connection(Connection::from_ip_addr(ip));
        session.add_medias(self.before.iter().map(Line::rejected));
        session.add_media(self.audio());
        session.add_medias(self.after.iter().map(Line::rejected));
        let mut body = Vec::with_capacity(300);
        // Writing into memory cannot fail.
        let _ = session.write(&mut body);
        body
    }

    fn audio(&self) -> Media {
        let numbers = self.codecs.iter().map(|(_, number)| *number).chain(self.telephone_event);
        let formats = numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
        let mut audio = Media::new(MediaType::Audio, self.address.port(), TransportProto::RtpAvp, formats);
        for (codec, number) in &self.codecs {
            audio.add_attribute_with_value("rtpmap", format_args!("{number} {}/8000", codec.name()));
        }
        if let Some(number) = self.telephone_event {
            audio.add_attribute_with_value("rtpmap", format_args!("{number} telephone-event/8000"));
            audio.add_attribute_with_value("fmtp", format_args!("{number} 0-16"));
        }
        audio.add_attribute_with_value("ptime", 20);
        audio.add_attribute(Attribute::new(self.direction.attribute()));
        audio
    }
}

impl Description {
    /// What is agreed on when this offer is answered by [`Ours::answer`].
    pub(crate) fn agreed_if_answered(&self) -> Option<Agreed> {
        let (codec, payload_type) = *self.codecs.first()?;
        Some(Agreed {
            remote: self.remote,
            codec,
            payload_type,
            telephone_event: self.telephone_event,
            telephone_event_in: self.telephone_event,
            direction: self.direction.mirrored(),
        })
    }
}

impl Line {
    /// The line switched off by port 0 (RFC 3264, 6).
    fn rejected(&self) -> Media {
        let mut media = Media::new(MediaType::Audio, 0, TransportProto::RtpAvp, &self.format);
        media.media = self.media.to_string();
        media.proto = self.proto.to_string();
        media
    }
}
