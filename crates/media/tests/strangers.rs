//! R19: a stranger's packet is never forwarded and never changes anything.

mod common;

use common::{Packet, Phone, start, until};
use media::{Audio, Codec, DropCause};
use std::net::UdpSocket;

#[test]
fn a_stranger_is_neither_heard_nor_learned() {
    let (media, events) = start(|_| {});
    let (mut a, mut b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.connect(a.port.id, b.port.id);
    a.talk(&[1; 160]);
    assert_eq!(b.hear().payload[0], 1, "they talk, so the ports know their remotes");

    // Another port, and the same port at another address; with numbers that continue those of a.
    let elsewhere = UdpSocket::bind(("127.0.0.2", a.address().port())).expect("the whole of 127/8 is loopback");
    let neighbour = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    for stranger in [&elsewhere, &neighbour] {
        for n in 0..20 {
            let sequence = a.next.sequence.wrapping_add(n);
            let audio = Packet { sequence, payload: vec![66; 160], ..a.next.clone() };
            let key = Packet { payload_type: 101, payload: vec![5, 10, 0, 160], ..audio.clone() };
            // Once the port is connected, the kernel may answer with an error; that is as good.
            let _ = stranger.send_to(&audio.bytes(), a.port.local);
            let _ = stranger.send_to(&key.bytes(), a.port.local);
        }
    }
    for n in 2..12 {
        a.talk(&[n; 160]);
        b.talk(&[100 + n; 160]);
        assert_eq!(b.hear().payload[0], n, "only a is heard");
        assert_eq!(a.hear().payload[0], 100 + n, "a is still where b is sent to");
    }
    for stranger in [elsewhere, neighbour] {
        stranger.set_nonblocking(true).expect("a mode");
        assert!(stranger.recv_from(&mut [0; 100]).is_err(), "nothing is sent to a stranger");
    }
    assert!(events.try_recv().is_err(), "no key of a stranger is reported");
    media.stop();
}

#[test]
fn who_comes_before_the_remote_is_known_is_a_stranger_too() {
    let (media, events) = start(|_| {});
    let mut a = Phone::new(media.open().expect("a port"), Codec::Pcma);
    let b = Phone::on(&media, Codec::Pcma);
    media.connect(a.port.id, b.port.id);
    a.talk(&[1; 160]);
    a.press(5, 77, true, false);
    until("they are dropped", || media.stats().dropped(DropCause::NoRemote) == 2);
    assert!(events.try_recv().is_err() && a.hears_nothing());
    media.set_remote(a.port.id, a.remote());
    a.talk(&[2; 160]);
    assert_eq!(b.hear().payload[0], 2);
    media.stop();
}

#[test]
fn nothing_leaves_before_the_remote_is_known() {
    let (media, _) = start(|_| {});
    let early = Phone::new(media.open().expect("a port"), Codec::Pcma);
    let other = Phone::on(&media, Codec::Pcma);
    media.play(early.port.id, Audio::Hold);
    media.play(other.port.id, Audio::Hold);
    (0..10).for_each(|_| drop(other.hear()));
    assert!(early.hears_nothing());
    media.set_remote(early.port.id, early.remote());
    assert!(early.hear().marker);
    media.stop();
}

#[test]
fn a_remote_that_moved_is_a_stranger_at_its_old_place() {
    let (media, _) = start(|_| {});
    let (mut a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.connect(a.port.id, b.port.id);
    a.talk(&[1; 160]);
    assert_eq!(b.hear().payload[0], 1);
    let mut moved = Phone::new(a.port, Codec::Pcma);
    media.set_remote(a.port.id, moved.remote());
    // Until the order is carried out, the kernel turns the new place away.
    until("the new place is heard", || {
        moved.talk(&[2; 160]);
        media.stats().relayed > 1
    });
    a.talk(&[66; 160]);
    moved.talk(&[3; 160]);
    let heard: Vec<u8> = std::iter::repeat_with(|| b.hear().payload[0]).take_while(|first| *first != 3).collect();
    assert!(heard.iter().all(|first| *first == 2), "{heard:?}");
    media.stop();
}
