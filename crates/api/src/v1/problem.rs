//! Refusals of this face: RFC 9457 problem details, with the name of what was wrong and its values.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::Rejection;
use node::Refused;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::Situation;
use crate::shell::BodyError;

/// The content type of every refusal of this face.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The HTTP status again.
    #[serde(serialize_with = "status_number")]
    #[schema(value_type = u16, example = 409)]
    status: StatusCode,
    /// For programs: one of a closed list of names.
    #[schema(example = "AgentNotReady")]
    name: &'static str,
    /// For people, in a sentence.
    #[schema(example = "agent 1001 is not ready")]
    detail: String,
    /// What the sentence is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Box<Values>>,
    #[serde(skip)]
    header: Option<(&'static str, &'static str)>,
}

/// The values that were wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Values {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vdn: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) queue: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offer: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) situation: Option<Situation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u8>,
    /// How many calls, or agents, wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waiting: Option<u32>,
    /// How many agents may rest at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) places: Option<u32>,
    /// How long a rest was to be, or how long a call would wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<u64>,
    /// The last record there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<u64>,
    /// The earliest position after which a stream can begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept_after: Option<u64>,
    /// Where a stream begins with a fresh snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
fn status_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    pub(crate) fn new(status: StatusCode, name: &'static str, detail: impl Into<String>) -> Self {
        Self { status, name, detail: detail.into(), values: None, header: None }
    }

    pub(crate) fn with(mut self, values: Values) -> Self {
        self.values = (values != Values::default()).then(|| Box::new(values));
        self
    }

    fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    /// The body, a parameter or a header cannot be read.
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Malformed", detail)
    }

    /// Nobody we know asks.
    pub(crate) fn not_signed_in() -> Self {
        let detail = "a bearer token of a session or an API key is needed, and this is none";
        Self::new(StatusCode::UNAUTHORIZED, "NotSignedIn", detail).header("www-authenticate", "Bearer")
    }

    /// The asker is known and may not do this.
    pub(crate) fn not_permitted(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "NotPermitted", detail)
    }

    /// There is no such VDN, or none that the asker may know of.
    pub(crate) fn no_such_vdn(vdn: u16) -> Self {
        let values = Values { vdn: Some(vdn), ..Values::default() };
        Self::new(StatusCode::NOT_FOUND, "NoSuchVdn", format!("there is no VDN {vdn}")).with(values)
    }

    /// There is nothing at this path.
    pub(crate) fn nothing_here() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NothingHere", "there is nothing at this path")
    }

    /// The resource is for other methods.
    pub(crate) fn method() -> Self {
        let detail = "this resource is for other methods; the OpenAPI document lists them";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", detail)
    }

    /// The body is not JSON by its own account.
    pub(crate) fn content_type() -> Self {
        let detail = "the content type must be application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "NotJson", detail)
    }

    /// The VDN cannot answer now.
    pub(crate) fn unavailable(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, name, detail).header("retry-after", "1")
    }

    /// More was asked than is allowed.
    pub(crate) fn too_many(name: &'static str, detail: impl Into<String>, retry_after: &'static str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, name, detail).header("retry-after", retry_after)
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", "the body is larger than 64 KiB")
            }
            BodyError::TooSlow => {
                Self::new(StatusCode::REQUEST_TIMEOUT, "TooSlow", "the body did not come within 30 seconds")
            }
            BodyError::Broken => Self::malformed("the body is not framed as announced"),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::Rejected(rejection) => rejection.into(),
            Refused::Busy => Self::unavailable("Busy", detail),
            Refused::JournalFull => Self::unavailable("JournalFull", detail),
            Refused::OutcomeUnknown => Self::unavailable("OutcomeUnknown", detail),
            Refused::Stopped => Self::unavailable("Stopped", detail),
            Refused::TooLate => Self::unavailable("TooLate", detail),
            Refused::Failed => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Failed", detail),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let detail = rejection.to_string();
        let (status, name, values) = table(rejection);
        Self::new(status, name, detail).with(values)
    }
}

