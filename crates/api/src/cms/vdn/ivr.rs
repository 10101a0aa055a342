//! Flows that callers talk with before they are served. There are none here: what is asked about them has empty answers.

use engine::VdnId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::cms::agents::WholeVdn;
use crate::cms::desk::Desk;
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{CC, VDN};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// `vdn/queryivrstatusinfo`.
pub(in crate::cms) struct IvrCalls;

const FLOW: Field = Field { name: "flowId", kind: Kind::Integer(&[(1, 1500)]), about: "Which flow." };

question! {
    /// About a flow.
    OneFlow { cc: u16 = CC, vdn: VdnId = VDN, flow: u16 = FLOW }
}

/// A call in a flow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct IvrCall {
    /// Which call.
    call_id: String,
    /// Its priority.
    customer_level: u32,
    /// What kind of call.
    request_type: u32,
}

impl Interface for IvrCalls {
    const ABOUT: About = About {
        bms: &["queryivrdevicestatus"],
        ..about!("vdn/queryivrstatusinfo", Vdn, "IVR status details", r#"{"ccId":1,"vdn":170,"flowId":1}"#)
    };
    type Question = OneFlow;
    type Data = Vec<IvrCall>;

    fn answer(desk: &Desk<'_>, asked: OneFlow) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |_| Ok(Vec::new().into()))
    }
}

/// `vdn/queryivrprocessinnoinfo`.
pub(in crate::cms) struct IvrCodes;

/// A number that leads to a flow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct IvrCode {
    /// Its id.
    id: u32,
    /// Without meaning.
    service_no: u32,
    /// 1 real, 2 virtual.
    real_flag: u32,
    /// The number.
    access_no: String,
    /// What it is for.
    description: String,
}

impl Interface for IvrCodes {
    const ABOUT: About = About {
        bms: &["queryivrInfo"],
        ..about!("vdn/queryivrprocessinnoinfo", Vdn, "IVR flow access codes", r#"{"ccId":1,"vdn":170}"#)
    };
    type Question = WholeVdn;
    type Data = Vec<IvrCode>;

    fn answer(desk: &Desk<'_>, asked: WholeVdn) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |_| Ok(Vec::new().into()))
    }
}
