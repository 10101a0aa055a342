//! What legs report: hold, keys, transfers, ends.

use engine::{CallId, Command, LegKey};
use leg::{End, LegEvent, Refer, Wish};
use node::{Note, Receipt, Refused, Submission};

use super::arrive::{dialled, status_of};
use super::mend::left_by;
use super::{Left, Purpose, Role, Stage, Topic};
use crate::network::LineId;
use crate::phones::media;
use crate::plant::Plant;
use crate::sometimes::Situation;
use crate::world::World;
use crate::writer::Asker;

impl World {
    pub(super) fn leg_event(&mut self, line: LineId, event: LegEvent) {
        let Some(slot) = self.edge.legs.get_mut(&line) else { return };
        let role = slot.role;
        if let (Purpose::Agent(offer, ..), LegEvent::Answered | LegEvent::Silent | LegEvent::Ended(_)) =
            (slot.purpose, &event)
        {
            self.books.heard(offer, self.now, self.life);
        }
        let Some(slot) = self.edge.legs.get_mut(&line) else { return };
        match event {
            LegEvent::Progress { status } => slot.rang |= status == 180,
            LegEvent::Media(agreed) => {
                slot.holds = !agreed.direction.sends();
                if let Role::Caller(call) | Role::Other(call) = role {
                    self.touch(call);
                }
            }
            LegEvent::Offered { .. } => self.wish(line, Wish::AnswerOffer { media: media(line) }),
            LegEvent::Dtmf(key) => self.key_pressed(role, key),
            LegEvent::Refer(refer) => self.refer(line, role, &refer),
            LegEvent::Silent => {
                if let Role::Ringing(call) = role {
                    self.phone_silent(call, line);
                }
            }
            LegEvent::Answered => match role {
                Role::Ringing(call) => self.phone_answered(call, line),
                Role::Other(call) => self.outside_answered(call),
                Role::Arriving(_) | Role::Caller(_) | Role::Keeper(_) | Role::Parting => {}
            },
            LegEvent::Ended(end) => self.leg_ended(line, role, &end),
            LegEvent::Gone => drop(self.edge.legs.remove(&line)),
            // Outside numbers here answer or refuse in time, so no leg is told to give them up.
            LegEvent::Unanswered
            | LegEvent::Reserve { .. }
            | LegEvent::Acknowledged
            | LegEvent::OfferWithdrawn
            | LegEvent::OfferRefused { .. } => {}
        }
    }

    fn leg_ended(&mut self, line: LineId, role: Role, end: &End) {
        self.set_role(line, Role::Parting);
        self.ended_here(end);
        match (role, left_by(end)) {
            (Role::Arriving(key), Some(left)) => self.arriving_left(key, left),
            (Role::Caller(call), Some(left)) => self.caller_left(call, left),
            (Role::Ringing(call), _) => self.phone_ended(call, line, end),
            (Role::Other(call), Some(left)) => self.other_left(call, left),
            (Role::Keeper(call), Some(_)) => self.keeper_left(call),
            _ => {}
        }
    }

    fn arriving_left(&mut self, key: LegKey, left: Left) {
        if let Some(arrival) = self.edge.arrivals.get_mut(&key) {
            (arrival.line, arrival.left) = (None, Some(left));
        }
    }

    fn other_left(&mut self, id: CallId, left: Left) {
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        call.other = None;
        if matches!(call.stage, Stage::Outside { .. }) {
            let notes = call.other_note.take().map(|key| Note { key, value: None }).into_iter().collect();
            self.submit_fact_with(Topic::Call(id), Some(Command::OutsideLeft { call: id }), notes);
        } else {
            self.agent_left(id, left);
        }
        self.touch(id);
    }

    /// The cancel key, in the audio of a line.
    pub(crate) fn key_heard(&mut self, line: LineId) {
        if let Some(role) = self.edge.legs.get(&line).map(|slot| slot.role) {
            self.key_pressed(role, '*');
        }
    }

    fn key_pressed(&mut self, role: Role, key: char) {
        let Role::Caller(id) = role else { return };
        let is_queued = |stage: &Stage| matches!(stage, Stage::Waiting | Stage::Offered { .. });
        let waits = self.edge.calls.get(&id).is_some_and(|call| is_queued(&call.stage));
        if waits {
            self.books.key_pressed(id, self.now, self.life);
        }
        if waits && key == '*' && !self.plants(Plant::IgnoreCancelKey) {
            self.submit(Submission::wish(Command::CancelQueuing { call: id }), Asker::Cancel(id));
        }
    }

    /// Decided first: the final answer to the REFER says whether the call goes there.
    fn refer(&mut self, line: LineId, role: Role, refer: &Refer) {
        match self.read_refer(role, refer) {
            Ok(command) => self.submit(Submission::wish(command), Asker::Transfer(line)),
            Err(status) => self.wish(line, Wish::RefuseRefer { status, reason: None }),
        }
    }

    fn read_refer(&self, role: Role, refer: &Refer) -> Result<Command, u16> {
        let id = match role {
            Role::Other(call) => call,
            Role::Ringing(_) | Role::Keeper(_) => return Err(491),
            Role::Arriving(_) | Role::Caller(_) | Role::Parting => return Err(403),
        };
        let call = self.edge.calls.get(&id).ok_or(481_u16)?;
        let Stage::Talking { agent } = call.stage else { return Err(403) };
        let (target, _) = dialled(&refer.user).ok_or(404_u16)?;
        Ok(Command::Transfer { call: id, agent, target })
    }

    pub(crate) fn transfer_answered(&mut self, line: LineId, answer: Result<Receipt, Refused>) {
        if matches!(answer, Err(Refused::Rejected(_))) {
            self.meet(Situation::TransferRefused);
        }
        match answer {
            Err(refused) if !self.plants(Plant::AcceptEveryTransfer) => {
                self.wish(line, Wish::RefuseRefer { status: status_of(&refused), reason: None });
            }
            _ => {
                self.wish(line, Wish::AcceptRefer);
                self.wish(line, Wish::NotifyRefer { status: 200, last: true });
            }
        }
    }
}
