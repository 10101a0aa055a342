//! Single calls.

use std::time::Duration;

use engine::{Call, CallId, Cause, Line, Place, QueueId, StayAt, VdnId};
use serde::Serialize;
use utoipa::ToSchema;

use super::codes::{Device, NO_USE, PHONE, entered, feature};
use super::desk::{Desk, Scene, millis};
use super::field::question;
use super::fields::{CALL, CC, VDN};
use super::interface::{About, Interface, Refused, Reply, about};
use super::skills::number;

question! {
    /// About a call in progress.
    OneCall { cc: u16 = CC, vdn: VdnId = VDN, call: String = CALL }
}

/// Reads a call's id; its time may be in milliseconds.
///
/// # Errors
/// It is none.
pub(super) fn call_id(text: &str) -> Result<CallId, Refused> {
    const SECONDS_DIGITS: usize = 10;
    let (time, number) = text.split_once('-').unwrap_or((text, ""));
    let seconds = if time.len() == SECONDS_DIGITS + 3 { time.get(..SECONDS_DIGITS) } else { None };
    let id = format!("{}-{number}", seconds.unwrap_or(time)).parse();
    id.map_err(|form| Refused::parameter(format!("callId: {text:?} is none: {form}")))
}

/// What is told of a call in progress.
struct Told {
    number: String,
    skill: String,
    device: Device,
    waited: Duration,
    talked: Duration,
    lasted: Duration,
    cause: Cause,
}

impl Told {
    fn of(scene: &Scene<'_>, call: &Call) -> Self {
        let (waiting, talking, cause) = now(scene, call);
        let stays = |is_meant: fn(&StayAt) -> bool| -> Duration {
            let meant = call.history.iter().filter(|stay| is_meant(&stay.at));
            meant.map(|stay| stay.until.since(stay.from)).sum()
        };
        Self {
            number: number(&call.caller),
            skill: last_queue(scene, call),
            device: Device::of(&call.place),
            waited: waiting + stays(|at| matches!(at, StayAt::Line(_))),
            talked: talking + stays(|at| matches!(at, StayAt::Agent(_) | StayAt::Outside(_))),
            lasted: scene.now.since(call.arrived),
            cause,
        }
    }
}

/// For how long the call has waited and talked in the place where it is, and why it came there.
fn now(scene: &Scene<'_>, call: &Call) -> (Duration, Duration, Cause) {
    let served_for = call.history.last().map_or(Cause::Dialled, |stay| stay.cause);
    match &call.place {
        Place::Waiting(wait) | Place::Offered { wait, .. } => {
            (scene.now.since(wait.joined), Duration::ZERO, wait.cause)
        }
        Place::Talking { since, .. } | Place::Outside { since, answered: true, .. } => {
            (Duration::ZERO, scene.now.since(*since), served_for)
        }
        Place::Outside { answered: false, .. } => (Duration::ZERO, Duration::ZERO, served_for),
    }
}

/// The name of the queue that the call is in, or was in last.
fn last_queue(scene: &Scene<'_>, call: &Call) -> String {
    let here = match &call.place {
        Place::Waiting(wait) | Place::Offered { wait, .. } => queue_of(wait.line),
        Place::Talking { line, .. } => queue_of(*line),
        Place::Outside { .. } => None,
    };
    let queue = here.or(call.origin_queue).and_then(|queue| scene.state.queue(queue));
    queue.map(|queue| queue.name.to_string()).unwrap_or_default()
}

const fn queue_of(line: Line) -> Option<QueueId> {
    match line {
        Line::Queue(queue) => Some(queue),
        Line::Private(_) => None,
    }
}

/// `calldata/querybasiccallinfo`.
pub(super) struct Basics;

/// A call in progress. Marks of media servers and trunks do not exist here and are 0.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BasicCall {
    /// When it came, in milliseconds since 1970.
    time: i64,
    /// 0.
    dsn: u32,
    /// 0.
    handle: u32,
    /// 0.
    server: u32,
    /// Empty.
    key_id: String,
    /// Who calls; empty when withheld.
    calling_num: String,
    /// The number that was called.
    called_num: String,
    /// 0.
    mid: u32,
    /// 65535: not known.
    trunk_no: u32,
    /// Its priority, 1 to 254, higher first.
    priority: u32,
    /// Where it is: 1 in a queue, 2 with an agent or in its private queue, 5 outside.
    device_type: u32,
    /// The queue's or agent's id; 0 outside.
    device_no: u32,
    /// The name of the queue that it is in, or was in last.
    call_skill: String,
    /// How many places it was in.
    party_num: usize,
    /// What kind of call: 0 a customer's, 1 an agent's, 51 one about which agents consult.
    call_feature: u32,
    /// The number that was called first, if that was another: empty.
    orgi_called_num: String,
    /// 5: voice.
    media_type: u32,
    /// 0.
    place: u32,
    /// For how many seconds it has waited in all.
    wait_time: u64,
    /// For how many seconds it was talked with in all.
    total_talking_times: u64,
    /// For how many seconds it is here.
    logon_times: u64,
    /// 0.
    service_type: u32,
    /// 65535: none.
    call_in_cause: u32,
    /// Why it came to where it is.
    enter_reason: u32,
    /// 0.
    media_bill_type: u32,
}

