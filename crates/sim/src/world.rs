//! One simulated call centre: its process, its disk, the network, phones and people, under one clock and one chance.

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::time::Duration;

use engine::{AgentId, Floor, Timestamp};

use crate::books::Books;
use crate::chance::Chance;
use crate::checks::Breach;
use crate::disk::Disk;
use crate::edge::{Edge, Fact};
use crate::faults::Faults;
use crate::floors::{self, Size};
use crate::network::{LineId, Packet, Side, Txn, TxnKey};
use crate::people::{Act, Caller, Worker};
use crate::phones::Phone;
use crate::plant::Plant;
use crate::rules::START;
use crate::sometimes::{Situation, Sometimes};
use crate::time::Agenda;
use crate::trace::Trace;
use crate::writer::Writer;

/// What is to be run.
#[derive(Clone, Debug)]
pub struct Setting {
    /// All chance follows from it.
    pub seed: u64,
    /// How long callers come, in simulated seconds.
    pub seconds: u64,
    /// Small or busy.
    pub size: Size,
    /// A bug that is planted.
    pub plant: Option<Plant>,
    /// Whether the reference model is asked too.
    pub with_model: bool,
    /// Whether every step is told.
    pub traced: bool,
}

/// What can be due.
#[derive(Debug)]
pub(crate) enum Due {
    /// A message arrives, if its receiver is there.
    Deliver(Box<Packet>),
    /// A request has waited for its final response for 32 s.
    TxnEnd(TxnKey),
    /// A leg of this side wants to be woken.
    Leg(Side, LineId),
    /// The writer has something to do.
    Write(u32),
    /// The disk has, or has not, written a batch of this life of the process.
    Written(u32, WriteEnd),
    /// A fact is submitted again.
    Again(u32, Box<Fact>),
    /// The edge looks at its bindings.
    Bindings(u32),
    /// Somebody does something.
    Act(Act),
    /// A line sounds different.
    Sound(LineId, Sound),
    /// A caller comes.
    Arrival,
    /// The process crashes.
    Crash,
    /// It starts again.
    Start,
    /// There is room on the disk no more, or again.
    Room(bool),
    /// An agent's phone vanishes.
    PhoneLost,
}

/// How a write ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteEnd {
    Done,
    /// Nobody knows whether it happened; the process ends itself.
    Unknown,
}

/// What somebody hears in the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    Nothing,
    Hold,
    Ringback,
    Voice,
}

/// Everything there is.
#[derive(Debug)]
pub struct World {
    pub(crate) setting: Setting,
    pub(crate) now: Timestamp,
    agenda: Agenda<Due>,
    pub(crate) chance: Chance,
    pub(crate) faults: Faults,
    pub(crate) floor: Floor,
    pub(crate) disk: Disk,
    /// Counts the lives of the process; what an earlier life had on its agenda is void.
    pub(crate) life: u32,
    pub(crate) is_up: bool,
    /// How far the machine's clock is ahead of the world's, in microseconds.
    pub(crate) clock_ahead: i64,
    pub(crate) writer: Writer,
    pub(crate) edge: Edge,
    pub(crate) txns: BTreeMap<TxnKey, Txn>,
    pub(crate) lines_made: u32,
    pub(crate) phones: BTreeMap<LineId, Phone>,
    pub(crate) callers: Vec<Caller>,
    pub(crate) workers: BTreeMap<AgentId, Worker>,
    pub(crate) books: Books,
    pub(crate) met: Sometimes,
    pub(crate) trace: Trace,
    pub(crate) breach: Option<Breach>,
}

/// How long after the last fault everything must be as it should: callers have left, phones are idle.
const CALM: Duration = Duration::from_secs(170);

/// Faults end this long before the last caller comes.
const QUIET_END: Duration = Duration::from_secs(12);

