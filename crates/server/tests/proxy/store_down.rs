//! The store is down: who is signed in goes on for the grace, then nobody passes, and all of it mends itself.

use std::process::Command;
use std::time::Duration;

use axum::http::Method;

use crate::application::Application;
use crate::client::{self, Answer};
use crate::front::{Front, HOST, PAGE, cookie};
use crate::server::Server;

/// From now on the server can write to no file, as on a full disk; or to all again.
fn let_write(server: &Server, may: bool) {
    let limit = if may { "--fsize=unlimited:" } else { "--fsize=0:" };
    let id = server.process.as_ref().expect("it runs").id();
    let told = Command::new("prlimit").args(["--pid", &id.to_string(), limit]).status();
    assert!(told.expect("prlimit, of the package util-linux").success());
}

/// What a proxy is told that asks about a page.
async fn asked(front: &Front, token: &str) -> Answer {
    let cookie = cookie(token);
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
        tokio::time::sleep(Duration::from_millis(50)).await; // tidy: sleeps because the grace passes in real time
    }
}

#[tokio::test]
async fn after_the_grace_nobody_passes_until_the_store_is_back() {
    let application = Application::start().await;
    let front = Front::of(&application, "[store]\ngrace = \"1s\"\n");
    let token = front.sign_in("ada").await;
    front.get_as(&token, "/", &[]).await.ok(200);
    let_write(&front.server, false);
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
    let_write(&front.server, true);
    until(200, &front, &token).await;
    assert_eq!(asked(&front, &token).await.status, 200);
}
