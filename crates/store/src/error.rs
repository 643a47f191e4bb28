//! Why the store did not do what it was asked.

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or cannot write; later it may.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// It holds something that nightlatch did not write.
    #[error("the store holds a damaged record: {0}")]
    Damaged(String),
}

/// What a store answers.
pub type Result<T> = std::result::Result<T, StoreError>;
