//! Whatever the calls are, the embedded store answers like the one in memory.

use nightlatch_store::memory::MemoryStore;
use proptest::prelude::*;

use crate::calls::{answer, call, filter, told};

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_store_answers_like_memory(
        calls in prop::collection::vec(call(), 1..40),
        filters in prop::collection::vec(filter(), 3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        runtime.block_on(async {
            let (memory, (embedded, _guard)) = (MemoryStore::default(), crate::fresh::store());
            for call in &calls {
                prop_assert_eq!(answer(&embedded, call).await, answer(&memory, call).await, "{:?}", call);
            }
            prop_assert_eq!(told(&embedded, &filters).await, told(&memory, &filters).await);
            Ok(())
        })?;
    }
}
