//! Hold, retrieve and other changes of a session, from both sides.

use std::time::Duration;

use leg::sdp::Direction;
use leg::{Failure, Headers, Input, LegEvent, Wish};

use crate::table::{AUDIO, AUDIO_ON_HOLD, Table, body_lines, our_media, phone_sdp};

impl Table {
    fn offer_ours(&mut self, direction: Direction) {
        self.wish(Wish::Offer { media: our_media(), direction });
    }

    /// The other side accepts our offer with this audio.
    fn accepts(&mut self, audio: &str) {
        self.hear(self.response(200).with_body("application/sdp", phone_sdp(9, audio)));
    }

    fn body(&self) -> String {
        body_lines(&self.last_response().body).join("\n")
    }
}

#[test]
fn hold_and_retrieve_wait_for_a_wish() {
    let mut table = Table::answered();
    table.offer("INVITE", AUDIO_ON_HOLD);
    let [LegEvent::Offered { agreed }] = table.events()[..] else { panic!("{:?}", table.events()) };
    assert_eq!(agreed.direction, Direction::RecvOnly);
    table.then(&["* Offered"]);
    table.wish(Wish::AnswerOffer { media: our_media() });
    assert!(table.body().ends_with("a=recvonly"), "{}", table.body());
    assert!(table.body().contains("o=- 4711 2 IN IP4 192.0.2.1"), "{}", table.body());
    table.then(&["200 to 2 INVITE", "* Media"]);
    table.ack(2, &[]);
    table.then(&[]);
    assert_eq!(table.leg.agreed().unwrap().direction, Direction::RecvOnly);

    table.offer("INVITE", AUDIO);
    table.wish(Wish::AnswerOffer { media: our_media() });
    assert!(table.body().contains("o=- 4711 3 IN IP4 192.0.2.1"), "{}", table.body());
    table.ack(3, &[]);
    table.then(&["* Offered", "200 to 3 INVITE", "* Media"]);
    assert_eq!(table.leg.agreed().unwrap().direction, Direction::SendRecv);
}

#[test]
fn every_way_to_hold_is_understood() {
    let holds = [
        ("a=sendonly\r\n", "", Direction::RecvOnly, "a=recvonly"),
        ("a=inactive\r\n", "", Direction::Inactive, "a=inactive"),
        ("a=recvonly\r\n", "", Direction::SendOnly, "a=sendonly"),
        ("", "c=IN IP4 0.0.0.0\r\n", Direction::RecvOnly, "a=recvonly"),
    ];
    for (attribute, connection, direction, answered) in holds {
        let mut table = Table::answered();
        table.offer("INVITE", &format!("m=audio 4000 RTP/AVP 0\r\n{connection}{attribute}"));
        table.wish(Wish::AnswerOffer { media: our_media() });
        assert!(table.body().ends_with(answered), "{}", table.body());
        let agreed = table.leg.agreed().unwrap();
        assert_eq!(agreed.direction, direction);
        assert_eq!(agreed.remote.is_none(), !connection.is_empty());
    }
}

#[test]
fn hold_by_update_needs_no_ack() {
    let mut table = Table::answered();
    table.offer("UPDATE", AUDIO_ON_HOLD);
    table.wish(Wish::AnswerOffer { media: our_media() });
    table.then(&["* Offered", "200 to 2 UPDATE", "* Media"]);
    table.wait_seconds(40);
    table.then(&[]);
}

#[test]
fn an_offer_that_changes_nothing_is_answered_at_once() {
    let mut table = Table::answered();
    table.offer("INVITE", AUDIO);
    assert!(table.body().contains("o=- 4711 1 IN IP4"), "the same description again: {}", table.body());
    table.ack(2, &[]);
    table.then(&["200 to 2 INVITE"]);
    let update = table.request("UPDATE");
    table.ask(update);
    table.then(&["200 to 3 UPDATE"]);
}

#[test]
fn the_200_to_a_re_invite_is_repeated_and_missed() {
    let mut table = Table::answered();
    table.offer("INVITE", AUDIO);
    table.then(&["200 to 2 INVITE"]);
    table.wait(Duration::from_millis(1500));
    table.then(&["200 to 2 INVITE", "200 to 2 INVITE"]);
    table.wait_seconds(31);
    let last = table.outputs.split_off(table.outputs.len() - 2);
    table.outputs = last;
    table.then(&["BYE 5", "* Ended NoAck"]);
}

#[test]
fn a_refused_offer_changes_nothing() {
    let mut table = Table::answered();
    let before = table.leg.agreed();
    table.offer("INVITE", AUDIO_ON_HOLD);
    table.wish(Wish::RefuseOffer { status: 488 });
    table.then(&["* Offered", "488 to 2 INVITE"]);
    table.wish(Wish::AnswerOffer { media: our_media() });
    table.then(&[]);
    assert_eq!(table.leg.agreed(), before);
}

