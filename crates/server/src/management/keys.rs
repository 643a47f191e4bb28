//! API keys: making them, and knowing them again. Only their digests are kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::Engine;
use nightlatch_engine::audit::{AuditEntry, AuditKind};
use nightlatch_engine::store::{ApiKey, Created, Result};
use nightlatch_engine::token::{Digest, Token};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use super::scope::Scope;

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
}

/// What a key may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scopes(pub(super) BTreeSet<Scope>);

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
            scopes: scopes_of(key),
        }))
    }

    async fn read(&self, known: &mut Known, now: Instant) -> Result<()> {
        known.keys = self.engine.store().api_keys().await?;
        known.read = Some(now);
        Ok(())
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

/// The store keeps no scopes with a key, so a key has all of them.
fn scopes_of(_: &ApiKey) -> Scopes {
    Scopes(Scope::ALL.into())
}

fn is_past(at: Option<Instant>, now: Instant) -> bool {
    at.is_none_or(|at| now.since(at) >= KNOWN_FOR)
}

/// A store without any key gets its first; answers the secret, which is told this one time.
pub(crate) async fn ensure_key(engine: &Engine) -> Result<Option<String>> {
    let store = engine.store();
    if !store.api_keys().await?.is_empty() {
        return Ok(None);
    }
    let Some((key, secret)) = new_key("first", engine.clock().now()) else {
        return Ok(None);
    };
    // Another process may have been faster: then its key is the first.
    let audit = AuditEntry {
        detail: Some(key.name.clone()),
        ..AuditEntry::new(key.created, AuditKind::ApiKey, "start")
    };
    let created = store.add_api_key(&key, None, audit).await?;
    Ok(matches!(created, Created::Added(_)).then_some(secret))
}

/// A new key and its secret; `None` when the name is none.
pub(crate) fn new_key(name: &str, now: Instant) -> Option<(ApiKey, String)> {
    let token = Token::random();
    let secret = format!("{PREFIX}{}", token.expose());
    is_name(name).then(|| {
        (
            ApiKey {
                name: name.into(),
                digest: token.digest(),
                created: now,
                scopes: vec!["*".into()],
            },
            secret,
        )
    })
}

/// Names stand in audit lines and on command lines, so they are plain.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_a_prefix_and_256_bits_and_only_its_digest_is_in_the_key() {
        let (key, secret) = new_key("ci", Instant::default()).expect("a name");
        assert_eq!(secret.len(), PREFIX.len() + 43);
        assert_eq!(secret.strip_prefix(PREFIX).and_then(Digest::of), Some(key.digest));
        assert!(!format!("{key:?}").contains(&secret[PREFIX.len()..]));
    }

    #[test]
    fn names_are_plain() {
        for name in ["", "-x", "a b", "a\nb", "ä", "a/b", &"x".repeat(65)] {
            assert!(new_key(name, Instant::default()).is_none(), "{name:?}");
        }
        assert!(new_key("billing-app.eu_1", Instant::default()).is_some());
    }
}
