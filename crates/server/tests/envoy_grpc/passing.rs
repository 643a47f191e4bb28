//! Who may pass, who may not, and what the application gets to know.

use serde_json::json;

use crate::envoy;
use crate::guarded::{Guarded, told};

async fn site(policy: &str) -> Guarded {
    Guarded::start("gateway.envoy_grpc", policy, envoy::start).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_passes_whatever_else_the_client_says() {
    let site = site("[policy]\nidle = \"30m\"\n").await;
    let cookie = site.sign_in(json!({ "subject": "ada" })).await;
    let forged = [
        ("cookie", &*cookie),
        ("nightlatch-subject", "root"),
        ("nightlatch-application", "root"),
        ("nightlatch-authentication-methods", "root"),
        ("nightlatch_subject", "root"),
        ("nightlatch.subject", "root"),
        ("Nightlatch_Authentication-methods", "root"),
    ];
    let answer = site.get("/page?a=b", &forged).await;
    assert_eq!(told(&answer, "nightlatch-subject"), ["ada"]);
    assert_eq!(told(&answer, "nightlatch-application"), [""]);
    assert_eq!(told(&answer, "nightlatch-authentication-methods"), [""]);
    assert_eq!(told(&answer, "nightlatch-phase"), ["active"]);
    assert!(!answer.text().contains("root"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_pass_reaches_nothing() {
    let site = site("[policy]\nidle = \"30m\"\n").await;
    site.get("/page", &[]).await.problem(401);
    let sent_on = site.get("/page", &[("accept", "text/html")]).await;
    let location = format!("{0}/nightlatch/signed-out?reason=none&return_to={0}/page", site.url);
    assert_eq!((sent_on.status.as_u16(), sent_on.header("location")), (302, &*location));

    let banker = site.sign_in(json!({ "subject": "ada", "application": "bank" })).await;
    let refused = site.get("/wiki/page", &[("cookie", &banker)]).await;
    refused.problem(403);
    assert_eq!(site.application.reached(), 0);
    let allowed = site.get("/page", &[("cookie", &banker)]).await;
    assert_eq!(told(&allowed, "nightlatch-application"), ["bank"]);
    let anybody = site.sign_in(json!({ "subject": "ada" })).await;
    let allowed = site.get("/wiki/page", &[("cookie", &anybody)]).await;
    assert_eq!(told(&allowed, "nightlatch-application"), ["wiki"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_idle_no_longer_passes_and_nobody_does_while_the_server_is_down() {
    let mut site = site("[policy]\nidle = \"2s\"\nwarn_before = \"1s\"\n").await;
    let cookie = site.sign_in(json!({ "subject": "ada" })).await;
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 200);
    site.ended(&cookie).await;
    let refused = site.get("/", &[("cookie", &cookie)]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("nightlatch-reason")),
        (401, "idle")
    );

    let cookie = site.sign_in(json!({ "subject": "ada" })).await;
    site.server.stop();
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 503);
    assert_eq!(site.application.reached(), 1);
    site.server.restart();
    let cookie = site.sign_in(json!({ "subject": "ada" })).await;
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 200);
}
