//! Figures of today and yesterday, asked for by name.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;

use engine::{AgentId, QueueId, Timestamp, VdnId};
use history::{Bucket, History, SlotKey, Whose};
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::{Figure, IN_MINUTES_ONLY, OF_AGENT, OF_QUEUE, OF_VDN, WITHIN};
use super::zone::{Stretch, Zone};
use crate::cms::codes::PHONE;
use crate::cms::desk::Desk;
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{CC, QUEUES, VDN, VDNS};
use crate::cms::index::{self, IndexRow, IndexValue};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// How many days of one key a question may be about, all keys together: a thousand agents for a month.
const KEY_DAYS_MAX: u64 = 31_000;

pub(super) const INDEXES: Field =
    Field { name: "indexIds", kind: Kind::Texts(64), about: "Which figures: docs/cms.md lists them." };
pub(super) const MEDIA: Field = Field {
    name: "mediaType",
    kind: Kind::Integer(&[(0, 255)]),
    about: "Calls of which medium; of others than 5, voice, there are none.",
};
pub(super) const SUB_MEDIA: Field =
    Field { name: "subMediaType", kind: Kind::Integer(&[(0, 65_535)]), about: "Read over." };
const GRAIN: Field = Field {
    name: "timeGrain",
    kind: Kind::Text(5),
    about: "15MIN, 30MIN or 60MIN: a value for each such stretch of the day in which something was counted. Absent: one \
        value for the whole day.",
};
const YESTERDAY: Field =
    Field { name: "enableOffset", kind: Kind::Text(1), about: "Y: yesterday; N or absent: today." };
const ANONYMOUS: Field = Field {
    name: "anonyCall",
    kind: Kind::Integer(&[(0, 1)]),
    about: "1: calls from withheld numbers; 0: from others; absent: from both.",
};
const CALLED: Field = Field { name: "calleeNo", kind: Kind::Text(64), about: "Calls to this number." };
const ANY_AGENTS: &[(u64, u64)] = &[(0, 999_999)];
const AGENTS_100: Field = Field { name: "agentIds", kind: Kind::Integers(ANY_AGENTS, 100), about: "Which agents." };
pub(super) const AGENTS_1000: Field =
    Field { name: "agentIds", kind: Kind::Integers(ANY_AGENTS, 1000), about: "Which agents." };

/// A value, or one for each stretch of time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::cms) enum Val {
    /// Of all of the time.
    One(String),
    /// By the begin of each stretch, as in `2020-11-11 09:15:00.0`; those in which nothing was counted are left out.
    Each(BTreeMap<String, String>),
}

pub(super) type Rows = Vec<IndexRow<Val>>;

/// The time that is asked about, and in which stretches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) zone: Zone,
    pub(super) stretch: Stretch,
    /// In seconds; none: as one.
    pub(super) grain: Option<i64>,
}

impl Span {
    /// Today or yesterday, where the VDN is.
    fn of_day((zone, now): (Zone, Timestamp), grain: Option<i64>, is_yesterday: bool) -> Self {
        let today = zone.day(now);
        let day = if is_yesterday { zone.day(Timestamp::from_seconds(today - 1)) } else { today };
        Self { zone, stretch: Stretch::day(day), grain }
    }
}

/// Where the VDN is, and what time it is.
pub(super) fn zone(desk: &Desk<'_>, cc: u16, vdn: VdnId) -> Result<(Zone, Timestamp), Refused> {
    desk.at(cc, vdn, |scene| Ok((Zone::of_minutes(scene.state.settings().utc_offset_minutes), scene.now)))
}

fn grain(text: Option<&str>) -> Result<Option<i64>, Refused> {
    match text {
        None => Ok(None),
        Some("15MIN") => Ok(Some(900)),
        Some("30MIN") => Ok(Some(1800)),
        Some("60MIN") => Ok(Some(3600)),
        Some(other) => Err(Refused::parameter(format!("timeGrain: {other:?} is not 15MIN, 30MIN or 60MIN"))),
    }
}

fn is_yesterday(text: Option<&str>) -> Result<bool, Refused> {
    match text {
        None | Some("N") => Ok(false),
        Some("Y") => Ok(true),
        Some(other) => Err(Refused::parameter(format!("enableOffset: {other:?} is not Y or N"))),
    }
}

/// Keys, each once, in the order in which they are asked about.
pub(super) fn distinct<T: Copy + Eq + Hash>(keys: &[T]) -> Vec<T> {
    let mut seen = HashSet::with_capacity(keys.len());
    keys.iter().copied().filter(|key| seen.insert(*key)).collect()
}

