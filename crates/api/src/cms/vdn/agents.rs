//! All agents of a VDN, at once or in pages.

use engine::{Agent, VdnId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::cms::agents::{AgentInShort, NO_TEAM, Page, WholeVdn, page, phone};
use crate::cms::codes::CtiState;
use crate::cms::desk::{Desk, Scene};
use crate::cms::field::question;
use crate::cms::fields::{CC, LIMIT_100, OFFSET, VDN};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// A page of the VDN's agents, by id, with how many there are in all.
fn part<T>(desk: &Desk<'_>, asked: &Page, shown: impl Fn(&Scene<'_>, &Agent) -> T) -> Result<Reply<Vec<T>>, Refused> {
    desk.at(asked.cc, asked.vdn, |scene| {
        let agents = page(scene.state.agents(), asked.offset, asked.limit);
        let data = agents.map(|agent| shown(scene, agent)).collect();
        Ok(Reply { data, count: Some(scene.state.agents().count()) })
    })
}

/// All agents of the VDN, by id.
fn all<T>(desk: &Desk<'_>, asked: &WholeVdn, shown: impl Fn(&Agent) -> T) -> Result<Reply<Vec<T>>, Refused> {
    desk.at(asked.cc, asked.vdn, |scene| Ok(scene.state.agents().map(shown).collect::<Vec<_>>().into()))
}

/// `vdn/allagentphones`.
pub(in crate::cms) struct Phones;

/// An agent's number.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentPhone {
    /// Who.
    agent_id: u32,
    /// The number of its phone; null when it has none.
    phone: Option<String>,
}

impl Interface for Phones {
    const ABOUT: About = About {
        bms: &["siteagentinfobyagentids"],
        ..about!("vdn/allagentphones", Vdn, "Phone numbers of agents", r#"{"ccId":1,"vdn":170,"offset":5,"limit":3}"#)
    };
    type Question = Page;
    type Data = Vec<AgentPhone>;

    fn answer(desk: &Desk<'_>, asked: Page) -> Result<Reply<Self::Data>, Refused> {
        part(desk, &asked, |_, agent| AgentPhone { agent_id: agent.settings.id.0, phone: phone(agent) })
    }
}

/// `vdn/totalagentabstractex3`.
pub(in crate::cms) struct Summaries;

impl Interface for Summaries {
    const ABOUT: About = About {
        bms: &["siteagentinfobyagentids"],
        ..about!("vdn/totalagentabstractex3", Vdn, "All agents", r#"{"ccId":1,"vdn":170,"limit":4,"offset":0}"#)
    };
    type Question = Page;
    type Data = Vec<AgentInShort>;

    fn answer(desk: &Desk<'_>, asked: Page) -> Result<Reply<Self::Data>, Refused> {
        part(desk, &asked, AgentInShort::of)
    }
}

/// `vdn/totalagentdynamicinfo`.
pub(in crate::cms) struct PageOfStates;

/// What an agent does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentState {
    /// Who.
    agent_id: u32,
    /// In which state it is.
    state: u32,
}

impl From<&Agent> for AgentState {
    fn from(agent: &Agent) -> Self {
        Self { agent_id: agent.settings.id.0, state: CtiState::of(agent).code() }
    }
}

impl Interface for PageOfStates {
    const ABOUT: About = About {
        bms: &["siteagentinfobyagentids"],
        ..about!(
            "vdn/totalagentdynamicinfo",
            Vdn,
            "Current state of all agents",
            r#"{"ccId":1,"vdn":170,"offset":0,"limit":4}"#
        )
    };
    type Question = Page;
    type Data = Vec<AgentState>;

    fn answer(desk: &Desk<'_>, asked: Page) -> Result<Reply<Self::Data>, Refused> {
        part(desk, &asked, |_, agent| agent.into())
    }
}

/// `vdn/totalagentstate`.
pub(in crate::cms) struct AllStates;

impl Interface for AllStates {
    const ABOUT: About = About {
        bms: &["totalagentdynamicinfo"],
        ..about!("vdn/totalagentstate", Vdn, "Current state of all agents, not paged", r#"{"ccId":1,"vdn":170}"#)
    };
    type Question = WholeVdn;
    type Data = Vec<AgentState>;

    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        all(desk, &asked, |agent| agent.into())
    }
}

/// What every agent may do, by the places of the documents' table: bound by nothing but what its phone and its calls let
/// it do.
const RIGHTS: [u8; 7] = [
    1,  // be busy and idle
    3,  // hold a call and take it back
    6,  // call colleagues
    7,  // give calls to colleagues
    8,  // be given calls
    9,  // have talks of three
    10, // give calls to numbers outside
];

/// How many rights the documents' table has places for.
const RIGHTS_MAX: u8 = 128;

/// An agent as it is configured.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentConfiguration {
    /// Who.
    agent_id: u32,
    /// Its team: -1, none.
    group_id: i32,
    /// 128 flags, written as a list of 0 and 1 in a text: what it may do.
    #[schema(example = "[1,0,1,...,0]")]
    rights: String,
    /// Its name.
    name: String,
    /// 1: an ordinary agent.
    real_flag: u32,
}

impl From<&Agent> for AgentConfiguration {
    fn from(agent: &Agent) -> Self {
        let flags = (1..=RIGHTS_MAX).map(|place| if RIGHTS.contains(&place) { "1" } else { "0" });
        Self {
            agent_id: agent.settings.id.0,
            group_id: NO_TEAM,
            rights: format!("[{}]", flags.collect::<Vec<_>>().join(",")),
            name: agent.settings.name.to_string(),
            real_flag: 1,
        }
    }
}

/// `vdn/queryagentstaticconfinfo`.
pub(in crate::cms) struct StaticPage;

question! {
    /// About a small page of the VDN's agents.
    SmallPage { cc: u16 = CC, vdn: VdnId = VDN, offset: u64 = OFFSET, limit: u64 = LIMIT_100 }
}

impl Interface for StaticPage {
    const ABOUT: About = about!(
        "vdn/queryagentstaticconfinfo",
        Vdn,
        "Static configuration of all agents",
        r#"{"ccId":1,"vdn":170,"offset":0,"limit":2}"#
    );
    type Question = SmallPage;
    type Data = Vec<AgentConfiguration>;

    fn answer(desk: &Desk<'_>, asked: SmallPage) -> Result<Reply<Self::Data>, Refused> {
        let SmallPage { cc, vdn, offset, limit } = asked;
        part(desk, &Page { cc, vdn, limit, offset }, |_, agent| agent.into())
    }
}

/// `vdn/querytotalagentinfo`.
pub(in crate::cms) struct Statics;

impl Interface for Statics {
    const ABOUT: About = About {
        bms: &["querytotalagentinfo"],
        ..about!(
            "vdn/querytotalagentinfo",
            Vdn,
            "Static configuration of all agents, not paged",
            r#"{"ccId":1,"vdn":170}"#
        )
    };
    type Question = WholeVdn;
    type Data = Vec<AgentConfiguration>;

    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        all(desk, &asked, |agent| agent.into())
    }
}
