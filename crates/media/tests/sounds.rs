//! What a waiting caller hears, and how it goes over into the talk and back.

mod common;

use common::{Packet, Phone, assert_one_stream, decode, encode, start};
use media::{Audio, Codec, Media, MediaError, Remote, Ring, Ringback};
use std::time::{Duration, Instant};

fn rms(samples: &[i16]) -> f64 {
    (samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

#[test]
fn hold_audio_is_sound_at_the_pace_of_its_timestamps() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        let (media, _) = start(|_| {});
        let phone = Phone::on(&media, codec);
        let began = Instant::now();
        media.play(phone.port.id, Audio::Hold);
        let heard: Vec<Packet> = (0..50).map(|_| phone.hear()).collect();
        // Never faster than real time, but for the 100 ms that are made up for after a delay.
        assert!(began.elapsed() >= Duration::from_millis(49 * 20 - 120), "{:?}", began.elapsed());
        assert_one_stream(&heard);
        for (number, packet) in heard.iter().enumerate() {
            assert_eq!(packet.payload_type, codec.static_payload_type());
            assert_eq!(packet.payload.len(), 160);
            assert_eq!(packet.marker, number == 0);
        }
        let in_step = heard.windows(2).filter(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) == 160).count();
        assert!(in_step >= 40, "frames follow each other, but where the machine paused: {in_step} of 49");
        let sound: Vec<i16> = heard.iter().flat_map(|packet| decode(codec, &packet.payload)).collect();
        assert!((300.0..8000.0).contains(&rms(&sound)), "{}", rms(&sound));
        media.stop();
    }
}

#[test]
fn many_ports_hear_the_same_from_its_beginning() {
    let (media, _) = start(|settings| settings.threads = 2);
    let phones: Vec<Phone> = (0..24).map(|_| Phone::on(&media, Codec::Pcma)).collect();
    phones.iter().for_each(|phone| media.play(phone.port.id, Audio::Hold));
    let heard: Vec<Vec<Vec<u8>>> = phones.iter().map(|phone| (0..10).map(|_| phone.hear().payload).collect()).collect();
    assert!(heard.iter().all(|frames| *frames == heard[0]));
    media.stop();
}

#[test]
fn one_stream_through_hold_audio_talk_and_hold_audio_again() {
    for threads in [1, 2] {
        let (media, _) = start(|settings| settings.threads = threads);
        let (caller, mut agent) = (Phone::on(&media, Codec::Pcma), Phone::on(&media, Codec::Pcmu));
        let talk = encode(Codec::Pcmu, &[12_345; 160]);
        let is_talk =
            |packet: &Packet| decode(Codec::Pcma, &packet.payload).iter().all(|s| (12_000..12_700).contains(s));
        let mut heard = Vec::new();
        media.play(caller.port.id, Audio::Hold);
        heard.extend((0..12).map(|_| caller.hear()));

        media.connect(caller.port.id, agent.port.id);
        // With two threads the order may reach one of them later: what comes before that is heard by nobody.
        common::until("they talk", || {
            agent.talk(&talk);
            media.stats().relayed >= 20
        });
        media.play(caller.port.id, Audio::Hold);
        while heard.last().is_none_or(|packet| !is_talk(packet)) {
            heard.push(caller.hear());
        }
        let mut after = 0;
        while after < 12 {
            heard.push(caller.hear());
            after = if heard.last().is_some_and(is_talk) { 0 } else { after + 1 };
        }
        assert_one_stream(&heard);
        let talked = heard.iter().filter(|packet| is_talk(packet)).count();
        assert!(talked > 0);
        for (number, packet) in heard.iter().enumerate() {
            let is_first_of_source = number == 0 || is_talk(packet) != is_talk(&heard[number - 1]);
            assert_eq!(packet.marker, is_first_of_source, "packet {number} of {}", heard.len());
        }
        media.stop();
    }
}

