use std::time::Duration;

use axum::body::BodyDataStream;
use axum::http::{Method, StatusCode};
use futures_util::StreamExt as _;
use nightlatch_core::session::EndReason;
use nightlatch_store::token::Digest;
use serde_json::Value;

use super::{Site, page_request};

/// An open event stream.
pub(super) struct Events {
    body: BodyDataStream,
    read: String,
}

#[derive(Debug)]
pub(super) struct Event {
    pub(super) name: String,
    id: String,
    pub(super) data: Value,
}

impl Events {
    pub(super) async fn open(site: &Site, token: &str, last_event_id: Option<&str>) -> Self {
        let mut request = page_request(Method::GET, "/events", token, "");
        if let Some(id) = last_event_id {
            request
                .headers_mut()
                .insert("last-event-id", id.parse().expect("an id"));
        }
        let response = site.open(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body().into_data_stream(),
            read: String::new(),
        }
    }

    /// The next event; `None` when the stream has ended.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let event = event.to_owned();
                self.read = rest.to_owned();
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                        .map(str::to_owned)
                };
                let Some(data) = field("data") else { continue };
                let data = serde_json::from_str(&data).expect("JSON");
                return Some(Event {
                    name: field("event").expect("a name"),
                    id: field("id").expect("an id"),
                    data,
                });
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.body.next())
                .await
                .expect("an event in time")?;
            self.read
                .push_str(std::str::from_utf8(&chunk.expect("a chunk")).expect("text"));
        }
    }

    pub(super) async fn expect(&mut self, name: &str) -> Event {
        let event = self.next().await.expect("an event");
        assert_eq!(event.name, name, "{event:?}");
        event
    }
}

