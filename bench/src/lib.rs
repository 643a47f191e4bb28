//! What the measuring programs share: an engine with people signed in, and a store that weighs nothing.

pub mod null_store;
pub mod population;
