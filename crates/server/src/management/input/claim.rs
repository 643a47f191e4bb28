//! Requests that must not take effect twice: `Idempotency-Key` names one, so that it can be sent again when its answer got
//! lost.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName};
use nightlatch_store::Claim;
use nightlatch_store::token::Digest;
use schemars::{JsonSchema, json_schema};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::body::{JSON, parse, read};
use crate::http::problem::Problem;
use crate::management::Management;
use crate::management::admission::Actor;
use crate::management::refusal::Refusal;
use crate::management::signature::{Input, OperationDescription};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST: usize = 255;

/// A JSON body, and the claim that its sender makes.
pub(in crate::management) struct Claimed<T> {
    pub(in crate::management) body: T,
    pub(in crate::management) claim: Option<Claim>,
}

impl<T: DeserializeOwned> FromRequest<Arc<Management>> for Claimed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, management: &Arc<Management>) -> Result<Self, Problem> {
        let named = name(request.headers())?;
        let holder = request.extensions().get::<Actor>().cloned();
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let bytes = read(request, JSON).await?;
        let body = parse(&bytes)?;
        let claim = named.zip(holder).map(|(name, Actor(holder))| Claim {
            key: hashed([holder.as_bytes(), name.as_bytes()]),
            request: hashed([method.as_bytes(), path.as_bytes(), &bytes]),
            at: management.server.engine.clock().now(),
        });
        Ok(Self { body, claim })
    }
}

/// What the sender calls the request.
fn name(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(name) = sent.next() else { return Ok(None) };
    let text = name.as_bytes();
    let possible = (1..=LONGEST).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
    match name.to_str() {
        Ok(name) if possible && sent.next().is_none() => Ok(Some(name.to_owned())),
        _ => Err(Problem::bad_request(format!(
            "`Idempotency-Key` has 1 to {LONGEST} visible ASCII characters and is sent once."
        ))),
    }
}

/// The parts stand apart from each other: all but the last come without a zero byte.
fn hashed<const N: usize>(parts: [&[u8]; N]) -> Digest {
    let mut hash = Sha256::new();
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            hash.update([0]);
        }
        hash.update(part);
    }
    Digest::from_bytes(hash.finalize().into())
}

/// The name was given to another request before.
pub(in crate::management) fn key_reused() -> Problem {
    Refusal::IdempotencyKeyReused.because(
        "Another request came with this `Idempotency-Key` within the last day. Send each one with a key of its own.",
    )
}

impl<T: JsonSchema> Input for Claimed<T> {
    fn description(description: &mut OperationDescription<'_>) {
        let schema = json_schema!({ "type": "string", "pattern": format!("^[!-~]{{1,{LONGEST}}}$") });
        let about = "Names this request for a day, so that it can be sent again: the answer is about what it made the first \
                     time, with a new secret in place of the first.";
        description.parameter("header", "Idempotency-Key", about, &schema);
        description.body::<T>(JSON);
        description.refuse(&[Refusal::BadRequest, Refusal::IdempotencyKeyReused]);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn named(lines: &[&'static str]) -> Result<Option<String>, Problem> {
        let value = |line: &&'static str| (IDEMPOTENCY_KEY, HeaderValue::from_static(line));
        name(&lines.iter().map(value).collect())
    }

    #[test]
    fn a_request_has_one_name_of_visible_characters() {
        assert!(named(&[]).is_ok_and(|name| name.is_none()));
        assert!(named(&["a-1"]).is_ok_and(|name| name.as_deref() == Some("a-1")));
        for lines in [&[""][..], &["a b"], &["a", "a"]] {
            assert!(named(lines).is_err(), "{lines:?}");
        }
        let long = HeaderValue::from_str(&"x".repeat(LONGEST + 1)).expect("a value");
        assert!(name(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, long)])).is_err());
    }

    #[test]
    fn parts_are_not_run_together() {
        assert_ne!(hashed([b"ab", b"c"]), hashed([b"a", b"bc"]));
    }
}
