//! The policy that the server owns: changed, planned, restored, and its history.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::Api;

const SERVER_OWNS: &str = "policy = \"server\"\n";

#[tokio::test]
async fn a_written_policy_is_in_force_at_once_and_has_a_history() {
    let api = Api::with(SERVER_OWNS);
    let (_, token) = api.sign_in("ada").await;
    let first = api.get("policy").await;
    assert_eq!(first.ok(200)["idle"], json!("30m"));
    let strict = json!({ "idle": "10m", "rules": [{ "name": "admins", "match": { "role": "admin" }, "idle": "5m" }] });
    let put = api
        .write(
            Method::PUT,
            "policy?reason=audit%20of%20May",
            &strict,
            first.header("etag"),
        )
        .await;
    assert_eq!(put.ok(200)["rules"][0]["name"], json!("admins"));
    let body = api.session_of(&token).await.ok(200);
    assert!(
        body["idle_remaining_ms"].as_u64().is_some_and(|left| left <= 600_000),
        "{body}"
    );

    let stale = api.write(Method::PUT, "policy", &json!({}), first.header("etag")).await;
    stale.problem(412);
    assert_eq!(stale.header("etag"), put.header("etag"));

    let history = api.get("policy/revisions").await.ok(200);
    let latest = &history["revisions"][0];
    assert_eq!(
        (&latest["revision"], &latest["actor"], &latest["reason"]),
        (&json!(2), &json!("api:first"), &json!("audit of May"))
    );
    let idle = json!({ "key": "idle", "before": "30m", "after": "10m" });
    assert!(
        latest["differences"].as_array().is_some_and(|all| all.contains(&idle)),
        "{latest}"
    );

    let restored = api
        .post("policy/revisions/1/restore", &json!({ "reason": "too strict" }))
        .await;
    assert_eq!(restored.ok(200), first.json());
    let history = api.get("policy/revisions?limit=1").await.ok(200);
    assert_eq!(
        (&history["revisions"][0]["restored"], &history["next_after"]),
        (&json!(1), &json!(3))
    );
    let second = api.get("policy/revisions/2").await.ok(200);
    assert_eq!(second["policy"]["idle"], json!("10m"));
    api.get("policy/revisions/9").await.problem(404);
}

