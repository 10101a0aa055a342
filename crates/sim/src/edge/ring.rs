//! An offer rings an agent's phone, a treatment an outside number; what they answer is told to the journal.

use std::time::Duration;

use engine::{AgentId, CallId, Command, OfferId, SignIn};
use leg::{End, Headers, Leg, Outgoing};
use node::Note;

use super::mend::left_by;
use super::{Left, Purpose, Ringing, Role, Stage, TIMERS, Topic, Winner, numbers};
use crate::network::{LineId, Side};
use crate::phones::{Owner, media};
use crate::plant::Plant;
use crate::sometimes::Situation;
use crate::world::World;

/// A phone that says nothing for this long is not there.
const SILENT_AFTER: Duration = Duration::from_secs(4);

impl World {
    pub(super) fn mend_ringing(&mut self, id: CallId) {
        let Some(call) = self.edge.calls.get(&id) else { return };
        let rings_for = call.ringing.as_ref().map(|ringing| ringing.offer);
        match call.stage {
            Stage::Offered { offer, .. } if rings_for == Some(offer) => {}
            Stage::Offered { offer, agent } => {
                self.stop_ringing(id);
                self.ring(id, offer, agent);
                if self.strikes(Plant::RingTwice, 200) {
                    self.dial(id, Purpose::Agent(offer, agent, id), Owner::Agent(agent));
                }
            }
            Stage::Talking { .. } => {}
            _ => self.stop_ringing(id),
        }
    }

    fn ring(&mut self, id: CallId, offer: OfferId, agent: AgentId) {
        let has_phone = self.edge.bindings.contains_key(&agent) || self.is_fixed(agent);
        let ringing = Ringing { offer, line: None, winner: Winner::Nobody, note: None };
        if let Some(call) = self.edge.calls.get_mut(&id) {
            call.ringing = Some(ringing);
        }
        if !has_phone {
            self.books.no_phone(offer);
            return self.submit_fact(id, Command::FailOffer { offer });
        }
        let line = self.dial(id, Purpose::Agent(offer, agent, id), Owner::Agent(agent));
        if let Some(ringing) = self.edge.calls.get_mut(&id).and_then(|call| call.ringing.as_mut()) {
            ringing.line = Some(line);
        }
    }

    pub(super) fn is_fixed(&self, agent: AgentId) -> bool {
        let known = self.books.truth().state().agent(agent);
        known.is_some_and(|agent| agent.settings.sign_in == SignIn::Always)
    }

    /// Sends an INVITE of ours.
    fn dial(&mut self, call: CallId, purpose: Purpose, owner: Owner) -> LineId {
        let line = self.new_line();
        self.check_dial(purpose);
        let name = match purpose {
            Purpose::Agent(offer, agent, _) => format!("offer-{offer}-{agent}"),
            Purpose::Outside(_) | Purpose::Caller(_) => format!("outside-{}", line.0),
        };
        let silent_after = matches!(purpose, Purpose::Agent(..)).then_some(SILENT_AFTER);
        let (leg, outputs) = Leg::outgoing(
            self.leg_now(),
            Outgoing {
                call_id: name.clone().into(),
                local_tag: format!("h{}", line.0).into(),
                branch: format!("z9hG4bK{name}").into(),
                target: "sip:phone@192.0.2.9".into(),
                routes: Vec::new(),
                from_display: "".into(),
                from: "sip:0301@house.example".into(),
                to: "sip:phone@house.example".into(),
                contact: "sip:house@192.0.2.1".into(),
                extra: Headers::new(),
                media: media(line),
                numbers: numbers(line),
                timers: TIMERS,
                silent_after,
                unanswered_after: None,
            },
        );
        let role = if matches!(purpose, Purpose::Agent(..)) { Role::Ringing(call) } else { Role::Other(call) };
        self.insert_leg(line, leg, role, purpose);
        self.expect_phone(line, owner, purpose);
        let events = self.send_outputs(Side::House, line, outputs);
        self.edge.events.extend(events.into_iter().map(|event| (line, event)));
        line
    }

    pub(super) fn stop_ringing(&mut self, id: CallId) {
        let Some(ringing) = self.edge.calls.get_mut(&id).and_then(|call| call.ringing.take()) else { return };
        let still = match ringing.winner {
            Winner::Nobody => ringing.line,
            Winner::Waits(line) => Some(line),
            Winner::Left(_) => None,
        };
        if let Some(line) = still {
            if self.plants(Plant::KeepLateAnswer) && matches!(ringing.winner, Winner::Waits(_)) {
                self.set_role(line, Role::Parting);
            } else {
                self.part(line);
            }
        }
        self.submit_notes(Topic::Call(id), ringing.note.map(|key| Note { key, value: None }).into_iter().collect());
    }

