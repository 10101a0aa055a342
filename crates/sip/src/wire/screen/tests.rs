use super::{Screened, screen};
use proptest::prelude::*;
use std::net::SocketAddr;

const GOOD: &str = "OPTIONS sip:demo SIP/2.0\r\n\
    Via: SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1\r\n\
    From: <sip:a@demo>;tag=1\r\n\
    To: <sip:b@demo>\r\n\
    Call-ID: x\r\n\
    CSeq: 7 OPTIONS\r\n\
    Content-Length: 0\r\n\r\n";

fn source() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5099))
}

fn status(message: &[u8]) -> Option<u16> {
    match screen(message, source()) {
        Screened::Answer(answer) => String::from_utf8(answer).unwrap()[8..11].parse().ok(),
        Screened::Pass | Screened::Mended(_) | Screened::Drop => None,
    }
}

#[test]
fn a_good_message_passes_untouched() {
    assert_eq!(screen(GOOD.as_bytes(), source()), Screened::Pass);
    let compact = GOOD.replace("From", "f").replace("Call-ID", "i").replace("Content-Length", "l");
    assert_eq!(screen(compact.as_bytes(), source()), Screened::Pass);
    let folded = GOOD.replace("tag=1", "\r\n tag=1");
    assert_eq!(screen(folded.as_bytes(), source()), Screened::Pass);
}

#[test]
fn what_can_be_mended_is_mended() {
    let no_length = GOOD.replace("Content-Length: 0\r\n", "") + "v=0\r\n";
    let Screened::Mended(mended) = screen(no_length.as_bytes(), source()) else { panic!("not mended") };
    let mended = String::from_utf8(mended).unwrap();
    assert!(mended.ends_with("Content-Length: 5\r\n\r\nv=0\r\n"), "{mended}");
    let mut latin = GOOD.replace("<sip:a@demo>", "M#ller <sip:a@demo>").into_bytes();
    let at = latin.iter().position(|byte| *byte == b'#').unwrap();
    latin[at] = 0xfc;
    let Screened::Mended(mended) = screen(&latin, source()) else { panic!("not mended") };
    assert_eq!(String::from_utf8(mended).unwrap(), GOOD.replace("<sip:a@demo>", "M?ller <sip:a@demo>"));
}

#[test]
fn what_is_wrong_is_answered_once_and_shortly() {
    for (from, to, expected) in [
        ("OPTIONS", "HELLO", 405),
        ("OPTIONS sip", "options sip", 405),
        ("SIP/2.0\r\nVia", "SIP/3.0\r\nVia", 505),
        ("sip:demo SIP", "sip: demo SIP", 400),
        ("7 OPTIONS", "7 INVITE", 400),
        ("7 OPTIONS", "2147483648 OPTIONS", 400),
        ("7 OPTIONS", "x OPTIONS", 400),
        ("Content-Length: 0", "Content-Length: 1", 400),
        ("Content-Length: 0", "Content-Length: 99999999999999999999", 400),
        ("Content-Length: 0", "Content-Length: -1", 400),
        ("Content-Length: 0", "Content-Length: 0\r\nl: 1", 400),
        ("Call-ID: x\r\n", "Call-ID: x\r\nCall-ID: y\r\n", 400),
        ("Call-ID: x", "Call-ID: x\0y", 400),
        ("Call-ID: x", "Call-ID: x\ry", 400),
        ("Call-ID: x", "Call-ID: x\nEvil: y", 400),
        ("Call-ID: x", "no colon here\r\nCall-ID: x", 400),
    ] {
        let bad = GOOD.replace(from, to);
        assert_eq!(status(bad.as_bytes()), Some(expected), "{to}");
        let Screened::Answer(answer) = screen(bad.as_bytes(), source()) else { panic!("no answer") };
        assert!(answer.len() < bad.len() * 3 / 2 + 60, "{to}");
    }
}

#[test]
fn an_answer_goes_back_where_the_request_came_from() {
    let Screened::Answer(answer) = screen(GOOD.replace("OPTIONS", "HELLO").as_bytes(), source()) else { panic!() };
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=127.0.0.1;rport=5099\r\n"), "{answer}");
    assert!(answer.contains("To: <sip:b@demo>;tag=0\r\n"), "{answer}");
    assert!(answer.contains("CSeq: 7 HELLO\r\n"), "{answer}");
}

#[test]
fn what_cannot_be_answered_is_dropped() {
    for (from, to) in [("\r\n\r\n", "\r\n"), ("Via", "X-Via"), ("From", "X-From"), ("CSeq", "X-CSeq")] {
        let bad = GOOD.replace("Content-Length: 0", "Content-Length: 5").replace(from, to);
        assert_eq!(screen(bad.as_bytes(), source()), Screened::Drop, "{to}");
    }
    let response = GOOD.replace("OPTIONS sip:demo SIP/2.0", "SIP/2.0 999 What");
    assert_eq!(screen(response.as_bytes(), source()), Screened::Drop);
}

proptest! {
    #[test]
    fn any_bytes_are_screened(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = screen(&bytes, source());
    }

    #[test]
    fn damaged_messages_are_screened(at in 0..300_usize, byte in any::<u8>(), cut in 0..300_usize) {
        let mut bytes = GOOD.as_bytes().to_vec();
        if let Some(target) = bytes.get_mut(at) {
            *target = byte;
        }
        let _ = screen(&bytes, source());
        bytes.truncate(cut);
        let _ = screen(&bytes, source());
    }

    /// What was mended needs no more mending, and nothing worse.
    #[test]
    fn mending_settles(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut message = GOOD.replace("Content-Length: 0\r\n\r\n", "Subject: ").into_bytes();
        message.extend(bytes);
        message.extend(b"\r\n\r\n");
        if let Screened::Mended(mended) = screen(&message, source()) {
            prop_assert_eq!(screen(&mended, source()), Screened::Pass);
        }
    }
}
