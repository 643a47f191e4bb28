//! How many sessions somebody may have at the same time.

use serde_json::{Value, json};

use crate::api::{Api, handles_of};

fn policy(most: u32, on_reached: &str) -> String {
    format!("[policy]\nmax_sessions = {most}\non_max_sessions = \"{on_reached}\"\n")
}

#[tokio::test]
async fn a_sign_in_too_many_is_refused_and_shown_what_is_there() {
    let api = Api::with(&policy(2, "refuse"));
    let (first, _) = api.sign_in("ada").await;
    let (second, _) = api.sign_in("ada").await;
    let body = json!({ "subject": "ada", "ending": [first] });
    let refused = api.post("sessions", &body).await;
    refused.problem(409);
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:nightlatch:problem:too-many-sessions");
    assert_eq!(
        (&problem["limit"], &problem["on_max_sessions"]),
        (&json!(2), &json!("refuse"))
    );
    assert_eq!(handles_of(&problem), [first.as_str(), second.as_str()]);
    let listed = api.get("subjects/ada/sessions").await.ok(200);
    for key in ["subject", "created_at", "last_activity_at", "phase"] {
        assert_eq!(problem["sessions"][1][key], listed["sessions"][1][key], "{key}");
    }
    assert!(!refused.text().contains("token"));
    api.sign_in("ben").await;
    api.delete(&format!("sessions/{first}")).await.ok(200);
    api.sign_in("ada").await;
}

#[tokio::test]
async fn the_person_chooses_where_the_policy_asks() {
    let api = Api::with(&policy(2, "ask"));
    let (first, _) = api.sign_in("ada").await;
    let (second, _) = api.sign_in("ada").await;
    let (other, _) = api.sign_in("ben").await;
    let choosing = |ending: Value| json!({ "subject": "ada", "ending": ending });
    for ending in [
        json!([]),
        json!([other]),
        json!(["0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10"]),
    ] {
        let refused = api.post("sessions", &choosing(ending)).await;
        refused.problem(409);
        assert_eq!(refused.json()["on_max_sessions"], "ask");
    }
    api.post("sessions", &choosing(json!(["first"]))).await.problem(422);
    let made = api.post("sessions", &choosing(json!([first]))).await.ok(201);
    let third = made["handle"].as_str().expect("a handle");
    assert_eq!(api.handles("?subject=ada").await, [second.as_str(), third]);
    assert_eq!(api.handles("?subject=ben").await, [other.as_str()]);
    let ended = api.get(&format!("sessions/{first}")).await.ok(200);
    assert_eq!(ended["reason"], "superseded");
}

#[tokio::test]
async fn the_oldest_makes_room() {
    let api = Api::with(&policy(1, "end-oldest"));
    let (_, before) = api.sign_in("ada").await;
    let (after, _) = api.sign_in("ada").await;
    assert_eq!(api.handles("").await, [after.as_str()]);
    api.session_of(&before).await.problem(401);
}

#[tokio::test]
async fn twenty_racing_sign_ins_never_leave_more_than_there_may_be() {
    for on_reached in ["refuse", "end-oldest", "ask"] {
        let api = Api::with(&policy(3, on_reached));
        let body = json!({ "subject": "ada" });
        let racing = (0..20).map(|_| async {
            let answer = api.post("sessions", &body).await;
            let living = api.handles("?subject=ada").await.len();
            assert!(living <= 3, "{living} with {on_reached}");
            answer.status.as_u16()
        });
        let statuses = futures_util::future::join_all(racing).await;
        let made = statuses.iter().filter(|status| **status == 201).count();
        // Who makes room while others do may be asked to try again.
        let other = if on_reached == "end-oldest" { 503 } else { 409 };
        assert!(
            statuses.iter().all(|status| [201, other].contains(status)),
            "{statuses:?}"
        );
        assert!(
            made == 3 || made > 3 && on_reached == "end-oldest",
            "{made} with {on_reached}"
        );
        assert_eq!(api.handles("?subject=ada").await.len(), 3);
    }
}
