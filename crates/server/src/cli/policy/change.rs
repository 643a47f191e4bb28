//! What comes before every change of the policy: the plan, and the question where sessions would end or lock.

use std::process::ExitCode;
use std::str::FromStr;

use serde_json::Value;

use crate::cli::client::Connection;
use crate::cli::confirm::{confirmed, sessions};
use crate::cli::table::Colour;

/// How somebody wants a policy to come into force, whichever it is.
#[derive(Debug, clap::Args)]
pub(super) struct Change {
    /// Why, for the history
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    reason: Option<Reason>,
    /// Only say what it would do
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    colour: Colour,
    #[command(flatten)]
    pub(super) connection: Connection,
}

impl Change {
    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(|Reason(text)| text.as_str())
    }

    /// Shows what the change would do and asks where it ends or locks sessions. False where it is not to be made.
    pub(super) async fn is_wanted(&self, candidate: &Value) -> anyhow::Result<bool> {
        let plan = self.connection.post("policy/plan?ending=0", candidate).await?;
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
struct Reason(String);

impl FromStr for Reason {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "" => Err("an empty text gives no reason; say why, for those who read the history"),
            reason => Ok(Self(reason.to_owned())),
        }
    }
}
