//! Who may pass, who may not, and what the application gets to know.

use axum::http::Method;

use crate::apache::{Apache, free_port, identity_spellings};
use crate::application::Application;
use crate::client::{self, Answer};
use crate::server::Server;

struct Site {
    server: Server,
    application: Application,
    _apache: Apache,
    url: String,
}

impl Site {
    async fn start(policy: &str) -> Self {
        let (port, authorizer) = (free_port(), free_port());
        let url = format!("http://127.0.0.1:{port}");
        let config = format!(
            "[server]\npublic_url = \"{url}\"\n[gateway.fastcgi]\nlisten = \"127.0.0.1:{authorizer}\"\n{policy}"
        );
        let application = Application::start().await;
        Self {
            server: Server::start(&config),
            _apache: Apache::start(port, authorizer, application.port),
            application,
            url,
        }
    }

    async fn sign_in(&self) -> String {
        let bearer = format!("Bearer {}", self.server.key);
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let url = format!("{}sessions", self.server.management);
        let created = client::send(Method::POST, &url, &headers, r#"{"subject":"ada","amr":["pwd","otp"]}"#).await;
        created.ok(201)["token"].as_str().expect("a token").to_owned()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        client::send(Method::GET, &format!("{}{path}", self.url), headers, "").await
    }
}

/// What the application was told.
fn told<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let lines = answer.text().lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(other, _)| *other == name)
        .map(|(_, value)| value)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_passes_and_is_told_of() {
    let site = Site::start("[policy]\nidle = \"30m\"\n").await;
    let cookie = format!("nightlatch={}", site.sign_in().await);
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
    let site = Site::start("[policy]\nidle = \"30m\"\n").await;
    let refused = site.get("/page", &[]).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("nightlatch-reason"), "none");
    assert_eq!(refused.json()["reason"], "none");
    assert_eq!(refused.header("cache-control"), "no-store");

    let sent_on = site.get("/page", &[("accept", "text/html")]).await;
    assert_eq!(sent_on.status, 302);
    let location = format!("{}/nightlatch/signed-out?reason=none", site.url);
    assert_eq!(sent_on.header("location"), location);

    let token = site.sign_in().await;
    let cookie = format!("nightlatch={token}");
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
    let site = Site::start("[policy]\nidle = \"2s\"\nwarn_before = \"1s\"\n").await;
    let cookie = format!("nightlatch={}", site.sign_in().await);
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 200);
    // The stream closes behind the end.
    let events = format!("{}events", site.server.browser);
    let events = client::send(Method::GET, &events, &[("cookie", &cookie)], "").await;
    assert!(events.text().contains("event: ended"), "{}", events.text());
    let refused = site.get("/", &[("cookie", &cookie)]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("nightlatch-reason")),
        (401, "idle")
    );
    assert!(refused.json()["ended_at"].is_i64(), "{}", refused.text());
    let session = format!("{}session", site.server.browser);
    let itself = client::send(Method::GET, &session, &[("cookie", &cookie)], "").await;
    itself.problem(401);
    assert_eq!(itself.json(), refused.json(), "the answer is the same over HTTP");
    assert_eq!(site.application.reached(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_an_identity_header_is_believed() {
    let site = Site::start("[policy]\nidle = \"30m\"\n").await;
    let cookie = format!("nightlatch={}", site.sign_in().await);
    let spellings = identity_spellings();
    let forged = spellings.iter().map(|name| (name.as_str(), "root"));
    let headers: Vec<_> = forged.chain([("cookie", cookie.as_str())]).collect();
    let answer = site.get("/", &headers).await;
    assert_eq!(told(&answer, "nightlatch-subject"), ["ada"]);
    assert!(!answer.text().contains("root"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_passes_while_the_server_is_down() {
    let mut site = Site::start("[policy]\nidle = \"30m\"\n").await;
    let cookie = format!("nightlatch={}", site.sign_in().await);
    site.server.stop();
    let refused = site.get("/", &[("cookie", &cookie)]).await;
    assert!(refused.status.is_server_error(), "{}", refused.status);
    assert_eq!(site.application.reached(), 0);
    site.server.restart();
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 200);
}