/// Every rejection's status, name and values.
fn table(rejection: Rejection) -> (StatusCode, &'static str, Values) {
    use StatusCode as Status;
    let none = Values::default;
    let agent = |id: engine::AgentId| Values { agent: Some(id.0), ..none() };
    let queue = |id: engine::QueueId| Values { queue: Some(id.0), ..none() };
    let call = |id: engine::CallId| Values { call: Some(id.to_string()), ..none() };
    match rejection {
        Rejection::NoSuchAgent(id) => (Status::NOT_FOUND, "NoSuchAgent", agent(id)),
        Rejection::NoSuchQueue(id) => (Status::NOT_FOUND, "NoSuchQueue", queue(id)),
        Rejection::NoSuchCall(id) => (Status::NOT_FOUND, "NoSuchCall", call(id)),
        Rejection::OfferNotPending(offer) => {
            (Status::CONFLICT, "OfferNotPending", Values { offer: Some(offer.0), ..none() })
        }
        Rejection::AlreadyArrived(id) => (Status::CONFLICT, "AlreadyArrived", call(id)),
        Rejection::PriorityOutOfRange(priority) => {
            (Status::BAD_REQUEST, "PriorityOutOfRange", Values { priority: Some(priority), ..none() })
        }
        Rejection::AgentSignedOut(id) => (Status::CONFLICT, "AgentSignedOut", agent(id)),
        Rejection::AgentNotReady(id) => (Status::CONFLICT, "AgentNotReady", agent(id)),
        Rejection::AgentEngaged(id) => (Status::CONFLICT, "AgentEngaged", agent(id)),
        Rejection::AgentAlreadySignedIn(id) => (Status::CONFLICT, "AgentAlreadySignedIn", agent(id)),
        Rejection::AgentAlwaysSignedIn(id) => (Status::CONFLICT, "AgentAlwaysSignedIn", agent(id)),
        Rejection::AgentNotInWrapUp(id) => (Status::CONFLICT, "AgentNotInWrapUp", agent(id)),
        Rejection::NotTheAgentsCall(id, of) => {
            (Status::CONFLICT, "NotTheAgentsCall", Values { agent: Some(id.0), ..call(of) })
        }
        Rejection::AgentIsInTheCall(id, of) => {
            (Status::CONFLICT, "AgentIsInTheCall", Values { agent: Some(id.0), ..call(of) })
        }
        Rejection::NotTheKeeper(id, of) => (Status::CONFLICT, "NotTheKeeper", Values { agent: Some(id.0), ..call(of) }),
        Rejection::CallIsKept(of, id) => (Status::CONFLICT, "CallIsKept", Values { agent: Some(id.0), ..call(of) }),
        Rejection::ExpectedWaitTooLong(id, expected) => {
            let seconds = expected.map(|expected| expected.as_secs());
            (Status::CONFLICT, "ExpectedWaitTooLong", Values { seconds, ..call(id) })
        }
        Rejection::SpecifiedNeedsAgent(id) => (Status::BAD_REQUEST, "SpecifiedNeedsAgent", call(id)),
        Rejection::PrivateCallsWait(id, waiting) => {
            (Status::CONFLICT, "PrivateCallsWait", Values { waiting: Some(waiting), ..agent(id) })
        }
        Rejection::RestLengthOutOfRange(seconds) => {
            (Status::BAD_REQUEST, "RestLengthOutOfRange", Values { seconds: Some(seconds), ..none() })
        }
        Rejection::RestQuotaReached(id, places) => {
            (Status::CONFLICT, "RestQuotaReached", Values { places: Some(places), ..queue(id) })
        }
        Rejection::RestWishesWait(id, waiting) => {
            (Status::CONFLICT, "RestWishesWait", Values { waiting: Some(waiting), ..queue(id) })
        }
        Rejection::NoRestAsked(id) => (Status::CONFLICT, "NoRestAsked", agent(id)),
        Rejection::PrivateQueueFull(id) => (Status::CONFLICT, "PrivateQueueFull", agent(id)),
        Rejection::CallNotWaiting(id) => (Status::CONFLICT, "CallNotWaiting", call(id)),
        Rejection::NothingToCancelTo(id) => (Status::CONFLICT, "NothingToCancelTo", call(id)),
        Rejection::QueueRefused(id, situation) => {
            (Status::CONFLICT, "QueueRefused", Values { situation: Some(situation.into()), ..queue(id) })
        }
        Rejection::TooManyHops(id) => (Status::CONFLICT, "TooManyHops", call(id)),
        Rejection::WrongVdn(vdn) => (Status::CONFLICT, "WrongVdn", Values { vdn: Some(vdn.0), ..none() }),
        Rejection::FloorInvalid(_) => (Status::BAD_REQUEST, "FloorInvalid", none()),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let text = serde_json::to_vec(&self).expect("our own types have string keys and no failing parts");
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use engine::{AgentId, CallId, OfferId, QueueId, VdnId};

    use super::*;

    #[test]
    fn the_whole_table() {
        let call = CallId { second: 1_605_492_949, number: 1447 };
        let (agent, queue) = (AgentId(1099), QueueId(1));
        let refusals = [
            Refused::Busy,
            Refused::JournalFull,
            Refused::OutcomeUnknown,
            Refused::Stopped,
            Refused::TooLate,
            Refused::Failed,
        ];
        let rejections = [
            Rejection::NoSuchAgent(agent),
            Rejection::NoSuchQueue(queue),
            Rejection::NoSuchCall(call),
            Rejection::OfferNotPending(OfferId(7)),
            Rejection::AlreadyArrived(call),
            Rejection::PriorityOutOfRange(255),
            Rejection::AgentSignedOut(agent),
            Rejection::AgentNotReady(agent),
            Rejection::AgentEngaged(agent),
            Rejection::AgentAlreadySignedIn(agent),
            Rejection::AgentAlwaysSignedIn(agent),
            Rejection::AgentNotInWrapUp(agent),
            Rejection::NotTheAgentsCall(agent, call),
            Rejection::AgentIsInTheCall(agent, call),
            Rejection::NotTheKeeper(agent, call),
            Rejection::CallIsKept(call, agent),
            Rejection::ExpectedWaitTooLong(call, Some(std::time::Duration::from_secs(130))),
            Rejection::SpecifiedNeedsAgent(call),
            Rejection::PrivateQueueFull(agent),
            Rejection::PrivateCallsWait(agent, 2),
            Rejection::RestLengthOutOfRange(86_400),
            Rejection::RestQuotaReached(queue, 2),
            Rejection::RestWishesWait(queue, 3),
            Rejection::NoRestAsked(agent),
            Rejection::CallNotWaiting(call),
            Rejection::NothingToCancelTo(call),
            Rejection::QueueRefused(queue, engine::Situation::Overflow),
            Rejection::TooManyHops(call),
            Rejection::WrongVdn(VdnId(171)),
            Rejection::FloorInvalid("queue 1 is there twice".into()),
        ];
        let refusals = refusals.into_iter().chain(rejections.map(Refused::Rejected));
        let lines: Vec<_> = refusals.map(|refused| serde_json::to_string(&Problem::from(refused)).unwrap()).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
