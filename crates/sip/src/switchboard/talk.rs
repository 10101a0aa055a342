//! What legs report: audio, hold, keys, transfers, ends.

use engine::{CallId, Command, LegKey, Transfer, TransferMode, TransferTo, VdnId};
use leg::sdp::{self, Agreed};
use leg::{End, LegEvent, Refer, Wish};
use media::{PortId, Remote};
use node::{Note, Receipt, Refused};

use super::ask::Ask;
use super::board::{Board, Network};
use super::calls::{Left, Stage};
use super::legs::{LegId, Role};
use super::mend::left_by;
use super::note::{self, SideV1};
use super::refusals::Refusal;
use crate::number;

impl<N: Network> Board<N> {
    /// Something happened on a leg.
    pub(super) fn leg_event(&mut self, id: LegId, event: LegEvent) {
        let Some(slot) = self.legs.get_mut(id) else { return };
        let role = slot.role;
        match event {
            LegEvent::Progress { status } => slot.rang |= status == 180,
            LegEvent::Media(agreed) => {
                slot.agreed = Some(agreed);
                self.agreed(id, role, &agreed);
            }
            LegEvent::Offered { .. } => {
                let media = slot.media;
                self.wish(id, Wish::AnswerOffer { media });
            }
            LegEvent::Dtmf(key) => self.key_pressed(role, key),
            LegEvent::Refer(refer) => self.refer(id, role, &refer),
            LegEvent::Silent => {
                if let Role::Ringing(call) = role {
                    self.phone_silent(call, id);
                }
            }
            LegEvent::Unanswered => {
                if let Role::Other(call) = role {
                    self.outside_unanswered(call, id);
                }
            }
            LegEvent::Answered => self.was_answered(id, role),
            LegEvent::Acknowledged if role == Role::Code => self.part(id, None),
            LegEvent::Ended(end) => self.leg_ended(id, role, &end),
            LegEvent::Gone => {
                self.close_port(id);
                self.legs.remove(id);
            }
            LegEvent::Reserve { .. } => self.note_again(id, role),
            LegEvent::Acknowledged | LegEvent::OfferWithdrawn | LegEvent::OfferRefused { .. } => {}
        }
    }

    /// A leg needs its next block of numbers noted.
    fn note_again(&mut self, id: LegId, role: Role) {
        let Some(slot) = self.legs.get(id) else { return };
        let (call, is_caller) = match role {
            Role::Caller(call) => (call, true),
            Role::Other(call) | Role::Keeper(call) => (call, false),
            Role::Arriving(_) | Role::Ringing(_) | Role::Second(_) | Role::Code | Role::Parting => return,
        };
        let Some(of) = self.calls.get(&call) else { return };
        let note = if is_caller {
            slot.note(note::caller_key(of.key), SideV1::Caller(of.key.0))
        } else {
            slot.note(note::other_key(&slot.tag), SideV1::other(call))
        };
        self.submit_notes(of.vdn, vec![note]);
    }

    /// A leg we dialled was answered.
    fn was_answered(&mut self, id: LegId, role: Role) {
        match role {
            Role::Ringing(call) => self.phone_answered(call, id),
            Role::Other(call) => self.outside_answered(call),
            Role::Arriving(_) | Role::Caller(_) | Role::Keeper(_) | Role::Second(_) | Role::Code | Role::Parting => {}
        }
    }

    /// Audio goes another way from now on, or the other side holds the call, or no longer does.
    fn agreed(&mut self, id: LegId, role: Role, agreed: &Agreed) {
        let port = self.legs.get(id).and_then(|slot| slot.port);
        if let (Some(port), Some(remote)) = (port, remote(agreed)) {
            self.media.set_remote(port, remote);
        }
        if let Role::Caller(call) | Role::Other(call) = role {
            self.touch(call);
        }
    }

    /// A leg serves its call no more.
    fn leg_ended(&mut self, id: LegId, role: Role, end: &End) {
        self.set_role(id, Role::Parting);
        self.close_port(id);
        match (role, left_by(end)) {
            (Role::Arriving(key), Some(left)) => self.arriving_left(key, left),
            (Role::Caller(call), Some(left)) => self.caller_left(call, left),
            (Role::Ringing(call), _) => self.phone_ended(call, id, end),
            (Role::Other(call), Some(left)) => self.other_left(call, left),
            (Role::Keeper(call), Some(_)) => self.keeper_left(call),
            (Role::Second(call), Some(_)) => self.second_left(call, id),
            _ => {}
        }
    }

    /// The caller left while its call was being decided.
    fn arriving_left(&mut self, key: LegKey, left: Left) {
        if let Some(arrival) = self.arrivals.get_mut(&key) {
            (arrival.leg, arrival.left) = (None, Some(left));
        }
    }

