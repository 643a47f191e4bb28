//! Why the store did not do what it was asked, or did not say so.

/// Why the store did not do what it was asked, or did not say so.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or cannot write. What was asked for was not done; later it may be.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The answer was lost: what was asked for may have been done, and will not be done later. Ask how things stand, or ask for
    /// it once more.
    #[error("the store did not confirm what it was asked for: {0}")]
    Unconfirmed(String),
    /// Somebody else changes the same all the time. What was asked for was not done, and nothing is wrong with the store.
    #[error("somebody else is faster all the time: {0}")]
    Contended(String),
    /// It holds something that nightlatch did not write. What was asked for was not done.
    #[error("the store holds a damaged record: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Whether what was asked for may have been done nevertheless.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        matches!(self, Self::Unconfirmed(_))
    }
}

/// What a store answers.
pub type Result<T> = std::result::Result<T, StoreError>;
