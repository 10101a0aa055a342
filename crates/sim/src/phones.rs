//! Phones: a leg for each line, and how its owner takes a call.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use engine::{AgentId, OfferId, Timestamp};
use leg::message::{Method, Request};
use leg::value::CSeq;
use leg::{Incoming, Input, Leg, LegEvent, ServerTxn, Wish};

use crate::edge::{Purpose, TIMERS, numbers};
use crate::network::{LineId, Side};
use crate::people::Act;
use crate::sometimes::Situation;
use crate::world::{Due, Sound, World};

/// The other end of a line.
#[derive(Debug)]
pub(crate) struct Phone {
    /// None before it rings, and when it has vanished.
    pub(crate) leg: Option<Leg>,
    pub(crate) owner: Owner,
    offer: Option<OfferId>,
    manner: Manner,
    pub(crate) sound: Sound,
    /// Whether what happens in the talk is settled.
    pub(crate) has_plans: bool,
    due: Option<leg::Timestamp>,
    /// The last CSeq number of a request, and how many requests were sent beside the leg.
    last_cseq: u32,
    beside: u32,
}

/// Whose phone it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Caller(usize),
    Agent(AgentId),
    Outside,
}

/// How somebody takes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Answers(Duration),
    /// Rings, then says this.
    Declines(Duration, u16),
    /// Says this at once.
    Refuses(u16),
    /// Rings until somebody gives up.
    Ignores,
    /// Says nothing at all.
    IsSilent,
}

/// The number of a transaction beside the leg's own.
const BESIDE: u32 = 1_000_000;

/// Where a line's audio goes.
pub(crate) const fn media(line: LineId) -> SocketAddr {
    let [_, _, high, low] = line.0.to_be_bytes();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, high, low)), 4000)
}

impl World {
    /// A line to somebody's phone, which may ring.
    pub(crate) fn expect_phone(&mut self, line: LineId, owner: Owner, purpose: Purpose) {
        let offer = if let Purpose::Agent(offer, ..) = purpose { Some(offer) } else { None };
        let manner = self.draw_manner(owner);
        self.add_phone(line, owner, offer, manner, None);
    }

    pub(crate) fn add_caller_phone(&mut self, line: LineId, caller: usize, leg: Leg) {
        self.add_phone(line, Owner::Caller(caller), None, Manner::Ignores, Some(leg));
        self.schedule_phone_leg(line);
    }

    fn add_phone(&mut self, line: LineId, owner: Owner, offer: Option<OfferId>, manner: Manner, leg: Option<Leg>) {
        let phone = Phone {
            leg,
            owner,
            offer,
            manner,
            sound: Sound::Nothing,
            has_plans: false,
            due: None,
            last_cseq: 0,
            beside: 0,
        };
        self.phones.insert(line, phone);
    }

    fn draw_manner(&mut self, owner: Owner) -> Manner {
        let chance = &mut self.chance;
        let soon = chance.millis(200, 3000);
        let is_calm = self.now >= crate::rules::START + Duration::from_secs(self.setting.seconds);
        let weights: [u64; 5] = match owner {
            Owner::Agent(_) if is_calm => [100, 0, 0, 0, 0],
            Owner::Agent(_) => [72, 10, 4, 10, 3],
            Owner::Outside => [50, 10, 15, 5, 0],
            Owner::Caller(_) => [1, 0, 0, 0, 0],
        };
        match chance.weighted(&weights) {
            0 => Manner::Answers(soon),
            1 => Manner::Declines(soon, [486, 603, 480, 408][chance.weighted(&[6, 2, 2, 1])]),
            2 => Manner::Refuses([404, 488, 500, 302, 486][chance.index(5)]),
            3 => Manner::Ignores,
            _ => Manner::IsSilent,
        }
    }

    pub(crate) fn phone_is_there(&self, line: LineId) -> bool {
        match self.phones.get(&line).map(|phone| phone.owner) {
            Some(Owner::Agent(agent)) => self.workers.get(&agent).is_some_and(|worker| worker.is_phone_on),
            Some(Owner::Caller(caller)) => !self.callers[caller].is_phone_dead,
            Some(Owner::Outside) | None => true,
        }
    }

    /// Whether the phone sends not even a 100.
    pub(crate) fn stays_silent(&self, to: Side, line: LineId) -> bool {
        to == Side::Phone && self.phones.get(&line).is_some_and(|phone| phone.manner == Manner::IsSilent)
    }

    /// An INVITE reaches a phone.
    pub(crate) fn phone_rings(&mut self, line: LineId, txn: ServerTxn, invite: &Request) {
        let Some(owner) =
            self.phones.get(&line).filter(|phone| phone.manner != Manner::IsSilent).map(|phone| phone.owner)
        else {
            return;
        };
        let is_busy = if let Owner::Agent(agent) = owner { self.is_on_the_phone(agent) } else { false };
        let made_of = Incoming {
            local_tag: format!("p{}", line.0).into(),
            contact: format!("sip:phone{}@192.0.2.9", line.0).into(),
            numbers: numbers(line),
            timers: TIMERS,
        };
        let Ok(leg) = Leg::incoming(txn, invite, &made_of) else {
            return self.broken("leg", format!("line {}: our INVITE cannot be read", line.0));
        };
        let Some(phone) = self.phones.get_mut(&line) else { return };
        phone.leg = Some(leg);
        let manner = phone.manner;
        if is_busy {
            return self.after(Duration::from_millis(50), Due::Act(Act::Reject(line, 486)));
        }
        match manner {
            Manner::Refuses(status) => return self.act(Act::Reject(line, status)),
            Manner::Answers(wait) => self.after(wait, Due::Act(Act::Answer(line))),
            Manner::Declines(wait, status) => self.after(wait, Due::Act(Act::Reject(line, status))),
            Manner::Ignores | Manner::IsSilent => {}
        }
        self.phone_turn(line, Input::Wish(Wish::Ring));
    }

