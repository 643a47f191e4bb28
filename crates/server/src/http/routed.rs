//! The answer of a router to one request.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use axum::response::Response;
use axum::{BoxError, Router};
use tower::ServiceExt as _;

pub(crate) async fn routed<B>(routes: Router, request: Request<B>) -> Response
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let answer = routes.oneshot(request.map(Body::new)).await;
    answer.unwrap_or_else(|never| match never {})
}
