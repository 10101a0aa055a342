//! Figures of VDNs, asked for by name.

use engine::{Place, State, VdnId};

use crate::cms::desk::Desk;
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{CC, VDNS};
use crate::cms::index::{self, IndexRow, IndexValue};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// `rindex/vdn`.
pub(in crate::cms) struct Indexes;

const INDEXES: Field =
    Field { name: "indexIds", kind: Kind::Texts(100), about: "Which figures: IDX_COUNT_REAL_VDN_CALL and others." };

question! {
    /// About figures of VDNs.
    VdnIndexes { cc: Option<u16> = CC, vdns: Vec<VdnId> = VDNS, indexes: Vec<String> = INDEXES }
}

type Figure = fn(&State) -> usize;

/// The figures of a VDN whose names are known: calls in progress, and those of them that are talked with.
const FIGURES: &[(&str, Figure)] = &[
    ("IDX_COUNT_REAL_VDN_CALL", |state| state.calls().count()),
    ("IDX_COUNT_REAL_VDN_CONNECT", |state| state.calls().filter(|call| is_talk(&call.place)).count()),
];

const fn is_talk(place: &Place) -> bool {
    matches!(place, Place::Talking { .. } | Place::Outside { answered: true, .. })
}

impl Interface for Indexes {
    const ABOUT: About = About {
        bms: &["teamagentstatusinfobyvdns"],
        ..about!(
            "rindex/vdn",
            Vdn,
            "Real-time indicators of VDNs",
            r#"{"ccId":1,"vdnIds":[170],"indexIds":["IDX_COUNT_REAL_VDN_CONNECT","IDX_COUNT_REAL_VDN_CALL"]}"#
        )
    };
    type Question = VdnIndexes;
    type Data = Vec<IndexRow<usize>>;

    fn answer(desk: &Desk<'_>, asked: VdnIndexes) -> Result<Reply<Self::Data>, Refused> {
        let indexes = index::find(FIGURES, &asked.indexes)?;
        let cc = asked.cc.unwrap_or(desk.settings.cc);
        let row = |vdn: &VdnId| {
            desk.at(cc, *vdn, |scene| {
                let value = |&(id, figure): &(&'static str, Figure)| IndexValue { id, val: figure(scene.state) };
                Ok(IndexRow { id: vdn.to_string(), idxs: indexes.iter().map(value).collect() })
            })
        };
        asked.vdns.iter().map(row).collect::<Result<Vec<_>, _>>().map(Reply::from)
    }
}
