//! The store is down: who is signed in goes on for the grace, then nobody passes, and all of it mends itself.

use std::time::Duration;

use axum::http::Method;
use rusqlite::Connection;

use crate::application::Application;
use crate::client::{self, Answer};
use crate::front::{Front, HOST, PAGE};

/// Another program has the database to itself: nothing can be written, and nobody waits for it for ever.
fn locked(front: &Front) -> Connection {
    let other = Connection::open(front.server.store()).expect("the database");
    other
        .execute_batch("BEGIN EXCLUSIVE")
        .expect("a moment without a write");
    other
}

/// What a proxy is told that asks about a page.
async fn asked(front: &Front, token: &str) -> Answer {
    let cookie = format!("nightlatch={token}");
    let headers = [
        ("cookie", &*cookie),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-host", HOST),
        ("x-forwarded-uri", "/"),
    ];
    client::send(
        Method::GET,
        &format!("{}auth/forward", front.server.browser),
        &headers,
        "",
    )
    .await
}

/// Asks until the answer is this; a test that waits for ever is stopped from outside.
async fn until(status: u16, front: &Front, token: &str) -> Answer {
    loop {
        let answer = front.get_as(token, "/", &PAGE).await;
        if answer.status == status {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn after_the_grace_nobody_passes_until_the_store_is_back() {
    let application = Application::start().await;
    let front = Front::of(&application, "[store]\ngrace = \"1s\"\n");
    let token = front.sign_in("ada").await;
    front.get_as(&token, "/", &[]).await.ok(200);
    let other = locked(&front);
    let bearer = format!("Bearer {token}");
    let sign_out = format!("{}sign-out", front.server.browser);
    let told = client::send(
        Method::POST,
        &sign_out,
        &[("authorization", &bearer), ("nightlatch", "1")],
        "",
    )
    .await;
    told.problem(503);
    let page = until(503, &front, &token).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("Try again"), "{}", page.text());
    let passed = application.heads().len();
    front.get_as(&token, "/", &[]).await.problem(503);
    let told = asked(&front, &token).await;
    told.problem(503);
    assert_eq!(told.header("nightlatch-reason"), "unavailable");
    assert_eq!(application.heads().len(), passed, "nothing arrives");
    drop(other);
    until(200, &front, &token).await;
    assert_eq!(asked(&front, &token).await.status, 200);
}
