//! Apache in front of an application that knows nothing of sessions, asking over FastCGI.

#[path = "apache/apache.rs"]
mod apache;
#[path = "server/application.rs"]
mod application;
#[path = "server/client.rs"]
mod client;
#[path = "server/guarded.rs"]
mod guarded;
#[path = "apache/passing.rs"]
mod passing;
#[path = "server/server.rs"]
mod server;
