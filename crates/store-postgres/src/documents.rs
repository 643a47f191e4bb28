//! What is kept besides sessions: policies, applications, keys, the secret.

use std::borrow::Cow;

use nightlatch_store::audit::AuditEntry;
use nightlatch_store::secret::Secret;
use nightlatch_store::{ApiKey, Application, Claim, Created, PolicyRevision, Removed, Result};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::claims::{self, Made};
use crate::columns::{self, Columns};
use crate::connection::{Commit, Connection, Param};
use crate::entries::{Entries, tell};
use crate::failure::{IfLost, damaged};
use crate::{rows, text};

/// A statement that makes one change of documents, and tells the audit and the other nodes of it where it was made. Its own values
/// come behind those of the audit entry, from `$14` on.
macro_rules! document {
    ($change:literal, $kind:literal) => {
        concat!(
            "WITH done AS (",
            $change,
            " RETURNING 1), changed AS (INSERT INTO changes (kind) SELECT '",
            $kind,
            "' FROM done), told AS (",
            tell!(),
            " WHERE EXISTS (SELECT FROM done)) SELECT FROM done"
        )
    };
}

pub(super) async fn policies(connection: &mut Connection) -> Result<Vec<PolicyRevision>> {
    let sql = "SELECT revision, since, document, actor, reason, restored FROM policies ORDER BY revision";
    all(connection, sql, rows::policy).await
}

pub(super) async fn add_policy(
    connection: &mut Connection,
    policy: &PolicyRevision,
    audit: &AuditEntry,
) -> Result<bool> {
    let sql = document!(
        "INSERT INTO policies (revision, since, document, actor, reason, restored)
         SELECT $14, $15, $16, $17, $18, $19 WHERE $14 = (SELECT coalesce(max(revision), 0) + 1 FROM policies)
         ON CONFLICT DO NOTHING",
        "policy"
    );
    let entries = Entries::of([audit]);
    let values = PolicyValues::of(policy)?;
    Ok(!connection.write(sql, &entries.and(values.params())).await?.is_empty())
}

pub(super) async fn applications(connection: &mut Connection) -> Result<Vec<Application>> {
    let sql = "SELECT id, name, origins, logout_urls, version FROM applications ORDER BY id";
    all(connection, sql, rows::application).await
}

pub(super) async fn put_application(
    connection: &mut Connection,
    application: &Application,
    expected: Option<u64>,
    audit: &AuditEntry,
) -> Result<bool> {
    let sql = match expected {
        None => document!(
            "INSERT INTO applications (id, name, origins, logout_urls, version)
             VALUES ($14, $15, $16, $17, 1 + coalesce($18, 0)) ON CONFLICT DO NOTHING",
            "applications"
        ),
        Some(_) => document!(
            "UPDATE applications SET name = $15, origins = $16, logout_urls = $17, version = version + 1
             WHERE id = $14 AND version = $18",
            "applications"
        ),
    };
    let entries = Entries::of([audit]);
    let values = ApplicationValues::of(application)?;
    let expected = expected.map(columns::version);
    let params = entries.and(values.and(&expected));
    Ok(!connection.write(sql, &params).await?.is_empty())
}

pub(super) async fn remove_application(
    connection: &mut Connection,
    id: &str,
    expected: Option<u64>,
    audit: &AuditEntry,
) -> Result<bool> {
    let sql = document!(
        "DELETE FROM applications WHERE id = $14 AND ($15 IS NULL OR version = $15)",
        "applications"
    );
    let entries = Entries::of([audit]);
    let id = text::stored(id);
    let params: [Param<'_>; 2] = [
        (&id as &(dyn ToSql + Sync), Type::TEXT),
        (&expected.map(columns::version), Type::INT8),
    ];
    Ok(!connection.write(sql, &entries.and(params)).await?.is_empty())
}

/// A policy as another store kept it, in a transaction.
pub(super) async fn insert_policy(connection: &mut Connection, policy: &PolicyRevision) -> Result<()> {
    let sql =
        "INSERT INTO policies (revision, since, document, actor, reason, restored) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = PolicyValues::of(policy)?;
    connection.query(sql, &values.params()).await?;
    Ok(())
}

