//! `GET docs`: the description as a page.

use axum::response::Response;

pub(super) async fn docs() -> Response {
    super::openapi::openapi().await
}
