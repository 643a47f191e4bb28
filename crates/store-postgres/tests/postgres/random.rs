//! Whatever the calls are, the store on PostgreSQL answers like the one in memory.

use nightlatch_store::memory::MemoryStore;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::calls::{answer, call, filter, told};
use crate::fresh::Fresh;

/// As the tables were at first, without those of facts: their numbers are never given again.
const CLEAR: &str = "TRUNCATE sessions, claims, audit_new, audit, policies, applications, api_keys, changes;
    UPDATE audit_head SET seq = 0; UPDATE clock SET latest = 0";

#[test]
fn the_store_answers_like_memory() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let fresh = runtime.block_on(Fresh::new());
    let client = runtime.block_on(fresh.client());
    let cases = ProptestConfig::default().cases / 4;
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        source_file: Some(file!()),
        ..ProptestConfig::default()
    });
    let calls = (prop::collection::vec(call(), 1..40), prop::collection::vec(filter(), 3));
    let result = runner.run(&calls, |(calls, filters)| {
        runtime.block_on(async {
            client.batch_execute(CLEAR).await.expect("empty tables");
            let (memory, store) = (MemoryStore::default(), fresh.store.as_ref());
            for call in &calls {
                prop_assert_eq!(answer(store, call).await, answer(&memory, call).await, "{:?}", call);
            }
            prop_assert_eq!(told(store, &filters).await, told(&memory, &filters).await);
            Ok(())
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
