//! Descriptions as phones, gateways and careless stacks write them.

use super::read::Unusable;
use super::{Codec, Description, Direction, Negotiation, Ours};
use proptest::prelude::*;

fn read(text: &str) -> Result<Description, Unusable> {
    Description::read(text.replace('\n', "\r\n").as_bytes())
}

fn with_audio(audio: &str) -> String {
    format!("v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n{audio}")
}

fn offer(audio: &str) -> Description {
    read(&with_audio(audio)).unwrap()
}

#[test]
fn a_description_is_read() {
    let read = offer("m=audio 4000 RTP/AVP 8 0 101\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n");
    assert_eq!(read.remote, Some("192.0.2.9:4000".parse().unwrap()));
    assert_eq!(read.codecs, [(Codec::Pcma, 8), (Codec::Pcmu, 0)]);
    assert_eq!((read.telephone_event, read.direction), (Some(101), Direction::SendRecv));
}

#[test]
fn codecs_go_by_their_rtpmap() {
    let read = offer(
        "m=audio 4000 RTP/AVP 9 96 97 98 99 0\na=rtpmap:96 PCMA/16000\na=rtpmap:97 pcma/8000/2\n\
         a=rtpmap:98 pcma/8000/1\na=rtpmap:99 telephone-event/48000\na=rtpmap:0 G729/8000\n",
    );
    assert_eq!((read.codecs, read.telephone_event), (vec![(Codec::Pcma, 98)], None));
}

#[test]
fn the_right_telephone_event_is_taken() {
    let read = offer(
        "m=audio 4000 RTP/AVP 0 100 101\na=rtpmap:100 telephone-event/48000\na=rtpmap:101 telephone-event/8000\n",
    );
    assert_eq!(read.telephone_event, Some(101));
}

#[test]
fn addresses_stand_in_the_line_or_the_session() {
    let of_line = offer("m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::9\n");
    assert_eq!(of_line.remote, Some("[2001:db8::9]:4000".parse().unwrap()));
    assert_eq!(offer("m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n").remote, None);
    for audio in [
        "m=audio 4000 RTP/AVP 0\nc=IN IP4 phone.example\n",
        "m=audio 4000 RTP/AVP 0\nc=IN IP4 224.2.1.1/127\n",
        "m=audio 0 RTP/AVP 0\n",
        "m=audio 4000 RTP/SAVP 0\n",
        "m=audio 4000 RTP/AVP 18\n",
        "m=video 4000 RTP/AVP 0\n",
        "",
    ] {
        assert_eq!(read(&with_audio(audio)), Err(Unusable::NoCommonMedia), "{audio}");
    }
    let no_address = "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nt=0 0\nm=audio 4000 RTP/AVP 0\n";
    assert_eq!(read(no_address), Err(Unusable::NoCommonMedia));
}

#[test]
fn directions_stand_in_the_line_or_the_session() {
    assert_eq!(offer("a=sendonly\nm=audio 4000 RTP/AVP 0\n").direction, Direction::SendOnly);
    assert_eq!(offer("a=sendonly\nm=audio 4000 RTP/AVP 0\na=inactive\n").direction, Direction::Inactive);
    let old_hold = offer("m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\na=recvonly\n");
    assert_eq!(old_hold.direction, Direction::Inactive, "who names no address cannot receive");
}

#[test]
fn careless_descriptions_are_read_too() {
    let bare_line_feeds = with_audio("m=audio 4000 RTP/AVP 0\n");
    assert!(Description::read(bare_line_feeds.as_bytes()).is_ok());
    let no_session_name = "v=0\no=- 1 1 IN IP4 192.0.2.9\nc=IN IP4 192.0.2.9\nt=0 0\nm=audio 4000 RTP/AVP 0\n";
    assert!(read(no_session_name).is_ok());
    assert_eq!(read("hello"), Err(Unusable::NotSdp));
    let many = "m=video 1 RTP/AVP 31\n".repeat(17);
    assert_eq!(read(&with_audio(&format!("m=audio 4000 RTP/AVP 0\n{many}"))), Err(Unusable::NoCommonMedia));
}

