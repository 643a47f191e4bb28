//! `nightlatch gateway envoy`.

use askama::Template;

use super::installation::Installation;

/// Built on the `ext_authz` filter, over HTTP.
#[derive(Template)]
#[template(path = "gateway/envoy.yaml", escape = "none")]
pub(super) struct Envoy {
    on: Installation,
}

pub(super) fn configuration(on: Installation) -> Envoy {
    Envoy { on }
}
