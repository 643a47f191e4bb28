//! Who owns the policy: where a file does, nothing else changes it.

use crate::http::problem::Problem;
use crate::management::refusal::Refusal;
use crate::server_state::ServerState;

pub(in crate::management) fn ensure_server_owns(server: &ServerState) -> Result<(), Problem> {
    match &server.policy_file {
        None => Ok(()),
        Some(file) => Err(Refusal::PolicyOwnedByFile.because(format!(
            "The file {} owns the policy; change it there, or hand the policy over to the server: nightlatch policy adopt.",
            file.name()
        ))),
    }
}