    /// The leg that served the call is gone: the journal is told.
    pub(super) fn other_left(&mut self, id: CallId, left: Left) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.other = None;
        let vdn = call.vdn;
        match call.stage {
            Stage::Outside { .. } => {
                let notes = call.other_note.take().map(|key| Note { key, value: None }).into_iter().collect();
                self.submit_fact_with(vdn, Some(Command::OutsideLeft { call: id }), notes);
            }
            _ => self.agent_left(id, left),
        }
        self.touch(id);
    }

    /// A key in the audio of a port.
    pub(super) fn key_at_port(&mut self, port: PortId, key: char) {
        let leg = self.ports.get(&port).and_then(|leg| self.legs.get(*leg));
        if let Some(role) = leg.map(|slot| slot.role) {
            self.key_pressed(role, key);
        }
    }

    /// The cancel key, pressed by a caller who waits, is a wish; every other key is between the two who talk.
    fn key_pressed(&mut self, role: Role, key: char) {
        let Role::Caller(id) = role else { return };
        let Some(call) = self.calls.get(&id).filter(|call| call.is_queued()) else { return };
        if self.directory.vdn(call.vdn).is_some_and(|settings| settings.cancel_key == key) {
            self.submit_wish(call.vdn, Command::CancelQueuing { call: id }, Ask::Cancel(id));
        }
    }

    /// A REFER. Decided first: the final answer to the REFER says whether the call goes where the agent sent it.
    fn refer(&mut self, id: LegId, role: Role, refer: &Refer) {
        if let Err(status) = self.try_refer(id, role, refer) {
            self.wish(id, Wish::RefuseRefer { status, reason: None });
        }
    }

    fn try_refer(&mut self, id: LegId, role: Role, refer: &Refer) -> Result<(), u16> {
        let call_id = match role {
            Role::Other(_) if refer.replaces.is_some() => return Err(481),
            Role::Other(call) => call,
            Role::Keeper(call) | Role::Second(call) => return self.refer_of_keeper(call, id, refer),
            // Its answer is not in the journal yet: in a moment it will be.
            Role::Ringing(_) => return Err(491),
            Role::Arriving(_) | Role::Caller(_) | Role::Code | Role::Parting => return Err(403),
        };
        let call = self.calls.get(&call_id).ok_or(481u16)?;
        let agent = call.talking_agent().ok_or(403u16)?;
        let vdn = call.vdn;
        if !self.is_our_host(vdn, &refer.host) {
            return Err(403);
        }
        if let Some(number) = self.directory.number(vdn, &refer.user) {
            let target = number.target;
            tracing::debug!(call = %call_id, %agent, ?target, "an agent transfers its call");
            self.submit_wish(vdn, Command::Transfer { call: call_id, agent, target }, Ask::Transfer(id));
            return Ok(());
        }
        if !self.may_dial_outside(vdn, &refer.user) {
            return Err(if number::agent_id(&refer.user).is_some() { 404 } else { 403 });
        }
        tracing::debug!(call = %call_id, %agent, "an agent transfers its call to the outside");
        let (to, mode) = (TransferTo::Outside((*refer.user).into()), TransferMode::Success);
        let wish = Transfer { call: call_id, agent, to, mode, expected_wait_max: None };
        self.submit_wish(vdn, Command::TransferBy(wish), Ask::Keep { call: call_id, leg: id });
        Ok(())
    }

    /// The transfer is durable, or refused; the sender's leg is hung up by the record itself, which comes next.
    pub(super) fn transfer_answered(&mut self, leg: LegId, result: Result<Receipt, Refused>) {
        match result {
            Ok(_) => {
                self.wish(leg, Wish::AcceptRefer);
                self.wish(leg, Wish::NotifyRefer { status: 200, last: true });
            }
            Err(refused) => {
                tracing::debug!(%refused, "a transfer is refused");
                self.wish(leg, Wish::RefuseRefer { status: Refusal::of(&refused).status, reason: None });
            }
        }
    }

    /// Whether a host in a URI is this VDN: its domain, or an address of ours.
    fn is_our_host(&self, vdn: VdnId, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        if self.directory.domain(name).is_some_and(|settings| settings.vdn == vdn) {
            return true;
        }
        let settings = self.settings();
        name.trim_matches(['[', ']']).parse().is_ok_and(|address| {
            settings.advertise == Some(address) || settings.listen.iter().any(|listen| listen.address.ip() == address)
        })
    }
}

/// What the media side is told of an agreement; none while the other side named no address.
pub(super) fn remote(agreed: &Agreed) -> Option<Remote> {
    Some(Remote {
        address: agreed.remote?,
        codec: match agreed.codec {
            sdp::Codec::Pcma => media::Codec::Pcma,
            sdp::Codec::Pcmu => media::Codec::Pcmu,
        },
        payload_type: agreed.payload_type,
        telephone_event: agreed.telephone_event,
        send: agreed.direction.sends(),
        receive: agreed.direction.receives(),
    })
}
