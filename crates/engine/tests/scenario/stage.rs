//! Where a script is played: an engine, a clock that rings at every deadline, and names for calls.

use std::collections::BTreeMap;

use engine::{
    AgentId, CallId, Caller, ChangedBy, Command, Engine, Entry, FailCause, ForcedPresence, LegKey, NotReady,
    NotReadyKind, OfferId, Order, Preflight, Rejection, State, Target, Timestamp, Transfer, TransferMode, TransferTo,
    Work,
};

use super::floor::FloorBook;
use super::tell::Teller;
use super::words::{Read, START, duration, moment, number};

#[derive(Debug, Default)]
pub struct Stage {
    engine: Engine,
    book: FloorBook,
    is_open: bool,
    calls: BTreeMap<String, CallId>,
    entries: Vec<Entry>,
}

impl Stage {
    /// Plays one line of the script; gives what the engine said.
    pub fn line(&mut self, line: &str) -> Read<Vec<String>> {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            return Ok(vec![]);
        }
        let Some((at, text)) = split_time(line) else {
            return self.book.sentence(line).map(|()| vec![]);
        };
        let now = START + duration(at)?;
        if !self.is_open {
            self.is_open = true;
            self.handle(START, Command::Configure(self.book.floor.clone())).map_err(|refused| refused.to_string())?;
        }
        let text = text.trim();
        let mut said = if text == "the clock was asleep" { vec![] } else { self.ring(now) };
        if let Some(what) = text.strip_prefix("what if ") {
            said.extend(self.preview(now, what)?);
            return Ok(said);
        }
        if let Some(what) = text.strip_prefix("look at ") {
            said.extend(self.look(what)?);
            return Ok(said);
        }
        if let Some(name) = text.strip_prefix("why ") {
            said.extend(self.teller().why(self.engine.state(), now, self.call(name.trim())?));
            return Ok(said);
        }
        let command = self.command(text)?;
        let known = self.engine.state().calls().map(|call| call.id).collect::<Vec<_>>();
        match self.handle(now, command) {
            Ok(entry) => {
                self.name_new_call(text, &known, &entry);
                said.extend(self.tell(&entry));
            }
            Err(refused) => said.push(format!("refused: {}", self.teller().renamed(&refused.to_string()))),
        }
        Ok(said)
    }

    /// Replays all that happened on another engine, and from an image of this one.
    pub fn check_replay(&self) {
        let mut replay = Engine::default();
        self.entries.iter().for_each(|entry| replay.apply(entry));
        assert_eq!(replay.state(), self.engine.state(), "the replay is what happened");
        assert_eq!(State::from_image(replay.state().image()), *self.engine.state(), "an image keeps all");
    }

    fn handle(&mut self, now: Timestamp, command: Command) -> Result<Entry, Rejection> {
        let entry = self.engine.handle(now, command)?;
        self.entries.push(entry.clone());
        Ok(entry)
    }

    /// Lets time pass, with a tick at every deadline until then.
    fn ring(&mut self, now: Timestamp) -> Vec<String> {
        let mut said = vec![];
        while let Some((at, _)) = self.engine.next_deadline().filter(|(at, _)| *at <= now) {
            let entry = self.handle(at, Command::Tick).expect("a tick is never refused");
            assert!(!entry.events.is_empty(), "a deadline changes something");
            said.extend(self.tell(&entry));
        }
        said
    }

    fn name_new_call(&mut self, text: &str, known: &[CallId], entry: &Entry) {
        for event in &entry.events {
            if let engine::Event::CallArrived { call, .. } = event {
                assert!(!known.contains(call), "a call's id is new");
                let name = text.split_whitespace().find(|word| is_call_name(word)).unwrap_or("c?");
                self.calls.insert(name.into(), *call);
            }
        }
    }

    fn teller(&self) -> Teller<'_> {
        Teller { book: &self.book, calls: &self.calls }
    }

    fn tell(&self, entry: &Entry) -> Vec<String> {
        let teller = self.teller();
        entry.events.iter().map(|event| format!("{}  {}", moment(entry.at), teller.event(event))).collect()
    }

    fn look(&self, what: &str) -> Read<Vec<String>> {
        let (teller, state) = (self.teller(), self.engine.state());
        match what.split_whitespace().collect::<Vec<_>>()[..] {
            ["queue", name] => Ok(vec![teller.queue(state, self.book.queue_id(name)?)]),
            ["agent", id] => Ok(teller.agent(state, AgentId(number(id)?))),
            ["everything"] => Ok(teller.everything(state)),
            [name] if is_call_name(name) => Ok(teller.call(state, self.call(name)?)),
            _ => Err("nothing to look at".into()),
        }
    }

    /// What a sign-out would do.
    fn preview(&self, now: Timestamp, what: &str) -> Read<Vec<String>> {
        let words: Vec<&str> = what.split_whitespace().collect();
        let (id, by) = match words[..] {
            ["agent", id, "signs", "out"] => (AgentId(number(id)?), ChangedBy::Agent),
            ["agent", id, "is", "signed", "out"] => (AgentId(number(id)?), ChangedBy::Supervisor),
            ["agent", id, ref rest @ ..] => return self.preflight(now, AgentId(number(id)?), rest),
            _ => return Err("no such sentence about a sign-out".into()),
        };
        let teller = self.teller();
        match self.engine.state().sign_out_preview(now, id, by) {
            Ok(departures) if departures.is_empty() => Ok(vec!["no call waits".into()]),
            Ok(departures) => Ok(departures.iter().map(|departure| teller.departure(departure)).collect()),
            Err(refused) => Ok(vec![format!("would be refused: {}", teller.renamed(&refused.to_string()))]),
        }
    }

    /// What a transfer would do.
    fn preflight(&self, now: Timestamp, id: AgentId, what: &[&str]) -> Read<Vec<String>> {
        let wish = match self.agents_command(id, what)? {
            Command::TransferBy(wish) => wish,
            Command::Transfer { call, agent, target } => {
                let to = match target {
                    Target::Queue(queue) => TransferTo::Queue(queue),
                    Target::Agent(agent) => TransferTo::Agent(agent),
                };
                Transfer { call, agent, to, mode: TransferMode::Release, expected_wait_max: None }
            }
            _ => return Err("no such sentence about a transfer".into()),
        };
        let teller = self.teller();
        let Preflight { landing, alternatives } = self.engine.state().transfer_preflight(now, &wish);
        let first = match landing {
            Ok(landing) => teller.landing(wish.call, &landing),
            Err(refused) => format!("would be refused: {}", teller.renamed(&refused.to_string())),
        };
        let others = alternatives.iter().map(|other| teller.alternative(wish.call, other));
        Ok([first].into_iter().chain(others).collect())
    }

    fn call(&self, name: &str) -> Read<CallId> {
        // A call that never arrived still has an id that one could ask for.
        Ok(self.calls.get(name).copied().unwrap_or(CallId { second: 1, number: 5171 }))
    }

    fn command(&mut self, text: &str) -> Read<Command> {
        if let Some(sentence) = text.strip_prefix("floor: ") {
            sentence.split(';').try_for_each(|sentence| self.book.sentence(sentence.trim()))?;
            return Ok(Command::Configure(self.book.floor.clone()));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            ["call", name, "arrives", "for", ref rest @ ..] => self.arrival(name, Caller::Outside("".into()), rest),
            ["agent", id, "dials", ref rest @ .., "as", name] => {
                self.arrival(name, Caller::Agent(AgentId(number(id)?)), rest)
            }
            ["agent", id, ref rest @ ..] => self.agents_command(AgentId(number(id)?), rest),
            ["phone", "of", id, ref rest @ ..] => phones_command(AgentId(number(id)?), rest),
            ["all", "calls", "fail"] => Ok(Command::FailAllCalls { cause: FailCause::LostAtRestart }),
            ["the", "clock", "was", "asleep"] | ["tick"] => Ok(Command::Tick),
            ["offer", offer, ref rest @ ..] => offers_command(OfferId(number(offer)?), rest),
            ["queue", name, "is", "closed"] => Ok(Command::CloseQueue { queue: self.book.queue_id(name)? }),
            ["queue", name, "is", "opened"] => Ok(Command::OpenQueue { queue: self.book.queue_id(name)? }),
            ["caller", "of", name, ref rest @ ..] => self.callers_command(name, rest),
            ["outside", "answers", name] => Ok(Command::OutsideAnswered { call: self.call(name)? }),
            ["outside", "leaves", name] => Ok(Command::OutsideLeft { call: self.call(name)? }),
            [name, ref rest @ ..] if is_call_name(name) => self.calls_command(name, rest),
            _ => Err("no such sentence".into()),
        }
    }

    fn arrival(&self, name: &str, caller: Caller, rest: &[&str]) -> Read<Command> {
        let (target, priority) = match rest {
            [target @ .., "with", "priority", priority] => (target, number(priority)?),
            target => (target, 1),
        };
        let mut key = [0; 16];
        let last = name.len().min(16);
        key[..last].copy_from_slice(&name.as_bytes()[..last]);
        let called = target.join(" ").as_str().into();
        Ok(Command::Arrive { key: LegKey(key), caller, called, priority, target: self.target(target)? })
    }

    fn target(&self, words: &[&str]) -> Read<Target> {
        match words {
            ["agent", id] => Ok(Target::Agent(AgentId(number(id)?))),
            ["queue", id] => Ok(Target::Queue(engine::QueueId(number(id)?))),
            [name] => self.book.queue_id(name).map(Target::Queue),
            _ => Err("no target".into()),
        }
    }

    fn transfer(&self, agent: AgentId, name: &str, to: &[&str], mode: TransferMode) -> Read<Command> {
        let to = match to {
            [address, "outside"] => TransferTo::Outside((*address).into()),
            target => match self.target(target)? {
                Target::Queue(queue) => TransferTo::Queue(queue),
                Target::Agent(agent) => TransferTo::Agent(agent),
            },
        };
        let call = self.call(name)?;
        Ok(Command::TransferBy(Transfer { call, agent, to, mode, expected_wait_max: None }))
    }

    fn callers_command(&self, name: &str, rest: &[&str]) -> Read<Command> {
        let call = self.call(name)?;
        match rest {
            ["hangs", "up"] => Ok(Command::CallerLeft { call }),
            ["presses", "cancel"] => Ok(Command::CancelQueuing { call }),
            _ => Err("no such sentence about a caller".into()),
        }
    }

    fn calls_command(&self, name: &str, rest: &[&str]) -> Read<Command> {
        let call = self.call(name)?;
        match rest {
            ["is", "held"] => Ok(Command::SetHeld { call, held: true }),
            ["is", "retrieved"] => Ok(Command::SetHeld { call, held: false }),
            ["is", "released"] => Ok(Command::ReleaseCall { call }),
            ["loses", "its", "leg"] => Ok(Command::FailCall { call, cause: FailCause::LegLost }),
            ["is", "moved", "to", target @ ..] => Ok(Command::MoveCall { call, target: self.target(target)? }),
            _ => Err("no such sentence about a call".into()),
        }
    }

    fn agents_command(&self, agent: AgentId, rest: &[&str]) -> Read<Command> {
        let (by, forced) = (ChangedBy::Agent, ChangedBy::Supervisor);
        let offer = || match self.engine.state().agent(agent).map(|agent| agent.work) {
            Some(Work::Offered { offer, .. }) => Ok(offer),
            other => Err(format!("nothing is offered to the agent: {other:?}")),
        };
        match rest {
            ["signs", "in"] => Ok(Command::SignIn { agent, by }),
            ["signs", "out"] => Ok(Command::SignOut { agent, by }),
            ["is", "signed", "out"] => Ok(Command::SignOut { agent, by: forced }),
            ["becomes", "ready"] => Ok(Command::BecomeReady { agent, by }),
            ["becomes", "not", "ready:", why @ ..] => Ok(Command::BecomeNotReady { agent, why: reason(why)?, by }),
            ["is", "made", "ready"] => Ok(Command::BecomeReady { agent, by: forced }),
            ["is", "made", "not", "ready:", why @ ..] => {
                Ok(Command::BecomeNotReady { agent, why: reason(why)?, by: forced })
            }
            ["has", "wrapped", "up"] => Ok(Command::EndWrapUp { agent, by: forced }),
            ["ends", "wrap-up"] => Ok(Command::EndWrapUp { agent, by }),
            ["answers"] => Ok(Command::AcceptOffer { offer: offer()? }),
            ["declines"] => Ok(Command::DeclineOffer { offer: offer()? }),
            ["hangs", "up", name] => Ok(Command::AgentLeft { call: self.call(name)?, agent }),
            ["transfers", name, "to", target @ .., "when", "it", "answers"] => {
                self.transfer(agent, name, target, TransferMode::Success)
            }
            ["transfers", name, "to", target @ .., "outside"] => {
                self.transfer(agent, name, &[target, &["outside"]].concat(), TransferMode::Release)
            }
            ["transfers", name, "to", target @ .., "if", "it", "waits", "at", "most", span] => {
                let mut wish = self.transfer(agent, name, target, TransferMode::Success)?;
                if let Command::TransferBy(transfer) = &mut wish {
                    transfer.expected_wait_max = Some(duration(span)?);
                }
                Ok(wish)
            }
            ["transfers", name, "to", target @ ..] => {
                Ok(Command::Transfer { call: self.call(name)?, agent, target: self.target(target)? })
            }
            ["specifies", name, "for", target @ ..] => self.transfer(agent, name, target, TransferMode::Specified),
            ["consults", target @ .., "about", name] => self.transfer(agent, name, target, TransferMode::Consult),
            ["asks", target @ .., "into", name] => self.transfer(agent, name, target, TransferMode::ThreeParty),
            ["completes", name] => Ok(Command::CompleteTransfer { call: self.call(name)?, agent }),
            ["joins", name] => Ok(Command::JoinTalk { call: self.call(name)?, agent }),
            ["takes", name, "back"] => Ok(Command::TakeBack { call: self.call(name)?, agent }),
            rest => rest_command(agent, rest),
        }
    }
}

