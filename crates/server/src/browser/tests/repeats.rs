//! How often the audit is told of what one cookie may send as often as it likes.

use axum::http::{Method, StatusCode};
use nightlatch_core::time::Span;
use nightlatch_store::Audit as _;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditKind};

use super::Site;

const POLICY: &str = "[policy]\nidle = \"10m\"\nabsolute = \"8h\"\nchoice = { allow = [\"5m\", \"10m\"] }\n";

/// Method, path and body.
type Call = (Method, &'static str, &'static str);

impl Site {
    async fn told_of(&self, kind: AuditKind) -> Vec<AuditEntry> {
        let filter = AuditFilter {
            kind: Some(kind),
            limit: 10_000,
            ..AuditFilter::default()
        };
        let told = self.store.audit(&filter).await.expect("a store");
        told.into_iter().map(|record| record.entry).collect()
    }

    async fn told(&self) -> usize {
        let mut told = 0;
        for kind in AuditKind::ALL {
            told += self.told_of(kind).await.len();
        }
        told
    }
}

#[tokio::test]
async fn a_hundred_extends_are_two_records_that_count_them() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    for _ in 0..100 {
        assert_eq!(site.post("/extend", &token, "").await.status, StatusCode::OK);
        site.time.advance(Span::from_millis(100));
    }
    site.post("/sign-out", &token, "").await;
    let counts: Vec<_> = site
        .told_of(AuditKind::Extended)
        .await
        .iter()
        .map(|told| told.count)
        .collect();
    assert_eq!(counts, [Some(1), Some(99)]);
}

#[tokio::test]
async fn a_hold_of_34_seconds_is_two_records() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    let granted = site
        .post("/hold", &token, r#"{"for_ms": 30000, "label": "film"}"#)
        .await;
    let hold = format!("/hold/{}", granted.json()["hold"].as_str().expect("an id"));
    for _ in 0..6 {
        site.advance(5);
        let renewed = site.page(Method::PUT, &hold, &token, r#"{"for_ms": 30000}"#).await;
        assert_eq!(renewed.status, StatusCode::OK);
    }
    site.advance(4);
    site.page(Method::DELETE, &hold, &token, "").await;
    site.post("/sign-out", &token, "").await;
    let (starts, ends) = (
        site.told_of(AuditKind::Held).await,
        site.told_of(AuditKind::HoldEnded).await,
    );
    assert_eq!((starts.len(), ends.len()), (1, 1));
    assert_eq!(ends[0].held, Some(Span::from_secs(34)));
}

/// Every call that a page may make, by itself and in the pairs that undo each other.
#[tokio::test]
async fn no_call_can_be_repeated_into_records_without_bound() {
    let rounds: [(&str, &[Call]); 9] = [
        ("extend", &[(Method::POST, "/extend", "")]),
        (
            "activity",
            &[(
                Method::POST,
                "/activity",
                r#"{"age_ms": 0, "tab": "t", "path": "/", "visible": true}"#,
            )],
        ),
        ("session", &[(Method::POST, "/session", r#"{"tab": "t", "path": "/"}"#)]),
        (
            "new holds",
            &[(Method::POST, "/hold", r#"{"for_ms": 1, "label": "h"}"#)],
        ),
        ("renewals", &[(Method::PUT, "/hold/H", r#"{"for_ms": 60000}"#)]),
        (
            "a hold again and again",
            &[
                (Method::PUT, "/hold/H", r#"{"for_ms": 60000}"#),
                (Method::DELETE, "/hold/H", ""),
            ],
        ),
        (
            "tabs",
            &[
                (Method::POST, "/tab", r#"{"tab": "t", "path": "/a"}"#),
                (Method::POST, "/tab", r#"{"tab": "t", "path": "/b"}"#),
                (Method::DELETE, "/tab/t", ""),
            ],
        ),
        ("one choice", &[(Method::PUT, "/choice", r#"{"idle": "5m"}"#)]),
        (
            "choices",
            &[
                (Method::PUT, "/choice", r#"{"idle": "5m"}"#),
                (Method::PUT, "/choice", r#"{"idle": "10m"}"#),
            ],
        ),
    ];
    for (name, calls) in rounds {
        let site = Site::new(POLICY).await;
        let token = site.sign_in("ada").await;
        let granted = site.post("/hold", &token, r#"{"for_ms": 1000, "label": "h"}"#).await;
        let hold = granted.json()["hold"].as_str().expect("an id").to_owned();
        let mut accepted = 0;
        for _ in 0..200 {
            for (method, path, body) in calls {
                let answer = site.page(method.clone(), &path.replace('H', &hold), &token, body).await;
                accepted += usize::from(answer.status.is_success());
                site.time.advance(Span::from_millis(5));
            }
        }
        site.post("/sign-out", &token, "").await;
        assert_eq!(accepted, 200 * calls.len(), "{name}");
        // The policy, the sign-in and the end among them.
        let told = site.told().await;
        assert!(told <= 26, "{name}: {told} records of {accepted} calls");
    }
}
