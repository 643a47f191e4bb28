//! The embedded store: one SQLite file, for one machine. A server and the command line may have it open at once.
//!
//! All writes go through one thread, which lets those that come at the same time share a transaction and its wait for
//! the disk (`writer`). Reads have connections of their own (`readers`).

mod columns;
mod copy;
mod creating;
mod documents;
mod ending;
mod facts;
mod failure;
mod giving;
mod merge;
mod presence;
mod readers;
mod reads;
mod records;
mod rows;
mod scan;
mod schema;
mod selection;
#[cfg(test)]
mod tests;
mod visit;
mod writer;
mod writes;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use nightlatch_core::time::Instant;
use nightlatch_store::audit::{AuditEntry, AuditFilter, AuditRecord};
use nightlatch_store::secret::Secret;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{
    Amendment, ApiKey, Application, Audit, Changes, Claim, Created, Creation, Documents, End, Ended, Expiry, Filter,
    Page, PolicyRevision, Record, Reindex, Removed, Result, Revision, Selector, Sessions, StoreError, Touch, Touched,
};

pub use self::copy::Copied;
pub use self::giving::Giver;
use self::readers::Readers;
pub use self::visit::Contents;
use self::writer::Writer;

/// Keeps everything in one file.
#[derive(Debug)]
pub struct SqliteStore {
    // Closed before the writer: the last to close folds the log into the file, which a reader cannot.
    readers: Readers,
    writer: Writer,
}

/// The system forgets the locks a process has on a file when the process closes any descriptor of it. So a file is
/// created by one thread at a time, before any connection to it is open.
static CREATING: Mutex<()> = Mutex::new(());

impl SqliteStore {
    /// Opens the file, creating it (not its directory) if there is none, for its owner alone to read.
    pub fn open(path: &Path) -> Result<Self> {
        let creating = CREATING.lock().unwrap_or_else(PoisonError::into_inner);
        create_file(path)?;
        let connection = schema::open_to_write(path).map_err(|failure| match failure.into() {
            StoreError::Unavailable(why) => StoreError::Unavailable(format!("{}: {why}", path.display())),
            StoreError::Damaged(why) => StoreError::Damaged(format!("{}: {why}", path.display())),
            other => other,
        })?;
        drop(creating);
        Ok(Self {
            readers: Readers::new(path.to_owned()),
            writer: Writer::start(path.to_owned(), connection)?,
        })
    }

    /// Copies one moment of the database at `from`, which a server may be writing to, into the empty file `to`, and checks
    /// the copy.
    pub fn copy(from: &Path, to: &Path) -> Result<Copied> {
        Ok(copy::copy(from, to)?)
    }
}

fn create_file(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let advice = match options.open(path).map_err(|error| error.kind()) {
        Ok(_) | Err(ErrorKind::AlreadyExists) => return Ok(()),
        Err(ErrorKind::NotFound) => "its directory does not exist; create it, or choose another path".to_owned(),
        Err(kind) => format!("the file cannot be created: {kind}"),
    };
    Err(StoreError::Unavailable(format!("{}: {advice}", path.display())))
}

#[async_trait]
impl Sessions for SqliteStore {
    async fn create(&self, creation: &Creation) -> Result<Created> {
        let creation = creation.clone();
        self.writer.call(move |group| creating::create(group, &creation)).await
    }

    async fn get(&self, digest: &Digest) -> Result<Option<Record>> {
        let digest = *digest;
        self.readers
            .call(move |reader| records::by_digest(reader, &digest))
            .await
    }

    async fn find(&self, handle: &Handle) -> Result<Option<Record>> {
        let handle = *handle;
        self.readers
            .call(move |reader| records::by_handle(reader, &handle))
            .await
    }

    async fn touch(&self, touches: &[Touch]) -> Result<Vec<Touched>> {
        let touches = touches.to_vec();
        self.writer.call(move |group| writes::touch(group, &touches)).await
    }

    async fn amend(&self, amendment: &Amendment) -> Result<bool> {
        let amendment = amendment.clone();
        self.writer.call(move |group| writes::amend(group, &amendment)).await
    }

    async fn end(&self, selector: &Selector, end: &End, limit: usize) -> Result<Vec<Ended>> {
        let (selector, end) = (selector.clone(), end.clone());
        self.writer
            .call(move |group| ending::end(group, &selector, &end, limit))
            .await
    }

    async fn expire(&self, expiries: &[Expiry]) -> Result<Vec<Ended>> {
        let expiries = expiries.to_vec();
        self.writer.call(move |group| ending::expire(group, &expiries)).await
    }

