//! The development switch of the real binary: said at every start and in every session, and gone with the process.

use axum::http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, send};
use crate::server::Server;

const POLICY: &str = "[policy]\nidle = \"1s\"\nabsolute = \"2s\"\nwarn_before = \"500ms\"\n";
const SAID: &str = "server.development: no limit ends or locks a session";

async fn session(server: &Server, token: &str) -> Answer {
    let authorization = format!("Bearer {token}");
    let url = format!("{}session", server.browser);
    send(Method::GET, &url, &[("authorization", &authorization)], "").await
}

async fn api(server: &Server, method: Method, path: &str, body: &Value) -> Value {
    let authorization = format!("Bearer {}", server.key);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
    ];
    let url = format!("{}{path}", server.management);
    let answer = send(method, &url, &headers, body.to_string()).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    answer.json()
}

async fn ends(server: &Server) -> Vec<Value> {
    let audit = api(server, Method::GET, "audit?kind=ended", &Value::Null).await;
    audit["records"].as_array().expect("records").clone()
}

#[tokio::test]
async fn no_limit_ends_a_session_until_a_process_without_the_switch_has_the_store() {
    let mut server = Server::start(&format!("[server]\ndevelopment = true\n{POLICY}"));
    let made = api(&server, Method::POST, "sessions", &json!({ "subject": "ada" })).await;
    let (handle, token) = (
        made["handle"].as_str().expect("a handle"),
        made["token"].as_str().expect("a token"),
    );
    let began = session(&server, token).await.ok(200)["server_time_ms"]
        .as_i64()
        .expect("a time");
    loop {
        let body = session(&server, token).await.ok(200);
        assert_eq!((&body["development"], &body["phase"]), (&json!(true), &json!("active")));
        assert_eq!(
            (&body["idle_remaining_ms"], &body["absolute_remaining_ms"]),
            (&Value::Null, &Value::Null)
        );
        // Past both limits.
        if body["server_time_ms"].as_i64().expect("a time") > began + 2500 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(ends(&server).await, Vec::<Value>::new());
    let explained = api(
        &server,
        Method::GET,
        &format!("sessions/{handle}/explanation"),
        &Value::Null,
    )
    .await;
    assert!(
        explained.to_string().contains("this process runs for development"),
        "{explained}"
    );
    let policy = api(&server, Method::GET, "policy", &Value::Null).await;
    assert!(policy.to_string().contains("\"1s\""), "{policy}");
    assert_eq!(server.log().matches(SAID).count(), 1, "{}", server.log());
    server.restart();
    session(&server, token).await.ok(200);
    assert_eq!(server.log().matches(SAID).count(), 2, "at every start");

    std::fs::write(server.config_file(), POLICY).expect("the configuration");
    server.restart();
    let over = session(&server, token).await;
    over.problem(401);
    assert_eq!(over.json()["reason"], "idle");
    assert_eq!(server.log().matches(SAID).count(), 2);
    let ended = ends(&server).await;
    assert_eq!(
        (ended.len(), &ended[0]["handle"], &ended[0]["reason"]),
        (1, &json!(handle), &json!("idle"))
    );
    let made = api(&server, Method::POST, "sessions", &json!({ "subject": "ada" })).await;
    let body = session(&server, made["token"].as_str().expect("a token")).await.ok(200);
    assert_eq!(body.get("development"), None, "never told otherwise");
    let revisions = api(&server, Method::GET, "policy/revisions", &Value::Null).await;
    assert!(!revisions.to_string().contains("\"revision\":2"), "{revisions}");
}

#[test]
fn it_is_refused_at_start_where_others_reach_the_server() {
    let server = Server::start("");
    let file = server.config_file();
    let elsewhere = "[server]\npublic_url = \"https://app.example\"\ntrusted_proxies = [\"127.0.0.1\"]\n";
    // The option stands for the variable, and what the file has not is told of the variable.
    for (text, option, place) in [
        (format!("{elsewhere}development = true\n"), None, "latch.toml:2:1: "),
        (
            elsewhere.to_owned(),
            Some("--development"),
            "NIGHTLATCH__SERVER__DEVELOPMENT: ",
        ),
    ] {
        std::fs::write(&file, text).expect("the configuration");
        let mut command = server.binary();
        command.arg("serve").arg("--config").arg(&file).args(option);
        let output = command.output().expect("the binary runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{told}");
        assert!(told.contains(&format!("{place}server.public_url: ")), "{told}");
        assert!(told.contains("remove server.development"), "{told}");
    }
}

#[test]
fn check_says_so() {
    let server = Server::start("");
    let file = server.config_file();
    std::fs::write(&file, "[server]\ndevelopment = true\n").expect("the configuration");
    let check = |options: &[&str]| {
        let mut command = server.binary();
        let output = command
            .arg("check")
            .arg(&file)
            .args(options)
            .output()
            .expect("the binary runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
            output.stdout,
        )
    };
    let (code, told, _) = check(&[]);
    assert_eq!(code, Some(0));
    assert!(
        told.contains("latch.toml: server.development: no limit ends or locks a session"),
        "{told}"
    );
    assert_eq!(check(&["--strict"]).0, Some(78));
    let answer: Value = serde_json::from_slice(&check(&["--json"]).2).expect("JSON");
    assert_eq!((&answer["valid"], &answer["development"]), (&json!(true), &json!(true)));
}
