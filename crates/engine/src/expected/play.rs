//! The line ahead of a call, played to its end.

use alloc::vec::Vec;
use core::time::Duration;

use super::deal::gap;
use super::line::{Ahead, Taker};
use super::server::WrapUp;
use super::{AHEAD_MAX, ExpectedWait, SCENARIOS, SERVERS_MAX};

/// How many calls come in the meantime at most, for the line and for each agent.
const NEWCOMERS_MAX: usize = AHEAD_MAX;

/// When a call is served, in each scenario, and what the answers of all scenarios say.
pub(super) fn play(ahead: &Ahead) -> ExpectedWait {
    if ahead.takers.iter().all(|taker| taker.own_from(ahead.own).is_none()) {
        return ExpectedWait::Never;
    }
    let mut table = Table::new(ahead);
    let mut served = [0; SCENARIOS];
    // How long the second half of the line takes, over all scenarios.
    let (from, mut taken) = (ahead.calls.len() / 2, 0);
    for (scenario, served) in served.iter_mut().enumerate() {
        let Played { last, half, own } = table.play(scenario, from);
        let (part, whole) = ahead.way;
        *served = last.saturating_add(own.saturating_sub(last).saturating_mul(part) / whole);
        taken = own.saturating_sub(half).saturating_add(taken);
    }
    let calls = (ahead.calls.len() - from).max(1) as u64 * SCENARIOS as u64;
    let rest = taken.saturating_mul(ahead.beyond) / calls;
    served.iter_mut().for_each(|served| *served = served.saturating_add(rest));
    served.sort_unstable();
    ExpectedWait::Span { p50: quantile(&served, 50), p90: quantile(&served, 90) }
}

/// Between the two of the sorted answers that it lies between, each standing for the middle of its share.
fn quantile(sorted: &[u64; SCENARIOS], percent: u64) -> Duration {
    // In hundredths of a place, from the first answer on.
    let at = percent * SCENARIOS as u64 - 50;
    let place = usize::try_from(at / 100).unwrap_or(0).min(SCENARIOS - 2);
    let (below, above) = (sorted[place], sorted[place + 1]);
    Duration::from_millis(below.saturating_add((above - below).saturating_mul(at % 100) / 100))
}

/// When calls were served in a scenario.
struct Played {
    /// The last one ahead.
    last: u64,
    /// The one at which the second half of the line begins.
    half: u64,
    /// The call itself.
    own: u64,
}

struct Table<'a> {
    ahead: &'a Ahead,
    agents: Vec<Busy>,
    /// Which calls have been taken.
    taken: Vec<bool>,
    /// All before it have been taken.
    first: usize,
    overtaking: Newcomers,
}

/// An agent in a scenario.
#[derive(Clone, Copy, Debug)]
struct Busy {
    free: u64,
    /// How many calls of the line it has taken.
    calls: usize,
    private: Newcomers,
}

/// Calls that have yet to come.
#[derive(Clone, Copy, Debug, Default)]
struct Newcomers {
    /// When the next one comes.
    next: u64,
    /// How many have come.
    count: usize,
}

impl Newcomers {
    fn first(gap: u64) -> Self {
        Self { next: gap, count: 0 }
    }

    /// Whether one has come by `now` that is served then; after so many nobody comes, so that the line has an end.
    fn has_come(self, now: u64) -> bool {
        self.next <= now && self.count < NEWCOMERS_MAX
    }

    /// One is served; the next comes this long after it came.
    fn serve(&mut self, gap: u64) {
        self.next = self.next.saturating_add(gap);
        self.count += 1;
    }
}

impl<'a> Table<'a> {
    fn new(ahead: &'a Ahead) -> Self {
        Self { ahead, agents: Vec::new(), taken: Vec::new(), first: 0, overtaking: Newcomers::default() }
    }

    fn set(&mut self, scenario: usize) {
        let busy = |taker: &Taker| Busy {
            free: taker.server.free_at(scenario),
            calls: 0,
            private: Newcomers::first(taker.server.private_gap(0, scenario)),
        };
        self.agents.clear();
        self.agents.extend(self.ahead.takers.iter().map(busy));
        self.taken.clear();
        self.taken.resize(self.ahead.calls.len(), false);
        self.first = 0;
        self.overtaking = Newcomers::first(self.overtaking_gap(0, scenario));
    }

