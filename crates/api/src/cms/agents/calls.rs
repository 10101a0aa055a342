//! The calls of agents.

use engine::{Agent, Call, CallId, Work};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ManyAgents, OneAgent};
use crate::cms::codes::{CallStatus, PHONE, call_in_out};
use crate::cms::desk::{Desk, Scene};
use crate::cms::interface::{About, Interface, Refused, Reply, about};

/// `agent/agentprivatecall`.
pub(in crate::cms) struct PrivateCalls;

/// A call's id, written once, as text.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, example = "1605492949-1447")]
pub(in crate::cms) struct Id(CallId);

/// Both numbers at their longest, and what is between them.
const ID_LENGTH_MAX: usize = 20 + 1 + 20;

impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // The formatter of the standard library takes several times as long, and answers have many.
        let CallId { second, number } = self.0;
        let (mut second_text, mut number_text) = (itoa::Buffer::new(), itoa::Buffer::new());
        let mut text = String::with_capacity(ID_LENGTH_MAX);
        text.push_str(second_text.format(second));
        text.push('-');
        text.push_str(number_text.format(number));
        to.serialize_str(&text)
    }
}

impl From<&Call> for Id {
    fn from(call: &Call) -> Self {
        Self(call.id)
    }
}

impl Interface for PrivateCalls {
    const ABOUT: About = About {
        bms: &["agentprivatecall"],
        ..about!(
            "agent/agentprivatecall",
            Agents,
            "Private calls of an agent",
            r#"{"ccId":1,"vdn":170,"agentId":1099}"#
        )
    };
    type Question = OneAgent;
    type Data = Vec<Id>;

    /// The calls that wait in the agent's private queue, in the order in which it will serve them.
    fn answer(desk: &Desk<'_>, asked: OneAgent) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            scene.agent(asked.agent)?;
            Ok(scene.state.private_queue(asked.agent).map(Id::from).collect::<Vec<_>>().into())
        })
    }
}

/// `agent/queryagentcalls`.
pub(in crate::cms) struct CurrentCalls;

impl Interface for CurrentCalls {
    const ABOUT: About = About {
        bms: &["queryagentCalls"],
        ..about!(
            "agent/queryagentcalls",
            Agents,
            "Current call ids of an agent",
            r#"{"ccId":1,"vdn":170,"agentId":1099}"#
        )
    };
    type Question = OneAgent;
    type Data = Vec<Id>;

    fn answer(desk: &Desk<'_>, asked: OneAgent) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let agent = scene.agent(asked.agent)?;
            Ok(handled(scene, agent).map(Id::from).collect::<Vec<_>>().into())
        })
    }
}

/// The call that an agent is offered, talks with, keeps, or made: none but one, and none in wrap-up.
fn handled<'a>(scene: &Scene<'a>, agent: &Agent) -> impl Iterator<Item = &'a Call> {
    let call = match agent.work {
        Work::Offered { call, .. } | Work::Talking { call, .. } => Some(call),
        Work::Idle { .. } | Work::WrapUp { .. } => None,
    };
    let state = scene.state;
    call.and_then(|call| state.call(call)).into_iter()
}

/// `agentgroup/queryagentcalls`.
pub(in crate::cms) struct BatchCalls;

/// The calls of an agent: the one it handles, then those that wait in its private queue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentCalls {
    /// Who.
    agent_id: u32,
    call_list: Vec<AgentCall>,
}

/// A call of an agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cms) struct AgentCall {
    call_id: Id,
    /// 2 queues, 3 queues for the agent alone, 4 rings, 5 talk, 6 on hold, 9 talk of three.
    call_status: u32,
    /// 0 came to the agent, 1 was made by it.
    call_in_out: u32,
    /// 5: voice.
    media_type: u32,
}

impl Interface for BatchCalls {
    const ABOUT: About = About {
        bms: &["queryagentCalls"],
        ..about!(
            "agentgroup/queryagentcalls",
            Agents,
            "Call information of agents",
            r#"{"ccId":1,"vdn":170,"agentIds":[1001,1002,1099]}"#
        )
    };
    type Question = ManyAgents;
    type Data = Vec<AgentCalls>;

    fn answer(desk: &Desk<'_>, asked: ManyAgents) -> Result<Reply<Self::Data>, Refused> {
        desk.at(asked.cc, asked.vdn, |scene| {
            let calls = |agent: &Agent| {
                let id = agent.settings.id;
                let shown = |call: &Call| AgentCall {
                    call_id: call.into(),
                    call_status: CallStatus::of(call, id).code(),
                    call_in_out: call_in_out(call, id),
                    media_type: PHONE,
                };
                let calls = handled(scene, agent).chain(scene.state.private_queue(id));
                AgentCalls { agent_id: id.0, call_list: calls.map(shown).collect() }
            };
            Ok(scene.agents(&asked.agents).map(calls).collect::<Vec<_>>().into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_everywhere_else() {
        for id in [(1_605_492_949, 1447), (0, 0), (i64::MAX, u64::MAX), (i64::MIN, u64::MAX)] {
            let id = CallId { second: id.0, number: id.1 };
            assert_eq!(serde_json::to_string(&Id(id)).unwrap(), format!("\"{id}\""));
        }
    }
}
