//! Treatments that send a call outside.

use std::time::Duration;

use engine::{Action, Treatment};
use sip::settings::OutboundRule;

use crate::phone::{Dialog, Phone};
use crate::stand::{Plan, Stand, treatment};

/// Calls to Support go to 0049301, through a trunk that leads to the phone given back.
async fn stand(fallback: Option<Action>) -> (Stand, Phone) {
    stand_of(Plan::new(&[1001, 1002]), fallback).await
}

async fn stand_of(mut plan: Plan, fallback: Option<Action>) -> (Stand, Phone) {
    let fallback = fallback.map(|action| Box::new(treatment(action)));
    plan.support().treatments.no_agents = Treatment { action: Action::External("0049301".into()), fallback };
    let mut stand = Stand::start_with(plan, |settings, agents| {
        let to = format!("sip:{}", agents[1].address());
        settings.trunks[0].outbound.push(OutboundRule { prefix: "00".into(), strip: 2, to });
    })
    .await;
    let outside = stand.agents.pop().unwrap();
    (stand, outside)
}

async fn answered() -> (Stand, Phone, Dialog, Dialog) {
    let (mut stand, mut outside) = stand(None).await;
    let (caller, answer) = stand.dial("8002").await;
    let invite = outside.asked("INVITE").await;
    assert!(invite.start.starts_with("INVITE sip:49301@127.0.0.1"), "{invite:?}");
    outside.answer(&invite, 180, "").await;
    let sdp = outside.sdp("sendrecv");
    let dialog = outside.answer(&invite, 200, &sdp).await;
    outside.asked("ACK").await;
    stand.caller.is_heard(answer.audio(), &outside).await;
    (stand, outside, caller, dialog)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_sent_outside_and_the_caller_hangs_up() {
    let (mut stand, mut outside, mut caller, _) = answered().await;
    stand.caller.hang_up(&mut caller).await;
    outside.asked("BYE").await;
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_sent_outside_and_the_outside_hangs_up() {
    let (mut stand, mut outside, _, mut dialog) = answered().await;
    outside.hang_up(&mut dialog).await;
    stand.caller.asked("BYE").await;
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outside_number_that_is_busy_leads_to_the_fallback() {
    let (mut stand, mut outside) = stand(Some(Action::Queue(crate::stand::SALES))).await;
    stand.dial("8002").await;
    let invite = outside.asked("INVITE").await;
    outside.answer(&invite, 486, "").await;
    outside.asked("ACK").await;
    stand.pick_up(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outside_number_that_nobody_answers_leads_to_the_fallback_in_the_end() {
    let mut plan = Plan::new(&[1001, 1002]);
    plan.settings.outside_ring_max = Duration::from_secs(1);
    let (mut stand, mut outside) = stand_of(plan, Some(Action::Queue(crate::stand::SALES))).await;
    stand.dial("8002").await;
    let invite = outside.asked("INVITE").await;
    outside.answer(&invite, 180, "").await;
    let cancel = outside.asked("CANCEL").await;
    assert_eq!(cancel.header("Reason"), "Q.850;cause=19;text=\"No answer\"");
    outside.answer(&invite, 487, "").await;
    stand.pick_up(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_stops_the_ringing_outside() {
    let (mut stand, mut outside) = stand(None).await;
    let (mut caller, _) = stand.dial("8002").await;
    let invite = outside.asked("INVITE").await;
    outside.answer(&invite, 180, "").await;
    stand.caller.hang_up(&mut caller).await;
    outside.asked("CANCEL").await;
    outside.answer(&invite, 487, "").await;
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_rule_no_call_leaves_the_house() {
    let mut plan = Plan::new(&[1001]);
    let fallback = Some(Box::new(treatment(Action::Queue(crate::stand::SALES))));
    plan.support().treatments.no_agents = Treatment { action: Action::External("0049301".into()), fallback };
    let mut stand = Stand::start(plan).await;
    stand.dial("8002").await;
    stand.pick_up(0).await;
}
