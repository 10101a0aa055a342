//! Session timers (RFC 4028).

use leg::sdp::Direction;
use leg::{LegEvent, Wish};

use crate::table::{AUDIO, Table, invite, our_media, outgoing_settings, phone_sdp};

/// An incoming leg whose INVITE carried these fields, answered and acknowledged; and what the 200 said.
fn answered(fields: &[(&str, &str)]) -> (Table, String, bool) {
    let request = fields.iter().fold(invite(), |request, (name, value)| request.with(name, value));
    let mut table = Table::invited(&request);
    table.wish(Wish::Answer { media: our_media() });
    let headers = &table.last_response().headers;
    let settled = headers.get("Session-Expires").unwrap().to_owned();
    let requires = headers.lists("Require", "timer");
    table.ack(1, &[]);
    table.outputs.clear();
    (table, settled, requires)
}

/// An outgoing leg whose 200 carried these fields.
fn called(fields: &[(&str, &str)]) -> Table {
    let mut table = Table::calling(outgoing_settings());
    let response = fields.iter().fold(table.response(200), |response, (name, value)| response.with(name, value));
    table.hear(response.with_body("application/sdp", phone_sdp(1, AUDIO)));
    table.outputs.clear();
    table
}

#[test]
fn what_a_caller_asks_for_is_settled_and_never_raised() {
    let settle = |fields: &[(&str, &str)]| {
        let (_, settled, requires) = answered(fields);
        (settled, requires)
    };
    let yes = |text: &str| (text.to_owned(), true);
    let no = |text: &str| (text.to_owned(), false);
    assert_eq!(settle(&[]), no("1800;refresher=uas"));
    assert_eq!(settle(&[("Supported", "timer")]), no("1800;refresher=uas"));
    assert_eq!(settle(&[("Supported", "timer"), ("Session-Expires", "90")]), yes("90;refresher=uac"));
    assert_eq!(settle(&[("k", "timer"), ("x", "3600;refresher=uac")]), yes("1800;refresher=uac"));
    assert_eq!(settle(&[("Supported", "timer"), ("Session-Expires", "600;refresher=uas")]), no("600;refresher=uas"));
    assert_eq!(
        settle(&[("Supported", "timer"), ("Session-Expires", "4000"), ("Min-SE", "3000")]),
        yes("3000;refresher=uac")
    );
    // Put in by a proxy for a phone that knows no timers.
    assert_eq!(settle(&[("Session-Expires", "600")]), no("600;refresher=uas"));
}

#[test]
fn we_refresh_by_re_invite_with_the_same_description() {
    let (mut table, ..) = answered(&[("Supported", "timer"), ("Session-Expires", "100;refresher=uas")]);
    table.wait_seconds(49);
    table.then(&[]);
    table.wait_seconds(1);
    let request = table.last_request();
    assert_eq!(request.headers.get("Session-Expires"), Some("1800;refresher=uac"));
    assert!(String::from_utf8_lossy(&request.body).contains("o=- 4711 1 IN IP4"), "the same version");
    table.then(&["INVITE 5"]);
    let response = table.response(200).with("Session-Expires", "100;refresher=uac");
    table.hear(response.with_body("application/sdp", phone_sdp(1, AUDIO)));
    table.then(&["ACK 5"]);
    table.wait_seconds(50);
    table.then(&["INVITE 6"]);
}

#[test]
fn we_refresh_by_update_where_the_other_side_takes_it() {
    let mut table = called(&[("Allow", "INVITE, UPDATE"), ("Session-Expires", "200;refresher=uac")]);
    table.wait_seconds(100);
    assert!(table.last_request().body.is_empty());
    table.then(&["UPDATE 6"]);
    table.hear(table.response(200).with("Session-Expires", "200;refresher=uac"));
    table.wait_seconds(100);
    table.then(&["UPDATE 7"]);
}

