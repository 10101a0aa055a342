//! A journal as a film: what was true before and after each single event, by the engine's own state.

use engine::{Engine, Entry, Event, State, Timestamp};
use history::SlotStart;
use node::Position;

#[derive(Debug)]
pub struct Film {
    entries: Vec<Entry>,
    pub frames: Vec<Frame>,
}

#[derive(Debug)]
pub struct Frame {
    pub position: u64,
    pub at: Timestamp,
    pub event: Event,
    pub before: State,
    pub after: State,
    /// Nothing more happens in this entry.
    pub is_last: bool,
}

impl Film {
    pub fn of(entries: Vec<Entry>) -> Self {
        let (mut engine, mut frames) = (Engine::default(), Vec::new());
        for (position, entry) in (1..).zip(&entries) {
            for (nth, event) in entry.events.iter().enumerate() {
                let before = engine.state().clone();
                let alone = Entry { at: entry.at, command: engine::Command::Tick, events: vec![event.clone()] };
                engine.apply(&alone);
                frames.push(Frame {
                    position,
                    at: entry.at,
                    event: event.clone(),
                    before,
                    after: engine.state().clone(),
                    is_last: nth + 1 == entry.events.len(),
                });
            }
        }
        Self { entries, frames }
    }

    pub fn entries(&self) -> impl Iterator<Item = (Position, &Entry)> {
        (1..).map(Position).zip(&self.entries)
    }

    /// The time of the last entry.
    pub fn end(&self) -> Timestamp {
        self.frames.last().map_or(Timestamp(0), |frame| frame.at)
    }
}

impl Frame {
    pub fn slot(&self) -> SlotStart {
        SlotStart(self.at.0.div_euclid(300_000_000) * 300)
    }

    pub fn ends_a_call(&self) -> bool {
        matches!(self.event, Event::CallEnded { .. })
    }
}
