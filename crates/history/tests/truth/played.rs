//! Schedules, played on the real engine: only what was decided is kept.

use engine::{Caller, Command, Engine, Entry, Floor, Timestamp};

use crate::schedule::Step;

#[derive(Debug)]
pub struct Played {
    engine: Engine,
    now: Timestamp,
    pub entries: Vec<Entry>,
}

impl Played {
    pub fn of(start: Timestamp, floor: Floor, steps: &[Step]) -> Self {
        let mut played = Self { engine: Engine::default(), now: start, entries: Vec::new() };
        played.handle(Command::Configure(floor));
        for command in Step::opening(played.engine.state()) {
            played.handle(command);
        }
        for (nth, step) in steps.iter().enumerate() {
            played.play(step, nth + 1);
        }
        played
    }

    fn play(&mut self, step: &Step, nth: usize) {
        let then = self.now + step.wait;
        while step.in_time && self.engine.next_deadline().is_some_and(|(at, _)| at <= then) {
            self.now = self.engine.next_deadline().unwrap().0;
            self.handle(Command::Tick);
        }
        self.now = then;
        let command = varied(step.command(self.engine.state(), nth), nth);
        self.handle(command);
    }

    fn handle(&mut self, command: Command) {
        let Ok(entry) = self.engine.handle(self.now, command) else { return };
        // What changes nothing is not journalled.
        if !entry.events.is_empty() {
            self.entries.push(entry);
        }
    }
}

/// Several numbers are called, and some callers withhold theirs.
fn varied(mut command: Command, nth: usize) -> Command {
    if let Command::Arrive { caller, called, .. } = &mut command {
        *called = format!("800{}", nth % 3).into();
        if let Caller::Outside(number) = caller
            && nth.is_multiple_of(4)
        {
            *number = "".into();
        }
    }
    command
}
