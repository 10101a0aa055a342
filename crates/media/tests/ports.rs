//! Opening, closing, and running out of ports.

mod common;

use common::{Phone, start, until};
use media::{Audio, Codec, Media, MediaError, Settings};
use std::net::UdpSocket;

#[test]
fn an_exhausted_range_is_refused_by_name_and_close_frees_a_port() {
    let (media, _) = start(|settings| settings.ports = 23_001..=23_006);
    let ports: Vec<_> = (0..3).map(|_| media.open().expect("one of three")).collect();
    let mut numbers: Vec<u16> = ports.iter().map(|port| port.local.port()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [23_002, 23_004, 23_006]);
    let refused = media.open().expect_err("all are in use");
    assert!(matches!(refused, MediaError::NoPort { first: 23_001, last: 23_006 }));
    assert_eq!(refused.to_string(), "no free RTP port between 23001 and 23006");

    media.close(ports[1].id);
    media.close(ports[1].id);
    let mut again = None;
    until("a closed port is free again", || {
        again = media.open().ok();
        again.is_some()
    });
    let again = again.expect("it was waited for");
    assert_eq!(again.local, ports[1].local);
    assert!(ports.iter().all(|port| port.id != again.id), "an id is never used twice");
    media.stop();
}

#[test]
fn a_closed_port_lets_go_of_its_socket_while_it_plays_and_while_it_is_connected() {
    let (media, _) = start(|settings| {
        settings.ports = 23_010..=23_019;
        settings.threads = 2;
    });
    let phones: Vec<_> = (0..3).map(|_| Phone::on(&media, Codec::Pcma)).collect();
    media.connect(phones[0].port.id, phones[1].port.id);
    media.play(phones[2].port.id, Audio::Hold);
    phones[2].hear();
    for phone in &phones {
        media.close(phone.port.id);
        until("the port can be bound by somebody else", || UdpSocket::bind(phone.port.local).is_ok());
    }
    media.stop();
}

#[test]
fn ten_thousand_ports_come_and_go_and_none_is_lost() {
    let (media, _) = start(|settings| settings.ports = 23_100..=23_199);
    for _ in 0..10_000 {
        let mut port = None;
        until("there is always one to come", || {
            port = media.open().ok();
            port.is_some()
        });
        media.close(port.expect("it was waited for").id);
    }
    let mut open = 0;
    until("all fifty are free again", || {
        open += usize::from(media.open().is_ok());
        open == 50
    });
    assert!(matches!(media.open(), Err(MediaError::NoPort { .. })));
    media.stop();
}

#[test]
fn orders_for_a_closed_port_have_no_effect() {
    let (media, _) = start(|_| {});
    let (a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.close(a.port.id);
    media.set_remote(a.port.id, a.remote());
    media.play(a.port.id, Audio::Hold);
    media.connect(a.port.id, b.port.id);
    media.disconnect(a.port.id);
    media.play(b.port.id, Audio::Hold);
    (0..5).for_each(|_| drop(b.hear()));
    assert!(a.hears_nothing());
    media.stop();
}

#[test]
fn after_stop_all_ports_are_closed_and_none_is_opened() {
    let (media, _) = start(|settings| settings.ports = 23_020..=23_029);
    let (a, b) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcma));
    media.connect(a.port.id, b.port.id);
    let other = media.clone();
    media.stop();
    for phone in [&a, &b] {
        UdpSocket::bind(phone.port.local).expect("closed");
    }
    assert!(matches!(other.open(), Err(MediaError::Stopped)));
    other.play(a.port.id, Audio::Hold);
    other.close(a.port.id);
    other.stop();
}

#[test]
fn the_last_handle_closes_all_ports() {
    let (media, _) = start(|settings| settings.ports = 23_030..=23_039);
    let phone = Phone::on(&media, Codec::Pcma);
    media.play(phone.port.id, Audio::Hold);
    phone.hear();
    drop(media);
    until("its port is free", || UdpSocket::bind(phone.port.local).is_ok());
}

#[test]
fn threads_out_of_range_are_refused() {
    for threads in [0, 65] {
        let settings = Settings { threads, ..Settings::new(common::LOOPBACK, 23_040..=23_049) };
        assert!(matches!(Media::start(settings, Box::new(drop)), Err(MediaError::Threads(named)) if named == threads));
    }
}
