//! What passes without a session, whatever proxy asks: the page to sign in at, open paths, preflights. And paths with escapes, which
//! pass where they may under every reading.

use axum::http::StatusCode;

use super::gateway::{DIALECTS, DOCUMENT, Dialect, IDENTITY, ask};
use super::{Answer, Site};

const CONFIG: &str = r#"
[server]
sign_in_url = "/admin/sign-in"
[[sites]]
host = "127.0.0.1:8700"
application = "bank"
open = ["/assets/**", "/favicon.ico"]
preflights = "pass"
escapes = "every-reading"
[policy]
idle = "15m"
absolute = "8h"
warn_before = "0s"
[[policy.gates]]
match = { path = "/admin/**" }
max_age = "5m"
[[policy.passive]]
match = { path = "/poll/**" }
"#;
const PREFLIGHT: [(&str, &str); 3] = [
    ("origin", "https://other.example"),
    ("access-control-request-method", "PUT"),
    // What nginx tells of the body: there is none.
    ("x-original-body", ";"),
];

#[track_caller]
fn is_nobodys(answer: &Answer, what: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.body);
    for name in IDENTITY {
        assert_eq!(answer.header(name), Some(""), "{what}: {name}");
    }
}

fn cookie(token: &str) -> String {
    format!("nightlatch={token}")
}

async fn idle_remaining(site: &Site, token: &str) -> i64 {
    let session = site.get("/session", token).await.json();
    session["idle_remaining_ms"].as_i64().expect("a limit")
}

#[tokio::test]
async fn everybody_sees_what_is_open_as_nobody_and_nobody_is_active_there() {
    let site = Site::new(CONFIG).await;
    let token = site.sign_in("ada").await;
    let cookie = cookie(&token);
    site.advance(400);
    for dialect in DIALECTS {
        for target in [
            // Below a gate that asks for a fresher authentication than this one.
            "/admin/sign-in",
            "/admin/sign-in?return_to=https://app.example/admin/sign-in",
            "/assets/style.css?v=1",
            "/assets",
            "/favicon.ico",
        ] {
            for method in ["GET", "POST", "HEAD"] {
                for sent in [vec![], DOCUMENT.to_vec(), vec![("cookie", &*cookie)]] {
                    let answer = ask(&site, dialect, method, target, &sent).await;
                    is_nobodys(&answer, &format!("{dialect:?} {method} {target} {sent:?}"));
                }
            }
        }
    }
    assert_eq!(idle_remaining(&site, &token).await, 500_000, "nobody was there");
}

#[tokio::test]
async fn nothing_beside_is_open() {
    let site = Site::new(CONFIG).await;
    for dialect in DIALECTS {
        for target in [
            "/",
            "/admin",
            "/admin/sign-in/more",
            "/admin/sign-in;x",
            "/admin/sign%2din",
            "/admin/sign-in%2f..%2fusers",
            "/assetsx",
            "/assets/../admin",
            "/assets/%2e%2e/admin",
            "/assets/..%2fadmin",
            "/assets%2f..%2fadmin",
            "/assets/%252e%252e%252fadmin",
            "/assets/..%5cadmin",
            "/assets/..%c0%afadmin",
            "/assets/..;/admin",
            "/favicon.ico%2fx",
        ] {
            let answer = ask(&site, dialect, "GET", target, &[]).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{dialect:?} {target}");
        }
    }
}

#[tokio::test]
async fn a_preflight_passes_as_nobodys_and_nothing_else_by_its_signs() {
    let site = Site::new(CONFIG).await;
    let token = site.sign_in("ada").await;
    let cookie = cookie(&token);
    site.advance(400);
    for dialect in DIALECTS {
        let with_cookie = [PREFLIGHT.as_slice(), &[("cookie", &*cookie)]].concat();
        for sent in [&PREFLIGHT[..], &with_cookie] {
            is_nobodys(&ask(&site, dialect, "OPTIONS", "/api/x", sent).await, "a preflight");
        }
        for (method, sent) in [
            ("OPTIONS", &[PREFLIGHT[0], PREFLIGHT[2]][..]),
            ("OPTIONS", &PREFLIGHT[1..]),
            ("OPTIONS", &[]),
            ("PUT", &PREFLIGHT),
            ("GET", &PREFLIGHT),
        ] {
            let answer = ask(&site, dialect, method, "/api/x", sent).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{dialect:?} {method} {sent:?}");
        }
        let coded = [PREFLIGHT.as_slice(), &[("transfer-encoding", "chunked")]].concat();
        let answer = ask(&site, dialect, "OPTIONS", "/api/x", &coded).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{dialect:?}: a body");
    }
    assert_eq!(idle_remaining(&site, &token).await, 500_000, "nobody was there");
    let strict = Site::new(&CONFIG.replace("preflights = \"pass\"\n", "")).await;
    let refused = ask(&strict, Dialect::Forward, "OPTIONS", "/api/x", &PREFLIGHT).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "where no site says so");
}

