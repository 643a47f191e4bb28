//! `nightlatch gateway nginx`.

use askama::Template;

use super::installation::Installation;

/// Built on `auth_request`, which every packaged nginx has.
#[derive(Template)]
#[template(path = "gateway/nginx.conf", escape = "none")]
pub(super) struct Nginx {
    on: Installation,
}

pub(super) fn configuration(on: Installation) -> Nginx {
    Nginx { on }
}