impl World {
    /// The world of a seed, before anything has happened.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        let mut chance = Chance::new(setting.seed);
        let faults = Faults::draw(&mut chance);
        let floor = floors::floor(&mut chance, setting.size);
        let traced = setting.traced;
        let mut world = Self {
            now: START,
            agenda: Agenda::new(),
            faults,
            floor,
            disk: Disk::default(),
            life: 0,
            is_up: false,
            clock_ahead: 0,
            writer: Writer::default(),
            edge: Edge::default(),
            txns: BTreeMap::new(),
            lines_made: 0,
            phones: BTreeMap::new(),
            callers: Vec::new(),
            workers: floors::agent_ids(setting.size).map(|id| (id, Worker::default())).collect(),
            books: Books::default(),
            met: Sometimes::default(),
            trace: Trace::new(traced),
            breach: None,
            chance,
            setting,
        };
        world.prepare();
        world
    }

    fn prepare(&mut self) {
        self.after(Duration::ZERO, Due::Start);
        self.after(Duration::from_millis(500), Due::Arrival);
        self.people_come();
        if let Some(every) = self.faults.crash_every {
            self.sometime(every, Due::Crash);
        }
        if let Some(every) = self.faults.full_every {
            self.sometime(every, Due::Room(false));
        }
        if let Some(every) = self.faults.phone_lost_every {
            self.sometime(every, Due::PhoneLost);
        }
    }

    /// Runs all of it.
    ///
    /// # Errors
    /// The first law that was broken.
    pub fn run(&mut self) -> Result<(), Breach> {
        let end = self.end_of_calls() + CALM;
        while self.breach.is_none() {
            let Some((at, due)) = self.agenda.next(end) else { break };
            self.now = at;
            self.trace.step(at, &due);
            self.happen(due);
        }
        self.now = end;
        if self.breach.is_none() {
            self.check_the_end();
        }
        self.breach.take().map_or(Ok(()), Err)
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Deliver(packet) => self.deliver(*packet),
            Due::TxnEnd(key) => self.txn_end(key),
            Due::Leg(Side::House, line) => self.edge_leg_due(line),
            Due::Leg(Side::Phone, line) => self.phone_leg_due(line),
            Due::Write(life) if life == self.life => self.write(),
            Due::Written(life, end) if life == self.life => self.written(end),
            Due::Again(life, fact) if life == self.life => self.submit_again(*fact),
            Due::Bindings(life) if life == self.life => self.bindings_due(),
            Due::Write(_) | Due::Written(..) | Due::Again(..) | Due::Bindings(_) => {}
            Due::Act(act) => self.act(act),
            Due::Sound(line, sound) => self.hears(line, sound),
            Due::Arrival => self.arrival(),
            Due::Crash => self.planned_crash(),
            Due::Start => self.start(),
            Due::Room(is_there) => self.room(is_there),
            Due::PhoneLost => self.a_phone_vanishes(),
        }
        self.settle_edge();
        self.write();
    }

    fn room(&mut self, is_there: bool) {
        self.disk.is_full = !is_there;
        self.trace.tell(|| format!("the disk has {} room", if is_there { "again" } else { "no" }));
        if !is_there {
            let pause = self.chance.millis(300, 3000);
            self.after(pause, Due::Room(true));
            if let Some(every) = self.faults.full_every {
                self.sometime(every, Due::Room(false));
            }
        }
    }

    /// A law is broken; only the first time counts.
    pub(crate) fn broken(&mut self, law: &'static str, sentence: String) {
        self.trace.tell(|| format!("BROKEN {law}: {sentence}"));
        self.breach.get_or_insert((law, sentence));
    }

    pub(crate) fn check(&mut self, checked: Result<(), Breach>) {
        if let Err((law, sentence)) = checked {
            self.broken(law, sentence);
        }
    }

    pub(crate) fn meet(&mut self, situation: Situation) {
        self.met.met(situation);
    }

    pub(crate) fn at(&mut self, at: Timestamp, due: Due) {
        self.agenda.add(at.max(self.now), due);
    }

    pub(crate) fn after(&mut self, wait: Duration, due: Due) {
        self.agenda.add(self.now + wait, due);
    }

    /// Between half and one and a half of the usual time from now, if faults have not ended by then.
    pub(crate) fn sometime(&mut self, usual: Duration, due: Due) {
        let micros = u64::try_from(usual.as_micros()).unwrap_or(u64::MAX);
        let at = self.now + self.chance.micros(micros / 2, micros / 2 * 3);
        if at < self.end_of_faults() {
            self.agenda.add(at, due);
        }
    }

    /// When the last caller comes.
    pub(crate) fn end_of_calls(&self) -> Timestamp {
        START + Duration::from_secs(self.setting.seconds)
    }

    /// From then on nothing goes wrong any more.
    pub(crate) fn end_of_faults(&self) -> Timestamp {
        let seconds = Duration::from_secs(self.setting.seconds);
        START + seconds.saturating_sub(QUIET_END.min(seconds / 4))
    }

    /// Whether nothing goes wrong any more and people do what they should.
    pub(crate) fn is_calm(&self) -> bool {
        self.now >= self.end_of_faults()
    }

    /// Whether nothing has gone wrong for so long.
    pub(crate) fn is_calm_for(&self, span: Duration) -> bool {
        self.now >= self.end_of_faults() + span
    }

    /// The time of the process, as its node tells it.
    pub(crate) fn node_now(&self) -> Timestamp {
        Timestamp(self.now.0 + self.clock_ahead)
    }

    pub(crate) fn leg_now(&self) -> leg::Timestamp {
        leg::Timestamp(self.now.0)
    }

    pub(crate) fn plants(&self, plant: Plant) -> bool {
        self.setting.plant == Some(plant)
    }

    /// Whether the planted bug shows this time: not each time, or too little would happen at all.
    pub(crate) fn strikes(&mut self, plant: Plant, permille: u64) -> bool {
        self.plants(plant) && self.chance.is(permille)
    }

    /// A number that tells this run from any other.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut hash = self.trace.hash();
        hash.write_u64(self.books.truth().state().hash());
        hash.finish()
    }

    /// What situations were met.
    #[must_use]
    pub const fn met(&self) -> &Sometimes {
        &self.met
    }

    /// The steps, when they were told.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        self.trace.lines()
    }

    /// How many records the journal has.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.disk.last().0
    }
}
