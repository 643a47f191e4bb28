//! Tokens, their digests, and handles.

use std::fmt;
use std::hash::{Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nightlatch_core::time::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::random::random_bytes;

/// 256 bits as base64url without padding.
const TOKEN_LENGTH: usize = 43;

/// The secret that names a session. Exists only until it is handed over; debug output does not show it.
pub struct Token(Zeroizing<String>);

impl Token {
    /// 256 bits from the operating system's generator.
    #[must_use]
    pub fn random() -> Self {
        let bytes = Zeroizing::new(random_bytes::<32>());
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes)))
    }

    /// The secret itself, for the one answer that hands it over.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_text(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The SHA-256 of a token's text: the only form in which a token is stored or looked up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a presented token; `None` when the text cannot be a token, which spares the store a question.
    #[must_use]
    pub fn of(presented: &str) -> Option<Self> {
        // All of them, whether one is wrong or not: that takes a few instructions for many bytes at a time.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let well_formed =
            presented.len() == TOKEN_LENGTH && presented.bytes().fold(true, |so_far, byte| so_far & plain(byte));
        well_formed.then(|| Self::of_text(presented))
    }

    fn of_text(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The bytes, as the store keeps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A digest that the store kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A proof, derived from the token, that a page was written for this session: it goes into plain HTML forms.
    #[must_use]
    pub fn form_token(&self) -> String {
        let mut hasher = Sha256::new_with_prefix(b"nightlatch form token\0");
        hasher.update(self.0);
        URL_SAFE_NO_PAD.encode(hasher.finalize())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

/// The public id of a session: for lists, audit and revocation, never a credential. Ordered by creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handle(Uuid);

impl Handle {
    /// How many letters one has as text.
    pub const LENGTH: usize = uuid::fmt::Hyphenated::LENGTH;

    /// A new one: a `UUIDv7` dated `now`.
    #[must_use]
    pub fn random(now: Instant) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes()).into_uuid())
    }

    /// Reads a handle as text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// As `Display` writes it, without a formatter: it goes into the headers of every request.
    pub fn write<'a>(&self, buffer: &'a mut [u8; Self::LENGTH]) -> &'a str {
        self.0.hyphenated().encode_lower(buffer)
    }

    /// The bytes, as the store keeps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// A handle that the store kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A random UUID as text, for what needs a name and no secret.
#[must_use]
pub fn random_uuid() -> String {
    uuid::Builder::from_random_bytes(random_bytes()).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_256_random_bits() {
        let tokens: Vec<_> = (0..10_000).map(|_| Token::random()).collect();
        let bytes: Vec<_> = tokens
            .iter()
            .map(|token| URL_SAFE_NO_PAD.decode(token.expose()).expect("base64url"))
            .collect();
        let distinct: std::collections::HashSet<_> = bytes.iter().collect();
        assert_eq!(distinct.len(), tokens.len());
        for bit in 0..256 {
            let ones = bytes
                .iter()
                .filter(|bytes| bytes[bit / 8] >> (bit % 8) & 1 == 1)
                .count();
            // Ten standard deviations: a fair bit fails once in the age of the universe.
            assert!((4500..=5500).contains(&ones), "bit {bit}: {ones} ones of 10000");
        }
    }

    #[test]
    fn debug_output_keeps_the_secret() {
        let token = Token::random();
        assert!(!format!("{token:?}").contains(token.expose()));
    }

    #[test]
    fn only_well_formed_tokens_have_a_digest() {
        let token = Token::random();
        assert_eq!(Digest::of(token.expose()), Some(token.digest()));
        for text in [
            "",
            "short",
            &"ä".repeat(43),
            &format!("{}=", token.expose()),
            &"a b".repeat(15)[..43],
        ] {
            assert_eq!(Digest::of(text), None, "{text}");
        }
    }

    #[test]
    fn handles_are_ordered_by_creation_and_say_nothing_of_the_token() {
        let (first, second) = (
            Handle::random(Instant::from_millis(1)),
            Handle::random(Instant::from_millis(2)),
        );
        assert!(first < second);
        assert_eq!(Digest::of(&first.to_string()), None);
    }
}
