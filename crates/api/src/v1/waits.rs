//! Why calls wait, and how long they will.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use engine::{AgentId, QueueId, WaitFor};
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::{Done, view};
use super::calls::read_id;
use super::extract::{After, At, With};
use super::principal::Principal;
use super::problem::Problem;
use super::view::{ExpectedWaitView, WhyView};
use crate::app::App;

/// Why a call is where it is: its place in the line, every agent who may take it with the reason why not now, when waiting
/// ends, and how long it will wait.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/calls/{call}/why", tag = "calls",
    params(("vdn" = u16, Path, description = "Which VDN."), ("call" = String, Path, description = "Which call."), After),
    responses(
    (status = 200, description = "Why.", body = WhyView),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN or live call.", body = Problem)))]
pub(crate) async fn why(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, call)): At<(u16, String)>,
    With(After { after }): With<After>,
) -> Result<Response, Problem> {
    let call = read_id(&call)?;
    let node = principal.node(&app, vdn)?;
    view(node, after, |state, position, now| Ok(WhyView::new(state, call, position, now)?)).await
}

/// Of which call it is asked.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Would {
    /// The call's priority, 1 to 254. Default 1.
    #[param(minimum = 1, maximum = 254)]
    priority: Option<u8>,
    /// Only once views show this position.
    after: Option<u64>,
}

impl Would {
    fn priority(self) -> Result<u8, Problem> {
        let priority = self.priority.unwrap_or(1);
        if (1..=254).contains(&priority) {
            return Ok(priority);
        }
        Err(engine::Rejection::PriorityOutOfRange(priority).into())
    }
}

/// How long a call would wait if it joined a queue now: half of such calls no longer than p50, nine of ten no longer than
/// p90.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/queues/{queue}/expected-wait", tag = "queues",
    params(("vdn" = u16, Path, description = "Which VDN."), ("queue" = u16, Path, description = "Which queue."), Would),
    responses(
    (status = 200, description = "How long.", body = ExpectedWaitView),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 400, description = "The priority is out of range.", body = Problem),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN or queue.", body = Problem)))]
pub(crate) async fn of_queue(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, queue)): At<(u16, u16)>,
    With(would): With<Would>,
) -> Result<Response, Problem> {
    let of = WaitFor::Queue { queue: QueueId(queue), priority: would.priority()? };
    let node = principal.node(&app, vdn)?;
    view(node, would.after, |state, position, now| Ok(ExpectedWaitView::new(state, of, position, now)?)).await
}

/// How long a call would wait if it were directed to an agent now, and not refused.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/agents/{agent}/expected-wait", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who."), Would),
    responses(
    (status = 200, description = "How long.", body = ExpectedWaitView),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 400, description = "The priority is out of range.", body = Problem),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem)))]
pub(crate) async fn of_agent(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    With(would): With<Would>,
) -> Result<Response, Problem> {
    let of = WaitFor::Agent { agent: AgentId(agent), priority: would.priority()? };
    let node = principal.node(&app, vdn)?;
    view(node, would.after, |state, position, now| Ok(ExpectedWaitView::new(state, of, position, now)?)).await
}
