//! Whoever calls hangs up at every await point of every operation that writes. What has begun is done: sessions, policy,
//! applications and keys are afterwards in the store as they are in use.

use std::collections::BTreeSet;

use axum::http::HeaderValue;
use nightlatch_engine::{NewSession, PolicyChange};
use nightlatch_store::Store;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store_sqlite::SqliteStore;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::agreement::agree;
use crate::management::operations;
use crate::polled::polled;

const MOST: usize = 200;
const ORIGIN: &str = "https://console.example";

#[derive(Clone, Copy, Debug)]
enum Kind {
    Memory,
    Sqlite,
}

/// Ada is signed in. Where it is furnished there are an application, a key and a second policy besides.
struct Scene {
    server: Arc<ServerState>,
    store: Arc<dyn Store>,
    router: Router,
    key: String,
    ada: Digest,
    handle: Handle,
    /// The secret of the key besides.
    other: Option<String>,
    _directory: Option<TempDir>,
}

impl Scene {
    async fn new(kind: Kind, furnished: bool) -> Self {
        let (store, directory): (Arc<dyn Store>, _) = match kind {
            Kind::Memory => (Arc::new(MemoryStore::default()), None),
            Kind::Sqlite => {
                let directory = tempfile::tempdir().expect("a directory");
                let store = SqliteStore::open(&directory.path().join("latch.db")).expect("a store");
                (Arc::new(store), Some(directory))
            }
        };
        let server = latch_on(Arc::clone(&store)).await;
        let key = ensure_key(&server.engine)
            .await
            .expect("a store")
            .expect("the first key");
        let new = NewSession {
            subject: "ada".into(),
            actor: "test".into(),
            ..NewSession::default()
        };
        let admission = server.engine.create(new).await.expect("a store");
        let ada = admission.signed_in().expect("room");
        let mut scene = Self {
            router: router(Arc::clone(&server)),
            server,
            store,
            key,
            ada: ada.token.digest(),
            handle: ada.handle,
            other: None,
            _directory: directory,
        };
        if furnished {
            scene.furnish().await;
        }
        scene
    }

    async fn furnish(&mut self) {
        let application = json!({ "id": "console", "name": "Console", "origins": [ORIGIN] });
        let made = self.send(request(Method::POST, "/api/v1/applications", application.to_string()));
        assert_eq!(made.await.status, StatusCode::CREATED);
        let key = json!({ "name": "billing", "scopes": ["sessions:read"] });
        let made = self.send(request(Method::POST, "/api/v1/keys", key.to_string())).await;
        let made: Value = serde_json::from_slice(&made.body).expect("JSON");
        self.other = made["secret"].as_str().map(str::to_owned);
        let document = serde_json::from_value(json!({ "idle": "17m" })).expect("a document");
        let change = PolicyChange {
            policy: nightlatch_core::policy::Policy::new(document).expect("a valid policy"),
            actor: "test".into(),
            reason: None,
            restored: None,
            expected: None,
        };
        self.server.engine.change_policy(change).await.expect("a store");
    }

    fn keyed(&self, mut request: Request<Body>) -> Request<Body> {
        let key = format!("Bearer {}", self.key).try_into().expect("a header");
        request.headers_mut().insert(header::AUTHORIZATION, key);
        request
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(&self.router, self.keyed(request)).await
    }

    async fn agrees(&self) -> Result<(), String> {
        agree(&self.server.engine, &*self.store, &[self.ada]).await?;
        let applications = self.store.applications().await.expect("a store");
        let listed = applications
            .iter()
            .any(|application| application.origins.iter().any(|origin| **origin == *ORIGIN));
        if self.server.applications.have_origin(&HeaderValue::from_static(ORIGIN)) != listed {
            return Err(format!("{ORIGIN} is in the store: {listed}, and in use it is not so"));
        }
        if let Some(secret) = &self.other {
            let digest = Digest::of(secret.trim_start_matches("nlk_")).expect("a secret");
            let kept = self
                .store
                .api_keys()
                .await
                .expect("a store")
                .iter()
                .any(|key| key.digest == digest);
            let mut request = request(Method::GET, "/api/v1/keys", "");
            let bearer = format!("Bearer {secret}").try_into().expect("a header");
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
            let answer = Answer::of(&self.router, request).await;
            if (answer.status != StatusCode::UNAUTHORIZED) != kept {
                return Err(format!(
                    "the key is in the store: {kept}, and is answered {}",
                    answer.status
                ));
            }
        }
        Ok(())
    }
}

/// Makes the request for a scene.
type Make = Box<dyn Fn(&Scene) -> Request<Body>>;

/// Each operation that is more than a look, as the description shows it, and what its examples leave out.
fn calls() -> Vec<(String, Make)> {
    let of_table = operations()
        .into_iter()
        .filter(|operation| operation.method != Method::GET);
    let mut calls: Vec<(String, Make)> = of_table
        .map(|operation| {
            let name = operation.id.to_owned();
            let make: Make = Box::new(move |scene| {
                let mut request = example(&operation);
                let path = request.uri().to_string().replace(HANDLE, &scene.handle.to_string());
                *request.uri_mut() = path.parse().expect("a path");
                request
            });
            (name, make)
        })
        .collect();
    let more = [
        ("sessions/end", json!({ "selector": { "subject": "ada" } })),
        ("sessions/end", json!({ "selector": { "all": true } })),
        ("sessions/{handle}/reauthenticate", json!({ "subject": "eve" })),
        ("sessions", json!({ "subject": "ada" })),
    ];
    calls.extend(more.map(|(path, body)| {
        let make: Make = Box::new(move |scene| {
            let path = format!("/api/v1/{path}").replace("{handle}", &scene.handle.to_string());
            request(Method::POST, &path, body.to_string())
        });
        (format!("POST {path}"), make)
    }));
    calls
}

async fn hang_up_everywhere(kind: Kind) {
    let (mut all, mut succeeded) = (BTreeSet::new(), BTreeSet::new());
    for (name, make) in calls() {
        all.insert(name.clone());
        for furnished in [false, true] {
            let mut polls = 1;
            loop {
                assert!(polls < MOST, "{name} does not come to its end");
                let scene = Scene::new(kind, furnished).await;
                let request = scene.keyed(make(&scene));
                let answer = polled(polls, scene.router.clone().oneshot(request)).await;
                scene.server.engine.all_done().await;
                let agrees = scene.agrees().await;
                agrees.unwrap_or_else(|why| panic!("{name}, furnished: {furnished}, gone after {polls} polls: {why}"));
                if let Some(answer) = answer {
                    if answer.expect("an answer").status().is_success() {
                        succeeded.insert(name.clone());
                    }
                    break;
                }
                polls += 1;
            }
        }
    }
    // Whoever hears of an end by somebody else is refused, and nothing else is.
    let refused: Vec<_> = all.difference(&succeeded).map(String::as_str).collect();
    assert_eq!(refused, ["POST sessions/{handle}/reauthenticate"]);
}

#[tokio::test]
async fn an_operation_that_its_caller_has_left_is_done_whole() {
    hang_up_everywhere(Kind::Memory).await;
}

#[tokio::test]
async fn an_operation_that_its_caller_has_left_is_done_whole_on_sqlite() {
    hang_up_everywhere(Kind::Sqlite).await;
}
