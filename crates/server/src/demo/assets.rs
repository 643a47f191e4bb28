//! What the pages load: styles, scripts and pictures, built in.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::assets::{Kept, asset};
use crate::http::problem::Problem;

/// The names carry no hash, so the browser asks every time and is mostly told that nothing changed.
pub(super) async fn get(headers: HeaderMap, Path(file): Path<String>) -> Result<Response, Problem> {
    let found = asset(&format!("demo/{file}"));
    let asset = found.ok_or_else(|| Problem::not_found("The demo has no such file."))?;
    Ok(asset.answer(&headers, Kept::UntilAsked))
}