    async fn reindex(&self, sessions: &[Reindex]) -> Result<()> {
        let sessions = sessions.to_vec();
        self.writer.call(move |group| writes::reindex(group, &sessions)).await
    }

    async fn due(&self, now: Instant, limit: usize) -> Result<Vec<Record>> {
        self.readers.call(move |reader| reads::due(reader, now, limit)).await
    }

    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Record>> {
        let filter = filter.clone();
        self.readers
            .call(move |reader| reads::list(reader, &filter, page))
            .await
    }

    async fn count(&self, filter: &Filter) -> Result<u64> {
        let filter = filter.clone();
        self.readers
            .call(move |reader| selection::count(&reader.connection, &filter))
            .await
    }

    async fn count_outdated(&self, revision: Revision) -> Result<u64> {
        self.readers
            .call(move |reader| selection::count_outdated(&reader.connection, revision))
            .await
    }

    async fn forget_ended(&self, before: Instant, limit: usize) -> Result<usize> {
        self.writer
            .call(move |group| ending::forget_ended(group, before, limit))
            .await
    }
}

#[async_trait]
impl Audit for SqliteStore {
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>> {
        let filter = filter.clone();
        self.readers
            .call(move |reader| reads::audit(&reader.connection, &filter))
            .await
    }

    async fn forget_audit(&self, before: Instant, limit: usize) -> Result<usize> {
        self.writer
            .call(move |group| documents::forget_audit(group, before, limit))
            .await
    }
}

#[async_trait]
impl Documents for SqliteStore {
    async fn policies(&self) -> Result<Vec<PolicyRevision>> {
        self.readers
            .call(move |reader| reads::policies(&reader.connection))
            .await
    }

    async fn add_policy(&self, policy: &PolicyRevision, audit: AuditEntry) -> Result<bool> {
        let policy = policy.clone();
        self.writer
            .call(move |group| documents::add_policy(group, &policy, &audit))
            .await
    }

    async fn applications(&self) -> Result<Vec<Application>> {
        self.readers
            .call(move |reader| reads::applications(&reader.connection))
            .await
    }

    async fn put_application(
        &self,
        application: &Application,
        expected: Option<u64>,
        audit: AuditEntry,
    ) -> Result<bool> {
        let application = application.clone();
        self.writer
            .call(move |group| documents::put_application(group, &application, expected, &audit))
            .await
    }

    async fn remove_application(&self, id: &str, expected: Option<u64>, audit: AuditEntry) -> Result<bool> {
        let id = id.to_owned();
        self.writer
            .call(move |group| documents::remove_application(group, &id, expected, &audit))
            .await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>> {
        self.readers
            .call(move |reader| reads::api_keys(&reader.connection))
            .await
    }

    async fn add_api_key(&self, key: &ApiKey, claim: Option<&Claim>, audit: AuditEntry) -> Result<Created> {
        let (key, claim) = (key.clone(), claim.cloned());
        self.writer
            .call(move |group| documents::add_api_key(group, &key, claim.as_ref(), &audit))
            .await
    }

    async fn replace_api_key(&self, key: &ApiKey) -> Result<bool> {
        let key = key.clone();
        self.writer
            .call(move |group| documents::replace_api_key(group, &key))
            .await
    }

    async fn remove_api_key(&self, name: &str, unless_last: &[&str], audit: AuditEntry) -> Result<Removed> {
        let unless_last: Vec<String> = unless_last.iter().map(|scope| (*scope).to_owned()).collect();
        let name = name.to_owned();
        self.writer
            .call(move |group| documents::remove_api_key(group, &name, &unless_last, &audit))
            .await
    }

    async fn forget_claims(&self, before: Instant, limit: usize) -> Result<usize> {
        self.writer
            .call(move |group| documents::forget_claims(group, before, limit))
            .await
    }

    async fn secret(&self, fresh: &Secret) -> Result<Secret> {
        // Mostly it is there, and a file that cannot be written now is no reason not to start.
        if let Some(kept) = self.readers.call(|reader| reads::secret(&reader.connection)).await? {
            return Ok(kept);
        }
        let fresh = fresh.clone();
        self.writer.call(move |group| documents::secret(group, &fresh)).await
    }
}

#[async_trait]
impl Changes for SqliteStore {
    async fn latest_instant(&self) -> Result<Instant> {
        self.readers
            .call(move |reader| reads::latest_instant(&reader.connection))
            .await
    }

    async fn probe(&self, now: Instant) -> Result<()> {
        self.writer
            .call(move |group| {
                group.heard_of(now);
                Ok(())
            })
            .await
    }
}
