//! A caller's leg: the INVITE of the other side.

use std::time::Duration;

use crate::table::{AUDIO, Table, body_lines, incoming_settings, invite, our_media, phone_sdp, plain_invite};
use leg::sdp::{Codec, Direction};
use leg::value::Reason;
use leg::{End, Headers, Input, Leg, LegEvent, ServerTxn, Wish};

#[test]
fn rings_answers_and_is_acknowledged() {
    let mut table = Table::invited(&invite());
    table.wish(Wish::Ring);
    table.then(&["180 to 1 INVITE"]);
    table.wish(Wish::Answer { media: our_media() });
    table.then(&["200 to 1 INVITE", "* Media"]);
    table.ack(1, &[]);
    table.then(&["* Acknowledged"]);
    table.wait_seconds(60);
    table.then(&[]);
}

#[test]
fn the_200_carries_what_makes_the_dialog() {
    let mut table = Table::invited(&invite());
    table.wish(Wish::Answer { media: our_media() });
    let response = table.last_response();
    let headers = response.headers.iter().collect::<Vec<_>>();
    assert_eq!(
        headers,
        [
            ("Record-Route", "<sip:p2.example;lr>, <sip:p1.example;lr>"),
            ("From", "\"Anna\" <sip:0301@caller.example>;tag=theirs"),
            ("To", "<sip:8001@192.0.2.1>;tag=ours"),
            ("Call-ID", "call-1"),
            ("CSeq", "1 INVITE"),
            ("Contact", "<sip:anteroom@192.0.2.1:5060>"),
            ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER"),
            ("Supported", "timer, norefersub"),
            ("Session-Expires", "1800;refresher=uas"),
            ("Content-Type", "application/sdp"),
        ]
    );
    assert_eq!(
        body_lines(&response.body),
        [
            "v=0",
            "o=- 4711 1 IN IP4 192.0.2.1",
            "s=-",
            "c=IN IP4 192.0.2.1",
            "t=0 0",
            "m=audio 20000 RTP/AVP 0 96",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:96 telephone-event/8000",
            "a=fmtp:96 0-16",
            "a=ptime:20",
            "a=sendrecv",
        ]
    );
    let agreed = table.leg.agreed().unwrap();
    assert_eq!(agreed.remote, Some("192.0.2.9:4000".parse().unwrap()));
    assert_eq!((agreed.codec, agreed.payload_type, agreed.telephone_event), (Codec::Pcmu, 0, Some(96)));
    assert_eq!(agreed.direction, Direction::SendRecv);
}

#[test]
fn requests_take_the_recorded_route() {
    let mut table = Table::answered();
    table.wish(Wish::HangUp { reason: Some(Reason::q850(16, "Normal call clearing")) });
    let bye = table.last_request();
    assert_eq!(bye.uri(), "sip:0301@192.0.2.9:5062");
    assert_eq!(
        bye.headers.iter().collect::<Vec<_>>(),
        [
            ("Route", "<sip:p2.example;lr>"),
            ("Route", "<sip:p1.example;lr>"),
            ("Max-Forwards", "70"),
            ("From", "<sip:8001@192.0.2.1>;tag=ours"),
            ("To", "<sip:0301@caller.example>;tag=theirs"),
            ("Call-ID", "call-1"),
            ("CSeq", "5 BYE"),
            ("Reason", "Q.850;cause=16;text=\"Normal call clearing\""),
        ]
    );
    assert_eq!(table.leg.next_hop(), "sip:p2.example;lr");
}

#[test]
fn a_strict_router_gets_the_request_uri() {
    let mut invite = invite();
    invite.headers.set("Record-Route", "<sip:strict.example>, <sip:p1.example;lr>");
    let mut table = Table::invited(&invite);
    table.wish(Wish::Answer { media: our_media() });
    table.ack(1, &[]);
    table.hang_up();
    let bye = table.last_request();
    assert_eq!(bye.uri(), "sip:strict.example");
    let routes = bye.headers.all("Route").collect::<Vec<_>>();
    assert_eq!(routes, ["<sip:p1.example;lr>", "<sip:0301@192.0.2.9:5062>"]);
}