#[tokio::test]
async fn the_stream_begins_with_how_the_session_stands_and_ends_with_it() {
    let site = Site::new("[policy]\nidle = \"10m\"\n").await;
    let token = site.sign_in("ada").await;
    let mut events = Events::open(&site, &token, None).await;
    assert_eq!(events.expect("lifetime").await.data["idle_remaining_ms"], 600_000);
    let digest = Digest::of(&token).expect("a token");
    site.server
        .engine
        .sign_out(&digest, EndReason::Admin)
        .await
        .expect("a store");
    assert_eq!(events.expect("ended").await.data["reason"], "admin");
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn activity_in_one_tab_moves_the_deadline_in_all() {
    let site = Site::new("[policy]\nidle = \"10m\"\n").await;
    let token = site.sign_in("ada").await;
    let mut events = Events::open(&site, &token, None).await;
    events.expect("lifetime").await;
    site.advance(100);
    site.post("/activity", &token, r#"{"age_ms": 0}"#).await;
    assert_eq!(events.expect("lifetime").await.data["idle_remaining_ms"], 600_000);
}

#[tokio::test]
async fn a_warning_is_told_once_also_over_a_cut_stream() {
    let site = Site::new("[policy]\nidle = \"10m\"\n").await;
    let token = site.sign_in("ada").await;
    let mut events = Events::open(&site, &token, None).await;
    events.expect("lifetime").await;
    site.advance(550);
    // The stream wakes when something changes; a page that moves is enough.
    site.post("/tab", &token, r#"{"tab": "a", "path": "/x"}"#).await;
    let warning = events.expect("warning").await;
    assert_eq!(warning.data["phase"], "warning");
    drop(events);
    let mut resumed = Events::open(&site, &token, Some(&warning.id)).await;
    resumed.expect("lifetime").await;
    site.post("/extend", &token, "").await;
    assert_eq!(resumed.expect("lifetime").await.data["phase"], "active");
    let mut fresh = Events::open(&site, &token, None).await;
    fresh.expect("lifetime").await;
    drop(fresh);
    site.advance(550);
    let mut late = Events::open(&site, &token, Some(&warning.id)).await;
    late.expect("lifetime").await;
    late.expect("warning").await;
}

#[tokio::test]
async fn a_lock_is_told() {
    let site = Site::new("[policy]\nidle = \"10m\"\non_idle = \"lock\"\n").await;
    let token = site.sign_in("ada").await;
    let mut events = Events::open(&site, &token, None).await;
    events.expect("lifetime").await;
    site.advance(600);
    site.server.engine.sweep().await.expect("a store");
    assert_eq!(events.expect("locked").await.data["phase"], "locked");
}

#[tokio::test]
async fn a_session_has_so_many_streams_and_no_more() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(Events::open(&site, &token, None).await);
    }
    site.get("/events", &token).await.problem(StatusCode::TOO_MANY_REQUESTS);
    open.pop();
    Events::open(&site, &token, None).await;
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    let mut events = Events::open(&site, &token, None).await;
    events.expect("lifetime").await;
    site.server.shutdown.cancel();
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_stricter_policy_is_told_to_every_open_tab_at_once() {
    let site = Site::new("[policy]\nidle = \"30m\"\n").await;
    let (ada, ben) = (site.sign_in("ada").await, site.sign_in("ben").await);
    site.advance(600);
    site.post("/extend", &ben, "").await;
    let mut tabs = [
        Events::open(&site, &ada, None).await,
        Events::open(&site, &ben, None).await,
    ];
    for tab in &mut tabs {
        tab.next().await.expect("the state at the start");
    }
    let policy = serde_json::from_str(r#"{"idle": "10m"}"#).expect("a document");
    let change = nightlatch_engine::PolicyChange {
        policy: nightlatch_core::policy::Policy::new(policy).expect("a policy"),
        actor: "test".into(),
        reason: None,
        restored: None,
        expected: None,
    };
    site.server.engine.change_policy(change).await.expect("a store");
    let [of_ada, of_ben] = &mut tabs;
    let ended = of_ada.next().await.expect("an event");
    assert_eq!((ended.name.as_str(), &ended.data["reason"]), ("ended", &"idle".into()));
    let told = of_ben.next().await.expect("an event");
    assert_eq!(
        (told.name.as_str(), &told.data["idle_remaining_ms"]),
        ("lifetime", &600_000.into())
    );
}

const LOCKING: &str = "[policy]\nidle = \"10m\"\non_idle = \"lock\"\n";

#[tokio::test]
async fn a_locked_tab_is_told_so_wherever_it_asks() {
    let site = Site::new(LOCKING).await;
    let token = site.sign_in("ada").await;
    site.advance(600);
    let mut events = Events::open(&site, &token, None).await;
    assert_eq!(events.expect("lifetime").await.data["phase"], "locked");
    assert_eq!(events.expect("locked").await.data["can_extend"], false);
    let tab = site.post("/tab", &token, r#"{"tab": "a", "path": "/"}"#).await;
    for answer in [tab, site.get("/session", &token).await] {
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json()["phase"], "locked");
        assert_eq!(answer.json()["idle_remaining_ms"], Value::Null);
    }
}

#[tokio::test]
async fn every_open_tab_hears_at_once_that_the_lock_is_open() {
    let site = Site::new(LOCKING).await;
    let token = site.sign_in("ada").await;
    site.post("/tab", &token, r#"{"tab": "a", "path": "/"}"#).await;
    let mut tabs = [
        Events::open(&site, &token, None).await,
        Events::open(&site, &token, None).await,
    ];
    site.advance(600);
    site.server.engine.sweep().await.expect("a store");
    for tab in &mut tabs {
        tab.expect("lifetime").await;
        tab.expect("locked").await;
    }
    let again = site.reauthenticate(&token).await;
    for tab in &mut tabs {
        let told = tab.expect("lifetime").await;
        assert_eq!(
            (&told.data["phase"], &told.data["authentication_age_ms"]),
            (&"active".into(), &0.into())
        );
    }
    assert_eq!(
        site.get("/session", &token)
            .await
            .problem(StatusCode::UNAUTHORIZED)
            .as_deref(),
        Some("none"),
        "the old token opens nothing"
    );
    let mut reopened = Events::open(&site, &again, None).await;
    assert_eq!(reopened.expect("lifetime").await.data["phase"], "active");
}

#[tokio::test]
async fn a_fresh_authentication_is_told_though_no_deadline_moves() {
    let site = Site::new("[policy]\nidle = \"off\"\nabsolute = \"off\"\n").await;
    let token = site.sign_in("ada").await;
    site.advance(600);
    let mut events = Events::open(&site, &token, None).await;
    assert_eq!(events.expect("lifetime").await.data["authentication_age_ms"], 600_000);
    site.reauthenticate(&token).await;
    assert_eq!(events.expect("lifetime").await.data["authentication_age_ms"], 0);
}

#[tokio::test]
async fn a_stream_of_an_earlier_token_hears_on_for_a_moment_and_no_longer() {
    let site = Site::new("[policy]\nidle = \"10m\"\nabsolute = \"off\"\n").await;
    let token = site.sign_in("ada").await;
    let mut events = Events::open(&site, &token, None).await;
    events.expect("lifetime").await;
    site.advance(1);
    let again = site.reauthenticate(&token).await;
    events.expect("lifetime").await;
    site.advance(4);
    site.post("/extend", &again, "").await;
    assert_eq!(events.expect("lifetime").await.data["idle_remaining_ms"], 600_000);
    // Another token does not begin the moment anew.
    let newest = site.reauthenticate(&again).await;
    events.expect("lifetime").await;
    site.advance(1);
    site.post("/extend", &newest, "").await;
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_end_after_a_new_token_is_told_with_its_reason() {
    let site = Site::new("").await;
    let token = site.sign_in("ada").await;
    let mut events = Events::open(&site, &token, None).await;
    events.expect("lifetime").await;
    let again = site.reauthenticate(&token).await;
    site.post("/sign-out", &again, "").await;
    let told = loop {
        let event = events.next().await.expect("an event");
        if event.name != "lifetime" {
            break event;
        }
    };
    assert_eq!((told.name.as_str(), &told.data["reason"]), ("ended", &"user".into()));
    assert!(events.next().await.is_none());
}
