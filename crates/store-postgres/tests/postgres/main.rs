//! The store on PostgreSQL keeps the contract of stores, and what a server adds to it.

mod bouncer;
#[path = "../../../store-sqlite/tests/sqlite/calls.rs"]
mod calls;
mod capacity;
mod damaged;
mod fresh;
mod hinting;
mod living;
mod losing;
#[expect(dead_code, reason = "shared with the tests of the server, which break more")]
mod proxy;
mod random;
mod refusing;
mod replicated;
mod sealing;
mod secrets;
mod server;
mod speed;
mod touching;
mod waiting;

mod conformance {
    nightlatch_store::conformance!(crate::fresh::store().await);
    nightlatch_store::shared_conformance!(crate::fresh::store().await);
}

/// The same through PgBouncer in transaction mode, which shares sessions and therefore keeps no statements ready.
mod bounced {
    nightlatch_store::conformance!(crate::fresh::bounced().await);
    nightlatch_store::shared_conformance!(crate::fresh::bounced().await);
}