    pub(super) fn phone_silent(&mut self, id: CallId, line: LineId) {
        self.meet(Situation::PhoneSilent);
        if let Some(slot) = self.edge.legs.get_mut(&line) {
            slot.is_silent = true;
            if let Purpose::Agent(offer, ..) = slot.purpose {
                self.books.was_silent(offer);
            }
        }
        self.part(line);
        self.phone_over(id, line, |offer| Command::FailOffer { offer });
    }

    /// The phone has the call once the journal knows.
    pub(super) fn phone_answered(&mut self, id: CallId, line: LineId) {
        let ringing = self.edge.calls.get_mut(&id).and_then(|call| call.ringing.as_mut());
        let fits = |ringing: &&mut Ringing| ringing.winner == Winner::Nobody && ringing.line == Some(line);
        let Some(ringing) = ringing.filter(fits) else {
            return self.part(line);
        };
        let key = format!("sip/leg/h{}", line.0);
        ringing.winner = Winner::Waits(line);
        ringing.note = Some(key.as_str().into());
        let offer = ringing.offer;
        self.submit_fact_with(Topic::Call(id), Some(Command::AcceptOffer { offer }), vec![Note::set(&key, b"leg")]);
        if self.plants(Plant::ConnectEarly) {
            self.connect_early(id, line);
        }
    }

    fn connect_early(&mut self, id: CallId, line: LineId) {
        if let Some(call) = self.edge.calls.get_mut(&id) {
            call.heard = (crate::world::Sound::Voice, crate::world::Sound::Voice);
            let lines = (call.caller, Some(line));
            self.check_voice(id, lines, (crate::world::Sound::Voice, crate::world::Sound::Voice));
        }
    }

    /// The leg to a phone ended by itself.
    pub(super) fn phone_ended(&mut self, id: CallId, line: LineId, end: &End) {
        let rang = self.edge.legs.get(&line).is_some_and(|slot| slot.rang);
        let ringing = self.edge.calls.get_mut(&id).and_then(|call| call.ringing.as_mut());
        if let Some(ringing) = ringing.filter(|ringing| ringing.winner == Winner::Waits(line)) {
            ringing.winner = Winner::Left(left_by(end).unwrap_or(Left::HungUp));
            return;
        }
        let as_failed = self.plants(Plant::DeclineAsFailed);
        self.phone_over(id, line, |offer| match end {
            End::Rejected { status: 486 | 600 | 603 } if !as_failed => Command::DeclineOffer { offer },
            End::Rejected { status: 408 | 480 | 487 } => Command::ExpireOffer { offer },
            End::Unreachable(_) if rang => Command::ExpireOffer { offer },
            _ => Command::FailOffer { offer },
        });
    }

    fn phone_over(&mut self, id: CallId, line: LineId, command: impl FnOnce(OfferId) -> Command) {
        let Some(ringing) = self.edge.calls.get_mut(&id).and_then(|call| call.ringing.as_mut()) else { return };
        if ringing.line != Some(line) || ringing.winner != Winner::Nobody {
            return;
        }
        ringing.line = None;
        let offer = ringing.offer;
        self.submit_fact(id, command(offer));
    }

    /// Dials the outside number that the call was sent to, once for each time it is sent.
    pub(super) fn dial_outside(&mut self, id: CallId) {
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        let Stage::Outside { address, hops, .. } = &call.stage else { return };
        call.hops_dialled = Some(*hops);
        // One of the outside numbers has no way that leads there.
        if &**address == "0303" {
            return self.submit_fact(id, Command::OutsideLeft { call: id });
        }
        let line = self.dial(id, Purpose::Outside(id), Owner::Outside);
        if let Some(call) = self.edge.calls.get_mut(&id) {
            call.other = Some(line);
        }
    }

    pub(super) fn outside_answered(&mut self, id: CallId) {
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        let Some(line) = call.other else { return };
        let key = format!("sip/leg/h{}", line.0);
        call.other_note = Some(key.as_str().into());
        self.submit_fact_with(
            Topic::Call(id),
            Some(Command::OutsideAnswered { call: id }),
            vec![Note::set(&key, b"leg")],
        );
    }
}
