//! The states of agents.

use engine::{Agent, NotReadyKind, Presence, Timestamp, Work};
use history::Doing;

/// The platform's own codes for what an agent does.
///
/// The documents have two more for agents who are reserved for calls that are yet to be dialled (2), and one for agents who
/// are locked for the seconds before a call reaches them (3): here such a call is offered at once. Work after a talk is 6,
/// whether it ends by itself or not, and never 10 (adjusting).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cms) enum CtiState {
    SignedOut = 0,
    Idle = 1,
    Answering = 4,
    Talking = 5,
    Working = 6,
    Busy = 7,
    Rest = 8,
    Study = 9,
}

impl CtiState {
    /// Every state that an agent here can be in.
    #[cfg(test)]
    pub(in crate::cms) const ALL: [Self; 8] = [
        Self::SignedOut,
        Self::Idle,
        Self::Answering,
        Self::Talking,
        Self::Working,
        Self::Busy,
        Self::Rest,
        Self::Study,
    ];

    pub(in crate::cms) const fn of(agent: &Agent) -> Self {
        Self::of_both(agent.presence, agent.work)
    }

    /// Work shows first, but of who has signed out: a talk that still goes on is nobody's who is here.
    pub(in crate::cms) const fn of_both(presence: Presence, work: Work) -> Self {
        match (presence, work) {
            (Presence::SignedOut, _) => Self::SignedOut,
            (_, Work::Offered { .. }) => Self::Answering,
            (_, Work::Talking { .. }) => Self::Talking,
            (_, Work::WrapUp { .. }) => Self::Working,
            (Presence::Ready, Work::Idle { .. }) => Self::Idle,
            (Presence::NotReady(why), Work::Idle { .. }) => match why.kind {
                NotReadyKind::Busy => Self::Busy,
                NotReadyKind::Rest => Self::Rest,
                NotReadyKind::Study => Self::Study,
            },
        }
    }

    /// What the history says of an agent.
    pub(in crate::cms) const fn of_doing(doing: Doing) -> Self {
        match doing {
            Doing::SignedOut => Self::SignedOut,
            Doing::Idle => Self::Idle,
            Doing::Ringing => Self::Answering,
            Doing::Talking => Self::Talking,
            Doing::WrapUp => Self::Working,
            Doing::Busy => Self::Busy,
            Doing::Rest => Self::Rest,
            Doing::Study => Self::Study,
        }
    }

    pub(in crate::cms) const fn code(self) -> u32 {
        self as u32
    }

    /// Since when an agent is in the state that it is in.
    pub(in crate::cms) fn since(agent: &Agent) -> Timestamp {
        match Self::of(agent) {
            Self::SignedOut => agent.presence_since,
            Self::Answering | Self::Talking | Self::Working => agent.work_since,
            Self::Idle | Self::Busy | Self::Rest | Self::Study => agent.work_since.max(agent.presence_since),
        }
    }
}

/// The codes by which the agents' own interface knows the same, with one for a rest that is granted and begins after the
/// work. It knows no word for study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cms) enum GatewayState {
    Unknown = 0,
    SignedOut = 2,
    Busy = 3,
    Idle = 4,
    WrapUp = 5,
    Talking = 7,
    Rest = 8,
    RestToCome = 9,
}

impl GatewayState {
    pub(in crate::cms) const fn of(agent: &Agent) -> Self {
        Self::of_both(CtiState::of(agent), agent.takes_rest_place())
    }

    pub(in crate::cms) const fn of_both(state: CtiState, takes_rest_place: bool) -> Self {
        match state {
            CtiState::SignedOut => Self::SignedOut,
            CtiState::Rest => Self::Rest,
            _ if takes_rest_place => Self::RestToCome,
            CtiState::Idle => Self::Idle,
            CtiState::Answering | CtiState::Talking => Self::Talking,
            CtiState::Working => Self::WrapUp,
            CtiState::Busy => Self::Busy,
            CtiState::Study => Self::Unknown,
        }
    }

    pub(in crate::cms) const fn code(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use engine::{CallId, NotReady, OfferId, VdnId};

    use super::*;

    #[test]
    fn every_presence_with_every_work() {
        let call = CallId::new(1, 1, VdnId(170));
        let not_ready = |kind| Presence::NotReady(NotReady { kind, reason: 7 });
        let presences = [
            Presence::SignedOut,
            Presence::Ready,
            not_ready(NotReadyKind::Busy),
            not_ready(NotReadyKind::Rest),
            not_ready(NotReadyKind::Study),
        ];
        let works = [
            Work::Idle { since: Timestamp(0) },
            Work::Offered { offer: OfferId(1), call },
            Work::Talking { call, since: Timestamp(0) },
            Work::WrapUp { call, until: None },
            Work::WrapUp { call, until: Some(Timestamp(1)) },
        ];
        let table = presences.map(|presence| works.map(|work| CtiState::of_both(presence, work).code()));
        assert_eq!(table, [[0, 0, 0, 0, 0], [1, 4, 5, 6, 6], [7, 4, 5, 6, 6], [8, 4, 5, 6, 6], [9, 4, 5, 6, 6]]);
    }

    #[test]
    fn every_state_in_the_other_codes() {
        let with = |takes_rest_place| CtiState::ALL.map(|state| GatewayState::of_both(state, takes_rest_place).code());
        assert_eq!(CtiState::ALL.map(CtiState::code), [0, 1, 4, 5, 6, 7, 8, 9]);
        assert_eq!(with(false), [2, 4, 7, 7, 5, 3, 8, 0]);
        assert_eq!(with(true), [2, 9, 9, 9, 9, 9, 8, 9]);
    }
}
