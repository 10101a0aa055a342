//! What an agent's phone answers, and what becomes of the offer.

use std::time::Duration;

use engine::{AgentId, NotReady, Presence, Reach, State};

use crate::phone::Phone;
use crate::stand::{Plan, SALES, Stand, is_waiting_in, password};

fn presence(state: &State, agent: u32) -> Presence {
    state.agent(AgentId(agent)).unwrap().presence
}

fn is_lost(state: &State, agent: u32) -> bool {
    matches!(state.agent(AgentId(agent)).unwrap().reach, Reach::Lost { .. })
}

async fn answered_by(status: u16) -> Stand {
    let mut stand = Stand::new(&[1001]).await;
    stand.dial("8001").await;
    let invite = stand.agents[0].asked("INVITE").await;
    stand.agents[0].answer(&invite, 180, "").await;
    stand.agents[0].answer(&invite, status, "").await;
    stand.agents[0].asked("ACK").await;
    stand.until("it waits again", |state| is_waiting_in(state, engine::Line::Queue(SALES))).await;
    stand
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_and_decline_are_the_agents_no() {
    for status in [486, 600, 603] {
        let stand = answered_by(status).await;
        stand.until("declined", |state| presence(state, 1001) == Presence::NotReady(NotReady::DECLINED)).await;
        assert!(!stand.caller.hear().await.is_empty(), "hold audio");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_gives_up_has_expired() {
    for status in [480, 487] {
        let stand = answered_by(status).await;
        stand.until("expired", |state| presence(state, 1001) == Presence::NotReady(NotReady::EXPIRED)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_cannot_ring_is_lost() {
    for status in [302, 404, 488, 500, 503] {
        let stand = answered_by(status).await;
        stand.until("lost", |state| is_lost(state, 1001)).await;
        stand.until("still ready", |state| presence(state, 1001) == Presence::Ready).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_phone_is_lost_after_four_seconds() {
    let mut stand = Stand::new(&[1001]).await;
    stand.dial("8001").await;
    let started = tokio::time::Instant::now();
    stand.agents[0].asked("INVITE").await;
    stand.until("lost", |state| is_lost(state, 1001)).await;
    let waited = started.elapsed();
    assert!((Duration::from_millis(3900)..Duration::from_millis(5500)).contains(&waited), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_without_a_phone_is_lost_at_once() {
    let mut plan = Plan::new(&[1001]);
    plan.with_phones_that_register();
    let mut stand = Stand::start(plan).await;
    stand.dial("8001").await;
    stand.until("lost", |state| is_lost(state, 1001)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_that_nobody_takes_expires_and_a_late_answer_changes_nothing() {
    let mut plan = Plan::new(&[1001]);
    plan.sales().ring_max = Duration::from_secs(1);
    let mut stand = Stand::start(plan).await;
    stand.dial("8001").await;
    let invite = stand.agents[0].asked("INVITE").await;
    stand.agents[0].answer(&invite, 180, "").await;
    let cancel = stand.agents[0].asked("CANCEL").await;
    assert!(cancel.header("Reason").contains("No answer"), "{cancel:?}");
    let sdp = stand.agents[0].sdp("sendrecv");
    stand.agents[0].answer(&invite, 200, &sdp).await;
    stand.agents[0].asked("ACK").await;
    stand.agents[0].asked("BYE").await;
    stand.until("expired", |state| presence(state, 1001) == Presence::NotReady(NotReady::EXPIRED)).await;
    stand.until("it waits", |state| is_waiting_in(state, engine::Line::Queue(SALES))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_stops_the_ringing() {
    let mut stand = Stand::new(&[1001]).await;
    let (mut dialog, _) = stand.dial("8001").await;
    let invite = stand.agents[0].asked("INVITE").await;
    stand.agents[0].answer(&invite, 180, "").await;
    stand.caller.hang_up(&mut dialog).await;
    let cancel = stand.agents[0].asked("CANCEL").await;
    assert!(cancel.header("Reason").contains("The caller hung up"), "{cancel:?}");
    stand.agents[0].answer(&invite, 487, "").await;
    stand.until("the agent is as before", |state| presence(state, 1001) == Presence::Ready).await;
    stand.until_no_calls().await;
}

/// Agent 1001 with two phones that registered, the second given back.
async fn with_a_second_phone() -> (Stand, Phone) {
    let mut plan = Plan::new(&[1001]);
    plan.with_phones_that_register();
    let mut stand = Stand::start(plan).await;
    let mut desk = stand.phone("1001").await;
    let password = password(AgentId(1001));
    stand.agents[0].register("demo.example", &password).await;
    desk.register("demo.example", &password).await;
    (stand, desk)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_phones_ring_and_the_first_answer_wins() {
    let (mut stand, mut desk) = with_a_second_phone().await;
    let (_, answer) = stand.dial("8001").await;
    let at_desk = desk.asked("INVITE").await;
    let invite = stand.agents[0].asked("INVITE").await;
    assert_ne!(at_desk.header("Call-ID"), invite.header("Call-ID"));
    stand.agents[0].answer(&invite, 486, "").await;
    stand.agents[0].asked("ACK").await;
    desk.answer(&at_desk, 180, "").await;
    let sdp = desk.sdp("sendrecv");
    desk.answer(&at_desk, 200, &sdp).await;
    desk.asked("ACK").await;
    stand.caller.is_heard(answer.audio(), &desk).await;
    stand.until("the agent talks", |state| presence(state, 1001) == Presence::Ready).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_phones_that_did_not_win_stop_ringing() {
    let (mut stand, mut desk) = with_a_second_phone().await;
    stand.dial("8001").await;
    let at_desk = desk.asked("INVITE").await;
    desk.answer(&at_desk, 180, "").await;
    stand.pick_up(0).await;
    let cancel = desk.asked("CANCEL").await;
    assert!(cancel.header("Reason").contains("Call completed elsewhere"), "{cancel:?}");
}
