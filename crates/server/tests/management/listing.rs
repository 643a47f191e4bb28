//! Lists: filters, pages, and what one session says of itself.

use axum::http::Method;
use serde_json::json;

use crate::api::{Api, handles_of};
use crate::client::send;

#[tokio::test]
async fn filters_must_all_hold() {
    let api = Api::start();
    let (first, _) = api
        .sign_in_as(
            &json!({ "subject": "ada", "application": "console", "device": "mobile", "roles": ["admin", "staff"] }),
        )
        .await;
    let (second, _) = api
        .sign_in_as(&json!({ "subject": "ada", "application": "shop", "roles": ["staff"] }))
        .await;
    let (third, _) = api
        .sign_in_as(&json!({ "subject": "b&b/ü", "application": "shop" }))
        .await;
    for (query, expected) in [
        ("", vec![&first, &second, &third]),
        ("?subject=ada", vec![&first, &second]),
        ("?application=shop", vec![&second, &third]),
        ("?role=staff", vec![&first, &second]),
        ("?role=admin", vec![&first]),
        ("?device=mobile", vec![&first]),
        ("?subject=ada&application=shop", vec![&second]),
        ("?subject=ada&device=desktop", vec![]),
        ("?subject=b%26b%2F%C3%BC", vec![&third]),
        ("?subject=b", vec![]),
    ] {
        assert_eq!(api.handles(query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let of_subject = api.get("subjects/b%26b%2F%C3%BC/sessions").await.ok(200);
    assert_eq!(handles_of(&of_subject), [third.as_str()]);
    assert_eq!(of_subject["next_after"], json!(null));
}

#[tokio::test]
async fn pages_miss_and_repeat_nothing_while_sessions_come_and_go() {
    let api = Api::start();
    let mut before = Vec::new();
    for number in 0..7 {
        before.push(api.sign_in(&format!("user-{number}")).await.0);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for round in 0.. {
        let page = api.get(&format!("sessions?limit=2{cursor}")).await.ok(200);
        assert!(handles_of(&page).len() <= 2);
        seen.extend(handles_of(&page));
        match round {
            0 => {
                // One that was told already, and one that is still to come.
                api.delete(&format!("sessions/{}", before[0])).await.ok(200);
                api.delete(&format!("sessions/{}", before[5])).await.ok(200);
            }
            1 => before.push(api.sign_in("late").await.0),
            _ => {}
        }
        match page["next_after"].as_str() {
            Some(next) => cursor = format!("&after={next}"),
            None => break,
        }
    }
    before.remove(5);
    assert_eq!(seen, before);
}

#[tokio::test]
async fn a_person_is_shown_at_a_glance() {
    let api = Api::start();
    for application in [Some("shop"), Some("console"), Some("shop"), None] {
        api.sign_in_as(&json!({ "subject": "ada", "application": application }))
            .await;
    }
    let (last, _) = api.sign_in("ben").await;
    let ada = api.get("subjects/ada").await.ok(200);
    assert_eq!((&ada["subject"], &ada["live_sessions"]), (&json!("ada"), &json!(4)));
    assert_eq!(ada["applications"], json!(["console", "shop"]));
    let ben = api.get("subjects/ben").await.ok(200);
    let session = api.get(&format!("sessions/{last}")).await.ok(200);
    assert_eq!(ben["last_activity_at"], session["last_activity_at"]);
    api.delete("subjects/ada/sessions").await.ok(200);
    let gone = json!({ "subject": "ada", "live_sessions": 0, "last_activity_at": null, "applications": [] });
    assert_eq!(api.get("subjects/ada").await.ok(200), gone);
}

#[tokio::test]
async fn an_even_last_page_has_no_next() {
    let api = Api::start();
    for subject in ["a", "b", "c", "d"] {
        api.sign_in(subject).await;
    }
    let first = api.get("sessions?limit=2").await.ok(200);
    let cursor = first["next_after"].as_str().expect("another page");
    let second = api.get(&format!("sessions?limit=2&after={cursor}")).await.ok(200);
    assert_eq!((handles_of(&second).len(), &second["next_after"]), (2, &json!(null)));
}

#[tokio::test]
async fn a_session_shows_its_tabs_holds_and_phase() {
    let api = Api::with("[policy]\nidle = \"30m\"\nwarn_before = \"29m59s\"\n");
    let (handle, token) = api.sign_in("ada").await;
    let authorization = format!("Bearer {token}");
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/json"),
        ("nightlatch", "1"),
    ];
    let url = |call: &str| format!("{}{call}", api.server.browser);
    send(Method::POST, &url("tab"), &headers, r#"{"tab":"t1","path":"/a"}"#)
        .await
        .ok(200);
    send(Method::POST, &url("tab"), &headers, r#"{"tab":"t2","path":"/b"}"#)
        .await
        .ok(200);
    let held = send(
        Method::POST,
        &url("hold"),
        &headers,
        r#"{"for_ms":60000,"label":"upload"}"#,
    )
    .await;
    let held = held.json()["hold"].as_str().expect("an id").to_owned();
    let shown = api.get(&format!("sessions/{handle}")).await.ok(200);
    assert_eq!((&shown["open_tabs"], &shown["holds"]), (&json!(2), &json!([held])));

    let released = send(Method::DELETE, &url(&format!("hold/{held}")), &headers, "").await;
    assert_eq!(released.status, 204);
    let reached = async {
        loop {
            let listed = api.get("sessions").await.ok(200)["sessions"][0].clone();
            if listed["phase"] == "warning" {
                break listed;
            }
        }
    };
    let listed = tokio::time::timeout(std::time::Duration::from_secs(20), reached)
        .await
        .expect("the warning");
    assert_eq!(
        (&listed["holds"], &listed["deadline_kind"]),
        (&json!([]), &json!("idle"))
    );
}

#[tokio::test]
async fn a_session_past_its_deadline_is_not_listed_and_says_why_it_ended() {
    let api = Api::with("[policy]\nidle = \"1s\"\nwarn_before = \"0s\"\n");
    let (handle, _) = api.sign_in("ada").await;
    let gone = async { while !api.handles("").await.is_empty() {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone)
        .await
        .expect("the end");
    let shown = api.get(&format!("sessions/{handle}")).await.ok(200);
    assert_eq!((&shown["phase"], &shown["reason"]), (&json!("ended"), &json!("idle")));
    let at = |key: &str| {
        shown[key]
            .as_str()
            .expect(key)
            .parse::<jiff::Timestamp>()
            .expect("RFC 3339")
            .as_millisecond()
    };
    assert_eq!(at("ended_at") - at("last_activity_at"), 1000);
}
