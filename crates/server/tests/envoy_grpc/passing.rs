//! Who may pass, who may not, and what the application gets to know.

use axum::http::Method;

use crate::application::Application;
use crate::client::{self, Answer};
use crate::envoy::{Envoy, free_port};
use crate::server::Server;

struct Site {
    server: Server,
    application: Application,
    _envoy: Envoy,
    url: String,
}

impl Site {
    async fn start(policy: &str) -> Self {
        let (port, check) = (free_port(), free_port());
        let url = format!("http://127.0.0.1:{port}");
        let config =
            format!("[server]\npublic_url = \"{url}\"\n[gateway.envoy_grpc]\nlisten = \"127.0.0.1:{check}\"\n{policy}");
        let application = Application::start().await;
        Self {
            server: Server::start(&config),
            _envoy: Envoy::start(port, check, application.port),
            application,
            url,
        }
    }

    async fn sign_in(&self, application: Option<&str>) -> String {
        let bearer = format!("Bearer {}", self.server.key);
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let url = format!("{}sessions", self.server.management);
        let mut facts = serde_json::json!({ "subject": "ada" });
        if let Some(application) = application {
            facts["application"] = application.into();
        }
        let created = client::send(Method::POST, &url, &headers, facts.to_string()).await;
        let created = created.ok(201);
        format!("nightlatch={}", created["token"].as_str().expect("a token"))
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
async fn who_is_signed_in_passes_whatever_else_the_client_says() {
    let site = Site::start("[policy]\nidle = \"30m\"\n").await;
    let cookie = site.sign_in(None).await;
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
    let site = Site::start("[policy]\nidle = \"30m\"\n").await;
    site.get("/page", &[]).await.problem(401);
    let sent_on = site.get("/page", &[("accept", "text/html")]).await;
    let location = format!("{}/nightlatch/signed-out?reason=none", site.url);
    assert_eq!((sent_on.status.as_u16(), sent_on.header("location")), (302, &*location));

    let banker = site.sign_in(Some("bank")).await;
    let refused = site.get("/wiki/page", &[("cookie", &banker)]).await;
    refused.problem(403);
    assert_eq!(site.application.reached(), 0);
    let allowed = site.get("/page", &[("cookie", &banker)]).await;
    assert_eq!(told(&allowed, "nightlatch-application"), ["bank"]);
    let anybody = site.sign_in(None).await;
    let allowed = site.get("/wiki/page", &[("cookie", &anybody)]).await;
    assert_eq!(told(&allowed, "nightlatch-application"), ["wiki"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_idle_no_longer_passes_and_nobody_does_while_the_server_is_down() {
    let mut site = Site::start("[policy]\nidle = \"2s\"\nwarn_before = \"1s\"\n").await;
    let cookie = site.sign_in(None).await;
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

    let cookie = site.sign_in(None).await;
    site.server.stop();
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 503);
    assert_eq!(site.application.reached(), 1);
    site.server.restart();
    let cookie = site.sign_in(None).await;
    assert_eq!(site.get("/", &[("cookie", &cookie)]).await.status, 200);
}
