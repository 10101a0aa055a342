//! Callers and agents with habits, each with a phone of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::{CallId, Caller, Event};
use node::{Node, Position, Record};
use tokio::sync::mpsc::{Receiver, channel};

use super::chance::Chance;
use super::narrator::Narrator;
use super::phone::{Order, Phone, Report};
use super::register::Account;
use super::screen::{Screen, clock};
use crate::command::Failure;

/// Whom everybody wants to talk to: calls wait for this agent alone.
const SOUGHT: u32 = 1099;
/// Who is played; the others are left to whoever brings a phone.
const AGENTS: [u32; 6] = [1001, 1002, 1003, SOUGHT, 1006, 1007];
/// How many callers there can be at a time.
const CALLERS: usize = 9;
/// How often it is said how private calls are asked for.
const HINT_EVERY: Duration = Duration::from_secs(60);

/// What the story needs to know.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) server: SocketAddr,
    pub(super) domain: String,
    pub(super) seed: u64,
    /// The command that lists the private calls.
    pub(super) ask: String,
}

/// The story, as it is played.
struct Story {
    chance: Chance,
    screen: Screen,
    narrator: Narrator,
    agents: Vec<Agent>,
    callers: Vec<Customer>,
    /// Numbers of callers who were here.
    numbers: u64,
    calls: BTreeMap<CallId, usize>,
    agenda: BTreeMap<(Instant, u64), Act>,
    planned: u64,
    ask: String,
    hinted: Option<Instant>,
    complaints: usize,
}

struct Agent {
    id: u32,
    phone: Phone,
    /// Counts its calls, so that what was planned for one is not done to the next.
    nth: u64,
}

struct Customer {
    phone: Phone,
    number: String,
    is_calling: bool,
    talks: bool,
    /// Counts its waits.
    nth: u64,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    SomebodyCalls,
    Answer(usize, u64),
    Decline(usize, u64),
    EndTalk(usize, u64),
    HangUp(usize, u64),
    GiveUp(usize, u64),
}

/// Plays until it is dropped; what was seen is summed up then.
pub(super) async fn play(node: Node, setting: Setting) -> Result<(), Failure> {
    let (reports, mut told) = channel(1024);
    let start = node.now().0.unsigned_abs();
    let mut phones = Vec::new();
    for (name, id) in AGENTS.iter().enumerate() {
        let (user, domain, password) = (id.to_string(), setting.domain.clone(), format!("demo-{id}"));
        let account = Some(Account { user, domain, password, start });
        phones.push(Phone::start(name, pitch(name), setting.server, account, reports.clone())?);
    }
    let mut lines = Vec::new();
    for nth in 0..CALLERS {
        let name = AGENTS.len() + nth;
        lines.push(Phone::start(name, pitch(name), setting.server, None, reports.clone())?);
    }
    let (state, position) = node.read(|state, position| (state.clone(), position));
    let mut story = Story::new(Narrator::new(state), phones, lines, &setting);
    story.run(&node, position, &mut told).await
}

/// Voices that can be told apart.
fn pitch(name: usize) -> u16 {
    250 + 50 * u16::try_from(name).unwrap_or(0)
}

impl Story {
    fn new(narrator: Narrator, phones: Vec<Phone>, lines: Vec<Phone>, setting: &Setting) -> Self {
        let agents = AGENTS.into_iter().zip(phones).map(|(id, phone)| Agent { id, phone, nth: 0 }).collect();
        let customer = |phone| Customer { phone, number: String::new(), is_calling: false, talks: false, nth: 0 };
        let mut story = Self {
            chance: Chance::new(setting.seed),
            screen: Screen::new(),
            narrator,
            agents,
            callers: lines.into_iter().map(customer).collect(),
            numbers: 0,
            calls: BTreeMap::new(),
            agenda: BTreeMap::new(),
            planned: 0,
            ask: setting.ask.clone(),
            hinted: None,
            complaints: 0,
        };
        story.plan(Duration::from_secs(2), Act::SomebodyCalls);
        story
    }

    async fn run(
        &mut self,
        node: &Node,
        position: Position,
        told: &mut Receiver<(usize, Report)>,
    ) -> Result<(), Failure> {
        let mut records = node.subscribe(position).map_err(|error| Failure::of(&error))?;
        loop {
            let next = self.agenda.first_key_value().map(|((at, _), _)| *at);
            let wait = next.map_or(Duration::from_secs(1), |at| at.saturating_duration_since(Instant::now()));
            tokio::select! {
                record = records.next() => self.decided(&*record.map_err(|error| Failure::of(&error))?),
                report = told.recv() => if let Some((name, report)) = report {
                    self.reported(name, report);
                },
                () = tokio::time::sleep(wait) => self.act(),
            }
        }
    }

    fn plan(&mut self, after: Duration, act: Act) {
        self.planned += 1;
        self.agenda.insert((Instant::now() + after, self.planned), act);
    }

    fn act(&mut self) {
        let is_due = self.agenda.first_key_value().is_some_and(|((at, _), _)| *at <= Instant::now());
        let Some((_, act)) = self.agenda.pop_first().filter(|_| is_due) else { return };
        match act {
            Act::SomebodyCalls => self.somebody_calls(),
            Act::Answer(agent, nth) => self.order(agent, nth, Order::Answer),
            Act::Decline(agent, nth) => self.order(agent, nth, Order::Decline),
            Act::EndTalk(agent, nth) => self.end_talk(agent, nth),
            Act::HangUp(agent, nth) => self.order(agent, nth, Order::HangUp),
            Act::GiveUp(caller, nth) => {
                let caller = &self.callers[caller];
                if caller.is_calling && !caller.talks && caller.nth == nth {
                    caller.phone.order(Order::HangUp);
                }
            }
        }
    }

