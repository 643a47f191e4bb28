//! What handlers take.

use axum::Extension;
use axum::extract::State;

use super::OperationDescription;

/// An argument of a handler: says what of the request it reads, and what it refuses.
pub(in crate::management) trait Input {
    /// Whether it reads the query, and so refuses what it does not know there.
    const READS_QUERY: bool = false;

    /// Whether it makes the handler keep to the applications that a key is bound to.
    const HONOURS_REACH: bool = false;

    fn description(description: &mut OperationDescription<'_>);
}

/// What the server knows by itself.
impl<T> Input for State<T> {
    fn description(_: &mut OperationDescription<'_>) {}
}

/// What admission has found out.
impl<T> Input for Extension<T> {
    fn description(_: &mut OperationDescription<'_>) {}
}
