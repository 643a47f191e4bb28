//! HTTP as both listeners speak it.

pub(crate) mod cookie;
pub(crate) mod credential;
pub(crate) mod headers;
pub(crate) mod listen;
pub(crate) mod problem;
pub(crate) mod write;
