//! Reading what was asked, with refusals in this face's shape.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use node::{Node, Position};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::problem::Problem;
use super::view::Part;
use crate::app::App;
use crate::cms::is_json;
use crate::shell::{BODY_MAX, read_body};

/// The parts of the path.
#[derive(Debug)]
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(path)| Self(path)).map_err(|error| Problem::malformed(error.body_text()))
    }
}

/// The parameters after `?`.
#[derive(Debug)]
pub(crate) struct With<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for With<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(query)| Self(query)).map_err(|error| Problem::malformed(error.body_text()))
    }
}

/// A JSON body: no unknown name, none twice, at most 64 KiB.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = read_body(&parts.headers, body, BODY_MAX).await?;
        if !is_json(&parts.headers) {
            return Err(Problem::content_type());
        }
        serde_json::from_slice(&body).map(Self).map_err(|error| Problem::malformed(format!("the body: {error}")))
    }
}

/// What every view can be asked for.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// Answer only once this record is in the view, as a command's answer told it; 202 when it is not within a second.
    pub(crate) after: Option<u64>,
}

/// What a view with lists can be asked for.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// As for every view.
    pub(crate) after: Option<u64>,
    /// How many entries of each list to leave out, 0 to 100000. Default 0.
    pub(crate) offset: Option<usize>,
    /// How many entries of each list to answer with, 1 to 1000. Default 100.
    pub(crate) limit: Option<usize>,
}

impl Listing {
    pub(crate) fn part(self) -> Result<Part, Problem> {
        let (offset, limit) = (self.offset.unwrap_or(0), self.limit.unwrap_or(100));
        if offset > 100_000 {
            return Err(Problem::malformed(format!("offset: {offset} is not from 0 to 100000")));
        }
        if !(1..=1000).contains(&limit) {
            return Err(Problem::malformed(format!("limit: {limit} is not from 1 to 1000")));
        }
        Ok(Part { offset, limit })
    }
}

/// Waits for `after`, if it is asked for: whether the follower has reached it.
pub(crate) async fn reached(node: &Node, after: Option<u64>) -> bool {
    match after {
        None => true,
        Some(position) => node.reached(Position(position)).await,
    }
}

/// How long a command may be under way before its outcome is called unknown.
pub(crate) const COMMAND_MAX: Duration = Duration::from_secs(10);