/// An application as another store kept it, in a transaction.
pub(super) async fn insert_application(connection: &mut Connection, application: &Application) -> Result<()> {
    let sql = "INSERT INTO applications (id, name, origins, logout_urls, version) VALUES ($1, $2, $3, $4, $5)";
    let values = ApplicationValues::of(application)?;
    let version = columns::version(application.version);
    connection.query(sql, &values.and(&version)).await?;
    Ok(())
}

/// A key as another store kept it, in a transaction.
pub(super) async fn insert_api_key(connection: &mut Connection, key: &ApiKey) -> Result<()> {
    let sql = "INSERT INTO api_keys (name, digest, created, scopes, applications) VALUES ($1, $2, $3, $4, $5)";
    let values = Values::of(key)?;
    connection.query(sql, &values.params()).await?;
    Ok(())
}

const API_KEYS: &str = "SELECT name, digest, created, scopes, applications FROM api_keys ORDER BY name";

pub(super) async fn api_keys(connection: &mut Connection) -> Result<Vec<ApiKey>> {
    all(connection, API_KEYS, rows::api_key).await
}

pub(super) async fn add_api_key(
    connection: &mut Connection,
    key: &ApiKey,
    claim: Option<&Claim>,
    audit: &AuditEntry,
) -> Result<Created> {
    let sql = document!(
        "INSERT INTO api_keys (name, digest, created, scopes, applications) VALUES ($14, $15, $16, $17, $18)
         ON CONFLICT DO NOTHING",
        "api-keys"
    );
    let entries = Entries::of([audit]);
    let values = Values::of(key)?;
    let params = entries.and(values.params());
    let Some(claim) = claim else {
        let added = !connection.write(sql, &params).await?.is_empty();
        return Ok(if added {
            Created::Added(Vec::new())
        } else {
            Created::Exists
        });
    };
    connection.begin(Commit::Durable);
    if let Made::Before(claimed) = claims::make(connection, claim, &key.name).await? {
        return Ok(claimed);
    }
    if connection.query(sql, &params).await?.is_empty() {
        // The claim with it.
        connection.rollback().await?;
        return Ok(Created::Exists);
    }
    connection.commit().await?;
    Ok(Created::Added(Vec::new()))
}

pub(super) async fn replace_api_key(connection: &mut Connection, key: &ApiKey) -> Result<bool> {
    let sql = "WITH done AS (
            UPDATE api_keys SET digest = $2, created = $3, scopes = $4, applications = $5 WHERE name = $1 RETURNING 1
        ), changed AS (
            INSERT INTO changes (kind) SELECT 'api-keys' FROM done
        )
        SELECT FROM done";
    let values = Values::of(key)?;
    Ok(!connection.write(sql, &values.params()).await?.is_empty())
}

/// Those who change keys take turns with whoever removes one: two who each remove the last but one would leave none.
pub(super) async fn remove_api_key(
    connection: &mut Connection,
    name: &str,
    unless_last: &[&str],
    audit: &AuditEntry,
) -> Result<Removed> {
    connection.begin(Commit::Durable);
    // The keys are read by a statement of its own, which sees what was committed before the lock was there.
    connection
        .query("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE", &[])
        .await?;
    let keys = connection.query(API_KEYS, &[]).await?;
    let keys = keys.iter().map(rows::api_key).collect::<Result<Vec<_>>>();
    let refused = match &keys {
        Ok(keys) => refused(keys, name, unless_last),
        Err(_) => Some(Removed::Missing),
    };
    if let Some(refused) = refused {
        connection.rollback().await?;
        return keys.map(|_| refused);
    }
    let sql = document!("DELETE FROM api_keys WHERE name = $14", "api-keys");
    let entries = Entries::of([audit]);
    let name = text::stored(name);
    let params = entries.and([(&name as &(dyn ToSql + Sync), Type::TEXT)]);
    connection.last(IfLost::Unknown, sql, &params).await?;
    Ok(Removed::Removed)
}

