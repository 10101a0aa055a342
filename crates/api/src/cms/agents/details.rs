//! Agents in detail.

use engine::{Agent, Presence, QueueId, Reach, VdnId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{OneAgent, sign_in_time};
use crate::cms::codes::{CtiState, GatewayState, PHONE};
use crate::cms::desk::{Desk, Scene};
use crate::cms::field::question;
use crate::cms::fields::{CC, QUEUE, VDN};
use crate::cms::interface::{About, Envelope, Form, Interface, Refused, Reply, about};

/// What is told of an agent in detail.
struct Detail {
    id: u32,
    vdn: u32,
    cti: u32,
    status: u32,
    name: String,
    phone: Option<String>,
    signed_in: u64,
    seconds: u64,
    media: u32,
}

impl Detail {
    fn of(scene: &Scene<'_>, agent: &Agent) -> Self {
        let is_here = agent.presence != Presence::SignedOut;
        Self {
            id: agent.settings.id.0,
            vdn: scene.vdn.0.into(),
            cti: CtiState::of(agent).code(),
            status: GatewayState::of(agent).code(),
            name: agent.settings.name.to_string(),
            phone: phone(agent),
            signed_in: scene.live(|live| sign_in_time(live, agent)),
            seconds: scene.seconds_since(CtiState::since(agent)),
            media: if is_here { PHONE } else { 0 },
        }
    }
}

/// The number under which an agent's phone is reached, which is its id; none while it has no phone.
pub(in crate::cms) fn phone(agent: &Agent) -> Option<String> {
    (agent.reach == Reach::Reachable).then(|| agent.settings.id.to_string())
}

/// `agent/agentbyworkno`.
pub(in crate::cms) struct Details;

/// An agent in detail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentDetail {
    /// Who.
    work_no: u32,
    /// Its VDN.
    vdn_id: u32,
    /// In which state it is, by the platform's codes.
    cit_status: u32,
    /// Its name.
    name: String,
    /// The number of its phone; null when it has none.
    phone_number: Option<String>,
    /// When it signed in, in milliseconds since 1970; 4294967295000 when it did not.
    login_date: u64,
    /// For how many seconds it is in its state.
    current_state_time: u64,
    /// 5: voice; 0 when it is signed out.
    media_type: u32,
    /// In which state it is, by the codes of the agents' own interface.
    status: u32,
}

impl Interface for Details {
    const ABOUT: About = About {
        bms: &["siteagentinfobyagentids"],
        ..about!("agent/agentbyworkno", Agents, "Details of an agent", r#"{"ccId":1,"vdn":170,"agentId":1099}"#)
    };
    type Question = OneAgent;
    type Data = AgentDetail;

    fn answer(desk: &Desk<'_>, asked: OneAgent) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let of = Detail::of(scene, scene.agent(asked.agent)?);
            let detail = AgentDetail {
                work_no: of.id,
                vdn_id: of.vdn,
                cit_status: of.cti,
                name: of.name,
                phone_number: of.phone,
                login_date: of.signed_in,
                current_state_time: of.seconds,
                media_type: of.media,
                status: of.status,
            };
            Ok(detail.into())
        })
    }
}

/// `agentgroup/agentbyworkno`, of older releases.
pub(in crate::cms) struct LegacyDetails;

/// An agent in detail, as older releases spell it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::cms) struct LegacyAgentDetail {
    /// Who.
    workno: u32,
    /// Its VDN.
    vdnid: u32,
    /// In which state it is, by the platform's codes.
    #[serde(rename = "citStatus")]
    cit_status: u32,
    /// Its name.
    name: String,
    /// The number of its phone; null when it has none.
    phonenumber: Option<String>,
    /// When it signed in, in milliseconds since 1970; 4294967295000 when it did not.
    logindate: u64,
    /// For how many seconds it is in its state.
    currentstatetime: u64,
    /// 5: voice; 0 when it is signed out.
    mediatype: u32,
    /// In which state it is, by the codes of the agents' own interface.
    status: u32,
}

impl Interface for LegacyDetails {
    const ABOUT: About = About {
        form: Form::Either,
        envelope: Envelope::L,
        ..about!(
            "agentgroup/agentbyworkno",
            Legacy,
            "Details of an agent (older releases)",
            r#"{"queryParam":{"ccId":1,"vdn":170,"agentId":1007}}"#
        )
    };
    type Question = OneAgent;
    type Data = LegacyAgentDetail;

