//! `POST keys`: a key for somebody else, that reaches no further than one's own.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use nightlatch_engine::Uncancelled;
use nightlatch_store::token::Digest;
use nightlatch_store::{self as store, ApiKey, Claim, StoreError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{KeyName, beyond_applications, made, new_key, new_secret};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::at_most::AtMost;
use crate::management::input::{Claimed, impossible, key_reused};
use crate::management::name::Name;
use crate::management::operation::{Created, Group, Operation, post};
use crate::management::refusal::Refusal;
use crate::management::rfc3339::rfc3339;
use crate::management::schema::InstantForm;
use crate::management::scope::{Scope, Scopes};

pub(in crate::management) fn operation() -> Operation {
    post("/api/v1/keys", Scope::KeysWrite, create)
        .named(Group::Keys, "createKey", "Make a key")
        .about(
            "The secret is told this one time. Nobody grants a scope that their own key does not have. Repeated with the \
             same `Idempotency-Key`, the key gets a new secret in place of the one that may have got lost. A key that is \
             bound to `applications` reads, makes, renews and ends the sessions of those alone, and reads their audit.",
        )
        .refuses(&[Refusal::NameTaken, Refusal::KeyRevoked])
        .sent_for_example(|| json!({ "name": "billing", "scopes": ["sessions:create", "sessions:end"] }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewKey")]
pub(in crate::management) struct Body {
    name: KeyName,
    /// What it may do.
    scopes: Vec<Scope>,
    /// The applications whose sessions it reaches; all sessions when left out.
    #[serde(default)]
    #[schemars(length(min = 1))]
    applications: Option<AtMost<64, Name>>,
}

/// A key with its secret, which is told this one time.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "KeyHandedOver")]
pub(in crate::management) struct HandedOver {
    name: Box<str>,
    #[schemars(with = "InstantForm")]
    created_at: String,
    #[schemars(with = "Vec<Scope>")]
    scopes: Scopes,
    /// The applications whose sessions it reaches; all sessions where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    applications: Option<Vec<Box<str>>>,
    /// To be sent as `Authorization: Bearer nlk_…`.
    secret: String,
}

pub(in crate::management) async fn create(
    State(management): State<Arc<Management>>,
    Extension(Actor(actor)): Extension<Actor>,
    Extension(own): Extension<Scopes>,
    Claimed { body, claim }: Claimed<Body>,
) -> Result<Created<HandedOver>, Problem> {
    let scopes: Scopes = body.scopes.into_iter().collect();
    if let Some(missing) = own.first_missing(&scopes) {
        let detail = format!("Your key cannot grant the scope `{missing}`, which it does not have itself.");
        return Err(Refusal::MissingScope.because(detail));
    }
    let applications = body.applications.map(AtMost::into_inner);
    if let Some(applications) = &applications {
        possible_for(applications, &scopes)?;
    }
    let engine = Arc::clone(&management.server.engine);
    let name = body.name;
    engine
        .run_to_completion(move |engine| {
            Box::pin(async move {
                make(
                    &management,
                    engine,
                    &name,
                    (scopes, applications),
                    claim.as_ref(),
                    &actor,
                )
                .await
            })
        })
        .await
}

async fn make(
    management: &Management,
    engine: &Uncancelled,
    name: &KeyName,
    (scopes, applications): (Scopes, Option<Vec<Box<str>>>),
    claim: Option<&Claim>,
    actor: &str,
) -> Result<Created<HandedOver>, Problem> {
    let (key, secret) = new_key(name, &scopes, applications.clone(), engine.clock().now());
    let audit = made(&key, actor);
    let (key, secret, replayed) = match engine.add_api_key(&key, claim, audit).await? {
        store::Created::Added(_) => (key, secret, false),
        store::Created::Claimed { request, outcome } => {
            same_request(claim, request)?;
            let (key, secret) = again(engine, &outcome, &scopes, applications.as_deref()).await?;
            (key, secret, true)
        }
        store::Created::Exists => return Err(taken(name)),
        store::Created::Full(_) => {
            return Err(StoreError::Damaged("a key was refused for want of room".to_owned()).into());
        }
    };
    management.keys.forget().await;
    Ok(Created {
        path: format!("/api/v1/keys/{}", key.name),
        body: HandedOver {
            name: key.name,
            created_at: rfc3339(key.created),
            scopes,
            applications: key.applications,
            secret,
        },
        replayed,
    })
}

fn possible_for(applications: &[Box<str>], scopes: &Scopes) -> Result<(), Problem> {
    if applications.is_empty() {
        return Err(impossible(
            "applications: name one at least, or leave it out for a key that reaches all sessions".to_owned(),
        ));
    }
    beyond_applications(scopes).map_or(Ok(()), |beyond| Err(impossible(format!("scopes: {beyond}"))))
}

fn same_request(claim: Option<&Claim>, served: Digest) -> Result<(), Problem> {
    let same = claim.is_some_and(|claim| claim.request == served);
    if same { Ok(()) } else { Err(key_reused()) }
}

/// The key that the request has made before, with a new secret. A key that was made anew since, to reach elsewhere, is
/// another one.
async fn again(
    engine: &Uncancelled,
    name: &str,
    scopes: &Scopes,
    applications: Option<&[Box<str>]>,
) -> Result<(ApiKey, String), Problem> {
    let known = engine.api_keys().await?.into_iter().find(|key| *key.name == *name);
    let known = known
        .filter(|key| Scopes::of_words(&key.scopes) == *scopes && key.applications.as_deref() == applications)
        .ok_or_else(gone)?;
    let (digest, secret) = new_secret();
    let key = ApiKey { digest, ..known };
    if engine.replace_api_key(&key).await? {
        Ok((key, secret))
    } else {
        Err(gone())
    }
}

fn gone() -> Problem {
    Refusal::KeyRevoked
        .because("The key that this request made was revoked. Make another with another `Idempotency-Key`.")
}

fn taken(name: &KeyName) -> Problem {
    let detail = format!(
        "There is a key `{}` already; take another name, or revoke it first.",
        name.as_str()
    );
    Refusal::NameTaken.because(detail)
}
