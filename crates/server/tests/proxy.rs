//! The reverse proxy of the real binary, in front of a real application that knows nothing of it.

#[path = "proxy/application.rs"]
mod application;
#[path = "server/client.rs"]
mod client;
#[path = "proxy/front.rs"]
mod front;
#[path = "proxy/hanging_up.rs"]
mod hanging_up;
#[path = "proxy/holds.rs"]
mod holds;
#[path = "proxy/http2.rs"]
mod http2;
#[cfg(feature = "inject")]
#[path = "proxy/injection.rs"]
mod injection;
#[path = "proxy/load.rs"]
mod load;
#[path = "proxy/passing.rs"]
mod passing;
#[path = "server/server.rs"]
mod server;
#[path = "proxy/smuggling.rs"]
mod smuggling;
#[path = "proxy/store_down.rs"]
mod store_down;
#[path = "proxy/streams.rs"]
mod streams;
#[path = "proxy/tls.rs"]
mod tls;
#[path = "proxy/upstreams.rs"]
mod upstreams;