/// Rests, and what supervisors make of agents.
fn rest_command(agent: AgentId, words: &[&str]) -> Read<Command> {
    let (by, forced) = (ChangedBy::Agent, ChangedBy::Supervisor);
    let order = |reason: &str| Ok::<_, String>(Order { reason: number(reason)?, who: "Sue".into() });
    match words {
        ["asks", "for", "a", "rest", "of", span] => {
            Ok(Command::AskRest { agent, length: duration(span)?, cause: 0, by })
        }
        ["asks", "for", "a", "rest", "of", span, "for", cause] => {
            Ok(Command::AskRest { agent, length: duration(span)?, cause: number(cause)?, by })
        }
        ["is", "to", "rest", "for", span] => {
            Ok(Command::AskRest { agent, length: duration(span)?, cause: 0, by: forced })
        }
        ["takes", "back", "its", "rest"] => Ok(Command::CancelRest { agent, by }),
        ["is", "granted", "its", "rest"] => Ok(Command::GrantRest { agent }),
        ["is", "denied", "its", "rest:", reason] => Ok(Command::DenyRest { agent, order: order(reason)? }),
        ["is", "forced", presence @ .., reason] => {
            let presence = match presence {
                ["to", "be", "ready:"] => ForcedPresence::Ready,
                ["to", "be", "busy:"] => ForcedPresence::Busy,
                ["to", "rest:"] => ForcedPresence::Rest { length: None },
                ["to", "rest", "for", span] => {
                    ForcedPresence::Rest { length: Some(duration(span.trim_end_matches(':'))?) }
                }
                ["to", "study:"] => ForcedPresence::Study,
                ["out:"] => ForcedPresence::SignedOut,
                _ => return Err("nothing to force an agent to be".into()),
            };
            Ok(Command::ForcePresence { agent, presence, order: order(reason)? })
        }
        _ => Err("no such sentence about an agent".into()),
    }
}

