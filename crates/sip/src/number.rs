//! What people dial.

use engine::{AgentId, ChangedBy, Command, NotReady, NotReadyKind};

use crate::settings::VdnSettings;

/// The agent id that these digits are. No leading zeros: one agent has one number.
#[must_use]
pub fn agent_id(number: &str) -> Option<AgentId> {
    let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
    if plain { number.parse().ok().map(AgentId) } else { None }
}

/// What an agent wants who dials a feature code; `None` when the number is none.
///
/// The answer to the phone is the one telephone systems give, since phones show anything but 200 as a failed call: once
/// the command is committed (or refused as being so already) 200 and then BYE at once; on another refusal 480.
#[must_use]
pub fn feature_code(vdn: &VdnSettings, agent: AgentId, number: &str) -> Option<Command> {
    let codes = &vdn.feature_codes;
    let is = |code: &Option<String>| code.as_deref() == Some(number);
    let by = ChangedBy::Agent;
    if is(&codes.ready) {
        Some(Command::BecomeReady { agent, by })
    } else if is(&codes.not_ready) {
        Some(Command::BecomeNotReady { agent, why: NotReady { kind: NotReadyKind::Busy, reason: 0 }, by })
    } else if is(&codes.rest) {
        Some(Command::BecomeNotReady { agent, why: NotReady { kind: NotReadyKind::Rest, reason: 0 }, by })
    } else if is(&codes.sign_out) {
        Some(Command::SignOut { agent, by })
    } else if is(&codes.end_wrap_up) {
        Some(Command::EndWrapUp { agent, by })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{agent_id, feature_code};
    use crate::settings::VdnSettings;
    use engine::{AgentId, ChangedBy, Command, NotReady, NotReadyKind, VdnId};

    #[test]
    fn an_agent_has_one_number() {
        assert_eq!(agent_id("1001"), Some(AgentId(1001)));
        for other in ["", "01001", "+1001", "1001 ", "4294967296", "abc"] {
            assert_eq!(agent_id(other), None, "{other}");
        }
    }

    #[test]
    fn feature_codes_are_commands_of_the_agent() {
        let mut vdn = VdnSettings::new(VdnId(170), "demo.example");
        let (agent, by) = (AgentId(1001), ChangedBy::Agent);
        assert_eq!(feature_code(&vdn, agent, "*71"), Some(Command::BecomeReady { agent, by }));
        assert!(matches!(feature_code(&vdn, agent, "*72"), Some(Command::BecomeNotReady { .. })));
        assert_eq!(feature_code(&vdn, agent, "*73"), Some(Command::SignOut { agent, by }));
        assert_eq!(feature_code(&vdn, agent, "*70"), Some(Command::EndWrapUp { agent, by }));
        assert_eq!(feature_code(&vdn, agent, "8001"), None);
        assert_eq!(feature_code(&vdn, agent, "*74"), None);
        vdn.feature_codes.rest = Some("*74".to_owned());
        let why = NotReady { kind: NotReadyKind::Rest, reason: 0 };
        assert_eq!(feature_code(&vdn, agent, "*74"), Some(Command::BecomeNotReady { agent, why, by }));
        vdn.feature_codes.sign_out = None;
        assert_eq!(feature_code(&vdn, agent, "*73"), None);
    }
}
