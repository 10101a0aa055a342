//! A snapshot on disk: all that is true at a position, as plain data.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Agent, AgentId, AgentSettings, Call, CallId, Caller, Cause, ChosenPresence, Figures, Flow, Forced, ForcedPresence,
    Image, Keeper, Keeping, LegKey, Line, LostCause, OfferId, Order, OutsideSender, Place, Presence, Queue,
    QueueFigures, QueueId, Reach, Rest, Sender, Situation, Spread, Stay, StayAt, Timestamp, VdnId, VdnSettings, Wait,
    Work,
};
use serde::{Deserialize, Deserializer, Serialize};

use super::mirror::{Mirror, mirror_enum, mirror_struct};
use super::record::NoteWire;
#[cfg(test)]
use super::tests::Source;
use super::{VERSION, WireError, frame, read, unframe};
use crate::record::{JournalId, Note, Position};
use crate::snapshot::Snapshot;

#[derive(Serialize, Deserialize)]
struct SnapshotWire<const V: u8> {
    journal: [u8; 16],
    vdn: u16,
    position: u64,
    epoch: u32,
    at: i64,
    image: ImageWire<V>,
    notes: Vec<NoteWire<V>>,
}

mirror_struct!(ImageWire for Image {
    vdn: Option<VdnId>,
    settings: VdnSettings,
    queues: Vec<Queue>,
    agents: Vec<Agent>,
    calls: Vec<Call>,
    calls_made: u64,
    offers_made: u64,
} and ImageMoreWire since 2 {
    Closed(closed: Vec<(QueueId, Timestamp)> = Vec::new()),
    Figures(figures: Vec<(AgentId, Figures)> = Vec::new()),
    QueueFigures(queue_figures: Vec<(QueueId, QueueFigures)> = Vec::new()),
});

mirror_struct!(AgentWire for Agent {
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
} and AgentMoreWire since 2 {
    PrivateRun(private_run: u32 = 0),
    Rest(rest: Option<Rest> = None),
    Forced(forced: Option<Forced> = None),
});

mirror_enum!(RestWire for Rest {
    Asked { length: Duration, cause: u8, since: Timestamp, ticket: u64 },
    Granted { length: Duration },
    Begun { until: Timestamp, is_overdue: bool },
});

mirror_struct!(ForcedWire for Forced { presence: ForcedPresence, order: Order, at: Timestamp });
mirror_struct!(FiguresWire for Figures { talks: Spread, wrap_ups: Spread, ring_millis: u32, joined: Flow });

mirror_struct!(QueueFiguresWire for QueueFigures { talks: Spread, joined: Flow });

mirror_struct!(FlowWire for Flow { from: Timestamp, counts: Vec<(u8, u32)> });

/// The counts that are not zero, with the numbers of their classes.
impl Mirror for Spread {
    type Wire<const V: u8> = Vec<(u8, u8)>;

    fn to_wire(&self) -> Vec<(u8, u8)> {
        self.counts().collect()
    }

    fn from_wire<const V: u8>(wire: Vec<(u8, u8)>) -> Self {
        Self::of_counts(&wire)
    }

    #[cfg(test)]
    fn some(source: &mut Source) -> Self {
        let counts = Vec::<(u8, u8)>::some(source).into_iter();
        Self::of_counts(&counts.map(|(class, count)| (class % 48, count)).collect::<Vec<_>>())
    }
}

mirror_enum!(WorkWire for Work {
    Idle { since: Timestamp },
    Offered { offer: OfferId, call: CallId },
    Talking { call: CallId, since: Timestamp },
    WrapUp { call: CallId, until: Option<Timestamp> },
});

mirror_enum!(ReachWire for Reach {
    Reachable,
    Lost { since: Timestamp, cause: LostCause, retry_at: Option<Timestamp>, sign_out_at: Option<Timestamp> },
});

mirror_struct!(CallWire for Call {
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
} and CallMoreWire since 3 {
    Keeper(keeper: Option<Keeper> = None),
});

mirror_struct!(KeeperWire for Keeper {
    agent: AgentId,
    keeping: Keeping,
    line: Line,
    since: Option<Timestamp>,
    origin_queue: Option<QueueId>,
});

