//! What agents did.

use engine::{AgentId, Timestamp, VdnId};
use history::{Act, Direction, OperationQuery, OperationRow};
use serde::Serialize;
use utoipa::ToSchema;

use super::zone::Zone;
use crate::cms::codes::{self, NO_USE, PHONE};
use crate::cms::desk::Desk;
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::CC;
use crate::cms::interface::{About, Interface, Refused, Reply, about};

const AGENT: Field = Field { name: "currentAgentId", kind: Kind::Integer(&[(0, 999_999)]), about: "Which agent." };
const TYPE: Field = Field {
    name: "operateType",
    kind: Kind::Integer(&[(0, 65_535)]),
    about: "Operations of this type only; docs/cms.md lists them.",
};
const FROM: Field = Field {
    name: "beginTime",
    kind: Kind::Text(19),
    about: "Those that began then or later: 2020-11-16 02:00:00, UTC.",
};
const UNTIL: Field = Field {
    name: "endTime",
    kind: Kind::Text(19),
    about: "And before this; a multiple of 15 minutes later, and at most 24 hours.",
};

question! {
    /// About what an agent did.
    OfOperations {
        cc: Option<u16> = CC,
        agent: AgentId = AGENT,
        kind: Option<u32> = TYPE,
        from: String = FROM,
        until: String = UNTIL,
    }
}

/// More than an agent does in a day; what comes after is not told.
const OPERATIONS_MAX: usize = 10_000;

/// `agent/agentoprinfo`.
pub(in crate::cms) struct Operations;

/// Something that an agent did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct Operation {
    /// Unique in the VDN.
    id: String,
    agent_id: u32,
    vdn_id: u32,
    cc_id: u32,
    /// With which call; empty: none.
    call_id: String,
    /// From which queue that call was served; 65535: none.
    skill_id: u32,
    /// When it began, UTC.
    begin_time: String,
    /// When it ended; empty: it goes on.
    end_time: String,
    /// What it was.
    op_type: u32,
    /// Whom it was about; 65535: nobody.
    op_object: u32,
    /// Why; 65535: there is no cause.
    op_cause: u32,
    /// 5: voice.
    media_type: u32,
    /// 1: the call was made in the house; 0: it came in, or there is none.
    call_in_out: u32,
    /// 65535.
    location_id: u32,
}

impl Operation {
    fn of(cc: u16, vdn: VdnId, row: &OperationRow) -> Self {
        let made_here = matches!(row.direction, Some(Direction::Outbound | Direction::Internal));
        let told = codes::Operated::of(row.act, row.by, row.reason, row.kept);
        Self {
            id: format!("{}-{}", row.position, row.number),
            agent_id: row.agent.0,
            vdn_id: vdn.0.into(),
            cc_id: cc.into(),
            call_id: row.call.map(|call| call.to_string()).unwrap_or_default(),
            skill_id: row.queue.map_or(NO_USE, |queue| queue.0.into()),
            begin_time: Zone::UTC.write(row.began.seconds()),
            end_time: row.ended.map(|ended| Zone::UTC.write(ended.seconds())).unwrap_or_default(),
            op_type: told.kind,
            op_object: if told.is_about_agent { row.agent.0 } else { NO_USE },
            op_cause: told.cause,
            media_type: PHONE,
            call_in_out: u32::from(made_here),
            location_id: NO_USE,
        }
    }
}

/// The ends of the time that is asked about.
fn ends(asked: &OfOperations) -> Result<(Timestamp, Timestamp), Refused> {
    let (from, until) = (Zone::UTC.read("beginTime", &asked.from)?, Zone::UTC.read("endTime", &asked.until)?);
    let lasts = until - from;
    if !(1..=24 * 3600).contains(&lasts) || lasts % 900 != 0 {
        let sentence = format!(
            "endTime: {} is not a multiple of 15 minutes, and at most 24 hours, after {}",
            asked.until, asked.from
        );
        return Err(Refused::parameter(sentence));
    }
    Ok((Timestamp::from_seconds(from), Timestamp::from_seconds(until)))
}

impl Interface for Operations {
    const ABOUT: About = about!(
        "agent/agentoprinfo",
        History,
        "Operations of an agent",
        r#"{"ccId":1,"currentAgentId":1006,"beginTime":"2020-11-16 02:00:00","endTime":"2020-11-16 02:15:00"}"#
    );
    type Question = OfOperations;
    type Data = Vec<Operation>;

    /// In all VDNs that the asker may ask about: an agent's id may be in several.
    fn answer(desk: &Desk<'_>, asked: OfOperations) -> Result<Reply<Self::Data>, Refused> {
        let (from, until) = ends(&asked)?;
        let cc = asked.cc.unwrap_or(desk.settings.cc);
        desk.is_here(cc)?;
        let is_meant = |act: &&Act| asked.kind.is_none_or(|kind| codes::operation(**act) == kind);
        let acts: Vec<Act> = Act::ALL.iter().filter(is_meant).copied().collect();
        if acts.is_empty() {
            return Ok(Vec::new().into());
        }
        let query = OperationQuery { agent: asked.agent, from, until, acts, limit: OPERATIONS_MAX };
        let mut all = Vec::new();
        for vdn in desk.vdns() {
            let rows = desk.history(cc, vdn)?.operations(&query).map_err(|error| Refused::unreadable(&error))?;
            all.extend(rows.iter().map(|row| Operation::of(cc, vdn, row)));
        }
        Ok(all.into())
    }
}
