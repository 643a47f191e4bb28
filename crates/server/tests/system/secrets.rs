//! Tokens and keys leave the server once, to those they are for.

use axum::http::Method;

use crate::client;
use crate::server::Server;

#[tokio::test]
async fn no_token_is_written_anywhere() {
    let mut server =
        Server::start("[log]\nlevel = \"trace\"\nformat = \"json\"\n[policy]\nidle = \"10m\"\nabsolute = \"1h\"\n");
    let key = format!("Bearer {}", server.key);
    let mut tokens = Vec::new();
    for subject in ["ada", "ben", "chiara"] {
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        let body = format!(r#"{{"subject": "{subject}"}}"#);
        let created = client::send(Method::POST, &format!("{}sessions", server.management), &headers, body)
            .await
            .ok(201);
        tokens.push(created["token"].as_str().expect("a token").to_owned());
    }
    for token in &tokens {
        let (cookie, bearer) = (format!("nightlatch={token}"), format!("Bearer {token}"));
        let origin = server.browser.trim_end_matches("/nightlatch/").to_owned();
        for (method, path, body) in [
            (Method::GET, "session", ""),
            (Method::POST, "activity", r#"{"age_ms": 0, "tab": "t", "path": "/"}"#),
            (Method::POST, "extend", ""),
            (Method::POST, "tab", "nonsense"),
            (Method::GET, "unknown", ""),
        ] {
            for credential in [("cookie", cookie.as_str()), ("authorization", bearer.as_str())] {
                let headers = [
                    credential,
                    ("origin", origin.as_str()),
                    ("nightlatch", "1"),
                    ("content-type", "application/json"),
                ];
                client::send(method.clone(), &format!("{}{path}", server.browser), &headers, body).await;
            }
        }
        let sent = [("authorization", token.as_str())];
        client::send(Method::GET, &format!("{}sessions", server.management), &sent, "")
            .await
            .problem(401);
    }
    let metrics_url = server.management.replace("api/v1/", "metrics");
    let metrics = client::send(Method::GET, &metrics_url, &[], "").await;
    let audit = client::send(
        Method::GET,
        &format!("{}audit", server.management),
        &[("authorization", &key)],
        "",
    )
    .await;
    let list = client::send(
        Method::GET,
        &format!("{}sessions", server.management),
        &[("authorization", &key)],
        "",
    )
    .await;
    let sign_out = [
        ("authorization", format!("Bearer {}", tokens[0])),
        ("nightlatch", "1".to_owned()),
    ];
    let sign_out = sign_out.each_ref().map(|(name, value)| (*name, value.as_str()));
    client::send(Method::POST, &format!("{}sign-out", server.browser), &sign_out, "")
        .await
        .ok(200);
    assert!(server.stop().success());

    let mut places = vec![
        ("the log at trace level".to_owned(), server.log().into_bytes()),
        ("metrics".to_owned(), metrics.body.to_vec()),
        ("the audit".to_owned(), audit.body.to_vec()),
        ("the list".to_owned(), list.body.to_vec()),
    ];
    let directory = server.config_file().parent().expect("a directory").to_owned();
    for entry in std::fs::read_dir(directory).expect("the directory") {
        let path = entry.expect("an entry").path();
        places.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
    }
    assert!(
        places
            .iter()
            .any(|(place, bytes)| place.contains("nightlatch.db") && bytes.len() > 1000)
    );
    for (place, bytes) in places {
        for secret in tokens.iter().map(String::as_str).chain([server.key.as_str()]) {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret is in {place}");
        }
    }
}

#[tokio::test]
async fn ten_thousand_requests_of_strangers_leave_the_store_as_it_was() {
    let server = Server::start("[policy]\nidle = \"10m\"\n[log]\nlevel = \"error\"\n");
    let key = format!("Bearer {}", server.key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    client::send(
        Method::POST,
        &format!("{}sessions", server.management),
        &headers,
        r#"{"subject": "ada"}"#,
    )
    .await
    .ok(201);
    let database = server.config_file().with_file_name("nightlatch.db");
    let contents =
        || [database.clone(), database.with_file_name("nightlatch.db-wal")].map(|file| std::fs::read(file).ok());
    let before = contents();
    let origin = server.browser.trim_end_matches("/nightlatch/").to_owned();
    let strangers: Vec<_> = (0..8)
        .map(|stranger| {
            let (browser, origin) = (server.browser.clone(), origin.clone());
            tokio::spawn(async move {
                for request in 0..1250 {
                    let cookie = format!("nightlatch={stranger:022}{request:021}");
                    let headers = [
                        ("cookie", cookie.as_str()),
                        ("origin", &origin),
                        ("nightlatch", "1"),
                        ("content-type", "application/json"),
                    ];
                    let (method, path, body) = match request % 6 {
                        0 => (Method::GET, "session", ""),
                        1 => (Method::POST, "sign-out", ""),
                        2 => (Method::POST, "extend", ""),
                        3 => (Method::POST, "activity", r#"{"age_ms": 0}"#),
                        4 => (Method::POST, "tab", r#"{"tab": "a", "path": "/"}"#),
                        _ => (Method::GET, "signed-out", ""),
                    };
                    let answer = client::send(method, &format!("{browser}{path}"), &headers, body).await;
                    assert!(answer.status.as_u16() < 500, "{path}: {}", answer.text());
                }
            })
        })
        .collect();
    for stranger in strangers {
        stranger.await.expect("a stranger");
    }
    assert!(contents() == before, "the database file has changed");
}
