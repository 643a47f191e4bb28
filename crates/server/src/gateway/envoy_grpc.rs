//! `Check` over gRPC, for Envoy: the one way of asking in which a route can say, out of reach of the client, which application
//! it leads to.

mod check;
mod messages;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tonic::server::Grpc;
use tonic_prost::ProstCodec;

use self::messages::{CheckRequest, CheckResponse};
use crate::http::body;
use crate::http::listen::Bound;
use crate::http::tcp;
use crate::server_state::ServerState;

/// Headers of the largest kind, and a little of a body where Envoy is told to send one; nothing of it is read.
const LARGEST_MESSAGE: usize = 1024 * 1024;
/// On one connection, at a time.
const MOST_STREAMS: u32 = 1024;

/// Serves until the server stops, then lets running requests finish.
pub(crate) async fn serve(mut bound: Bound, server: Arc<ServerState>) {
    let connections = GracefulShutdown::new();
    let shutdown = server.shutdown.clone();
    let service = TowerToHyperService::new(router(server));
    while let Some((stream, peer)) = bound.accept(&shutdown).await {
        let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(MOST_STREAMS)
            .serve_connection(TokioIo::new(stream), service.clone());
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(peer = %peer.address, %error, "a gRPC connection ended early");
            }
            drop(peer);
        });
    }
    drop(bound);
    tcp::drain(connections.shutdown()).await;
}

fn router(server: Arc<ServerState>) -> Router {
    Router::new()
        .route("/envoy.service.auth.v3.Authorization/Check", post(check))
        .fallback(unknown)
        .with_state(server)
}

async fn check(State(server): State<Arc<ServerState>>, request: Request) -> Response {
    let answer = tower::service_fn(move |asked: tonic::Request<CheckRequest>| {
        let server = Arc::clone(&server);
        async move { Ok(tonic::Response::new(check::answer(&server, asked.into_inner()).await)) }
    });
    let codec = ProstCodec::<CheckResponse, CheckRequest>::default();
    let mut grpc = Grpc::new(codec).max_decoding_message_size(LARGEST_MESSAGE);
    // A question that never ends is none.
    match tokio::time::timeout(body::WITHIN, grpc.unary(answer, request)).await {
        Ok(answered) => answered.map(Body::new),
        Err(_) => tonic::Status::deadline_exceeded("the question does not come to its end").into_http::<Body>(),
    }
}

async fn unknown() -> Response {
    let detail = "only envoy.service.auth.v3.Authorization/Check is answered here";
    tonic::Status::unimplemented(detail).into_http::<Body>()
}

#[cfg(test)]
mod tests;
