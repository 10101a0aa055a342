//! What the OpenAPI document of this face says of every operation alike.

use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder};

use super::problem::PROBLEM;

/// How a client shows who it is.
pub(super) struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let scheme = Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token of a session, or an API key of the configuration."))
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// What every operation may be answered with, beside what it says of itself, and in which form refusals are.
pub(super) struct Refusals;

/// Of every operation.
const ALWAYS: [(&str, &str); 3] = [
    ("400", "The request is not as described."),
    ("401", "Not signed in."),
    ("503", "The VDN cannot answer or decide now."),
];
/// Of every operation with a body.
const OF_BODIES: [(&str, &str); 3] = [
    ("408", "The body did not come in time."),
    ("413", "The body is too large."),
    ("415", "The body is not JSON by its own account."),
];

impl Modify for Refusals {
    fn modify(&self, document: &mut OpenApi) {
        for PathItem { get, put, post, delete, .. } in document.paths.paths.values_mut() {
            [get, put, post, delete].into_iter().flatten().for_each(complete);
        }
    }
}

fn complete(operation: &mut Operation) {
    let of_bodies = if operation.request_body.is_some() { &OF_BODIES[..] } else { &[] };
    for (status, description) in ALWAYS.iter().chain(of_bodies) {
        let refusal = || ResponseBuilder::new().description(*description).content(PROBLEM, problem()).build();
        operation.responses.responses.entry((*status).to_owned()).or_insert_with(|| RefOr::T(refusal()));
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with(['4', '5']) && response.content.contains_key("application/json") {
            response.content.clear();
            response.content.insert(PROBLEM.to_owned(), RefOr::T(problem()));
        }
    }
}

fn problem() -> Content {
    Content::new(Some(Ref::from_schema_name("Problem")))
}
