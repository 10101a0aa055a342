//! Who rests, and who wants to.

use engine::{Agent, Rest, State, Timestamp, VdnId};
use serde::Serialize;
use utoipa::ToSchema;

use super::WholeVdn;
use super::states::page;
use crate::cms::codes::NO_TIME;
use crate::cms::desk::{Desk, millis};
use crate::cms::field::question;
use crate::cms::fields::{CC, LIMIT_100, LIMIT_1000, OFFSET, VDN};
use crate::cms::interface::{About, Envelope, Form, Interface, Refused, Reply, about};

/// How far an agent's rest has come.
struct Resting<'a> {
    agent: &'a Agent,
    stage: Stage,
    /// When it began, or was asked for; none: that is not known.
    begin: Option<Timestamp>,
    /// So many seconds were asked for; 0: without an end.
    seconds: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Asked for and not granted, by this cause.
    Waits(u32),
    /// Granted, and begins after the agent's work.
    Allowed,
    /// It rests.
    Rests,
}

/// A wish that waits for nothing but its turn, or a supervisor's word.
const AWAITS_APPROVAL: u32 = 0;
/// A wish that waits because all places of one of the agent's queues are taken.
const QUEUE_IS_FULL: u32 = 4;

impl<'a> Resting<'a> {
    /// None: it neither rests nor wants to.
    fn of(state: &State, agent: &'a Agent) -> Option<Self> {
        let (stage, begin, seconds) = match agent.rest {
            _ if agent.rests() => {
                let length = match agent.rest {
                    Some(Rest::Begun { until, .. }) => until.since(agent.presence_since).as_secs(),
                    Some(Rest::Asked { .. } | Rest::Granted { .. }) | None => 0,
                };
                (Stage::Rests, Some(agent.presence_since), length)
            }
            Some(Rest::Asked { length, since, .. }) => {
                (Stage::Waits(why_not(state, agent)), Some(since), length.as_secs())
            }
            Some(Rest::Granted { length }) => (Stage::Allowed, None, length.as_secs()),
            _ if agent.takes_rest_place() => (Stage::Allowed, None, 0),
            _ => return None,
        };
        Some(Self { agent, stage, begin, seconds })
    }

    fn begin_millis(&self) -> u64 {
        self.begin.and_then(|begin| u64::try_from(millis(begin)).ok()).unwrap_or(NO_TIME)
    }

    fn cause(&self) -> Option<u32> {
        match self.stage {
            Stage::Waits(cause) => Some(cause),
            Stage::Allowed | Stage::Rests => None,
        }
    }
}

fn why_not(state: &State, agent: &Agent) -> u32 {
    let is_full = |queue| state.rest_places(queue).is_some_and(|places| state.resting_count(queue) >= places);
    let is_any_full = agent.settings.queues.iter().any(|part| is_full(part.queue));
    if is_any_full { QUEUE_IS_FULL } else { AWAITS_APPROVAL }
}

/// All of them, and how many there are at each stage: resting, allowed, waiting.
fn all<'a>(state: &State, agents: impl Iterator<Item = &'a Agent>) -> (Vec<Resting<'a>>, [usize; 3]) {
    let all: Vec<_> = agents.filter_map(|agent| Resting::of(state, agent)).collect();
    let count = |is_meant: fn(Stage) -> bool| all.iter().filter(|resting| is_meant(resting.stage)).count();
    let counts = [
        count(|stage| stage == Stage::Rests),
        count(|stage| stage == Stage::Allowed),
        count(|stage| matches!(stage, Stage::Waits(_))),
    ];
    (all, counts)
}

/// `agentgroup/agentrestinfos`.
pub(in crate::cms) struct Rests;

question! {
    /// About the VDN's rests; perhaps about a page of them.
    PerhapsPage { cc: u16 = CC, vdn: VdnId = VDN, offset: Option<u64> = OFFSET, limit: Option<u64> = LIMIT_100 }
}

/// Who rests, and who wants to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct RestInfos {
    /// How many rests are granted and have not begun.
    allow_rest_num: usize,
    /// How many rest.
    on_rest_num: usize,
    /// How many wait for a rest.
    wait_rest_num: usize,
    agents_rest_details: Vec<RestInfo>,
}

/// An agent's rest.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct RestInfo {
    /// Its name.
    agent_name: String,
    /// Who.
    work_no: u32,
    /// Why it is not granted, if it waits: 0 it awaits approval or its turn, 4 all places of a queue are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    cant_rest_reason: Option<u32>,
    /// When it began, or was asked for if it waits, in milliseconds since 1970; 4294967295000: not known.
    begin_time: u64,
    /// How many seconds were asked for; 0: until the agent says so.
    rest_duration: u64,
}

impl From<Resting<'_>> for RestInfo {
    fn from(resting: Resting<'_>) -> Self {
        Self {
            agent_name: resting.agent.settings.name.to_string(),
            work_no: resting.agent.settings.id.0,
            cant_rest_reason: resting.cause(),
            begin_time: resting.begin_millis(),
            rest_duration: resting.seconds,
        }
    }
}

