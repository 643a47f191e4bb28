//! Applications: their documents, and their base values, which are a part of the policy.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::client::Answer;

const OWNED: &str = "policy = \"server\"\n";
const PATH: &str = "applications/console";

fn console() -> Value {
    json!({
        "id": "console",
        "name": "Console",
        "origins": ["https://console.example"],
        "logout_urls": ["https://console.example/bye?a=b"],
        "base": { "idle": "15m", "on_idle": "lock" },
    })
}

async fn put(api: &Api, body: &Value) -> Answer {
    api.call(Method::PUT, PATH, &body.to_string()).await
}

async fn patch(api: &Api, body: &Value) -> Answer {
    api.call(Method::PATCH, PATH, &body.to_string()).await
}

/// How many revisions, and how many entries about applications.
async fn changes(api: &Api) -> (usize, usize) {
    let count = async |kind: &str| {
        let page = api.get(&format!("audit?kind={kind}")).await.ok(200);
        page["records"].as_array().map_or(0, Vec::len)
    };
    (count("policy").await, count("application").await)
}

#[tokio::test]
async fn an_application_and_its_base_are_written_and_read() {
    let api = Api::with(OWNED);
    let made = api.post("applications", &console()).await;
    assert_eq!(made.ok(201), console());
    assert_eq!(made.header("location"), "/api/v1/applications/console");
    assert_eq!(api.get(PATH).await.ok(200), console());
    assert_eq!(
        api.get("applications").await.ok(200),
        json!({ "applications": [console()] })
    );
    let policy = api.get("policy").await.text().to_owned();
    assert!(
        policy.contains(r#""console":{"idle":"15m","on_idle":"lock"}"#),
        "{policy}"
    );
    let revision = &api.get("audit?kind=policy").await.ok(200)["records"][1];
    assert_eq!(revision["actor"], "api:first");
    assert!(
        revision["detail"]
            .as_str()
            .is_some_and(|detail| detail.ends_with("application console"))
    );
    let entry = &api.get("audit?kind=application").await.ok(200)["records"][0];
    assert_eq!(
        (&entry["actor"], &entry["detail"]),
        (&json!("api:first"), &json!("added console"))
    );
    assert_eq!(entry["application"], "console");

    let twice = api.post("applications", &console()).await;
    twice.problem(409);
    assert_eq!(twice.json()["type"], "urn:nightlatch:problem:name-taken");

    let (handle, _) = api
        .sign_in_as(&json!({ "subject": "ada", "application": "console" }))
        .await;
    let session = api.get(&format!("sessions/{handle}")).await.ok(200);
    assert!(
        session["idle_remaining_ms"]
            .as_u64()
            .is_some_and(|millis| millis <= 900_000)
    );
}

#[tokio::test]
async fn what_is_read_and_written_back_changes_nothing() {
    let api = Api::with(OWNED);
    let made = put(&api, &console()).await;
    assert_eq!(made.ok(201), console());
    let before = changes(&api).await;
    assert_eq!(before, (2, 1));
    let read = api.get(PATH).await;
    assert_eq!(read.header("etag"), made.header("etag"));
    for answer in [
        put(&api, &read.json()).await,
        patch(&api, &read.json()).await,
        patch(&api, &json!({})).await,
        put(&api, &json!({ "name": "Console", "origins": ["https://console.example:443"], "logout_urls": console()["logout_urls"] })).await,
    ] {
        assert_eq!(answer.ok(200), console());
        assert_eq!(answer.header("etag"), read.header("etag"));
    }
    assert_eq!(changes(&api).await, before);
}

#[tokio::test]
async fn a_patch_drops_nothing_that_it_was_not_sent() {
    let api = Api::with(OWNED);
    put(&api, &console()).await.ok(201);
    let mut expected = console();
    for (change, key, value) in [
        (json!({ "name": "The Console" }), "/name", json!("The Console")),
        (json!({ "base": { "absolute": "4h" } }), "/base/absolute", json!("4h")),
        (json!({ "origins": [] }), "/origins", json!([])),
        (json!({ "base": { "idle": "20m" } }), "/base/idle", json!("20m")),
    ] {
        let answer = patch(&api, &change).await.ok(200);
        if let Some(place) = expected.pointer_mut(key) {
            *place = value;
        } else {
            expected["base"]["absolute"] = value;
        }
        assert_eq!(answer, expected, "{change}");
    }
    let unset = patch(&api, &json!({ "base": { "on_idle": null } })).await.ok(200);
    assert_eq!(unset["base"], json!({ "idle": "20m", "absolute": "4h" }));
    let none = patch(&api, &json!({ "base": null, "logout_urls": null })).await.ok(200);
    assert_eq!((&none["base"], &none["logout_urls"]), (&json!({}), &json!([])));
    assert!(!api.get("policy").await.text().contains("console"));
    patch(&api, &json!({ "name": null })).await.problem(422);
    patch(&api, &json!({ "nmae": "x" })).await.problem(422);
    patch(&api, &json!({ "id": "other" })).await.problem(422);
    api.call(Method::PATCH, "applications/other", "{}").await.problem(404);
}

#[tokio::test]
async fn nobody_writes_over_what_they_have_not_seen() {
    let api = Api::with(OWNED);
    let nothing_there = [("if-none-match", "*")];
    let body = console().to_string();
    let made = api.call_with(&nothing_there, Method::PUT, PATH, &body).await;
    made.ok(201);
    let again = api.call_with(&nothing_there, Method::PUT, PATH, &body).await;
    again.problem(412);
    let seen = made.header("etag").to_owned();
    assert_eq!(again.header("etag"), "");
    let known = api.call_with(&[("if-none-match", &seen)], Method::GET, PATH, "").await;
    assert_eq!((known.status.as_u16(), known.text()), (304, ""));

    let from_seen = [("if-match", seen.as_str())];
    let change = |name: &str| json!({ "name": name }).to_string();
    let changed = api.call_with(&from_seen, Method::PATCH, PATH, &change("B")).await;
    changed.ok(200);
    for (method, body) in [
        (Method::PATCH, change("C")),
        (Method::PUT, change("C")),
        (Method::DELETE, String::new()),
    ] {
        let stale = api.call_with(&from_seen, method, PATH, &body).await;
        stale.problem(412);
        assert_eq!(stale.header("etag"), changed.header("etag"));
    }
    assert_eq!(api.get(PATH).await.ok(200)["name"], "B");
    let elsewhere = api
        .call_with(&from_seen, Method::PUT, "applications/other", &change("C"))
        .await;
    elsewhere.problem(412);
    let now = changed.header("etag").to_owned();
    let gone = api.call_with(&[("if-match", &now)], Method::DELETE, PATH, "").await;
    assert_eq!(gone.status, 204);
    api.get(PATH).await.problem(404);
    api.delete(PATH).await.problem(404);
}

#[tokio::test]
async fn a_file_that_owns_the_policy_keeps_the_base() {
    let api = Api::with("[policy.applications.console]\nidle = \"20m\"\n");
    let refused = api.post("applications", &console()).await;
    assert!(refused.problem(409).contains("latch.toml"));
    assert_eq!(refused.json()["type"], "urn:nightlatch:problem:policy-owned-by-file");
    api.get(PATH).await.problem(404);

    let mut body = console();
    body.as_object_mut().expect("an object").remove("base");
    let made = api.post("applications", &body).await.ok(201);
    assert_eq!(made["base"], json!({ "idle": "20m" }));
    assert_eq!(put(&api, &made).await.ok(200), made);
    assert_eq!(patch(&api, &json!({ "name": "Other" })).await.ok(200)["name"], "Other");
    patch(&api, &json!({ "base": { "idle": "10m" } })).await.problem(409);
    patch(&api, &json!({ "base": null })).await.problem(409);
    assert_eq!(changes(&api).await.0, 1);
    assert_eq!(api.delete(PATH).await.status, 204);
    assert!(api.get("policy").await.text().contains("console"));
}

#[tokio::test]
async fn a_base_that_makes_no_policy_is_refused_as_a_whole() {
    let api = Api::with(OWNED);
    let mut body = console();
    body["base"] = json!({ "idle": "30s" });
    let refused = put(&api, &body).await;
    refused.problem(422);
    assert_eq!(refused.json()["type"], "urn:nightlatch:problem:invalid-policy");
    let violations = refused.json()["violations"].clone();
    assert!(
        violations[0]["key"].is_string() && violations[0]["remedy"].is_string(),
        "{violations}"
    );
    api.get(PATH).await.problem(404);
    assert_eq!(changes(&api).await, (1, 0));
}

#[tokio::test]
async fn base_values_need_the_scope_of_the_policy() {
    let api = Api::with(OWNED);
    let writer = api.key("writer", &["applications:read", "applications:write"]).await;
    let as_writer = [("authorization", writer.as_str())];
    let with_base = console().to_string();
    let refused = api.call_with(&as_writer, Method::PUT, PATH, &with_base).await;
    assert!(refused.problem(403).contains("policy:write"));
    let without = json!({ "name": "Console" }).to_string();
    api.call_with(&as_writer, Method::PUT, PATH, &without).await.ok(201);
}

#[tokio::test]
async fn sessions_of_a_removed_application_go_on() {
    let api = Api::with(OWNED);
    put(&api, &console()).await.ok(201);
    let (_, token) = api
        .sign_in_as(&json!({ "subject": "ada", "application": "console" }))
        .await;
    assert_eq!(api.delete(PATH).await.status, 204);
    assert!(!api.get("policy").await.text().contains("console"));
    api.session_of(&token).await.ok(200);
    let entry = &api.get("audit?kind=application").await.ok(200)["records"][1];
    assert_eq!(entry["detail"], "removed console");
}

#[tokio::test]
async fn values_that_are_none_are_named() {
    let api = Api::with(OWNED);
    let many: Vec<_> = (0..33).map(|number| format!("https://a{number}.example")).collect();
    for (key, value) in [
        ("id", json!("Console")),
        ("id", json!("")),
        ("name", json!("")),
        ("name", json!("a\nb")),
        ("origins", json!(["*"])),
        ("origins", json!(["null"])),
        ("origins", json!(["http://console.example"])),
        ("origins", json!(["https://console.example/"])),
        ("origins", json!("https://console.example")),
        ("origins", json!(many)),
        ("logout_urls", json!(["/bye"])),
        ("logout_urls", json!(["https://a@console.example/bye"])),
        ("logout_urls", json!(["https://console.example/bye#x"])),
        ("logout_urls", json!(many)),
        ("base", json!({ "idle": 15 })),
        ("base", json!({ "idel": "15m" })),
        ("color", json!("red")),
    ] {
        let mut body = console();
        body[key] = value.clone();
        let detail = api.post("applications", &body).await.problem(422);
        assert!(detail.contains(key), "{key} = {value}: {detail}");
    }
    api.call(Method::PUT, "applications/A%20B", "{\"name\":\"x\"}")
        .await
        .problem(422);
    assert_eq!(api.get("applications").await.ok(200), json!({ "applications": [] }));
}
