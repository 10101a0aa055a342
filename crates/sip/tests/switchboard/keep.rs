//! An agent keeps its call while it has asked for somebody else.

use engine::{AgentId, Command, Line, Place, Transfer, TransferMode, TransferTo};
use node::Submission;
use sip::settings::OutboundRule;

use crate::phone::{Dialog, Message, Phone};
use crate::stand::{Plan, Stand, Talk, dial, is_waiting_in, pick_up};

const SENDER: AgentId = AgentId(1001);
const OTHER: AgentId = AgentId(1099);

async fn wishes(stand: &Stand, to: TransferTo, mode: TransferMode) {
    let call = stand.node.read(|state, _| {
        let talks = |call: &&engine::Call| matches!(call.place, Place::Talking { agent, .. } if agent == SENDER);
        state.calls().find(talks).unwrap().id
    });
    let wish = Transfer { call, agent: SENDER, to, mode, expected_wait_max: None };
    is_done(stand, Command::TransferBy(wish)).await;
}

/// Of the one call that is kept.
async fn keeper_says(stand: &Stand, command: impl Fn(engine::CallId) -> Command) {
    let call = stand.node.read(|state, _| state.calls().find(|call| call.keeper.is_some()).unwrap().id);
    is_done(stand, command(call)).await;
}

/// Has a command decided, and waits until views show it.
async fn is_done(stand: &Stand, command: Command) {
    let receipt = stand.node.submit(Submission::wish(command)).await.unwrap();
    assert!(stand.node.reached(receipt.position).await);
}

/// One of the two agents hears the other.
async fn is_heard_by_the_other(stand: &mut Stand, speaker: usize, to: std::net::SocketAddr) {
    let (first, second) = stand.agents.split_at_mut(1);
    let (speaker, listener) = if speaker == 0 { (&mut first[0], &second[0]) } else { (&mut second[0], &first[0]) };
    speaker.is_heard(to, listener).await;
}

async fn caller_and_sender_talk(stand: &mut Stand, talk: &Talk) {
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[0]).await;
    stand.agents[0].is_heard(talk.to_agent_port, &stand.caller).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_keeps_its_caller_until_an_engaged_colleague_answers() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut first = stand.phone("+49307").await;
    dial(&mut first, "1099").await;
    let (mut busy, _) = stand.pick_up(1).await;
    let talk = stand.talk("1001", 0).await;
    wishes(&stand, TransferTo::Agent(OTHER), TransferMode::Success).await;
    stand.until("it waits in private", |state| is_waiting_in(state, Line::Private(OTHER))).await;
    assert_eq!(stand.private(1099).len(), 1);
    assert!(!stand.caller.hear().await.is_empty(), "the caller hears hold audio");
    assert!(!stand.agents[0].hear().await.is_empty(), "and the sender that it waits");
    stand.agents[1].hang_up(&mut busy).await;
    first.asked("BYE").await;
    stand.pick_up(1).await;
    stand.agents[0].asked("BYE").await;
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[1]).await;
    stand.until("the sender is free", |state| state.agent(SENDER).unwrap().is_available()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_has_its_caller_back_from_a_colleague_who_declines() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut talk = stand.talk("1001", 0).await;
    wishes(&stand, TransferTo::Agent(OTHER), TransferMode::Success).await;
    let invite = stand.agents[1].asked("INVITE").await;
    stand.agents[1].answer(&invite, 603, "").await;
    stand.agents[1].asked("ACK").await;
    stand
        .until("the sender talks again", |state| {
            state.calls().any(|call| matches!(call.place, Place::Talking { agent: SENDER, .. }))
        })
        .await;
    caller_and_sender_talk(&mut stand, &talk).await;
    stand.agents[0].hang_up(&mut talk.agent).await;
    stand.caller.asked("BYE").await;
    stand.until_no_calls().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_who_hangs_up_lets_its_caller_wait_on() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut talk = stand.talk("1001", 0).await;
    wishes(&stand, TransferTo::Agent(OTHER), TransferMode::Success).await;
    let invite = stand.agents[1].asked("INVITE").await;
    stand.agents[0].hang_up(&mut talk.agent).await;
    stand.until("the sender is free", |state| state.agent(SENDER).unwrap().is_available()).await;
    let sdp = stand.agents[1].sdp("sendrecv");
    stand.agents[1].answer(&invite, 200, &sdp).await;
    stand.agents[1].asked("ACK").await;
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_while_kept_ends_it_for_all() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut talk = stand.talk("1001", 0).await;
    wishes(&stand, TransferTo::Agent(OTHER), TransferMode::Consult).await;
    stand.pick_up(1).await;
    stand.caller.hang_up(&mut talk.caller).await;
    stand.agents[0].asked("BYE").await;
    stand.agents[1].asked("BYE").await;
    stand.until_no_calls().await;
}

