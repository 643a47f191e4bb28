//! Pages that go away at every await point of everything that they can ask for.

use super::*;
use crate::agreement::agree;
use crate::polled::polled;

const MOST: usize = 200;
const CONFIG: &str = "[policy]\nidle = \"10m\"\nchoice = { allow = [\"5m\", \"20m\"] }\n";

/// A method, a path and a body; the session has the tab `open` and the hold `held`.
const CALLS: &[(Method, &str, &str)] = &[
    (Method::POST, "/sign-out", ""),
    (Method::POST, "/extend", ""),
    (Method::POST, "/activity", r#"{"age_ms": 0}"#),
    (
        Method::POST,
        "/activity",
        r#"{"age_ms": 0, "tab": "new", "path": "/page"}"#,
    ),
    (Method::POST, "/tab", r#"{"tab": "new", "path": "/page"}"#),
    (Method::POST, "/tab", r#"{"tab": "open", "path": "/page"}"#),
    (Method::DELETE, "/tab/open", ""),
    (Method::POST, "/hold", r#"{"for_ms": 60000, "label": "upload"}"#),
    (Method::PUT, "/choice", r#"{"idle": "5m"}"#),
    (Method::GET, "/session", ""),
    (Method::GET, "/choice", ""),
    (Method::GET, "/auth/forward", ""),
];

async fn signed_in() -> (Site, String) {
    let site = Site::new(CONFIG).await;
    let ada = site.sign_in("ada").await;
    for (path, body) in [
        ("/tab", r#"{"tab": "open", "path": "/home"}"#),
        ("/hold", r#"{"for_ms": 60000, "label": "held"}"#),
    ] {
        assert!(site.post(path, &ada, body).await.status.is_success(), "{path}");
    }
    // The store is to hear of the next activity at once.
    site.advance(60);
    (site, ada)
}

#[tokio::test]
async fn a_request_that_its_page_has_left_is_done_whole() {
    for (method, path, body) in CALLS {
        for due in [false, true] {
            let mut polls = 1;
            loop {
                assert!(polls < MOST, "{method} {path} does not come to its end");
                let (site, ada) = signed_in().await;
                if due {
                    site.advance(1200);
                }
                let request = page_request(method.clone(), path, &ada, body);
                let answer = polled(polls, site.open(request)).await;
                site.server.engine.all_done().await;
                let ada = Digest::of(&ada).expect("a token");
                let agrees = agree(&site.server.engine, &*site.store, &[ada]).await;
                agrees.unwrap_or_else(|why| panic!("{method} {path}, due: {due}, gone after {polls} polls: {why}"));
                if answer.is_some() {
                    break;
                }
                polls += 1;
            }
        }
    }
}
