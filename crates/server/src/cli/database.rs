//! The database of a configuration, as commands beside the server open it. They make none by accident: one in the wrong place
//! would take keys that no server knows.

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use nightlatch_store::Store;

use crate::config::{Config, StoreKind};
use crate::serve::open_store;

/// Whether a command that writes may make the database.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct NewDatabase {
    /// Make the database if there is none; without it the first start of the server does
    #[arg(long)]
    new_database: bool,
}

impl NewDatabase {
    /// Opens the store to write; `file` is the configuration.
    pub(super) async fn open(self, config: &Config, file: &Path) -> anyhow::Result<Arc<dyn Store>> {
        if self.new_database {
            lasting(config)?;
            return open_store(config).await;
        }
        existing(
            config,
            file,
            "start the server once, or add --new-database to make it here",
        )
        .await
    }
}

/// Opens a store that is there already.
pub(super) async fn existing(config: &Config, file: &Path, remedy: &str) -> anyhow::Result<Arc<dyn Store>> {
    lasting(config)?;
    is_there(config, file, remedy)?;
    open_store(config).await
}

/// Whether there is a database, said with where it was looked for.
pub(super) fn is_there(config: &Config, file: &Path, remedy: &str) -> anyhow::Result<()> {
    if config.store.kind == StoreKind::Postgres {
        // Whether it is there only the server can say, and what connects asks it.
        return Ok(());
    }
    let path = &config.store.path;
    if path.is_file() {
        return Ok(());
    }
    bail!(
        "{}: store.path: there is no database at {}; correct store.path, or {remedy}. A relative path is relative to the \
         configuration file",
        file.display(),
        path.display()
    )
}

fn lasting(config: &Config) -> anyhow::Result<()> {
    if config.store.kind == StoreKind::Memory {
        bail!("store.kind is `memory`: such keys live in the running server alone, which prints one at its start");
    }
    Ok(())
}
