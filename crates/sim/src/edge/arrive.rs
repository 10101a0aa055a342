//! A new INVITE, and what becomes of it.

use engine::{AgentId, Caller, Command, LegKey, QueueId, Rejection, Target};
use leg::message::Request;
use leg::value::NameAddr;
use leg::{Incoming, Leg, ServerTxn, Wish};
use node::{Note, Receipt, Refused, Submission};

use super::{Arrival, Purpose, Role, TIMERS, Topic, numbers};
use crate::network::{LineId, Payload, Side};
use crate::phones::media;
use crate::plant::Plant;
use crate::wishes;
use crate::world::World;
use crate::writer::Asker;

/// What an INVITE asks for.
struct Asked {
    key: LegKey,
    caller: Caller,
    priority: u8,
    target: Target,
}

impl World {
    /// Takes a new INVITE.
    pub(crate) fn invited(&mut self, line: LineId, txn: ServerTxn, invite: &Request) {
        let Some(asked) = read(invite) else { return self.refuse_invite(line, txn, invite, 400) };
        if self.edge.keys.contains(&asked.key) {
            return self.refuse_invite(line, txn, invite, 482);
        }
        let made_of = Incoming {
            local_tag: format!("h{}", line.0).into(),
            contact: "sip:house@192.0.2.1".into(),
            numbers: numbers(line),
            timers: TIMERS,
        };
        let leg = match Leg::incoming(txn, invite, &made_of) {
            Ok(leg) => leg,
            Err(response) => {
                let txn = u32::try_from(txn.0).unwrap_or(0);
                return self.send(Side::House, line, Payload::Response { txn, response: *response });
            }
        };
        let Asked { key, caller, priority, target } = asked;
        self.insert_leg(line, leg, Role::Arriving(key), Purpose::Caller(key));
        self.edge.keys.insert(key);
        self.edge.arrivals.insert(key, Arrival { line: Some(line), left: None });
        let command = Command::Arrive { key, caller, called: "8001".into(), priority, target };
        if self.strikes(Plant::ArriveTwice, 200) {
            let mut again = command.clone();
            if let Command::Arrive { key, .. } = &mut again {
                key.0[15] = 1;
            }
            self.submit(Submission::wish(again), Asker::Nobody);
        }
        let note = Note::set(&caller_note(key), b"leg");
        self.submit(Submission::wish(command).with_notes(vec![note]), Asker::Arrive(key));
        if self.strikes(Plant::AnswerAtInvite, 200) {
            self.answer_leg(line);
        }
    }

    fn refuse_invite(&mut self, line: LineId, txn: ServerTxn, invite: &Request, status: u16) {
        let mut response = leg::Response::new(status);
        for name in ["From", "To", "Call-ID", "CSeq"] {
            response.headers.push(name, invite.headers.get(name).unwrap_or_default());
        }
        let txn = u32::try_from(txn.0).unwrap_or(0);
        self.send(Side::House, line, Payload::Response { txn, response });
    }

    /// Only a refusal is acted on: a call that is here is served when its record comes.
    pub(crate) fn arrive_answered(&mut self, key: LegKey, answer: Result<Receipt, Refused>) {
        let Err(refused) = answer else { return };
        let Some(arrival) = self.edge.arrivals.remove(&key) else { return };
        self.edge.keys.remove(&key);
        let is_repeat = matches!(refused, Refused::Rejected(Rejection::AlreadyArrived(_)));
        if matches!(refused, Refused::Rejected(_)) && !is_repeat {
            self.submit_notes(Topic::Leg(key), vec![Note::remove(&caller_note(key))]);
        }
        if let Some(line) = arrival.line {
            self.refuse_leg(line, status_of(&refused));
        }
    }

    pub(super) fn refuse_leg(&mut self, line: LineId, status: u16) {
        self.set_role(line, Role::Parting);
        self.wish(line, Wish::Reject { status, reason: None, retry_after: None });
    }

    pub(super) fn answer_leg(&mut self, line: LineId) {
        let Some(slot) = self.edge.legs.get_mut(&line) else { return };
        if !std::mem::replace(&mut slot.answered, true) {
            self.wish(line, Wish::Answer { media: media(line) });
        }
    }
}

/// The key of the note about a caller's leg.
pub(super) fn caller_note(key: LegKey) -> String {
    let number = key.0[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("sip/leg/c{number}")
}

/// A number is `q1` or `1001`, with `-7` for a priority; a caller is a number, or an agent's.
fn read(invite: &Request) -> Option<Asked> {
    let call_id: u64 = invite.headers.get("Call-ID")?.parse().ok()?;
    let from = NameAddr::parse(invite.headers.get("From")?)?;
    let user = |uri: &str| Some(uri.strip_prefix("sip:")?.split('@').next()?.to_owned());
    let caller = match user(from.uri)?.strip_prefix('a') {
        Some(agent) => Caller::Agent(AgentId(agent.parse().ok()?)),
        None => Caller::Outside(user(from.uri)?.into()),
    };
    let (target, priority) = dialled(&user(invite.uri())?)?;
    Some(Asked { key: wishes::key(call_id), caller, priority, target })
}

/// What a dialled number means.
pub(super) fn dialled(number: &str) -> Option<(Target, u8)> {
    let (number, priority) = number.split_once('-').unwrap_or((number, "1"));
    let target = match number.strip_prefix('q') {
        Some(queue) => Target::Queue(QueueId(queue.parse().ok()?)),
        None => Target::Agent(AgentId(number.parse().ok()?)),
    };
    Some((target, priority.parse().ok()?))
}

/// The final answer to a wish that was refused.
pub(super) const fn status_of(refused: &Refused) -> u16 {
    match refused {
        Refused::Rejected(Rejection::NoSuchAgent(_) | Rejection::NoSuchQueue(_)) => 404,
        Refused::Rejected(Rejection::PrivateQueueFull(_) | Rejection::AgentEngaged(_)) => 486,
        Refused::Rejected(_) => 480,
        _ => 503,
    }
}
