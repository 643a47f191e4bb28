//! Where somebody goes after signing out: to one of the logout URLs of their application, or to our own page.

use crate::http::credential::Credential;
use crate::http::logout_url::LogoutUrl;
use crate::server_state::ServerState;

/// The listed address that is asked for. Anything else leads nowhere, and nobody is told why.
pub(super) async fn listed(
    server: &ServerState,
    credential: Option<Credential>,
    return_to: Option<String>,
) -> Option<String> {
    let url = LogoutUrl::try_from(return_to?).ok()?;
    // The session is over whether the store tells more of it or not.
    let application = credential?.application(server).await.ok()??;
    server.applications.logout_url(&application, &url).map(String::from)
}
