//! Where somebody goes after signing out: to one of the logout URLs of their application, or to our own page.

use nightlatch_engine::Standing;
use nightlatch_engine::store::StoreError;

use crate::http::credential::Credential;
use crate::http::logout_url::LogoutUrl;
use crate::latch::Latch;

/// The listed address that is asked for. Anything else leads nowhere, and nobody is told why.
pub(super) async fn listed(latch: &Latch, credential: Option<Credential>, return_to: Option<String>) -> Option<String> {
    let url = LogoutUrl::try_from(return_to?).ok()?;
    // The session is over whether the store tells more of it or not.
    let application = application(latch, credential?).await.ok()??;
    latch.applications.logout_url(&application, &url).map(String::from)
}

/// What the session was for, over or not.
async fn application(latch: &Latch, credential: Credential) -> Result<Option<Box<str>>, StoreError> {
    Ok(match latch.engine.status(&credential.digest).await? {
        Standing::Live(snapshot) => snapshot.facts.application.clone(),
        Standing::Ended { handle, .. } => {
            let found = latch.engine.find(&handle).await?;
            found.and_then(|(record, _)| record.session.facts.application.clone())
        }
        Standing::Unknown => None,
    })
}