#[test]
fn the_first_audio_line_that_suits_is_taken_and_the_others_are_rejected() {
    let read =
        offer("m=audio 5000 RTP/SAVP 0\nm=audio 4000 RTP/AVP 8\nm=video 5002 RTP/AVP 96 97\nm=image 5004 udptl t38\n");
    let mut negotiation = Negotiation::new(7, 1);
    let (body, agreed) = negotiation.answer(&read, "[2001:db8::1]:20000".parse().unwrap()).unwrap();
    let body = String::from_utf8(body).unwrap();
    assert_eq!(agreed.codec, Codec::Pcma);
    let expected = "v=0\r\no=- 7 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n\
        m=audio 0 RTP/SAVP 0\r\n\
        m=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n\
        m=video 0 RTP/AVP 96\r\nm=image 0 udptl t38\r\n";
    assert_eq!(body, expected);
    let again = negotiation.offer("[2001:db8::1]:20000".parse().unwrap(), Direction::SendRecv);
    let lines = String::from_utf8(negotiation.say(&again)).unwrap();
    let lines = lines.lines().filter(|line| line.starts_with("m=")).collect::<Vec<_>>();
    assert_eq!(
        lines,
        ["m=audio 0 RTP/SAVP 0", "m=audio 20000 RTP/AVP 8 0 101", "m=video 0 RTP/AVP 96", "m=image 0 udptl t38"]
    );
}

#[test]
fn the_version_rises_only_with_a_change() {
    let address = "192.0.2.1:20000".parse().unwrap();
    let mut negotiation = Negotiation::new(7, 10);
    let phone = offer("m=audio 4000 RTP/AVP 0\n");
    let ours = negotiation.offer(address, Direction::SendRecv);
    negotiation.say(&ours);
    assert_eq!(negotiation.version(), 10);
    negotiation.accept(ours, &phone).unwrap();
    let same = negotiation.ours().unwrap().clone();
    negotiation.say(&same);
    assert_eq!(negotiation.version(), 10);
    negotiation.accept(same, &phone).unwrap();
    let hold = negotiation.offer(address, Direction::SendOnly);
    negotiation.say(&hold);
    assert_eq!(negotiation.version(), 11);
    // Refused: the next one, even the old one, is a change to what was said last.
    let old = negotiation.ours().unwrap().clone();
    negotiation.say(&old);
    assert_eq!(negotiation.version(), 12);
}

fn directions() -> impl Strategy<Value = Direction> {
    prop::sample::select(vec![Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive])
}

proptest! {
    #[test]
    fn both_sides_of_a_negotiation_agree(wanted in directions(), codecs in 0..3_usize, event in any::<bool>()) {
        let codecs = ["8", "0", "0 8"][codecs];
        let event = if event { " 97\na=rtpmap:97 telephone-event/8000" } else { "" };
        let phone = offer(&format!("m=audio 4000 RTP/AVP {codecs}{event}\na={}\n", wanted.attribute()));
        let mut negotiation = Negotiation::new(1, 1);
        let (body, ours) = negotiation.answer(&phone, "192.0.2.1:20000".parse().unwrap()).unwrap();
        let theirs = Description::read(&body).unwrap();
        prop_assert_eq!(theirs.direction, ours.direction);
        prop_assert_eq!(ours.direction, wanted.mirrored());
        prop_assert_eq!(theirs.codecs, vec![(ours.codec, ours.payload_type)]);
        prop_assert_eq!(theirs.telephone_event, ours.telephone_event);
        prop_assert_eq!(theirs.remote, Some("192.0.2.1:20000".parse().unwrap()));
    }

    #[test]
    fn what_we_offer_can_be_read(wanted in directions(), address in any::<std::net::SocketAddr>()) {
        prop_assume!(!address.ip().is_unspecified() && !address.ip().is_multicast() && address.port() != 0);
        let body = Ours::offer(address, wanted, None, None).body(u64::MAX, u64::MAX);
        let read = Description::read(&body).unwrap();
        prop_assert_eq!(read.remote.map(|r| (r.ip(), r.port())), Some((address.ip(), address.port())));
        prop_assert_eq!((read.direction, read.telephone_event), (wanted, Some(101)));
    }

    #[test]
    fn reading_is_total(body in prop::collection::vec(any::<u8>(), 0..300), lines in "([vosctma]=[ -~]{0,20}\n){0,12}") {
        let _ = (Description::read(&body), read(&lines));
    }
}