/// Up to version 2 only treatments sent calls outside, and it was their queue and situation.
impl Mirror for OutsideSender {
    type Wire<const V: u8> = OutsideSenderWire<V>;

    fn to_wire(&self) -> OutsideSenderWire<VERSION> {
        OutsideSenderWire(match self {
            Self::Treatment(queue, situation) => OutsideWire::Treatment(queue.to_wire(), situation.to_wire()),
            Self::Agent(agent) => OutsideWire::Agent(agent.to_wire()),
        })
    }

    fn from_wire<const V: u8>(wire: OutsideSenderWire<V>) -> Self {
        match wire.0 {
            OutsideWire::Treatment(queue, situation) => {
                Self::Treatment(QueueId::from_wire::<V>(queue), Situation::from_wire::<V>(situation))
            }
            OutsideWire::Agent(agent) => Self::Agent(AgentId::from_wire::<V>(agent)),
        }
    }

    #[cfg(test)]
    fn some(source: &mut super::tests::Source) -> Self {
        match source.pick(2) {
            0 => Self::Treatment(QueueId::some(source), Situation::some(source)),
            _ => Self::Agent(AgentId::some(source)),
        }
    }
}

#[derive(Serialize)]
#[serde(transparent)]
pub(in crate::wire) struct OutsideSenderWire<const V: u8>(OutsideWire<V>);

#[derive(Serialize, Deserialize)]
pub(in crate::wire) enum OutsideWire<const V: u8> {
    Treatment(<QueueId as Mirror>::Wire<V>, <Situation as Mirror>::Wire<V>),
    Agent(<AgentId as Mirror>::Wire<V>),
}

impl<'de, const V: u8> Deserialize<'de> for OutsideSenderWire<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if V < 3 {
            let (queue, situation) = Deserialize::deserialize(deserializer)?;
            return Ok(Self(OutsideWire::Treatment(queue, situation)));
        }
        OutsideWire::deserialize(deserializer).map(Self)
    }
}

mirror_enum!(PlaceWire for Place {
    Waiting(wait: Wait),
    Offered { offer: OfferId, agent: AgentId, since: Timestamp, until: Timestamp, wait: Wait },
    Talking { agent: AgentId, since: Timestamp, held: bool, line: Line },
    Outside { address: Arc<str>, since: Timestamp, answered: bool, sent_by: OutsideSender },
});

mirror_struct!(WaitWire for Wait {
    line: Line,
    joined: Timestamp,
    until: Timestamp,
    cause: Cause,
    sender: Sender,
} and WaitMoreWire since 2 {
    WeightMin(weight_min: u8 = 1),
    WidensAt(widens_at: Option<Timestamp> = None),
});

mirror_struct!(StayWire for Stay { at: StayAt, from: Timestamp, until: Timestamp, cause: Cause });

mirror_enum!(StayAtWire for StayAt { Line(line: Line), Agent(agent: AgentId), Outside(address: Arc<str>) });

/// The frame of a snapshot.
pub(crate) fn encode_snapshot(journal: JournalId, snapshot: &Snapshot) -> Result<Vec<u8>, WireError> {
    frame(&SnapshotWire {
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
    match unframe(bytes)? {
        (1, body) => read::<SnapshotWire<1>>(body).map(snapshot),
        (2, body) => read::<SnapshotWire<2>>(body).map(snapshot),
        (VERSION, body) => read::<SnapshotWire<VERSION>>(body).map(snapshot),
        (other, _) => Err(WireError::Version(other)),
    }
}

fn snapshot<const V: u8>(wire: SnapshotWire<V>) -> (JournalId, Snapshot) {
    let SnapshotWire { journal, vdn, position, epoch, at, image, notes } = wire;
    let snapshot = Snapshot {
        vdn: VdnId(vdn),
        position: Position(position),
        epoch,
        at: Timestamp(at),
        image: Image::from_wire::<V>(image),
        notes: Vec::<Note>::from_wire::<V>(notes),
    };
    (JournalId(journal), snapshot)
}
