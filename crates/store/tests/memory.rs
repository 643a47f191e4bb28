//! The store in memory keeps the contract of stores.

use nightlatch_store::memory::MemoryStore;

nightlatch_store::conformance!((MemoryStore::default(), ()));
