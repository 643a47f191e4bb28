//! What passes, as whom, and what does not.

use axum::http::Method;
use serde_json::json;

use crate::application::Application;
use crate::front::{Front, PAGE, cookie, got};

#[tokio::test]
async fn the_application_hears_who_asks_and_nothing_else_of_the_session() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let cookie = format!("theme=dark; {}; lang=en", cookie(&token));
    let headers = [
        ("cookie", &*cookie),
        ("connection", "x-secret"),
        ("x-secret", "1"),
        ("te", "trailers"),
    ];
    let answer = front.send(Method::POST, "/a/b?c=d%20e", &headers, "hello").await;
    let told = answer.ok(200);
    assert_eq!(
        (&told["method"], &told["target"], &told["body"]),
        (&json!("POST"), &json!("/a/b?c=d%20e"), &json!(5))
    );
    for (name, values) in [
        ("host", &["app.example"][..]),
        ("nightlatch-subject", &["ada"]),
        ("nightlatch-authentication-methods", &["pwd"]),
        ("nightlatch-phase", &["active"]),
        ("nightlatch-application", &[""]),
        ("cookie", &["theme=dark; lang=en"]),
        ("x-forwarded-for", &["127.0.0.1"]),
        ("x-forwarded-proto", &["http"]),
        ("x-forwarded-host", &["app.example"]),
        ("forwarded", &["for=127.0.0.1;host=\"app.example\";proto=http"]),
        ("x-secret", &[]),
        ("connection", &[]),
        ("te", &["trailers"]),
    ] {
        assert_eq!(got(&told, name), values, "{name}");
    }
    assert!(!told.to_string().contains(&token));
    assert_eq!((answer.header("x-hop"), answer.header("set-cookie")), ("", "own=1"));
    assert_eq!(
        answer.header("cache-control"),
        "max-age=60",
        "what is no document is the application's"
    );
    assert_eq!(front.metric("proxy_requests_total{outcome=\"passed\"}").await, 1);
}

#[tokio::test]
async fn a_bearer_passes_as_well_and_stays_here() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let told = front
        .get("/", &[("authorization", &format!("Bearer {token}"))])
        .await
        .ok(200);
    assert_eq!(
        (got(&told, "nightlatch-subject"), got(&told, "authorization")),
        (vec!["ada"], vec![])
    );
}

#[tokio::test]
async fn a_token_of_the_application_passes_beside_the_cookie_and_ours_never_does() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let (own, ours) = (cookie(&token), format!("Bearer {token}"));
    let theirs = format!("Bearer {}", "A".repeat(43));
    let earlier = format!("__Host-nightlatch={token}; __Secure-nightlatch={token}; theme=dark");
    for (target, subject) in [("/guarded", "ada"), ("/open/page", "")] {
        for (sent, authorization) in [
            (&[("authorization", theirs.as_str())][..], vec![theirs.as_str()]),
            (&[("authorization", "Basic YTpi")], vec!["Basic YTpi"]),
            (&[("authorization", &ours)], vec![]),
            (
                &[("authorization", &theirs), ("authorization", &ours)],
                vec![theirs.as_str()],
            ),
            (
                &[("authorization", &ours), ("authorization", &theirs)],
                vec![theirs.as_str()],
            ),
            (&[("cookie", &earlier)], vec![]),
        ] {
            let mut headers = vec![("cookie", &*own)];
            headers.extend(sent);
            let told = front.get(target, &headers).await.ok(200);
            assert_eq!(got(&told, "nightlatch-subject"), [subject], "{target} {sent:?}");
            assert_eq!(got(&told, "authorization"), authorization, "{target} {sent:?}");
            assert!(!told.to_string().contains(&token), "{target} {sent:?}: {told}");
        }
    }
    // A token of ours is meant where it is sent, whatever has become of its session, and two of them mean nothing.
    let other = front.sign_in("ben").await;
    let other_bearer = format!("Bearer {other}");
    let both = [("cookie", &*own), ("authorization", &*other_bearer)];
    let told = front.get("/guarded", &both).await.ok(200);
    assert_eq!(got(&told, "nightlatch-subject"), ["ben"]);
    let two = [("authorization", &*ours), ("authorization", &*other_bearer)];
    front.get("/guarded", &two).await.problem(401);
    front.sign_out(&other).await;
    front.get("/guarded", &both).await.problem(401);
}

#[tokio::test]
async fn no_spelling_of_a_claim_reaches_the_application() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let names = [
        "Nightlatch-Subject",
        "nightlatch_subject",
        "NIGHTLATCH.SUBJECT",
        "Nightlatch+Subject",
        "nightlatch~idle!remaining",
        "nightlatch-session",
        "nightlatch-roles",
        "Proxy",
        "X-Forwarded-For",
        "x_forwarded_for",
        "x.forwarded.for",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "X-Forwarded-Uri",
        "Forwarded",
        "X-Original-Url",
        "x_original_url",
        "X-Original-Method",
        "X-Real-Ip",
        "x_real_ip",
        "X`Real|Ip",
        "True*Client-Ip",
    ];
    let cookie = cookie(&token);
    for target in ["/guarded", "/open/page"] {
        let mut headers = vec![("cookie", &*cookie)];
        headers.extend(names.map(|name| (name, "forged")));
        let told = front.get(target, &headers).await.ok(200);
        assert!(!told.to_string().contains("forged"), "{target}: {told}");
    }
}

