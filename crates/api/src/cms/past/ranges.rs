//! Figures of ranges of days and months, asked for by name.

use engine::{AgentId, QueueId, VdnId};
use history::SlotKey;

use super::figures::Figure;
use super::indexes::{AGENTS_1000, INDEXES, MEDIA, Rows, SUB_MEDIA, Span, distinct, of_agents, of_queues, rows, zone};
use super::zone::{Stretch, Zone};
use crate::cms::desk::Desk;
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{CC, QUEUES, VDN};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

const FROM_DAY: Field = Field {
    name: "beginDayTime",
    kind: Kind::Text(19),
    about: "From when, as in 2020-11-16 00:00:00, in the VDN's time.",
};
const UNTIL_DAY: Field = Field {
    name: "endDayTime",
    kind: Kind::Text(19),
    about: "To when, likewise; the five minutes in which it lies included.",
};
const FROM_MONTH: Field =
    Field { name: "beginMonthTime", kind: Kind::Text(6), about: "The first month, as in 202011." };
const UNTIL_MONTH: Field = Field { name: "endMonthTime", kind: Kind::Text(6), about: "The last month, likewise." };

question! {
    /// About figures of queues over days.
    OfQueuesByDay {
        cc: Option<u16> = CC,
        vdn: VdnId = VDN,
        queues: Vec<QueueId> = QUEUES,
        indexes: Vec<String> = INDEXES,
        from: String = FROM_DAY,
        until: String = UNTIL_DAY,
        media: Option<u32> = MEDIA,
        sub_media: Option<u32> = SUB_MEDIA,
    }
}

question! {
    /// About figures of queues over months.
    OfQueuesByMonth {
        cc: Option<u16> = CC,
        vdn: VdnId = VDN,
        queues: Vec<QueueId> = QUEUES,
        indexes: Vec<String> = INDEXES,
        from: String = FROM_MONTH,
        until: String = UNTIL_MONTH,
        media: Option<u32> = MEDIA,
        sub_media: Option<u32> = SUB_MEDIA,
    }
}

question! {
    /// About figures of agents over days.
    OfAgentsByDay {
        cc: Option<u16> = CC,
        vdn: VdnId = VDN,
        agents: Vec<AgentId> = AGENTS_1000,
        indexes: Vec<String> = INDEXES,
        from: String = FROM_DAY,
        until: String = UNTIL_DAY,
        media: Option<u32> = MEDIA,
        sub_media: Option<u32> = SUB_MEDIA,
    }
}

question! {
    /// About figures of agents over months.
    OfAgentsByMonth {
        cc: Option<u16> = CC,
        vdn: VdnId = VDN,
        agents: Vec<AgentId> = AGENTS_1000,
        indexes: Vec<String> = INDEXES,
        from: String = FROM_MONTH,
        until: String = UNTIL_MONTH,
        media: Option<u32> = MEDIA,
        sub_media: Option<u32> = SUB_MEDIA,
    }
}

/// Reads the ends of a range.
type ReadEnds = fn(Zone, &str, &str) -> Result<Stretch, Refused>;

/// To the second that is named, which is part of it.
fn days(zone: Zone, from: &str, until: &str) -> Result<Stretch, Refused> {
    let (begin, end) = (zone.read("beginDayTime", from)?, zone.read("endDayTime", until)?);
    if end < begin {
        return Err(Refused::parameter(format!("endDayTime: {until} is before {from}")));
    }
    Ok(Stretch::of(begin, end + 1))
}

fn months(zone: Zone, from: &str, until: &str) -> Result<Stretch, Refused> {
    let (begin, end) = (zone.month("beginMonthTime", from, 0)?, zone.month("endMonthTime", until, 1)?);
    if end <= begin {
        return Err(Refused::parameter(format!("endMonthTime: {until} is before {from}")));
    }
    Ok(Stretch::of(begin, end))
}

/// What is asked in all four.
struct Range {
    cc: Option<u16>,
    vdn: VdnId,
    keys: Vec<SlotKey>,
    figures: Vec<(&'static str, Figure)>,
    ends: (String, String),
    media: Option<u32>,
}

fn answer(desk: &Desk<'_>, asked: &Range, ends: ReadEnds) -> Result<Reply<Rows>, Refused> {
    let cc = asked.cc.unwrap_or(desk.settings.cc);
    let (zone, _) = zone(desk, cc, asked.vdn)?;
    let stretch = ends(zone, &asked.ends.0, &asked.ends.1)?;
    let span = Span { zone, stretch, grain: None };
    Ok(rows(desk.history(cc, asked.vdn)?, &asked.keys, &asked.figures, span, asked.media)?.into())
}

macro_rules! range {
    ($(#[$doc:meta])* $name:ident, $question:ident, $keys:ident as $key:ident by $figures:ident, $ends:ident, $path:literal, $title:literal, $example:literal) => {
        $(#[$doc])*
        pub(in crate::cms) struct $name;

        impl Interface for $name {
            const ABOUT: About = about!($path, History, $title, $example);
            type Question = $question;
            type Data = Rows;

            fn answer(desk: &Desk<'_>, asked: $question) -> Result<Reply<Rows>, Refused> {
                let figures = $figures(&asked.indexes)?;
                let keys = distinct(&asked.$keys).into_iter().map(SlotKey::$key).collect();
                let range = Range {
                    cc: asked.cc,
                    vdn: asked.vdn,
                    keys,
                    figures,
                    ends: (asked.from, asked.until),
                    media: asked.media,
                };
                answer(desk, &range, $ends)
            }
        }
    };
}

range! {
    /// `hisindex/skillforday`.
    SkillDays, OfQueuesByDay, queues as Queue by of_queues, days,
    "hisindex/skillforday", "Indicators of skill queues for days",
    r#"{"ccId":1,"vdn":170,"skillIds":[1],"indexIds":["IDX_COUNT_SKILL_REQUEST"],"beginDayTime":"2020-11-16 00:00:00","endDayTime":"2020-11-16 23:59:59"}"#
}

range! {
    /// `hisindex/skillformonth`.
    SkillMonths, OfQueuesByMonth, queues as Queue by of_queues, months,
    "hisindex/skillformonth", "Indicators of skill queues for months",
    r#"{"ccId":1,"vdn":170,"skillIds":[1],"indexIds":["IDX_COUNT_SKILL_INCOMING_CALL"],"beginMonthTime":"202010","endMonthTime":"202011"}"#
}

range! {
    /// `hisindex/agentforday`.
    AgentDays, OfAgentsByDay, agents as Agent by of_agents, days,
    "hisindex/agentforday", "Indicators of agents for days",
    r#"{"ccId":1,"vdn":170,"agentIds":[1006],"indexIds":["IDX_COUNT_AGENT_SIGN_IN"],"beginDayTime":"2020-11-16 00:00:00","endDayTime":"2020-11-16 23:59:59"}"#
}

range! {
    /// `hisindex/agentformonth`.
    AgentMonths, OfAgentsByMonth, agents as Agent by of_agents, months,
    "hisindex/agentformonth", "Indicators of agents for months",
    r#"{"ccId":1,"vdn":170,"agentIds":[1006],"indexIds":["IDX_COUNT_AGENT_REST"],"beginMonthTime":"202011","endMonthTime":"202011"}"#
}
