//! The sign-in page, which also confirms and unlocks. The bank has no passwords: choosing a person is authentication.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use nightlatch_core::facts::Facts;
use nightlatch_core::resolution::SessionLimit;
use nightlatch_core::session::{EndReason, Phase};
use nightlatch_engine::{Admission, Authentication, NewSession, Standing};
use nightlatch_store::token::{Handle, Token};
use nightlatch_store::{Record, StoreError};
use serde::Deserialize;

use super::next::on_this_site;
use super::people::{self, PEOPLE, Person};
use super::{form_proof, full};
use crate::http::credential::credential;
use crate::http::headers;
use crate::http::problem::Problem;
use crate::http::return_to;
use crate::http::write::same_origin;
use crate::server_state::ServerState;

#[derive(Template)]
#[template(path = "demo/sign_in.html")]
struct SignIn<'a> {
    prefix: &'a str,
    mode: &'a str,
    next: &'a str,
    form_token: &'a str,
    people: &'a [Person],
    current: Option<&'a Person>,
    csrf: Option<&'a str>,
    notice: Option<&'a str>,
}

/// Why somebody is here, and where they want to go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call {
    mode: String,
    next: String,
    /// The address of the page they were on, as the signed-out page and the SDK tell it.
    return_to: Option<String>,
}

impl Call {
    /// With the page they were on in place of a wish of their own.
    fn coming_back(mut self, server: &ServerState, headers: &HeaderMap) -> Self {
        let page = self.return_to.take().filter(|_| self.next.is_empty());
        let page = page.and_then(|page| return_to::page(server, headers, &page));
        if let Some(url) = page.and_then(|page| url::Url::parse(&page).ok()) {
            url[url::Position::BeforePath..].clone_into(&mut self.next);
        }
        self
    }
}

pub(super) async fn page(
    State(server): State<Arc<ServerState>>,
    headers: HeaderMap,
    call: Result<Query<Call>, QueryRejection>,
) -> Result<Response, Problem> {
    // A link that nobody of us wrote leads to the plain page.
    let call = call.map(|Query(call)| call).unwrap_or_default();
    let call = call.coming_back(&server, &headers);
    show(&server, &headers, &call, None).await
}

/// The form as it is sent.
#[derive(Debug, Default)]
struct Choice {
    form_token: String,
    person: String,
    call: Call,
    /// Sessions to end where there are too many.
    ending: Vec<Handle>,
}

/// What nobody of us wrote is not looked at. Several sessions may be chosen, each under the same name.
impl FromIterator<(String, String)> for Choice {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        let mut choice = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "form_token" => choice.form_token = value,
                "person" => choice.person = value,
                "mode" => choice.call.mode = value,
                "next" => choice.call.next = value,
                "ending" => choice.ending.extend(Handle::parse(&value)),
                _ => {}
            }
        }
        choice
    }
}

pub(super) async fn sign_in(
    State(server): State<Arc<ServerState>>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Problem> {
    same_origin(&server.own_origins, &headers, false)?;
    let Form(fields) = form.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let choice: Choice = fields.into_iter().collect();
    let person = people::by_id(&choice.person);
    let proven = form_proof::holds(&headers, &choice.form_token);
    let call = choice.call;
    let (status, notice) = match person {
        Some(person) if proven => return signed_in(&server, &headers, person, &call, choice.ending).await,
        Some(_) => (StatusCode::FORBIDDEN, "That page was too old. Please choose again."),
        None => (StatusCode::BAD_REQUEST, "Please choose one of these people."),
    };
    Ok((status, show(&server, &headers, &call, Some(notice)).await?).into_response())
}

async fn signed_in(
    server: &ServerState,
    headers: &HeaderMap,
    person: &Person,
    call: &Call,
    ending: Vec<Handle>,
) -> Result<Response, Problem> {
    let next = on_this_site(&call.next);
    let token = match admitted(server, headers, person, ending).await? {
        Admitted::With(token) => token,
        Admitted::Full(limit, sessions) => return Ok(full::page(server, headers, person, next, &limit, &sessions)),
    };
    let mut response = Redirect::to(next).into_response();
    if let Ok(mut cookie) = HeaderValue::from_str(&server.cookie.set(token.expose())) {
        cookie.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// What came of a sign-in.
enum Admitted {
    With(Token),
    /// There is no room beside these.
    Full(SessionLimit, Vec<Record>),
}

/// A new token in any case: one that was in the browser before is worth nothing after, whoever put it there.
async fn admitted(
    server: &ServerState,
    headers: &HeaderMap,
    person: &Person,
    ending: Vec<Handle>,
) -> Result<Admitted, Problem> {
    if let Some(credential) = credential(server, headers).await?
        && let Standing::Live(session) = server.engine.status(&credential.digest).await?
    {
        if *session.subject != *person.id {
            server
                .engine
                .sign_out(&credential.digest, EndReason::Superseded)
                .await?;
        } else if let Some(again) = server
            .engine
            .reauthenticate(&credential.digest, Authentication::default(), "user")
            .await?
            .signed_in()
        {
            return Ok(Admitted::With(again.token));
        }
    }
    let facts = Facts {
        application: Some("bank".into()),
        device: None,
        roles: vec![person.role.to_ascii_lowercase().into()],
    };
    let new = NewSession {
        subject: person.id.into(),
        facts,
        amr: vec!["demo".into()],
        ending,
        actor: "user".into(),
        ..NewSession::default()
    };
    match server.engine.create(new).await? {
        Admission::SignedIn(created) | Admission::Again(created) => {
            server.metrics.created.inc();
            Ok(Admitted::With(created.token))
        }
        Admission::Full { limit, sessions } => Ok(Admitted::Full(limit, sessions)),
        Admission::Taken | Admission::Over | Admission::TooOld { .. } | Admission::Passed { .. } => {
            Err(StoreError::Damaged("a request without a name was served before".to_owned()).into())
        }
    }
}

/// The page as the session at hand needs it. Looking at it is not activity.
async fn show(
    server: &ServerState,
    headers: &HeaderMap,
    call: &Call,
    notice: Option<&str>,
) -> Result<Response, Problem> {
    let mut session = None;
    if let Some(credential) = credential(server, headers).await?
        && let Standing::Live(live) = server.engine.status(&credential.digest).await?
    {
        session = Some((credential.digest, live));
    }
    let mode = match &session {
        Some((_, live)) if live.status.phase == Phase::Locked => "unlock",
        Some(_) if call.mode == "confirm" => "confirm",
        _ => "sign-in",
    };
    let proof = form_proof::issue(headers);
    let csrf = session.as_ref().map(|(digest, _)| digest.form_token());
    let html = SignIn {
        prefix: &server.prefix,
        mode,
        next: on_this_site(&call.next),
        form_token: &proof.field,
        people: &PEOPLE,
        current: session.as_ref().and_then(|(_, live)| people::by_id(&live.subject)),
        csrf: csrf.as_deref(),
        notice,
    };
    let mut response = headers::page(html.render());
    response
        .headers_mut()
        .extend(proof.set_cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok(response)
}
