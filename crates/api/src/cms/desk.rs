//! Where questions are answered: who asks, and what may be looked at.

use std::collections::HashSet;
use std::hash::Hash;

use engine::{Agent, AgentId, Call, CallId, Presence, Queue, QueueId, State, Timestamp, VdnId};
use history::{History, Projection};
use node::{Health, Node};

use tokio::sync::SemaphorePermit;

use super::code::Code;
use super::interface::{Entry, Refused};
use crate::app::App;
use crate::settings::Settings;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker<'a> {
    /// A client of the public face, who may ask about these VDNs.
    Client(&'a [VdnId]),
    /// Somebody on the inside.
    Inside,
}

impl Asker<'_> {
    fn may_ask_about(&self, vdn: VdnId) -> bool {
        match self {
            Self::Client(vdns) => vdns.contains(&vdn),
            Self::Inside => true,
        }
    }
}

/// The VDNs that are here.
pub(crate) trait Floors {
    /// All of them, by id.
    fn vdns(&self) -> Vec<VdnId>;

    /// Whether one can answer; none: it is not here.
    fn can_answer(&self, vdn: VdnId) -> Option<bool>;

    /// Looks at what is true of one that is here.
    fn look(&self, vdn: VdnId, look: &mut dyn FnMut(&State, Timestamp));

    /// The history of one; none where it is not kept.
    fn history(&self, vdn: VdnId) -> Option<&History>;
}

impl Floors for App {
    fn vdns(&self) -> Vec<VdnId> {
        self.nodes.keys().copied().collect()
    }

    fn can_answer(&self, vdn: VdnId) -> Option<bool> {
        self.nodes.get(&vdn).map(can_answer)
    }

    fn look(&self, vdn: VdnId, look: &mut dyn FnMut(&State, Timestamp)) {
        if let Some(node) = self.nodes.get(&vdn) {
            node.read(|state, _| look(state, node.now()));
        }
    }

    fn history(&self, vdn: VdnId) -> Option<&History> {
        self.histories.get(&vdn)
    }
}

impl App {
    /// Waits until there is room to read the file of the history, if the interface does that.
    pub(crate) async fn reading(&self, entry: &Entry) -> Option<SemaphorePermit<'_>> {
        // Nobody closes it.
        if entry.reads_file() { self.readings.acquire().await.ok() } else { None }
    }
}

/// Whether what the follower knows is what is true: a VDN whose journal is full still serves the calls it has.
pub(crate) fn can_answer(node: &Node) -> bool {
    matches!(node.health(), Health::Serving | Health::JournalFull)
}

/// Where a question is answered.
pub(crate) struct Desk<'a> {
    pub(crate) floors: &'a dyn Floors,
    pub(crate) settings: &'a Settings,
    pub(crate) asker: Asker<'a>,
}

/// A VDN, as it is at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) state: &'a State,
    pub(crate) now: Timestamp,
    pub(crate) cc: u16,
    pub(crate) vdn: VdnId,
    pub(crate) settings: &'a Settings,
    history: Option<&'a History>,
}

impl<'a> Scene<'a> {
    /// Looks at what the history has open: nothing, where it is not kept. It may be a moment behind the state.
    pub(crate) fn live<T>(&self, look: impl FnOnce(&Projection) -> T) -> T {
        match self.history {
            Some(history) => history.live(look),
            None => look(&Projection::default()),
        }
    }

