use axum::http::{Method, StatusCode, header};
use nightlatch_core::session::EndReason;
use nightlatch_store::Audit as _;
use nightlatch_store::audit::{AuditFilter, AuditKind};
use serde_json::json;

use super::{Site, page_request};

const POLICY: &str = "[policy]\nidle = \"10m\"\nabsolute = \"1h\"\nchoice = { allow = [\"5m\", \"20m\"] }\n\
    [[policy.rules]]\nmatch = { path = \"/billing/**\" }\nidle = \"5m\"\n";

#[tokio::test]
async fn the_session_body_has_the_shape_of_the_contract() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    site.advance(60);
    let mut body = site.get("/session", &token).await.json();
    assert!(body["handle"].as_str().is_some_and(|handle| handle.len() == 36));
    body["handle"] = json!("H");
    assert_eq!(
        body,
        json!({
            "phase": "active", "deadline_kind": "idle", "idle_remaining_ms": 540_000, "absolute_remaining_ms": 3_540_000,
            "warn_before_ms": 60_000, "can_extend": true, "on_idle": "sign-out", "subject": "ada", "handle": "H", "application": "bank",
            "choice": null, "choices": ["5m", "20m"], "server_time_ms": 1_700_000_060_000_i64,
            "authentication_age_ms": 60_000,
            "explanation": "You will be signed out after 10 minutes without activity, as set by your organisation.",
        })
    );
}

#[tokio::test]
async fn the_body_says_how_old_the_authentication_is_and_where_to_renew_it() {
    let site = Site::new("[server]\nsign_in_url = \"/in?a=1\"\n[policy]\nidle = \"10m\"\non_idle = \"lock\"\n").await;
    let token = site.sign_in("ada").await;
    site.advance(300);
    let told = |body: &serde_json::Value| {
        (
            body["phase"].clone(),
            body["authentication_age_ms"].clone(),
            body["sign_in_url"].clone(),
        )
    };
    let body = site.post("/extend", &token, "").await.json();
    assert_eq!(told(&body), (json!("active"), json!(300_000), json!("/in?a=1")));
    site.advance(600);
    let body = site.get("/session", &token).await.json();
    assert_eq!(told(&body), (json!("locked"), json!(900_000), json!("/in?a=1")));
    let again = site.reauthenticate(&token).await;
    let body = site.get("/session", &again).await.json();
    assert_eq!(told(&body), (json!("active"), json!(0), json!("/in?a=1")));
}

