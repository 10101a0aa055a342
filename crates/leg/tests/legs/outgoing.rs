//! An agent's leg, or one to a trunk: the INVITE is ours.

use std::time::Duration;

use leg::sdp::{Codec, Direction};
use leg::value::Reason;
use leg::{End, Failure, Input, LegEvent, Method, Output, Wish};

use crate::table::{AUDIO, OUR_TAG, Table, body_lines, outgoing_settings, phone_sdp};

fn calling() -> Table {
    let mut table = Table::calling(outgoing_settings());
    table.outputs.clear();
    table
}

impl Table {
    /// The phone answers the INVITE with this audio.
    fn picked_up(&mut self, audio: &str) {
        let response = self.response(200).with("Contact", "<sip:1099@192.0.2.9:5064>");
        self.hear(response.with_body("application/sdp", phone_sdp(1, audio)));
    }
}

#[test]
fn the_invite_is_made_of_what_was_given() {
    let table = Table::calling(outgoing_settings());
    let [Output::Send { branch, request, .. }] = &table.outputs[..] else { panic!("{:?}", table.outputs) };
    assert_eq!(branch.as_deref(), Some("z9hG4bK-derived"));
    assert_eq!((&request.method, request.uri()), (&Method::Invite, "sip:1099@192.0.2.9:5062;ob"));
    assert_eq!(
        request.headers.iter().collect::<Vec<_>>(),
        [
            ("Max-Forwards", "70"),
            ("From", "\"Anna\" <sip:0301@demo.example>;tag=ours"),
            ("To", "<sip:1099@demo.example>"),
            ("Call-ID", "call-1"),
            ("CSeq", "5 INVITE"),
            ("Contact", "<sip:anteroom@192.0.2.1:5060>"),
            ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER"),
            ("Supported", "timer, norefersub"),
            ("Session-Expires", "1800"),
            ("Min-SE", "90"),
            ("P-Asserted-Identity", "<sip:0301@demo.example>"),
            ("Content-Type", "application/sdp"),
        ]
    );
    let body = body_lines(&request.body);
    assert_eq!(body[1], "o=- 4711 1 IN IP4 192.0.2.1");
    assert_eq!(body[5], "m=audio 20000 RTP/AVP 8 0 101");
}

#[test]
fn the_same_settings_make_the_same_invite() {
    let (first, again) = (Table::calling(outgoing_settings()), Table::calling(outgoing_settings()));
    assert_eq!(first.outputs, again.outputs);
}

#[test]
fn settings_cannot_replace_or_inject_headers() {
    let mut settings = outgoing_settings();
    settings.extra.push("CSeq", "99 BYE");
    settings.extra.push("Subject", "a\r\nEvil: 1");
    settings.from_display = "An\"na\r\n".into();
    settings.to = "sip:1099@demo.example>\r\nEvil: 2\r\n<x".into();
    let table = Table::calling(settings);
    let headers = &table.last_request().headers;
    assert_eq!(headers.all("CSeq").collect::<Vec<_>>(), ["5 INVITE"]);
    assert_eq!(headers.get("Subject"), Some("a  Evil: 1"));
    assert_eq!(headers.get("From"), Some("\"An\\\"na\" <sip:0301@demo.example>;tag=ours"));
    assert_eq!(headers.get("To"), Some("<sip:1099@demo.exampleEvil:2x>"));
}

#[test]
fn rings_and_is_answered() {
    let mut table = calling();
    table.hear_status(100);
    table.then(&[]);
    table.hear_status(180);
    assert_eq!(table.events(), [&LegEvent::Progress { status: 180 }]);
    table.then(&["* Progress"]);
    table.picked_up(AUDIO);
    table.then(&["ACK 5", "* Media", "* Answered"]);
    let agreed = table.leg.agreed().unwrap();
    assert_eq!((agreed.codec, agreed.payload_type), (Codec::Pcmu, 0));
    assert_eq!((agreed.telephone_event, agreed.telephone_event_in), (Some(96), Some(101)));
    assert_eq!(agreed.direction, Direction::SendRecv);
    table.hang_up();
    let bye = table.last_request();
    assert_eq!(bye.uri(), "sip:1099@192.0.2.9:5064", "the Contact of the 200");
    assert_eq!(bye.headers.get("To"), Some("<sip:1099@demo.example>;tag=theirs"));
    table.then(&["BYE 6", "* Ended HungUp"]);
    table.hear_status(200);
    table.then(&["* Gone"]);
}

