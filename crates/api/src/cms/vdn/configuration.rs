//! What is configured beside queues and agents.

use engine::VdnId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::cms::agents::WholeVdn;
use crate::cms::desk::Desk;
use crate::cms::field::question;
use crate::cms::fields::{CC, VDN_IN_PATH};
use crate::cms::interface::{About, Envelope, Interface, Refused, Reply, Verb, about};

/// `configures/vdns`.
pub(in crate::cms) struct Vdns;

question! {
    /// About the whole call centre.
    WholeCentre { cc: u16 = CC }
}

/// A VDN.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct VdnName {
    /// Which one.
    vdn: u32,
    /// Its id as text: it has no other name.
    vdn_name: String,
}

impl Interface for Vdns {
    const ABOUT: About = about!("configures/vdns", Configuration, "VDNs of the call centre", r#"{"ccId":1}"#);
    type Question = WholeCentre;
    type Data = Vec<VdnName>;

    /// Those that the asker may ask about.
    fn answer(desk: &Desk<'_>, asked: WholeCentre) -> Result<Reply<Self::Data>, Refused> {
        desk.is_here(asked.cc)?;
        let name = |vdn: VdnId| VdnName { vdn: vdn.0.into(), vdn_name: vdn.to_string() };
        Ok(desk.vdns().into_iter().map(name).collect::<Vec<_>>().into())
    }
}

/// `agentgroup/restreasons`.
pub(in crate::cms) struct RestReasons;

/// A reason for a rest.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct RestReason {
    /// Its code.
    rest_reason_id: u32,
    /// What it means.
    rest_reason: String,
}

impl Interface for RestReasons {
    const ABOUT: About = About {
        verb: Verb::Get,
        bms: &["restreason"],
        ..about!(
            "agentgroup/restreasons",
            "/{ccId}/{vdn}",
            Configuration,
            "Reasons for rests",
            "/rest/cmsapp/v1/openapi/agentgroup/restreasons/1/170"
        )
    };
    type Question = WholeVdn;
    type Data = Vec<RestReason>;

    /// Agents have codes for their rests, from 0 to 255, and nothing says what they mean.
    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |_| Ok(Vec::new().into()))
    }
}

/// `skillgroups`.
pub(in crate::cms) struct SkillGroups;

question! {
    /// About the whole VDN, in the path.
    WholeVdnInPath { cc: u16 = CC, vdn: VdnId = VDN_IN_PATH }
}

/// A group of skills that agents can be given together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct SkillGroup {
    /// Its id.
    id: u32,
    skills: Vec<SkillInGroup>,
    /// Its name.
    group_name: String,
}

/// A skill of a group.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct SkillInGroup {
    /// Which queue.
    skill_id: u32,
    /// How much the queue matters to the agents, 1 to 100.
    skill_power: u32,
    /// How well the agents suit the queue, 1 to 300.
    agent_power: u32,
}

impl Interface for SkillGroups {
    const ABOUT: About = About {
        verb: Verb::Get,
        envelope: Envelope::B,
        ..about!(
            "skillgroups",
            "/{ccId}/{vdnId}",
            Configuration,
            "Skill groups of the VDN",
            "/rest/cmsapp/v1/openapi/skillgroups/1/170"
        )
    };
    type Question = WholeVdnInPath;
    type Data = Vec<SkillGroup>;

    /// There are none: agents are given queues one by one.
    fn answer(desk: &Desk<'_>, asked: WholeVdnInPath) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |_| Ok(Vec::new().into()))
    }
}