#[test]
fn hold_audio_goes_on_where_it_was_and_ringback_begins_anew() {
    let (media, _) = start(|_| {});
    let phone = Phone::on(&media, Codec::Pcma);
    let other = Phone::on(&media, Codec::Pcma);
    let sound = |audio| {
        media.play(phone.port.id, audio);
        let first = phone.hear_until(|packet| packet.marker);
        std::iter::once(first).chain((0..5).map(|_| phone.hear())).map(|packet| packet.payload).collect::<Vec<_>>()
    };
    let (ring, hold) = (sound(Audio::Ringback), sound(Audio::Hold));
    let (ring_again, hold_again) = (sound(Audio::Ringback), sound(Audio::Hold));
    assert_eq!(ring, ring_again);
    assert_ne!(hold, hold_again);
    media.play(other.port.id, Audio::Hold);
    let whole: Vec<Vec<u8>> = (0..60).map(|_| other.hear().payload).collect();
    let place = |frames: &[Vec<u8>]| whole.windows(frames.len()).position(|window| window == frames);
    assert_eq!(place(&hold), Some(0), "a caller hears it from its beginning");
    assert!(place(&hold_again).is_some_and(|place| place >= hold.len()), "and later the rest of it");
    media.stop();
}

#[test]
fn ringback_follows_its_cadence() {
    let ring = |on, off| Ring { on: Duration::from_millis(on), off: Duration::from_millis(off) };
    let cadence = vec![ring(100, 60), ring(40, 80)];
    let (media, _) = start(|settings| settings.ringback = Ringback { frequencies: vec![400, 450], cadence });
    let phone = Phone::on(&media, Codec::Pcmu);
    media.play(phone.port.id, Audio::Ringback);
    let loud: String =
        (0..28).map(|_| if rms(&decode(Codec::Pcmu, &phone.hear().payload)) > 500.0 { '#' } else { '.' }).collect();
    assert_eq!(loud, "#####...##....#####...##....");
    media.stop();
}

#[test]
fn silence_and_a_remote_that_does_not_hear_get_nothing() {
    let (media, _) = start(|_| {});
    let phones: Vec<Phone> = (0..3).map(|_| Phone::on(&media, Codec::Pcma)).collect();
    let [silent, held, hearing] = &phones[..] else { panic!("three phones") };
    media.play(silent.port.id, Audio::Silence);
    media.set_remote(held.port.id, Remote { send: false, ..held.remote() });
    media.play(held.port.id, Audio::Hold);
    media.play(hearing.port.id, Audio::Hold);
    (0..10).for_each(|_| drop(hearing.hear()));
    assert!(silent.hears_nothing() && held.hears_nothing());
    media.set_remote(held.port.id, held.remote());
    assert!(held.hear().marker, "it hears as soon as it wants to");
    media.stop();
}

#[test]
fn a_phone_that_refuses_packets_for_a_while_is_not_given_up() {
    let (media, _) = start(|_| {});
    let mut phone = Phone::on(&media, Codec::Pcma);
    media.play(phone.port.id, Audio::Hold);
    let before = phone.hear();
    let address = phone.address();
    phone.socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("another one");
    let played = media.stats().played;
    common::until("packets go to a closed socket", || media.stats().played >= played + 4);
    phone.socket = std::net::UdpSocket::bind(address).expect("the old place");
    phone.socket.set_read_timeout(Some(common::PATIENCE)).expect("a time-out");
    let after = phone.hear();
    assert_eq!(after.ssrc, before.ssrc);
    assert!(after.timestamp.wrapping_sub(before.timestamp) >= 3 * 160, "time went on");
    media.stop();
}

#[test]
fn own_hold_audio_is_played_as_it_is() {
    let path = std::env::temp_dir().join(format!("hold-audio-{}.ulaw", std::process::id()));
    let audio: Vec<u8> = (0..700u32).map(|at| (at % 251) as u8).collect();
    std::fs::write(&path, &audio).expect("a file");
    let (media, _) = start(|settings| settings.hold_audio = Some(path.clone()));
    std::fs::remove_file(&path).expect("read at start, not needed later");
    let phone = Phone::on(&media, Codec::Pcmu);
    media.play(phone.port.id, Audio::Hold);
    let heard: Vec<u8> = (0..20).flat_map(|_| phone.hear().payload).collect();
    let expected: Vec<u8> = audio.iter().copied().cycle().take(heard.len()).collect();
    assert_eq!(heard, expected);
    media.stop();
}

#[test]
fn hold_audio_that_cannot_be_read_stops_the_start() {
    let mut settings = media::Settings::new(common::LOOPBACK, 22_000..=22_999);
    settings.hold_audio = Some("/nonexistent/hold.wav".into());
    let refused = Media::start(settings, Box::new(drop)).expect_err("no such file");
    assert!(matches!(&refused, MediaError::HoldAudio { path, .. } if path.ends_with("hold.wav")));
    assert_eq!(refused.to_string(), "hold audio /nonexistent/hold.wav: cannot be read");
}
