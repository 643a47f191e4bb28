//! What comes before every change of the policy: the plan, and the question where sessions would end or lock.

use std::process::ExitCode;
use std::str::FromStr;

use serde_json::Value;

use crate::cli::client::Connection;
use crate::cli::confirm::{confirmed, sessions};
use crate::cli::table::Colour;

/// A policy that somebody wants in force.
pub(super) struct Change<'a> {
    pub(super) candidate: &'a Value,
    pub(super) dry_run: bool,
    pub(super) yes: bool,
    pub(super) colour: Colour,
}

impl Change<'_> {
    /// Shows what the change would do and asks where it ends or locks sessions. False where it is not to be made.
    pub(super) async fn is_wanted(&self, connection: &Connection) -> anyhow::Result<bool> {
        let plan = connection.post("policy/plan?ending=0", self.candidate).await?;
        super::plan::write_plan(&mut std::io::stdout().lock(), &plan, self.colour)?;
        if self.dry_run {
            return Ok(false);
        }
        let count = |key: &str| plan["all"][key].as_u64().unwrap_or_default();
        let hit = match (count("ending"), count("locking")) {
            (0, 0) => return Ok(true),
            (ending, 0) => format!("{} will end now", sessions(ending)),
            (0, locking) => format!("{} will lock now", sessions(locking)),
            (ending, locking) => format!("{} will end and {} lock now", sessions(ending), sessions(locking)),
        };
        if self.yes { Ok(true) } else { confirmed(&hit) }
    }

    /// How the command ends that changed nothing.
    pub(super) fn refused(&self) -> ExitCode {
        crate::cli::complain(format_args!("Nothing was changed."));
        if self.dry_run {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Why a policy is changed; never empty.
#[derive(Clone, Debug)]
pub(super) struct Reason(String);

impl Reason {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "" => Err("an empty text gives no reason; say why, for those who read the history"),
            reason => Ok(Self(reason.to_owned())),
        }
    }
}