impl BasicCall {
    fn of(scene: &Scene<'_>, call: &Call) -> Self {
        let told = Told::of(scene, call);
        Self {
            time: millis(call.arrived),
            dsn: 0,
            handle: 0,
            server: 0,
            key_id: String::new(),
            calling_num: told.number,
            called_num: call.called.to_string(),
            mid: 0,
            trunk_no: NO_USE,
            priority: call.priority.into(),
            device_type: told.device.kind as u32,
            device_no: told.device.number,
            call_skill: told.skill,
            party_num: call.history.len() + 1,
            call_feature: feature(call),
            orgi_called_num: String::new(),
            media_type: PHONE,
            place: 0,
            wait_time: told.waited.as_secs(),
            total_talking_times: told.talked.as_secs(),
            logon_times: told.lasted.as_secs(),
            service_type: 0,
            call_in_cause: NO_USE,
            enter_reason: entered(told.cause),
            media_bill_type: 0,
        }
    }
}

impl Interface for Basics {
    const ABOUT: About = About {
        bms: &["querybasecallinfo"],
        ..about!(
            "calldata/querybasiccallinfo",
            Calls,
            "Basic information of a call",
            r#"{"ccId":1,"vdn":170,"callId":"1605492135000-15173"}"#
        )
    };
    type Question = OneCall;
    type Data = BasicCall;

    fn answer(desk: &Desk<'_>, asked: OneCall) -> Result<Reply<Self::Data>, Refused> {
        let id = call_id(&asked.call)?;
        desk.at(asked.cc, asked.vdn, |scene| Ok(BasicCall::of(scene, scene.call(id)?).into()))
    }
}

/// `calldata/querydetailcallinfo`.
pub(super) struct Details;

/// A call in progress, with what its documents call details. Marks of media servers and trunks are 0.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DetailedCall {
    /// 0.
    cb: u64,
    /// When it came, in milliseconds since 1970.
    time: i64,
    /// 0.
    dsn: u32,
    /// 0.
    handle: u32,
    /// 0.
    server: u32,
    /// Empty.
    key_id: String,
    /// Who calls; empty when withheld.
    calling_num: String,
    /// The number that was called.
    called_num: String,
    /// 0.
    mid: u32,
    /// 65535: not known.
    trunk_no: u32,
    /// Its priority, 1 to 254, higher first.
    priority: u32,
    /// Where it is: 1 in a queue, 2 with an agent or in its private queue, 5 outside.
    device_type: u32,
    /// The queue's or agent's id; 0 outside.
    device_no: u32,
    /// Empty.
    call_data: String,
    /// 0.
    call_data_len: u32,
    /// The name of the queue that it is in, or was in last.
    call_skill: String,
    /// How many places it was in.
    party_num: usize,
    /// What kind of call, as text: 0 a customer's, 1 an agent's, 51 one about which agents consult.
    call_feature: String,
    /// The number that was called first, if that was another: empty.
    orgi_called_num: String,
    /// 5, as text: voice.
    media_type: String,
    /// 0.
    place: u32,
    /// For how many seconds it has waited in all.
    wait_time: u64,
    /// For how many seconds it was talked with in all.
    total_talking_times: u64,
    /// For how many seconds it is here.
    logon_times: u64,
}

impl From<BasicCall> for DetailedCall {
    fn from(of: BasicCall) -> Self {
        Self {
            cb: 0,
            time: of.time,
            dsn: of.dsn,
            handle: of.handle,
            server: of.server,
            key_id: of.key_id,
            calling_num: of.calling_num,
            called_num: of.called_num,
            mid: of.mid,
            trunk_no: of.trunk_no,
            priority: of.priority,
            device_type: of.device_type,
            device_no: of.device_no,
            call_data: String::new(),
            call_data_len: 0,
            call_skill: of.call_skill,
            party_num: of.party_num,
            call_feature: of.call_feature.to_string(),
            orgi_called_num: of.orgi_called_num,
            media_type: of.media_type.to_string(),
            place: of.place,
            wait_time: of.wait_time,
            total_talking_times: of.total_talking_times,
            logon_times: of.logon_times,
        }
    }
}

impl Interface for Details {
    const ABOUT: About = About {
        bms: &["callinfo"],
        ..about!(
            "calldata/querydetailcallinfo",
            Calls,
            "Details of a private call",
            r#"{"ccId":1,"vdn":170,"callId":"1605492190-30176"}"#
        )
    };
    type Question = OneCall;
    type Data = DetailedCall;

    /// Of every call in progress, private or not.
    fn answer(desk: &Desk<'_>, asked: OneCall) -> Result<Reply<Self::Data>, Refused> {
        let id = call_id(&asked.call)?;
        desk.at(asked.cc, asked.vdn, |scene| Ok(DetailedCall::from(BasicCall::of(scene, scene.call(id)?)).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_seconds_or_milliseconds() {
        let id = |text| call_id(text).map(|id| (id.second, id.number));
        assert_eq!(id("1453723531-574"), Ok((1_453_723_531, 574)));
        assert_eq!(id("1659513159000-546750"), Ok((1_659_513_159, 546_750)));
        assert_eq!(id("1-5171"), Ok((1, 5171)));
        for wrong in ["", "-", "1453723531", "1453723531-", "-574", "a-1", "1453723531-574-1", "１４53723531-1"] {
            let expected = format!("callId: {wrong:?} is none: a call id looks like 1605492949-1447");
            assert_eq!(id(wrong), Err(Refused::parameter(expected)));
        }
    }
}
