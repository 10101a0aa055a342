//! BYE, and everything else inside a dialog.

use leg::value::Reason;
use leg::{End, Failure, LegEvent, Request, Wish};

use crate::table::{AUDIO, AUDIO_ON_HOLD, Table};

#[test]
fn the_other_side_hangs_up() {
    let mut table = Table::answered();
    let bye = table.request("BYE").with("Reason", "Q.850;cause=16;text=\"bye\"");
    table.ask(bye);
    let reason = Some(Reason::q850(16, "bye"));
    assert!(table.events().contains(&&LegEvent::Ended(End::PeerHungUp { reason })));
    table.then(&["200 to 2 BYE", "* Ended PeerHungUp", "* Gone"]);
    assert_eq!(table.leg.next_deadline(), None);
}

#[test]
fn byes_that_cross() {
    let mut table = Table::answered();
    table.hang_up();
    let bye = table.request("BYE");
    table.ask(bye);
    table.then(&["BYE 5", "* Ended HungUp", "200 to 2 BYE"]);
    table.hear_status(481);
    table.then(&["* Gone"]);
}

#[test]
fn a_bye_that_nobody_answers_is_given_up() {
    let mut table = Table::answered();
    table.hang_up();
    table.fail(Failure::Timeout);
    table.then(&["BYE 5", "* Ended HungUp", "* Gone"]);
    let mut table = Table::answered();
    table.hang_up();
    table.wait_seconds(32);
    table.then(&["BYE 5", "* Ended HungUp", "* Gone"]);
}

#[test]
fn requests_that_wait_are_answered_before_the_end() {
    let mut table = Table::answered();
    table.offer("INVITE", AUDIO_ON_HOLD);
    let refer = table.request("REFER").with("Refer-To", "<sip:1001@demo.example>");
    table.ask(refer);
    table.outputs.clear();
    let bye = table.request("BYE");
    table.ask(bye);
    table.then(&["200 to 4 BYE", "487 to 2 INVITE", "487 to 3 REFER", "* Ended PeerHungUp", "* Gone"]);
}

#[test]
fn after_the_end_nothing_is_known() {
    let mut table = Table::answered();
    table.hang_up();
    table.outputs.clear();
    for method in ["INVITE", "INFO", "OPTIONS"] {
        let request = table.request(method);
        table.ask(request);
    }
    table.then(&["481 to 2 INVITE", "481 to 3 INFO", "481 to 4 OPTIONS"]);
    table.hear_status(200);
    table.then(&["* Gone"]);
    let bye = table.request("BYE");
    table.ask(bye);
    table.then(&["481 to 5 BYE"]);
}

#[test]
fn options_and_info_are_answered() {
    let mut table = Table::answered();
    let options = table.request("OPTIONS");
    table.ask(options);
    let headers = &table.last_response().headers;
    assert_eq!(headers.get("Accept"), Some("application/sdp"));
    assert!(headers.lists("Allow", "REFER"));
    let info = table.request("INFO").with_body("application/other", b"x".to_vec());
    table.ask(info);
    table.then(&["200 to 2 OPTIONS", "200 to 3 INFO"]);
}

#[test]
fn keys_by_info_are_told() {
    let keys = [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Some('5')),
        ("application/dtmf-relay; charset=utf-8", "signal = *\nDuration=1", Some('*')),
        ("application/dtmf-relay", "Duration=160\r\nSignal=11", Some('#')),
        ("application/dtmf", "d", Some('D')),
        ("application/dtmf", "55", None),
        ("application/dtmf-relay", "Signal=", None),
        ("text/plain", "Signal=5", None),
    ];
    for (kind, body, key) in keys {
        let mut table = Table::answered();
        let info = table.request("INFO").with_body(kind, body.into());
        table.ask(info);
        let told = table.events().into_iter().map(|event| match event {
            LegEvent::Dtmf(key) => *key,
            other => panic!("{other:?}"),
        });
        assert_eq!(told.collect::<Vec<_>>(), key.into_iter().collect::<Vec<_>>(), "{kind} {body}");
    }
}

#[test]
fn methods_we_do_not_take() {
    let mut table = Table::answered();
    for method in ["MESSAGE", "SUBSCRIBE", "PRACK", "NOTIFY", "FOO"] {
        let request = table.request(method);
        table.ask(request);
    }
    assert!(table.last_response().headers.lists("Allow", "UPDATE"));
    table.then(&["405 to 2 MESSAGE", "405 to 3 SUBSCRIBE", "405 to 4 PRACK", "481 to 5 NOTIFY", "501 to 6 FOO"]);
}

#[test]
fn requests_out_of_order_are_refused() {
    let mut table = Table::answered();
    table.their_cseq = 10;
    let info = table.request("INFO");
    table.ask(info.clone());
    table.their_cseq = 4;
    let older = table.request("BYE");
    table.ask(older);
    table.ask(info);
    assert_eq!(table.last_response().phrase(), "CSeq Out Of Order");
    table.then(&["200 to 11 INFO", "500 to 5 BYE", "500 to 11 INFO"]);
    assert!(table.leg.is_talking());
}

#[test]
fn requests_of_another_dialog_are_not_ours() {
    let mut table = Table::answered();
    for (name, value) in [("From", "<sip:x@y>;tag=stranger"), ("To", "<sip:x@y>;tag=other"), ("Call-ID", "call-2")] {
        let mut bye = table.request("BYE");
        bye.headers.set(name, value);
        table.ask(bye);
    }
    table.then(&["481 to 2 BYE", "481 to 3 BYE", "481 to 4 BYE"]);
    assert!(table.leg.is_talking());
}