fn refused(keys: &[ApiKey], name: &str, unless_last: &[&str]) -> Option<Removed> {
    let has_one = |key: &&ApiKey| key.scopes.iter().any(|own| unless_last.contains(&&**own));
    let (named, others): (Vec<_>, Vec<_>) = keys.iter().partition(|key| *key.name == *name);
    if named.is_empty() {
        return Some(Removed::Missing);
    }
    (named.iter().any(has_one) && !others.iter().any(has_one)).then_some(Removed::Last)
}

pub(super) async fn kept_secret(connection: &mut Connection) -> Result<Option<Secret>> {
    let kept = all(connection, "SELECT bytes FROM secret", |row| {
        Columns::of(row).bytes().map(Secret::from_bytes)
    });
    Ok(kept.await?.into_iter().next())
}

pub(super) async fn secret(connection: &mut Connection, fresh: &Secret) -> Result<Secret> {
    // Mostly it is there, and a server that takes no writes now is no reason not to start.
    if let Some(kept) = kept_secret(connection).await? {
        return Ok(kept);
    }
    let sql = "INSERT INTO secret (id, bytes) VALUES (1, $1) ON CONFLICT DO NOTHING";
    let bytes = fresh.as_bytes().as_slice();
    connection.write(sql, &[(&bytes, Type::BYTEA)]).await?;
    kept_secret(connection)
        .await?
        .ok_or_else(|| damaged("it keeps no secret"))
}

/// A policy as its columns hold it.
struct PolicyValues<'p> {
    revision: i64,
    since: i64,
    document: String,
    actor: Cow<'p, str>,
    reason: Option<Cow<'p, str>>,
    restored: Option<i64>,
}

impl<'p> PolicyValues<'p> {
    fn of(policy: &'p PolicyRevision) -> Result<Self> {
        Ok(Self {
            revision: policy.revision.into(),
            since: policy.since.as_millis(),
            document: columns::json(&policy.document)?,
            actor: text::stored(&policy.actor),
            reason: policy.reason.as_deref().map(text::stored),
            restored: policy.restored.map(i64::from),
        })
    }

    fn params(&self) -> [Param<'_>; 6] {
        [
            (&self.revision, Type::INT8),
            (&self.since, Type::INT8),
            (&self.document, Type::TEXT),
            (&self.actor, Type::TEXT),
            (&self.reason, Type::TEXT),
            (&self.restored, Type::INT8),
        ]
    }
}

/// An application as its columns hold it, but for its version.
struct ApplicationValues<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    origins: String,
    logout_urls: String,
}

impl<'a> ApplicationValues<'a> {
    fn of(application: &'a Application) -> Result<Self> {
        Ok(Self {
            id: text::stored(&application.id),
            name: text::stored(&application.name),
            origins: columns::json(&application.origins)?,
            logout_urls: columns::json(&application.logout_urls)?,
        })
    }

    /// With a version, or the one that is expected.
    fn and<'p>(&'p self, version: &'p (dyn ToSql + Sync)) -> [Param<'p>; 5] {
        [
            (&self.id, Type::TEXT),
            (&self.name, Type::TEXT),
            (&self.origins, Type::TEXT),
            (&self.logout_urls, Type::TEXT),
            (version, Type::INT8),
        ]
    }
}

/// A key as its columns hold it.
struct Values<'k> {
    name: Cow<'k, str>,
    digest: &'k [u8],
    created: i64,
    scopes: String,
    applications: Option<String>,
}

impl<'k> Values<'k> {
    fn of(key: &'k ApiKey) -> Result<Self> {
        Ok(Self {
            name: text::stored(&key.name),
            digest: key.digest.as_bytes(),
            created: key.created.as_millis(),
            scopes: columns::json(&key.scopes)?,
            applications: key.applications.as_ref().map(columns::json).transpose()?,
        })
    }

    fn params(&self) -> [Param<'_>; 5] {
        [
            (&self.name, Type::TEXT),
            (&self.digest, Type::BYTEA),
            (&self.created, Type::INT8),
            (&self.scopes, Type::TEXT),
            (&self.applications, Type::TEXT),
        ]
    }
}

async fn all<T>(connection: &mut Connection, sql: &str, read: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    let rows = connection.read(sql, &[]).await?;
    rows.iter().map(read).collect()
}
