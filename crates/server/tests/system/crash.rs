//! `kill -9` under load, again and again on one database: what was acknowledged holds, and nobody stays longer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::Method;

use crate::client;
use crate::server::Server;

const IDLE: Duration = Duration::from_secs(3);
/// A quarter of the idle limit is the longest touch interval there is.
const TOUCH_INTERVAL: Duration = Duration::from_millis(750);
const CONFIG: &str = "[policy]\nidle = \"3s\"\nwarn_before = \"1s\"\nabsolute = \"1h\"\n[store]\ntouch_interval = \"750ms\"\n\
    [log]\nlevel = \"error\"\n";
const KILLS: usize = 50;

/// What the client knows of one session.
#[derive(Clone, Debug)]
struct Known {
    /// The latest activity that was answered was no earlier than this.
    active_since: Instant,
    /// No activity was later than this, answered or not.
    active_until: Instant,
    signed_out: SignOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignOut {
    No,
    /// Asked for, and the answer was lost with the process.
    Asked,
    Acknowledged,
}

type Sessions = Arc<Mutex<HashMap<String, Known>>>;

#[expect(
    clippy::disallowed_methods,
    reason = "the client's own time is what the server is held against"
)]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_end_survives_kill_9() {
    let mut server = Server::start(CONFIG);
    let sessions = Sessions::default();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let (mut ended, mut alive) = (0, 0);
    for round in 0..KILLS {
        let load: Vec<_> = (0..6)
            .map(|worker| {
                let chance = Chance(chance.next() | 1);
                let (browser, management) = (server.browser.clone(), server.management.clone());
                tokio::spawn(work(
                    worker,
                    browser,
                    management,
                    server.key.clone(),
                    Arc::clone(&sessions),
                    chance,
                ))
            })
            .collect();
        let moment = Duration::from_millis(60 + chance.next() % 400);
        tokio::time::sleep(moment).await; // tidy: sleeps because the moment of the kill is what is tested
        server.kill();
        for worker in load {
            worker.await.expect("a worker");
        }
        server.restart();
        let (gone, live) = verify(&server, &sessions, round).await;
        ended += gone;
        alive += live;
    }
    assert!(
        ended > KILLS && alive > KILLS,
        "the load was too light to show anything: {ended} ended, {alive} alive"
    );
}

/// Signs in, moves and signs out until the server is gone.
async fn work(worker: usize, browser: String, management: String, key: String, sessions: Sessions, mut chance: Chance) {
    let bearer = format!("Bearer {key}");
    for step in 0.. {
        let token = if chance.next() % 10 < 3 {
            None
        } else {
            one_that_is_open(&sessions, &mut chance)
        };
        let asked = now();
        let Some(token) = token else {
            let body = format!(r#"{{"subject": "worker-{worker}-{step}"}}"#);
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let Some(answer) = client::try_send(Method::POST, &format!("{management}sessions"), &headers, body).await
            else {
                return;
            };
            let token = answer.ok(201)["token"].as_str().expect("a token").to_owned();
            let known = Known {
                active_since: asked,
                active_until: now(),
                signed_out: SignOut::No,
            };
            sessions.lock().expect("sessions").insert(token, known);
            continue;
        };
        let note = |change: &dyn Fn(&mut Known)| {
            if let Some(known) = sessions.lock().expect("sessions").get_mut(&token) {
                change(known);
            }
        };
        let authorization = format!("Bearer {token}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("nightlatch", "1"),
            ("content-type", "application/json"),
        ];
        if chance.next().is_multiple_of(8) {
            note(&|known| known.signed_out = SignOut::Asked);
            let Some(answer) = client::try_send(Method::POST, &format!("{browser}sign-out"), &headers, "").await else {
                return;
            };
            assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
            note(&|known| known.signed_out = SignOut::Acknowledged);
        } else {
            let answer = client::try_send(
                Method::POST,
                &format!("{browser}activity"),
                &headers,
                r#"{"age_ms": 0}"#,
            )
            .await;
            note(&|known| known.active_until = known.active_until.max(now()));
            match answer {
                Some(answer) if answer.status.as_u16() == 200 => {
                    note(&|known| known.active_since = known.active_since.max(asked));
                }
                Some(_) => {}
                None => return,
            }
        }
    }
}

fn one_that_is_open(sessions: &Sessions, chance: &mut Chance) -> Option<String> {
    let sessions = sessions.lock().expect("sessions");
    let open: Vec<_> = sessions
        .iter()
        .filter(|(_, known)| known.signed_out == SignOut::No)
        .collect();
    let index = usize::try_from(chance.next()).unwrap_or(0) % open.len().max(1);
    open.get(index).map(|(token, _)| (*token).clone())
}

/// Holds the restarted server against what was acknowledged; answers how many sessions were found ended and alive.
async fn verify(server: &Server, sessions: &Sessions, round: usize) -> (usize, usize) {
    let snapshot: Vec<_> = sessions.lock().expect("sessions").drain().collect();
    let (mut ended, mut alive) = (0, 0);
    for (token, known) in snapshot {
        let asked = now();
        let authorization = format!("Bearer {token}");
        let url = format!("{}session", server.browser);
        let answer = client::send(Method::GET, &url, &[("authorization", &authorization)], "").await;
        let answered = now();
        let reason = answer.json()["reason"].as_str().map(str::to_owned);
        match answer.status.as_u16() {
            200 => {
                assert_ne!(
                    known.signed_out,
                    SignOut::Acknowledged,
                    "round {round}: an ended session answers: {known:?}"
                );
                assert!(
                    asked < known.active_until + IDLE,
                    "round {round}: a session outlives its deadline: {known:?}"
                );
                alive += 1;
                sessions.lock().expect("sessions").insert(
                    token,
                    Known {
                        signed_out: SignOut::No,
                        ..known
                    },
                );
            }
            401 => {
                assert_ne!(
                    reason.as_deref(),
                    Some("none"),
                    "round {round}: an acknowledged creation is lost: {known:?}"
                );
                let too_early = answered + TOUCH_INTERVAL < known.active_since + IDLE;
                let explained = known.signed_out != SignOut::No;
                assert!(
                    explained || !too_early,
                    "round {round}: a session ended too early ({reason:?}): {known:?}"
                );
                ended += 1;
            }
            other => panic!("round {round}: status {other}: {}", answer.text()),
        }
    }
    (ended, alive)
}

/// Numbers without a pattern; which ones does not matter.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }
}
