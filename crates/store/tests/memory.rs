//! The store in memory keeps the contract of stores.

use nightlatch_core::time::{Instant, Span};
use nightlatch_store::memory::MemoryStore;

nightlatch_store::conformance!((MemoryStore::default(), ()));

mod shared {
    //! The same where several nodes share it.

    use super::shared;

    nightlatch_store::conformance!((shared(), ()));
}

mod between_nodes {
    //! And what they tell each other.

    use super::shared;

    nightlatch_store::shared_conformance!((shared(), ()));
}

#[expect(clippy::disallowed_methods, reason = "turns run out by the store's own clock")]
fn shared() -> MemoryStore {
    let start = std::time::Instant::now();
    MemoryStore::shared(move || {
        let passed = u64::try_from(start.elapsed().as_millis()).expect("a short test");
        Instant::from_millis(1_700_000_000_000) + Span::from_millis(passed)
    })
}
