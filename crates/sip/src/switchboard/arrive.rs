//! A new INVITE: who calls, where to, and what becomes of it.

use std::sync::Arc;

use engine::{AgentId, Caller, Command, LegKey, Rejection, Target, TransferTo, VdnId};
use leg::value::NameAddr;
use leg::{Leg, Numbers, SessionTimers, Wish};
use node::{Note, Receipt, Refused};

use super::ask::Ask;
use super::board::{Board, Network};
use super::calls::Left;
use super::derive::{self, hex, leg_key};
use super::identity::{Identity, masked};
use super::legs::{LegId, NewSlot, Role};
use super::note::{self, SideV1};
use super::refusals::Refusal;
use crate::door::{Incoming, Origin};
use crate::number;
use crate::place::Destination;
use crate::settings::Number;

/// A call that is being decided.
#[derive(Debug)]
pub(super) struct Arrival {
    /// None once the caller's leg has ended.
    pub(super) leg: Option<LegId>,
    vdn: VdnId,
    pub(super) who: Identity,
    /// How the caller left meanwhile.
    pub(super) left: Option<Left>,
}

/// What a dialled number means.
enum Dialled {
    /// A call.
    Call(Number),
    /// An agent says how it is.
    Code(Box<Command>),
    /// An outside number that an agent asks for while it talks.
    Outside,
}

impl<N: Network> Board<N> {
    /// Takes a new INVITE, or refuses it by its final answer.
    pub(super) fn invite(&mut self, incoming: &Incoming) {
        self.meters.invite();
        if let Err(refusal) = self.try_invite(incoming) {
            self.meters.refused(refusal.status);
            let tag = hex(&self.chance.next()[..8]);
            self.network.respond(incoming.txn, &super::reply(&incoming.request, refusal, &tag));
        }
    }

    fn try_invite(&mut self, incoming: &Incoming) -> Result<(), Refusal> {
        let (vdn, agent, trunk) = match &incoming.origin {
            Origin::Trunk { name, vdn } => (*vdn, None, Some(name)),
            Origin::Agent { vdn, agent } => (*vdn, Some(*agent), None),
        };
        let talk = agent.and_then(|agent| Some((self.talk_of(vdn, agent)?, agent)));
        let meant = self.meant(vdn, agent, talk.is_some(), &incoming.called)?;
        self.check_room(trunk.map(|name| &**name))?;
        let key = key_of(incoming)?;
        if self.keys.contains(&key) {
            // The same INVITE by two ways (RFC 3261, 8.2.2.2).
            return Err(Refusal::status(482));
        }
        let Some(leg) = self.incoming_leg(incoming) else { return Ok(()) };
        let Number { target, priority } = match meant {
            Dialled::Code(command) => {
                self.set_role(leg, Role::Code);
                let signs_out = matches!(*command, Command::SignOut { .. });
                self.submit_wish(vdn, *command, Ask::Code { leg, signs_out });
                return Ok(());
            }
            Dialled::Call(number) => {
                if let Some((call, agent)) = talk {
                    let to = match number.target {
                        Target::Queue(queue) => TransferTo::Queue(queue),
                        Target::Agent(other) => TransferTo::Agent(other),
                    };
                    self.consult(call, agent, leg, to);
                    return Ok(());
                }
                number
            }
            Dialled::Outside => {
                if let Some((call, agent)) = talk {
                    self.consult(call, agent, leg, TransferTo::Outside(Arc::clone(&incoming.called)));
                }
                return Ok(());
            }
        };
        let who = match agent {
            Some(agent) => Identity::of_agent(agent),
            None => Identity::of_trunk_call(&incoming.request),
        };
        let caller = agent.map_or_else(|| Caller::Outside(Arc::clone(&who.number)), Caller::Agent);
        tracing::debug!(vdn = vdn.0, caller = masked(&who.number), ?target, "a call arrives");
        self.set_role(leg, Role::Arriving(key));
        self.keys.insert(key);
        self.arrivals.insert(key, Arrival { leg: Some(leg), vdn, who, left: None });
        let command = Command::Arrive { key, caller, called: Arc::clone(&incoming.called), priority, target };
        let note = self.legs.get(leg).map(|slot| slot.note(note::caller_key(key), SideV1::Caller(key.0)));
        self.submit_wish_with(vdn, command, note.into_iter().collect(), Ask::Arrive(key));
        Ok(())
    }

    /// What a number means to who dials it. No agent may dial outside, but for its caller.
    fn meant(&self, vdn: VdnId, agent: Option<AgentId>, talks: bool, dialled: &str) -> Result<Dialled, Refusal> {
        let settings = self.directory.vdn(vdn).ok_or(Refusal::UNAVAILABLE)?;
        if let Some(command) = agent.and_then(|agent| number::feature_code(settings, agent, dialled)) {
            return Ok(Dialled::Code(Box::new(command)));
        }
        let number = self.directory.number(vdn, dialled);
        if number.is_none() && talks && self.may_dial_outside(vdn, dialled) {
            return Ok(Dialled::Outside);
        }
        let stranger = if agent.is_some() && number::agent_id(dialled).is_none() { 403 } else { 404 };
        number.map(Dialled::Call).ok_or(Refusal::status(stranger))
    }

    fn check_room(&self, trunk: Option<&str>) -> Result<(), Refusal> {
        let calls = self.calls.len() + self.arrivals.len();
        let is_full = self.is_closing || calls >= self.settings().limits.live_calls;
        if is_full || trunk.is_some_and(|name| self.is_trunk_full(name)) { Err(Refusal::UNAVAILABLE) } else { Ok(()) }
    }

