//! The groups of interfaces that an access key is given.

use std::fmt;
use std::str::FromStr;

/// A group of interfaces, as the documents' chapters have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What agents do.
    Agents,
    /// What happens in queues.
    Skills,
    /// What happens in a VDN as a whole.
    Vdn,
    /// Calls, one by one.
    Calls,
    /// The forms that clients of release 8.13 and before use.
    Legacy,
    /// What is configured.
    Configuration,
    /// What was, from call records.
    History,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 7] =
        [Self::Agents, Self::Skills, Self::Vdn, Self::Calls, Self::Legacy, Self::Configuration, Self::History];

    /// The group in a word, which [`FromStr`] reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Skills => "skills",
            Self::Vdn => "vdn",
            Self::Calls => "calls",
            Self::Legacy => "legacy",
            Self::Configuration => "configuration",
            Self::History => "history",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No group has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no interface group \"{0}\"; the groups are agents, skills, vdn, calls, legacy, configuration, history"
)]
pub struct NoSuchGroup(String);

impl FromStr for Group {
    type Err = NoSuchGroup;

    fn from_str(text: &str) -> Result<Self, NoSuchGroup> {
        Self::ALL.into_iter().find(|group| group.name() == text).ok_or_else(|| NoSuchGroup(text.to_owned()))
    }
}

/// A set of groups.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Groups(u8);

impl Groups {
    /// All of them.
    pub const ALL: Self = Self((1 << Group::ALL.len()) - 1);

    /// Whether `group` is one of them.
    #[must_use]
    pub const fn contains(self, group: Group) -> bool {
        self.0 & group.bit() != 0
    }

    /// Those that are in the set, in the order of [`Group::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Group> {
        Group::ALL.into_iter().filter(move |group| self.contains(*group))
    }
}

impl FromIterator<Group> for Groups {
    fn from_iter<I: IntoIterator<Item = Group>>(groups: I) -> Self {
        Self(groups.into_iter().fold(0, |bits, group| bits | group.bit()))
    }
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_into_it_and_every_name_is_read_again() {
        let some: Groups = [Group::History, Group::Agents].into_iter().collect();
        assert_eq!(some.iter().collect::<Vec<_>>(), [Group::Agents, Group::History]);
        assert_eq!(Groups::ALL.iter().collect::<Vec<_>>(), Group::ALL);
        for group in Group::ALL {
            assert_eq!(group.name().parse(), Ok(group));
        }
        assert!("agent".parse::<Group>().is_err());
    }
}
