//! The numbers that lead into a VDN.

use serde::Serialize;
use utoipa::ToSchema;

use crate::cms::agents::WholeVdn;
use crate::cms::codes::PHONE;
use crate::cms::desk::{Desk, Scene};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// `vdn/queryaccesscodeinfo`.
pub(in crate::cms) struct AccessCodes;

/// A number that leads to a queue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AccessCodeInfo {
    /// Its place among the VDN's, from 1.
    ac_id: usize,
    /// 5: voice.
    mediatype_id: u32,
    /// The number.
    access_code: String,
    /// The queue's name.
    code_description: String,
}

fn codes(scene: &Scene<'_>) -> Vec<AccessCodeInfo> {
    let own = scene.settings.access_codes.iter().filter(|code| code.vdn == scene.vdn);
    let info = |(place, code): (usize, &crate::AccessCode)| AccessCodeInfo {
        ac_id: place + 1,
        mediatype_id: PHONE,
        access_code: code.number.clone(),
        code_description: scene.state.queue(code.queue).map(|queue| queue.name.to_string()).unwrap_or_default(),
    };
    own.enumerate().map(info).collect()
}

impl Interface for AccessCodes {
    const ABOUT: About = about!("vdn/queryaccesscodeinfo", Vdn, "System access codes", r#"{"ccId":1,"vdn":170}"#);
    type Question = WholeVdn;
    type Data = Vec<AccessCodeInfo>;

    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| Ok(codes(scene).into()))
    }
}
