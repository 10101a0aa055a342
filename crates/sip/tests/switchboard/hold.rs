//! Hold and retrieve by re-INVITE.

use engine::Place;

use crate::stand::Stand;

fn is_held(state: &engine::State) -> bool {
    state.calls().any(|call| matches!(call.place, Place::Talking { held: true, .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_caller_hears_hold_audio_and_is_retrieved() {
    let mut stand = Stand::new(&[1001]).await;
    let mut talk = stand.talk("8001", 0).await;
    let held = stand.agents[0].sdp("sendonly");
    stand.agents[0].request(&mut talk.agent, "INVITE", "", &held).await;
    let answer = stand.agents[0].expect(&mut talk.agent, 200).await;
    stand.agents[0].ack(&talk.agent).await;
    assert!(answer.body.contains("a=recvonly"), "{answer:?}");
    stand.until("it is held", is_held).await;
    let mut silence = true;
    for _ in 0..50 {
        silence &= stand.caller.hear().await.iter().all(|sample| *sample == 0xd5);
    }
    assert!(!silence, "the caller hears hold audio");
    let again = stand.agents[0].sdp("sendrecv");
    stand.agents[0].request(&mut talk.agent, "INVITE", "", &again).await;
    stand.agents[0].expect(&mut talk.agent, 200).await;
    stand.agents[0].ack(&talk.agent).await;
    stand.until("it is not held", |state| !is_held(state)).await;
    stand.agents[0].is_heard(talk.to_agent_port, &stand.caller).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_may_hold_too_and_hang_up_meanwhile() {
    let mut stand = Stand::new(&[1001]).await;
    let mut talk = stand.talk("8001", 0).await;
    let held = stand.caller.sdp("inactive");
    stand.caller.request(&mut talk.caller, "INVITE", "", &held).await;
    let answer = stand.caller.expect(&mut talk.caller, 200).await;
    stand.caller.ack(&talk.caller).await;
    assert!(answer.body.contains("a=inactive"), "{answer:?}");
    stand.until("it is held", is_held).await;
    stand.caller.hang_up(&mut talk.caller).await;
    stand.agents[0].asked("BYE").await;
    stand.until_no_calls().await;
}
