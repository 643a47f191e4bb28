//! Who may pass, who may not, and what the application gets to know.

use axum::http::Method;
use serde_json::{Value, json};

use crate::apache::{self, identity_spellings};
use crate::client;
use crate::guarded::{Guarded, told};

async fn site(policy: &str) -> Guarded {
    Guarded::start("gateway.fastcgi", policy, apache::start).await
}

fn ada() -> Value {
    json!({ "subject": "ada", "amr": ["pwd", "otp"] })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_passes_and_is_told_of() {
    let site = site("[policy]\nidle = \"30m\"\n").await;
    let cookie = site.sign_in(ada()).await;
    let answer = site.get("/page?a=b", &[("cookie", &cookie)]).await;
    assert_eq!(told(&answer, "nightlatch-subject"), ["ada"]);
    assert_eq!(told(&answer, "nightlatch-session")[0].len(), 36);
    assert_eq!(told(&answer, "nightlatch-application"), [""]);
    assert_eq!(told(&answer, "nightlatch-authentication-methods"), ["pwd otp"]);
    assert_eq!(told(&answer, "nightlatch-phase"), ["active"]);
    for name in [
        "nightlatch-authenticated-at",
        "nightlatch-idle-remaining",
        "nightlatch-absolute-remaining",
    ] {
        let number = told(&answer, name)[0].parse::<u64>();
        assert!(number.is_ok_and(|number| number > 1000), "{name}: {}", answer.text());
    }
    let bearer = format!("Bearer {}", &cookie["nightlatch=".len()..]);
    let answer = site.get("/page", &[("authorization", &bearer)]).await;
    assert_eq!(told(&answer, "nightlatch-subject"), ["ada"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_told_so_and_reaches_nothing() {
    let site = site("[policy]\nidle = \"30m\"\n").await;
    let refused = site.get("/page", &[]).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("nightlatch-reason"), "none");
    assert_eq!(refused.json()["reason"], "none");
    assert_eq!(refused.header("cache-control"), "no-store");

    let sent_on = site.get("/page", &[("accept", "text/html")]).await;
    assert_eq!(sent_on.status, 302);
    let location = format!("{0}/nightlatch/signed-out?reason=none&return_to={0}/page", site.url);
    assert_eq!(sent_on.header("location"), location);

    let cookie = site.sign_in(ada()).await;
    for path in ["/a%2fb", "/a%5cb", "/%252e%252e/admin", "/a%00"] {
        let refused = site.get(path, &[("cookie", &cookie)]).await;
        assert!(refused.status.is_client_error(), "{path}: {}", refused.status);
    }
    let elsewhere = site.get("/", &[("cookie", &cookie), ("host", "evil.example")]).await;
    assert_eq!(elsewhere.status, 403, "{}", elsewhere.text());
    assert_eq!(site.application.reached(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_idle_no_longer_passes() {
    let site = site("[policy]\nidle = \"2s\"\nwarn_before = \"1s\"\n").await;
    let cookie = site.sign_in(ada()).await;
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 200);
    site.ended(&cookie).await;
    let refused = site.get("/", &[("cookie", &cookie)]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("nightlatch-reason")),
        (401, "idle")
    );
    assert!(refused.json()["ended_at"].is_i64(), "{}", refused.text());
    let session = format!("{}session", site.server.browser);
    let itself = client::send(Method::GET, &session, &[("cookie", &cookie)], "").await;
    itself.problem(401);
    let same = |answer: &client::Answer| {
        let mut problem = answer.json();
        let instance = problem.as_object_mut().and_then(|problem| problem.remove("instance"));
        assert!(instance.is_some_and(|instance| instance.as_str().is_some_and(|named| named.starts_with("urn:uuid:"))));
        problem
    };
    assert_eq!(same(&itself), same(&refused), "the answer is the same over HTTP");
    assert_eq!(site.application.reached(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_an_identity_header_is_believed() {
    let site = site("[policy]\nidle = \"30m\"\n").await;
    let cookie = site.sign_in(ada()).await;
    let spellings = identity_spellings();
    let forged = spellings.iter().map(|name| (name.as_str(), "root"));
    let headers: Vec<_> = forged.chain([("cookie", cookie.as_str())]).collect();
    let answer = site.get("/", &headers).await;
    assert_eq!(told(&answer, "nightlatch-subject"), ["ada"]);
    assert!(!answer.text().contains("root"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_passes_while_the_server_is_down() {
    let mut site = site("[policy]\nidle = \"30m\"\n").await;
    let cookie = site.sign_in(ada()).await;
    site.server.stop();
    let refused = site.get("/", &[("cookie", &cookie)]).await;
    assert!(refused.status.is_server_error(), "{}", refused.status);
    assert_eq!(site.application.reached(), 0);
    site.server.restart();
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 200);
}
