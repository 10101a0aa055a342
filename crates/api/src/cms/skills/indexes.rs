//! Figures of queues, asked for by name.

use engine::{QueueId, VdnId};
use history::QueueFigure;

use super::figures::Figures;
use super::lately::counted;
use crate::cms::codes::CtiState;
use crate::cms::desk::{Desk, Scene};
use crate::cms::field::{Field, Kind, question};
use crate::cms::fields::{CC, QUEUES, VDN};
use crate::cms::index::{self, IndexRow, IndexValue};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// `skill/rindex`.
pub(in crate::cms) struct Indexes;

const INDEXES: Field =
    Field { name: "indexIds", kind: Kind::Texts(12), about: "Which figures: IDX_COUNT_REAL_SKILL_QUEUE and others." };

question! {
    /// About figures of queues.
    QueueIndexes {
        cc: u16 = CC,
        vdn: VdnId = VDN,
        queues: Vec<QueueId> = QUEUES,
        indexes: Vec<String> = INDEXES,
    }
}

type Figure = fn(&Scene<'_>, &Figures<'_>) -> u64;

/// Every figure of a queue.
const FIGURES: &[(&str, Figure)] = &[
    ("IDX_COUNT_REAL_SKILL_QUEUE", |scene, of| scene.state.waiting_count(of.queue.id) as u64),
    ("IDX_COUNT_REAL_SKILL_HANDLE", |_, of| of.handled),
    ("IDX_DURATION_SKILL_MAX_QUEUE_ACK", |scene, of| of.longest(scene).map_or(0, |(_, seconds)| seconds)),
    ("IDX_COUNT_20S_CALL_FOR_5MIN", |scene, of| counted(scene, of.queue.id).get(QueueFigure::ConnectedIn20)),
    ("IDX_COUNT_REAL_AGENT_SIGN_IN", |_, of| of.agents.signed_in.into()),
    ("IDX_COUNT_REAL_AGENT_CONNECT", |_, of| of.agents.count(CtiState::Talking).into()),
    ("IDX_COUNT_REAL_AGENT_SET_IDLE", |_, of| of.agents.count(CtiState::Idle).into()),
    ("IDX_COUNT_REAL_AGENT_USABLE", |_, of| of.agents.available.into()),
    ("IDX_COUNT_REAL_AGENT_SET_BUSY", |_, of| of.agents.count(CtiState::Busy).into()),
    ("IDX_COUNT_REAL_AGENT_ACW", |_, of| of.agents.count(CtiState::Working).into()),
    ("IDX_COUNT_REAL_AGENT_REST", |_, of| of.agents.count(CtiState::Rest).into()),
    ("IDX_COUNT_REAL_AGENT_STUDY", |_, of| of.agents.count(CtiState::Study).into()),
];

impl Interface for Indexes {
    const ABOUT: About = About {
        bms: &["rindexSkill"],
        ..about!(
            "skill/rindex",
            Skills,
            "Real-time indicators of queues",
            r#"{"ccId":1,"vdn":170,"skillIds":[1,2],"indexIds":["IDX_COUNT_REAL_SKILL_QUEUE","IDX_COUNT_REAL_AGENT_USABLE"]}"#
        )
    };
    type Question = QueueIndexes;
    type Data = Vec<IndexRow<String>>;

    fn answer(desk: &Desk<'_>, asked: QueueIndexes) -> Result<Reply<Self::Data>, Refused> {
        let indexes = index::find(FIGURES, &asked.indexes)?;
        desk.at(asked.cc, asked.vdn, |scene| {
            let row = |of: &Figures<'_>| {
                let value =
                    |&(id, figure): &(&'static str, Figure)| IndexValue { id, val: figure(scene, of).to_string() };
                IndexRow { id: of.queue.id.to_string(), idxs: indexes.iter().map(value).collect() }
            };
            Ok(Figures::of_all(scene, &asked.queues).iter().map(row).collect::<Vec<_>>().into())
        })
    }
}
