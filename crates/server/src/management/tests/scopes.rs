//! Each operation with each scope.

use axum::Extension;

use super::*;
use crate::management::admission::Actor;
use crate::management::health::Readiness;
use crate::management::keys::KeyRing;
use crate::management::metrics::StrainAsked;
use crate::management::refusal::Refusal;
use crate::management::scope::{Scope, Scopes};
use crate::management::{operations, routes};

/// The operations as somebody with these scopes reaches them.
async fn reached_with(scopes: impl IntoIterator<Item = Scope>) -> Router {
    let server = server().await;
    let management = Management {
        keys: KeyRing::new(Arc::clone(&server.engine)),
        server,
        readiness: Readiness::default(),
        strain_asked: StrainAsked::default(),
        applications_turn: tokio::sync::Mutex::default(),
    };
    let scopes = Scopes::from_iter(scopes);
    Router::new()
        .nest("/api/v1", routes())
        .layer(Extension(scopes))
        .layer(Extension(Actor("api:test".into())))
        .with_state(Arc::new(management))
}

#[tokio::test]
async fn each_operation_opens_with_its_scope_and_with_no_other() {
    for scope in Scope::ALL {
        let router = reached_with([scope]).await;
        for operation in operations() {
            let answer = Answer::of(&router, example(&operation)).await;
            if operation.scope == scope {
                // Some bodies ask for a second scope.
                let shut = answer.status == StatusCode::FORBIDDEN && answer.problem().1.contains(scope.as_str());
                assert!(!shut, "{}: {answer:?}", operation.id);
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} with {scope}", operation.id);
                let (kind, detail) = answer.problem();
                assert_eq!(kind, Refusal::MissingScope.kind());
                assert!(detail.contains(operation.scope.as_str()), "{detail}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_without_scopes_reaches_nothing() {
    let router = reached_with([]).await;
    for operation in operations() {
        let answer = Answer::of(&router, example(&operation)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", operation.id);
    }
}

#[tokio::test]
async fn what_is_missing_is_told_before_what_is_wrong() {
    let router = reached_with([Scope::AuditRead]).await;
    let nonsense = request(Method::POST, "/api/v1/sessions?x=%zz", "[");
    assert_eq!(Answer::of(&router, nonsense).await.status, StatusCode::FORBIDDEN);
}