#[tokio::test]
async fn paths_with_escapes_pass_where_every_reading_may() {
    let site = Site::new(CONFIG).await;
    let token = site.sign_in("ada").await;
    let cookie = cookie(&token);
    let sent = [("cookie", &*cookie)];
    let needed = [
        "/api/v4/projects/group%2Fproject",
        "/job/x/job/feature%252Fy/",
        "/api/queues/%2F/name",
        "/@scope%2fname",
        "/share/a%5Cb",
        "/caf%E9",
    ];
    let gated = [
        "/x%2f..%2fadmin",
        "/admin%2fusers",
        "/x/%252e%252e%252fadmin",
        "/x%5c..%5cadmin",
        "/x/..%c0%afadmin/y",
    ];
    for dialect in DIALECTS {
        for target in needed.iter().chain(&gated) {
            let answer = ask(&site, dialect, "GET", target, &sent).await;
            assert_eq!(answer.status, StatusCode::OK, "{dialect:?} {target}: {}", answer.body);
            let stranger = ask(&site, dialect, "GET", target, &[]).await;
            assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{dialect:?} {target}");
        }
    }
    site.advance(400);
    for dialect in DIALECTS {
        for target in gated {
            let answer = ask(&site, dialect, "GET", target, &sent).await;
            assert_eq!(
                answer.problem(StatusCode::UNAUTHORIZED).as_deref(),
                Some("age"),
                "{dialect:?} {target}"
            );
        }
        // Passive under one reading is passive.
        let polled = ask(&site, dialect, "GET", "/x%2f..%2fpoll/y", &sent).await;
        assert_eq!(polled.status, StatusCode::OK);
        assert_eq!(idle_remaining(&site, &token).await, 500_000, "{dialect:?}");
        for target in ["/a%2f%00", "/a%2f%0d%0a", "/a%2f%u002f", "/a%2f%zz", "/a%2f%25u0061"] {
            let answer = ask(&site, dialect, "GET", target, &sent).await;
            assert_eq!(
                answer.status,
                dialect.refusing(StatusCode::BAD_REQUEST),
                "{dialect:?} {target}"
            );
        }
    }
    let strict = Site::new(&CONFIG.replace("escapes = \"every-reading\"\n", "")).await;
    let token = strict.sign_in("ada").await;
    let cookie = format!("nightlatch={token}");
    for dialect in DIALECTS {
        for target in needed {
            let answer = ask(&strict, dialect, "GET", target, &[("cookie", &*cookie)]).await;
            assert_eq!(
                answer.status,
                dialect.refusing(StatusCode::BAD_REQUEST),
                "{dialect:?} {target}"
            );
        }
    }
}

#[tokio::test]
async fn a_site_that_does_not_say_so_refuses_escapes_beside_one_that_does() {
    let config = format!("{CONFIG}\n[[sites]]\nhost = \"127.0.0.1:8700\"\npath = \"/wiki\"\n");
    let site = Site::new(&config.replace("[policy]", "[policy]\nabsent = \"count\"")).await;
    let token = site.sign_in("ada").await;
    let cookie = cookie(&token);
    for dialect in DIALECTS {
        for (target, status) in [
            ("/a%2fb", StatusCode::OK),
            ("/wiki/a%2fb", dialect.refusing(StatusCode::BAD_REQUEST)),
            // One of the two under one reading, the other under another.
            ("/x%2f..%2fwiki", dialect.refusing(StatusCode::BAD_REQUEST)),
            ("/wiki/%252e%252e/x", dialect.refusing(StatusCode::BAD_REQUEST)),
        ] {
            let answer = ask(&site, dialect, "GET", target, &[("cookie", &*cookie)]).await;
            assert_eq!(answer.status, status, "{dialect:?} {target}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_gate_tells_the_page_to_sign_in_at_how_fresh_an_authentication_has_to_be() {
    let site = Site::new(&CONFIG.replace("/admin/sign-in", "/in?a=b#door")).await;
    let token = site.sign_in("ada").await;
    let cookie = cookie(&token);
    site.advance(400);
    let sent = [DOCUMENT.as_slice(), &[("cookie", &*cookie)]].concat();
    for dialect in DIALECTS {
        let own = "http://127.0.0.1:8700/in?a=b&max_age=300";
        for (method, location) in [
            ("GET", format!("{own}&return_to=http://127.0.0.1:8700/admin/x%3Fy#door")),
            ("POST", format!("{own}#door")),
        ] {
            let answer = ask(&site, dialect, method, "/admin/x?y", &sent).await;
            assert_eq!(answer.header("location"), Some(&*location), "{dialect:?} {method}");
        }
        let stranger = ask(&site, dialect, "GET", "/x", &DOCUMENT).await;
        assert!(!stranger.header("location").expect("a page").contains("max_age"));
    }
}

/// An application may go on from its sign-in page to one below it.
#[tokio::test]
async fn nobody_is_sent_to_the_sign_in_from_below_it() {
    let site = Site::new(CONFIG).await;
    for dialect in DIALECTS {
        let answer = ask(&site, dialect, "GET", "/admin/sign-in/second", &DOCUMENT).await;
        let page = "http://127.0.0.1:8700/nightlatch/signed-out?reason=none&";
        let location = answer.header("location").unwrap_or_default();
        assert!(location.starts_with(page), "{dialect:?} {location}");
    }
}
