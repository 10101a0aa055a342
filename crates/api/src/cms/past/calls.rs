//! Call records.

use std::time::Duration;

use engine::{Timestamp, VdnId};
use history::{CallQuery, CallRow, Direction};
use serde::Serialize;
use utoipa::ToSchema;

use super::indexes::zone;
use super::zone::Stretch;
use crate::cms::calls::call_id;
use crate::cms::codes::{self, PHONE};
use crate::cms::desk::{Desk, millis};
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{ANY, CALL, CC, LIMIT_100, OFFSET, VDN};
use crate::cms::interface::{About, Envelope, Form, Interface, Refused, Reply, about};

const CALLER: Field =
    Field { name: "callerNo", kind: Kind::Text(64), about: "Calls from this number; empty: from all." };
const CALLED: Field = Field { name: "calleeNo", kind: Kind::Text(64), about: "Calls to this number; empty: to all." };
const FROM: Field = Field {
    name: "beginDate",
    kind: Kind::Digits(ANY),
    about: "Calls that arrived then or later, in milliseconds since 1970; not before yesterday.",
};
const UNTIL: Field =
    Field { name: "endDate", kind: Kind::Digits(ANY), about: "Calls that arrived until then; not after today." };
const IS_IN: Field = Field { name: "isCallIn", kind: Kind::Flag, about: "true: inbound calls; false: all others." };
const IS_IN_BY_ID: Field = Field { name: "isCallin", kind: Kind::Flag, about: "Whether the call is inbound." };

/// How many calls are answered when no limit is named.
const LIMIT: usize = 100;

question! {
    /// About inbound calls.
    OfInbound {
        cc: u16 = CC,
        vdn: VdnId = VDN,
        caller: Option<String> = CALLER,
        called: Option<String> = CALLED,
        from: i64 = FROM,
        until: i64 = UNTIL,
        limit: Option<u32> = LIMIT_100,
        offset: Option<u64> = OFFSET,
    }
}

question! {
    /// About calls.
    OfCalls {
        cc: u16 = CC,
        vdn: VdnId = VDN,
        caller: Option<String> = CALLER,
        called: Option<String> = CALLED,
        from: i64 = FROM,
        until: i64 = UNTIL,
        is_in: bool = IS_IN,
        limit: Option<u32> = LIMIT_100,
        offset: Option<u64> = OFFSET,
    }
}

/// Calls, and how many there are.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::cms) struct CallRecords {
    data: Vec<CallRecord>,
    /// How many there are without limit and offset.
    count: u64,
}

/// An ended call. Times are in milliseconds since 1970, "0" for what did not happen.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct CallRecord {
    /// When it arrived.
    log_date: String,
    /// Who called; empty when withheld.
    caller_no: String,
    /// The number that was called.
    callee_no: String,
    call_id: String,
    /// 0 inbound, 6 internal, 7 outbound.
    call_type: String,
    /// When it first waited.
    wait_begin: String,
    /// When a phone first rang for it.
    ack_begin: String,
    /// When it was answered.
    call_begin: String,
    /// When it ended.
    call_end: String,
    vdn: u32,
    /// Why it left its last place.
    leave_reason: String,
    /// 5: voice.
    media_type: u32,
    /// 0.
    sub_media_type: u32,
}

impl CallRecord {
    fn of(vdn: VdnId, row: &CallRow) -> Self {
        let text = |at: Option<Timestamp>| at.map_or(0, millis).to_string();
        Self {
            log_date: text(Some(row.arrived)),
            caller_no: row.caller.to_string(),
            callee_no: row.called.to_string(),
            call_id: row.call.to_string(),
            call_type: codes::call_type(row.direction).to_string(),
            wait_begin: text(row.wait_began),
            ack_begin: text(row.ring_began),
            call_begin: text(row.answered),
            call_end: text(row.ended),
            vdn: vdn.0.into(),
            leave_reason: row.left.map_or(0, |left| codes::left(left, row.answered.is_some())).to_string(),
            media_type: PHONE,
            sub_media_type: 0,
        }
    }
}

/// What is asked in both versions.
struct Page {
    cc: u16,
    vdn: VdnId,
    query: CallQuery,
}

fn page(desk: &Desk<'_>, asked: Page) -> Result<Reply<CallRecords>, Refused> {
    let (zone, now) = zone(desk, asked.cc, asked.vdn)?;
    let today = zone.day(now);
    let yesterday = zone.day(Timestamp::from_seconds(today - 1));
    let end = Stretch::day(today).until.0;
    let CallQuery { from, until, .. } = asked.query;
    if from.seconds() < yesterday {
        let sentence = format!("beginDate: {} is before yesterday, {}", millis(from), yesterday * 1000);
        return Err(Refused::parameter(sentence));
    }
    if until.seconds() > end {
        return Err(Refused::parameter(format!("endDate: {} is after today", millis(until))));
    }
    let page = desk.history(asked.cc, asked.vdn)?.calls(&asked.query);
    let page = page.map_err(|error| Refused::unreadable(&error))?;
    let data = page.calls.iter().map(|row| CallRecord::of(asked.vdn, row)).collect();
    Ok(CallRecords { data, count: page.count }.into())
}

fn query(
    (from, until): (i64, i64),
    numbers: (Option<String>, Option<String>),
    directions: &[Direction],
    limits: (Option<u32>, Option<u64>),
) -> CallQuery {
    let at = |millis: i64| Timestamp(millis.saturating_mul(1000));
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    CallQuery {
        from: at(from),
        // The millisecond that is named is part of it.
        until: at(until.saturating_add(1)),
        caller: numbers.0.filter(|number| !number.is_empty()),
        called: numbers.1.filter(|number| !number.is_empty()),
        directions: directions.to_vec(),
        limit: limits.0.map_or(LIMIT, |limit| count(limit.into())),
        offset: limits.1.map_or(0, count),
    }
}

