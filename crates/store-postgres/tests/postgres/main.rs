//! The store on PostgreSQL keeps the contract of stores, and what a server adds to it.

mod bouncer;
mod fresh;
mod programs;
mod server;

mod conformance {
    nightlatch_store::conformance!(crate::fresh::store().await);
    nightlatch_store::shared_conformance!(crate::fresh::store().await);
}

/// The same through `PgBouncer` in transaction mode, which shares sessions and therefore keeps no statements ready.
mod bounced {
    nightlatch_store::conformance!(crate::fresh::bounced().await);
    nightlatch_store::shared_conformance!(crate::fresh::bounced().await);
}
