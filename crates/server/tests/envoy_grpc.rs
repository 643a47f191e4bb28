//! Envoy in front of an application that knows nothing of sessions, asking over gRPC.

#[path = "server/application.rs"]
mod application;
#[path = "server/client.rs"]
mod client;
#[path = "envoy_grpc/envoy.rs"]
mod envoy;
#[path = "server/guarded.rs"]
mod guarded;
#[path = "envoy_grpc/passing.rs"]
mod passing;
#[path = "server/server.rs"]
mod server;
