//! Calls that are refused: always by a final answer to the INVITE, never by 200 and BYE.

use std::time::Duration;

use engine::{Action, AgentId, ChangedBy, Command};
use node::Submission;

use crate::stand::{Plan, Stand, dial, treatment};

/// The caller dials and must be refused so.
async fn refused(stand: &mut Stand, number: &str, status: u16) {
    let mut dialog = stand.caller.call(number).await;
    let answer = stand.caller.expect(&mut dialog, status).await;
    assert_eq!(answer.has("Retry-After"), status == 503, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_that_lead_nowhere() {
    let mut stand = Stand::new(&[1001]).await;
    for number in ["8009", "1999", "anything", "+4930555"] {
        refused(&mut stand, number, 404).await;
    }
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_who_take_no_calls() {
    let mut plan = Plan::new(&[1001, 1099]);
    plan.floor.settings.private_depth_max = 1;
    let mut stand = Stand::start(plan).await;
    let why = engine::NotReady { kind: engine::NotReadyKind::Rest, reason: 1 };
    let command = Command::BecomeNotReady { agent: AgentId(1001), why, by: ChangedBy::Agent };
    stand.node.submit(Submission::wish(command)).await.unwrap();
    refused(&mut stand, "1001", 480).await;
    stand.talk("1099", 1).await;
    let mut second = stand.phone("+49302").await;
    dial(&mut second, "1099").await;
    refused(&mut stand, "1099", 486).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queues_that_take_no_calls() {
    let mut plan = Plan::new(&[1001]);
    plan.support().treatments.no_agents = treatment(Action::Release);
    plan.sales().waiting_max = Some(1);
    let mut stand = Stand::start(plan).await;
    refused(&mut stand, "8002", 480).await;
    stand.talk("8001", 0).await;
    let mut second = stand.phone("+49302").await;
    dial(&mut second, "8001").await;
    refused(&mut stand, "8001", 486).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_lets_nobody_wait_is_busy() {
    let mut plan = Plan::new(&[1001]);
    plan.sales().lets_wait = false;
    let mut stand = Stand::start(plan).await;
    stand.talk("8001", 0).await;
    refused(&mut stand, "8001", 486).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audio_we_do_not_speak_is_refused_before_there_is_a_call() {
    let mut stand = Stand::new(&[1001]).await;
    let sdp = stand.caller.sdp("sendrecv").replace("RTP/AVP 8 101", "RTP/AVP 18").replace("PCMA", "G729");
    let mut dialog = stand.caller.call_with("8001", "", &sdp).await;
    stand.caller.expect(&mut dialog, 488).await;
    assert!(stand.agents[0].is_quiet_for(Duration::from_millis(200)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trunk_carries_no_more_calls_than_it_may() {
    let plan = Plan::new(&[1001]);
    let mut stand = Stand::start_with(plan, |settings, _| settings.trunks[0].max_calls = Some(1)).await;
    let (mut dialog, _) = stand.dial("8002").await;
    refused(&mut stand, "8002", 503).await;
    stand.caller.hang_up(&mut dialog).await;
    stand.until_no_calls().await;
    stand.dial("8002").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_port_there_is_no_call() {
    let mut plan = Plan::new(&[1001]);
    plan.settings.media.ports = 35_900..=35_901;
    let mut stand = Stand::start(plan).await;
    stand.dial("8002").await;
    refused(&mut stand, "8002", 503).await;
    stand.until("there is one call", |state| state.calls().count() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_port_for_the_agent_the_call_fails_and_nobody_is_blamed() {
    let mut plan = Plan::new(&[1001]);
    plan.settings.media.ports = 35_910..=35_911;
    let mut stand = Stand::start(plan).await;
    stand.dial("8001").await;
    let bye = stand.caller.asked("BYE").await;
    assert!(bye.header("Reason").contains("No resources"), "{bye:?}");
    stand.until_no_calls().await;
    stand.until("the agent is there", |state| state.agent(AgentId(1001)).unwrap().is_available()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_may_not_dial_outside() {
    let mut stand = Stand::new(&[1001]).await;
    for (number, status) in [("0049301234567", 403), ("1999", 404), ("1001", 486)] {
        let mut dialog = stand.agents[0].call(number).await;
        stand.agents[0].expect(&mut dialog, status).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_has_stopped_sends_callers_away_for_a_while() {
    let mut stand = Stand::new(&[1001]).await;
    stand.node.clone().stop();
    refused(&mut stand, "8001", 503).await;
}
