//! `nightlatch sessions`.

mod end;
mod list;

use std::process::ExitCode;

/// List and end sessions
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the live sessions
    List(list::Args),
    /// End sessions
    End(end::Args),
}

/// Which sessions are meant; all that is given must hold.
#[derive(Clone, Debug, Default, clap::Args)]
struct Matching {
    /// Of this subject
    #[arg(long)]
    subject: Option<String>,
    /// Signed in to this application
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
    /// With this role
    #[arg(long)]
    role: Option<String>,
    /// On this class of device
    #[arg(long, value_name = "CLASS")]
    device: Option<String>,
}

impl Matching {
    fn pairs(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("subject", self.subject.as_deref()),
            ("application", self.application.as_deref()),
            ("role", self.role.as_deref()),
            ("device", self.device.as_deref()),
        ]
    }

    fn is_empty(&self) -> bool {
        self.pairs().iter().all(|(_, value)| value.is_none())
    }
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list::run(&args).await,
        Command::End(args) => end::run(&args).await,
    }
}
