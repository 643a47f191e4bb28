//! How many sessions have ended here, by reason.

use std::sync::atomic::{AtomicU64, Ordering};

use nightlatch_core::session::EndReason;

use nightlatch_store::Ended;

/// Counts what the store says that this process has ended, wherever it was asked for and whoever still waits for the answer.
#[derive(Debug, Default)]
pub(crate) struct Ends([AtomicU64; EndReason::ALL.len()]);

impl Ends {
    pub(crate) fn count(&self, ended: &[Ended]) {
        for ended in ended {
            let reasons = EndReason::ALL.iter().zip(&self.0);
            for (_, count) in reasons.filter(|(reason, _)| **reason == ended.reason) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn by_reason(&self) -> impl Iterator<Item = (EndReason, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        EndReason::ALL.into_iter().zip(counts)
    }
}
