//! What proxies are answered, dialect by dialect.

use axum::body::Body;
use axum::http::{HeaderName, Method, Request, StatusCode};

use super::{Answer, Site};

const CONFIG: &str = r#"
[server]
sign_in_url = "/sign-in"
[[sites]]
host = "127.0.0.1:8700"
application = "bank"
[[sites]]
host = "wiki.example"
application = "wiki"
[policy]
idle = "15m"
absolute = "8h"
[[policy.gates]]
match = { path = "/admin/**" }
max_age = "5m"
"#;
const HOST: &str = "127.0.0.1:8700";
pub(super) const IDENTITY: [&str; 8] = [
    "nightlatch-subject",
    "nightlatch-session",
    "nightlatch-application",
    "nightlatch-authenticated-at",
    "nightlatch-authentication-methods",
    "nightlatch-idle-remaining",
    "nightlatch-absolute-remaining",
    "nightlatch-phase",
];
pub(super) const DOCUMENT: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// How a proxy asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Request,
    Forward,
    Ext,
}

pub(super) const DIALECTS: [Dialect; 3] = [Dialect::Request, Dialect::Forward, Dialect::Ext];

impl Dialect {
    /// The question about a request, as the proxy of this dialect asks it.
    fn question(self, method: &str, host: &str, target: &str) -> Vec<(String, String)> {
        let said: &[(&str, String)] = match self {
            Self::Request => &[
                ("x-original-method", method.to_owned()),
                ("x-original-url", format!("http://{host}{target}")),
            ],
            Self::Forward => &[
                ("x-forwarded-method", method.to_owned()),
                ("x-forwarded-host", host.to_owned()),
                ("x-forwarded-uri", target.to_owned()),
            ],
            Self::Ext => &[("host", host.to_owned())],
        };
        said.iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    fn address(self, target: &str) -> String {
        match self {
            Self::Request => "/nightlatch/auth/request".to_owned(),
            Self::Forward => "/nightlatch/auth/forward".to_owned(),
            Self::Ext => format!("/nightlatch/auth/ext{target}"),
        }
    }

    /// The status for what cannot be believed, or is not known now.
    pub(super) fn refusing(self, status: StatusCode) -> StatusCode {
        match self {
            Self::Request => StatusCode::FORBIDDEN,
            Self::Forward | Self::Ext => status,
        }
    }
}

pub(super) async fn ask(site: &Site, dialect: Dialect, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let question = dialect.question(method, HOST, target);
    let asked_with = if dialect == Dialect::Ext { method } else { "GET" };
    send(site, asked_with, &dialect.address(target), &question, headers).await
}

async fn send(
    site: &Site,
    method: &str,
    address: &str,
    question: &[(String, String)],
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(address);
    let said = question.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in said.chain(headers.iter().copied()) {
        request = request.header(name, value);
    }
    let answer = site.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(
        answer.header("cache-control"),
        Some("no-store"),
        "{address} {headers:?}"
    );
    answer
}

fn is_allowed(answer: &Answer) -> bool {
    answer.status == StatusCode::OK
}

#[tokio::test]
async fn allow_is_200_and_empty_with_all_identity_headers() {
    let site = Site::new(CONFIG).await;
    let cookie = format!("nightlatch={}", site.sign_in("ada").await);
    for dialect in DIALECTS {
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PROPFIND"] {
            let answer = ask(&site, dialect, method, "/page?x=/y", &[("cookie", &cookie)]).await;
            assert!(is_allowed(&answer), "{dialect:?} {method}: {}", answer.body);
            assert_eq!(answer.body, "");
            for name in IDENTITY {
                assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{name}");
            }
            assert_eq!(answer.header("nightlatch-subject"), Some("ada"));
            assert_eq!(answer.header("nightlatch-application"), Some("bank"));
            assert_eq!(answer.header("nightlatch-authentication-methods"), Some(""));
            assert_eq!(answer.header("nightlatch-idle-remaining"), Some("900"));
            assert_eq!(answer.header("nightlatch-absolute-remaining"), Some("28800"));
            assert_eq!(answer.header("nightlatch-phase"), Some("active"));
            assert_eq!(answer.header("set-cookie"), None);
            assert_eq!(answer.header("location"), None);
        }
    }
}

