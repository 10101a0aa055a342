//! Reading what the other side describes.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Connection, Media, Session};

use super::{Codec, Direction, Line};

/// More media lines than this are no telephone call.
const LINES_MAX: usize = 16;

/// Why a description is of no use to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It cannot be read.
    NotSdp,
    /// No audio line that is on, over plain RTP, in G.711, with an IP address.
    NoCommonMedia,
}

/// What the other side's description says, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    /// Where it receives RTP; `None` for `0.0.0.0` or `::`.
    pub(crate) remote: Option<SocketAddr>,
    /// Our codecs among its own, in its order, with its payload types. Not empty.
    pub(crate) codecs: Vec<(Codec, u8)>,
    /// Its payload type for telephone-event at 8 kHz.
    pub(crate) telephone_event: Option<u8>,
    /// Which way audio goes, seen from it.
    pub(crate) direction: Direction,
    /// All media lines before the audio line, and all after it: we reject them.
    pub(crate) before: Vec<Line>,
    pub(crate) after: Vec<Line>,
}

impl Description {
    /// Reads a description and picks the first audio line that suits us.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Unusable> {
        let session = Session::parse(body).map_err(|_| Unusable::NotSdp)?;
        if session.medias.len() > LINES_MAX {
            return Err(Unusable::NoCommonMedia);
        }
        let lines = || session.medias.iter().map(Line::of);
        for (index, media) in session.medias.iter().enumerate() {
            if let Some(mut found) = read_audio(&session, media) {
                found.before = lines().take(index).collect();
                found.after = lines().skip(index + 1).collect();
                return Ok(found);
            }
        }
        Err(Unusable::NoCommonMedia)
    }
}

impl Line {
    fn of(media: &Media) -> Self {
        let format = media.fmt.split_whitespace().next().unwrap_or("0");
        Self { media: media.media.as_str().into(), proto: media.proto.as_str().into(), format: format.into() }
    }
}

/// The audio line as a description, when it suits us.
fn read_audio(session: &Session, media: &Media) -> Option<Description> {
    let plain_rtp = media.proto.eq_ignore_ascii_case("RTP/AVP");
    if !media.media.eq_ignore_ascii_case("audio") || !plain_rtp || media.port == 0 {
        return None;
    }
    let address = unicast(media.connections.first().or(session.connection.as_ref())?)?;
    let formats = media.fmt.split_whitespace().filter_map(|format| format.parse::<u8>().ok().filter(|pt| *pt < 128));
    let mut codecs = Vec::new();
    let mut telephone_event = None;
    for payload_type in formats {
        match encoding(media, payload_type) {
            Some(Encoding::Audio(codec)) if !codecs.iter().any(|(known, _)| *known == codec) => {
                codecs.push((codec, payload_type));
            }
            Some(Encoding::TelephoneEvent) if telephone_event.is_none() => telephone_event = Some(payload_type),
            _ => {}
        }
    }
    let remote = (!address.is_unspecified()).then_some(SocketAddr::new(address, media.port));
    let direction = match remote {
        Some(_) => direction(session, media),
        None => without_receiving(direction(session, media)),
    };
    let (before, after) = (Vec::new(), Vec::new());
    (!codecs.is_empty()).then_some(Description { remote, codecs, telephone_event, direction, before, after })
}

/// The address, unless it is a name or a multicast group.
fn unicast(connection: &Connection) -> Option<IpAddr> {
    let address = connection.try_address().ok()?.ip;
    (!address.is_multicast()).then_some(address)
}

/// Who names no address cannot receive (RFC 3264, 8.4: the hold of RFC 2543).
fn without_receiving(direction: Direction) -> Direction {
    if direction.sends() { Direction::SendOnly } else { Direction::Inactive }
}

/// The direction of the line, else of the session, else both ways (RFC 8866, 6.7).
fn direction(session: &Session, media: &Media) -> Direction {
    let of_line = media.attributes.iter().find_map(|a| direction_named(&a.attribute));
    let of_session = || session.attributes.iter().find_map(|a| direction_named(&a.attribute));
    of_line.or_else(of_session).unwrap_or_default()
}

fn direction_named(attribute: &str) -> Option<Direction> {
    [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive]
        .into_iter()
        .find(|direction| attribute.eq_ignore_ascii_case(direction.attribute()))
}

enum Encoding {
    Audio(Codec),
    TelephoneEvent,
}

/// What a payload type stands for: its `rtpmap`, else the static table (RFC 3551, 6).
fn encoding(media: &Media, payload_type: u8) -> Option<Encoding> {
    let named = media.get_attribute_values("rtpmap").flatten().find_map(|value| {
        let (number, encoding) = value.trim().split_once(char::is_whitespace)?;
        (number.parse() == Ok(payload_type)).then(|| encoding.trim())
    });
    let Some(named) = named else {
        return match payload_type {
            8 => Some(Encoding::Audio(Codec::Pcma)),
            0 => Some(Encoding::Audio(Codec::Pcmu)),
            _ => None,
        };
    };
    let mut parts = named.split('/');
    let name = parts.next()?;
    let at_8_khz = parts.next()?.trim() == "8000";
    let mono = parts.next().is_none_or(|channels| channels.trim() == "1");
    if !at_8_khz || !mono {
        return None;
    }
    match name {
        _ if name.eq_ignore_ascii_case("PCMA") => Some(Encoding::Audio(Codec::Pcma)),
        _ if name.eq_ignore_ascii_case("PCMU") => Some(Encoding::Audio(Codec::Pcmu)),
        _ if name.eq_ignore_ascii_case("telephone-event") => Some(Encoding::TelephoneEvent),
        _ => None,
    }
}
