//! Keys by RFC 4733, over real sockets.

mod common;

use common::{PATIENCE, Phone, start, until};
use media::{Audio, Codec, DropCause, MediaEvent};
use std::sync::mpsc::Receiver;

fn next(events: &Receiver<MediaEvent>) -> (media::PortId, char) {
    let MediaEvent::Dtmf { port, key } = events.recv_timeout(PATIENCE).expect("a key in time");
    (port, key)
}

/// A press as phones send it: start, two updates, the end three times.
fn press(phone: &mut Phone, event: u8, timestamp: u32) {
    for packet in 0..6 {
        phone.press(event, timestamp, packet == 0, packet > 2);
    }
}

#[test]
fn each_press_is_one_key_while_waiting_and_while_talking() {
    let (media, events) = start(|_| {});
    let (mut a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.play(a.port.id, Audio::Hold);
    a.hear();
    press(&mut a, 10, 800);
    assert_eq!(next(&events), (a.port.id, '*'));
    media.connect(a.port.id, b.port.id);
    press(&mut a, 10, 1600);
    press(&mut a, 11, 2400);
    assert_eq!(next(&events), (a.port.id, '*'));
    assert_eq!(next(&events), (a.port.id, '#'));
    until("all packets are dealt with", || media.stats().received == 18);
    assert!(events.try_recv().is_err(), "one key per press");
    assert_eq!(media.stats().keys, 3);
    media.stop();
}

#[test]
fn one_packet_of_a_press_is_enough() {
    let (media, events) = start(|_| {});
    let mut phone = Phone::on(&media, Codec::Pcma);
    media.play(phone.port.id, Audio::Hold);
    phone.hear();
    phone.press(1, 800, true, false);
    phone.press(2, 1600, false, false);
    phone.press(3, 2400, false, true);
    let keys: String = (0..3).map(|_| next(&events).1).collect();
    assert_eq!(keys, "123");
    media.stop();
}

#[test]
fn an_event_is_relayed_under_the_other_sides_number_with_one_timestamp() {
    let (media, events) = start(|_| {});
    let (mut a, mut b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcmu));
    b.telephone_event = Some(96);
    media.set_remote(b.port.id, b.remote());
    media.connect(a.port.id, b.port.id);
    a.talk(&[0xd5; 160]);
    let audio = b.hear();
    let begins = a.next.timestamp;
    press(&mut a, 5, begins);
    let heard: Vec<_> = (0..6).map(|_| b.hear()).collect();
    for (number, packet) in heard.iter().enumerate() {
        assert_eq!(packet.payload_type, 96);
        assert_eq!(packet.timestamp, audio.timestamp.wrapping_add(160));
        assert_eq!(packet.sequence, audio.sequence.wrapping_add(number as u16 + 1));
        assert_eq!(packet.payload[0], 5);
        assert_eq!(packet.payload[1] & 0x80 != 0, number > 2, "the end bit is kept");
        assert_eq!(packet.marker, number == 0);
    }
    press(&mut b, 6, 40_000);
    let heard = a.hear();
    assert_eq!((heard.payload_type, heard.payload[0]), (101, 6));
    assert_eq!(next(&events), (a.port.id, '5'));
    assert_eq!(next(&events), (b.port.id, '6'));
    media.stop();
}

#[test]
fn a_side_without_events_hears_none_and_misses_no_number() {
    let (media, events) = start(|_| {});
    let (mut a, mut b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    b.telephone_event = None;
    media.set_remote(b.port.id, b.remote());
    media.connect(a.port.id, b.port.id);
    a.talk(&[1; 160]);
    let before = b.hear();
    let begins = a.next.timestamp;
    press(&mut a, 5, begins);
    a.next.timestamp = begins + 6 * 160;
    a.talk(&[2; 160]);
    let after = b.hear();
    assert_eq!(after.payload[0], 2);
    assert_eq!(after.sequence, before.sequence.wrapping_add(1), "this is no loss");
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(7 * 160));
    assert_eq!(next(&events), (a.port.id, '5'));
    until("all are counted", || media.stats().dropped(DropCause::Event) == 6);
    media.stop();
}

#[test]
fn an_event_does_not_show_its_key_in_a_log() {
    let (media, events) = start(|_| {});
    let mut phone = Phone::on(&media, Codec::Pcma);
    media.play(phone.port.id, Audio::Hold);
    phone.hear();
    phone.press(9, 800, true, false);
    let event = events.recv_timeout(PATIENCE).expect("a key in time");
    assert!(matches!(event, MediaEvent::Dtmf { key: '9', .. }));
    let shown = format!("{event:?}");
    assert!(shown.contains("Dtmf") && !shown.contains('9'), "{shown}");
    media.stop();
}
