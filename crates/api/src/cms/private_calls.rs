//! `agentprivatecall`: which calls wait in an agent's private queue.

use axum::response::Response;
use engine::{CallId, State, VdnId};
use node::{Health, Node};

use super::answer;
use super::code::Code;
use super::question::Question;
use crate::app::App;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker<'a> {
    /// A client of the public face, who may ask about these VDNs.
    Client(&'a [VdnId]),
    /// Somebody on the inside.
    Inside,
}

/// Answers with the ids of the waiting calls, in the order in which the agent will serve them.
pub(crate) fn answer(app: &App, cc: u16, body: &[u8], asker: Asker<'_>) -> Response {
    let question = match Question::read(body) {
        Ok(question) => question,
        Err(sentence) => return answer::failure(Code::InvalidParameter, &sentence),
    };
    match find(app, cc, question, asker) {
        Ok(calls) => answer::calls(&calls),
        Err((code, sentence)) => answer::failure(code, &sentence),
    }
}

fn find(app: &App, own: u16, question: Question, asker: Asker<'_>) -> Result<Vec<CallId>, (Code, String)> {
    let Question { cc, vdn, agent } = question;
    if cc != own {
        return Err((Code::InvalidParameter, format!("ccId: there is no call centre {cc} here")));
    }
    let Some(node) = app.nodes.get(&vdn) else {
        return Err((Code::InvalidParameter, format!("vdn: there is no VDN {vdn} in call centre {cc}")));
    };
    if matches!(asker, Asker::Client(vdns) if !vdns.contains(&vdn)) {
        return Err((Code::NotPermitted, format!("vdn: this access key may not ask about VDN {vdn}")));
    }
    if !can_answer(node) {
        return Err((Code::Failed, format!("vdn: VDN {vdn} cannot answer now")));
    }
    node.read(|state, _| private_calls(state, question))
        .ok_or_else(|| (Code::InvalidParameter, format!("agentId: there is no agent {agent} in VDN {vdn}")))
}

/// None when there is no such agent.
fn private_calls(state: &State, question: Question) -> Option<Vec<CallId>> {
    state.agent(question.agent)?;
    Some(state.private_queue(question.agent).map(|call| call.id).collect())
}

/// Whether what the follower knows is what is true: a VDN whose journal is full still serves the calls it has.
pub(crate) fn can_answer(node: &Node) -> bool {
    matches!(node.health(), Health::Serving | Health::JournalFull)
}
