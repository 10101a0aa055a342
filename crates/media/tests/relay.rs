//! Two legs that talk: what one side sends is what the other side hears.

mod common;

use common::{Packet, Phone, carried_out, decode, encode, speech, start, until};
use media::{Audio, Codec, DropCause, Media, Remote};

#[test]
fn both_sides_hear_each_other_across_codecs_and_threads() {
    for threads in [1, 2] {
        for (of_a, of_b) in [(Codec::Pcma, Codec::Pcmu), (Codec::Pcmu, Codec::Pcma), (Codec::Pcma, Codec::Pcma)] {
            let (media, _) = start(|settings| settings.threads = threads);
            let (mut a, mut b) = (Phone::on(&media, of_a), Phone::on(&media, of_b));
            media.connect(a.port.id, b.port.id);
            wait_for_both_threads(&media, &mut a, &b);
            for frame in 1..30 {
                check(&mut a, &b, frame);
                check(&mut b, &a, frame);
            }
            media.stop();
        }
    }
}

/// With two threads the order to connect may reach one later: what a says before that is heard by nobody.
fn wait_for_both_threads(media: &Media, a: &mut Phone, b: &Phone) {
    let mut sent = 0;
    until("the first packet gets through", || {
        a.talk(&encode(a.codec, &speech(0)));
        sent += 1;
        media.stats().relayed > 0
    });
    until("what was sent before is dealt with", || media.stats().received == sent);
    while !b.hears_nothing() {}
}

fn check(from: &mut Phone, to: &Phone, frame: usize) {
    let said = encode(from.codec, &speech(frame));
    from.talk(&said);
    let heard = to.hear();
    assert_eq!(heard.payload_type, to.codec.static_payload_type());
    assert_eq!(heard.payload.len(), said.len());
    for (said, heard) in decode(from.codec, &said).into_iter().zip(decode(to.codec, &heard.payload)) {
        let (said, heard) = (i32::from(said), i32::from(heard));
        let step = (said.abs() / 16).max(16);
        assert!((said - heard).abs() <= step, "said {said}, heard {heard}");
    }
}

