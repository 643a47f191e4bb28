//! Who may call: whoever presents an API key.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Management;
use crate::http::credential::bearer_token;
use crate::http::problem::Problem;

/// Who calls, as the audit names them.
#[derive(Clone, Debug)]
pub(super) struct Actor(pub(super) Box<str>);

pub(super) async fn admit(
    State(management): State<Arc<Management>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let authorization = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let holder = match authorization.and_then(bearer_token) {
        Some(key) => management.keys.holder(key).await?,
        None => None,
    };
    let name = holder.ok_or_else(no_key)?;
    request.extensions_mut().insert(Actor(format!("api:{name}").into()));
    Ok(next.run(request).await)
}

fn no_key() -> Problem {
    let detail = "Send a valid API key as `Authorization: Bearer nlk_…`; `nightlatch keys create NAME` makes one.";
    Problem::new(StatusCode::UNAUTHORIZED, "no-api-key", "An API key is needed", detail)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
