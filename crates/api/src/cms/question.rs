//! The body of a question about an agent.

use engine::{AgentId, VdnId};

use crate::strict::{self, Value};

/// Who is asked about: every field is in its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) cc: u16,
    pub(super) vdn: VdnId,
    pub(super) agent: AgentId,
}

impl Question {
    /// Reads a body.
    ///
    /// # Errors
    /// A sentence with the field and the value that is wrong.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let [cc, vdn, agent] = strict::read(body, ["ccId", "vdn", "agentId"])?;
        Ok(Self {
            cc: integer("ccId", cc, "1 to 65535", |cc| cc > 0)?,
            vdn: VdnId(integer("vdn", vdn, "1 to 5000", |vdn| (1..=5000).contains(&vdn))?),
            agent: AgentId(integer("agentId", agent, "101 to 59999 or 70000 to 999999", is_agent)?),
        })
    }
}

fn is_agent(id: u32) -> bool {
    matches!(id, 101..=59_999 | 70_000..=999_999)
}

/// An integer in its range.
fn integer<T>(name: &str, value: Option<Value>, range: &str, is_in_range: fn(T) -> bool) -> Result<T, String>
where
    T: TryFrom<u64> + Copy,
{
    let value = value.ok_or_else(|| format!("{name} is missing: it must be an integer from {range}"))?;
    let number = match value {
        Value::Natural(number) => T::try_from(number).ok().filter(|number| is_in_range(*number)),
        _ => None,
    };
    number.ok_or_else(|| format!("{name}: {value} is not an integer from {range}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(cc: u16, vdn: u16, agent: u32) -> Result<Question, String> {
        Ok(Question { cc, vdn: VdnId(vdn), agent: AgentId(agent) })
    }

    #[test]
    fn ranges_end_where_the_documents_say() {
        let read = |cc: &str, vdn: &str, agent: &str| {
            Question::read(format!(r#"{{"ccId":{cc},"vdn":{vdn},"agentId":{agent}}}"#).as_bytes())
        };
        assert_eq!(read("1", "1", "101"), question(1, 1, 101));
        assert_eq!(read("65535", "5000", "59999"), question(65535, 5000, 59999));
        assert_eq!(read("1", "170", "70000"), question(1, 170, 70000));
        assert_eq!(read("1", "170", "999999"), question(1, 170, 999_999));
        for cc in ["0", "-1", "-0", "65536", "1.0", "1e0", "18446744073709551616", "\"1\"", "null", "true", "[1]", "{}"]
        {
            let sentence = read(cc, "170", "1099").unwrap_err();
            assert!(sentence.starts_with("ccId: ") && sentence.contains("1 to 65535"), "{cc}: {sentence}");
        }
        for vdn in ["0", "5001", "65706"] {
            assert_eq!(read("1", vdn, "1099"), Err(format!("vdn: {vdn} is not an integer from 1 to 5000")));
        }
        for agent in ["0", "100", "60000", "69999", "1000000", "4294968395"] {
            let sentence = format!("agentId: {agent} is not an integer from 101 to 59999 or 70000 to 999999");
            assert_eq!(read("1", "170", agent), Err(sentence));
        }
    }

    #[test]
    fn a_missing_field_is_named_and_others_are_read_over() {
        let missing = Question::read(br#"{"ccId":1,"agentId":1099}"#);
        assert_eq!(missing, Err("vdn is missing: it must be an integer from 1 to 5000".into()));
        let more = Question::read(br#"{"locale":"en","agentId":1099,"vdn":170,"ccId":1,"extra":{"a":[null]}}"#);
        assert_eq!(more, question(1, 170, 1099));
        let other_case = Question::read(br#"{"ccid":1,"vdn":170,"agentId":1099}"#);
        assert_eq!(other_case, Err("ccId is missing: it must be an integer from 1 to 65535".into()));
    }
}
