//! A page with both OpenAPI documents, at `/docs/`: Swagger UI, which stands whole in the binary and loads nothing from
//! elsewhere.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::{Config, Url};

use crate::app::App;
use crate::{cms, refusal, v1};

/// Whatever the page's scripts would want, browsers load nothing for it but what we serve.
const FROM_HERE: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'";

/// The routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async || file("index.html")))
        .route("/docs/{*file}", get(async |Path(name): Path<String>| file(&name)))
}

fn file(name: &str) -> Response {
    static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| Arc::new(config()));
    match utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => {
            let headers: [(HeaderName, String); 3] = [
                (CONTENT_TYPE, file.content_type),
                (CONTENT_SECURITY_POLICY, FROM_HERE.to_owned()),
                (CACHE_CONTROL, "max-age=3600".to_owned()),
            ];
            (StatusCode::OK, headers, file.bytes.into_owned()).into_response()
        }
        Ok(None) | Err(_) => refusal::not_found(&format!("/docs/{name}")),
    }
}

/// Nothing is asked from the page, for it cannot sign, and no stranger is asked whether the documents are valid.
fn config() -> Config<'static> {
    let documents = [Url::new("CC-CMS", cms::DOCUMENT_PATH), Url::new("v1", v1::DOCUMENT_PATH)];
    Config::new(documents)
        .supported_submit_methods(Vec::<String>::new())
        .validator_url("none")
        .doc_expansion("list")
        .default_models_expand_depth(-1)
        .filter(true)
}