#[test]
fn the_route_set_is_the_record_route_from_behind() {
    let mut table = calling();
    let response =
        table.response(200).with("Record-Route", "<sip:p1;lr>").with("Record-Route", "<sip:p2;lr>, <sip:p3;lr>");
    table.hear(response.with_body("application/sdp", phone_sdp(1, AUDIO)));
    let ack = table.last_request();
    assert_eq!(ack.headers.all("Route").collect::<Vec<_>>(), ["<sip:p3;lr>", "<sip:p2;lr>", "<sip:p1;lr>"]);
    assert_eq!(ack.uri(), "sip:1099@192.0.2.9:5062;ob", "no Contact: the target stays");
}

#[test]
fn a_repeated_200_is_acknowledged_again() {
    let mut table = calling();
    table.picked_up(AUDIO);
    let ack = table.last_request().clone();
    table.then(&["ACK 5", "* Media", "* Answered"]);
    table.picked_up(AUDIO);
    assert_eq!(table.last_request(), &ack);
    table.then(&["ACK 5"]);
}

#[test]
fn another_phone_that_answers_too_is_hung_up() {
    let mut table = calling();
    let response = table.response(200).with_body("application/sdp", phone_sdp(1, AUDIO));
    let mut other = response.clone().with("Contact", "<sip:other@192.0.2.77>");
    other.headers.set("To", "<sip:1099@demo.example>;tag=another");
    let txn = table.last_sent.as_ref().unwrap().0;
    table.hear(response);
    table.outputs.clear();
    table.give(Input::Response { txn, response: other.clone() });
    let bye = table.last_request();
    assert_eq!(bye.uri(), "sip:other@192.0.2.77");
    assert_eq!(bye.headers.get("To"), Some("<sip:1099@demo.example>;tag=another"));
    table.then(&["ACK 5", "BYE 6"]);
    table.give(Input::Response { txn, response: other });
    table.then(&["ACK 5"]);
    assert!(table.leg.is_talking());
    table.hang_up();
    table.then(&["BYE 6", "* Ended HungUp"]);
}

#[test]
fn refusals_tell_their_status() {
    for status in [302, 404, 480, 486, 488, 500, 503, 600, 603] {
        let mut table = calling();
        table.hear_status(status);
        assert!(table.events().contains(&&LegEvent::Ended(End::Rejected { status })));
        table.then(&["* Ended Rejected", "* Gone"]);
    }
}

#[test]
fn nobody_there() {
    for why in [Failure::Timeout, Failure::Transport] {
        let mut table = calling();
        table.fail(why);
        assert!(table.events().contains(&&LegEvent::Ended(End::Unreachable(why))));
        table.then(&["* Ended Unreachable", "* Gone"]);
    }
}

#[test]
fn silence_is_told_once_and_any_provisional_breaks_it() {
    let mut table = calling();
    table.wait(Duration::from_millis(3999));
    table.then(&[]);
    table.wait(Duration::from_millis(1));
    table.then(&["* Silent"]);
    table.wait_seconds(20);
    table.then(&[]);
    let mut table = calling();
    table.hear_status(100);
    table.wait_seconds(20);
    table.then(&[]);
}

#[test]
fn a_phone_that_nobody_answers_is_told_once() {
    let mut table = calling();
    table.hear_status(180);
    table.wait(Duration::from_millis(59_999));
    table.then(&["* Progress"]);
    table.wait(Duration::from_millis(1));
    table.then(&["* Unanswered"]);
    table.wait_seconds(600);
    table.then(&[]);
    table.picked_up(AUDIO);
    table.then(&["ACK 5", "* Media", "* Answered"]);
}

#[test]
fn an_answer_or_a_hang_up_ends_the_waiting_for_an_answer() {
    let mut table = calling();
    table.hear_status(180);
    table.picked_up(AUDIO);
    table.then(&["* Progress", "ACK 5", "* Media", "* Answered"]);
    table.wait_seconds(60);
    table.then(&[]);
    let mut table = calling();
    table.hear_status(180);
    table.wait_seconds(50);
    table.hang_up();
    table.then(&["* Progress", "CANCEL", "* Ended HungUp"]);
    table.wait_seconds(10);
    table.then(&[]);
}

