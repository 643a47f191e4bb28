//! What is written besides sessions: policies, applications, keys, claims, the secret.

use nightlatch_core::time::Instant;
use nightlatch_store::audit::AuditEntry;
use nightlatch_store::secret::Secret;
use nightlatch_store::{ApiKey, Application, Claim, Created, PolicyRevision, Removed};
use rusqlite::params;

use crate::columns;
use crate::creating::{claimed, make_claim};
use crate::failure::Failure;
use crate::reads;
use crate::writer::Group;
use crate::writes::{Result, append, execute};

pub(super) fn add_policy(group: &mut Group<'_>, policy: &PolicyRevision, audit: &AuditEntry) -> Result<bool> {
    let added = execute(
        group,
        "INSERT INTO policies (revision, since, document, actor, reason, restored)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?1 = (SELECT ifnull(max(revision), 0) + 1 FROM policies)",
        params![
            policy.revision,
            policy.since.as_millis(),
            columns::json(&policy.document)?,
            policy.actor,
            policy.reason,
            policy.restored,
        ],
    )? == 1;
    if added {
        group.heard_of(policy.since);
        append(group, audit)?;
    }
    Ok(added)
}

pub(super) fn put_application(
    group: &mut Group<'_>,
    application: &Application,
    expected: Option<u64>,
    audit: &AuditEntry,
) -> Result<bool> {
    let sql = match expected {
        None => {
            "INSERT INTO applications (id, name, origins, logout_urls, version) VALUES (?1, ?2, ?3, ?4, 1 + ifnull(?5, 0))
             ON CONFLICT DO NOTHING"
        }
        Some(_) => {
            "UPDATE applications SET name = ?2, origins = ?3, logout_urls = ?4, version = version + 1
             WHERE id = ?1 AND version = ?5"
        }
    };
    let put = execute(
        group,
        sql,
        params![
            application.id,
            application.name,
            columns::json(&application.origins)?,
            columns::json(&application.logout_urls)?,
            expected,
        ],
    )? == 1;
    if put {
        append(group, audit)?;
    }
    Ok(put)
}

pub(super) fn remove_application(
    group: &mut Group<'_>,
    id: &str,
    expected: Option<u64>,
    audit: &AuditEntry,
) -> Result<bool> {
    let sql = "DELETE FROM applications WHERE id = ?1 AND (?2 IS NULL OR version = ?2)";
    let removed = execute(group, sql, params![id, expected])? == 1;
    if removed {
        append(group, audit)?;
    }
    Ok(removed)
}

pub(super) fn add_api_key(
    group: &mut Group<'_>,
    key: &ApiKey,
    claim: Option<&Claim>,
    audit: &AuditEntry,
) -> Result<Created> {
    if let Some(claimed) = claimed(group, claim)? {
        return Ok(claimed);
    }
    let added = execute(
        group,
        "INSERT INTO api_keys (name, digest, created, scopes, applications) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
        params![
            key.name,
            key.digest.as_bytes(),
            key.created.as_millis(),
            columns::json(&key.scopes)?,
            applications(key)?,
        ],
    )? == 1;
    if !added {
        return Ok(Created::Exists);
    }
    append(group, audit)?;
    if let Some(claim) = claim {
        make_claim(group, claim, &key.name)?;
    }
    Ok(Created::Added(Vec::new()))
}

pub(super) fn replace_api_key(group: &Group<'_>, key: &ApiKey) -> Result<bool> {
    let replaced = execute(
        group,
        "UPDATE api_keys SET digest = ?2, created = ?3, scopes = ?4, applications = ?5 WHERE name = ?1",
        params![
            key.name,
            key.digest.as_bytes(),
            key.created.as_millis(),
            columns::json(&key.scopes)?,
            applications(key)?,
        ],
    )?;
    Ok(replaced == 1)
}

fn applications(key: &ApiKey) -> Result<Option<String>> {
    key.applications.as_ref().map(columns::json).transpose()
}

pub(super) fn remove_api_key(
    group: &mut Group<'_>,
    name: &str,
    unless_last: &[String],
    audit: &AuditEntry,
) -> Result<Removed> {
    let keys = reads::api_keys(group.connection)?;
    let (named, others): (Vec<_>, Vec<_>) = keys.iter().partition(|key| *key.name == *name);
    let has_one = |key: &&ApiKey| {
        unless_last
            .iter()
            .any(|scope| key.scopes.iter().any(|own| **own == **scope))
    };
    if named.is_empty() {
        return Ok(Removed::Missing);
    }
    if named.iter().any(has_one) && !others.iter().any(has_one) {
        return Ok(Removed::Last);
    }
    execute(group, "DELETE FROM api_keys WHERE name = ?1", [name])?;
    append(group, audit)?;
    Ok(Removed::Removed)
}

pub(super) fn forget_claims(group: &Group<'_>, before: Instant, limit: usize) -> Result<usize> {
    execute(
        group,
        "DELETE FROM claims WHERE key IN
            (SELECT key FROM claims INDEXED BY claims_by_age WHERE at < ?1 ORDER BY at LIMIT ?2)",
        params![before.as_millis(), columns::count(limit)],
    )
}

/// No index has the times of the audit, which is nearly in their order. So it is looked through from its beginning, and no further than
/// to the first entry that stays.
pub(super) fn forget_audit(group: &Group<'_>, before: Instant, limit: usize) -> Result<usize> {
    execute(
        group,
        "DELETE FROM audit WHERE seq IN (SELECT seq FROM audit ORDER BY seq LIMIT ?2)
            AND seq < (SELECT coalesce(
                (SELECT seq FROM audit WHERE at >= ?1 ORDER BY seq LIMIT 1), 9223372036854775807
            ))",
        params![before.as_millis(), columns::count(limit)],
    )
}

pub(super) fn secret(group: &Group<'_>, fresh: &Secret) -> Result<Secret> {
    let sql = "INSERT INTO secret (id, bytes) VALUES (1, ?1) ON CONFLICT DO NOTHING";
    execute(group, sql, [fresh.as_bytes()])?;
    let kept = reads::secret(group.connection)?;
    kept.ok_or_else(|| Failure::Damaged("it keeps no secret".to_owned()))
}
