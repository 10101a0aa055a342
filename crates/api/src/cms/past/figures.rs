//! The figures that can be asked for by name, each from what the history counts.

use history::{AgentFigure, CallFigure, QueueFigure, Values};

use super::{mean, seconds};

/// What a figure is made of.
pub(super) type Figure = fn(&Values) -> u64;

/// Figures of a VDN's calls that are for grains of minutes only.
pub(super) const IN_MINUTES_ONLY: [&str; 3] =
    ["IDX_COUNT_TOTAL_CALL", "IDX_COUNT_CONNECTED_CALL", "IDX_COUNT_ABANDONED_CALL"];

fn total(of: &Values) -> u64 {
    of.get(CallFigure::Inbound) + of.get(CallFigure::Outbound)
}

fn connected(of: &Values) -> u64 {
    of.get(CallFigure::InboundAnswered) + of.get(CallFigure::OutboundAnswered)
}

/// Of a VDN's calls.
pub(super) const OF_VDN: &[(&str, Figure)] = &[
    ("IDX_COUNT_TOTAL_CALL", total),
    ("IDX_COUNT_CONNECTED_CALL", connected),
    ("IDX_COUNT_ABANDONED_CALL", |of| total(of) - connected(of)),
    ("IDX_COUNT_INBOUND_CALL", |of| of.get(CallFigure::Inbound)),
    ("IDX_COUNT_INBOUND_CONNECTED", |of| of.get(CallFigure::InboundAnswered)),
    ("IDX_COUNT_OUTBOUND_CALL", |of| of.get(CallFigure::Outbound)),
];

/// Assignments and hang-ups that came to nothing.
fn unanswered(of: &Values) -> u64 {
    [QueueFigure::UserLeft, QueueFigure::Declined, QueueFigure::Disconnected, QueueFigure::SystemLost]
        .map(|figure| of.get(figure))
        .iter()
        .sum()
}

macro_rules! within {
    ($($seconds:literal: $connected:ident, $lost:ident;)*) => {
        /// Of a queue: those in N seconds.
        pub(super) const WITHIN: &[(&str, Figure)] = &[
            $((concat!("IDX_COUNT_SKILL_CONNECTED_IN_", $seconds), |of| of.get(QueueFigure::$connected)),)*
            $((concat!("IDX_COUNT_SKILL_ABANDON_IN_", $seconds), |of| of.get(QueueFigure::$lost)),)*
        ];
    };
}

within! {
    3: ConnectedIn3, LostIn3;
    5: ConnectedIn5, LostIn5;
    10: ConnectedIn10, LostIn10;
    15: ConnectedIn15, LostIn15;
    20: ConnectedIn20, LostIn20;
    25: ConnectedIn25, LostIn25;
    30: ConnectedIn30, LostIn30;
    35: ConnectedIn35, LostIn35;
    40: ConnectedIn40, LostIn40;
    45: ConnectedIn45, LostIn45;
    50: ConnectedIn50, LostIn50;
    55: ConnectedIn55, LostIn55;
    60: ConnectedIn60, LostIn60;
}

/// Of a queue: all others.
pub(super) const OF_QUEUE: &[(&str, Figure)] = &[
    ("IDX_COUNT_SKILL_REQUEST", |of| of.get(QueueFigure::Connected) + unanswered(of)),
    ("IDX_COUNT_SKILL_INCOMING_CALL", |of| of.get(QueueFigure::Incoming)),
    ("IDX_COUNT_SKILL_CONNECTED", |of| of.get(QueueFigure::Connected)),
    ("IDX_COUNT_SKILL_ABANDON", unanswered),
    ("IDX_COUNT_SKILL_USER_ABANDON", |of| of.get(QueueFigure::UserLeft)),
    ("IDX_COUNT_SKILL_AGENT_ABANDON", |of| of.get(QueueFigure::Declined)),
    ("IDX_COUNT_SKILL_QUEUE_DISCONNECTED", |of| of.get(QueueFigure::Disconnected)),
    ("IDX_COUNT_SKILL_SYSTEM_LOST", |of| of.get(QueueFigure::SystemLost)),
    ("IDX_COUNT_SKILL_LOST_RING", |of| of.get(QueueFigure::LostRing)),
    ("IDX_COUNT_SKILL_TIMEOUT_QUEUE", |of| of.get(QueueFigure::TimeoutToQueue)),
    ("IDX_COUNT_SKILL_TIMEOUT_AGENT", |of| of.get(QueueFigure::TimeoutToAgent)),
    ("IDX_COUNT_SKILL_OVER_QUEUE", |of| of.get(QueueFigure::OverflowToQueue)),
    ("IDX_COUNT_SKILL_OVER_AGENT", |of| of.get(QueueFigure::OverflowToAgent)),
    ("IDX_DURATION_SKILL_AVG_ABANDON_ACK", |of| mean(of.get(QueueFigure::UserLeftWait), of.get(QueueFigure::UserLeft))),
];

fn wrap_ups(of: &Values) -> u64 {
    of.get(AgentFigure::WrapUpsIn) + of.get(AgentFigure::WrapUpsOut)
}

/// Of an agent.
pub(super) const OF_AGENT: &[(&str, Figure)] = &[
    ("IDX_COUNT_AGENT_SIGN_IN", |of| of.get(AgentFigure::SignIns)),
    ("IDX_COUNT_AGENT_CONNECTED", |of| of.get(AgentFigure::Answered)),
    ("IDX_COUNT_AGENT_CALL_OUT", |of| of.get(AgentFigure::CallsOut)),
    ("IDX_COUNT_AGENT_COLLATION", wrap_ups),
    ("IDX_COUNT_AGENT_COLLATION_CALL_IN", |of| of.get(AgentFigure::WrapUpsIn)),
    ("IDX_COUNT_AGENT_COLLATION_CALL_OUT", |of| of.get(AgentFigure::WrapUpsOut)),
    ("IDX_COUNT_AGENT_REST", |of| of.get(AgentFigure::Rests)),
    ("IDX_COUNT_AGENT_HOLD", |of| of.get(AgentFigure::Holds)),
    ("IDX_COUNT_AGENT_SET_BUSY", |of| of.get(AgentFigure::Busies)),
    ("IDX_COUNT_AGENT_MOVE_INSIDE", |of| of.get(AgentFigure::TransfersInside)),
    ("IDX_COUNT_AGENT_MOVE_OUT", |of| of.get(AgentFigure::TransfersOutside)),
    // There are no flows to move a call to.
    ("IDX_COUNT_AGENT_MOVE_IVR", |_| 0),
    ("IDX_COUNT_AGENT_3WC", |of| of.get(AgentFigure::ThreeParty)),
    ("IDX_COUNT_AGENT_INSIDE_CALL", |of| of.get(AgentFigure::Dialled)),
    ("IDX_COUNT_AGENT_INSIDE_HELP_SEEKING", |of| of.get(AgentFigure::Consults)),
    ("IDX_COUNT_AGENT_REQUEST", |of| of.get(AgentFigure::Requests)),
    ("IDX_COUNT_AGENT_ABANDON", |of| of.get(AgentFigure::Requests).saturating_sub(of.get(AgentFigure::Answered))),
    ("IDX_DURATION_AGENT_REST", |of| seconds(of.get(AgentFigure::RestTime))),
    ("IDX_DURATION_AGENT_CALL_IN", |of| seconds(of.get(AgentFigure::TalkTime))),
    ("IDX_DURATION_AGENT_AVG_COLLATION", |of| mean(of.get(AgentFigure::WrapUpTime), wrap_ups(of))),
];
