//! More than two that talk together: each hears the others, and not itself.

mod common;

use common::{PATIENCE, Packet, Phone, TONES, Voice, assert_one_stream, start, until};
use media::{Audio, Codec, DropCause, Media, MediaError, MediaEvent, PortId, Remote};

const A: u16 = TONES[0];
const B: u16 = TONES[1];
const C: u16 = TONES[2];

/// Phones in turns of codecs.
fn phones<const N: usize>(media: &Media) -> [Phone; N] {
    std::array::from_fn(|number| Phone::on(media, if number % 2 == 0 { Codec::Pcma } else { Codec::Pcmu }))
}

fn ids(phones: &[Phone]) -> Vec<PortId> {
    phones.iter().map(|phone| phone.port.id).collect()
}

fn join(media: &Media, phones: &[Phone]) {
    media.join(&ids(phones)).expect("a room for so many");
}

/// Everybody says a tone.
fn voices(phones: &[Phone]) -> Vec<Voice> {
    phones.iter().zip(TONES).map(|(phone, tone)| Voice::of(phone, tone)).collect()
}

/// Everybody hears everybody else.
fn check_all_hear(phones: &[Phone]) {
    for (place, phone) in phones.iter().enumerate() {
        let others: Vec<u16> = TONES[..phones.len()].iter().copied().filter(|tone| *tone != TONES[place]).collect();
        phone.hear_tones(&others, TONES[place]);
    }
}

/// The packets of a stream that nothing has disturbed.
fn assert_undisturbed(heard: &[Packet]) {
    assert_one_stream(heard);
    for pair in heard.windows(2) {
        assert!(!pair[1].marker, "the source is the same all the time");
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp) % 160, 0, "frame by frame");
    }
}

#[test]
fn three_hear_each_other_across_codecs_and_threads() {
    for threads in [1, 2] {
        let (media, _) = start(|settings| settings.threads = threads);
        let phones: [Phone; 3] = phones(&media);
        let _voices = voices(&phones);
        join(&media, &phones);
        check_all_hear(&phones);
        media.stop();
    }
}

#[test]
fn eight_hear_the_seven_others_and_nine_are_refused() {
    let (media, _) = start(|settings| settings.threads = 2);
    let phones: [Phone; 9] = phones(&media);
    assert!(matches!(media.join(&ids(&phones)), Err(MediaError::Room(9))));
    let _voices = voices(&phones);
    join(&media, &phones[..8]);
    check_all_hear(&phones[..8]);
    let refused = media.join(&ids(&phones)).expect_err("nine");
    assert_eq!(refused.to_string(), "9 ports in one room; at most 8 are possible");
    check_all_hear(&phones[..8]);
    assert!(phones[8].hears_nothing());
    media.stop();
}

#[test]
fn whoever_leaves_however_the_others_do_not_notice() {
    let (media, _) = start(|settings| settings.threads = 2);
    let phones: [Phone; 3] = phones(&media);
    let [a, b, c] = &phones;
    let _voices = voices(&phones);
    join(&media, &phones);
    check_all_hear(&phones);
    let mut heard = a.hear_tones(&[B, C], A);
    for way in 0..5 {
        match way {
            0 => media.disconnect(c.port.id),
            1 => media.play(c.port.id, Audio::Hold),
            2 => media.connect(c.port.id, c.port.id),
            3 => join(&media, &phones[..2]),
            _ => media.close(c.port.id),
        }
        heard.extend(a.hear_tones(&[B], A));
        b.hear_tones(&[A], B);
        if way == 2 {
            c.hear_tones(&[C], 0);
        }
        if way < 4 {
            join(&media, &phones);
            heard.extend(a.hear_tones(&[B, C], A));
            b.hear_tones(&[A, C], B);
            // Its echo may still be under way.
            c.hear_tones(&[A, B], 0);
        }
    }
    heard.extend(a.hear_tones(&[B], A));
    assert_undisturbed(&heard);
    media.stop();
}

#[test]
fn who_is_on_hold_says_and_hears_nothing_until_retrieved() {
    let (media, _) = start(|_| {});
    let phones: [Phone; 3] = phones(&media);
    let [a, b, c] = &phones;
    let _voices = voices(&phones);
    join(&media, &phones);
    check_all_hear(&phones);
    // inactive: neither direction.
    media.set_remote(c.port.id, Remote { send: false, receive: false, ..c.remote() });
    let mut heard = a.hear_tones(&[B], A);
    while !c.hears_nothing() {}
    heard.extend(a.hear_tones(&[B], A));
    assert!(c.hears_nothing());
    // sendonly: it is heard, and does not hear.
    media.set_remote(c.port.id, Remote { send: false, ..c.remote() });
    heard.extend(a.hear_tones(&[B, C], A));
    assert!(c.hears_nothing());
    media.set_remote(c.port.id, c.remote());
    assert!(c.hear_tones(&[A, B], C)[0].marker, "its stream goes on with a marker");
    b.hear_tones(&[A, C], B);
    assert_undisturbed(&heard);
    media.stop();
}