#[test]
fn an_update_that_is_not_understood_becomes_a_re_invite() {
    let mut table = called(&[("Allow", "UPDATE"), ("Session-Expires", "200;refresher=uac")]);
    table.wait_seconds(100);
    table.hear_status(405);
    table.then(&["UPDATE 6", "INVITE 7"]);
}

#[test]
fn a_refresh_that_is_refused_is_tried_again_and_then_the_session_ends() {
    let mut table = called(&[("Session-Expires", "120;refresher=uac")]);
    table.wait_seconds(60);
    table.then(&["INVITE 6"]);
    table.hear_status(488);
    table.wait_seconds(14);
    table.then(&["INVITE 7"]);
    table.hear_status(488);
    table.wait_seconds(14);
    assert_eq!(table.last_request().headers.get("Reason"), Some("SIP;cause=408;text=\"Session expired\""));
    table.then(&["INVITE 8", "BYE 9", "* Ended SessionExpired"]);
}

#[test]
fn an_offer_that_is_refused_when_the_refresh_is_due_does_not_take_its_place() {
    let mut table = called(&[("Session-Expires", "120;refresher=uac")]);
    table.wait_seconds(59);
    table.wish(Wish::Offer { media: our_media(), direction: Direction::SendOnly });
    table.wait_seconds(3);
    table.hear_status(488);
    table.then(&["INVITE 6", "* OfferRefused"]);
    table.wait_seconds(13);
    table.then(&["INVITE 7"]);
}

#[test]
fn a_refresh_that_must_be_longer_is_made_longer() {
    let mut table = called(&[("Session-Expires", "100;refresher=uac")]);
    table.wait_seconds(50);
    table.hear(table.response(422).with("Min-SE", "2400"));
    assert_eq!(table.last_request().headers.get("Session-Expires"), Some("2400;refresher=uac"));
    table.then(&["INVITE 6", "INVITE 7"]);
}

#[test]
fn a_peer_that_is_to_refresh_and_does_not_is_hung_up() {
    let (mut table, ..) = answered(&[("Supported", "timer"), ("Session-Expires", "90;refresher=uac")]);
    table.wait_seconds(59);
    table.then(&[]);
    table.wait_seconds(1);
    table.then(&["BYE 5", "* Ended SessionExpired"]);
    table.hear_status(481);
    table.then(&["* Gone"]);
}

#[test]
fn a_peer_that_refreshes_stays() {
    let (mut table, ..) = answered(&[("Supported", "timer"), ("Session-Expires", "90;refresher=uac")]);
    for round in 0..5 {
        table.wait_seconds(45);
        let update = table.request("UPDATE").with("Supported", "timer").with("Session-Expires", "90;refresher=uac");
        table.ask(update);
        assert_eq!(table.last_response().headers.get("Session-Expires"), Some("90;refresher=uac"));
        table.then(&[&format!("200 to {} UPDATE", round + 2)]);
    }
    let request = table.request("INVITE").with("Supported", "timer").with("Session-Expires", "30");
    table.ask(request);
    table.then(&["422 to 7 INVITE"]);
}

#[test]
fn a_200_without_timers_leaves_the_refresh_to_us() {
    let mut table = called(&[]);
    table.wait_seconds(899);
    table.then(&[]);
    table.wait_seconds(1);
    table.then(&["INVITE 6"]);
}

#[test]
fn the_peer_may_be_made_the_refresher() {
    let mut table = called(&[("Session-Expires", "90;refresher=uas")]);
    table.wait_seconds(46);
    table.then(&[]);
    let update = table.request("UPDATE").with("Supported", "timer").with("Session-Expires", "90");
    table.ask(update);
    assert_eq!(table.last_response().headers.get("Session-Expires"), Some("90;refresher=uac"));
    table.then(&["200 to 2 UPDATE"]);
    table.wait_seconds(60);
    assert!(table.events().iter().any(|event| matches!(event, LegEvent::Ended(_))));
}
