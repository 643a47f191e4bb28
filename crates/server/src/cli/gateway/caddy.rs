//! `nightlatch gateway caddy`.

use askama::Template;

use super::installation::Installation;

/// Built on `forward_auth`.
#[derive(Template)]
#[template(path = "gateway/Caddyfile", escape = "none")]
pub(super) struct Caddy {
    on: Installation,
}

pub(super) fn configuration(on: Installation) -> Caddy {
    Caddy { on }
}
