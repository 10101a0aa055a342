//! Callers, and agents who dial.

use std::time::Duration;

use engine::{AgentId, Target};
use leg::{Headers, Leg, Outgoing};

use super::{Act, Caller};
use crate::edge::{TIMERS, numbers};
use crate::network::{LineId, Side};
use crate::phones::media;
use crate::wishes;
use crate::world::{Due, Sound, World};

impl World {
    /// A caller comes, and the next one is on its way.
    pub(crate) fn arrival(&mut self) {
        if self.now >= self.end_of_calls() {
            return;
        }
        let gap = u64::try_from(self.setting.size.arrival_gap().as_millis()).unwrap_or(1000);
        let wait =
            if self.chance.is(60) { self.chance.millis(1, 80) } else { self.chance.millis(gap / 5, gap * 9 / 5) };
        self.after(wait, Due::Arrival);
        let number = self.draw_number();
        self.dials(None, number);
    }

    /// A queue, or an agent, with a priority now and then.
    pub(super) fn draw_number(&mut self) -> String {
        let number = match wishes::target(&mut self.chance, self.setting.size) {
            Target::Queue(queue) => format!("q{queue}"),
            Target::Agent(_) if self.chance.is(500) => "q1".to_owned(),
            Target::Agent(agent) => format!("{agent}"),
        };
        let priority = ["", "-7", "-254"][self.chance.weighted(&[12, 2, 1])];
        number + priority
    }

    /// Somebody dials a number.
    pub(super) fn dials(&mut self, colleague: Option<AgentId>, number: String) {
        let line = self.new_line();
        let who = colleague.map_or_else(|| "0301".to_owned(), |agent| format!("a{agent}"));
        let (leg, outputs) = Leg::outgoing(
            self.leg_now(),
            Outgoing {
                call_id: line.0.to_string().into(),
                local_tag: format!("p{}", line.0).into(),
                branch: format!("z9hG4bKp{}", line.0).into(),
                target: format!("sip:{number}@house.example").into(),
                routes: Vec::new(),
                from_display: "".into(),
                from: format!("sip:{who}@phones.example").into(),
                to: format!("sip:{number}@house.example").into(),
                contact: format!("sip:phone{}@192.0.2.9", line.0).into(),
                extra: Headers::new(),
                media: media(line),
                numbers: numbers(line),
                timers: TIMERS,
                silent_after: None,
                unanswered_after: None,
            },
        );
        let caller = self.callers.len();
        let key = wishes::key(u64::from(line.0));
        self.callers.push(Caller { line, colleague, left_at: None, over_at: None, is_phone_dead: false });
        self.books.caller(key, caller);
        self.add_caller_phone(line, caller, leg);
        let events = self.send_outputs(Side::Phone, line, outputs);
        assert!(events.is_empty(), "a leg that has just sent its INVITE has nothing to tell");
        self.caller_intends(caller, line);
    }

    fn caller_intends(&mut self, caller: usize, line: LineId) {
        let patience = if self.chance.is(100) { self.chance.millis(0, 1500) } else { self.chance.millis(3000, 45_000) };
        self.after(patience, Due::Act(Act::GiveUp(caller)));
        if self.chance.is(120) {
            let wait = self.chance.millis(500, 8000);
            self.after(wait, Due::Act(Act::PressCancel(line)));
        }
        if self.chance.is(15) && !self.is_calm() {
            let wait = self.chance.millis(50, 6000);
            self.after(wait, Due::Act(Act::Dies(caller)));
        }
    }

    /// Nobody gives up while somebody talks to them; nobody talks for ever.
    pub(super) fn give_up(&mut self, caller: usize) {
        let line = self.callers[caller].line;
        let Some(phone) = self.phones.get(&line) else { return };
        if self.callers[caller].over_at.is_some() || phone.leg.is_none() {
            return;
        }
        if phone.sound == Sound::Voice && self.chance.is(700) {
            return self.after(Duration::from_secs(4), Due::Act(Act::GiveUp(caller)));
        }
        self.act(Act::HangUp(line));
    }

    /// In the audio, where the house hears it if it is there.
    pub(super) fn press_cancel(&mut self, line: LineId) {
        let is_in_call = self.phones.get(&line).and_then(|phone| phone.leg.as_ref()).is_some_and(Leg::is_talking);
        if is_in_call && self.is_up && self.edge.is_open {
            self.key_heard(line);
        }
    }

    pub(super) fn caller_plans(&mut self, line: LineId) {
        if self.chance.is(500) {
            let end = self.chance.millis(1000, 14_000);
            self.after(end, Due::Act(Act::HangUp(line)));
        }
        if self.chance.is(80) {
            let wait = self.chance.millis(200, 2500);
            let length = self.chance.millis(200, 2500);
            self.after(wait, Due::Act(Act::Hold(line, true)));
            self.after(wait + length, Due::Act(Act::Hold(line, false)));
        }
    }

    pub(super) fn caller_dies(&mut self, caller: usize) {
        let line = self.callers[caller].line;
        if self.callers[caller].over_at.is_none() {
            self.callers[caller].is_phone_dead = true;
            self.callers[caller].over_at = Some(self.now);
            if let Some(phone) = self.phones.get_mut(&line) {
                phone.leg = None;
            }
        }
    }
}
