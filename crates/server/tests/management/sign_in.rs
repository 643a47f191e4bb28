//! Creating sessions, and handing them to somebody who has authenticated again.

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::client::send;

#[tokio::test]
async fn a_created_session_works_on_the_browser_side() {
    let api = Api::start();
    let body = json!({
        "subject": "ada", "application": "console", "device": "mobile", "roles": ["admin", "staff"],
        "amr": ["pwd", "otp"], "choice": "15m",
    });
    let answer = api.post("sessions", &body).await;
    let made = answer.ok(201);
    let (handle, token) = (
        made["handle"].as_str().expect("a handle"),
        made["token"].as_str().expect("a token"),
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("location"), format!("/api/v1/sessions/{handle}"));
    assert_eq!(
        made["set_cookie"],
        format!("nightlatch={token}; Path=/; HttpOnly; SameSite=Lax")
    );
    assert_eq!(made["form_token"].as_str().map(str::len), Some(43));

    let session = api.session_of(token).await.ok(200);
    assert_eq!(
        (&session["subject"], &session["handle"]),
        (&json!("ada"), &json!(handle))
    );

    let shown = api.get(&format!("sessions/{handle}")).await.ok(200);
    for (key, value) in body.as_object().expect("an object") {
        assert_eq!(&shown[key], value, "{key}");
    }
    assert_eq!(
        (&shown["phase"], &shown["policy_revision"]),
        (&json!("active"), &json!(1))
    );
    assert_eq!((&shown["open_tabs"], &shown["holds"]), (&json!(0), &json!([])));
    for key in ["created_at", "authenticated_at", "last_activity_at"] {
        let at = shown[key].as_str().expect(key);
        assert!(
            at.len() == 24 && at.ends_with('Z') && at.as_bytes()[19] == b'.',
            "{key}: {at}"
        );
    }
    assert!(
        shown["idle_remaining_ms"]
            .as_u64()
            .is_some_and(|millis| (1_790_000..=1_800_000).contains(&millis))
    );
}

#[tokio::test]
async fn an_answer_to_anything_but_a_sign_in_shows_neither_token_nor_digest() {
    let api = Api::start();
    let (handle, token) = api.sign_in("ada").await;
    for path in [
        "sessions",
        &format!("sessions/{handle}"),
        "subjects/ada/sessions",
        "audit",
    ] {
        let answer = api.get(path).await;
        let body: Value = answer.ok(200);
        assert!(!answer.text().contains(&token), "{path}");
        assert!(
            !answer.text().contains("digest") && !answer.text().contains("\"token\""),
            "{path}: {body}"
        );
    }
    assert!(!api.open("/metrics").await.text().contains(&handle));
    assert!(!api.server.log().contains(&token) && !api.server.log().contains(&api.server.key));
}

#[tokio::test]
async fn an_earlier_authentication_shortens_the_absolute_limit_and_a_future_one_is_refused() {
    let api = Api::with("[policy]\nabsolute = \"8h\"\n");
    let (handle, _) = api.sign_in("now").await;
    let shown = api.get(&format!("sessions/{handle}")).await.ok(200);
    let created = shown["created_at"]
        .as_str()
        .expect("a time")
        .parse::<jiff::Timestamp>()
        .expect("RFC 3339");
    let hour_ago = created.as_second() - 3600;

    let (handle, _) = api
        .sign_in_as(&json!({ "subject": "ada", "auth_time": hour_ago }))
        .await;
    let shown = api.get(&format!("sessions/{handle}")).await.ok(200);
    let remaining = shown["absolute_remaining_ms"].as_u64().expect("a limit");
    assert!(
        (7 * 3_600_000 - 60_000..=7 * 3_600_000).contains(&remaining),
        "{remaining}"
    );

    for future in [
        json!(created.as_second() + 3600),
        json!(created.as_millisecond()),
        json!(u64::MAX),
    ] {
        let refused = api
            .post("sessions", &json!({ "subject": "ada", "auth_time": future }))
            .await;
        assert!(refused.problem(422).starts_with("auth_time: "));
    }
}

