//! Who may call: whoever presents an API key.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Management;
use super::keys::Holder;
use super::reach::Reach;
use super::refusal::Refusal;
use super::scope::{Scope, Scopes};
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
    let Holder { name, scopes, reach } = holder.ok_or_else(no_key)?;
    request.extensions_mut().insert(Actor(format!("api:{name}").into()));
    request.extensions_mut().insert(scopes);
    request.extensions_mut().insert(reach);
    Ok(next.run(request).await)
}

/// Lets through whoever's key has the scope that an operation declares.
pub(super) async fn permit(State(needed): State<Scope>, request: Request, next: Next) -> Result<Response, Problem> {
    let scopes = request.extensions().get::<Scopes>();
    if scopes.is_some_and(|scopes| scopes.contain(needed)) {
        return Ok(next.run(request).await);
    }
    let detail = format!("This needs a key with the scope `{needed}`, and yours does not have it.");
    Err(Refusal::MissingScope.because(detail))
}

/// Closes an operation that looks at no reach to keys that are bound to applications.
pub(super) async fn unbound(request: Request, next: Next) -> Result<Response, Problem> {
    if request.extensions().get::<Reach>() == Some(&Reach::Everything) {
        return Ok(next.run(request).await);
    }
    Err(Refusal::MissingScope.because("Your key is bound to applications; this needs one that is bound to none."))
}

fn no_key() -> Problem {
    let detail = "Send a valid API key as `Authorization: Bearer nlk_…`; `nightlatch keys create NAME` makes one.";
    Refusal::NoApiKey
        .because(detail)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
