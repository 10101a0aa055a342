//! How agents answer when they are rung: as they did for this caller, else as they did at about that time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{AgentId, Timestamp};

use crate::day::Day;
use crate::likely::nearest;

/// What an agent without a history takes to answer, where nobody has one.
const USUAL: Duration = Duration::from_secs(3);
/// How much longer than it is known to have lasted something is taken to last whose end nobody saw.
pub(crate) const A_LITTLE: Duration = Duration::from_secs(1);

/// What an agent did about one offer.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) life: usize,
    pub(crate) at: Timestamp,
    pub(crate) after: Duration,
    pub(crate) order: u64,
    pub(crate) what: Answer,
    /// Whether the agent was made `NotReady` by it.
    pub(crate) made_not_ready: bool,
    /// When the agent came back by its own hand, counted from then.
    pub(crate) ready_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Declined,
    /// The phone gave up before our own time was over.
    GaveUp,
    /// The phone could not be rung.
    Failed,
    /// Nobody answered for as long as it was let ring.
    RangOut,
    /// It was withdrawn, or the day ended: what would have come is not known.
    Withdrawn,
}

impl Answer {
    /// Happens as often as it did, and not more often.
    const fn is_refusal(self) -> bool {
        matches!(self, Self::Declined | Self::GaveUp | Self::Failed | Self::RangOut)
    }
}

/// The recorded answers, and which of them are used up.
#[derive(Debug)]
pub(crate) struct Offers<'a> {
    day: &'a Day,
    /// Of each agent and life: which of the agent's responses.
    pairs: BTreeMap<(AgentId, usize), Vec<usize>>,
    offered: BTreeMap<(AgentId, usize), usize>,
    refused: BTreeSet<(AgentId, usize)>,
    /// All that were accepted, by time, for agents without any.
    accepted: Vec<(Timestamp, Duration)>,
    /// Offers whose answer is borrowed from another call.
    pub(crate) borrowed: usize,
}

impl<'a> Offers<'a> {
    pub(crate) fn new(day: &'a Day) -> Self {
        let mut pairs: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let mut accepted = Vec::new();
        for (agent, responses) in &day.responses {
            for (nth, response) in responses.iter().enumerate() {
                pairs.entry((*agent, response.life)).or_default().push(nth);
                accepted.extend((response.what == Answer::Accepted).then_some((response.at, response.after)));
            }
        }
        accepted.sort_unstable();
        let (offered, refused) = (BTreeMap::new(), BTreeSet::new());
        Self { day, pairs, offered, refused, accepted, borrowed: 0 }
    }

    /// How `agent`, who answers as `like` does, answers the call of `life` at `now`.
    pub(crate) fn answer(&mut self, agent: AgentId, like: AgentId, life: usize, now: Timestamp) -> Response {
        let nth = self.offered.entry((agent, life)).or_default();
        let own = self.pairs.get(&(agent, life)).and_then(|pair| pair.get(*nth)).copied();
        *nth += 1;
        let responses: &[Response] = self.day.responses.get(&like).map_or(&[], Vec::as_slice);
        match own.map(|nth| (nth, &responses[nth])) {
            Some((_, response)) if response.what == Answer::Withdrawn => self.at_least(response, agent, like, now),
            Some((nth, response)) if !response.what.is_refusal() || self.refused.insert((agent, nth)) => {
                response.clone()
            }
            _ => self.borrow(agent, like, life, now),
        }
    }

    /// It rang for as long as it did before it was withdrawn, and would have been answered.
    fn at_least(&self, known: &Response, agent: AgentId, like: AgentId, now: Timestamp) -> Response {
        let borrowed = self.nearest(agent, like, known.life, now, false).1;
        let after = if borrowed.after > known.after { borrowed.after } else { known.after + A_LITTLE };
        Response { after, ..borrowed }
    }

    /// As the agent answered what was offered to it at about that time; a refusal happens once.
    fn borrow(&mut self, agent: AgentId, like: AgentId, life: usize, now: Timestamp) -> Response {
        self.borrowed += 1;
        let (nth, response) = self.nearest(agent, like, life, now, true);
        if let Some(nth) = nth.filter(|_| response.what.is_refusal()) {
            self.refused.insert((agent, nth));
        }
        response
    }

    /// The response of `like` that is nearest in time and not used up, and which of them it is.
    fn nearest(
        &self,
        agent: AgentId,
        like: AgentId,
        life: usize,
        now: Timestamp,
        may_refuse: bool,
    ) -> (Option<usize>, Response) {
        let responses: &[Response] = self.day.responses.get(&like).map_or(&[], Vec::as_slice);
        let is_left = |nth: &usize| match responses[*nth].what {
            Answer::Accepted => true,
            Answer::Withdrawn => false,
            _ => may_refuse && !self.refused.contains(&(agent, *nth)),
        };
        let candidates = (0..responses.len()).filter(is_left);
        let found = candidates.min_by_key(|nth| (apart(responses[*nth].at, now), *nth));
        let response = found.map_or_else(
            || {
                let after = nearest(&self.accepted, now).unwrap_or(USUAL);
                let (what, order) = (Answer::Accepted, u64::MAX);
                Response { life, at: now, after, order, what, made_not_ready: false, ready_after: None }
            },
            |nth| Response { life, order: u64::MAX, ..responses[nth].clone() },
        );
        (found, response)
    }
}

fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}
