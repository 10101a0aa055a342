//! The numbers that lead into a VDN.

use std::collections::{HashMap, HashSet};

use engine::VdnId;
use history::NumberNow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::cms::agents::WholeVdn;
use crate::cms::codes::PHONE;
use crate::cms::desk::{Desk, Scene};
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{CC, VDN};
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

/// The VDN's own numbers, each with its place among them.
fn numbered<'a>(scene: &Scene<'a>) -> impl Iterator<Item = (usize, &'a crate::AccessCode)> {
    let vdn = scene.vdn;
    (1..).zip(scene.settings.access_codes.iter().filter(move |code| code.vdn == vdn))
}

fn codes(scene: &Scene<'_>) -> Vec<AccessCodeInfo> {
    let info = |(place, code): (usize, &crate::AccessCode)| AccessCodeInfo {
        ac_id: place,
        mediatype_id: PHONE,
        access_code: code.number.clone(),
        code_description: scene.state.queue(code.queue).map(|queue| queue.name.to_string()).unwrap_or_default(),
    };
    numbered(scene).map(info).collect()
}

impl Interface for AccessCodes {
    const ABOUT: About = about!("vdn/queryaccesscodeinfo", Vdn, "System access codes", r#"{"ccId":1,"vdn":170}"#);
    type Question = WholeVdn;
    type Data = Vec<AccessCodeInfo>;

    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| Ok(codes(scene).into()))
    }
}

/// `vdn/queryaccesscodecallinfo`.
pub(in crate::cms) struct AccessCodeCalls;

const CODES: Field = Field {
    name: "innoIds",
    kind: Kind::Integers(&[(1, 4_294_967_295)], 500),
    about: "Which numbers, by their place as vdn/queryaccesscodeinfo tells it.",
};

question! {
    /// About the calls to some of the VDN's numbers.
    CallsToCodes { cc: u16 = CC, vdn: VdnId = VDN, codes: Vec<u32> = CODES }
}

/// The calls in progress to a number.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct CallsToCode {
    /// Which number.
    inno_id: u32,
    /// How many there are.
    all_call_count: usize,
    /// 0: there are no flows.
    ivr_call_count: usize,
    /// How many an agent talks with, or keeps.
    agent_call_count: usize,
    /// All others, ringing ones among them.
    queue_call_count: usize,
    /// For how many seconds nobody has talked with the one of them that waits longest.
    longest_wait_time: u64,
}

impl CallsToCode {
    fn of(scene: &Scene<'_>, id: u32, now: Option<&NumberNow>) -> Self {
        let (talking, waiting) = now.map_or((0, 0), |now| (now.talking(), now.waiting()));
        let longest = now.and_then(NumberNow::waits_since);
        Self {
            inno_id: id,
            all_call_count: talking + waiting,
            ivr_call_count: 0,
            agent_call_count: talking,
            queue_call_count: waiting,
            longest_wait_time: longest.map_or(0, |since| scene.seconds_since(since)),
        }
    }
}

impl Interface for AccessCodeCalls {
    const ABOUT: About = About {
        bms: &["querycallstatbyinno"],
        ..about!(
            "vdn/queryaccesscodecallinfo",
            Vdn,
            "Calls in progress to access codes",
            r#"{"ccId":1,"vdn":170,"innoIds":[1,2]}"#
        )
    };
    type Question = CallsToCodes;
    type Data = Vec<CallsToCode>;

    /// Numbers that are not there are left out.
    fn answer(desk: &Desk<'_>, asked: CallsToCodes) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let known: HashMap<u32, &str> = numbered(scene)
                .filter_map(|(place, code)| Some((u32::try_from(place).ok()?, code.number.as_str())))
                .collect();
            let mut asked = asked.codes.clone();
            let mut seen = HashSet::new();
            asked.retain(|id| seen.insert(*id));
            let calls = scene.live(|live| {
                let calls = |id: &u32| Some(CallsToCode::of(scene, *id, live.number(known.get(id)?)));
                asked.iter().filter_map(calls).collect::<Vec<_>>()
            });
            Ok(calls.into())
        })
    }
}