#[tokio::test]
async fn what_stands_in_authorization_for_the_application_does_not_hide_the_cookie() {
    let site = Site::new(CONFIG).await;
    let cookie = format!("nightlatch={}", site.sign_in("ada").await);
    for theirs in [
        "Basic YWRhOnNlY3JldA==",
        "Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
        "Digest x",
        &format!("Bearer {}", "A".repeat(43)),
        "",
    ] {
        let headers = [("cookie", cookie.as_str()), ("authorization", theirs)];
        let answer = ask(&site, Dialect::Request, "GET", "/page", &headers).await;
        assert!(is_allowed(&answer), "{theirs}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_bearer_of_ours_is_meant_whatever_has_become_of_its_session() {
    let site = Site::new(CONFIG).await;
    let (ada, ben) = (site.sign_in("ada").await, site.sign_in("ben").await);
    let (cookie, twice) = (
        format!("nightlatch={ada}"),
        format!("nightlatch={ada}; nightlatch={ada}"),
    );
    let [ada, ben] = [ada, ben].map(|token| format!("bEaReR  {token}"));
    let subject = async |headers: &[(&str, &str)]| {
        let answer = ask(&site, Dialect::Forward, "GET", "/page", headers).await;
        match answer.status {
            StatusCode::OK => answer.header("nightlatch-subject").map(str::to_owned),
            _ => answer.problem(StatusCode::UNAUTHORIZED),
        }
    };
    for (headers, told) in [
        (
            &[("cookie", cookie.as_str()), ("authorization", ben.as_str())][..],
            "ben",
        ),
        (&[("cookie", &cookie), ("authorization", &ada)], "ada"),
        (&[("cookie", &twice), ("authorization", &ben)], "ben"),
        (&[("cookie", "nightlatch=x"), ("authorization", &ben)], "ben"),
        (&[("authorization", &ben), ("authorization", &ben)], "ben"),
        (&[("authorization", &ben), ("authorization", &ada)], "none"),
        (
            &[("cookie", &cookie), ("authorization", &ben), ("authorization", &ada)],
            "none",
        ),
        (&[("cookie", &twice)], "none"),
    ] {
        assert_eq!(subject(headers).await.as_deref(), Some(told), "{headers:?}");
    }
    let digest = nightlatch_store::token::Digest::of(&ben["bearer  ".len()..]).expect("a token");
    let ended = site
        .server
        .engine
        .sign_out(&digest, nightlatch_core::session::EndReason::User)
        .await;
    ended.expect("a store");
    let both = [("cookie", cookie.as_str()), ("authorization", ben.as_str())];
    assert_eq!(
        subject(&both).await.as_deref(),
        Some("user"),
        "the cookie says nothing where a bearer of ours does"
    );
}

#[tokio::test]
async fn who_opens_a_page_is_told_where_to_get_on_and_nobody_else_is() {
    let site = Site::new(CONFIG).await;
    for dialect in DIALECTS {
        let page = ask(&site, dialect, "GET", "/a?b=c d".replace(' ', "+").as_str(), &DOCUMENT).await;
        let to = "http://127.0.0.1:8700/sign-in?return_to=http://127.0.0.1:8700/a%3Fb%3Dc%2Bd";
        assert_eq!(page.header("location"), Some(to), "{dialect:?}");
        assert_eq!(page.header("nightlatch-reason"), Some("none"));
        let redirect = (dialect == Dialect::Request).then_some(to);
        assert_eq!(page.header("nightlatch-redirect"), redirect, "{dialect:?}");
        let form = ask(&site, dialect, "POST", "/a", &DOCUMENT).await;
        assert_eq!(
            form.header("location"),
            Some("http://127.0.0.1:8700/sign-in"),
            "{dialect:?}"
        );
        // A form is sent from a page, and that is where its person goes on.
        for (referrer, back) in [
            (
                "http://127.0.0.1:8700/form?a=b",
                "?return_to=http://127.0.0.1:8700/form%3Fa%3Db",
            ),
            ("http://127.0.0.1:8700/", "?return_to=http://127.0.0.1:8700/"),
            ("http://127.0.0.1:8700/sign-in?return_to=/x", ""),
            ("http://127.0.0.1:8700/nightlatch/signed-out", ""),
            ("http://evil.example/form", ""),
            ("http://127.0.0.1:8700@evil.example/form", ""),
            ("//evil.example", ""),
            ("", ""),
        ] {
            let headers = [DOCUMENT[0], ("referer", referrer)];
            let form = ask(&site, dialect, "POST", "/a", &headers).await;
            let to = format!("http://127.0.0.1:8700/sign-in{back}");
            assert_eq!(form.header("location"), Some(to.as_str()), "{dialect:?} {referrer}");
        }
        let statuses = match dialect {
            Dialect::Request => [StatusCode::UNAUTHORIZED; 2],
            Dialect::Forward | Dialect::Ext => [StatusCode::FOUND, StatusCode::SEE_OTHER],
        };
        assert_eq!([page.status, form.status], statuses, "{dialect:?}");
        for headers in [
            &[][..],
            &[("accept", "*/*")],
            &[("sec-fetch-mode", "cors"), ("accept", "text/html")],
        ] {
            let script = ask(&site, dialect, "GET", "/a", headers).await;
            assert_eq!(script.problem(StatusCode::UNAUTHORIZED).as_deref(), Some("none"));
            assert_eq!(script.header("nightlatch-redirect"), None, "{dialect:?} {headers:?}");
            // nginx shows nobody a `Location` with a 401.
            let told = script.header("location").is_some();
            assert_eq!(told, dialect == Dialect::Request, "{dialect:?} {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_for_no_other_application_but_over() {
    for dialect in DIALECTS {
        let site = Site::new(CONFIG).await;
        let bank = format!("nightlatch={}", site.sign_in("ada").await);
        site.advance(15 * 60);
        let question = dialect.question("GET", "wiki.example", "/");
        for _ in ["at its deadline", "known to be over"] {
            let answer = send(&site, "GET", &dialect.address("/"), &question, &[("cookie", &bank)]).await;
            let reason = answer.problem(StatusCode::UNAUTHORIZED);
            assert_eq!(reason.as_deref(), Some("idle"), "{dialect:?}");
        }
    }
}

#[tokio::test]
async fn sessions_that_are_over_or_for_another_application_are_told_so() {
    let site = Site::new(CONFIG).await;
    let bank = format!("nightlatch={}", site.sign_in("ada").await);
    for dialect in DIALECTS {
        let question = dialect.question("GET", "wiki.example", "/");
        let answer = send(
            &site,
            "GET",
            &dialect.address("/"),
            &question,
            &[("cookie", &bank), DOCUMENT[0]],
        )
        .await;
        answer.problem(StatusCode::FORBIDDEN);
        assert_eq!(answer.header("nightlatch-reason"), Some("forbidden"));
        assert_eq!(answer.header("location"), None);
    }
    site.advance(5 * 60);
    for dialect in DIALECTS {
        for gated in ["/admin", "/admin/x", "/x/../admin", "/%61dmin", "/admin;x"] {
            let answer = ask(&site, dialect, "GET", gated, &[("cookie", &bank)]).await;
            assert_eq!(
                answer.problem(StatusCode::UNAUTHORIZED).as_deref(),
                Some("age"),
                "{dialect:?} {gated}"
            );
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.contains("insufficient_user_authentication"), "{challenge}");
        }
        assert!(is_allowed(
            &ask(&site, dialect, "GET", "/administration", &[("cookie", &bank)]).await
        ));
    }
    site.advance(15 * 60);
    for dialect in DIALECTS {
        let answer = ask(&site, dialect, "GET", "/", &[("cookie", &bank)]).await;
        assert_eq!(answer.problem(StatusCode::UNAUTHORIZED).as_deref(), Some("idle"));
        let page = ask(&site, dialect, "GET", "/", &[("cookie", &bank), DOCUMENT[0]]).await;
        let to = "http://127.0.0.1:8700/nightlatch/signed-out?reason=idle&return_to=http://127.0.0.1:8700/";
        assert_eq!(page.header("location"), Some(to), "{dialect:?}");
    }
}

#[tokio::test]
async fn each_dialect_believes_its_own_headers_alone() {
    let site = Site::new(CONFIG).await;
    let cookie = format!("nightlatch={}", site.sign_in("ada").await);
    site.advance(5 * 60);
    for dialect in DIALECTS {
        let others = DIALECTS
            .into_iter()
            .filter(|other| *other != dialect && *other != Dialect::Ext);
        for other in others {
            // What another proxy would have said of a page that is open changes nothing.
            let lies = other.question("GET", HOST, "/open");
            let mut headers: Vec<(&str, &str)> = lies
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            headers.push(("cookie", &cookie));
            let answer = ask(&site, dialect, "GET", "/admin", &headers).await;
            assert_eq!(
                answer.problem(StatusCode::UNAUTHORIZED).as_deref(),
                Some("age"),
                "{dialect:?} {other:?}"
            );
            if dialect != Dialect::Ext {
                let answer = send(&site, "GET", &dialect.address("/"), &[], &headers).await;
                answer.problem(dialect.refusing(StatusCode::BAD_REQUEST));
                assert_eq!(answer.header("nightlatch-reason"), Some("unbelievable"));
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_believed_is_refused() {
    let site = Site::new(CONFIG).await;
    let cookie = format!("nightlatch={}", site.sign_in("ada").await);
    let own = ("cookie", cookie.as_str());
    for dialect in [Dialect::Request, Dialect::Forward] {
        let refusal = dialect.refusing(StatusCode::BAD_REQUEST);
        for (name, value) in dialect.question("GET", HOST, "/") {
            let question = dialect.question("GET", HOST, "/");
            let without: Vec<_> = question.iter().filter(|(said, _)| *said != name).cloned().collect();
            send(&site, "GET", &dialect.address("/"), &without, &[own])
                .await
                .problem(refusal);
            let twins = [
                name.clone(),
                name.replace('-', "_"),
                name.replacen('-', "_", 1),
                name.replace('-', "."),
            ];
            for twin in &twins {
                let answer = ask(&site, dialect, "GET", "/", &[own, (twin, &value)]).await;
                answer.problem(refusal);
            }
        }
        for method in ["get", "G/T", "", "GET, POST", "GET POST"] {
            ask(&site, dialect, method, "/", &[own, DOCUMENT[0]])
                .await
                .problem(refusal);
        }
    }
    for dialect in DIALECTS {
        for target in [
            "/a%2fb",
            "/%00",
            "/a%0d%0ab",
            "/%c0%ae",
            "/%",
            "/%252e%252e/",
            "/a%5cb",
            "/%2561dmin",
            "/%25u0061dmin",
            "/%25c0%25afadmin",
            "/public/%25u002e%25u002e/admin",
        ] {
            let answer = ask(&site, dialect, "GET", target, &[own, DOCUMENT[0]]).await;
            answer.problem(dialect.refusing(StatusCode::BAD_REQUEST));
            assert_eq!(
                answer.header("nightlatch-reason"),
                Some("unbelievable"),
                "{dialect:?} {target}"
            );
            assert_eq!(answer.header("location"), None);
        }
        for host in [
            "evil.example",
            "127.0.0.1:8700.evil.example",
            "evil@127.0.0.1:8700",
            "127.0.0.1",
            "127.0.0.1:8700.",
        ] {
            let question = dialect.question("GET", host, "/");
            let answer = send(&site, "GET", &dialect.address("/"), &question, &[own, DOCUMENT[0]]).await;
            answer.problem(StatusCode::FORBIDDEN);
            assert_eq!(answer.header("location"), None, "{dialect:?} {host}");
        }
    }
    for list in ["127.0.0.1:8700, evil.example", "evil.example,127.0.0.1:8700"] {
        let question = Dialect::Forward.question("GET", list, "/");
        let answer = send(&site, "GET", "/nightlatch/auth/forward", &question, &[own]).await;
        answer.problem(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn nothing_but_the_question_changes_the_answer() {
    let site = Site::new(CONFIG).await;
    let cookie = format!("nightlatch={}", site.sign_in("ada").await);
    for dialect in DIALECTS {
        for header in [
            ("range", "bytes=0-0"),
            ("if-none-match", "*"),
            ("if-match", "\"x\""),
            ("if-modified-since", "Sun, 06 Nov 2044 08:49:37 GMT"),
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("expect", "100-continue"),
            ("user-agent", "kube-probe/1.30"),
            ("nightlatch-subject", "root"),
            ("x-forwarded-for", "127.0.0.1"),
        ] {
            let answer = ask(&site, dialect, "GET", "/", &[("cookie", &cookie), header]).await;
            assert!(is_allowed(&answer) && answer.body.is_empty(), "{dialect:?} {header:?}");
            assert_eq!(answer.header("nightlatch-subject"), Some("ada"));
            let answer = ask(&site, dialect, "GET", "/", &[header]).await;
            answer.problem(StatusCode::UNAUTHORIZED);
        }
        for method in [Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS] {
            if dialect != Dialect::Ext {
                let question = dialect.question("GET", HOST, "/");
                let answer = send(
                    &site,
                    method.as_str(),
                    &dialect.address("/"),
                    &question,
                    &[("cookie", &cookie)],
                )
                .await;
                assert!(is_allowed(&answer), "{dialect:?} asked with {method}");
            }
        }
        for twice in [
            format!("{cookie}; {cookie}"),
            format!("nightlatch=x; {cookie}"),
            "nightlatch=".to_owned(),
        ] {
            ask(&site, dialect, "GET", "/", &[("cookie", &twice)])
                .await
                .problem(StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn what_shows_nobody_keeps_no_session_alive() {
    for dialect in DIALECTS {
        let site = Site::new(CONFIG).await;
        let token = site.sign_in("ada").await;
        let cookie = format!("nightlatch={token}");
        let left = async |headers: &[(&str, &str)]| {
            let answer = ask(
                &site,
                dialect,
                "GET",
                "/",
                &[headers, &[("cookie", cookie.as_str())]].concat(),
            )
            .await;
            answer
                .header("nightlatch-idle-remaining")
                .expect("a session")
                .to_owned()
        };
        site.advance(60);
        for passive in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("nightlatch-activity", "passive"),
            ("accept", "text/event-stream"),
            ("upgrade", "websocket"),
        ] {
            assert_eq!(left(&[DOCUMENT[0], passive]).await, "840", "{dialect:?} {passive:?}");
        }
        // A page that may not be seen shows nobody either.
        site.advance(5 * 60);
        ask(
            &site,
            dialect,
            "GET",
            "/x/../admin",
            &[("cookie", &cookie), DOCUMENT[0]],
        )
        .await;
        assert_eq!(
            left(&[DOCUMENT[0], ("sec-purpose", "prefetch")]).await,
            "540",
            "{dialect:?}"
        );
        assert_eq!(left(&DOCUMENT).await, "900", "{dialect:?}");
    }
}

#[tokio::test]
async fn headers_that_are_no_text_are_refused() {
    let site = Site::new(CONFIG).await;
    for dialect in [Dialect::Request, Dialect::Forward] {
        for (name, _) in dialect.question("GET", HOST, "/") {
            let mut request = Request::builder()
                .uri(dialect.address("/"))
                .body(Body::empty())
                .expect("a request");
            for (said, value) in dialect.question("GET", HOST, "/") {
                let value = if said == name {
                    &[b'/', 0xff][..]
                } else {
                    value.as_bytes()
                };
                let named = HeaderName::try_from(said).expect("a name");
                request.headers_mut().insert(named, value.try_into().expect("bytes"));
            }
            let answer = site.send(request).await;
            answer.problem(dialect.refusing(StatusCode::BAD_REQUEST));
        }
    }
}

#[tokio::test]
async fn the_answer_has_what_the_application_may_get_of_cookie_and_authorization() {
    let site = Site::new(CONFIG).await;
    let token = site.sign_in("ada").await;
    let own = format!("nightlatch={token}");
    let (cookies, ours) = (format!("a=b; {own}; c=d"), format!("Bearer {token}"));
    let theirs = format!("Bearer {}", "A".repeat(43));
    let mixed = format!("{ours}, Basic YTpi");
    for dialect in DIALECTS {
        // Envoy would set what is empty, and is told to remove it.
        let nothing = (dialect != Dialect::Ext).then_some("");
        for (sent, cookie, authorization) in [
            (&[("cookie", own.as_str())][..], nothing, None),
            (&[("cookie", &cookies)], Some("a=b; c=d"), None),
            (
                &[("cookie", &own), ("authorization", &theirs)],
                nothing,
                Some(theirs.as_str()),
            ),
            (&[("authorization", &ours)], None, nothing),
            (&[("authorization", &mixed)], None, Some("Basic YTpi")),
            (
                &[("authorization", &theirs), ("authorization", &ours)],
                None,
                Some(theirs.as_str()),
            ),
        ] {
            let answer = ask(&site, dialect, "GET", "/", sent).await;
            assert!(is_allowed(&answer), "{dialect:?} {sent:?}: {}", answer.body);
            assert_eq!(answer.header("cookie"), cookie, "{dialect:?} {sent:?}");
            assert_eq!(answer.header("authorization"), authorization, "{dialect:?} {sent:?}");
            assert!(
                !format!("{:?}", answer.headers).contains(&token),
                "{dialect:?} {sent:?}"
            );
        }
    }
    let only_ours = [("cookie", own.as_str()), ("authorization", ours.as_str())];
    let answer = ask(&site, Dialect::Ext, "GET", "/", &only_ours).await;
    let removed: Vec<_> = answer
        .headers
        .get_all("x-envoy-auth-headers-to-remove")
        .iter()
        .collect();
    assert_eq!(removed, ["cookie", "authorization"]);
}

#[tokio::test]
async fn a_question_with_a_twin_of_our_headers_is_refused() {
    let site = Site::new(CONFIG).await;
    let cookie = format!("nightlatch={}", site.sign_in("ada").await);
    for dialect in DIALECTS {
        for twin in [
            "nightlatch+subject",
            "nightlatch_subject",
            "Nightlatch`Phase",
            "x_real_ip",
            "x.forwarded.for",
        ] {
            let answer = ask(&site, dialect, "GET", "/", &[("cookie", &cookie), (twin, "root")]).await;
            answer.problem(dialect.refusing(StatusCode::BAD_REQUEST));
        }
        let plain = [
            ("cookie", cookie.as_str()),
            ("nightlatch-subject", "root"),
            ("x_api_key", "own"),
        ];
        assert_eq!(
            ask(&site, dialect, "GET", "/", &plain)
                .await
                .header("nightlatch-subject"),
            Some("ada")
        );
    }
}

/// A proxy in front may resolve a path before it looks where it leads, and hand it on as it was sent.
#[tokio::test]
async fn a_path_that_leads_out_of_the_question_is_none() {
    let site = Site::new(CONFIG).await;
    let cookie = format!("nightlatch={}", site.sign_in("ada").await);
    let question = Dialect::Ext.question("GET", HOST, "");
    for target in [
        "/../../session",
        "/%2e%2e/%2e%2e/session",
        "/..;/../session",
        "/x/../../../session",
        "/../ext2",
        "/..",
    ] {
        let address = Dialect::Ext.address(target);
        let answer = send(&site, "GET", &address, &question, &[("cookie", &cookie)]).await;
        answer.problem(StatusCode::BAD_REQUEST);
        assert_eq!(answer.header("nightlatch-subject"), None, "{target}");
    }
    let address = Dialect::Ext.address("/a/../b");
    assert!(is_allowed(
        &send(&site, "GET", &address, &question, &[("cookie", &cookie)]).await
    ));
}

#[tokio::test]
async fn where_browsers_come_over_tls_they_are_told_to_stay_there() {
    let secure = Site::new("[server]\npublic_url = \"https://app.example\"").await;
    let plain = Site::new("").await;
    for (site, promised) in [(&secure, Some("max-age=31536000")), (&plain, None)] {
        for path in ["/session", "/signed-out", "/sdk.json", "/nothing/here", "/auth/forward"] {
            let answer = site.get(path, "none").await;
            assert_eq!(answer.header("strict-transport-security"), promised, "{path}");
        }
    }
}
