//! Agent ids: one, or several ranges in one text.

use std::ops::RangeInclusive;

use engine::AgentId;
use toml::de::DeValue;

use super::reader::{Written, Wrong, integer};

/// The ids an agent can have, from the interface this project serves.
const RANGES: [RangeInclusive<u32>; 2] = [101..=59_999, 70_000..=999_999];

/// Most agents one text may name.
const COUNT_MAX: usize = 100_000;

/// One or more agents: `1099`, `"1001-1005"`, `"1001-1005, 1099"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ids(pub(crate) Vec<AgentId>);

impl Written for Ids {
    const FORM: &'static str =
        "agent ids such as 1099 or \"1001-1005, 1099\"; ids go from 101 to 59999 and 70000 to 999999";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        if let Some(id) = integer(value) {
            let fitting = u32::try_from(id).ok().filter(|id| is_agent_id(*id));
            return fitting.map(|id| Self(vec![AgentId(id)])).ok_or_else(|| Wrong::new(format!("is {id}")));
        }
        let text = String::read(value)?;
        let wrong = || Wrong::new(format!("is \"{text}\""));
        let mut ids = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u32, u32) =
                (first.trim().parse().map_err(|_| wrong())?, last.trim().parse().map_err(|_| wrong())?);
            if !RANGES.iter().any(|range| range.contains(&first) && range.contains(&last)) || last < first {
                return Err(wrong());
            }
            if ids.len() + (last - first) as usize >= COUNT_MAX {
                return Err(Wrong::new(format!("names more than {COUNT_MAX} agents")));
            }
            ids.extend((first..=last).map(AgentId));
        }
        Ok(Self(ids))
    }
}

fn is_agent_id(id: u32) -> bool {
    RANGES.iter().any(|range| range.contains(&id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Option<Vec<u32>> {
        let value = DeValue::parse(toml).expect("the test writes TOML");
        Ids::read(value.get_ref()).ok().map(|ids| ids.0.iter().map(|id| id.0).collect())
    }

    #[test]
    fn one_several_and_ranges() {
        assert_eq!(read("1099"), Some(vec![1099]));
        assert_eq!(read("\"1001-1003, 1099\""), Some(vec![1001, 1002, 1003, 1099]));
    }

    #[test]
    fn ids_that_no_agent_can_have() {
        for text in
            ["100", "60000", "1000000", "-5", "\"\"", "\"1005-1001\"", "\"59999-70000\"", "\"70000-999999\"", "1.5"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