#[test]
fn a_cancel_goes_when_a_provisional_has_come() {
    let mut table = calling();
    table.hear_status(180);
    table.wish(Wish::HangUp { reason: Some(Reason::sip(200, "Call completed elsewhere")) });
    let reason = Some(Reason::sip(200, "Call completed elsewhere"));
    assert!(table.outputs.iter().any(|output| matches!(output, Output::Cancel { reason: r, .. } if *r == reason)));
    table.then(&["* Progress", "CANCEL", "* Ended HungUp"]);
    table.hear_status(487);
    table.then(&["* Gone"]);
}

#[test]
fn a_cancel_wanted_earlier_waits_for_the_provisional() {
    let mut table = calling();
    table.hang_up();
    table.then(&["* Ended HungUp"]);
    table.hear_status(180);
    table.then(&["CANCEL"]);
    table.hear_status(180);
    table.hear_status(487);
    table.then(&["* Gone"]);
}

#[test]
fn a_200_that_crosses_the_cancel_is_acknowledged_and_hung_up() {
    let mut table = calling();
    table.hear_status(180);
    table.wish(Wish::HangUp { reason: Some(Reason::sip(480, "Withdrawn")) });
    table.then(&["* Progress", "CANCEL", "* Ended HungUp"]);
    table.picked_up(AUDIO);
    assert_eq!(table.last_request().headers.get("Reason"), Some("SIP;cause=480;text=\"Withdrawn\""));
    table.then(&["ACK 5", "BYE 6"]);
    table.hear_status(200);
    table.then(&["* Gone"]);
}

#[test]
fn a_cancelled_invite_that_is_never_answered_is_given_up() {
    let mut table = calling();
    table.hear_status(180);
    table.hang_up();
    table.then(&["* Progress", "CANCEL", "* Ended HungUp"]);
    table.wait_seconds(31);
    table.then(&[]);
    table.wait_seconds(1);
    table.then(&["* Gone"]);
}

#[test]
fn an_answer_without_usable_audio_is_acknowledged_and_hung_up() {
    for audio in ["m=audio 4000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n", "m=audio 0 RTP/AVP 8\r\n", ""] {
        let mut table = calling();
        table.picked_up(audio);
        table.then(&["ACK 5", "BYE 6", "* Ended NoCommonMedia"]);
    }
}

#[test]
fn a_422_makes_the_interval_longer() {
    let mut table = calling();
    table.hear(table.response(422).with("Min-SE", "3600"));
    let invite = table.last_request();
    assert_eq!(invite.headers.get("Session-Expires"), Some("3600"));
    assert_eq!(invite.headers.get("Min-SE"), Some("3600"));
    assert_eq!(invite.headers.get("P-Asserted-Identity"), Some("<sip:0301@demo.example>"));
    assert_eq!(invite.headers.get("From").unwrap(), format!("\"Anna\" <sip:0301@demo.example>;tag={OUR_TAG}"));
    table.then(&["INVITE 6"]);
    table.picked_up(AUDIO);
    table.then(&["ACK 6", "* Media", "* Answered"]);
}

#[test]
fn a_422_that_asks_for_nothing_longer_is_a_refusal() {
    let mut table = calling();
    table.hear(table.response(422).with("Min-SE", "90"));
    table.then(&["* Ended Rejected", "* Gone"]);
}

#[test]
fn a_phone_that_hangs_up_while_it_rings_is_cancelled() {
    let mut table = calling();
    table.hear_status(180);
    table.outputs.clear();
    let bye = table.request("BYE");
    table.ask(bye);
    table.then(&["200 to 2 BYE", "CANCEL", "* Ended PeerHungUp"]);
    table.hear_status(487);
    table.then(&["* Gone"]);
}

#[test]
fn an_early_offer_meets_ours() {
    let mut table = calling();
    table.hear_status(180);
    table.outputs.clear();
    table.offer("UPDATE", AUDIO);
    let update = table.request("UPDATE");
    table.ask(update);
    table.then(&["491 to 2 UPDATE", "200 to 3 UPDATE"]);
    assert_eq!(table.leg.agreed(), None);
}