/// The figures of queues with these names.
pub(super) fn of_queues(asked: &[String]) -> Result<Vec<(&'static str, Figure)>, Refused> {
    let known: Vec<_> = OF_QUEUE.iter().chain(WITHIN).copied().collect();
    index::find(&known, asked)
}

/// The figures of agents with these names.
pub(super) fn of_agents(asked: &[String]) -> Result<Vec<(&'static str, Figure)>, Refused> {
    index::find(OF_AGENT, asked)
}

/// A row for each key, in the order of the keys.
pub(super) fn rows(
    history: &History,
    keys: &[SlotKey],
    figures: &[(&'static str, Figure)],
    span: Span,
    media: Option<u32>,
) -> Result<Rows, Refused> {
    let key_days = span.stretch.days().saturating_mul(keys.len() as u64);
    if key_days > KEY_DAYS_MAX {
        let sentence =
            format!("{} ids for {} days are more than {KEY_DAYS_MAX} together", keys.len(), span.stretch.days());
        return Err(Refused::parameter(sentence));
    }
    let buckets = if media.is_none_or(|media| media == PHONE) { buckets(history, keys, span)? } else { Vec::new() };
    let mut by_key: BTreeMap<&SlotKey, Vec<&Bucket>> = BTreeMap::new();
    for bucket in &buckets {
        by_key.entry(&bucket.key).or_default().push(bucket);
    }
    let row = |key: &SlotKey| {
        let found = by_key.get(key).map_or(&[][..], Vec::as_slice);
        let value = |&(id, figure): &(&'static str, Figure)| IndexValue { id, val: val(found, figure, span) };
        IndexRow { id: id(key), idxs: figures.iter().map(value).collect() }
    };
    Ok(keys.iter().map(row).collect())
}

fn buckets(history: &History, keys: &[SlotKey], span: Span) -> Result<Vec<Bucket>, Refused> {
    let queues: Vec<QueueId> =
        keys.iter().filter_map(|key| if let SlotKey::Queue(queue) = key { Some(*queue) } else { None }).collect();
    let agents: Vec<AgentId> =
        keys.iter().filter_map(|key| if let SlotKey::Agent(agent) = key { Some(*agent) } else { None }).collect();
    let Stretch { from, until } = span.stretch;
    let whole = (until.0 - from.0).max(1);
    let figures = |whose: &Whose| {
        history.figures(whose, (from, until), span.grain.unwrap_or(whole)).map_err(|error| Refused::unreadable(&error))
    };
    let mut all = figures(&Whose::Queues(queues))?;
    all.extend(figures(&Whose::Agents(agents))?);
    Ok(all)
}

fn val(buckets: &[&Bucket], figure: Figure, span: Span) -> Val {
    if span.grain.is_none() {
        let value = buckets.first().map_or(0, |bucket| figure(&bucket.values));
        return Val::One(value.to_string());
    }
    let each = buckets.iter().map(|bucket| {
        let start = format!("{}.0", span.zone.write(bucket.start.0));
        (start, figure(&bucket.values).to_string())
    });
    Val::Each(each.collect())
}

fn id(key: &SlotKey) -> String {
    match key {
        SlotKey::Queue(queue) => queue.to_string(),
        SlotKey::Agent(agent) => agent.to_string(),
        SlotKey::Calls { called, .. } => called.to_string(),
        SlotKey::Help { by, .. } => by.to_string(),
    }
}

question! {
    /// About figures of VDNs.
    OfVdns {
        cc: Option<u16> = CC,
        vdns: Vec<VdnId> = VDNS,
        indexes: Vec<String> = INDEXES,
        grain: Option<String> = GRAIN,
        yesterday: Option<String> = YESTERDAY,
        anonymous: Option<u32> = ANONYMOUS,
        called: Option<String> = CALLED,
        media: Option<u32> = MEDIA,
        sub_media: Option<u32> = SUB_MEDIA,
    }
}

/// `hisindex/vdn`.
pub(in crate::cms) struct VdnIndexes;

impl Interface for VdnIndexes {
    const ABOUT: About = about!(
        "hisindex/vdn",
        History,
        "Historical indicators of VDNs",
        r#"{"ccId":1,"vdnIds":[170],"indexIds":["IDX_COUNT_TOTAL_CALL","IDX_COUNT_INBOUND_CONNECTED"],"timeGrain":"15MIN"}"#
    );
    type Question = OfVdns;
    type Data = Rows;

    fn answer(desk: &Desk<'_>, asked: OfVdns) -> Result<Reply<Rows>, Refused> {
        let figures = index::find(OF_VDN, &asked.indexes)?;
        let grain = grain(asked.grain.as_deref())?;
        if let Some((id, _)) = figures.iter().find(|(id, _)| grain.is_none() && IN_MINUTES_ONLY.contains(id)) {
            return Err(Refused::parameter(format!("timeGrain is missing: {id} is for minutes only")));
        }
        let is_yesterday = is_yesterday(asked.yesterday.as_deref())?;
        let cc = asked.cc.unwrap_or(desk.settings.cc);
        let of_vdn = |vdn: &VdnId| {
            let span = Span::of_day(zone(desk, cc, *vdn)?, grain, is_yesterday);
            let history = desk.history(cc, *vdn)?;
            let whose = Whose::Calls {
                called: asked.called.clone(),
                anonymous: asked.anonymous.map(|anonymous| anonymous == 1),
            };
            let Stretch { from, until } = span.stretch;
            let whole = until.0 - from.0;
            let is_voice = asked.media.is_none_or(|media| media == PHONE);
            let found = history.figures(&whose, (from, until), grain.unwrap_or(whole));
            let found = found.map_err(|error| Refused::unreadable(&error))?;
            let found: Vec<&Bucket> = found.iter().filter(|_| is_voice).collect();
            let value = |&(id, figure): &(&'static str, Figure)| IndexValue { id, val: val(&found, figure, span) };
            Ok(IndexRow { id: vdn.to_string(), idxs: figures.iter().map(value).collect() })
        };
        Ok(distinct(&asked.vdns).iter().map(of_vdn).collect::<Result<Rows, _>>()?.into())
    }
}

question! {
    /// About figures of queues.
    OfQueues {
        cc: Option<u16> = CC,
        vdn: VdnId = VDN,
        queues: Vec<QueueId> = QUEUES,
        indexes: Vec<String> = INDEXES,
        grain: Option<String> = GRAIN,
        yesterday: Option<String> = YESTERDAY,
        media: Option<u32> = MEDIA,
        sub_media: Option<u32> = SUB_MEDIA,
    }
}

/// `hisindex/skill`.
pub(in crate::cms) struct SkillIndexes;

impl Interface for SkillIndexes {
    const ABOUT: About = about!(
        "hisindex/skill",
        History,
        "Historical indicators of skill queues",
        r#"{"ccId":1,"vdn":170,"skillIds":[1,3],"indexIds":["IDX_COUNT_SKILL_INCOMING_CALL","IDX_COUNT_SKILL_CONNECTED_IN_20"]}"#
    );
    type Question = OfQueues;
    type Data = Rows;

    fn answer(desk: &Desk<'_>, asked: OfQueues) -> Result<Reply<Rows>, Refused> {
        let figures = of_queues(&asked.indexes)?;
        let (grain, is_yesterday) = (grain(asked.grain.as_deref())?, is_yesterday(asked.yesterday.as_deref())?);
        let cc = asked.cc.unwrap_or(desk.settings.cc);
        let span = Span::of_day(zone(desk, cc, asked.vdn)?, grain, is_yesterday);
        let keys: Vec<_> = distinct(&asked.queues).into_iter().map(SlotKey::Queue).collect();
        Ok(rows(desk.history(cc, asked.vdn)?, &keys, &figures, span, asked.media)?.into())
    }
}

question! {
    /// About figures of agents.
    OfAgents {
        cc: Option<u16> = CC,
        vdn: VdnId = VDN,
        agents: Vec<AgentId> = AGENTS_100,
        indexes: Vec<String> = INDEXES,
        grain: Option<String> = GRAIN,
        yesterday: Option<String> = YESTERDAY,
        media: Option<u32> = MEDIA,
        sub_media: Option<u32> = SUB_MEDIA,
    }
}

/// `hisindex/agent`.
pub(in crate::cms) struct AgentIndexes;

impl Interface for AgentIndexes {
    const ABOUT: About = about!(
        "hisindex/agent",
        History,
        "Historical indicators of agents",
        r#"{"ccId":1,"vdn":170,"agentIds":[1006,1099],"indexIds":["IDX_COUNT_AGENT_CONNECTED","IDX_DURATION_AGENT_CALL_IN"]}"#
    );
    type Question = OfAgents;
    type Data = Rows;

    fn answer(desk: &Desk<'_>, asked: OfAgents) -> Result<Reply<Rows>, Refused> {
        let figures = of_agents(&asked.indexes)?;
        let (grain, is_yesterday) = (grain(asked.grain.as_deref())?, is_yesterday(asked.yesterday.as_deref())?);
        let cc = asked.cc.unwrap_or(desk.settings.cc);
        let span = Span::of_day(zone(desk, cc, asked.vdn)?, grain, is_yesterday);
        let keys: Vec<_> = distinct(&asked.agents).into_iter().map(SlotKey::Agent).collect();
        Ok(rows(desk.history(cc, asked.vdn)?, &keys, &figures, span, asked.media)?.into())
    }
}
