//! Blind transfer by REFER.

use engine::{AgentId, Line};

use crate::phone::Message;
use crate::stand::{Stand, Talk, dial, is_waiting_in};

/// The agent sends its call on; the answer to the REFER.
async fn refer(stand: &mut Stand, talk: &mut Talk, to: &str, expected: u16) -> Message {
    let extra = format!("Refer-To: <{to}>\r\n");
    stand.agents[0].request(&mut talk.agent, "REFER", &extra, "").await;
    stand.agents[0].expect(&mut talk.agent, expected).await
}

async fn they_hear_each_other(stand: &mut Stand, talk: &Talk) {
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_frees_its_sender_at_once() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut talk = stand.talk("1001", 0).await;
    refer(&mut stand, &mut talk, "sip:1099@demo.example", 202).await;
    let notify = stand.agents[0].asked("NOTIFY").await;
    assert!(notify.body.starts_with("SIP/2.0 200"), "{notify:?}");
    assert!(notify.header("Subscription-State").starts_with("terminated"), "{notify:?}");
    stand.agents[0].asked("BYE").await;
    let (_, invite) = stand.pick_up(1).await;
    assert!(invite.header("From").contains("+4930123456"), "{invite:?}");
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[1]).await;
    stand.until("the sender is free", |state| state.agent(AgentId(1001)).unwrap().is_available()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_to_an_engaged_agent_waits_in_private() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut other = stand.phone("+49307").await;
    dial(&mut other, "1099").await;
    let (mut busy, _) = stand.pick_up(1).await;
    let mut talk = stand.talk("1001", 0).await;
    refer(&mut stand, &mut talk, "sip:1099@127.0.0.1", 202).await;
    stand.agents[0].asked("NOTIFY").await;
    stand.agents[0].asked("BYE").await;
    stand.until("it waits in private", |state| is_waiting_in(state, Line::Private(AgentId(1099)))).await;
    assert!(!stand.caller.hear().await.is_empty(), "hold audio");
    stand.agents[1].hang_up(&mut busy).await;
    let (_, invite) = stand.pick_up(1).await;
    assert!(invite.header("From").contains("+4930123456"), "{invite:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_transfer_leaves_the_two_talking() {
    let mut stand = Stand::new(&[1001]).await;
    let mut talk = stand.talk("1001", 0).await;
    for (to, status) in [
        ("sip:1999@demo.example", 404),
        ("sip:1001@demo.example", 486),
        ("sip:0049301234567@demo.example", 403),
        ("sip:8001@demo.example?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2", 481),
    ] {
        refer(&mut stand, &mut talk, to, status).await;
    }
    they_hear_each_other(&mut stand, &talk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_may_not_transfer() {
    let mut stand = Stand::new(&[1001]).await;
    let mut talk = stand.talk("1001", 0).await;
    stand.caller.request(&mut talk.caller, "REFER", "Refer-To: <sip:8001@demo.example>\r\n", "").await;
    stand.caller.expect(&mut talk.caller, 403).await;
    they_hear_each_other(&mut stand, &talk).await;
}
