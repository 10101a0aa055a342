//! Where calls are, and what kind of calls they are.

use engine::{AgentId, Call, Caller, Keeper, Keeping, Line, Place};

/// What a call is, as an agent sees it.
///
/// The documents have more: no call (0), occupied (1), suspended (7) and muted (8) do not occur here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cms) enum CallStatus {
    Queue = 2,
    PrivateQueue = 3,
    Alerting = 4,
    Talk = 5,
    Hold = 6,
    Tritalk = 9,
}

impl CallStatus {
    /// As `agent` sees it, who has it, keeps it, dialled it, or for whom it waits.
    pub(in crate::cms) fn of(call: &Call, agent: AgentId) -> Self {
        let keeping = call.keeper.map(|Keeper { agent: keeper, keeping, .. }| (keeping, keeper == agent));
        Self::of_both(&call.place, keeping)
    }

    /// Of a call at a place, perhaps kept for something, by the agent who looks or by another.
    fn of_both(place: &Place, keeping: Option<(Keeping, bool)>) -> Self {
        match (place, keeping) {
            (
                Place::Talking { held: false, .. } | Place::Outside { answered: true, .. },
                Some((Keeping::ToJoin, _)),
            ) => Self::Tritalk,
            // Whoever keeps a call has its caller on hold.
            (_, Some((_, true))) | (Place::Talking { held: true, .. }, _) => Self::Hold,
            (Place::Waiting(wait), _) => match wait.line {
                Line::Queue(_) => Self::Queue,
                Line::Private(_) => Self::PrivateQueue,
            },
            (Place::Offered { .. } | Place::Outside { answered: false, .. }, _) => Self::Alerting,
            (Place::Talking { held: false, .. } | Place::Outside { answered: true, .. }, _) => Self::Talk,
        }
    }

    pub(in crate::cms) const fn code(self) -> u32 {
        self as u32
    }
}

/// 1 for who made the call, 0 for everybody else.
pub(in crate::cms) fn call_in_out(call: &Call, agent: AgentId) -> u32 {
    u32::from(call.caller == Caller::Agent(agent))
}

/// What kind of call it is: an ordinary customer's (0), an agent's (1), or one about which agents consult (51).
pub(in crate::cms) const fn feature(call: &Call) -> u32 {
    feature_of(&call.caller, call.keeper)
}

const fn feature_of(caller: &Caller, keeper: Option<Keeper>) -> u32 {
    match (keeper, caller) {
        (Some(Keeper { keeping: Keeping::ToConsult | Keeping::ToJoin, .. }), _) => 51,
        (_, Caller::Agent(_)) => 1,
        (_, Caller::Outside(_)) => 0,
    }
}

/// What kinds of places calls are in.
///
/// The documents have more: flows, virtual devices and conferences do not occur here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cms) enum DeviceType {
    Queue = 1,
    Agent = 2,
    /// Two parties that were joined within the platform.
    Call = 5,
}

/// A call's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cms) struct Device {
    pub(in crate::cms) kind: DeviceType,
    /// The queue's or agent's id; 0 outside.
    pub(in crate::cms) number: u32,
}

impl Device {
    pub(in crate::cms) fn of(place: &Place) -> Self {
        match place {
            Place::Waiting(wait) => Self::of_line(wait.line),
            Place::Offered { agent, .. } | Place::Talking { agent, .. } => Self::of_line(Line::Private(*agent)),
            Place::Outside { .. } => Self { kind: DeviceType::Call, number: 0 },
        }
    }

    const fn of_line(line: Line) -> Self {
        match line {
            Line::Queue(queue) => Self { kind: DeviceType::Queue, number: queue.0 as u32 },
            Line::Private(agent) => Self { kind: DeviceType::Agent, number: agent.0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{Cause, OfferId, OutsideSender, QueueId, Sender, Timestamp, Wait};

    use super::*;

    const AGENT: AgentId = AgentId(1099);

    fn places() -> [Place; 9] {
        let wait = |line| Wait {
            line,
            joined: Timestamp(0),
            until: Timestamp::MAX,
            cause: Cause::Dialled,
            sender: Sender::Caller,
            weight_min: 1,
            widens_at: None,
        };
        let waiting = |line| Place::Waiting(wait(line));
        let offered = |line| Place::Offered {
            offer: OfferId(1),
            agent: AGENT,
            since: Timestamp(0),
            until: Timestamp::MAX,
            wait: wait(line),
        };
        let talking = |held, line| Place::Talking { agent: AGENT, since: Timestamp(0), held, line };
        let sent_by = OutsideSender::Agent(AGENT);
        let outside = |answered| Place::Outside { address: "0049".into(), since: Timestamp(0), answered, sent_by };
        let (queue, private) = (Line::Queue(QueueId(7)), Line::Private(AGENT));
        [
            waiting(queue),
            waiting(private),
            offered(queue),
            offered(private),
            talking(false, queue),
            talking(true, queue),
            talking(false, private),
            outside(false),
            outside(true),
        ]
    }

    #[test]
    fn every_place_with_every_keeping() {
        let with = |keeping| places().map(|place| CallStatus::of_both(&place, keeping).code());
        assert_eq!(with(None), [2, 3, 4, 4, 5, 6, 5, 4, 5]);
        for keeping in [Keeping::UntilAnswered, Keeping::ToConsult] {
            assert_eq!(with(Some((keeping, true))), [6; 9], "the keeper has the caller on hold");
            assert_eq!(with(Some((keeping, false))), [2, 3, 4, 4, 5, 6, 5, 4, 5]);
        }
        assert_eq!(with(Some((Keeping::ToJoin, true))), [6, 6, 6, 6, 9, 6, 9, 6, 9]);
        assert_eq!(with(Some((Keeping::ToJoin, false))), [2, 3, 4, 4, 9, 6, 9, 4, 9]);
    }

    #[test]
    fn every_caller_with_every_keeping() {
        let keeper =
            |keeping| Keeper { agent: AGENT, keeping, line: Line::Private(AGENT), since: None, origin_queue: None };
        let row = |caller: Caller| {
            [None, Some(Keeping::UntilAnswered), Some(Keeping::ToConsult), Some(Keeping::ToJoin)]
                .map(|keeping| feature_of(&caller, keeping.map(keeper)))
        };
        assert_eq!(row(Caller::Outside("".into())), [0, 0, 51, 51]);
        assert_eq!(row(Caller::Agent(AGENT)), [1, 1, 51, 51]);
    }

    #[test]
    fn every_place_is_a_device() {
        let devices = places().map(|place| Device::of(&place)).map(|device| (device.kind as u32, device.number));
        let (queue, agent, outside) = ((1, 7), (2, 1099), (5, 0));
        assert_eq!(devices, [queue, agent, agent, agent, agent, agent, agent, outside, outside]);
    }
}
