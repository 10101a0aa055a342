//! A snapshot on disk: all that is true at a position, as plain data.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Agent, AgentId, AgentSettings, Call, CallId, Caller, Cause, ChosenPresence, Image, LegKey, Line, LostCause,
    OfferId, Place, Presence, Queue, QueueId, Reach, Sender, Situation, Stay, StayAt, Timestamp, VdnId, VdnSettings,
    Wait, Work,
};
use serde::{Deserialize, Serialize};

use super::mirror::{Mirror, mirror_enum, mirror_struct};
use super::record::NoteV1;
use super::{WireError, frame, unframe};
use crate::record::{JournalId, Note, Position};
use crate::snapshot::Snapshot;

#[derive(Debug, Serialize, Deserialize)]
struct SnapshotV1 {
    journal: [u8; 16],
    vdn: u16,
    position: u64,
    epoch: u32,
    at: i64,
    image: ImageV1,
    notes: Vec<NoteV1>,
}

mirror_struct!(ImageV1 for Image {
    vdn: Option<VdnId>,
    settings: VdnSettings,
    queues: Vec<Queue>,
    agents: Vec<Agent>,
    calls: Vec<Call>,
    calls_made: u64,
    offers_made: u64,
});

mirror_struct!(AgentV1 for Agent {
    settings: Arc<AgentSettings>,
    presence: Presence,
    presence_since: Timestamp,
    after_work: Option<ChosenPresence>,
    work: Work,
    work_since: Timestamp,
    reach: Reach,
    ready_at: Option<Timestamp>,
    talked: Duration,
    last_offer: Option<OfferId>,
    is_leaving: bool,
});

mirror_enum!(WorkV1 for Work {
    Idle { since: Timestamp },
    Offered { offer: OfferId, call: CallId },
    Talking { call: CallId, since: Timestamp },
    WrapUp { call: CallId, until: Option<Timestamp> },
});

mirror_enum!(ReachV1 for Reach {
    Reachable,
    Lost { since: Timestamp, cause: LostCause, retry_at: Option<Timestamp>, sign_out_at: Option<Timestamp> },
});

mirror_struct!(CallV1 for Call {
    id: CallId,
    key: LegKey,
    caller: Caller,
    called: Arc<str>,
    arrived: Timestamp,
    priority: u8,
    origin_queue: Option<QueueId>,
    hops: u8,
    since: Option<Timestamp>,
    place: Place,
    diverted: Vec<(QueueId, Situation)>,
    not_before: Vec<(AgentId, Timestamp)>,
    history: Vec<Stay>,
});

mirror_enum!(PlaceV1 for Place {
    Waiting(wait: Wait),
    Offered { offer: OfferId, agent: AgentId, since: Timestamp, until: Timestamp, wait: Wait },
    Talking { agent: AgentId, since: Timestamp, held: bool, line: Line },
    Outside { address: Arc<str>, since: Timestamp, answered: bool, sent_by: (QueueId, Situation) },
});

mirror_struct!(WaitV1 for Wait { line: Line, joined: Timestamp, until: Timestamp, cause: Cause, sender: Sender });

mirror_struct!(StayV1 for Stay { at: StayAt, from: Timestamp, until: Timestamp, cause: Cause });

mirror_enum!(StayAtV1 for StayAt { Line(line: Line), Agent(agent: AgentId), Outside(address: Arc<str>) });

/// The frame of a snapshot.
pub(crate) fn encode_snapshot(journal: JournalId, snapshot: &Snapshot) -> Result<Vec<u8>, WireError> {
    frame(&SnapshotV1 {
        journal: journal.0,
        vdn: snapshot.vdn.0,
        position: snapshot.position.0,
        epoch: snapshot.epoch,
        at: snapshot.at.0,
        image: snapshot.image.to_wire(),
        notes: snapshot.notes.to_wire(),
    })
}

/// The snapshot in a frame, and its journal.
pub(crate) fn decode_snapshot(bytes: &[u8]) -> Result<(JournalId, Snapshot), WireError> {
    let SnapshotV1 { journal, vdn, position, epoch, at, image, notes } = unframe(bytes)?;
    let snapshot = Snapshot {
        vdn: VdnId(vdn),
        position: Position(position),
        epoch,
        at: Timestamp(at),
        image: Image::from_wire(image),
        notes: Vec::<Note>::from_wire(notes),
    };
    Ok((JournalId(journal), snapshot))
}
