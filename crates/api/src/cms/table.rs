//! All interfaces of this face.

use super::interface::Entry;
use super::{agents, calls, past, skills, vdn};

/// All interfaces. Of those that share a name of the platform behind, the first answers to it.
#[must_use]
pub const fn interfaces() -> &'static [Entry] {
    TABLE
}

const TABLE: &[Entry] = &[
    // Agents.
    Entry::of::<agents::SignedInSkills>(),
    Entry::of::<agents::Statuses>(),
    Entry::of::<agents::CurrentCalls>(),
    Entry::of::<agents::BatchCalls>(),
    Entry::of::<agents::PrivateCalls>(),
    Entry::of::<agents::Counts>(),
    Entry::of::<agents::Details>(),
    Entry::of::<agents::Rests>(),
    Entry::of::<agents::SystemState>(),
    Entry::of::<agents::AgentsByStatus>(),
    // Skill queues.
    Entry::of::<skills::SignedIn>(),
    Entry::of::<skills::Extended>(),
    Entry::of::<skills::QueueCalls>(),
    Entry::of::<skills::Limits>(),
    Entry::of::<skills::States>(),
    Entry::of::<skills::QueuesCalls>(),
    Entry::of::<skills::AgentsInStates>(),
    Entry::of::<agents::SkillMembers>(),
    Entry::of::<skills::CurrentCounts>(),
    Entry::of::<skills::Overloads>(),
    Entry::of::<skills::ServiceQuality>(),
    Entry::of::<skills::Indexes>(),
    // The VDN.
    Entry::of::<vdn::AccessCodes>(),
    Entry::of::<agents::RestState>(),
    Entry::of::<vdn::Phones>(),
    Entry::of::<vdn::Summaries>(),
    Entry::of::<vdn::PageOfStates>(),
    Entry::of::<vdn::StaticPage>(),
    Entry::of::<vdn::IvrCalls>(),
    Entry::of::<vdn::IvrCodes>(),
    Entry::of::<vdn::Statics>(),
    Entry::of::<vdn::AllStates>(),
    Entry::of::<vdn::AccessCodeCalls>(),
    Entry::of::<vdn::Indexes>(),
    // Single calls.
    Entry::of::<calls::Basics>(),
    Entry::of::<calls::Details>(),
    // Older releases.
    Entry::of::<agents::LegacyDetails>(),
    Entry::of::<agents::LegacySystemState>(),
    Entry::of::<agents::LegacyRests>(),
    Entry::of::<skills::LegacyStates>(),
    Entry::of::<agents::LegacySkillMembers>(),
    // Configuration.
    Entry::of::<skills::Names>(),
    Entry::of::<vdn::RestReasons>(),
    Entry::of::<vdn::Vdns>(),
    Entry::of::<vdn::SkillGroups>(),
    // What was.
    Entry::of::<past::InboundCalls>(),
    Entry::of::<past::Calls>(),
    Entry::of::<past::Track>(),
    Entry::of::<past::OneCall>(),
    Entry::of::<past::Operations>(),
    Entry::of::<past::VdnIndexes>(),
    Entry::of::<past::SkillIndexes>(),
    Entry::of::<past::SkillDays>(),
    Entry::of::<past::SkillMonths>(),
    Entry::of::<past::AgentIndexes>(),
    Entry::of::<past::AgentDays>(),
    Entry::of::<past::AgentMonths>(),
];
