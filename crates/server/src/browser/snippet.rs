//! `GET sdk.json`: the line that brings the SDK into a page, with the hash by which the page knows it again.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::assets::PARTS;
use crate::assets::{Asset, asset, folder};
use crate::http::headers::json;
use crate::http::problem::Problem;
use crate::server_state::ServerState;

/// Where the files of the SDK are, and what is in them. Each address means the same bytes for good.
#[derive(Debug, Serialize)]
pub(crate) struct Snippet {
    script: String,
    integrity: String,
    worker: String,
    /// The parts that the script may load, with their integrity, for an import map.
    parts: BTreeMap<String, String>,
    /// The line for a page that anybody may open.
    pub(crate) tag: String,
    /// The line for a page that needs a session: it is drawn once the SDK runs, and left where nobody is signed in.
    pub(crate) required_tag: String,
}

impl Snippet {
    /// None where the binary was built without the SDK.
    pub(crate) fn below(prefix: &str) -> Option<Self> {
        let (sdk, worker) = (asset("sdk.js")?, asset("worker.js")?);
        let address = |asset: &Asset| format!("{prefix}/{}", asset.name_with_tag());
        let (script, integrity) = (address(sdk), sdk.integrity());
        // Neither can hold what HTML would read as anything else.
        let tag = |attributes: &str| {
            let what = format!(r#"src="{script}" integrity="{integrity}" crossorigin="anonymous""#);
            format!(r#"<script type="module"{attributes} {what}></script>"#)
        };
        let part = |part: &Asset| (format!("{prefix}/{}", part.name()), part.integrity());
        Some(Self {
            tag: tag(""),
            required_tag: tag(r#" blocking="render" data-nightlatch="required""#),
            script,
            integrity,
            worker: address(worker),
            parts: folder(PARTS).map(part).collect(),
        })
    }
}

pub(super) async fn get(State(server): State<Arc<ServerState>>) -> Result<Response, Problem> {
    let snippet = Snippet::below(&server.prefix);
    snippet
        .as_ref()
        .map(json)
        .ok_or_else(|| Problem::not_found("This server was built without the SDK."))
}
