//! Feature codes: what agents dial to say how they are.

use engine::{AgentId, NotReadyKind, Presence};

use crate::phone::Phone;
use crate::stand::Stand;

/// A code that works is answered 200 and hung up.
async fn dialled(phone: &mut Phone, code: &str) {
    let mut dialog = phone.call(code).await;
    phone.expect(&mut dialog, 200).await;
    phone.ack(&dialog).await;
    phone.asked("BYE").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_says_how_it_is() {
    let mut stand = Stand::new(&[1001]).await;
    dialled(&mut stand.agents[0], "*72").await;
    stand
        .until("not ready", |state| {
            let presence = state.agent(AgentId(1001)).unwrap().presence;
            matches!(presence, Presence::NotReady(why) if why.kind == NotReadyKind::Busy && why.reason == 0)
        })
        .await;
    dialled(&mut stand.agents[0], "*71").await;
    stand.until("ready", |state| state.agent(AgentId(1001)).unwrap().presence == Presence::Ready).await;
    dialled(&mut stand.agents[0], "*70").await;
    let mut dialog = stand.agents[0].call("*73").await;
    // Signed in for ever by configuration.
    stand.agents[0].expect(&mut dialog, 480).await;
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_have_no_feature_codes() {
    let mut stand = Stand::new(&[1001]).await;
    let mut dialog = stand.caller.call("*71").await;
    stand.caller.expect(&mut dialog, 404).await;
}
