//! Why limits are what they are: for anybody, for a live session, for one that is over.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::client::send;

const POLICY: &str = "[policy]\nidle = \"30m\"\nchoice = { allow = [\"20m\"] }\n\
    [[policy.rules]]\nname = \"billing\"\nmatch = { path = \"/billing/**\" }\nidle = \"5m\"\non_idle = \"lock\"\n\
    [[policy.gates]]\nname = \"admin\"\nmatch = { path = \"/admin/**\" }\nmax_age = \"1ms\"\n";
const UNKNOWN: &str = "0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10";

async fn open_tab(api: &Api, token: &str, path: &str) {
    let authorization = format!("Bearer {token}");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
        ("nightlatch", "1"),
        ("sec-fetch-site", "same-origin"),
    ];
    let body = json!({ "tab": "t1", "path": path }).to_string();
    let url = format!("{}tab", api.server.browser);
    send(Method::POST, &url, &headers, body).await.ok(200);
}

fn deciding(explained: &Value) -> Vec<&Value> {
    let steps = explained["steps"].as_array().expect("steps").iter();
    steps.filter(|step| step["decides"] == true).collect()
}

#[tokio::test]
async fn anybody_is_explained_under_todays_policy() {
    let api = Api::with(POLICY);
    let answer = api
        .get("explain?role=admin&role=staff&device=mobile&choice=20m&path=/billing/%3Fx")
        .await
        .ok(200);
    assert_eq!(
        (
            &answer["revision"],
            &answer["idle"]["value"],
            &answer["idle"]["decided_by"]
        ),
        (&json!(1), &json!("5m"), &json!("rules[0] \"billing\""))
    );
    assert_eq!(answer["on_idle"]["value"], "lock");
    assert_eq!(answer["max_age"]["decided_by"], "no gate");
    assert_eq!(deciding(&answer["idle"]).len(), 1);
    assert_eq!(deciding(&answer["idle"])[0]["layer"], "tightening");
    let anywhere = api.get("explain").await.ok(200);
    assert_eq!(
        (&anywhere["idle"]["value"], anywhere.get("max_age")),
        (&json!("30m"), None)
    );
    assert!(api.get("explain?choice=20").await.problem(422).contains("20m"));
    assert!(api.get("explain?path=/&path=/a").await.problem(400).contains("path"));
    assert!(api.get("explain?subject=ada").await.problem(400).contains("subject"));
}

#[tokio::test]
async fn a_live_session_says_which_page_decides_and_what_a_request_would_meet() {
    let api = Api::with(POLICY);
    let (handle, token) = api.sign_in("ada").await;
    open_tab(&api, &token, "/billing").await;
    let answer = api
        .get(&format!("sessions/{handle}/explanation?path=/admin/users"))
        .await
        .ok(200);
    assert_eq!((&answer["state"], &answer["phase"]), (&json!("live"), &json!("active")));
    assert_eq!(
        answer["surface"],
        json!([{ "tab": "t1", "path": "/billing", "idle": "5m", "on_idle": "lock", "decides": true }])
    );
    assert_eq!(answer["limits"]["idle"]["decided_by"], "rules[0] \"billing\"");
    assert_eq!(answer["limits"].get("max_age"), None);
    assert_eq!(answer["deadline_kind"], "idle");
    assert!(answer["deadlines"]["idle"]["remaining_ms"].as_u64() <= Some(300_000));
    let request = &answer["request"];
    assert_eq!(
        (&request["verdict"], &request["reason"], &request["max_age"]),
        (&json!("step-up"), &json!("age"), &json!("1ms"))
    );
    assert_eq!(request["limits"]["idle"]["value"], "30m");

    let sentence = &api.session_of(&token).await.ok(200)["explanation"];
    let told = "This session will be locked after 5 minutes without activity, as set for a page that you have open.";
    assert_eq!(sentence, told);

    let output = api
        .server
        .command(&["explain", "--session", &handle, "--path", "/admin/users"]);
    let text = String::from_utf8(output.stdout).expect("text");
    for line in [
        "/billing, open in tab t1: idle 5m, then locks; decides",
        "* rules[0] \"billing\"",
        "to /admin/users would ask for authentication",
        "* gates[0] \"admin\"",
    ] {
        assert!(text.contains(line), "{line:?} is missing: {text}");
    }
    api.get(&format!("sessions/{UNKNOWN}/explanation")).await.problem(404);
    let unknown = api.server.command(&["explain", "--session", UNKNOWN]);
    assert!(!unknown.status.success());
}

#[tokio::test]
async fn an_ended_session_says_why_and_by_whom() {
    let api =
        Api::with("[policy]\nwarn_before = \"0s\"\n[[policy.rules]]\nmatch = { role = \"brief\" }\nidle = \"1s\"\n");
    let (timed_out, _) = api.sign_in_as(&json!({ "subject": "ada", "roles": ["brief"] })).await;
    let (thrown_out, _) = api.sign_in("ben").await;
    api.delete(&format!("sessions/{thrown_out}?reason=account"))
        .await
        .ok(200);
    let answer = api.get(&format!("sessions/{thrown_out}/explanation")).await.ok(200);
    assert_eq!(
        (
            &answer["state"],
            &answer["reason"],
            &answer["actor"],
            answer.get("idle")
        ),
        (&json!("ended"), &json!("account"), &json!("api:first"), None)
    );

    let gone = async { while !api.handles("").await.is_empty() {} };
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .expect("the end");
    let answer = api.get(&format!("sessions/{timed_out}/explanation")).await.ok(200);
    assert_eq!(
        (
            &answer["reason"],
            &answer["actor"],
            &answer["idle"]["value"],
            &answer["idle"]["sooner"]
        ),
        (&json!("idle"), &json!("policy"), &json!("1s"), &json!(false))
    );
    assert_eq!(deciding(&answer["idle"])[0]["source"], "rules[0]");
    let output = api.server.command(&["explain", "--session", &timed_out]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("no activity for too long (idle)"), "{text}");
    let json = api.server.command(&["explain", "--session", &timed_out, "--json"]);
    assert_eq!(serde_json::from_slice::<Value>(&json.stdout).ok(), Some(answer));
}