impl Interface for Rests {
    const ABOUT: About = About {
        bms: &["teamrestinfo", "teamrestagentinfo", "queryAgentRestDetailInfo"],
        ..about!("agentgroup/agentrestinfos", Agents, "Rest information of agents", r#"{"ccId":1,"vdn":170}"#)
    };
    type Question = PerhapsPage;
    type Data = RestInfos;

    fn answer(desk: &Desk<'_>, asked: PerhapsPage) -> Result<Reply<Self::Data>, Refused> {
        let (offset, limit) = match (asked.offset, asked.limit) {
            (Some(offset), Some(limit)) => (offset, limit),
            (None, None) => (0, u64::MAX),
            (Some(_), None) => return Err(alone("offset", "limit")),
            (None, Some(_)) => return Err(alone("limit", "offset")),
        };
        desk.at(asked.cc, asked.vdn, |scene| {
            let (all, [rest, allowed, wait]) = all(scene.state, scene.state.agents());
            let infos = RestInfos {
                allow_rest_num: allowed,
                on_rest_num: rest,
                wait_rest_num: wait,
                agents_rest_details: page(all.into_iter().map(RestInfo::from), offset, limit).collect(),
            };
            Ok(infos.into())
        })
    }
}

fn alone(there: &str, missing: &str) -> Refused {
    Refused::parameter(format!("{there}: it goes together with {missing}, which is missing"))
}

/// `agentgroup/agentrestinfo`, of older releases.
pub(in crate::cms) struct LegacyRests;

/// Who rests, and who wants to, as older releases spell it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::cms) struct LegacyRestInfos {
    /// How many rests are granted and have not begun.
    allowrestnum: usize,
    /// How many rest.
    onrestnum: usize,
    /// How many wait for a rest.
    waitrestnum: usize,
    agentsrestdetails: Vec<LegacyRestInfo>,
}

/// An agent's rest, as older releases spell it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::cms) struct LegacyRestInfo {
    /// Its name.
    agentname: String,
    /// Who.
    workno: u32,
    /// Why it is not granted, if it waits: 0 it awaits approval or its turn, 4 all places of a queue are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    cantrestreason: Option<u32>,
    /// When it began, or was asked for if it waits, in milliseconds since 1970; 4294967295000: not known.
    begintime: u64,
    /// How many seconds were asked for; 0: until the agent says so.
    restduration: u64,
}

impl From<Resting<'_>> for LegacyRestInfo {
    fn from(resting: Resting<'_>) -> Self {
        let info = RestInfo::from(resting);
        Self {
            agentname: info.agent_name,
            workno: info.work_no,
            cantrestreason: info.cant_rest_reason,
            begintime: info.begin_time,
            restduration: info.rest_duration,
        }
    }
}

impl Interface for LegacyRests {
    const ABOUT: About = About {
        form: Form::Either,
        envelope: Envelope::L,
        ..about!(
            "agentgroup/agentrestinfo",
            Legacy,
            "Rest information of agents (older releases)",
            r#"{"queryParam":{"ccId":1,"vdn":170}}"#
        )
    };
    type Question = WholeVdn;
    type Data = LegacyRestInfos;

    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let (all, [rest, allowed, wait]) = all(scene.state, scene.state.agents());
            let infos = LegacyRestInfos {
                allowrestnum: allowed,
                onrestnum: rest,
                waitrestnum: wait,
                agentsrestdetails: all.into_iter().map(LegacyRestInfo::from).collect(),
            };
            Ok(infos.into())
        })
    }
}

/// `vdn/queryagentreststate`.
pub(in crate::cms) struct RestState;

question! {
    /// About a page of the VDN's agents.
    Page { cc: u16 = CC, vdn: VdnId = VDN, limit: u64 = LIMIT_1000, offset: u64 = OFFSET }
}

/// Who rests, and who wants to, of a page of agents.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct RestStates {
    /// How many rest.
    on_rest_agent_num: usize,
    /// How many rests are granted and have not begun.
    allow_rest_agent_num: usize,
    /// How many wait for a rest.
    wait_rest_agent_num: usize,
    details: Vec<RestDetail>,
}

/// An agent's rest.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct RestDetail {
    /// Who.
    agent_id: u32,
    /// Why it is not granted, if it waits: 0 it awaits approval or its turn, 4 all places of a queue are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    cant_rest_cause: Option<u32>,
    /// Its VDN.
    vdn_id: u32,
    /// Its call centre.
    cc_id: u32,
    /// When it began, or was asked for if it waits, in milliseconds since 1970; 4294967295000: not known.
    begin_time: u64,
    /// How many seconds were asked for; 0: until the agent says so.
    apply_rest_length: u64,
    /// Its name.
    name: String,
    /// How many seconds it may last; absent while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    req_rest_dura: Option<u64>,
}

impl Interface for RestState {
    const ABOUT: About = About {
        bms: &["teamrestinfo", "teamrestagentinfo", "agentstatusinfobyagentids"],
        ..about!(
            "vdn/queryagentreststate",
            Vdn,
            "Rest state of agents",
            r#"{"ccId":1,"vdn":170,"limit":100,"offset":0}"#
        )
    };
    type Question = Page;
    type Data = RestStates;

    fn answer(desk: &Desk<'_>, asked: Page) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let (all, [rest, allowed, wait]) = all(scene.state, page(scene.state.agents(), asked.offset, asked.limit));
            let detail = |resting: Resting<'_>| RestDetail {
                agent_id: resting.agent.settings.id.0,
                cant_rest_cause: resting.cause(),
                vdn_id: scene.vdn.0.into(),
                cc_id: scene.cc.into(),
                begin_time: resting.begin_millis(),
                apply_rest_length: resting.seconds,
                name: resting.agent.settings.name.to_string(),
                req_rest_dura: resting.cause().is_none().then_some(resting.seconds),
            };
            let data = RestStates {
                on_rest_agent_num: rest,
                allow_rest_agent_num: allowed,
                wait_rest_agent_num: wait,
                details: all.into_iter().map(detail).collect(),
            };
            Ok(Reply { data, count: Some(scene.state.agents().count()) })
        })
    }
}