    fn overtaking_gap(&self, nth: usize, scenario: usize) -> u64 {
        gap(self.ahead.overtaking, SERVERS_MAX, nth, scenario)
    }

    fn play(&mut self, scenario: usize, half_at: usize) -> Played {
        self.set(scenario);
        let (mut last, mut half, mut count) = (0, 0, 0);
        let (mut before, mut told) = (0, 0);
        loop {
            let (place, free) = self.next_free();
            let taker = &self.ahead.takers[place];
            if self.takes_newcomer(place, scenario) {
                continue;
            }
            let Some(taken) = self.take(taker, free) else {
                // There is nothing yet that it may take.
                self.agents[place].free = self.next_takeable(taker, free);
                continue;
            };
            told += self.population_gap(free - before, count, scenario);
            before = free;
            let Taken::Ahead(call) = taken else { return Played { last, half, own: told } };
            last = told;
            if count <= half_at {
                half = told;
            }
            count += 1;
            self.keep(place, self.ahead.calls[call].wraps_up, scenario);
        }
    }

    /// Where only some of the agents are played, the others are free at other times than these: gaps between services are
    /// as long as these on average, each by itself.
    fn population_gap(&self, gap: u64, nth: usize, scenario: usize) -> u64 {
        if self.ahead.is_whole {
            return gap;
        }
        // A thousandth of a call in a second, so that a gap is in thousandths of the average one.
        gap * super::deal::gap(1_000_000, SERVERS_MAX + 1, nth, scenario) / 1000
    }

    /// An agent is kept by a call of the line.
    fn keep(&mut self, place: usize, wraps_up: WrapUp, scenario: usize) {
        let agent = &mut self.agents[place];
        agent.free += self.ahead.takers[place].server.kept_for(agent.calls, wraps_up, scenario);
        agent.calls += 1;
    }

    /// Whether an agent who is free takes a call that has come in the meantime.
    fn takes_newcomer(&mut self, place: usize, scenario: usize) -> bool {
        let (server, agent) = (&self.ahead.takers[place].server, &mut self.agents[place]);
        if agent.private.has_come(agent.free) {
            agent.free += server.kept_by_private(agent.private.count, scenario);
            agent.private.serve(server.private_gap(agent.private.count + 1, scenario));
            return true;
        }
        if self.overtaking.has_come(agent.free) {
            self.overtaking.serve(self.overtaking_gap(self.overtaking.count + 1, scenario));
            self.keep(place, self.ahead.wraps_up, scenario);
            return true;
        }
        false
    }

    fn next_free(&self) -> (usize, u64) {
        let frees = self.agents.iter().map(|agent| agent.free).enumerate();
        frees.min_by_key(|(_, free)| *free).expect("somebody serves")
    }

    /// The first call that an agent may take at `free`.
    fn take(&mut self, taker: &Taker, free: u64) -> Option<Taken> {
        let may = |from: Option<u64>| from.is_some_and(|from| from <= free);
        let Ahead { calls, own, .. } = self.ahead;
        while self.taken.get(self.first) == Some(&true) {
            self.first += 1;
        }
        let found = (self.first..calls.len()).find(|call| !self.taken[*call] && may(calls[*call].takeable_from(taker)));
        if let Some(call) = found {
            self.taken[call] = true;
            return Some(Taken::Ahead(call));
        }
        may(taker.own_from(*own)).then_some(Taken::Own)
    }

    /// When the first of the calls that are left, later than `free`, is one that the agent may take.
    fn next_takeable(&self, taker: &Taker, free: u64) -> u64 {
        let left = self.ahead.calls.iter().zip(&self.taken).filter(|(_, taken)| !**taken);
        let calls = left.filter_map(|(call, _)| call.takeable_from(taker));
        let all = calls.chain(taker.own_from(self.ahead.own));
        all.filter(|from| *from > free).min().unwrap_or(u64::MAX)
    }
}

/// What an agent takes next.
enum Taken {
    /// One of the calls ahead.
    Ahead(usize),
    /// The call that is asked about.
    Own,
}