fn phones_command(agent: AgentId, rest: &[&str]) -> Read<Command> {
    match rest {
        ["registers"] => Ok(Command::SignIn { agent, by: ChangedBy::Phone }),
        ["is", "heard", "of"] => Ok(Command::PhoneFound { agent }),
        ["is", "lost"] => Ok(Command::PhoneLost { agent }),
        _ => Err("no such sentence about a phone".into()),
    }
}

fn offers_command(offer: OfferId, rest: &[&str]) -> Read<Command> {
    match rest {
        ["is", "answered"] => Ok(Command::AcceptOffer { offer }),
        ["is", "declined"] => Ok(Command::DeclineOffer { offer }),
        ["is", "given", "up"] => Ok(Command::ExpireOffer { offer }),
        ["cannot", "ring"] => Ok(Command::FailOffer { offer }),
        _ => Err("no such sentence about an offer".into()),
    }
}

fn reason(words: &[&str]) -> Read<NotReady> {
    let (kind, reason) = match words {
        [kind] => (kind, 0),
        [kind, reason] => (kind, number(reason)?),
        _ => return Err("no reason".into()),
    };
    let kind = match *kind {
        "busy" => NotReadyKind::Busy,
        "rest" => NotReadyKind::Rest,
        "study" => NotReadyKind::Study,
        other => return Err(format!("`{other}` is no way of not being ready")),
    };
    Ok(NotReady { kind, reason })
}

/// The time at the beginning of a line, if there is one.
fn split_time(line: &str) -> Option<(&str, &str)> {
    line.split_once(char::is_whitespace).filter(|(first, _)| first.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_call_name(word: &str) -> bool {
    word.strip_prefix('c').is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
}
