//! Keys: how far each reaches, and who may make and revoke them.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::client::Answer;

const READ: &str = "sessions:read";

#[tokio::test]
async fn a_key_reaches_as_far_as_its_scopes() {
    let api = Api::start();
    let (handle, _) = api.sign_in("ada").await;
    let reader = api.key("reader", &[READ]).await;
    let as_reader = [("authorization", reader.as_str())];
    let session = format!("sessions/{handle}");
    for (method, path, body, status) in [
        (Method::GET, "sessions", "", 200),
        (Method::GET, session.as_str(), "", 200),
        (Method::DELETE, session.as_str(), "", 403),
        (Method::POST, "sessions", r#"{"subject":"ben"}"#, 403),
        (Method::GET, "policy", "", 403),
        (Method::GET, "audit", "", 403),
        (Method::GET, "keys", "", 403),
        (Method::POST, "keys", r#"{"name":"x","scopes":["sessions:read"]}"#, 403),
        (Method::DELETE, "keys/first", "", 403),
        (Method::GET, "nothing", "", 404),
    ] {
        let answer = api.call_with(&as_reader, method.clone(), path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text());
        if status == 403 {
            assert_eq!(answer.json()["type"], "urn:nightlatch:problem:missing-scope");
        }
    }
    assert_eq!(api.handles("").await, [handle.as_str()]);
}

#[tokio::test]
async fn nobody_grants_what_they_do_not_have() {
    let api = &Api::start();
    let maker = api.key("maker", &["keys:write", READ]).await;
    let as_maker = [("authorization", maker.as_str())];
    let make = |name: &str, scopes: &[&str]| {
        let body = json!({ "name": name, "scopes": scopes }).to_string();
        async move { api.call_with(&as_maker, Method::POST, "keys", &body).await }
    };
    let refused = make("more", &[READ, "audit:read"]).await;
    assert!(refused.problem(403).contains("audit:read"));
    make("less", &[READ]).await.ok(201);
    let same = make("same", &[READ, READ, "keys:write"]).await.ok(201);
    assert_eq!(same["scopes"], json!(["sessions:read", "keys:write"]));
}

/// Sessions of two applications and of none, and a key that is bound to the first.
struct Bound {
    api: Api,
    key: String,
    wiki: String,
    billing: String,
    none: String,
}

impl Bound {
    async fn new() -> Self {
        let api = Api::start();
        let made = json!({
            "name": "wiki", "applications": ["wiki"],
            "scopes": ["sessions:read", "sessions:create", "sessions:end", "audit:read"],
        });
        let made = api.post("keys", &made).await.ok(201);
        assert_eq!(made["applications"], json!(["wiki"]));
        let key = format!("Bearer {}", made["secret"].as_str().expect("a secret"));
        let session = async |members: Value| {
            let session = api.post("sessions", &members).await.ok(201);
            session["handle"].as_str().expect("a handle").to_owned()
        };
        let wiki = session(json!({ "subject": "ada", "application": "wiki" })).await;
        let billing = session(json!({ "subject": "ada", "application": "billing" })).await;
        let none = session(json!({ "subject": "ada" })).await;
        Self {
            api,
            key,
            wiki,
            billing,
            none,
        }
    }

    async fn call(&self, method: Method, path: &str, body: &str) -> Answer {
        self.api
            .call_with(&[("authorization", self.key.as_str())], method, path, body)
            .await
    }
}

#[tokio::test]
async fn a_bound_key_finds_the_sessions_of_its_application_and_no_other() {
    let bound = &Bound::new().await;
    for (handle, status) in [(&bound.wiki, 200), (&bound.billing, 404), (&bound.none, 404)] {
        for (method, path, body) in [
            (Method::GET, "", ""),
            (Method::GET, "/explanation", ""),
            (Method::POST, "/reauthenticate", r#"{"subject":"ada"}"#),
            (Method::DELETE, "", ""),
        ] {
            let answer = bound
                .call(method.clone(), &format!("sessions/{handle}{path}"), body)
                .await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text());
        }
        // What is out of reach is not told from what is not there.
        if status == 404 {
            let nothing = bound
                .call(Method::GET, "sessions/01890a5d-ac96-774b-bcce-b302099a8057", "")
                .await;
            let mut out_of_reach = bound.call(Method::GET, &format!("sessions/{handle}"), "").await.json();
            let mut nothing = nothing.json();
            for problem in [&mut out_of_reach, &mut nothing] {
                problem.as_object_mut().expect("an object").remove("instance");
            }
            assert_eq!(out_of_reach, nothing);
        }
    }
    let left = bound.api.handles("").await;
    assert!(left.contains(&bound.billing) && left.contains(&bound.none), "{left:?}");
}

#[tokio::test]
async fn a_bound_key_lists_counts_and_ends_within_its_application() {
    let bound = &Bound::new().await;
    for path in ["sessions", "subjects/ada/sessions", "sessions?application=wiki"] {
        let listed = bound.call(Method::GET, path, "").await.ok(200);
        let handles: Vec<_> = listed["sessions"].as_array().expect("a list").iter().collect();
        assert_eq!(handles.len(), 1, "{path}: {listed}");
        assert_eq!(handles[0]["handle"], bound.wiki);
    }
    let shown = bound.call(Method::GET, "subjects/ada", "").await.ok(200);
    assert_eq!(
        (&shown["live_sessions"], &shown["applications"]),
        (&json!(1), &json!(["wiki"]))
    );
    let audit = bound.call(Method::GET, "audit", "").await.ok(200);
    let told = audit["records"].as_array().expect("a list");
    assert!(
        !told.is_empty() && told.iter().all(|record| record["application"] == "wiki"),
        "{audit}"
    );
    let other = format!("audit?handle={}", bound.billing);
    assert_eq!(bound.call(Method::GET, &other, "").await.ok(200)["records"], json!([]));

    for (path, body) in [
        ("sessions?application=billing", ""),
        ("sessions/end", r#"{"selector":{"application":"billing"}}"#),
        ("sessions", r#"{"subject":"ada","application":"billing"}"#),
    ] {
        let method = if body.is_empty() { Method::GET } else { Method::POST };
        bound.call(method, path, body).await.problem(403);
    }
    let all = r#"{"selector":{"all":true},"dry_run":true}"#;
    assert_eq!(
        bound.call(Method::POST, "sessions/end", all).await.ok(200)["matched"],
        1
    );
    assert_eq!(
        bound.call(Method::DELETE, "subjects/ada/sessions", "").await.ok(200)["ended"],
        1
    );
    assert_eq!(
        bound.api.handles("").await,
        [bound.billing.as_str(), bound.none.as_str()]
    );
}

#[tokio::test]
async fn what_a_bound_key_makes_is_for_its_application() {
    let bound = &Bound::new().await;
    let made = bound
        .call(Method::POST, "sessions", r#"{"subject":"ben"}"#)
        .await
        .ok(201);
    let path = format!("sessions/{}", made["handle"].as_str().expect("a handle"));
    assert_eq!(bound.api.get(&path).await.ok(200)["application"], "wiki");
}

#[tokio::test]
async fn a_bound_key_reaches_nothing_that_is_about_all_applications() {
    let bound = &Bound::new().await;
    for path in [
        "policy",
        "policy/state",
        "policy/revisions",
        "applications",
        "applications/wiki",
        "keys",
        "explain",
    ] {
        bound.call(Method::GET, path, "").await.problem(403);
    }
    for (body, named) in [
        (
            json!({ "name": "a", "scopes": ["policy:read"], "applications": ["wiki"] }),
            "policy:read",
        ),
        (
            json!({ "name": "a", "scopes": ["sessions:read"], "applications": [] }),
            "applications",
        ),
        (
            json!({ "name": "a", "scopes": ["sessions:read"], "applications": [" wiki"] }),
            "applications",
        ),
    ] {
        let refused = bound.api.post("keys", &body).await.problem(422);
        assert!(refused.contains(named), "{refused}");
    }
}

#[tokio::test]
async fn keys_are_listed_with_their_scopes_and_without_their_secrets() {
    let mut api = Api::start();
    let secret = api.key("auditor", &["audit:read"]).await;
    let listed = api.get("keys").await;
    let keys = listed.ok(200)["keys"].clone();
    let names: Vec<_> = keys
        .as_array()
        .expect("a list")
        .iter()
        .map(|key| &key["name"])
        .collect();
    assert_eq!(names, ["auditor", "first"]);
    assert_eq!(keys[0]["scopes"], json!(["audit:read"]));
    assert_eq!(keys[1]["scopes"].as_array().map(Vec::len), Some(11));
    let fields = keys[0].as_object().expect("an object").keys();
    assert_eq!(fields.collect::<Vec<_>>(), ["created_at", "name", "scopes"]);

    // Both last.
    api.server.restart();
    assert_eq!(api.get("keys").await.ok(200)["keys"], keys);
    let as_auditor = [("authorization", secret.as_str())];
    api.call_with(&as_auditor, Method::GET, "audit", "").await.ok(200);
}

#[tokio::test]
async fn a_name_is_given_once_and_a_wrong_one_never() {
    let api = Api::start();
    let body = json!({ "name": "ci", "scopes": [READ] });
    let answer = api.post("keys", &body).await;
    answer.ok(201);
    assert_eq!(answer.header("location"), "/api/v1/keys/ci");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(api.post("keys", &body).await.problem(409).contains("`ci`"));
    for (body, word) in [
        (json!({ "name": "a b", "scopes": [READ] }), "name: "),
        (json!({ "name": "-x", "scopes": [READ] }), "name: "),
        (json!({ "name": "x", "scopes": ["sessions"] }), "scopes"),
        (json!({ "name": "x", "scopes": ["*"] }), "scopes"),
        (json!({ "name": "x" }), "scopes"),
        (json!({ "name": "x", "scopes": [READ], "secret": "mine" }), "secret"),
    ] {
        let detail = api.post("keys", &body).await.problem(422);
        assert!(detail.contains(word), "{body}: {detail}");
    }
}

#[tokio::test]
async fn a_revoked_key_stops_at_once_and_the_last_that_makes_others_stays() {
    let api = Api::start();
    let reader = api.key("reader", &[READ]).await;
    let as_reader = [("authorization", reader.as_str())];
    api.call_with(&as_reader, Method::GET, "sessions", "").await.ok(200);
    let gone = api.delete("keys/reader").await;
    assert_eq!((gone.status.as_u16(), gone.text()), (204, ""));
    api.call_with(&as_reader, Method::GET, "sessions", "")
        .await
        .problem(401);
    for missing in ["reader", "a%20b", "%FF"] {
        api.delete(&format!("keys/{missing}")).await.problem(404);
    }

    let refused = api.delete("keys/first").await;
    refused.problem(409);
    assert_eq!(refused.json()["type"], "urn:nightlatch:problem:last-key");
    let maker = api.key("maker", &["keys:write"]).await;
    assert_eq!(api.delete("keys/first").await.status, 204);
    api.get("keys").await.problem(401);
    let as_maker = [("authorization", maker.as_str())];
    api.call_with(&as_maker, Method::DELETE, "keys/maker", "")
        .await
        .problem(409);
}

#[tokio::test]
async fn makers_of_keys_are_in_the_audit() {
    let api = Api::start();
    api.key("ci", &[READ]).await;
    assert_eq!(api.delete("keys/ci").await.status, 204);
    let records = api.get("audit?kind=api-key").await.ok(200)["records"].clone();
    let told = |record: &Value| (record["actor"].clone(), record["detail"].clone());
    assert_eq!(
        (told(&records[1]), told(&records[2])),
        (
            (json!("api:first"), json!("made ci: sessions:read")),
            (json!("api:first"), json!("revoked ci"))
        )
    );
    assert_eq!(records[0]["actor"], "start");
}

#[tokio::test]
async fn the_command_line_makes_keys_with_scopes() {
    let api = Api::start();
    let config = api.server.config_file();
    let config = config.to_str().expect("text");
    let create = |name: &str, scopes: &[&str]| {
        let arguments = [&["keys", "create", name, "--config", config], scopes].concat();
        api.server.command(&arguments)
    };
    assert!(create("backend", &[]).status.success());
    assert!(
        create("audit", &["--scope", "audit:read", "--scope", "policy:read"])
            .status
            .success()
    );
    assert!(create("everything", &["--all-scopes"]).status.success());
    assert!(!create("neither", &["--scope", "sessions"]).status.success());
    assert!(
        !create("both", &["--all-scopes", "--scope", "audit:read"])
            .status
            .success()
    );
    let listed = api.server.command(&["keys", "list", "--config", config]);
    let listed = String::from_utf8(listed.stdout).expect("text");
    let scopes = |name: &str| {
        let line = listed.lines().find(|line| line.split(' ').next() == Some(name));
        line.map(|line| line.split_whitespace().skip(3).collect::<Vec<_>>())
    };
    assert_eq!(scopes("backend"), Some(vec![READ, "sessions:create", "sessions:end"]));
    assert_eq!(scopes("audit"), Some(vec!["policy:read", "audit:read"]));
    assert_eq!(scopes("everything").map(|scopes| scopes.len()), Some(11));
    assert_eq!((scopes("neither"), scopes("both")), (None, None));
}
