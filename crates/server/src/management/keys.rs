//! API keys: making them, and knowing them again. Only their digests are kept.

pub(super) mod create;
pub(super) mod list;
mod name;
pub(super) mod remove;

use std::sync::Arc;

use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::Engine;
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::token::{Digest, Token};
use nightlatch_store::{ApiKey, Created, Result};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

pub(crate) use self::name::KeyName;
use super::reach::Reach;
use super::scope::{Scope, Scopes};

/// Makes keys recognisable, for people and for scanners that look for leaked ones.
const PREFIX: &str = "nlk_";
/// A revoked key works no longer than this.
const KNOWN_FOR: Span = Span::from_secs(1);

/// The keys of the store, read anew as often as revoking and creating need it.
#[derive(Debug)]
pub(super) struct KeyRing {
    engine: Arc<Engine>,
    known: Mutex<Known>,
}

/// Who presents a key, and how far it reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) name: Box<str>,
    pub(super) scopes: Scopes,
    pub(super) reach: Reach,
}

#[derive(Debug, Default)]
struct Known {
    keys: Vec<ApiKey>,
    read: Option<Instant>,
    /// When a key was last looked for in the store because nobody knew it.
    sought: Option<Instant>,
}

impl KeyRing {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            known: Mutex::default(),
        }
    }

    /// The key that is presented, if it is one.
    pub(super) async fn holder(&self, presented: &str) -> Result<Option<Holder>> {
        let Some(digest) = presented.strip_prefix(PREFIX).and_then(Digest::of) else {
            return Ok(None);
        };
        let now = self.engine.clock().now();
        let mut known = self.known.lock().await;
        if is_past(known.read, now) {
            self.read(&mut known, now).await?;
        }
        // A key that was made a moment ago works at once; wrong keys do not make the store busy.
        if known.holder(&digest).is_none() && is_past(known.sought, now) {
            known.sought = Some(now);
            self.read(&mut known, now).await?;
        }
        Ok(known.holder(&digest).map(|key| Holder {
            name: key.name.clone(),
            scopes: Scopes::of_words(&key.scopes),
            reach: Reach::of(key),
        }))
    }

    async fn read(&self, known: &mut Known, now: Instant) -> Result<()> {
        known.keys = self.engine.api_keys().await?;
        known.read = Some(now);
        Ok(())
    }

    /// The keys of the store have changed: the next call asks for them.
    async fn forget(&self) {
        self.known.lock().await.read = None;
    }
}

impl Known {
    /// Compares with every key, each in constant time, so that the time says nothing about any.
    fn holder(&self, digest: &Digest) -> Option<&ApiKey> {
        self.keys.iter().fold(None, |found, key| {
            let same = key.digest.as_bytes().as_slice().ct_eq(digest.as_bytes());
            if bool::from(same) { Some(key) } else { found }
        })
    }
}

fn is_past(at: Option<Instant>, now: Instant) -> bool {
    at.is_none_or(|at| now.since(at) >= KNOWN_FOR)
}

/// A store without any key gets its first, which may do everything; answers the secret, which is told this one time.
pub(crate) async fn ensure_key(engine: &Arc<Engine>) -> Result<Option<String>> {
    if !engine.api_keys().await?.is_empty() {
        return Ok(None);
    }
    let (key, secret) = new_key(&KeyName::first(), &Scopes::all(), None, engine.clock().now());
    let audit = made(&key, "start");
    // Another process may have been faster: then its key is the first.
    let created = engine
        .run_to_completion(move |engine| Box::pin(async move { engine.add_api_key(&key, None, audit).await }))
        .await?;
    Ok(matches!(created, Created::Added(_)).then_some(secret))
}

/// What a key that is bound to applications may do at all: everything else is about all of them.
const OF_APPLICATIONS: [Scope; 4] = [
    Scope::SessionsRead,
    Scope::SessionsCreate,
    Scope::SessionsEnd,
    Scope::AuditRead,
];

/// A scope that means nothing to a key that is bound to applications, if there is one among these.
pub(crate) fn beyond_applications(scopes: &Scopes) -> Option<String> {
    let beyond = OF_APPLICATIONS.into_iter().collect::<Scopes>().first_missing(scopes)?;
    let possible: Scopes = OF_APPLICATIONS.into_iter().collect();
    Some(format!(
        "a key that is bound to applications cannot have the scope `{beyond}`, which is about all of them; it may have {possible}"
    ))
}

/// A new key and its secret.
pub(crate) fn new_key(
    name: &KeyName,
    scopes: &Scopes,
    applications: Option<Vec<Box<str>>>,
    now: Instant,
) -> (ApiKey, String) {
    let (digest, secret) = new_secret();
    let key = ApiKey {
        name: name.as_str().into(),
        digest,
        created: now,
        scopes: scopes.words(),
        applications,
    };
    (key, secret)
}

fn new_secret() -> (Digest, String) {
    let token = Token::random();
    (token.digest(), format!("{PREFIX}{}", token.expose()))
}

/// What the audit is told of a new key.
pub(crate) fn made(key: &ApiKey, actor: &str) -> AuditEntry {
    let scopes = Scopes::of_words(&key.scopes);
    let bound = key.applications.as_ref();
    let bound = bound.map_or_else(String::new, |applications| format!(" in {}", applications.join(", ")));
    AuditEntry {
        detail: Some(format!("made {}: {scopes}{bound}", key.name).into()),
        ..AuditEntry::new(key.created, AuditKind::ApiKey, actor)
    }
}

/// What the audit is told of a key that works no more.
pub(crate) fn revoked(name: &str, now: Instant, actor: &str) -> AuditEntry {
    AuditEntry {
        detail: Some(format!("revoked {name}").into()),
        ..AuditEntry::new(now, AuditKind::ApiKey, actor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_a_prefix_and_256_bits_and_only_its_digest_is_in_the_key() {
        let (key, secret) = new_key(&KeyName::first(), &Scopes::all(), None, Instant::default());
        assert_eq!(secret.len(), PREFIX.len() + 43);
        assert_eq!(secret.strip_prefix(PREFIX).and_then(Digest::of), Some(key.digest));
        assert!(!format!("{key:?}").contains(&secret[PREFIX.len()..]));
    }
}