    fn answer(desk: &Desk<'_>, asked: OneAgent) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let of = Detail::of(scene, scene.agent(asked.agent)?);
            let detail = LegacyAgentDetail {
                workno: of.id,
                vdnid: of.vdn,
                cit_status: of.cti,
                name: of.name,
                phonenumber: of.phone,
                logindate: of.signed_in,
                currentstatetime: of.seconds,
                mediatype: of.media,
                status: of.status,
            };
            Ok(detail.into())
        })
    }
}

question! {
    /// About the agents of a queue.
    OneQueue { cc: u16 = CC, vdn: VdnId = VDN, queue: QueueId = QUEUE }
}

/// Those who are signed in to a queue, by id.
fn members(scene: &Scene<'_>, queue: QueueId) -> Result<Vec<Detail>, Refused> {
    scene.queue(queue)?;
    Ok(scene.signed_in_to(queue).map(|agent| Detail::of(scene, agent)).collect())
}

/// `skill/agentbyconfigedskill`.
pub(in crate::cms) struct SkillMembers;

/// An agent who is signed in to a queue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct SkillMember {
    /// Who.
    work_no: u32,
    /// Its name.
    name: String,
    /// In which state it is, by the codes of the agents' own interface.
    status: u32,
    /// In which state it is, by the platform's codes.
    cti_status: u32,
    /// Its team: -1, none.
    group_id: i32,
    /// 5: voice.
    media_type: u32,
    /// Its VDN.
    vdn_id: u32,
    /// The number of its phone; null when it has none.
    phone_number: Option<String>,
    /// For how many seconds it is in its state.
    current_state_time: u64,
    /// When it signed in, in milliseconds since 1970.
    login_date: u64,
}

/// There are no teams.
pub(in crate::cms) const NO_TEAM: i32 = -1;

impl Interface for SkillMembers {
    const ABOUT: About = About {
        form: Form::Either,
        bms: &["agentstatusinfo"],
        ..about!(
            "skill/agentbyconfigedskill",
            Skills,
            "Details of the signed-in agents of a queue",
            r#"{"queryParam":{"ccId":1,"vdn":170,"skillId":2}}"#
        )
    };
    type Question = OneQueue;
    type Data = Vec<SkillMember>;

    fn answer(desk: &Desk<'_>, asked: OneQueue) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let member = |of: Detail| SkillMember {
                work_no: of.id,
                name: of.name,
                status: of.status,
                cti_status: of.cti,
                group_id: NO_TEAM,
                media_type: of.media,
                vdn_id: of.vdn,
                phone_number: of.phone,
                current_state_time: of.seconds,
                login_date: of.signed_in,
            };
            Ok(members(scene, asked.queue)?.into_iter().map(member).collect::<Vec<_>>().into())
        })
    }
}

/// `agentgroup/agentbyconfigedskill`, of older releases.
pub(in crate::cms) struct LegacySkillMembers;

/// An agent who is signed in to a queue, as older releases spell it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::cms) struct LegacySkillMember {
    /// Who.
    workno: u32,
    /// Its name.
    name: String,
    /// In which state it is, by the codes of the agents' own interface.
    status: u32,
    /// In which state it is, by the platform's codes.
    ctistatus: u32,
    /// Its team: -1, none.
    groupid: i32,
    /// 5: voice.
    mediatype: u32,
    /// Its VDN.
    vdnid: u32,
    /// The number of its phone; null when it has none.
    phonenumber: Option<String>,
    /// For how many seconds it is in its state.
    currentstatetime: u64,
    /// When it signed in, in milliseconds since 1970.
    logindate: u64,
}

impl Interface for LegacySkillMembers {
    const ABOUT: About = About {
        form: Form::Either,
        envelope: Envelope::L,
        ..about!(
            "agentgroup/agentbyconfigedskill",
            Legacy,
            "Details of the signed-in agents of a queue (older releases)",
            r#"{"queryParam":{"ccId":1,"vdn":170,"skillId":2}}"#
        )
    };
    type Question = OneQueue;
    type Data = Vec<LegacySkillMember>;

    fn answer(desk: &Desk<'_>, asked: OneQueue) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let member = |of: Detail| LegacySkillMember {
                workno: of.id,
                name: of.name,
                status: of.status,
                ctistatus: of.cti,
                groupid: NO_TEAM,
                mediatype: of.media,
                vdnid: of.vdn,
                phonenumber: of.phone,
                currentstatetime: of.seconds,
                logindate: of.signed_in,
            };
            Ok(members(scene, asked.queue)?.into_iter().map(member).collect::<Vec<_>>().into())
        })
    }
}