#[tokio::test]
async fn what_is_not_sent_stays_and_null_removes() {
    let api = Api::with(SERVER_OWNS);
    let whole = json!({
        "idle": "20m", "caps": { "idle": "3d", "absolute": "30d" }, "choice": { "allow": ["10m", "20m"] },
        "applications": { "console": { "idle": "15m" } }, "gates": [{ "match": { "path": "/admin/**" }, "max_age": "1h" }],
    });
    let before = api.write(Method::PUT, "policy", &whole, "*").await.ok(200);
    let after = api
        .write(Method::PATCH, "policy", &json!({ "idle": "25m" }), "*")
        .await
        .ok(200);
    let mut expected = before.clone();
    expected["idle"] = json!("25m");
    assert_eq!(after, expected);
    let change = json!({ "caps": { "idle": null }, "applications": { "console": { "absolute": "1h" } } });
    let after = api.write(Method::PATCH, "policy", &change, "*").await.ok(200);
    assert_eq!(after["caps"], json!({ "absolute": "30d" }));
    assert_eq!(
        after["applications"]["console"],
        json!({ "idle": "15m", "absolute": "1h" })
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_policy_is_told_key_by_key_and_changes_nothing() {
    let api = Api::with(SERVER_OWNS);
    for method in [Method::PUT, Method::PATCH] {
        let wrong = json!({ "idle": "30s", "rules": [{ "match": { "role": "a" } }] });
        let refused = api.write(method.clone(), "policy", &wrong, "*").await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        let problem = refused.json();
        assert_eq!(problem["type"], json!("urn:nightlatch:problem:invalid-policy"));
        let keys: Vec<_> = problem["violations"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|violation| violation["key"].as_str().expect("a key").to_owned())
            .collect();
        assert_eq!(keys, ["idle", "rules[0]"]);
        let unreadable = api.write(method, "policy", &json!({ "idle": 30 }), "*").await;
        assert!(unreadable.problem(422).starts_with("idle: "), "{}", unreadable.text());
    }
    assert_eq!(api.get("policy/state").await.ok(200)["revision"], json!(1));
}

#[tokio::test]
async fn where_a_file_owns_the_policy_nothing_else_changes_it() {
    let api = Api::with("[policy]\nidle = \"20m\"\n");
    let own = api.get("policy").await.ok(200);
    for (method, path) in [
        (Method::PUT, "policy"),
        (Method::PATCH, "policy"),
        (Method::POST, "policy/revisions/1/restore"),
    ] {
        let body = if method == Method::POST { json!({}) } else { own.clone() };
        let refused = api.write(method, path, &body, "*").await;
        assert!(refused.problem(409).contains("latch.toml"), "{}", refused.text());
    }
    // What a change would do can be asked all the same.
    let plan = api.post("policy/plan", &json!({ "idle": "5m" })).await.ok(200);
    assert_eq!(plan["all"]["sessions"], json!(0));
}

#[tokio::test]
async fn a_plan_says_what_a_change_would_do_and_the_change_does_it() {
    let api = Api::with(SERVER_OWNS);
    let short = json!({ "idle": "30m", "absolute": "2s", "warn_before": "0s" });
    api.write(Method::PUT, "policy", &short, "*").await.ok(200);
    let (ada, token) = api.sign_in_as(&json!({ "subject": "ada", "roles": ["admin"] })).await;
    let first = api
        .write(Method::PUT, "policy", &json!({ "idle": "30m", "absolute": "off" }), "*")
        .await;
    first.ok(200);
    let (ben, _) = api
        .sign_in_as(&json!({ "subject": "ben", "application": "shop" }))
        .await;
    // The longer limit is for those who sign in from now on.
    while api.session_of(&token).await.status.as_u16() != 401 {}
    assert_eq!(api.handles("").await, std::slice::from_ref(&ben));
    assert_eq!(
        api.get(&format!("sessions/{ada}")).await.ok(200)["reason"],
        json!("absolute")
    );

    let strict = json!({ "idle": "30m", "absolute": "off",
        "applications": { "shop": { "absolute": "1h", "idle": "20m" } }, "warn_before": "0s" });
    let plan = api.post("policy/plan", &strict).await.ok(200);
    assert_eq!(
        (
            &plan["all"]["sessions"],
            &plan["all"]["ending"],
            &plan["all"]["shortened"]
        ),
        (&json!(1), &json!(0), &json!(1))
    );
    assert_eq!(plan["applications"][0]["name"], json!("shop"));
    assert_eq!(plan["ending_complete"], json!(true));
}

#[tokio::test]
async fn the_report_is_for_people_and_machines() {
    let api = Api::with("[policy]\npreset = \"pci-dss\"\n");
    let report = api.get("policy/report").await.ok(200);
    assert_eq!(report["preset"]["name"], json!("pci-dss"));
    let markdown = api.get("policy/report.md").await;
    assert_eq!(markdown.header("content-type"), "text/markdown; charset=utf-8");
    assert!(markdown.text().contains("PCI DSS"), "{}", markdown.text());
    api.get("policy/lints").await.ok(200);
}

#[tokio::test]
async fn a_file_hands_its_policy_over_with_one_command() {
    let mut api = Api::with("# ours\n[policy]\nidle = \"20m\" # calm\n\n[log]\nlevel = \"info\"\n");
    let config = api.server.config_file();
    let adopted = api
        .server
        .command(&["policy", "adopt", "--config", config.to_str().expect("a path")]);
    assert!(adopted.status.success(), "{adopted:?}");
    let file = std::fs::read_to_string(api.server.config_file()).expect("the file");
    assert!(
        file.contains("policy = \"server\"") && file.contains("# ours"),
        "{file}"
    );
    api.server.restart();
    assert_eq!(api.get("policy").await.ok(200)["idle"], json!("20m"));
    let state = api.get("policy/state").await.ok(200);
    assert_eq!((&state["file"], &state["revision"]), (&Value::Null, &json!(1)));
    api.write(Method::PATCH, "policy", &json!({ "idle": "15m" }), "*")
        .await
        .ok(200);
    api.server.restart();
    assert_eq!(api.get("policy").await.ok(200)["idle"], json!("15m"));
}

#[tokio::test]
async fn the_command_line_plans_applies_shows_and_restores() {
    let api = Api::with(SERVER_OWNS);
    api.sign_in_as(&json!({ "subject": "ada", "roles": ["admin"] })).await;
    let directory = tempfile::tempdir().expect("a directory");
    let strict = directory.path().join("strict.toml");
    std::fs::write(&strict, "idle = \"10m\"\n").expect("the file");
    let file = strict.to_str().expect("a path");
    let policy = |arguments: &[&str]| {
        let output = api.server.command(&[&["policy"], arguments].concat());
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let plan = policy(&["plan", file, "--no-color"]);
    assert!(
        plan.contains("idle: 30m -> 10m") && plan.contains("role admin"),
        "{plan}"
    );
    let json: Value = serde_json::from_str(&policy(&["plan", file, "--json"])).expect("JSON");
    assert_eq!(json["all"]["shortened"], json!(1));
    let applied = policy(&["apply", file, "--reason", "audit"]);
    assert!(applied.contains("Revision 2 is in force"), "{applied}");
    assert!(policy(&["show"]).contains("idle = \"10m\""));
    let history = policy(&["history"]);
    assert!(
        history.contains("audit") && history.contains("idle: 30m -> 10m"),
        "{history}"
    );
    assert!(policy(&["restore", "1", "--reason", "too strict"]).contains("Revision 3"));
    assert!(policy(&["export", file]).contains("10m"));
    let report = policy(&["export"]).replace('\\', "");
    for told in [
        "3, in force since",
        "api:first",
        "too strict",
        env!("CARGO_PKG_VERSION"),
        "| idle | 30m |",
    ] {
        assert!(report.contains(told), "{told}: {report}");
    }
}

#[tokio::test]
async fn a_change_that_ends_or_locks_sessions_is_made_only_on_purpose() {
    let api = Api::with(SERVER_OWNS);
    api.sign_in("ada").await;
    let directory = tempfile::tempdir().expect("a directory");
    let deadly = directory.path().join("deadly.toml");
    std::fs::write(&deadly, "idle = \"1ms\"\nabsolute = \"1ms\"\nwarn_before = \"0s\"\n").expect("the file");
    let file = deadly.to_str().expect("a path");
    let policy = |arguments: &[&str]| {
        let output = api.server.command(&[&["policy"], arguments].concat());
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(told).expect("text"))
    };
    let (code, told) = policy(&["apply", file]);
    assert!(code == Some(2) && told.contains("--reason"), "{told}");
    let (code, told) = policy(&["apply", file, "--reason", "  "]);
    assert!(code == Some(2) && told.contains("no reason"), "{told}");
    let (code, told) = policy(&["apply", file, "--dry-run"]);
    assert!(code == Some(0) && told.contains("END NOW"), "{told}");
    let (code, told) = policy(&["apply", file, "--reason", "a slip"]);
    for word in ["1 session will end now", "--dry-run", "--yes"] {
        assert!(code == Some(1) && told.contains(word), "{word}: {told}");
    }
    assert_eq!(api.handles("").await.len(), 1, "nothing was changed");
    let (code, told) = policy(&["apply", file, "--reason", "on purpose", "--yes"]);
    assert!(code == Some(0) && told.contains("Revision 2"), "{told}");
    assert_eq!(api.handles("").await.len(), 0);

    let (code, told) = policy(&["restore", "1"]);
    assert!(code == Some(2) && told.contains("--reason"), "{told}");
    let (code, _) = policy(&["restore", "1", "--reason", "back"]);
    assert_eq!(code, Some(0));
    api.sign_in("ada").await;
    let (code, told) = policy(&["restore", "2", "--reason", "a slip"]);
    assert!(code == Some(1) && told.contains("1 session will end now"), "{told}");
    assert_eq!(api.handles("").await.len(), 1);
}
