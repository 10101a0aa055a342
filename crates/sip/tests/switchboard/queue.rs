//! A call joins a queue, is offered, is talked with, and ends.

use engine::{Action, Line, Outcome};

use crate::stand::{SUPPORT, Stand, dial, is_waiting_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_reaches_the_agent_and_they_hear_each_other() {
    let mut stand = Stand::new(&[1001]).await;
    let mut talk = stand.talk("8001", 0).await;
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[0]).await;
    stand.agents[0].is_heard(talk.to_agent_port, &stand.caller).await;
    stand.caller.hang_up(&mut talk.caller).await;
    let bye = stand.agents[0].asked("BYE").await;
    assert!(bye.header("Reason").contains("cause=16"));
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_hangs_up_and_takes_the_next_caller() {
    let mut stand = Stand::new(&[1001]).await;
    let mut talk = stand.talk("8001", 0).await;
    let mut second = stand.phone("+4930777").await;
    let (_, answer) = dial(&mut second, "8001").await;
    assert!(!second.hear().await.is_empty(), "hold audio");
    stand.agents[0].hang_up(&mut talk.agent).await;
    stand.caller.asked("BYE").await;
    let (_, invite) = stand.pick_up(0).await;
    assert!(invite.header("From").contains("sip:+4930777@demo.example"), "{invite:?}");
    second.is_heard(answer.audio(), &stand.agents[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_are_told_who_calls() {
    let mut stand = Stand::new(&[1001]).await;
    stand.dial("8001").await;
    let invite = stand.agents[0].asked("INVITE").await;
    assert!(invite.header("From").contains("<sip:+4930123456@demo.example>"), "{invite:?}");
    assert_eq!(invite.header("P-Asserted-Identity"), "<sip:+4930123456@demo.example>");
    assert_eq!(invite.start, format!("INVITE {} SIP/2.0", stand.agents[0].uri()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withheld_number_stays_withheld() {
    let mut stand = Stand::new(&[1001]).await;
    let sdp = stand.caller.sdp("sendrecv");
    let mut dialog = stand.caller.call_with("8001", "Privacy: id\r\n", &sdp).await;
    stand.caller.expect(&mut dialog, 200).await;
    let invite = stand.agents[0].asked("INVITE").await;
    assert!(invite.header("From").contains("sip:anonymous@anonymous.invalid"), "{invite:?}");
    assert!(!invite.has("P-Asserted-Identity"));
    assert!(!invite.start.contains("4930") && !invite.header("Contact").contains("4930"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_gives_up_is_gone() {
    let mut stand = Stand::new(&[1001]).await;
    let (mut dialog, _) = stand.dial("8002").await;
    stand.until("it waits", |state| is_waiting_in(state, Line::Queue(SUPPORT))).await;
    stand.caller.hang_up(&mut dialog).await;
    stand.until_no_calls().await;
}

/// Whether the CANCEL comes before our 200 or after it is chance; both must end well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_cancels_at_once_leaves_nothing_behind() {
    let mut stand = Stand::new(&[1001]).await;
    let mut dialog = stand.caller.call("8002").await;
    stand.caller.cancel(&dialog).await;
    let mut finals = Vec::new();
    while finals.len() < 2 {
        let message = stand.caller.settle(&mut dialog).await;
        finals.push((message.header("CSeq").to_owned(), message.status()));
    }
    finals.sort();
    assert_eq!(finals[0], ("1 CANCEL".to_owned(), 200));
    if finals[1].1 == 200 {
        stand.caller.ack(&dialog).await;
        stand.caller.hang_up(&mut dialog).await;
    } else {
        assert_eq!(finals[1], ("1 INVITE".to_owned(), 487));
    }
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cancel_key_ends_the_waiting_and_says_why() {
    let mut plan = crate::stand::Plan::new(&[1001]);
    plan.support().treatments.cancelled = crate::stand::treatment(Action::Release);
    let mut stand = Stand::start(plan).await;
    let (_, answer) = stand.dial("8002").await;
    stand.until("it waits", |state| is_waiting_in(state, Line::Queue(SUPPORT))).await;
    assert!(!stand.caller.hear().await.is_empty(), "hold audio");
    stand.caller.press(answer.audio(), 11).await;
    stand.caller.press(answer.audio(), 10).await;
    let bye = stand.caller.asked("BYE").await;
    assert!(bye.header("Reason").contains("Cancelled by the caller"), "{bye:?}");
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cancel_key_stops_the_ringing() {
    let mut stand = Stand::new(&[1001]).await;
    let (_, answer) = stand.dial("8001").await;
    let invite = stand.agents[0].asked("INVITE").await;
    stand.agents[0].answer(&invite, 180, "").await;
    assert!(!stand.caller.hear().await.is_empty(), "ringback");
    stand.caller.press(answer.audio(), 10).await;
    stand.agents[0].asked("CANCEL").await;
    stand.agents[0].answer(&invite, 487, "").await;
    stand.caller.asked("BYE").await;
    stand.agents[0].asked("ACK").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_reach_the_agent_while_they_talk() {
    let mut stand = Stand::new(&[1001]).await;
    let talk = stand.talk("8001", 0).await;
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[0]).await;
    stand.caller.press(talk.to_caller_port, 10).await;
    loop {
        let packet = stand.agents[0].hear().await;
        if packet.len() == 4 {
            assert_eq!(packet[0], 10);
            break;
        }
    }
    stand.until("they still talk", |state| state.calls().count() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invite_that_comes_by_two_ways_is_one_call() {
    let mut stand = Stand::new(&[1001]).await;
    let (mut dialog, _) = stand.dial("8002").await;
    let mut again = dialog.twin();
    let sdp = stand.caller.sdp("sendrecv");
    stand.caller.request(&mut again, "INVITE", "", &sdp).await;
    stand.caller.expect(&mut again, 482).await;
    stand.until("there is one call", |state| state.calls().count() == 1).await;
    stand.caller.hang_up(&mut dialog).await;
    stand.until_no_calls().await;
}

/// An outcome is what the caller did: here only that the journal can tell the two ends apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_tells_answered_from_abandoned() {
    let mut stand = Stand::new(&[1001]).await;
    let mut records = stand.node.subscribe(node::Position::START).unwrap();
    let (mut waiting, _) = stand.dial("8002").await;
    stand.caller.hang_up(&mut waiting).await;
    let mut talk = stand.talk("8001", 0).await;
    stand.agents[0].hang_up(&mut talk.agent).await;
    let mut outcomes = Vec::new();
    while outcomes.len() < 2 {
        let record = records.next().await.unwrap();
        for event in record.entry.iter().flat_map(|entry| &entry.events) {
            if let engine::Event::CallEnded { outcome, .. } = event {
                outcomes.push(*outcome);
            }
        }
    }
    assert_eq!(outcomes, [Outcome::Abandoned, Outcome::Answered]);
}