#[tokio::test]
async fn who_has_no_session_is_sent_on_or_told() {
    let application = Application::start().await;
    let front = Front::of(&application, "[server]\nsign_in_url = \"/sign-in\"\n");
    let page = front.get("/wiki?a=b", &PAGE).await;
    assert_eq!(page.status, 302);
    let address = page.header("location");
    assert!(
        address.contains("app.example/sign-in?return_to=") && address.ends_with("/wiki%3Fa%3Db"),
        "{address}"
    );
    let form = front.send(Method::POST, "/wiki", &PAGE, "a=b").await;
    assert_eq!(form.status, 303);
    let fetch = front.get("/wiki", &[]).await;
    fetch.problem(401);
    assert_eq!(fetch.json()["reason"], "none");
    let token = front.sign_in("ada").await;
    front.get_as(&token, "/wiki", &[]).await.ok(200);
    front.sign_out(&token).await;
    let fetch = front.get_as(&token, "/wiki", &[]).await;
    fetch.problem(401);
    assert_eq!(fetch.json()["reason"], "user");
    let page = front.get_as(&token, "/wiki", &PAGE).await;
    assert_eq!(
        page.header("location"),
        "http://app.example/nightlatch/signed-out?reason=user&return_to=http://app.example/wiki"
    );
    assert_eq!(application.heads().len(), 1);
}

#[tokio::test]
async fn everybody_sees_what_is_open_as_nobody() {
    let application = Application::start().await;
    let front = Front::of(&application, "[server]\nsign_in_url = \"/sign-in\"\n");
    let token = front.sign_in("ada").await;
    for target in ["/open", "/open/style.css", "/sign-in", "/sign-in?return_to=x"] {
        let told = front.get_as(&token, target, &[]).await.ok(200);
        assert_eq!(
            (got(&told, "nightlatch-subject"), got(&told, "cookie")),
            (vec![""], vec![]),
            "{target}"
        );
        front.get(target, &PAGE).await.ok(200);
    }
    for target in [
        "/open/../wiki",
        "/open/%2e%2e/wiki",
        "/open;/x",
        "/opening",
        "/sign-in/more",
        "/open/..;/wiki",
    ] {
        assert_eq!(front.get(target, &[]).await.status, 401, "{target}");
    }
}

#[tokio::test]
async fn endpoints_for_pages_are_there_and_those_for_proxies_are_not() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    assert_eq!(
        front.get_as(&token, "/nightlatch/session", &[]).await.ok(200)["subject"],
        "ada"
    );
    assert_eq!(front.get("/nightlatch/sdk.js", &[]).await.status, 200);
    for target in [
        "/nightlatch/auth/request",
        "/nightlatch/auth/forward",
        "/nightlatch/auth/ext/x",
        "/nightlatch//auth/forward",
        "/nightlatch/%61uth/forward",
        "/nightlatch/x/../auth/forward",
        "/x/../nightlatch/auth/forward",
        "/%6eightlatch/session",
        "/nightlatch/auth",
        "/nightlatch/nothing",
        "/nightlatch",
    ] {
        front
            .get_as(&token, target, &[("x-forwarded-uri", "/")])
            .await
            .problem(404);
    }
    assert!(application.heads().is_empty());
    let told = front.get_as(&token, "/nightlatchet", &[]).await.ok(200);
    assert_eq!(told["target"], "/nightlatchet");
}

#[tokio::test]
async fn nothing_is_behind_other_hosts() {
    let application = Application::start().await;
    let front = Front::of(&application, "[[sites]]\nhost = \"empty.example\"\n");
    let token = front.sign_in("ada").await;
    let cookie = cookie(&token);
    let ask = |host: &'static str| {
        let url = format!("http://{}/", front.address);
        let headers = [("host", host), ("cookie", &*cookie)];
        async move { crate::client::send(Method::GET, &url, &headers, "").await }
    };
    ask("empty.example").await.problem(404);
    ask("other.example").await.problem(403);
    ask("APP.example:80").await.ok(200);
    assert_eq!(application.heads().len(), 1);
}

#[tokio::test]
async fn a_guarded_document_is_never_stored() {
    let application = Application::start().await;
    let front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    let page = front.get_as(&token, "/page", &PAGE).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
}

#[tokio::test]
async fn people_stay_signed_in_when_the_server_starts_again() {
    let application = Application::start().await;
    let mut front = Front::of(&application, "");
    let token = front.sign_in("ada").await;
    front.get_as(&token, "/", &[]).await.ok(200);
    front.server.restart();
    front.get_as(&token, "/", &[]).await.ok(200);
    assert_eq!(application.heads().len(), 2);
}
