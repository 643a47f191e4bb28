//! HTTP as both listeners speak it.

pub(crate) mod application_headers;
pub(crate) mod body;
pub(crate) mod conditions;
pub(crate) mod cookie;
pub(crate) mod credential;
pub(crate) mod cross_origin;
pub(crate) mod explained;
pub(crate) mod head_timer;
pub(crate) mod header_name;
pub(crate) mod headers;
pub(crate) mod listen;
pub(crate) mod logout_url;
pub(crate) mod origin;
pub(crate) mod patient;
pub(crate) mod percent;
pub(crate) mod problem;
pub(crate) mod question;
pub(crate) mod request_kind;
pub(crate) mod return_to;
pub(crate) mod routed;
pub(crate) mod sign_in_url;
pub(crate) mod tcp;
pub(crate) mod unread;
pub(crate) mod write;
