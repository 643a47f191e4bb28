//! `POST sign-out`: ends the session, from script or from a plain form, as often as it is asked.

use std::sync::Arc;

use axum::Form;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use nightlatch_core::session::EndReason;
use nightlatch_engine::Standing;
use nightlatch_store::token::Handle;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::form::{is_of_type, read};
use super::return_to;
use crate::http::credential::{Credential, credential};
use crate::http::headers::{json, protect};
use crate::http::problem::Problem;
use crate::http::write::{from_script, known_origin};
use crate::server_state::ServerState;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

#[derive(Debug, Serialize)]
struct Leaving {
    redirect: String,
}

/// Script may say which session it means: the browser may hold the cookie of another by now, and that one stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meant {
    handle: Option<Handle>,
    /// One of the logout URLs of the session's application.
    return_to: Option<String>,
}

/// A plain form carries the page's own token in place of the header that forms cannot send.
#[derive(Debug, Default, Deserialize)]
struct SignOutForm {
    csrf: String,
    return_to: Option<String>,
}

pub(super) async fn post(State(server): State<Arc<ServerState>>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let is_form = is_of_type(&headers, "application/x-www-form-urlencoded");
    let named = credential(&server, &headers).await?;
    if is_form {
        known_origin(server.origins(), &headers, false)?;
    } else {
        let bearer = named.is_some_and(|credential| credential.bearer);
        from_script(server.origins(), &headers, bearer)?;
    }
    let return_to = match known(&server, named).await? {
        // For nobody there is nothing to read.
        None => None,
        Some(credential) if is_form => {
            let form = form(request).await?;
            page_wrote_it(credential, &form.csrf)?;
            form.return_to
        }
        Some(credential) => {
            let meant = meant(request).await?;
            if let Some(redirect) = meant_another(&server, credential, meant.handle).await? {
                return Ok(json(&Leaving { redirect }));
            }
            meant.return_to
        }
    };
    let credential = named;
    let reason = end(&server, credential).await?;
    let listed = return_to::listed(&server, credential, return_to).await;
    let redirect = listed.unwrap_or_else(|| leave(&server, reason));
    let mut response = if is_form {
        let location = HeaderValue::from_str(&redirect).unwrap_or_else(|_| HeaderValue::from_static("/"));
        (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
    } else {
        json(&Leaving { redirect })
    };
    protect(response.headers_mut());
    if credential.is_some() {
        response.headers_mut().append(header::SET_COOKIE, server.cookie.clear());
    }
    if server.cookie.is_secure() {
        // Whoever chooses to leave may leave the browser to somebody else; whoever was away too long finds drafts again.
        let kept = match reason {
            "user" => "\"cache\", \"storage\"",
            _ => "\"cache\"",
        };
        response
            .headers_mut()
            .insert(CLEAR_SITE_DATA, HeaderValue::from_static(kept));
    }
    Ok(response)
}

/// The credential of a session, over or not. Anything else names none.
async fn known(server: &ServerState, credential: Option<Credential>) -> Result<Option<Credential>, Problem> {
    let Some(credential) = credential else {
        return Ok(None);
    };
    let standing = server.engine.status(&credential.digest).await?;
    Ok((standing != Standing::Unknown).then_some(credential))
}

/// What cannot be read has no token.
async fn form(request: Request) -> Result<SignOutForm, Problem> {
    let (parts, body) = request.into_parts();
    let body = read(body).await?;
    let form = Form::from_request(Request::from_parts(parts, body.into()), &()).await;
    Ok(form.map(|Form(form)| form).unwrap_or_default())
}

async fn meant(request: Request) -> Result<Meant, Problem> {
    let body = read(request.into_body()).await?;
    if body.is_empty() {
        return Ok(Meant::default());
    }
    serde_json::from_slice(&body).map_err(|error| Problem::bad_request(format!("The body is not understood: {error}")))
}

/// Where to go when the session that is meant is not the one of the credential: nothing is ended, no cookie is cleared.
async fn meant_another(
    server: &ServerState,
    credential: Credential,
    meant: Option<Handle>,
) -> Result<Option<String>, Problem> {
    let Some(meant) = meant else {
        return Ok(None);
    };
    let presented = match server.engine.status(&credential.digest).await? {
        Standing::Live(snapshot) => snapshot.handle,
        Standing::Ended { handle, .. } => handle,
        Standing::Unknown => return Ok(None),
    };
    if presented == meant {
        return Ok(None);
    }
    let reason = match server.engine.find(&meant).await? {
        Some((_, Standing::Ended { reason, .. })) => reason.as_str(),
        Some((_, Standing::Live(_) | Standing::Unknown)) | None => "none",
    };
    Ok(Some(leave(server, reason)))
}

fn leave(server: &ServerState, reason: &str) -> String {
    format!("{}/signed-out?reason={reason}", server.prefix)
}

/// Ends the session and answers why it is over.
async fn end(server: &ServerState, credential: Option<Credential>) -> Result<&'static str, Problem> {
    let Some(credential) = credential else {
        return Ok("none");
    };
    match server.engine.sign_out(&credential.digest, EndReason::User).await? {
        Standing::Ended { reason, .. } => Ok(reason.as_str()),
        Standing::Unknown => Ok("none"),
        // Somebody changed the session between the end and the look: it is not the one that was ended.
        Standing::Live(_) => Err(Problem::new(
            StatusCode::CONFLICT,
            "changed",
            "The session was changed meanwhile",
            "Sign out again.",
        )),
    }
}

/// Whether the form is from a page that was written for this session.
fn page_wrote_it(credential: Credential, presented: &str) -> Result<(), Problem> {
    let expected = credential.digest.form_token();
    if expected.as_bytes().ct_eq(presented.as_bytes()).into() {
        return Ok(());
    }
    let detail = "The form does not carry this session's token; reload the page and try again.";
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "wrong-form",
        "The form is refused",
        detail,
    ))
}
