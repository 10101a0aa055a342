//! Agents at their phones.

use std::time::Duration;

use engine::{AgentId, SignIn};

use super::Act;
use crate::edge::BINDING;
use crate::network::{LineId, Payload, Side};
use crate::world::{Due, World};

impl World {
    /// The agent hangs up in the end; before that it may hold the caller, or send it on.
    pub(super) fn agent_plans(&mut self, line: LineId) {
        let end = self.chance.millis(800, 10_000);
        self.after(end, Due::Act(Act::HangUp(line)));
        if self.chance.is(150) {
            let (wait, length) = (self.chance.millis(100, 2500), self.chance.millis(100, 2500));
            self.after(wait, Due::Act(Act::Hold(line, true)));
            self.after(wait + length, Due::Act(Act::Hold(line, false)));
        }
        let transfers = if self.is_calm() { 60 } else { 350 };
        if self.chance.is(transfers) {
            let wait = self.chance.millis(300, 3000);
            let number = self.draw_number();
            self.after(wait, Due::Act(Act::Refer(line, number)));
        }
    }

    pub(super) fn phone_on(&mut self, agent: AgentId) {
        if let Some(worker) = self.workers.get_mut(&agent) {
            worker.is_phone_on = true;
            worker.phone_changed = self.now;
        }
        self.phone_registers(agent);
    }

    /// Twice as often as it must.
    pub(super) fn phone_registers(&mut self, agent: AgentId) {
        if self.workers.get(&agent).is_none_or(|worker| !worker.is_phone_on) {
            return;
        }
        if !self.is_fixed_phone(agent) {
            self.send(Side::Phone, LineId(0), Payload::Register { agent, is_on: true });
        }
        self.after(BINDING / 2, Due::Act(Act::Register(agent)));
    }

    fn is_fixed_phone(&self, agent: AgentId) -> bool {
        let configured = self.floor.agents.iter().find(|known| known.id == agent);
        configured.is_some_and(|known| known.sign_in == SignIn::Always)
    }

    /// One of the agents' phones is off for a while, some with a word of goodbye.
    pub(crate) fn a_phone_vanishes(&mut self) {
        let agents: Vec<AgentId> =
            self.workers.iter().filter(|(_, worker)| worker.is_phone_on).map(|(agent, _)| *agent).collect();
        if let Some(agent) = self.chance.one_of(&agents).copied() {
            if self.chance.is(300) {
                self.send(Side::Phone, LineId(0), Payload::Register { agent, is_on: false });
            }
            if let Some(worker) = self.workers.get_mut(&agent) {
                worker.is_phone_on = false;
                worker.phone_changed = self.now;
            }
            self.phone_vanishes(agent);
            let back = self.chance.millis(300, 15_000);
            let latest = self.end_of_faults();
            self.at((self.now + back).min(latest + Duration::from_millis(1)), Due::Act(Act::PhoneOn(agent)));
        }
        if let Some(every) = self.faults.phone_lost_every {
            self.sometime(every, Due::PhoneLost);
        }
    }
}
