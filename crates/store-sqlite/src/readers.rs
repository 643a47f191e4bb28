//! Connections that only read. They see what was committed before, and wait for no writer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nightlatch_store::{Result, StoreError};
use tokio::sync::Semaphore;

use crate::facts::Remembered;
use crate::failure::Failure;
use crate::records::{Damage, Reader};
use crate::schema;

/// So many reads run at once; more only compete for the same processors.
const READERS: usize = 8;

/// The pool.
#[derive(Debug)]
pub(super) struct Readers {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Reader>>>,
    turns: Arc<Semaphore>,
    damage: Arc<Damage>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            idle: Arc::default(),
            turns: Arc::new(Semaphore::new(READERS)),
            damage: Arc::default(),
        }
    }

    /// Runs `work` where it may wait for the disk.
    pub(super) async fn call<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> std::result::Result<T, Failure> + Send + 'static,
    {
        let stopped = || StoreError::Unavailable("a read was stopped".to_owned());
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| stopped())?;
        let (path, idle, damage) = (Arc::clone(&self.path), Arc::clone(&self.idle), Arc::clone(&self.damage));
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let waiting = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let reader = waiting.map_or_else(|| open(&path, damage), Ok)?;
            let outcome = work(&reader);
            // One that failed is closed: it may be the reason.
            if outcome.is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            }
            Ok(outcome?)
        });
        read.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn open(path: &Path, damage: Arc<Damage>) -> std::result::Result<Reader, Failure> {
    Ok(Reader {
        connection: schema::open_to_read(path)?,
        facts: Remembered::default(),
        damage,
    })
}
