//! I10 from the outside: nothing leaves the house that is not durable. Looks at what legs send and what people hear, and
//! compares it with the disk.

use engine::{CallId, Place};
use leg::{End, LegEvent, Output};

use super::Purpose;
use crate::network::LineId;
use crate::sometimes::Situation;
use crate::world::{Sound, World};

impl World {
    /// What a leg of ours is about to send.
    pub(super) fn check_effects(&mut self, line: LineId, purpose: Purpose, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Respond { response, .. } if response.is_success() => {
                    let of_invite = response.headers.get("CSeq").is_some_and(|cseq| cseq.ends_with("INVITE"));
                    if let Purpose::Caller(key) = purpose
                        && of_invite
                        && self.books.call_of(key).is_none()
                    {
                        self.broken("I10", format!("line {}: answered before the call was durable", line.0));
                    }
                    self.check_accepted_refer(line, purpose, response);
                }
                Output::Event(LegEvent::Ended(End::HungUp)) => self.check_hang_up(line, purpose),
                _ => {}
            }
        }
    }

    fn check_accepted_refer(&mut self, line: LineId, purpose: Purpose, response: &leg::Response) {
        if response.status() == 202
            && let Purpose::Agent(_, agent, call) = purpose
            && !self.books.was_transferred(call, agent)
        {
            self.broken("I10", format!("line {}: a transfer was accepted that is not durable", line.0));
        }
    }

    /// We hang up only on who is no longer in the call.
    fn check_hang_up(&mut self, line: LineId, purpose: Purpose) {
        let state = self.books.truth().state();
        let is_wrong = match purpose {
            Purpose::Caller(key) => self.books.call_of(key).is_none_or(|call| state.call(call).is_some()),
            Purpose::Agent(offer, agent, call) => match state.call(call).map(|call| &call.place) {
                Some(Place::Offered { offer: pending, .. }) => {
                    let is_silent = self.edge.legs.get(&line).is_some_and(|slot| slot.is_silent);
                    *pending == offer && !is_silent && !self.books.is_second_ring(offer)
                }
                Some(Place::Talking { agent: talker, .. }) => {
                    *talker == agent && self.edge.calls.get(&call).is_some_and(|call| call.other == Some(line))
                }
                _ => false,
            },
            Purpose::Outside(_) => false,
        };
        if is_wrong {
            self.broken("I10", format!("line {}: hung up on somebody who is still in the call ({purpose:?})", line.0));
        }
    }

    /// An offer rings once, and not before it is durable.
    pub(super) fn check_dial(&mut self, purpose: Purpose) {
        let checked = match purpose {
            Purpose::Agent(offer, agent, call) => self.books.rings(offer, agent, call),
            Purpose::Outside(call) => {
                let is_sent = |call: &engine::Call| matches!(call.place, Place::Outside { .. });
                if self.books.truth().state().call(call).is_some_and(is_sent) {
                    Ok(())
                } else {
                    Err(("I10", format!("{call} is dialled outside and was not sent there")))
                }
            }
            Purpose::Caller(_) => Ok(()),
        };
        self.check(checked);
    }

    /// Two hear each other only if the journal says that they talk.
    pub(super) fn check_voice(&mut self, id: CallId, lines: (Option<LineId>, Option<LineId>), heard: (Sound, Sound)) {
        if heard.0 != Sound::Voice {
            return;
        }
        let purpose = lines.1.and_then(|line| self.edge.legs.get(&line)).map(|slot| slot.purpose);
        let place = self.books.truth().state().call(id).map(|call| &call.place);
        let is_so = match (place, purpose) {
            (Some(Place::Talking { agent, .. }), Some(Purpose::Agent(_, rung, call))) => *agent == rung && call == id,
            (Some(Place::Outside { answered, .. }), Some(Purpose::Outside(call))) => *answered && call == id,
            _ => false,
        };
        if !is_so {
            self.broken("I10", format!("{id}: two hear each other who do not talk, as far as is durable: {place:?}"));
        }
    }

    pub(super) fn ended_here(&mut self, end: &End) {
        if *end == End::NoAck {
            self.meet(Situation::NoAck);
        }
    }

    /// Messages that meet each other half-way, for the record of what was met.
    pub(crate) fn crosses(&mut self, line: LineId, is_cancel: bool) {
        let Some(slot) = self.edge.legs.get(&line) else { return };
        if is_cancel && slot.answered {
            self.meet(Situation::CancelCrossed);
        } else if !is_cancel && slot.leg.has_ended() {
            self.meet(Situation::ByeCrossed);
        }
    }
}
