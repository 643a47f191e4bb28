//! `nightlatch backup`: the database of a server in one file, as one moment has it.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use nightlatch_store_sqlite::{Copied, SqliteStore};

use super::database::is_there;
use crate::config::StoreKind;

/// Copy the database of a server, running or not, into one file
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  nightlatch backup nightlatch-backup.db --config latch.toml
  nightlatch backup \"/var/backups/nightlatch-$(date +%F).db\" --config latch.toml

The copy is one moment of the database, whatever the server does meanwhile, and is checked before it gets its name. A file that
is there already is never overwritten. Only its owner may read it: whoever has it may use the draft keys in it, and knows who was
signed in when. A copy made with cp lacks what stands in the write-ahead log, which may be all of it.

To restore: stop the server, move the database and the files beside it that end in -wal and -shm away, put the copy in its place,
start the server. Sessions that ended since the copy was made live again; end them: nightlatch sessions end --all --yes")]
pub(super) struct Args {
    /// The file to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The configuration file of the server
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match super::read_config(&args.config) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    if config.store.kind == StoreKind::Memory {
        bail!("store.kind is `memory`: nothing is kept, so there is nothing to copy");
    }
    if config.store.kind == StoreKind::Postgres {
        bail!("store.kind is `postgres`: back the database up as any other, for example with pg_dump or pg_basebackup");
    }
    is_there(&config, &args.config, "start the server once, which makes it")?;
    let Copied { sessions, audit } = copy(&config.store.path, &args.file)?;
    writeln!(
        std::io::stdout(),
        "{}: {sessions} live sessions and {audit} audit records of {}, checked.",
        args.file.display(),
        config.store.path.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The copy is made beside its place and gets its name when it is whole, so that nobody takes half of one for a backup.
fn copy(database: &Path, file: &Path) -> anyhow::Result<Copied> {
    let absolute = std::path::absolute(file).with_context(|| format!("{} is no path", file.display()))?;
    let directory = absolute.parent().unwrap_or(&absolute);
    let taken = || {
        format!(
            "{} is there already and is not overwritten; choose another name",
            file.display()
        )
    };
    if absolute.symlink_metadata().is_ok() {
        bail!(taken());
    }
    let unwritable = || format!("{} cannot be written; its directory has to be there", file.display());
    // Only its owner may read such a file.
    let part = tempfile::Builder::new()
        .prefix(".nightlatch-backup-")
        .tempfile_in(directory)
        .with_context(unwritable)?;
    let copied =
        SqliteStore::copy(database, part.path()).with_context(|| format!("{} cannot be copied", database.display()))?;
    part.as_file().sync_all().with_context(unwritable)?;
    if let Err(error) = part.persist_noclobber(&absolute) {
        if error.error.kind() == ErrorKind::AlreadyExists {
            bail!(taken());
        }
        return Err(error.error).with_context(unwritable);
    }
    // The name is as durable as the bytes.
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .with_context(unwritable)?;
    Ok(copied)
}
