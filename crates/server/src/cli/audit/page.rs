//! Pages of the audit of a running server.

use clap::builder::PossibleValuesParser;
use nightlatch_store::audit::AuditKind;
use serde_json::Value;

use crate::cli::client::{Connection, query};

/// What the server answers at once at most.
const LARGEST: usize = 500;

/// Which records are meant; all that is given must hold.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Of this session
    #[arg(long)]
    handle: Option<String>,
    /// Of this subject
    #[arg(long)]
    subject: Option<String>,
    /// Of this kind
    #[arg(long, value_parser = PossibleValuesParser::new(AuditKind::ALL.map(AuditKind::as_str)))]
    kind: Option<String>,
    /// Behind this number
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub(super) after: u64,
}

/// The records behind a number, at most `limit`, and where the next page starts.
pub(super) async fn page(
    connection: &Connection,
    which: &Which,
    after: u64,
    limit: usize,
) -> anyhow::Result<(Vec<Value>, Option<u64>)> {
    let (from, wanted) = (after.to_string(), limit.min(LARGEST).to_string());
    let pairs = [
        ("handle", which.handle.as_deref()),
        ("subject", which.subject.as_deref()),
        ("kind", which.kind.as_deref()),
        ("after", Some(from.as_str())),
        ("limit", Some(wanted.as_str())),
    ];
    let mut page = connection.get(&format!("audit?{}", query(&pairs))).await?;
    let records = page["records"].as_array_mut().map(std::mem::take).unwrap_or_default();
    Ok((records, page["next_after"].as_u64()))
}