#[test]
fn loss_and_order_of_the_sender_are_kept_under_our_own_numbers() {
    let (media, _) = start(|_| {});
    let (mut a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.connect(a.port.id, b.port.id);
    let first = a.next.clone();
    let say = |a: &mut Phone, ahead: u16| {
        a.next.sequence = first.sequence.wrapping_add(ahead);
        a.next.timestamp = first.timestamp.wrapping_add(u32::from(ahead) * 160);
        a.talk(&[ahead as u8; 160]);
    };
    let order = [0, 1, 2, 5, 4, 9, 8, 10];
    order.into_iter().for_each(|ahead| say(&mut a, ahead));
    let heard: Vec<Packet> = order.iter().map(|_| b.hear()).collect();
    for (ahead, packet) in order.into_iter().zip(&heard) {
        assert_eq!(packet.payload[0], ahead as u8);
        assert_eq!(packet.sequence.wrapping_sub(heard[0].sequence), ahead);
        assert_eq!(packet.timestamp.wrapping_sub(heard[0].timestamp), u32::from(ahead) * 160);
        assert_eq!(packet.ssrc, heard[0].ssrc);
        assert_eq!(packet.marker, ahead == 0, "the marker tells of the new source only");
    }
    assert_ne!(heard[0].ssrc, a.next.ssrc, "an SSRC of our own");
    media.stop();
}

#[test]
fn a_packet_twice_is_heard_once() {
    let (media, _) = start(|_| {});
    let (mut a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.connect(a.port.id, b.port.id);
    for n in 0..3 {
        a.talk(&[n; 160]);
        let again = Packet { sequence: a.next.sequence.wrapping_sub(1), ..a.next.clone() };
        a.send(&again);
    }
    for n in 0..3 {
        assert_eq!(b.hear().payload[0], n);
    }
    until("all are dealt with", || media.stats().dropped(DropCause::Late) == 3);
    media.stop();
}

#[test]
fn what_is_no_audio_is_dropped_by_name_and_harms_nothing() {
    let (media, _) = start(|_| {});
    let (mut a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.connect(a.port.id, b.port.id);
    a.talk(&[1; 160]);
    for bytes in [vec![], vec![0x80; 4], vec![0; 172], vec![0x80; 1501], vec![0xff; 1500]] {
        a.socket.send_to(&bytes, a.port.local).expect("sent");
    }
    a.send(&Packet { payload_type: 13, payload: vec![0], ..a.next.clone() });
    a.talk(&[2; 160]);
    assert_eq!([b.hear().payload[0], b.hear().payload[0]], [1, 2]);
    until("all are counted", || media.stats().received == 8);
    assert_eq!(media.stats().dropped(DropCause::Malformed), 5);
    assert_eq!(media.stats().dropped(DropCause::PayloadType), 1);
    media.stop();
}

#[test]
fn extensions_padding_and_contributing_sources_stay_behind() {
    let (media, _) = start(|_| {});
    let (a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcmu));
    media.connect(a.port.id, b.port.id);
    let mut bytes = Packet { payload: Vec::new(), ..a.next }.bytes();
    bytes[0] = 0xb1;
    bytes.extend([1, 2, 3, 4, 0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
    bytes.extend(encode(Codec::Pcma, &speech(0)));
    bytes.extend([0, 0, 0, 4]);
    a.socket.send_to(&bytes, a.port.local).expect("sent");
    assert_eq!(b.hear().payload.len(), 160);
    media.stop();
}

#[test]
fn a_side_may_use_the_other_static_codec() {
    let (media, _) = start(|_| {});
    let (mut a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.connect(a.port.id, b.port.id);
    a.next.payload_type = 0;
    a.talk(&encode(Codec::Pcmu, &[8000; 160]));
    let heard = b.hear();
    assert_eq!(heard.payload_type, 8);
    assert!(decode(Codec::Pcma, &heard.payload).iter().all(|sample| (7500..8500).contains(sample)));
    media.stop();
}

#[test]
fn directions_are_kept() {
    let (media, _) = start(|_| {});
    let (mut a, mut b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.connect(a.port.id, b.port.id);
    // b put the call on hold with sendonly: it talks, and does not hear.
    media.set_remote(b.port.id, Remote { send: false, ..b.remote() });
    a.talk(&[1; 160]);
    until("a is not passed on", || media.stats().dropped(DropCause::NotSending) == 1);
    b.talk(&[2; 160]);
    assert_eq!(a.hear().payload[0], 2);
    // With inactive it does not talk either.
    media.set_remote(b.port.id, Remote { send: false, receive: false, ..b.remote() });
    carried_out(&media);
    b.talk(&[3; 160]);
    until("b is not passed on", || media.stats().dropped(DropCause::NotReceiving) == 1);
    media.set_remote(b.port.id, b.remote());
    carried_out(&media);
    a.talk(&[4; 160]);
    b.talk(&[5; 160]);
    let heard = b.hear();
    assert_eq!((heard.payload[0], heard.marker), (4, true), "the stream goes on with a marker");
    assert_eq!(a.hear().payload[0], 5);
    media.stop();
}

#[test]
fn a_connection_ends_for_both_sides_however_it_ends() {
    let (media, _) = start(|_| {});
    let mut a = Phone::on(&media, Codec::Pcma);
    let mut unheard = 0;
    for end in 0..4 {
        let (mut b, c) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
        media.connect(a.port.id, b.port.id);
        match end {
            0 => media.disconnect(b.port.id),
            1 => media.close(b.port.id),
            2 => media.play(b.port.id, Audio::Silence),
            _ => media.connect(b.port.id, c.port.id),
        }
        a.talk(&[1; 160]);
        unheard += 1;
        match end {
            1 => {}
            3 => {
                b.talk(&[2; 160]);
                assert_eq!(c.hear().payload[0], 2);
            }
            _ => {
                b.talk(&[2; 160]);
                unheard += 1;
            }
        }
        until("they hear each other no more", || media.stats().dropped(DropCause::Unconnected) == unheard);
        assert!(b.hears_nothing());
    }
    assert!(a.hears_nothing());
    media.stop();
}

#[test]
fn a_port_that_left_for_another_is_not_torn_from_it_by_its_former_peer() {
    let (media, _) = start(|_| {});
    let (a, mut b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    let mut c = Phone::on(&media, Codec::Pcma);
    media.connect(a.port.id, b.port.id);
    media.connect(c.port.id, b.port.id);
    media.disconnect(a.port.id);
    media.close(a.port.id);
    carried_out(&media);
    b.talk(&[1; 160]);
    assert_eq!(c.hear().payload[0], 1);
    c.talk(&[2; 160]);
    assert_eq!(b.hear().payload[0], 2);
    media.stop();
}

#[test]
fn a_port_connected_to_itself_hears_its_echo() {
    let (media, _) = start(|_| {});
    let mut a = Phone::on(&media, Codec::Pcmu);
    media.connect(a.port.id, a.port.id);
    for n in 0..5 {
        a.talk(&[n; 160]);
        assert_eq!(a.hear().payload, [n; 160]);
    }
    media.stop();
}