#[test]
fn from_a_pair_into_a_room_and_back_each_side_hears_one_stream() {
    for threads in [1, 2] {
        let (media, _) = start(|settings| settings.threads = threads);
        let phones: [Phone; 3] = phones(&media);
        let [a, b, c] = &phones;
        let _voices = voices(&phones);
        let mut heard = Vec::new();
        media.play(c.port.id, Audio::Hold);
        for _ in 0..2 {
            media.connect(a.port.id, b.port.id);
            heard.extend(a.hear_tones(&[B], A));
            b.hear_tones(&[A], B);
            join(&media, &phones);
            heard.extend(a.hear_tones(&[B, C], A));
            c.hear_tones(&[A, B], C);
            media.connect(a.port.id, c.port.id);
            heard.extend(a.hear_tones(&[C], A));
            c.hear_tones(&[A], C);
            join(&media, &phones);
            heard.extend(a.hear_tones(&[B, C], A));
        }
        assert_one_stream(&heard);
        let markers = heard[1..].iter().filter(|packet| packet.marker).count();
        assert!(
            (7..=14).contains(&markers),
            "one at each change, two where the threads part before they join: {markers}"
        );
        media.stop();
    }
}

#[test]
fn two_rooms_do_not_hear_each_other_and_a_port_is_in_one() {
    let (media, _) = start(|settings| settings.threads = 2);
    let phones: [Phone; 6] = phones(&media);
    let _voices = voices(&phones);
    join(&media, &phones[..3]);
    join(&media, &phones[3..]);
    check_all_hear(&phones[..3]);
    phones[3].hear_tones(&TONES[4..6], TONES[3]);
    // One goes over into the room of the three others.
    join(&media, &phones[2..]);
    phones[0].hear_tones(&[B], A);
    phones[1].hear_tones(&[A], B);
    phones[2].hear_tones(&TONES[3..6], C);
    phones[5].hear_tones(&TONES[2..5], TONES[5]);
    media.stop();
}

#[test]
fn loss_and_order_of_a_sender_are_made_good_where_they_can_be() {
    let (media, _) = start(|_| {});
    let phones: [Phone; 3] = phones(&media);
    let [a, b, c] = &phones;
    // Of eight packets two pairs come in the wrong order, and the last is lost.
    let disturbed = |slot: u32| match slot % 8 {
        1 | 5 => vec![slot + 1, slot],
        2 | 6 | 7 => vec![],
        _ => vec![slot],
    };
    let _voices = (Voice::packed(a, A, 160, disturbed), Voice::of(b, B));
    join(&media, &phones);
    b.hear_tones(&[A], B);
    c.hear_tones(&[A, B], C);
    a.hear_tones(&[B], A);
    media.stop();
}

#[test]
fn packets_of_10_30_and_60_ms_are_mixed_and_who_says_nothing_hears() {
    for samples in [80, 240, 480] {
        let (media, _) = start(|_| {});
        let phones: [Phone; 3] = phones(&media);
        let [a, b, silent] = &phones;
        let _voices = (Voice::packed(a, A, samples, |slot| vec![slot]), Voice::of(b, B));
        join(&media, &phones);
        let heard = silent.hear_tones(&[A, B], C);
        assert!(heard.iter().all(|packet| packet.payload.len() == 160), "20 ms whatever comes in");
        assert_undisturbed(&heard);
        b.hear_tones(&[A], B);
        a.hear_tones(&[B], A);
        media.stop();
    }
}

#[test]
fn a_silent_room_is_a_stream_of_silence_and_who_is_alone_hears_none() {
    let (media, _) = start(|_| {});
    let phones: [Phone; 2] = phones(&media);
    let [a, b] = &phones;
    join(&media, &phones[..1]);
    common::carried_out(&media);
    assert!(a.hears_nothing());
    join(&media, &phones);
    let heard = a.hear_tones(&[], A);
    assert!(heard[0].marker);
    assert_undisturbed(&heard);
    media.close(b.port.id);
    common::carried_out(&media);
    while !a.hears_nothing() {}
    let mixed = media.stats().mixed;
    let other = Phone::on(&media, Codec::Pcma);
    media.play(other.port.id, Audio::Hold);
    (0..10).for_each(|_| drop(other.hear()));
    assert!(a.hears_nothing());
    assert_eq!(media.stats().mixed, mixed);
    media.stop();
}