    /// An agent who must be there.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn agent(&self, id: AgentId) -> Result<&'a Agent, Refused> {
        let none = || Refused::parameter(format!("agentId: there is no agent {id} in VDN {}", self.vdn));
        self.state.agent(id).ok_or_else(none)
    }

    /// A queue that must be there.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn queue(&self, id: QueueId) -> Result<&'a Queue, Refused> {
        let none = || Refused::parameter(format!("skillId: there is no queue {id} in VDN {}", self.vdn));
        self.state.queue(id).ok_or_else(none)
    }

    /// A live call that must be there.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn call(&self, id: CallId) -> Result<&'a Call, Refused> {
        let none = || Refused::parameter(format!("callId: there is no call {id} in progress in VDN {}", self.vdn));
        self.state.call(id).ok_or_else(none)
    }

    /// Those of these agents who are there, each once, in the order in which they are asked about.
    pub(crate) fn agents(&self, ids: &[AgentId]) -> impl Iterator<Item = &'a Agent> {
        distinct(ids).filter_map(|id| self.state.agent(id))
    }

    /// Those of these queues that are there, each once, in the order in which they are asked about.
    pub(crate) fn queues(&self, ids: &[QueueId]) -> impl Iterator<Item = &'a Queue> {
        distinct(ids).filter_map(|id| self.state.queue(id))
    }

    /// The agents who are signed in to a queue, by id.
    pub(crate) fn signed_in_to(&self, queue: QueueId) -> impl Iterator<Item = &'a Agent> + use<'a> {
        self.state.agents_of(queue).filter(|agent| agent.presence != Presence::SignedOut)
    }

    /// How long ago that was, in whole seconds.
    pub(crate) fn seconds_since(&self, then: Timestamp) -> u64 {
        self.now.since(then).as_secs()
    }
}

fn distinct<T: Copy + Eq + Hash>(ids: &[T]) -> impl Iterator<Item = T> {
    let mut seen = HashSet::with_capacity(ids.len());
    ids.iter().copied().filter(move |id| seen.insert(*id))
}

/// A point in time, in milliseconds since 1970.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.0.div_euclid(1000)
}

impl Desk<'_> {
    /// Looks at a VDN, if it is here, the asker may ask about it, and it can answer. `look` should be short: the follower
    /// waits for it.
    ///
    /// # Errors
    /// Which of these is not so, or what `look` said.
    pub(crate) fn at<T>(
        &self,
        cc: u16,
        vdn: VdnId,
        look: impl FnOnce(&Scene<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        self.is_here(cc)?;
        let Some(can_answer) = self.floors.can_answer(vdn) else {
            return Err(Refused::parameter(format!("vdn: there is no VDN {vdn} in call centre {cc}")));
        };
        if !self.asker.may_ask_about(vdn) {
            let sentence = format!("vdn: this access key may not ask about VDN {vdn}");
            return Err(Refused { code: Code::NotPermitted, sentence });
        }
        let unable = || Refused { code: Code::Failed, sentence: format!("vdn: VDN {vdn} cannot answer now") };
        if !can_answer {
            return Err(unable());
        }
        let (mut look, mut found) = (Some(look), None);
        self.floors.look(vdn, &mut |state, now| {
            let scene = Scene { state, now, cc, vdn, settings: self.settings, history: self.floors.history(vdn) };
            found = look.take().map(|look| look(&scene));
        });
        found.unwrap_or_else(|| Err(unable()))
    }

    /// The history of a VDN about which the asker may ask.
    ///
    /// # Errors
    /// As [`Desk::at`], and when no history is kept.
    pub(crate) fn history(&self, cc: u16, vdn: VdnId) -> Result<&History, Refused> {
        self.at(cc, vdn, |_| Ok(()))?;
        let sentence = || format!("vdn: no history is kept of VDN {vdn}");
        self.floors.history(vdn).ok_or_else(|| Refused { code: Code::Failed, sentence: sentence() })
    }

    /// Whether the call centre is ours.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn is_here(&self, cc: u16) -> Result<(), Refused> {
        if cc == self.settings.cc {
            return Ok(());
        }
        Err(Refused::parameter(format!("ccId: there is no call centre {cc} here")))
    }

    /// The VDNs that the asker may ask about, by id.
    pub(crate) fn vdns(&self) -> Vec<VdnId> {
        self.floors.vdns().into_iter().filter(|vdn| self.asker.may_ask_about(*vdn)).collect()
    }
}