/// `vdn/querycalls`.
pub(in crate::cms) struct InboundCalls;

impl Interface for InboundCalls {
    const ABOUT: About = About {
        envelope: Envelope::B,
        ..about!(
            "vdn/querycalls",
            History,
            "Inbound calls",
            r#"{"ccId":1,"vdn":170,"beginDate":1605484800000,"endDate":1605571199000,"limit":10,"offset":0}"#
        )
    };
    type Question = OfInbound;
    type Data = CallRecords;

    fn answer(desk: &Desk<'_>, asked: OfInbound) -> Result<Reply<CallRecords>, Refused> {
        let numbers = (asked.caller, asked.called);
        let query = query((asked.from, asked.until), numbers, &[Direction::Inbound], (asked.limit, asked.offset));
        page(desk, Page { cc: asked.cc, vdn: asked.vdn, query })
    }
}

/// `vdn/querycalls` of the second version.
pub(in crate::cms) struct Calls;

impl Interface for Calls {
    const ABOUT: About = About {
        path: "/rest/cmsapp/v2/openapi/vdn/querycalls",
        envelope: Envelope::B,
        ..about!(
            "vdn/querycalls/v2",
            History,
            "Calls",
            r#"{"ccId":1,"vdn":170,"beginDate":1605484800000,"endDate":1605571199000,"isCallIn":"true","callerNo":"+4930100"}"#
        )
    };
    type Question = OfCalls;
    type Data = CallRecords;

    fn answer(desk: &Desk<'_>, asked: OfCalls) -> Result<Reply<CallRecords>, Refused> {
        let numbers = (asked.caller, asked.called);
        let directions =
            if asked.is_in { &[Direction::Inbound][..] } else { &[Direction::Outbound, Direction::Internal] };
        let query = query((asked.from, asked.until), numbers, directions, (asked.limit, asked.offset));
        page(desk, Page { cc: asked.cc, vdn: asked.vdn, query })
    }
}

question! {
    /// About an ended call, wherever it was.
    OfOneCall { cc: u16 = CC, is_in: bool = IS_IN_BY_ID, call: String = CALL }
}

/// `calldata/querycalldetailbyid`.
pub(in crate::cms) struct OneCall;

/// An ended call. Spans are in seconds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct CallDetail {
    vdn: u32,
    call_id: String,
    /// Who called; empty when withheld.
    caller_no: String,
    /// The number that was called.
    callee_no: String,
    /// 0 inbound, 6 internal, 7 outbound.
    call_type: u32,
    /// The last agent who answered it; 65535: none.
    agent_id: u32,
    /// The last queue that it came to; 65535: none.
    skill_id: u32,
    /// 1: the caller's number was withheld. Of inbound calls only.
    #[serde(skip_serializing_if = "Option::is_none")]
    anony_call: Option<u32>,
    /// For how long it waited.
    queue_wait_time: u64,
    /// 0: there are no flows.
    ivr_call_time: u64,
    /// For how long phones rang for it.
    ack_time: u64,
    /// For how long it was talked with.
    call_time: u64,
    /// Why it ended.
    release_cause: u32,
}

impl CallDetail {
    fn of(vdn: VdnId, row: &CallRow) -> Self {
        let seconds = |span: Duration| span.as_secs();
        let is_in = row.direction == Direction::Inbound;
        Self {
            vdn: vdn.0.into(),
            call_id: row.call.to_string(),
            caller_no: row.caller.to_string(),
            callee_no: row.called.to_string(),
            call_type: codes::call_type(row.direction),
            agent_id: row.last_agent.map_or(codes::NO_USE, |agent| agent.0),
            skill_id: row.last_queue.map_or(codes::NO_USE, |queue| queue.0.into()),
            anony_call: is_in.then(|| u32::from(row.caller.is_empty())),
            queue_wait_time: seconds(row.waited),
            ivr_call_time: 0,
            ack_time: seconds(row.rang),
            call_time: seconds(row.talked),
            release_cause: row.ending.map_or(0, codes::release),
        }
    }
}

impl Interface for OneCall {
    const ABOUT: About = About {
        form: Form::Either,
        ..about!(
            "calldata/querycalldetailbyid",
            History,
            "Record of a call",
            r#"{"queryParam":{"ccId":1,"isCallin":"true","callId":"1605492130000-5171"}}"#
        )
    };
    type Question = OfOneCall;
    type Data = CallDetail;

    /// A call's number says whose it is.
    fn answer(desk: &Desk<'_>, asked: OfOneCall) -> Result<Reply<CallDetail>, Refused> {
        let id = call_id(&asked.call)?;
        let vdn = u16::try_from(id.number % engine::CallId::NUMBER_STEP).map_or(VdnId(0), VdnId);
        let found = desk.history(asked.cc, vdn)?.call(id).map_err(|error| Refused::unreadable(&error))?;
        let is_meant = |row: &CallRow| row.ended.is_some() && (row.direction == Direction::Inbound) == asked.is_in;
        let row = found.map(|(row, _)| row).filter(is_meant);
        let none = || Refused::parameter(format!("callId: there is no record of such a call {id}"));
        row.map(|row| CallDetail::of(vdn, &row).into()).ok_or_else(none)
    }
}
