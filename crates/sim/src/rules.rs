//! The rules alone: engine and model are asked the same, at the same times, and must do the same.

use std::fmt::Write;

use engine::{Command, Engine, Entry, Event, State, Timestamp};

use crate::chance::Chance;
use crate::checks::{Breach, check_offer, check_state};
use crate::floors::{self, Size};
use crate::model::{Model, said};
use crate::wishes::wish;

/// Monday, half a minute past midnight in some VDNs' time.
pub const START: Timestamp = Timestamp::from_seconds(1_605_481_230);

/// How many steps of a failing schedule are shown.
const SHOWN: usize = 30;

/// An engine and the model beside it.
#[derive(Debug)]
pub struct Rules {
    engine: Engine,
    model: Model,
    now: Timestamp,
    steps: Vec<String>,
    is_planted: bool,
}

impl Rules {
    /// Nobody and nothing, on Monday morning.
    #[must_use]
    pub fn new() -> Self {
        Self { engine: Engine::default(), model: Model::default(), now: START, steps: Vec::new(), is_planted: false }
    }

    /// With a bug, to see that it is found: a closed queue in which calls wait cannot be opened again.
    #[must_use]
    pub fn planted() -> Self {
        Self { is_planted: true, ..Self::new() }
    }

    /// One command to both.
    ///
    /// # Errors
    /// In what they differ, or which law is broken.
    pub fn handle(&mut self, command: Command) -> Result<(), Breach> {
        self.steps.push(format!("{} {command:?}", self.now));
        let mut probe = self.engine.clone();
        let ours = self.model.handle(self.now, &command);
        let theirs = self.engine.handle(self.now, self.understood(command));
        match (&ours, &theirs) {
            (Ok(ours), Ok(entry)) => {
                let theirs = said(&entry.events);
                if *ours != theirs {
                    return Err(("model", format!("the model says {ours:?}, the engine {theirs:?}")));
                }
                check_offers(&mut probe, entry)?;
                if probe.state() != self.engine.state() || probe.state().hash() != self.engine.state().hash() {
                    return Err(("I8", "the events come to another state than the engine's".to_owned()));
                }
            }
            (Err(ours), Err(theirs)) if ours == theirs => {}
            _ => return Err(("model", format!("the model answers {ours:?}, the engine {theirs:?}"))),
        }
        if let Some(difference) = self.model.difference(self.engine.state()) {
            return Err(("model", difference));
        }
        if theirs.is_ok() { check_state(self.engine.state(), self.now) } else { Ok(()) }
    }

    /// A schedule of so many random commands.
    ///
    /// # Errors
    /// The law that was broken, and the steps that led there.
    pub fn play(seed: u64, size: Size, length: u64) -> Result<(), Breach> {
        Self::new().play_by(&mut Chance::new(seed), size, length)
    }

    /// A schedule that follows from any chance: of so many commands, or until its bytes are used up.
    ///
    /// # Errors
    /// As [`Self::play`].
    pub fn play_by(self, chance: &mut Chance, size: Size, length: u64) -> Result<(), Breach> {
        let mut rules = self;
        let floor = floors::floor(chance, size);
        let mut played = rules.handle(Command::Configure(floor));
        for nth in 0..length {
            if played.is_err() || chance.is_over() {
                break;
            }
            let wait = [0, chance.below(3_000_000), chance.below(40_000_000)][chance.weighted(&[4, 6, 1])];
            rules.now.0 += i64::try_from(wait).unwrap_or(0);
            let command = wish(chance, size, rules.engine.state(), nth);
            played = rules.handle(command);
        }
        let played = played.and_then(|()| rules.check_image());
        played.map_err(|(law, sentence)| (law, rules.told(&sentence)))
    }

    fn understood(&self, command: Command) -> Command {
        let state = self.engine.state();
        match command {
            Command::OpenQueue { queue }
                if self.is_planted && state.closed_since(queue).is_some() && state.waiting_count(queue) > 0 =>
            {
                Command::Tick
            }
            command => command,
        }
    }

    /// I8: a snapshot is the same state.
    fn check_image(&self) -> Result<(), Breach> {
        let state = self.engine.state();
        if State::from_image(state.image()) == *state {
            return Ok(());
        }
        Err(("I8", "the state of a snapshot is another".to_owned()))
    }

    fn told(&self, sentence: &str) -> String {
        let mut text = String::new();
        for step in &self.steps[self.steps.len().saturating_sub(SHOWN)..] {
            let _ = writeln!(text, "  {step}");
        }
        text + sentence
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}

/// Each offer of an entry, looked at just before it is made.
///
/// # Errors
/// The law that one of them breaks.
pub fn check_offers(before: &mut Engine, entry: &Entry) -> Result<(), Breach> {
    for event in &entry.events {
        if let Event::OfferMade { call, agent, line, why, .. } = event {
            check_offer(before.state(), entry.at, *call, *agent, *line, why)?;
        }
        before.apply(&Entry { at: entry.at, command: Command::Tick, events: vec![event.clone()] });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Rules;
    use crate::floors::Size;

    #[test]
    fn engine_and_model_agree_command_by_command() {
        for seed in 0..300 {
            for size in [Size::Small, Size::Busy] {
                if let Err((law, sentence)) = Rules::play(seed, size, 150) {
                    panic!("seed {seed}, {size:?}: {law}\n{sentence}");
                }
            }
        }
    }
}