#[tokio::test]
async fn a_clock_that_is_a_little_ahead_keeps_nobody_out() {
    let api = Api::start();
    let now = api.now().await;
    let (handle, token) = api
        .sign_in_as(&json!({ "subject": "ada", "auth_time": now.as_second() + 40 }))
        .await;
    let shown = api.get(&format!("sessions/{handle}")).await.ok(200);
    assert_eq!(shown["authenticated_at"], shown["created_at"]);
    api.session_of(&token).await.ok(200);

    let strict = Api::with("[management]\nauth_time_leeway = \"0s\"\n");
    let refused = strict
        .post(
            "sessions",
            &json!({ "subject": "ada", "auth_time": now.as_second() + 40 }),
        )
        .await;
    assert!(refused.problem(422).contains("management.auth_time_leeway"));
}

#[tokio::test]
async fn an_authentication_older_than_the_absolute_limit_makes_no_session() {
    let limits = "[policy]\nabsolute = \"8h\"\n[policy.applications.open]\nabsolute = \"off\"\n\
                  [[policy.rules]]\nmatch = { role = \"admin\" }\nabsolute = \"1h\"\n";
    let api = Api::with(limits);
    let now = api.now().await.as_second();
    for (application, role, age, refused) in [
        ("shop", "staff", 8 * 3600, Some(("8h", 28_800))),
        ("shop", "staff", 9 * 3600, Some(("8h", 28_800))),
        ("shop", "staff", now, Some(("8h", 28_800))),
        ("shop", "staff", 8 * 3600 - 60, None),
        ("shop", "admin", 3600, Some(("1h", 3_600))),
        ("open", "staff", 9 * 3600, None),
        ("open", "staff", now, None),
    ] {
        let body = json!({ "subject": "ada", "application": application, "roles": [role], "auth_time": now - age });
        let answer = api.post("sessions", &body).await;
        let Some((limit, seconds)) = refused else {
            let token = answer.ok(201)["token"].as_str().expect("a token").to_owned();
            api.session_of(&token).await.ok(200);
            continue;
        };
        let detail = answer.problem(422);
        assert!(
            detail.starts_with("auth_time: ") && detail.contains(limit),
            "{body}: {detail}"
        );
        assert!(detail.contains(&format!("max_age={seconds}")), "{detail}");
        assert_eq!(answer.json()["type"], "urn:nightlatch:problem:authentication-too-old");
    }
}

#[tokio::test]
async fn after_reauthentication_the_old_token_is_dead_and_the_new_one_lives() {
    let api = Api::start();
    let (handle, old) = api.sign_in("ada").await;
    let path = format!("sessions/{handle}/reauthenticate");
    let renewed = api.post(&path, &json!({ "subject": "ada" })).await.ok(200);
    assert_eq!(renewed["handle"], json!(handle));
    let new = renewed["token"].as_str().expect("a token");
    assert!(
        renewed["set_cookie"]
            .as_str()
            .is_some_and(|cookie| cookie.contains(new))
    );
    api.session_of(&old).await.problem(401);
    api.session_of(new).await.ok(200);
    assert_eq!(api.handles("").await, [handle.as_str()]);
}

#[tokio::test]
async fn an_authentication_that_is_told_late_counts_from_when_it_was() {
    let api = Api::with("[policy]\nidle = \"1h\"\nabsolute = \"8h\"\n");
    let now = api.now().await.as_second();
    let signed_in = now - 3600;
    for (auth_time, refused) in [
        (None, None),
        (Some(json!(now - 60)), None),
        (Some(json!(now + 40)), None),
        // The same authentication once more: its answer may have got lost.
        (Some(json!(signed_in)), None),
        (
            Some(json!(signed_in - 1)),
            Some(("authentication-too-old", "prompt=login")),
        ),
        (
            Some(json!(signed_in - 3600)),
            Some(("authentication-too-old", "the session knows of an authentication")),
        ),
        (
            Some(json!(now - 9 * 3600)),
            Some(("authentication-too-old", "max_age=28800")),
        ),
        (
            Some(json!(now + 3600)),
            Some(("invalid-value", "management.auth_time_leeway")),
        ),
        (Some(json!(now * 1000)), Some(("invalid-value", "milliseconds"))),
        (Some(json!(-1)), Some(("invalid-value", "auth_time"))),
        (Some(json!("now")), Some(("invalid-value", "auth_time"))),
    ] {
        let (handle, old) = api
            .sign_in_as(&json!({ "subject": "ada", "auth_time": signed_in }))
            .await;
        let path = format!("sessions/{handle}/reauthenticate");
        let mut body = json!({ "subject": "ada" });
        if let Some(auth_time) = &auth_time {
            body["auth_time"] = auth_time.clone();
        }
        let answer = api.post(&path, &body).await;
        let token = match refused {
            None => answer.ok(200)["token"].as_str().expect("a token").to_owned(),
            Some((kind, words)) => {
                let told = answer.problem(422);
                assert!(told.contains(words), "{body}: {told}");
                assert_eq!(
                    answer.json()["type"],
                    format!("urn:nightlatch:problem:{kind}"),
                    "{body}"
                );
                // Nothing has changed.
                old
            }
        };
        let age = api.session_of(&token).await.ok(200)["authentication_age_ms"]
            .as_i64()
            .expect("an age")
            / 1000;
        let told = match (&auth_time, refused) {
            (None, None) => now,
            (Some(told), None) => told.as_i64().expect("seconds").min(now),
            (_, Some(_)) => signed_in,
        };
        assert!((now - told..now - told + 60).contains(&age), "{body}: {age}");
    }
}

