//! A server with one person signed in, on manual time and without a socket.

use std::sync::Arc;

use nightlatch_core::facts::Facts;
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{Engine, NewSession, Options};
use nightlatch_store::Store;
use nightlatch_store::memory::MemoryStore;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::server_state::ServerState;

pub(super) struct SignedIn {
    pub(super) server: Arc<ServerState>,
    pub(super) token: String,
    time: ManualTime,
}

impl SignedIn {
    pub(super) async fn new(config: &str, subject: &str) -> Self {
        let config = Config::parse(config, "test.toml", []).expect("a valid configuration");
        let time = ManualTime::at(Instant::from_millis(1_700_000_000_000));
        let clock = Clock::manual(&time, Instant::default());
        let store = Arc::new(MemoryStore::default()) as Arc<dyn Store>;
        let engine = Engine::open(store, clock, config.policy.clone(), Options::default())
            .await
            .expect("an engine");
        let facts = Facts {
            application: Some("bank".into()),
            ..Facts::default()
        };
        let new = NewSession {
            subject: subject.into(),
            facts,
            actor: "test".into(),
            ..NewSession::default()
        };
        let admission = engine.create(new).await.expect("a store");
        let token = admission.signed_in().expect("room").token.expose().to_owned();
        Self {
            server: Arc::new(ServerState::new(engine, &config, CancellationToken::new())),
            token,
            time,
        }
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.time.advance(Span::from_secs(seconds));
    }
}