#[test]
fn the_200_is_repeated_until_nobody_acknowledges_it() {
    let mut table = Table::invited(&invite());
    table.wish(Wish::Answer { media: our_media() });
    table.outputs.clear();
    let mut at = Vec::new();
    for _ in 0..640 {
        table.wait(Duration::from_millis(50));
        if table.outputs.drain(..).any(|o| matches!(o, leg::Output::Respond { .. })) {
            at.push(table.now.0 / 1000);
        }
        if table.now.0 >= 31_950_000 {
            break;
        }
    }
    assert_eq!(at, [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    table.wait_seconds(1);
    table.then(&["BYE 5", "* Ended NoAck"]);
    table.hear_status(200);
    table.then(&["* Gone"]);
}

#[test]
fn a_cancel_before_the_answer_gets_487() {
    let mut table = Table::invited(&invite());
    table.wish(Wish::Ring);
    let headers = Headers::new().with("Reason", "SIP;cause=200;text=\"Call completed elsewhere\"");
    table.give(Input::Cancel { txn: ServerTxn(0), headers });
    let reason = Some(Reason::sip(200, "Call completed elsewhere"));
    assert!(table.events().contains(&&LegEvent::Ended(End::Cancelled { reason })));
    table.then(&["180 to 1 INVITE", "487 to 1 INVITE", "* Ended Cancelled", "* Gone"]);
    table.wish(Wish::Answer { media: our_media() });
    table.then(&[]);
}

#[test]
fn a_late_cancel_changes_nothing() {
    let mut table = Table::invited(&invite());
    table.wish(Wish::Answer { media: our_media() });
    table.give(Input::Cancel { txn: ServerTxn(0), headers: Headers::new() });
    table.then(&["200 to 1 INVITE", "* Media"]);
    table.ack(1, &[]);
    table.then(&["* Acknowledged"]);
}

#[test]
fn a_refusal_carries_reason_and_retry_after() {
    let mut table = Table::invited(&invite());
    let (reason, retry_after) = (Some(Reason::sip(480, "AgentSignedOut")), Some(Duration::from_secs(5)));
    table.wish(Wish::Reject { status: 480, reason, retry_after });
    let headers = &table.last_response().headers;
    assert_eq!(headers.get("Reason"), Some("SIP;cause=480;text=\"AgentSignedOut\""));
    assert_eq!(headers.get("Retry-After"), Some("5"));
    table.then(&["480 to 1 INVITE", "* Ended Refused", "* Gone"]);
}

#[test]
fn a_hang_up_before_the_ack_waits_for_it() {
    let mut table = Table::invited(&invite());
    table.wish(Wish::Answer { media: our_media() });
    table.hang_up();
    table.then(&["200 to 1 INVITE", "* Media", "* Ended HungUp"]);
    table.wait(Duration::from_millis(600));
    table.then(&["200 to 1 INVITE"]);
    table.ack(1, &[]);
    table.then(&["BYE 5"]);
    table.hear_status(200);
    table.then(&["* Gone"]);
}

#[test]
fn an_invite_without_offer_is_answered_in_the_ack() {
    let mut table = Table::invited(&plain_invite().with("Contact", "<sip:0301@192.0.2.9>"));
    table.wish(Wish::Answer { media: our_media() });
    let offered = body_lines(&table.last_response().body).join("\n");
    assert!(offered.contains("m=audio 20000 RTP/AVP 8 0 101"), "{offered}");
    table.then(&["200 to 1 INVITE"]);
    table.ack(1, &phone_sdp(1, "m=audio 4002 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\n"));
    table.then(&["* Media", "* Acknowledged"]);
    let agreed = table.leg.agreed().unwrap();
    assert_eq!((agreed.codec, agreed.payload_type), (Codec::Pcma, 8));
    assert_eq!((agreed.telephone_event, agreed.telephone_event_in), (Some(97), Some(101)));
}

#[test]
fn an_ack_without_the_answer_ends_the_leg() {
    let mut table = Table::invited(&plain_invite().with("Contact", "<sip:0301@192.0.2.9>"));
    table.wish(Wish::Answer { media: our_media() });
    table.ack(1, &[]);
    table.then(&["200 to 1 INVITE", "BYE 5", "* Ended NoCommonMedia"]);
}

#[test]
fn a_bye_on_the_early_dialog_ends_the_invite_too() {
    let mut table = Table::invited(&invite());
    table.wish(Wish::Ring);
    let bye = table.request("BYE");
    table.ask(bye);
    table.then(&["180 to 1 INVITE", "200 to 2 BYE", "487 to 1 INVITE", "* Ended PeerHungUp", "* Gone"]);
}

#[test]
fn what_cannot_be_answered_is_refused_by_name() {
    let refused = |request| {
        let response = Leg::incoming(ServerTxn(0), &request, &incoming_settings()).unwrap_err();
        assert!(response.headers.get("To").is_none_or(|to| to.ends_with(";tag=ours")));
        *response
    };
    assert_eq!(refused(plain_invite()).phrase(), "Bad or missing Call-ID, Contact or CSeq");
    let mut no_cseq = invite();
    no_cseq.headers.remove("CSeq");
    assert_eq!(refused(no_cseq).status(), 400);
    let mut other_cseq = invite();
    other_cseq.headers.set("CSeq", "1 BYE");
    assert_eq!(refused(other_cseq).status(), 400);
    let long = format!("<sip:{}@192.0.2.9>", "a".repeat(2000));
    assert_eq!(refused(plain_invite().with("Contact", &long)).status(), 400);
    let mut lost_dialog = invite();
    lost_dialog.headers.set("To", "<sip:8001@192.0.2.1>;tag=ours");
    assert_eq!(refused(lost_dialog).status(), 481);
    let rel = refused(invite().with("Require", "timer, 100rel").with("Require", "foo"));
    assert_eq!((rel.status(), rel.headers.get("Unsupported")), (420, Some("100rel, foo")));
    let other_body = refused(invite().with_body("text/plain", b"hello".to_vec()));
    assert_eq!((other_body.status(), other_body.headers.get("Accept")), (415, Some("application/sdp")));
    assert_eq!(refused(invite().with_body("application/sdp", b"nonsense".to_vec())).status(), 488);
    let g729 = phone_sdp(1, "m=audio 4000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n");
    assert_eq!(refused(invite().with_body("application/sdp", g729)).status(), 488);
    let short = refused(invite().with("Supported", "timer").with("Session-Expires", "60"));
    assert_eq!((short.status(), short.headers.get("Min-SE")), (422, Some("90")));
}

#[test]
fn media_lines_we_do_not_take_are_rejected_in_their_places() {
    let audio = format!("m=video 5000 RTP/AVP 31\r\n{AUDIO}m=application 9 UDP/BFCP *\r\n");
    let mut table = Table::invited(&invite().with_body("application/sdp", phone_sdp(1, &audio)));
    table.wish(Wish::Answer { media: our_media() });
    let body = body_lines(&table.last_response().body).join("\n");
    let lines = body.lines().filter(|line| line.starts_with("m=")).collect::<Vec<_>>();
    assert_eq!(lines, ["m=video 0 RTP/AVP 31", "m=audio 20000 RTP/AVP 0 96", "m=application 0 UDP/BFCP *"]);
}