#[tokio::test]
async fn a_lock_opens_for_an_authentication_after_it_alone() {
    let api = Api::with("[policy]\nidle = \"2s\"\nwarn_before = \"0s\"\nabsolute = \"8h\"\non_idle = \"lock\"\n");
    let before = api.now().await.as_second() - 60;
    let (handle, token) = api
        .sign_in_as(&json!({ "subject": "ada", "auth_time": before - 60 }))
        .await;
    while api.session_of(&token).await.ok(200)["phase"] != "locked" {
        tokio::task::yield_now().await;
    }
    let path = format!("sessions/{handle}/reauthenticate");
    let refused = api.post(&path, &json!({ "subject": "ada", "auth_time": before })).await;
    assert!(refused.problem(422).contains("the session locked"));
    assert_eq!(api.session_of(&token).await.ok(200)["phase"], "locked");
    let after = api.now().await.as_second();
    let opened = api
        .post(&path, &json!({ "subject": "ada", "auth_time": after }))
        .await
        .ok(200);
    let token = opened["token"].as_str().expect("a token");
    assert_eq!(api.session_of(token).await.ok(200)["phase"], "active");
}

#[tokio::test]
async fn another_subject_supersedes_the_session_and_gets_none() {
    let api = Api::start();
    let (handle, token) = api.sign_in("ada").await;
    let path = format!("sessions/{handle}/reauthenticate");
    let refused = api.post(&path, &json!({ "subject": "eve" })).await;
    assert!(refused.problem(409).contains("superseded"));
    let ended = api.session_of(&token).await;
    ended.problem(401);
    assert_eq!(ended.json()["reason"], "superseded");

    let again = api.post(&path, &json!({ "subject": "ada" })).await;
    assert!(again.problem(409).contains("superseded"));
    let unknown = "sessions/0197a3c2-5b1e-7d40-9a55-3f0f5f1f3a10/reauthenticate";
    api.post(unknown, &json!({ "subject": "ada" })).await.problem(404);
}

#[tokio::test]
async fn a_handle_is_no_credential() {
    let api = Api::start();
    let (handle, _) = api.sign_in("ada").await;
    api.session_of(&handle).await.problem(401);
    let cookie = format!("nightlatch={handle}");
    let url = format!("{}session", api.server.browser);
    send(Method::GET, &url, &[("cookie", &cookie)], "").await.problem(401);
    for key in [handle.clone(), format!("nlk_{handle}")] {
        let authorization = format!("Bearer {key}");
        let url = format!("{}sessions", api.server.management);
        send(Method::GET, &url, &[("authorization", &authorization)], "")
            .await
            .problem(401);
    }
}

#[tokio::test]
async fn two_people_never_look_or_arrive_like_one() {
    let api = Api::start();
    for (member, value) in [
        ("subject", json!(" admin")),
        ("subject", json!("admin ")),
        ("subject", json!("ad\u{200b}min")),
        ("subject", json!("admin\u{feff}")),
        ("subject", json!("ad\u{202e}nim")),
        ("subject", json!("ad\u{a0}min")),
        ("application", json!("wiki\u{200d}")),
        ("device", json!(" mobile")),
        ("roles", json!(["staff", "admin "])),
        ("amr", json!(["pwd hwk"])),
        ("amr", json!(["pwd,hwk"])),
        ("amr", json!(["pwd\u{200b}"])),
    ] {
        let mut body = json!({ "subject": "ada" });
        body[member] = value.clone();
        let told = api.post("sessions", &body).await.problem(422);
        assert!(told.contains(member), "{value}: {told}");
    }
    assert_eq!(api.handles("").await, Vec::<String>::new());
}
