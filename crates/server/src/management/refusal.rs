//! Why a request may be refused: the closed set of problem types of this listener.

use std::borrow::Cow;

use axum::http::StatusCode;

use crate::http::problem::Problem;

/// One kind of refusal. Its word is the last part of the problem's type and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Refusal {
    BadRequest,
    NoApiKey,
    MissingScope,
    NotFound,
    MethodNotAllowed,
    SessionEnded,
    OtherSubject,
    TooManySessions,
    NameTaken,
    KeyRevoked,
    LastKey,
    PolicyOwnedByFile,
    Stale,
    TooLarge,
    TooSlow,
    UnsupportedMediaType,
    InvalidValue,
    InvalidPolicy,
    IdempotencyKeyReused,
    AuthenticationTooOld,
    StoreUnavailable,
}

impl Refusal {
    pub(super) const ALL: [Self; 21] = [
        Self::BadRequest,
        Self::NoApiKey,
        Self::MissingScope,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::SessionEnded,
        Self::OtherSubject,
        Self::TooManySessions,
        Self::NameTaken,
        Self::KeyRevoked,
        Self::LastKey,
        Self::PolicyOwnedByFile,
        Self::Stale,
        Self::TooLarge,
        Self::TooSlow,
        Self::UnsupportedMediaType,
        Self::InvalidValue,
        Self::InvalidPolicy,
        Self::IdempotencyKeyReused,
        Self::AuthenticationTooOld,
        Self::StoreUnavailable,
    ];

    /// Status, word and title.
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "The request cannot be understood",
            ),
            Self::NoApiKey => (StatusCode::UNAUTHORIZED, "no-api-key", "An API key is needed"),
            Self::MissingScope => (
                StatusCode::FORBIDDEN,
                "missing-scope",
                "The API key does not reach this far",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is nothing here"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The method is not possible here",
            ),
            Self::SessionEnded => (StatusCode::CONFLICT, "session-ended", "The session has ended"),
            Self::OtherSubject => (
                StatusCode::CONFLICT,
                "other-subject",
                "The session belongs to somebody else",
            ),
            Self::TooManySessions => (StatusCode::CONFLICT, "too-many-sessions", "There are too many sessions"),
            Self::NameTaken => (StatusCode::CONFLICT, "name-taken", "The name is taken"),
            Self::KeyRevoked => (StatusCode::CONFLICT, "key-revoked", "The key was revoked"),
            Self::LastKey => (StatusCode::CONFLICT, "last-key", "The last key stays"),
            Self::Stale => (
                StatusCode::PRECONDITION_FAILED,
                "stale",
                "The document has changed meanwhile",
            ),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "The request does not come to its end",
            ),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body is not JSON",
            ),
            Self::InvalidValue => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid-value",
                "A value is not possible",
            ),
            Self::PolicyOwnedByFile => (StatusCode::CONFLICT, "policy-owned-by-file", "A file owns the policy"),
            Self::InvalidPolicy => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid-policy",
                "The policy does not hold together",
            ),
            Self::IdempotencyKeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "The key belongs to another request",
            ),
            Self::AuthenticationTooOld => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "authentication-too-old",
                "The authentication is too old",
            ),
            Self::StoreUnavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store-unavailable",
                "The store is unavailable",
            ),
        }
    }

    pub(super) fn status(self) -> StatusCode {
        self.parts().0
    }

    pub(super) fn title(self) -> &'static str {
        self.parts().2
    }

    /// The whole type, as it stands in the answer.
    pub(super) fn kind(self) -> String {
        Problem::kind(self.parts().1)
    }

    pub(super) fn because(self, detail: impl Into<Cow<'static, str>>) -> Problem {
        let (status, word, title) = self.parts();
        Problem::new(status, word, title, detail)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use axum::response::IntoResponse as _;
    use http_body_util::BodyExt as _;
    use nightlatch_store::StoreError;
    use serde_json::Value;

    use super::*;
    use crate::http::body::Unread;

    #[test]
    fn every_kind_is_one_of_a_kind() {
        let kinds: HashSet<_> = Refusal::ALL.into_iter().map(Refusal::kind).collect();
        assert_eq!(kinds.len(), Refusal::ALL.len());
    }

    #[tokio::test]
    async fn problems_of_both_listeners_are_listed_here_as_they_are() {
        let store = StoreError::Unavailable("gone".to_owned());
        for (refusal, problem) in [
            (Refusal::BadRequest, Problem::bad_request("why")),
            (Refusal::NotFound, Problem::not_found("why")),
            (Refusal::StoreUnavailable, store.into()),
            (Refusal::TooSlow, Unread::TooSlow.into()),
        ] {
            let response = problem.into_response();
            assert_eq!(response.status(), refusal.status());
            let body = response.into_body().collect().await.expect("a body").to_bytes();
            let body: Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(
                (&body["type"], &body["title"]),
                (&refusal.kind().into(), &refusal.title().into())
            );
        }
    }
}
