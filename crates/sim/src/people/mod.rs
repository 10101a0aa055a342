//! People: callers who wait, give up or press a key; agents who answer, decline or walk away; supervisors.

mod agents;
mod callers;
mod desk;

use std::time::Duration;

use engine::{AgentId, Timestamp};
use leg::sdp::Direction;
use leg::{Input, Wish};

use crate::network::LineId;
use crate::phones::{Owner, media};
use crate::world::{Due, Sound, World};

/// Somebody who calls.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) line: LineId,
    /// An agent who dials.
    pub(crate) colleague: Option<AgentId>,
    /// When the caller hung up.
    pub(crate) left_at: Option<Timestamp>,
    /// When the caller's phone had nothing more to do with the call.
    pub(crate) over_at: Option<Timestamp>,
    pub(crate) is_phone_dead: bool,
}

/// Somebody who serves calls.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    pub(crate) is_phone_on: bool,
    /// When the phone was last off, or registered anew.
    pub(crate) phone_changed: Timestamp,
}

/// What somebody does.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Picks up.
    Answer(LineId),
    /// The phone, or who holds it, says no.
    Reject(LineId, u16),
    /// Hangs up.
    HangUp(LineId),
    /// A caller loses patience, unless somebody talks to it.
    GiveUp(usize),
    /// A caller presses the cancel key.
    PressCancel(LineId),
    /// Puts the other side on hold, or takes it back.
    Hold(LineId, bool),
    /// Transfers the call to this number.
    Refer(LineId, String),
    /// A caller's phone has no battery any more.
    Dies(usize),
    /// A phone registers, or repeats it.
    Register(AgentId),
    /// A phone that was off is on.
    PhoneOn(AgentId),
    /// An agent looks at its screen.
    Desk(AgentId),
    /// A supervisor looks around.
    Supervise,
    /// Whoever watches over the house looks at all of it.
    Watch,
}

impl World {
    /// Everybody comes to work.
    pub(crate) fn people_come(&mut self) {
        let agents: Vec<AgentId> = self.workers.keys().copied().collect();
        for agent in agents {
            let at = self.chance.millis(20, 1500);
            self.after(at, Due::Act(Act::PhoneOn(agent)));
            let at = self.chance.millis(100, 3000);
            self.after(at, Due::Act(Act::Desk(agent)));
        }
        self.after(Duration::from_secs(5), Due::Act(Act::Supervise));
        self.after(Duration::from_secs(1), Due::Act(Act::Watch));
    }

    pub(crate) fn act(&mut self, act: Act) {
        match act {
            Act::Answer(line) => self.phone_turn(line, Input::Wish(Wish::Answer { media: media(line) })),
            Act::Reject(line, status) => {
                self.phone_turn(line, Input::Wish(Wish::Reject { status, reason: None, retry_after: None }));
            }
            Act::HangUp(line) => self.hang_up(line),
            Act::GiveUp(caller) => self.give_up(caller),
            Act::PressCancel(line) => self.press_cancel(line),
            Act::Hold(line, is_on) => {
                let direction = if is_on { Direction::SendOnly } else { Direction::SendRecv };
                self.phone_turn(line, Input::Wish(Wish::Offer { media: media(line), direction }));
            }
            Act::Refer(line, number) => self.refer_to(line, &number),
            Act::Dies(caller) => self.caller_dies(caller),
            Act::Register(agent) => self.phone_registers(agent),
            Act::PhoneOn(agent) => self.phone_on(agent),
            Act::Desk(agent) => self.desk(agent),
            Act::Supervise => self.supervise(),
            Act::Watch => self.watch(),
        }
    }

    fn hang_up(&mut self, line: LineId) {
        if let Some(Owner::Caller(caller)) = self.phones.get(&line).map(|phone| phone.owner) {
            self.callers[caller].left_at.get_or_insert(self.now);
        }
        self.phone_turn(line, Input::Wish(Wish::HangUp { reason: None }));
    }

    /// Who hears a voice makes plans for the talk.
    pub(crate) fn hears(&mut self, line: LineId, sound: Sound) {
        let Some(phone) = self.phones.get_mut(&line) else { return };
        phone.sound = sound;
        let talks = phone.leg.as_ref().is_some_and(leg::Leg::is_talking);
        if sound != Sound::Voice || !talks || std::mem::replace(&mut phone.has_plans, true) {
            return;
        }
        match phone.owner {
            Owner::Agent(_) => self.agent_plans(line),
            Owner::Caller(_) => self.caller_plans(line),
            Owner::Outside => {
                let end = self.chance.millis(500, 6000);
                self.after(end, Due::Act(Act::HangUp(line)));
            }
        }
    }

    /// The house has crashed: whoever was connected hears nothing, and hangs up after a while.
    pub(crate) fn lines_go_dead(&mut self) {
        let lines: Vec<LineId> =
            self.phones.iter().filter(|(_, phone)| phone.leg.is_some()).map(|(id, _)| *id).collect();
        for line in lines {
            let wait = self.chance.millis(1500, 6000);
            self.after(wait, Due::Act(Act::HangUp(line)));
        }
    }
}