#[test]
fn an_offer_of_nothing_we_know_is_refused_by_the_leg() {
    let mut table = Table::answered();
    table.offer("INVITE", "m=audio 4000 RTP/AVP 18\r\n");
    let warning = table.last_response().headers.get("Warning").map(ToOwned::to_owned);
    assert_eq!(warning.as_deref(), Some("305 anteroom \"No audio in PCMA or PCMU over RTP/AVP\""));
    table.then(&["488 to 2 INVITE"]);
    table.offer("INVITE", "m=audio 0 RTP/AVP 0\r\n");
    table.then(&["488 to 3 INVITE"]);
}

#[test]
fn an_offer_taken_back() {
    let mut table = Table::answered();
    let txn = table.offer("INVITE", AUDIO_ON_HOLD);
    table.give(Input::Cancel { txn, headers: Headers::new() });
    table.then(&["* Offered", "487 to 2 INVITE", "* OfferWithdrawn"]);
    table.wish(Wish::AnswerOffer { media: our_media() });
    table.then(&[]);
    assert!(table.leg.is_talking());
}

#[test]
fn a_re_invite_without_offer_gets_ours() {
    let mut table = Table::answered();
    let request = table.request("INVITE").with("Contact", "<sip:0301@192.0.2.9:5062>");
    table.ask(request);
    assert!(table.body().contains("m=audio 20000 RTP/AVP 0 8 96"), "codec in use first: {}", table.body());
    table.then(&["200 to 2 INVITE"]);
    table.offer("UPDATE", AUDIO);
    table.then(&["491 to 3 UPDATE"]);
    table.ack(2, &phone_sdp(2, "m=audio 4010 RTP/AVP 8\r\n"));
    table.then(&["* Media"]);
    assert_eq!(table.leg.agreed().unwrap().remote, Some("192.0.2.9:4010".parse().unwrap()));
}

#[test]
fn a_second_offer_before_the_first_is_answered_gets_500() {
    let mut table = Table::answered();
    table.offer("INVITE", AUDIO_ON_HOLD);
    table.offer("INVITE", AUDIO);
    assert!(table.last_response().headers.has("Retry-After"));
    table.then(&["* Offered", "500 to 3 INVITE"]);
    table.wish(Wish::AnswerOffer { media: our_media() });
    table.then(&["200 to 2 INVITE", "* Media"]);
}

#[test]
fn a_re_invite_shows_that_the_200_arrived() {
    let mut table = Table::invited(&crate::table::invite());
    table.wish(Wish::Answer { media: our_media() });
    table.outputs.clear();
    table.offer("INVITE", AUDIO);
    table.then(&["* Acknowledged", "200 to 2 INVITE"]);
}

#[test]
fn our_offer_is_sent_answered_and_acknowledged() {
    let mut table = Table::talking("INVITE");
    table.offer_ours(Direction::SendOnly);
    let request = table.last_request();
    let body = body_lines(&request.body).join("\n");
    assert!(body.contains("o=- 4711 2 IN") && body.ends_with("a=sendonly"), "{body}");
    assert_eq!(request.headers.get("Session-Expires"), Some("1800;refresher=uac"));
    table.then(&["INVITE 6"]);
    table.hear_status(100);
    table.accepts("m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n");
    table.then(&["ACK 6", "* Media"]);
    assert_eq!(table.leg.agreed().unwrap().direction, Direction::SendOnly);
    table.accepts("m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n");
    table.then(&["ACK 6"]);
}

#[test]
fn our_offer_waits_for_the_ack_and_for_theirs() {
    let mut table = Table::invited(&crate::table::invite());
    table.wish(Wish::Answer { media: our_media() });
    table.outputs.clear();
    table.offer_ours(Direction::SendOnly);
    table.then(&[]);
    table.ack(1, &[]);
    table.then(&["* Acknowledged", "INVITE 5"]);
    table.accepts(AUDIO);
    table.outputs.clear();
    table.offer("INVITE", AUDIO_ON_HOLD);
    table.offer_ours(Direction::Inactive);
    table.offer_ours(Direction::SendRecv);
    table.wish(Wish::AnswerOffer { media: our_media() });
    table.then(&["* Offered", "200 to 2 INVITE", "* Media"]);
    table.ack(2, &[]);
    assert!(body_lines(&table.last_request().body).ends_with(&["a=sendrecv"]), "the later wish counts");
    table.then(&["INVITE 6"]);
}