    /// Whether an agent's phone has a call that is not over.
    pub(crate) fn is_on_the_phone(&self, agent: AgentId) -> bool {
        self.phones.values().any(|phone| {
            let is_its = match phone.owner {
                Owner::Agent(owner) => owner == agent,
                Owner::Caller(caller) => self.callers[caller].colleague == Some(agent),
                Owner::Outside => false,
            };
            is_its && phone.leg.as_ref().is_some_and(|leg| !leg.has_ended())
        })
    }

    pub(crate) fn phone_turn(&mut self, line: LineId, input: Input) {
        let now = self.leg_now();
        let Some(leg) = self.phones.get_mut(&line).and_then(|phone| phone.leg.as_mut()) else { return };
        let outputs = leg.handle(now, input);
        let events = self.send_outputs(Side::Phone, line, outputs);
        self.schedule_phone_leg(line);
        for event in events {
            self.phone_event(line, event);
        }
    }

    fn schedule_phone_leg(&mut self, line: LineId) {
        let Some(phone) = self.phones.get_mut(&line) else { return };
        let next = phone.leg.as_ref().and_then(Leg::next_deadline);
        if next != phone.due {
            phone.due = next;
            if let Some(next) = next {
                self.at(Timestamp(next.0), Due::Leg(Side::Phone, line));
            }
        }
    }

    pub(crate) fn phone_leg_due(&mut self, line: LineId) {
        let now = self.leg_now();
        let Some(phone) = self.phones.get_mut(&line) else { return };
        if phone.due.is_some_and(|due| due <= now) {
            phone.due = None;
            self.phone_turn(line, Input::Due);
        }
    }

    fn phone_event(&mut self, line: LineId, event: LegEvent) {
        let Some(phone) = self.phones.get(&line) else { return };
        match event {
            LegEvent::Ended(_) => {
                if let Owner::Caller(caller) = phone.owner {
                    self.callers[caller].over_at.get_or_insert(self.now);
                }
            }
            LegEvent::Gone => {
                if let Some(phone) = self.phones.get_mut(&line) {
                    phone.leg = None;
                }
            }
            LegEvent::Offered { .. } => self.phone_turn(line, Input::Wish(Wish::AnswerOffer { media: media(line) })),
            _ => {}
        }
    }

    /// A leg at this end has answered a request: what a phone says of an offer is remembered.
    pub(crate) fn answered_by(&mut self, from: Side, line: LineId, _txn: u32, response: &leg::Response) {
        let of_invite = response.headers.get("CSeq").is_some_and(|cseq| cseq.ends_with("INVITE"));
        if from == Side::House || response.is_provisional() || !of_invite {
            return;
        }
        let Some(offer) = self.phones.get(&line).and_then(|phone| phone.offer) else { return };
        if response.is_success() && !self.books.is_pending(offer) {
            self.meet(Situation::LateAnswer);
        }
        self.books.phone_said(offer, response.status());
    }

    /// A phone counts the requests that its person makes it send beside its leg.
    pub(crate) fn number_of_phone(&mut self, from: Side, line: LineId, request: &mut Request) {
        let Some(phone) = self.phones.get_mut(&line).filter(|_| from == Side::Phone) else { return };
        let Some(cseq) = request.headers.get("CSeq").and_then(CSeq::parse) else { return };
        let number = cseq.number + phone.beside;
        phone.last_cseq = phone.last_cseq.max(number);
        if phone.beside > 0 {
            request.headers.set("CSeq", &CSeq { number, method: cseq.method }.to_string());
        }
    }

    /// A REFER to this number, which the leg knows nothing of.
    pub(crate) fn refer_to(&mut self, line: LineId, number: &str) {
        let Some(phone) = self.phones.get_mut(&line) else { return };
        let Some(leg) = phone.leg.as_ref().filter(|leg| leg.is_talking()) else { return };
        phone.last_cseq = phone.last_cseq.max(numbers(line).cseq - 1) + 1;
        phone.beside += 1;
        let memory = leg.memory();
        let request = Request::new(Method::Refer, memory.target)
            .with("Max-Forwards", "70")
            .with("From", &format!("{};tag={}", memory.local, memory.local_tag))
            .with("To", &format!("{};tag={}", memory.remote, memory.remote_tag))
            .with("Call-ID", memory.call_id)
            .with("CSeq", &format!("{} REFER", phone.last_cseq))
            .with("Contact", "<sip:phone@192.0.2.9>")
            .with("Refer-To", &format!("<sip:{number}@house.example>"));
        self.send_request(Side::Phone, line, BESIDE, request);
    }

    /// All lines of an agent's phone are gone without a word.
    pub(crate) fn phone_vanishes(&mut self, agent: AgentId) {
        let mut was_used = false;
        for phone in self.phones.values_mut() {
            let is_its = match phone.owner {
                Owner::Agent(owner) => owner == agent,
                Owner::Caller(caller) => self.callers[caller].colleague == Some(agent),
                Owner::Outside => false,
            };
            if is_its && let Some(leg) = phone.leg.take() {
                was_used |= !leg.has_ended();
                if let Owner::Caller(caller) = phone.owner {
                    self.callers[caller].is_phone_dead = true;
                    self.callers[caller].over_at.get_or_insert(self.now);
                }
            }
        }
        if was_used {
            self.meet(Situation::PhoneGone);
        }
    }
}