/// Caller, sender and colleague, and where the house hears the colleague.
async fn three(mode: TransferMode) -> (Stand, Talk, Dialog, std::net::SocketAddr) {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let talk = stand.talk("1001", 0).await;
    wishes(&stand, TransferTo::Agent(OTHER), mode).await;
    let (other, invite) = stand.pick_up(1).await;
    let to_other = invite.audio();
    (stand, talk, other, to_other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_consult_join_their_caller_and_part_from_each_other() {
    let (mut stand, talk, mut other, to_other) = three(TransferMode::Consult).await;
    is_heard_by_the_other(&mut stand, 1, to_other).await;
    keeper_says(&stand, |call| Command::JoinTalk { call, agent: SENDER }).await;
    stand.agents[1].is_heard(to_other, &stand.caller).await;
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[1]).await;
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[0]).await;
    stand.agents[1].hang_up(&mut other).await;
    stand
        .until("the sender talks again", |state| {
            state.calls().any(|call| matches!(call.place, Place::Talking { agent: SENDER, .. }))
        })
        .await;
    caller_and_sender_talk(&mut stand, &talk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_talk_at_once_and_the_sender_leaves() {
    let (mut stand, mut talk, _, to_other) = three(TransferMode::ThreeParty).await;
    stand.agents[1].is_heard(to_other, &stand.caller).await;
    is_heard_by_the_other(&mut stand, 1, to_other).await;
    stand.agents[0].hang_up(&mut talk.agent).await;
    stand.until("the sender is free", |state| state.agent(SENDER).unwrap().is_available()).await;
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[1]).await;
    stand.agents[1].is_heard(to_other, &stand.caller).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consultation_is_taken_back() {
    let (mut stand, talk, _, _) = three(TransferMode::Consult).await;
    keeper_says(&stand, |call| Command::TakeBack { call, agent: SENDER }).await;
    stand.agents[1].asked("BYE").await;
    caller_and_sender_talk(&mut stand, &talk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_was_held_is_held_when_it_is_taken_back() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut first = stand.phone("+49307").await;
    dial(&mut first, "1099").await;
    stand.pick_up(1).await;
    let mut talk = stand.talk("1001", 0).await;
    let held = stand.agents[0].sdp("sendonly");
    stand.agents[0].request(&mut talk.agent, "INVITE", "", &held).await;
    stand.agents[0].expect(&mut talk.agent, 200).await;
    stand.agents[0].ack(&talk.agent).await;
    stand.until("it is held", is_held).await;
    let call = stand.node.read(|state, _| state.calls().find(|call: &&engine::Call| is_held_at(call)).unwrap().id);
    let (to, mode) = (TransferTo::Agent(OTHER), TransferMode::Consult);
    is_done(&stand, Command::TransferBy(Transfer { call, agent: SENDER, to, mode, expected_wait_max: None })).await;
    is_done(&stand, Command::TakeBack { call, agent: SENDER }).await;
    stand.until("it is held again", is_held).await;
}

fn is_held(state: &engine::State) -> bool {
    state.calls().any(is_held_at)
}

fn is_held_at(call: &engine::Call) -> bool {
    matches!(call.place, Place::Talking { agent, held: true, .. } if agent == SENDER)
}

/// A phone that dials a colleague while it talks: the second dialog, and where the house hears it there.
async fn asks_by_phone(stand: &mut Stand, number: &str) -> (Dialog, std::net::SocketAddr) {
    let (dialog, answer) = dial(&mut stand.agents[0], number).await;
    (dialog, answer.audio())
}

async fn refer(stand: &mut Stand, dialog: &mut Dialog, to: &str) -> Message {
    stand.agents[0].request(dialog, "REFER", &format!("Refer-To: <{to}>\r\n"), "").await;
    stand.agents[0].expect(dialog, 202).await;
    let notify = stand.agents[0].asked("NOTIFY").await;
    assert!(notify.body.starts_with("SIP/2.0 100"), "{notify:?}");
    notify
}

/// NOTIFY with this status ends the subscription.
async fn told(stand: &mut Stand, status: u16) {
    let notify = stand.agents[0].asked("NOTIFY").await;
    assert!(notify.body.starts_with(&format!("SIP/2.0 {status}")), "{notify:?}");
    assert!(notify.header("Subscription-State").starts_with("terminated"), "{notify:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_consults_by_a_second_call_and_transfers() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut talk = stand.talk("1001", 0).await;
    let (second, to_second) = asks_by_phone(&mut stand, "1099").await;
    let (_, invite) = stand.pick_up(1).await;
    is_heard_by_the_other(&mut stand, 0, to_second).await;
    is_heard_by_the_other(&mut stand, 1, invite.audio()).await;
    refer(&mut stand, &mut talk.agent, &format!("sip:1099@demo.example?{}", second.replaces())).await;
    told(&mut stand, 200).await;
    stand.agents[0].asked("BYE").await;
    stand.agents[0].asked("BYE").await;
    stand.caller.is_heard(talk.to_caller_port, &stand.agents[1]).await;
    stand.until("the sender is free", |state| state.agent(SENDER).unwrap().is_available()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_transfers_while_its_colleague_still_rings() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let mut talk = stand.talk("1001", 0).await;
    let (second, _) = asks_by_phone(&mut stand, "1099").await;
    let ringing = stand.agents[1].asked("INVITE").await;
    refer(&mut stand, &mut talk.agent, &format!("sip:1099@demo.example?{}", second.replaces())).await;
    stand.agents[1].answer(&ringing, 486, "").await;
    stand.agents[1].asked("ACK").await;
    told(&mut stand, 603).await;
    stand.agents[0].asked("BYE").await;
    caller_and_sender_talk(&mut stand, &talk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_gives_its_second_call_up() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let talk = stand.talk("1001", 0).await;
    let (mut second, _) = asks_by_phone(&mut stand, "1099").await;
    let ringing = stand.agents[1].asked("INVITE").await;
    stand.agents[1].answer(&ringing, 180, "").await;
    stand.agents[0].hang_up(&mut second).await;
    stand.agents[1].asked("CANCEL").await;
    stand.agents[1].answer(&ringing, 487, "").await;
    caller_and_sender_talk(&mut stand, &talk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_call_to_nobody_is_refused_and_the_first_goes_on() {
    let mut stand = Stand::new(&[1001, 1099]).await;
    let talk = stand.talk("1001", 0).await;
    for (number, status) in [("1999", 404), ("1001", 486), ("0049301", 403)] {
        let mut second = stand.agents[0].call(number).await;
        stand.agents[0].expect(&mut second, status).await;
    }
    caller_and_sender_talk(&mut stand, &talk).await;
}

/// 0049301 leads to the phone given back.
async fn with_a_trunk() -> (Stand, Phone) {
    let mut stand = Stand::start_with(Plan::new(&[1001, 1002]), |settings, agents| {
        let to = format!("sip:{}", agents[1].address());
        settings.trunks[0].outbound.push(OutboundRule { prefix: "00".into(), strip: 2, to });
    })
    .await;
    let outside = stand.agents.pop().unwrap();
    (stand, outside)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_to_the_outside_keeps_the_caller_until_it_is_answered() {
    let (mut stand, mut outside) = with_a_trunk().await;
    let mut talk = stand.talk("1001", 0).await;
    refer(&mut stand, &mut talk.agent, "sip:0049301@demo.example").await;
    let refused = outside.asked("INVITE").await;
    outside.answer(&refused, 486, "").await;
    outside.asked("ACK").await;
    told(&mut stand, 486).await;
    caller_and_sender_talk(&mut stand, &talk).await;
    refer(&mut stand, &mut talk.agent, "sip:0049301@demo.example").await;
    pick_up(&mut outside).await;
    told(&mut stand, 200).await;
    stand.agents[0].asked("BYE").await;
    stand.caller.is_heard(talk.to_caller_port, &outside).await;
    stand.until("the sender is free", |state| state.agent(SENDER).unwrap().is_available()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_consults_the_outside() {
    let (mut stand, mut outside) = with_a_trunk().await;
    let mut talk = stand.talk("1001", 0).await;
    let (second, to_second) = asks_by_phone(&mut stand, "0049301").await;
    pick_up(&mut outside).await;
    stand.agents[0].is_heard(to_second, &outside).await;
    refer(&mut stand, &mut talk.agent, &format!("sip:0049301@demo.example?{}", second.replaces())).await;
    told(&mut stand, 200).await;
    stand.agents[0].asked("BYE").await;
    stand.agents[0].asked("BYE").await;
    stand.caller.is_heard(talk.to_caller_port, &outside).await;
}
