//! The calls that wait in queues.

use engine::{Call, Caller, Queue, QueueId, VdnId};
use serde::Serialize;
use utoipa::ToSchema;

use super::ManyQueues;
use super::figures::joined;
use crate::cms::agents::Id;
use crate::cms::codes::{PHONE_NAME, feature};
use crate::cms::desk::{Desk, Scene, millis};
use crate::cms::field::question;
use crate::cms::fields::{CC, QUEUE, VDN};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// `skill/queuedevicestatus`.
pub(in crate::cms) struct QueueCalls;

question! {
    /// About one queue.
    OneQueue { cc: u16 = CC, vdn: VdnId = VDN, queue: QueueId = QUEUE }
}

/// A call that waits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct WaitingCall {
    call_id: Id,
    /// Its priority, 1 to 254, higher first.
    customer_level: u32,
    /// What kind of call: 0 a customer's, 1 an agent's, 51 one about which agents consult.
    request_type: u32,
}

impl From<&Call> for WaitingCall {
    fn from(call: &Call) -> Self {
        Self { call_id: call.into(), customer_level: call.priority.into(), request_type: feature(call) }
    }
}

impl Interface for QueueCalls {
    const ABOUT: About = About {
        bms: &["querybatchmultiskillqueue"],
        ..about!("skill/queuedevicestatus", Skills, "State of a queue", r#"{"ccId":1,"vdn":170,"skillId":1}"#)
    };
    type Question = OneQueue;
    type Data = Vec<WaitingCall>;

    /// The calls that wait in the queue, in the order in which they will be served.
    fn answer(desk: &Desk<'_>, asked: OneQueue) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            scene.queue(asked.queue)?;
            Ok(scene.state.waiting(asked.queue).map(WaitingCall::from).collect::<Vec<_>>().into())
        })
    }
}

/// `skill/batchmultiskill`.
pub(in crate::cms) struct QueuesCalls;

/// The calls that wait for a queue's agents.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct CallsOfQueue {
    /// Which queue.
    skill_id: u32,
    call_property_exs: Vec<CallProperties>,
}

/// A call that waits, in detail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct CallProperties {
    call_id: Id,
    /// Its priority, 1 to 254, higher first.
    customer_level: u32,
    /// What kind of call: 0 a customer's, 1 an agent's, 51 one about which agents consult.
    request_type: u32,
    /// Who calls; empty when withheld.
    calling: String,
    /// The number that was called.
    called: String,
    #[schema(value_type = String, example = "MEDIA_TYPE_PHONE")]
    media_type: &'static str,
    /// The number that was called first, if that was another: empty.
    orgi_called: String,
    /// When it came, in milliseconds since 1970.
    call_in_time: i64,
    /// Its priority again.
    call_priority: u64,
    /// For how many seconds it has waited in its queue.
    wait_time: u64,
    /// 1: it waits in this queue; 0: it waits in another one whose calls this one's agents take too.
    call_queue_flag: u64,
}

impl CallProperties {
    fn of(scene: &Scene<'_>, call: &Call, is_main: bool) -> Self {
        let WaitingCall { call_id, customer_level, request_type } = call.into();
        Self {
            call_id,
            customer_level,
            request_type,
            calling: number(&call.caller),
            called: call.called.to_string(),
            media_type: PHONE_NAME,
            orgi_called: String::new(),
            call_in_time: millis(call.arrived),
            call_priority: call.priority.into(),
            wait_time: joined(call).map_or(0, |joined| scene.seconds_since(joined)),
            call_queue_flag: u64::from(is_main),
        }
    }
}

/// The number of who calls.
pub(in crate::cms) fn number(caller: &Caller) -> String {
    match caller {
        Caller::Outside(number) => number.to_string(),
        Caller::Agent(agent) => agent.to_string(),
    }
}

impl Interface for QueuesCalls {
    const ABOUT: About = About {
        bms: &["querybatchmultiskillqueue", "skillcallqueueinfos"],
        ..about!("skill/batchmultiskill", Skills, "All calls that queue", r#"{"ccId":1,"vdn":170,"skillIds":[1,2]}"#)
    };
    type Question = ManyQueues;
    type Data = Vec<CallsOfQueue>;

    /// For each queue its calls in the order in which they will be served, then those of queues that share its agents.
    fn answer(desk: &Desk<'_>, asked: ManyQueues) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let calls = |queue: &Queue| {
                let others = scene.state.queues().filter(|other| other.also.contains(&queue.id));
                let all = std::iter::once(queue).chain(others).flat_map(|host| {
                    let is_main = host.id == queue.id;
                    scene.state.waiting(host.id).map(move |call| CallProperties::of(scene, call, is_main))
                });
                CallsOfQueue { skill_id: queue.id.0.into(), call_property_exs: all.collect() }
            };
            Ok(scene.queues(&asked.queues).map(calls).collect::<Vec<_>>().into())
        })
    }
}
