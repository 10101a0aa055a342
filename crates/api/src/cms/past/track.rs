//! The places that a call was in.

use engine::{Timestamp, VdnId};
use history::{CallRow, PlaceKind, PlaceRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::cms::calls::call_id;
use crate::cms::codes::{self, NO_USE, PHONE};
use crate::cms::desk::{Desk, millis};
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{ANY, CALL, CC, VDN};
use crate::cms::interface::{About, Envelope, Interface, Refused, Reply, about};

const LOGGED: Field = Field {
    name: "logDate",
    kind: Kind::Digits(ANY),
    about: "When the call arrived, in milliseconds since 1970: read over, for its id says it.",
};

question! {
    /// About the track of a call.
    OfTrack { cc: u16 = CC, vdn: VdnId = VDN, call: String = CALL, logged: Option<i64> = LOGGED }
}

/// `vdn/querycalltracedetail`.
pub(in crate::cms) struct Track;

/// A place that a call was in. Times are in milliseconds since 1970, 0 for what did not happen.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct TrackedPlace {
    call_id: String,
    /// 5: voice.
    media_type: u32,
    /// 0.
    sub_media_type: u32,
    /// 1, 2, ...; -1 for the last place of a call that has ended.
    call_id_num: i64,
    /// Who called; empty when withheld.
    caller_no: String,
    /// The number that was called.
    callee_no: String,
    /// When it began to wait there.
    wait_begin: i64,
    /// When a phone there began to ring for it.
    ack_begin: i64,
    /// When it was answered there.
    call_begin: i64,
    /// When it left.
    call_end: i64,
    /// 0.
    sub_cc_no: u32,
    /// 1 a queue, 2 an agent, 5 an outside number.
    device_type: u32,
    /// The queue's or agent's id, or the outside number.
    device_no: String,
    /// The place before, likewise; empty for the first.
    device_in: String,
    /// 0 inbound, 6 internal, 7 outbound.
    call_type: u32,
    /// Why the call ended; 0 but for the last place.
    release_cause: u32,
    /// Why it came.
    #[serde(rename = "EnterReason")]
    enter_reason: u32,
    /// Why it left.
    #[serde(rename = "LeaveReason")]
    leave_reason: u32,
    /// The queue, or the last one before; 65535: none.
    #[serde(rename = "CurrentSkillID")]
    current_skill_id: u32,
}

/// What came before a place.
#[derive(Clone, Copy, Default)]
struct Before<'a> {
    place: Option<&'a PlaceRow>,
    queue: Option<&'a PlaceRow>,
}

impl TrackedPlace {
    fn of(call: &CallRow, row: &PlaceRow, before: Before<'_>, is_last: bool) -> Self {
        let time = |at: Option<Timestamp>| at.map_or(0, millis);
        let queue = if row.kind == PlaceKind::Queue { Some(row) } else { before.queue };
        Self {
            call_id: call.call.to_string(),
            media_type: PHONE,
            sub_media_type: 0,
            call_id_num: if is_last { -1 } else { row.number.into() },
            caller_no: call.caller.to_string(),
            callee_no: call.called.to_string(),
            wait_begin: time(row.waited_from),
            ack_begin: time(row.rang_from),
            call_begin: time(row.talked_from),
            call_end: time(row.left),
            sub_cc_no: 0,
            device_type: codes::device(row.kind),
            device_no: row.place.to_string(),
            device_in: before.place.map(|before| before.place.to_string()).unwrap_or_default(),
            call_type: codes::call_type(call.direction),
            release_cause: call.ending.filter(|_| is_last).map_or(0, codes::release),
            enter_reason: codes::came(row.entered_why, row.kept, row.kind),
            leave_reason: row.left_why.map_or(0, |left| codes::left(left, row.talked_from.is_some())),
            current_skill_id: queue.and_then(|queue| queue.place.parse().ok()).unwrap_or(NO_USE),
        }
    }
}

fn track(call: &CallRow, places: &[PlaceRow]) -> Vec<TrackedPlace> {
    let mut before = Before::default();
    let mut tracked = Vec::with_capacity(places.len());
    for (nth, row) in places.iter().enumerate() {
        let is_last = call.ended.is_some() && nth + 1 == places.len();
        tracked.push(TrackedPlace::of(call, row, before, is_last));
        before.place = Some(row);
        if row.kind == PlaceKind::Queue {
            before.queue = Some(row);
        }
    }
    tracked
}

impl Interface for Track {
    const ABOUT: About = About {
        envelope: Envelope::B,
        ..about!(
            "vdn/querycalltracedetail",
            History,
            "Track of a call",
            r#"{"ccId":1,"vdn":170,"callId":"1605492130-5171","logDate":1605492130000}"#
        )
    };
    type Question = OfTrack;
    type Data = Vec<TrackedPlace>;

    fn answer(desk: &Desk<'_>, asked: OfTrack) -> Result<Reply<Self::Data>, Refused> {
        let id = call_id(&asked.call)?;
        let found = desk.history(asked.cc, asked.vdn)?.call(id).map_err(|error| Refused::unreadable(&error))?;
        let none = || Refused::parameter(format!("callId: there is no record of call {id} in VDN {}", asked.vdn));
        let (call, places) = found.ok_or_else(none)?;
        Ok(track(&call, &places).into())
    }
}