#[test]
fn glare_is_refused_and_tried_again_after_a_while() {
    let mut table = Table::talking("INVITE");
    table.offer_ours(Direction::SendOnly);
    table.offer("INVITE", AUDIO_ON_HOLD);
    table.then(&["INVITE 6", "491 to 2 INVITE"]);
    table.hear_status(491);
    table.wait(Duration::from_millis(2090));
    table.then(&[]);
    table.wait(Duration::from_millis(1910));
    table.then(&["INVITE 7"]);
    table.accepts(AUDIO);
    table.then(&["ACK 7", "* Media"]);
}

#[test]
fn who_did_not_make_the_call_id_backs_off_less() {
    let mut table = Table::answered();
    table.offer_ours(Direction::SendOnly);
    table.hear_status(491);
    table.wait_seconds(2);
    table.then(&["INVITE 5", "INVITE 6"]);
}

#[test]
fn endless_glare_ends() {
    let mut table = Table::talking("INVITE");
    table.offer_ours(Direction::SendOnly);
    let mut sent = 0;
    while table.outputs.drain(..).any(|o| matches!(o, leg::Output::Send { .. })) {
        sent += 1;
        table.hear_status(491);
        if sent < 6 {
            table.outputs.clear();
        }
        table.wait_seconds(5);
    }
    assert_eq!(sent, 6);
    table.offer_ours(Direction::SendOnly);
    table.then(&["INVITE 12"]);
}

#[test]
fn a_refusal_of_our_offer_is_told() {
    let mut table = Table::talking("INVITE");
    let before = table.leg.agreed();
    table.offer_ours(Direction::SendOnly);
    table.hear_status(488);
    assert_eq!(table.events(), [&LegEvent::OfferRefused { status: 488 }]);
    table.then(&["INVITE 6", "* OfferRefused"]);
    assert_eq!(table.leg.agreed(), before);
    table.offer_ours(Direction::SendOnly);
    table.accepts("m=audio 4000 RTP/AVP 18\r\n");
    table.then(&["INVITE 7", "ACK 7", "* OfferRefused"]);
}

#[test]
fn a_retry_after_is_kept() {
    let mut table = Table::talking("INVITE");
    table.offer_ours(Direction::SendOnly);
    table.hear(table.response(500).with("Retry-After", "3"));
    table.wait(Duration::from_millis(2900));
    table.then(&["INVITE 6"]);
    table.wait(Duration::from_millis(100));
    table.then(&["INVITE 7"]);
    table.hear(table.response(500).with("Retry-After", "300"));
    table.then(&["* OfferRefused"]);
}

#[test]
fn a_peer_that_lost_the_dialog_ends_the_leg() {
    let mut table = Table::talking("INVITE");
    table.offer_ours(Direction::SendOnly);
    table.hear_status(481);
    table.then(&["INVITE 6", "* Ended PeerLost", "* Gone"]);
    let mut table = Table::talking("INVITE");
    table.offer_ours(Direction::SendOnly);
    table.hear_status(408);
    table.then(&["INVITE 6", "BYE 7", "* Ended PeerLost"]);
    let mut table = Table::talking("INVITE");
    table.offer_ours(Direction::SendOnly);
    table.fail(Failure::Timeout);
    table.then(&["INVITE 6", "BYE 7", "* Ended PeerLost"]);
    table.fail(Failure::Timeout);
    table.then(&["* Gone"]);
}

#[test]
fn a_new_contact_is_followed() {
    let mut table = Table::talking("INVITE");
    let request = table.request("UPDATE").with("Contact", "<sip:1099@198.51.100.7:5070>");
    table.ask(request);
    table.hang_up();
    assert_eq!(table.last_request().uri(), "sip:1099@198.51.100.7:5070");
}

#[test]
fn blocks_of_numbers_are_asked_for_in_time() {
    let mut table = Table::talking("INVITE");
    let mut told = Vec::new();
    for round in 0..120 {
        table.offer_ours(if round % 2 == 0 { Direction::SendOnly } else { Direction::SendRecv });
        table.accepts(AUDIO);
        for event in table.events() {
            if let LegEvent::Reserve { cseq, sdp_version } = event {
                told.push((
                    table.last_sent.as_ref().unwrap().1.headers.get("CSeq").unwrap().to_owned(),
                    *cseq,
                    *sdp_version,
                ));
            }
        }
        table.outputs.clear();
    }
    // The first block is 5 to 104: at 55 the next is asked for.
    assert_eq!(
        told.iter().map(|(at, cseq, _)| (at.as_str(), *cseq)).collect::<Vec<_>>(),
        [("55 INVITE", 156), ("106 INVITE", 207),]
    );
}