#[test]
fn damaged_requests_are_refused() {
    let mut table = Table::answered();
    let mut no_cseq = table.request("BYE");
    no_cseq.headers.remove("CSeq");
    table.ask(no_cseq);
    let mut other_cseq = table.request("BYE");
    other_cseq.headers.set("CSeq", "3 INFO");
    table.ask(other_cseq);
    let required = table.request("INFO").with("Require", "frobnicate");
    table.ask(required);
    assert_eq!(table.last_response().headers.get("Unsupported"), Some("frobnicate"));
    table.then(&["400 to ?", "400 to 3 INFO", "420 to 4 INFO"]);
    assert!(table.leg.is_talking());
}

fn refer(table: &mut Table, refer_to: &str) -> Request {
    table.request("REFER").with("Refer-To", refer_to)
}

#[test]
fn a_transfer_is_accepted_and_told_about() {
    let mut table = Table::answered();
    let request = refer(&mut table, "\"Bob\" <sip:%2A1001@demo.example:5070;user=phone>;x=1");
    table.ask(request);
    let [LegEvent::Refer(asked)] = table.events()[..] else { panic!("{:?}", table.events()) };
    assert_eq!(&*asked.target, "sip:%2A1001@demo.example:5070;user=phone");
    assert_eq!((&*asked.user, &*asked.host, &asked.replaces), ("*1001", "demo.example:5070", &None));
    table.then(&["* Refer"]);
    table.wish(Wish::AcceptRefer);
    table.then(&["202 to 2 REFER"]);
    table.wish(Wish::NotifyRefer { status: 100, last: false });
    table.wish(Wish::NotifyRefer { status: 200, last: true });
    let notify = table.last_request();
    assert_eq!(notify.headers.get("Event"), Some("refer"));
    assert_eq!(notify.headers.get("Subscription-State"), Some("terminated;reason=noresource"));
    assert_eq!(notify.headers.get("Content-Type"), Some("message/sipfrag;version=2.0"));
    assert_eq!(&*notify.body, b"SIP/2.0 200 OK\r\n");
    table.then(&["NOTIFY 5", "NOTIFY 6"]);
    table.wish(Wish::NotifyRefer { status: 200, last: true });
    table.then(&[]);
}

#[test]
fn a_second_transfer_names_itself() {
    let mut table = Table::answered();
    let request = refer(&mut table, "<sip:1001@demo.example>");
    table.ask(request);
    let request = refer(&mut table, "<sip:1002@demo.example>");
    table.ask(request);
    table.wish(Wish::RefuseRefer { status: 480, reason: Some(Reason::sip(480, "AgentSignedOut")) });
    assert_eq!(table.last_response().headers.get("Reason"), Some("SIP;cause=480;text=\"AgentSignedOut\""));
    table.then(&["* Refer", "491 to 3 REFER", "480 to 2 REFER"]);
    let request = refer(&mut table, "<sip:1002@demo.example?Replaces=a%3Bto-tag%3Db>");
    table.ask(request);
    assert!(
        matches!(table.events()[..], [LegEvent::Refer(refer)] if refer.replaces_tag("b") && !refer.replaces_tag("a"))
    );
    table.wish(Wish::AcceptRefer);
    table.wish(Wish::NotifyRefer { status: 180, last: false });
    assert_eq!(table.last_request().headers.get("Event"), Some("refer;id=4"));
    assert_eq!(table.last_request().headers.get("Subscription-State"), Some("active;expires=180"));
    table.hear_status(481);
    table.outputs.clear();
    table.wish(Wish::NotifyRefer { status: 200, last: true });
    table.then(&[]);
    assert!(table.leg.is_talking(), "a lost subscription is not a lost dialog");
}

#[test]
fn a_transfer_without_subscription() {
    let mut table = Table::answered();
    let request = refer(&mut table, "<sip:1001@demo.example>").with("Refer-Sub", "false");
    table.ask(request);
    table.wish(Wish::AcceptRefer);
    assert_eq!(table.last_response().headers.get("Refer-Sub"), Some("false"));
    table.wish(Wish::NotifyRefer { status: 200, last: true });
    table.then(&["* Refer", "202 to 2 REFER"]);
}

#[test]
fn transfers_to_nowhere_are_refused() {
    let mut table = Table::answered();
    for target in ["<http://x>", "<sip:a@b>, <sip:c@d>", "<sip:a@b;method=BYE>", ""] {
        let request = refer(&mut table, target);
        table.ask(request);
        assert_eq!(table.last_response().phrase(), "Bad or missing Refer-To");
        table.outputs.clear();
    }
    let mut table = Table::invited(&crate::table::invite());
    let request = refer(&mut table, "<sip:a@b>");
    table.ask(request);
    table.then(&["403 to 2 REFER"]);
}

#[test]
fn offers_before_the_answer_must_wait() {
    let mut table = Table::invited(&crate::table::invite());
    table.offer("INVITE", AUDIO);
    table.offer("UPDATE", AUDIO);
    assert!(table.last_response().headers.has("Retry-After"));
    table.then(&["500 to 2 INVITE", "500 to 3 UPDATE"]);
}
