//! The main job: calls that wait for one agent.

use engine::{AgentId, Line};

use crate::stand::{SALES, Stand, dial, is_waiting_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_call_goes_before_an_older_public_one() {
    let mut stand = Stand::new(&[1099]).await;
    let mut talk = stand.talk("8001", 0).await;
    let mut public = stand.phone("+49301").await;
    dial(&mut public, "8001").await;
    stand.until("the public call waits", |state| is_waiting_in(state, Line::Queue(SALES))).await;
    let mut private = stand.phone("+49302").await;
    dial(&mut private, "1099").await;
    stand.until("the private call waits", |state| is_waiting_in(state, Line::Private(AgentId(1099)))).await;
    assert_eq!(stand.private(1099).len(), 1);
    stand.agents[0].hang_up(&mut talk.agent).await;
    let (_, invite) = stand.pick_up(0).await;
    assert!(invite.header("From").contains("+49302"), "{invite:?}");
    stand.until("it is empty", |state| state.private_queue(AgentId(1099)).next().is_none()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_agent_is_rung_at_once() {
    let mut stand = Stand::new(&[1099]).await;
    stand.talk("1099", 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colleague_calls_a_colleague() {
    let mut stand = Stand::new(&[1001, 1002]).await;
    let (mut dialog, answer) = dial(&mut stand.agents[0], "1002").await;
    let (_, invite) = stand.pick_up(1).await;
    assert!(invite.header("From").contains("sip:1001@demo.example"), "{invite:?}");
    let (first, second) = stand.agents.split_at_mut(1);
    first[0].is_heard(answer.audio(), &second[0]).await;
    stand.agents[0].hang_up(&mut dialog).await;
    stand.agents[1].asked("BYE").await;
    stand.until_no_calls().await;
}