#[test]
fn closed_ports_and_repeats_do_not_count() {
    let (media, _) = start(|_| {});
    let phones: [Phone; 3] = phones(&media);
    let [a, b, closed] = &phones;
    let _voices = voices(&phones[..2]);
    media.close(closed.port.id);
    media.join(&[]).expect("nobody");
    media.join(&[closed.port.id]).expect("nobody either");
    let (a_id, b_id) = (a.port.id, b.port.id);
    media.join(&[a_id, b_id, a_id, closed.port.id, b_id, a_id, b_id, a_id, b_id, a_id]).expect("two");
    a.hear_tones(&[B], A);
    b.hear_tones(&[A], B);
    media.stop();
}

/// A press as phones send it: start, two updates, the end three times.
fn press(phone: &mut Phone, event: u8, timestamp: u32) {
    for packet in 0..6 {
        phone.press(event, timestamp, packet == 0, packet > 2);
    }
}

#[test]
fn a_press_reaches_every_other_side_under_its_own_number() {
    let (media, events) = start(|settings| settings.threads = 2);
    let mut phones: [Phone; 4] = phones(&media);
    (phones[1].telephone_event, phones[3].telephone_event) = (Some(96), None);
    phones.iter().for_each(|phone| media.set_remote(phone.port.id, phone.remote()));
    let voice = Voice::of(&phones[1], B);
    join(&media, &phones);
    phones[0].hear_tones(&[B], A);
    phones[1..].iter().for_each(|phone| drop(phone.hear()));
    let begins = phones[0].next.timestamp;
    press(&mut phones[0], 5, begins);
    press(&mut phones[0], 7, begins + 1600);
    for (phone, number) in [(&phones[1], 96), (&phones[2], 101)] {
        check_presses(phone, number);
    }
    let [MediaEvent::Dtmf { port, key: '5' }, MediaEvent::Dtmf { key: '7', .. }] =
        std::array::from_fn(|_| events.recv_timeout(PATIENCE).expect("a key in time"))
    else {
        panic!("other keys than were pressed");
    };
    assert_eq!(port, phones[0].port.id);
    until("twelve packets are counted at two ports", || media.stats().relayed == 2 * 12);
    // Neither the sender nor the side that has no events gets any, nor does one miss a number.
    for phone in [&phones[0], &phones[3]] {
        let heard: Vec<Packet> = (0..30).map(|_| phone.hear()).collect();
        assert!(heard.iter().all(|packet| packet.payload_type == phone.codec.static_payload_type()));
        assert_one_stream(&heard);
    }
    drop(voice);
    assert!(events.try_recv().is_err(), "one key per press");
    media.stop();
}

/// Hears two presses of six packets each, among packets that go on.
fn check_presses(phone: &Phone, number: u8) {
    let mut heard = Vec::new();
    let is_event = |packet: &&Packet| packet.payload_type == number;
    while heard.iter().filter(is_event).count() < 12 {
        heard.push(phone.hear());
    }
    for pair in heard.windows(2) {
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1), "audio and events share their numbers");
    }
    let pressed: Vec<&Packet> = heard.iter().filter(is_event).collect();
    for (place, packet) in pressed.iter().enumerate() {
        let (event, first) = (if place < 6 { 5 } else { 7 }, pressed[place / 6 * 6]);
        assert_eq!((packet.payload[0], packet.timestamp), (event, first.timestamp));
        assert_eq!((packet.marker, packet.payload[1] & 0x80 != 0), (place % 6 == 0, place % 6 > 2));
    }
    let audio: Vec<Packet> = heard.iter().filter(|packet| !is_event(packet)).cloned().collect();
    for pair in audio.windows(2) {
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp) % 160, 0, "time goes on as without events");
    }
}

#[test]
fn presses_that_nobody_can_take_are_counted_and_harm_nothing() {
    let (media, _) = start(|_| {});
    let mut phones: [Phone; 2] = phones(&media);
    phones[1].telephone_event = None;
    media.set_remote(phones[1].port.id, phones[1].remote());
    join(&media, &phones);
    phones[1].hear();
    press(&mut phones[0], 1, 800);
    until("all are counted", || media.stats().dropped(DropCause::Event) == 6);
    // A cut event, and one packet twice.
    let before = media.stats();
    let cut = Packet { payload_type: 101, payload: vec![1], ..phones[1].next.clone() };
    phones[1].telephone_event = Some(101);
    media.set_remote(phones[1].port.id, phones[1].remote());
    common::carried_out(&media);
    phones[1].send(&cut);
    phones[1].send(&cut);
    until("both are counted", || media.stats().received == before.received + 3);
    assert_eq!(media.stats().dropped(DropCause::Late), before.dropped(DropCause::Late) + 1);
    assert_eq!(media.stats().keys, before.keys);
    media.stop();
}