    /// What an agent does about the call that it was planned for.
    fn order(&self, agent: usize, nth: u64, order: Order) {
        let agent = &self.agents[agent];
        if agent.nth == nth {
            agent.phone.order(order);
        }
    }

    fn somebody_calls(&mut self) {
        let next = self.chance.seconds(3, 8);
        self.plan(next, Act::SomebodyCalls);
        let number = match self.chance.below(10) {
            0..=6 => "8001",
            7 | 8 => "8002",
            _ => "1099",
        };
        let Some(free) = self.callers.iter().position(|caller| !caller.is_calling) else { return };
        self.numbers += 1;
        let from = format!("+4930555{:03}", 100 + self.numbers % 900);
        let caller = &mut self.callers[free];
        (caller.is_calling, caller.talks, caller.number) = (true, false, from.clone());
        caller.phone.order(Order::Call { from, number: number.to_owned() });
    }

    fn reported(&mut self, name: usize, report: Report) {
        if let Report::Complains(of) = &report {
            self.complaints += 1;
            let who =
                self.agents.get(name).map_or_else(|| "a caller".to_owned(), |agent| format!("agent {}", agent.id));
            self.screen.say(&format!("the phone of {who} complains: {of}"));
        } else if name < self.agents.len() {
            self.agent_reports(name, &report);
        } else {
            self.caller_reports(name - self.agents.len(), &report);
        }
    }

    fn agent_reports(&mut self, agent: usize, report: &Report) {
        let is_sought = self.agents[agent].id == SOUGHT;
        let nth = self.agents[agent].nth;
        match report {
            Report::Rings => {
                let habit = if is_sought { 0 } else { self.chance.below(100) };
                match habit {
                    0..86 => {
                        let after = self.chance.seconds(1, 4);
                        self.plan(after, Act::Answer(agent, nth));
                    }
                    86..94 => {
                        let after = self.chance.seconds(2, 4);
                        self.plan(after, Act::Decline(agent, nth));
                    }
                    // Nobody is at the desk: it rings for as long as it may.
                    _ => {}
                }
            }
            Report::Talks => {
                let length = if is_sought { self.chance.seconds(14, 26) } else { self.chance.seconds(6, 13) };
                self.plan(length, Act::EndTalk(agent, nth));
            }
            Report::TransferRefused => self.plan(Duration::from_secs(2), Act::HangUp(agent, nth)),
            Report::Free => self.agents[agent].nth += 1,
            Report::Registered | Report::Complains(_) => {}
        }
    }

    /// Every other caller of Sales wants the one who knows.
    fn end_talk(&mut self, agent: usize, nth: u64) {
        let target = match self.agents[agent].id {
            1001..=1003 if self.chance.happens(55) => Some(SOUGHT.to_string()),
            1006 | 1007 if self.chance.happens(25) => Some("8001".to_owned()),
            _ => None,
        };
        self.order(agent, nth, target.map_or(Order::HangUp, Order::Transfer));
    }

    fn caller_reports(&mut self, caller: usize, report: &Report) {
        match report {
            Report::Talks => self.waits(caller),
            Report::Free => {
                let caller = &mut self.callers[caller];
                (caller.is_calling, caller.talks) = (false, false);
                caller.nth += 1;
            }
            _ => {}
        }
    }

    /// Some have little patience.
    fn waits(&mut self, caller: usize) {
        let patience = if self.chance.happens(25) { self.chance.seconds(8, 20) } else { self.chance.seconds(50, 120) };
        self.callers[caller].nth += 1;
        self.callers[caller].talks = false;
        let nth = self.callers[caller].nth;
        self.plan(patience, Act::GiveUp(caller, nth));
    }

    /// The floor has decided something.
    fn decided(&mut self, record: &Record) {
        let Some(entry) = &record.entry else { return };
        let waited = self.narrator.told.private_waits;
        for sentence in self.narrator.tell(entry) {
            self.screen.say(&sentence);
        }
        self.screen.stand(self.narrator.state());
        if self.narrator.told.private_waits > waited {
            self.hint();
        }
        entry.events.iter().for_each(|event| self.follow(event));
    }

    fn follow(&mut self, event: &Event) {
        match event {
            Event::CallArrived { call, caller: Caller::Outside(number), .. } => {
                let whose = self.callers.iter().position(|caller| caller.is_calling && *caller.number == **number);
                self.calls.extend(whose.map(|caller| (*call, caller)));
            }
            Event::OfferAccepted { call, .. } => {
                if let Some(caller) = self.calls.get(call) {
                    self.callers[*caller].talks = true;
                }
            }
            Event::CallTransferred { call, .. } => {
                if let Some(caller) = self.calls.get(call).copied() {
                    self.waits(caller);
                }
            }
            Event::CallEnded { call, .. } => {
                self.calls.remove(call);
            }
            _ => {}
        }
    }

    /// Now and then, how to see it for oneself.
    fn hint(&mut self) {
        if self.hinted.is_none_or(|last| last.elapsed() >= HINT_EVERY) {
            self.hinted = Some(Instant::now());
            self.screen.say(&format!("  ask for it, in another terminal: {}", self.ask));
        }
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        let told = self.narrator.told;
        let complaints = match self.complaints {
            0 => "no phone complained".to_owned(),
            1 => "one phone complained".to_owned(),
            more => format!("phones complained {more} times"),
        };
        self.screen.end();
        self.screen.say(&format!(
            "that was the demo: {} calls, {} talks, {} transfers, {} private waits in {}; {complaints}",
            told.calls,
            told.talks,
            told.transfers,
            told.private_waits,
            clock(self.screen.elapsed()).trim()
        ));
    }
}