#[tokio::test]
async fn asking_is_not_activity_and_input_is() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    site.advance(300);
    assert_eq!(site.get("/session", &token).await.json()["idle_remaining_ms"], 300_000);
    let answer = site
        .post(
            "/activity",
            &token,
            r#"{"age_ms": 2000, "tab": "t1", "path": "/", "visible": true}"#,
        )
        .await;
    assert_eq!(answer.json()["idle_remaining_ms"], 598_000);
    // An age beyond what is known moves nothing, in either direction.
    let answer = site
        .post("/activity", &token, r#"{"age_ms": 18446744073709551615}"#)
        .await;
    assert_eq!(answer.json()["idle_remaining_ms"], 598_000);
    for nonsense in [
        r#"{"age_ms": -1}"#,
        r#"{"age_ms": "now"}"#,
        r#"{"at": 1}"#,
        "{}",
        "[",
        r#"{"age_ms": 1e400}"#,
    ] {
        site.post("/activity", &token, nonsense)
            .await
            .problem(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn extending_answers_the_warning() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    site.advance(560);
    assert_eq!(site.get("/session", &token).await.json()["phase"], "warning");
    assert_eq!(site.post("/extend", &token, "").await.json()["phase"], "active");
    assert_eq!(site.get("/session", &token).await.json()["idle_remaining_ms"], 600_000);
}

#[tokio::test]
async fn near_the_absolute_limit_extending_does_not_help() {
    let site = Site::new("[policy]\nidle = \"10m\"\nabsolute = \"11m\"\n").await;
    let token = site.sign_in("ada").await;
    site.advance(300);
    site.post("/extend", &token, "").await;
    let body = site.get("/session", &token).await.json();
    assert_eq!(
        (&body["deadline_kind"], &body["can_extend"]),
        (&json!("absolute"), &json!(false))
    );
}

#[tokio::test]
async fn an_ended_session_says_why_and_when() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    site.advance(700);
    for (method, path) in [
        (Method::GET, "/session"),
        (Method::POST, "/extend"),
        (Method::GET, "/choice"),
        (Method::GET, "/events"),
    ] {
        let answer = site.page(method, path, &token, "").await;
        assert_eq!(
            answer.problem(StatusCode::UNAUTHORIZED).as_deref(),
            Some("idle"),
            "{path}"
        );
        assert_eq!(answer.json()["ended_at"], 1_700_000_600_000_i64);
    }
    let stranger = nightlatch_store::token::Token::random();
    let answer = site.get("/session", stranger.expose()).await;
    assert_eq!(answer.problem(StatusCode::UNAUTHORIZED).as_deref(), Some("none"));
}

#[tokio::test]
async fn a_locked_session_is_told_and_takes_no_activity() {
    let site = Site::new("[policy]\nidle = \"10m\"\non_idle = \"lock\"\n").await;
    let token = site.sign_in("ada").await;
    site.advance(600);
    let body = site.get("/session", &token).await.json();
    assert_eq!(
        (&body["phase"], &body["idle_remaining_ms"]),
        (&json!("locked"), &json!(null))
    );
    let writes = [
        (Method::POST, "/extend", ""),
        (Method::POST, "/activity", r#"{"age_ms": 0}"#),
        (Method::POST, "/hold", r#"{"for_ms": 1000}"#),
        (Method::PUT, "/choice", r#"{"idle": "5m"}"#),
    ];
    for (method, path, body) in writes {
        let answer = site.page(method, path, &token, body).await;
        assert_eq!(
            answer.problem(StatusCode::UNAUTHORIZED).as_deref(),
            Some("locked"),
            "{path}"
        );
    }
    assert_eq!(
        site.post("/tab", &token, r#"{"tab": "a", "path": "/"}"#).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_strictest_open_page_decides() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    let idle = |answer: super::Answer| answer.json()["idle_remaining_ms"].as_u64();
    assert_eq!(
        idle(site.post("/tab", &token, r#"{"tab": "a", "path": "/home"}"#).await),
        Some(600_000)
    );
    assert_eq!(
        idle(
            site.post("/tab", &token, r#"{"tab": "b", "path": "/%62illing?x=1"}"#)
                .await
        ),
        Some(300_000)
    );
    assert_eq!(
        site.page(Method::DELETE, "/tab/b", &token, "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(idle(site.get("/session", &token).await), Some(600_000));
    assert_eq!(
        site.page(Method::DELETE, "/tab/unknown", &token, "").await.status,
        StatusCode::NO_CONTENT
    );
    for nonsense in [
        r#"{"tab": "", "path": "/"}"#,
        r#"{"tab": "a b", "path": "/"}"#,
        r#"{"tab": "a", "path": "home"}"#,
    ] {
        site.post("/tab", &token, nonsense)
            .await
            .problem(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_hold_bridges_long_work_within_its_bound() {
    let site = Site::new("[policy]\nidle = \"10m\"\nhold_max = \"30m\"\n").await;
    let token = site.sign_in("ada").await;
    let granted = site
        .post("/hold", &token, r#"{"for_ms": 1200000, "label": "upload"}"#)
        .await;
    assert_eq!(granted.status, StatusCode::CREATED);
    let hold = granted.json()["hold"].as_str().expect("an id").to_owned();
    assert_eq!(granted.json()["until_ms"], 1_200_000);
    site.advance(900);
    assert_eq!(site.get("/session", &token).await.json()["phase"], "active");
    let renewed = site
        .page(Method::PUT, &format!("/hold/{hold}"), &token, r#"{"for_ms": 7200000}"#)
        .await;
    assert_eq!(
        renewed.json()["until_ms"],
        900_000,
        "bounded by hold_max after the last activity"
    );
    assert_eq!(
        site.page(Method::DELETE, &format!("/hold/{hold}"), &token, "")
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(site.get("/session", &token).await.json()["idle_remaining_ms"], 600_000);
    site.page(Method::DELETE, "/hold/other", &token, "")
        .await
        .problem(StatusCode::NOT_FOUND);
    site.page(Method::PUT, "/hold/other", &token, r#"{"for_ms": 1}"#)
        .await
        .problem(StatusCode::NOT_FOUND);
    site.post("/hold", &token, r#"{"for_ms": 0}"#)
        .await
        .problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_user_chooses_among_what_is_offered() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    assert_eq!(
        site.get("/choice", &token).await.json(),
        json!({"allow": ["5m", "20m"], "choice": null})
    );
    let answer = site
        .page(Method::PUT, "/choice", &token, r#"{"idle": "300s"}"#)
        .await
        .json();
    assert_eq!(
        (&answer["choice"], &answer["idle_remaining_ms"]),
        (&json!("5m"), &json!(300_000))
    );
    site.page(Method::PUT, "/choice", &token, r#"{"idle": "off"}"#)
        .await
        .problem(StatusCode::CONFLICT);
    site.page(Method::PUT, "/choice", &token, r#"{"idle": 5}"#)
        .await
        .problem(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn signing_out_is_idempotent_and_tells_the_real_reason() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    for _ in 0..2 {
        let answer = site.post("/sign-out", &token, "").await;
        assert_eq!(answer.json(), json!({"redirect": "/nightlatch/signed-out?reason=user"}));
        assert_eq!(
            answer.header("set-cookie"),
            Some("nightlatch=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
        );
        assert_eq!(
            site.get("/session", &token)
                .await
                .problem(StatusCode::UNAUTHORIZED)
                .as_deref(),
            Some("user")
        );
    }
    let idle = site.sign_in("ben").await;
    site.advance(600);
    assert_eq!(
        site.post("/sign-out", &idle, "").await.json()["redirect"],
        "/nightlatch/signed-out?reason=idle"
    );
    assert_eq!(
        site.post("/sign-out", "none", "").await.json()["redirect"],
        "/nightlatch/signed-out?reason=none"
    );
}

#[tokio::test]
async fn only_who_chooses_to_sign_out_has_the_storage_of_the_site_cleared() {
    let https = "[server]\npublic_url = \"https://bank.example\"\ntrusted_proxies = [\"127.0.0.1/32\"]\n";
    let site = Site::new(&format!("{https}{POLICY}")).await;
    let (ada, ben) = (site.sign_in("ada").await, site.sign_in("ben").await);
    let leave = async |token: &str| {
        let mut request = page_request(Method::POST, "/sign-out", "", "");
        let cookie = format!("__Host-nightlatch={token}").parse().expect("a header");
        request.headers_mut().insert(header::COOKIE, cookie);
        site.send(request).await
    };
    assert_eq!(
        leave(&ada).await.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
    site.advance(600);
    assert_eq!(leave(&ben).await.header("clear-site-data"), Some("\"cache\""));
}

#[tokio::test]
async fn five_tabs_that_sign_out_at_once_end_one_session_once() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    let leave = || site.post("/sign-out", &token, "");
    let answers = tokio::join!(leave(), leave(), leave(), leave(), leave());
    for answer in [answers.0, answers.1, answers.2, answers.3, answers.4, leave().await] {
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json()["redirect"], "/nightlatch/signed-out?reason=user");
    }
    let ends = AuditFilter {
        kind: Some(AuditKind::Ended),
        limit: 10,
        ..AuditFilter::default()
    };
    let ends = site.store.audit(&ends).await.expect("a store");
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!(ends[0].entry.reason, Some(EndReason::User));
}

#[tokio::test]
async fn the_landing_page_says_what_happened_and_stays() {
    let site = Site::new("[server]\nsign_in_url = \"/in?a=1&b=2\"\n").await;
    for (reason, word) in [
        ("idle", "nobody was there"),
        ("absolute", "longest time"),
        ("admin", "administrator"),
    ] {
        let page = site.get(&format!("/signed-out?reason={reason}"), "").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(word), "{reason}");
        assert!(page.body.contains("href=\"/in?a=1&#38;b=2\""), "{}", page.body);
        assert!(!page.body.to_ascii_lowercase().contains("http-equiv") && page.header("refresh").is_none());
        assert!(
            page.header("content-security-policy")
                .is_some_and(|policy| policy.contains("frame-ancestors 'none'"))
        );
    }
    let forged = site
        .get("/signed-out?reason=%3Cscript%3Ealert(1)%3C/script%3E", "")
        .await;
    assert!(!forged.body.contains("alert"));
    assert_eq!(
        site.get("/signed-out?reason=%zz&reason=b", "").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_sign_out_that_means_another_session_ends_nothing() {
    let site = Site::new(POLICY).await;
    let (ada, ben) = (site.sign_in("ada").await, site.sign_in("ben").await);
    let handle = site.get("/session", &ada).await.json()["handle"]
        .as_str()
        .expect("a handle")
        .to_owned();
    site.post("/sign-out", &ada, &format!(r#"{{"handle": "{handle}"}}"#))
        .await;
    // A tab of Ada's asks late, and the browser sends Ben's cookie.
    let answer = site
        .post("/sign-out", &ben, &format!(r#"{{"handle": "{handle}"}}"#))
        .await;
    assert_eq!(answer.json()["redirect"], "/nightlatch/signed-out?reason=user");
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(site.get("/session", &ben).await.status, StatusCode::OK);
    site.post("/sign-out", &ben, r#"{"hanlde": 1}"#)
        .await
        .problem(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_longer_choice_asks_for_a_recent_authentication_and_a_shorter_one_does_not() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    let choose = |idle: &'static str| {
        let (site, token) = (&site, &token);
        async move {
            let body = format!(r#"{{"idle": "{idle}"}}"#);
            site.page(Method::PUT, "/choice", token, &body).await
        }
    };
    site.advance(299);
    site.post("/extend", &token, "").await;
    assert_eq!(choose("20m").await.status, StatusCode::OK);
    assert_eq!(choose("5m").await.status, StatusCode::OK);
    site.advance(1);
    let refused = choose("20m").await;
    assert_eq!(refused.problem(StatusCode::UNAUTHORIZED).as_deref(), Some("age"));
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Bearer error=\"insufficient_user_authentication\", max_age=\"300\"")
    );
    assert_eq!(choose("5m").await.status, StatusCode::OK);
    // What is not offered is refused as that, however old the authentication is.
    choose("1h").await.problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_answer_repeats_which_question_it_belongs_to() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    for (method, path, token) in [
        (Method::POST, "/session", &*token),
        (Method::POST, "/session", ""),
        (Method::POST, "/extend", &token),
        (Method::GET, "/nowhere", &token),
    ] {
        let mut request = page_request(method, path, token, "{}");
        request
            .headers_mut()
            .insert("nightlatch", "1.4711".parse().expect("a value"));
        let answer = site.send(request).await;
        assert_eq!(answer.header("nightlatch"), Some("1.4711"), "{path}: {}", answer.body);
    }
    let mut unnamed = page_request(Method::GET, "/session", &token, "");
    unnamed.headers_mut().remove("nightlatch");
    assert_eq!(site.send(unnamed).await.header("nightlatch"), None);
}

#[tokio::test]
async fn a_page_whose_cookie_is_gone_is_told_why_its_session_ended_and_nothing_of_one_that_lives() {
    let site = Site::new("[server]\nsign_in_url = \"/in\"\n[policy]\nidle = \"10m\"\n").await;
    let token = site.sign_in("ada").await;
    let body = site.post("/session", &token, "{}").await.json();
    let known = json!({ "handle": body["handle"] }).to_string();
    let lives = site.post("/session", "", &known).await;
    assert_eq!(lives.problem(StatusCode::UNAUTHORIZED).as_deref(), Some("none"));

    site.post("/sign-out", &token, "").await;
    let over = site.post("/session", "", &known).await;
    assert_eq!(over.problem(StatusCode::UNAUTHORIZED).as_deref(), Some("user"));
    assert_eq!(over.json()["ended_at"], 1_700_000_000_000_i64);
    assert_eq!(over.json()["sign_in_url"], "/in");
    // The session of the credential counts, whatever the page knew before.
    let other = site.sign_in("ada").await;
    assert_eq!(site.post("/session", &other, &known).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_does_not_work_in_pages_is_counted_by_words_that_are_known() {
    let site = Site::new(POLICY).await;
    let reported = site.post("/diagnostic", "", r#"{"code": "service-worker"}"#).await;
    assert_eq!(reported.status, StatusCode::NO_CONTENT);
    let unknown = site.post("/diagnostic", "", r#"{"code": "rumour"}"#).await;
    unknown.problem(StatusCode::BAD_REQUEST);
    let counted = "nightlatch_page_diagnostics_total{code=\"service-worker\"} 1";
    let metrics = site.server.metrics.text();
    assert!(metrics.contains(counted), "{metrics}");
    assert!(!metrics.contains("rumour"), "{metrics}");
}

#[tokio::test]
async fn a_question_says_where_the_page_is_and_is_no_activity() {
    let site = Site::new(POLICY).await;
    let token = site.sign_in("ada").await;
    site.advance(60);
    let asked = site
        .post(
            "/session",
            &token,
            r#"{"tab": "t1", "path": "/billing/42", "handle": null}"#,
        )
        .await;
    assert_eq!(asked.json()["idle_remaining_ms"], 240_000);
    let elsewhere = site.post("/session", &token, r#"{"tab": "t1", "path": "/"}"#).await;
    assert_eq!(elsewhere.json()["idle_remaining_ms"], 540_000);
    let nonsense = site.post("/session", &token, r#"{"tab": "t 1", "path": "/"}"#).await;
    nonsense.problem(StatusCode::BAD_REQUEST);
    // A page of another site cannot ask, and so cannot open a page either.
    let mut foreign = page_request(Method::POST, "/session", &token, "{}");
    let site_header = foreign.headers_mut().get_mut("sec-fetch-site").expect("a header");
    *site_header = "cross-site".parse().expect("a value");
    site.send(foreign).await.problem(StatusCode::FORBIDDEN);
}