    /// Whether a trunk carries as many calls as it may.
    pub(super) fn is_trunk_full(&self, name: &str) -> bool {
        let trunk = self.settings().trunks.iter().find(|trunk| trunk.name == name);
        trunk.and_then(|trunk| trunk.max_calls).is_some_and(|most| self.legs.of_trunk(name) >= most)
    }

    /// Makes the leg of an INVITE, with a port. `None`: it has been refused.
    fn incoming_leg(&mut self, incoming: &Incoming) -> Option<LegId> {
        let Incoming { txn, request, flow, origin, .. } = incoming;
        let to = Destination::Flow(*flow);
        let chance = self.chance.next();
        let tag: Box<str> = hex(&chance[..8]).into();
        let made_of = leg::Incoming {
            local_tag: tag.clone(),
            contact: self.contact(&to).into(),
            numbers: self.numbers(1, derive::number(&chance)),
            timers: self.session_timers(),
        };
        let leg = match Leg::incoming(*txn, request, &made_of) {
            Ok(leg) => leg,
            Err(response) => {
                self.meters.refused(response.status());
                self.network.respond(*txn, &response);
                return None;
            }
        };
        let port = self.media.open().inspect_err(|error| tracing::warn!(%error, "a caller finds no port")).ok();
        let media = port.map_or(flow.local, |port| self.announced(&port, &to));
        let trunk = match origin {
            Origin::Trunk { name, .. } => Some(Arc::clone(name)),
            Origin::Agent { .. } => None,
        };
        let (role, port) = (Role::Parting, port.map(|port| port.id));
        let id = self.legs.insert(NewSlot { leg, role, to, trunk, tag, port, media });
        self.legs.expect_cancel(*txn, id);
        match port {
            Some(port) => self.ports.insert(port, id),
            None => {
                self.refuse_leg(id, Refusal::UNAVAILABLE);
                return None;
            }
        };
        Some(id)
    }

    /// Where a new leg's counters start.
    pub(super) fn numbers(&mut self, cseq: u32, sdp_session: u64) -> Numbers {
        // Phones read the session id as a signed number.
        let sdp_session = sdp_session >> 1;
        Numbers { cseq, sdp_session, sdp_version: 1, chance: derive::number(&self.chance.next()) }
    }

    pub(super) fn session_timers(&self) -> SessionTimers {
        let seconds = |span: std::time::Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX);
        let settings = self.settings();
        SessionTimers { interval_seconds: seconds(settings.session_timer), min_seconds: seconds(settings.min_se) }
    }

    /// The node's answer to an `Arrive`. A call that is here is served when its record comes; only a refusal is
    /// acted on.
    pub(super) fn arrive_answered(&mut self, key: LegKey, result: Result<Receipt, Refused>) {
        let Err(refused) = result else { return };
        // A call that came before its arrival was refused as a repeat is served already.
        let Some(arrival) = self.arrivals.remove(&key) else { return };
        self.keys.remove(&key);
        let is_repeat = matches!(refused, Refused::Rejected(Rejection::AlreadyArrived(_)));
        if matches!(refused, Refused::Rejected(_) | Refused::OutcomeUnknown) && !is_repeat {
            self.submit_notes(arrival.vdn, vec![Note { key: note::caller_key(key), value: None }]);
        }
        let refusal = Refusal::of(&refused);
        tracing::info!(caller = masked(&arrival.who.number), status = refusal.status, %refused, "a call is refused");
        if let Some(leg) = arrival.leg {
            self.refuse_leg(leg, refusal);
        }
    }

    /// Refuses an unanswered leg for good.
    pub(super) fn refuse_leg(&mut self, id: LegId, refusal: Refusal) {
        self.meters.refused(refusal.status);
        self.set_role(id, Role::Parting);
        self.close_port(id);
        let Refusal { status, retry_after } = refusal;
        self.wish(id, Wish::Reject { status, reason: None, retry_after });
    }

    pub(super) fn set_role(&mut self, id: LegId, role: Role) {
        if let Some(slot) = self.legs.get_mut(id) {
            slot.role = role;
        }
    }

    /// Answers a caller with 200 and our session description; what it hears is settled by its stage.
    pub(super) fn answer_leg(&mut self, id: LegId) {
        let Some(slot) = self.legs.get_mut(id) else { return };
        if slot.answered {
            return;
        }
        slot.answered = true;
        let media = slot.media;
        self.wish(id, Wish::Answer { media });
    }

    /// An agent dialled a feature code, and this is what came of it: 200, and BYE after the ACK, when it is so now or
    /// was so before; phones show any other answer as a failed call.
    pub(super) fn code_answered(&mut self, leg: LegId, signs_out: bool, result: Result<Receipt, Refused>) {
        match result {
            Ok(_) => self.answer_leg(leg),
            Err(Refused::Rejected(Rejection::AgentNotInWrapUp(_))) => self.answer_leg(leg),
            Err(Refused::Rejected(Rejection::AgentSignedOut(_))) if signs_out => self.answer_leg(leg),
            Err(Refused::Rejected(_)) => self.refuse_leg(leg, Refusal::status(480)),
            Err(refused) => self.refuse_leg(leg, Refusal::of(&refused)),
        }
    }
}

/// The leg's key. An INVITE without Call-ID or From is no INVITE (RFC 3261, 8.1.1).
fn key_of(incoming: &Incoming) -> Result<LegKey, Refusal> {
    let headers = &incoming.request.headers;
    let call_id = headers.get("Call-ID").ok_or(Refusal::status(400))?;
    let from = headers.get("From").and_then(NameAddr::parse).ok_or(Refusal::status(400))?;
    let source = match &incoming.origin {
        Origin::Trunk { name, .. } => format!("trunk {name}"),
        Origin::Agent { vdn, agent } => format!("agent {vdn} {agent}"),
    };
    Ok(leg_key(call_id, from.tag().unwrap_or_default(), &source))
}
