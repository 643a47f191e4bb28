//! `GET sdk.js`, `worker.js` and what our own pages need, under their plain names and under those that never change; and
//! `GET sdk/…`, the parts that the SDK loads when it needs them, whose names the build has given a hash.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::assets::{Kept, asset, asset_with_tag};
use crate::http::problem::Problem;

/// The folder of the parts.
pub(crate) const PARTS: &str = "sdk";

pub(super) async fn get(headers: HeaderMap, Path(name): Path<String>) -> Result<Response, Problem> {
    // What lies in folders is not ours, however the slash is written.
    let name = Some(name).filter(|name| !name.contains('/')).ok_or_else(no_such_file)?;
    if let Some(asset) = asset(&name) {
        return Ok(asset.answer(&headers, Kept::UntilAsked));
    }
    let asset = asset_with_tag(&name).ok_or_else(no_such_file)?;
    Ok(asset.answer(&headers, Kept::Forever))
}

pub(super) async fn part(headers: HeaderMap, Path(name): Path<String>) -> Result<Response, Problem> {
    let asset = asset(&format!("{PARTS}/{name}")).ok_or_else(no_such_file)?;
    Ok(asset.answer(&headers, Kept::Forever))
}

fn no_such_file() -> Problem {
    Problem::not_found("No file has this name; where it carries a hash, it may be of another version.")
}
