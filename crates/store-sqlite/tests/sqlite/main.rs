//! The embedded store keeps the contract of stores, and what a file adds to it.

mod calls;
mod file;
mod fresh;
mod migrating;
mod random;
mod speed;

mod conformance {
    nightlatch_store::conformance!(crate::fresh::store());
}
