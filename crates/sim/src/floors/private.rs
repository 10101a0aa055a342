//! What becomes of calls that wait for one agent.

use engine::{AgentId, DirectedToNotReady, OnNotReady, OnSignOut, PrivateAction, PrivateSettings};

use super::Draw;

impl Draw<'_> {
    /// Up to three things to try when a private wait is over.
    pub(super) fn private_actions(&mut self) -> Vec<PrivateAction> {
        let count = self.chance.below(4);
        (0..count).filter_map(|_| self.private_action()).collect()
    }

    fn private_action(&mut self) -> Option<PrivateAction> {
        Some(match self.chance.weighted(&[2, 5, 5, 4, 4, 2, 2]) {
            0 => PrivateAction::Return,
            1 => PrivateAction::Delegate,
            2 => PrivateAction::ReturnToSender,
            3 => PrivateAction::Queue(*self.chance.one_of(self.queues)?),
            4 => PrivateAction::Agent(*self.chance.one_of(self.agents)?),
            5 => PrivateAction::Stay,
            _ => PrivateAction::Release,
        })
    }

    pub(super) fn on_sign_out(&mut self) -> OnSignOut {
        let choices =
            [OnSignOut::Return, OnSignOut::Delegate, OnSignOut::ReturnToSender, OnSignOut::Refuse, OnSignOut::Release];
        choices[self.chance.weighted(&[4, 4, 4, 2, 2])]
    }

    pub(super) fn on_not_ready(&mut self) -> OnNotReady {
        if self.chance.is(350) { OnNotReady::AsOnSignOut } else { OnNotReady::Keep }
    }

    /// What an agent has otherwise than its VDN.
    pub(super) fn private(&mut self, id: AgentId) -> PrivateSettings {
        if !self.chance.is(400) {
            return PrivateSettings::default();
        }
        let wait = self.chance.is(500);
        let directed = if wait { DirectedToNotReady::Wait } else { DirectedToNotReady::Refuse };
        let depth = u32::try_from(self.chance.below(4)).unwrap_or(0);
        PrivateSettings {
            wait_max: if self.chance.is(400) { Some(self.seconds(2, 15)) } else { None },
            depth_max: if self.chance.is(300) { Some(depth) } else { None },
            directed_to_not_ready: if self.chance.is(400) { Some(directed) } else { None },
            on_wait_end: if self.chance.is(400) { Some(self.private_actions()) } else { None },
            on_sign_out: if self.chance.is(400) { Some(self.on_sign_out()) } else { None },
            on_not_ready: if self.chance.is(400) { Some(self.on_not_ready()) } else { None },
            delegate: self.chance.one_of(self.agents).copied().filter(|delegate| *delegate != id),
        }
    }
}
