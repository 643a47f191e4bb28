//! Everything that went wrong goes right again. Then all nodes say what the store says, and the audit knows of one end each.

use std::sync::PoisonError;
use std::time::Duration;

use nightlatch_engine::Standing;
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::{Audit as _, Sessions as _};

use super::faulty::pass;
use super::history::lock;
use super::world::{Session, World};

impl World {
    pub(crate) async fn settle(&mut self) {
        for node in &self.nodes {
            let stopped_until = {
                let mut weather = node.weather.lock().unwrap_or_else(PoisonError::into_inner);
                (weather.lossy, weather.slow, weather.cut_off) = (0, 2, false);
                weather.stopped_until
            };
            tokio::time::sleep_until(stopped_until).await; // tidy: sleeps because the clock is paused
        }
        lock(&self.history).tell("all is well again");
        while let Some(done) = self.clients.join_next().await {
            self.sessions.extend(done.expect("a client that does not panic"));
        }
        pass(Duration::from_secs(5)).await;
        for session in self.sessions.clone() {
            if let Err(why) = self.agree_on(session).await {
                lock(&self.history).is_found(format_args!("session s{} in the end: {why}", session.number));
            }
        }
        self.every_stream_is_told();
    }

    fn every_stream_is_told(&self) {
        let mut history = lock(&self.history);
        let untold: Vec<_> = history.streams.keys().copied().collect();
        for (node, number) in untold {
            if history.oracle.is_over(number) {
                history.is_found(format_args!(
                    "session s{number} at node {node}: a stream was never told of its end"
                ));
            }
        }
    }

    async fn agree_on(&self, session: Session) -> Result<(), String> {
        let number = session.number;
        if !lock(&self.history).oracle.can_tell(number) {
            return Ok(());
        }
        let store = self.primary.now();
        let record = store.get(&session.digest).await.map_err(|error| error.to_string())?;
        let record = record.ok_or("the store does not know it")?;

        if lock(&self.history).oracle.is_over(number) && record.ended().is_none() {
            return Err("an acknowledged end is not in the store".to_owned());
        }
        for node in &self.nodes {
            let standing = node
                .engine
                .status(&session.digest)
                .await
                .map_err(|error| error.to_string())?;
            let reason = match standing {
                Standing::Ended { reason, .. } => Some(reason),
                Standing::Live(_) => None,
                Standing::Unknown => return Err(format!("node {} does not know it", node.number)),
            };
            let record = store.get(&session.digest).await.ok().flatten().ok_or("it has gone")?;
            let stored = record.ended().map(|(_, reason)| reason);
            // A store that has forgotten an end may have ended the session for another reason before it was told again. For a node that
            // has heard of the first, that stays.
            let differs = if self.has_forgotten {
                reason.is_some() != stored.is_some()
            } else {
                reason != stored
            };
            if differs {
                return Err(format!("node {} says {reason:?}, the store {stored:?}", node.number));
            }
        }
        let ends = AuditFilter {
            handle: Some(session.handle),
            kind: Some(AuditKind::Ended),
            limit: 10,
            ..AuditFilter::default()
        };
        let told = store.audit(&ends).await.map_err(|error| error.to_string())?.len();
        let record = store.get(&session.digest).await.ok().flatten().ok_or("it has gone")?;
        let expected = usize::from(record.ended().is_some());
        if told == expected {
            Ok(())
        } else {
            Err(format!("the audit knows of {told} ends"))
        }
    }
}
