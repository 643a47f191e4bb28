//! What the store says to a configuration. It is asked as a start of the server would ask it, and nothing is made or changed.

use std::path::Path;

use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::Clock;
use nightlatch_store::{Migration, StoreError};
use nightlatch_store_postgres::{About, ConnectError, Finding, Server, Visit};
use nightlatch_store_sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::cli::complain;
use crate::cli::postgres::{durable, place, server_as_json};
use crate::cli::table::write_pairs;
use crate::config::{Config, ConfigError, Position, StoreKind, of_key};
use crate::serve::postgres_options;

/// A store that a server could start with.
pub(super) struct Online {
    /// What it is, and what there is to say of that.
    lines: Vec<(&'static str, String)>,
    json: Value,
    warnings: Vec<Warning>,
}

/// What works, and hardly well.
struct Warning {
    place: String,
    position: Option<Position>,
    key: &'static str,
    message: String,
    remedy: String,
}

/// A beat is two round trips, four times a second.
const BEAT_EVERY: Span = Span::from_millis(250);
/// Beats that are late or lost before a node is without a lease.
const BEATS: u64 = 2;
/// The first round trip makes a connection; of the others the shortest counts.
const PINGS: usize = 8;
/// Clocks that differ by more than that are not set by anybody.
const CLOCKS_DIFFER: u64 = 1_000;

/// What the store of a configuration is like, or every reason why no server could start with it.
pub(super) async fn ask(file: &Path, config: &Config) -> Result<Online, Vec<ConfigError>> {
    let asked = Asked {
        file,
        text: std::fs::read_to_string(file).unwrap_or_default(),
        config,
    };
    match config.store.kind {
        StoreKind::Memory => Ok(Online {
            lines: vec![("store", "memory, of which nothing survives a restart".to_owned())],
            json: json!({ "kind": "memory" }),
            warnings: Vec::new(),
        }),
        StoreKind::Sqlite => asked.sqlite(),
        StoreKind::Postgres => asked.postgres().await,
    }
}

struct Asked<'c> {
    file: &'c Path,
    text: String,
    config: &'c Config,
}

impl Asked<'_> {
    fn error(&self, key: &str, message: String) -> ConfigError {
        ConfigError {
            source: self.file.display().to_string(),
            position: of_key(&self.text, key),
            key: Some(key.to_owned()),
            message,
        }
    }

    fn warning(&self, key: &'static str, message: String, remedy: String) -> Warning {
        Warning {
            place: self.file.display().to_string(),
            position: of_key(&self.text, key),
            key,
            message,
            remedy,
        }
    }

    fn sqlite(&self) -> Result<Online, Vec<ConfigError>> {
        let path = &self.config.store.path;
        let shown = path.display();
        let error = |message| vec![self.error("store.path", message)];
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        let schema = if path.exists() {
            let migration = SqliteStore::migration(path);
            schema(migration.map_err(|failure| error(format!("{shown}: {failure}")))?)
        } else if directory.is_none_or(Path::is_dir) {
            "there is no file yet; the first start makes it".to_owned()
        } else {
            return Err(error(format!(
                "{shown}: its directory does not exist; create it, or choose another path"
            )));
        };
        Ok(Online {
            json: json!({ "kind": "sqlite", "path": path.as_os_str().to_string_lossy(), "schema": schema }),
            lines: vec![
                ("store", "SQLite, for one server".to_owned()),
                ("place", shown.to_string()),
                ("schema", schema),
            ],
            warnings: Vec::new(),
        })
    }

    async fn postgres(&self) -> Result<Online, Vec<ConfigError>> {
        let options = postgres_options(&self.config.store);
        let options = options.map_err(|error| vec![self.error("store.password_file", format!("{error:#}"))])?;
        let unreachable = |error: StoreError| {
            let message = format!("{error}; check the address, and whether the server lets this machine in");
            vec![self.error("store.url", message)]
        };
        let visit = Visit::pay(&options).await.map_err(|error| match error {
            ConnectError::Refused(findings) => self.errors(&findings),
            ConnectError::Store(error) => unreachable(error),
        })?;
        let findings = visit.findings().await.map_err(unreachable)?;
        if !findings.is_empty() {
            return Err(self.errors(&findings));
        }
        let server = visit.server().await.map_err(unreachable)?;
        let contents = visit.contents().await.map_err(unreachable)?;
        let (round_trip, ahead) = measure(&visit).await.map_err(unreachable)?;
        let durability = self.config.store.durability;
        let schema = contents.map_or_else(
            || "there are no tables yet; the first start makes them".to_owned(),
            |contents| schema(contents.migration),
        );
        Ok(Online {
            json: json!({
                "kind": "postgres",
                "server": server_as_json(durability, &server),
                "schema": schema,
                "round_trip_ms": round_trip.as_millis(),
                "clock_ahead_ms": ahead,
            }),
            warnings: self.warnings(&server, round_trip, ahead),
            lines: vec![
                ("store", format!("PostgreSQL {}", server.version)),
                ("place", place(&server)),
                ("durability", durable(durability, &server)),
                ("schema", schema),
                (
                    "round trip",
                    if round_trip == Span::ZERO {
                        "less than 1ms".to_owned()
                    } else {
                        round_trip.to_string()
                    },
                ),
                (
                    "connections",
                    format!("{} of {} are in use", server.connected, server.connections),
                ),
                (
                    "clock",
                    format!("{ahead} ms ahead of this machine's, which no node goes by"),
                ),
            ],
        })
    }

    fn errors(&self, findings: &[Finding]) -> Vec<ConfigError> {
        let errors = findings.iter().map(|finding| {
            let key = match finding.about {
                About::Address => "store.url",
                About::Durability => "store.durability",
                About::RootCertificates => "store.root_certificates",
            };
            self.error(key, finding.to_string())
        });
        errors.collect()
    }

    fn warnings(&self, server: &Server, round_trip: Span, ahead: i64) -> Vec<Warning> {
        let store = &self.config.store;
        let mut warnings = Vec::new();
        // One for the beats.
        let wanted = u32::from(store.connections.get()) + 1;
        let free = server.connections.saturating_sub(server.connected);
        if wanted > free {
            warnings.push(self.warning(
                "store.connections",
                format!(
                    "a node opens up to {wanted} connections, and the server has {free} left of {}",
                    server.connections
                ),
                "lower it, raise max_connections of the server, or put PgBouncer in between".to_owned(),
            ));
        }
        let needed = Span::from_millis(BEATS * (BEAT_EVERY.as_millis() + 2 * round_trip.as_millis()));
        if store.end_bound < needed {
            warnings.push(self.warning(
                "store.end_bound",
                format!(
                    "a round trip takes {round_trip}, so that one beat that is late costs the lease within {}",
                    store.end_bound
                ),
                format!("write at least `{needed}`, or move the node nearer to the database"),
            ));
        }
        if ahead.unsigned_abs() > CLOCKS_DIFFER {
            warnings.push(self.warning(
                "store.url",
                format!("the clock of the server is {ahead} ms ahead of this machine's"),
                "set both by a time server: nodes go by the database's clock, and it dates the audit".to_owned(),
            ));
        }
        warnings
    }
}

/// The shortest round trip, and by how many milliseconds the server's clock is ahead of this machine's.
async fn measure(visit: &Visit) -> Result<(Span, i64), StoreError> {
    let clock = Clock::system(Instant::default());
    visit.ping().await?;
    let mut best: Option<(Span, i64)> = None;
    for _ in 0..PINGS {
        let sent = clock.uptime();
        let told = visit.ping().await?;
        let (received, shown) = clock.reading();
        let round_trip = received.since(sent);
        let half = Span::from_millis(round_trip.as_millis() / 2);
        let ahead = told.as_millis() - (shown - half).as_millis();
        if best.is_none_or(|(shortest, _)| round_trip < shortest) {
            best = Some((round_trip, ahead));
        }
    }
    Ok(best.unwrap_or_default())
}

fn schema(migration: Migration) -> String {
    let Migration { from, to } = migration;
    match (migration.is_needed(), from) {
        (false, _) => format!("{from}"),
        (true, 0) => "there are no tables yet; the first start makes them".to_owned(),
        (true, _) => format!("{from}; the next start makes it {to}"),
    }
}

impl Online {
    pub(super) fn warns(&self) -> bool {
        !self.warnings.is_empty()
    }

    pub(super) fn tell(&self) -> std::io::Result<()> {
        for warning in &self.warnings {
            let Warning {
                place,
                position,
                key,
                message,
                remedy,
            } = warning;
            let at = position.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
            complain(format_args!("warning: {place}{at}: {key}: {message}; {remedy}"));
        }
        write_pairs(&self.lines)
    }

    pub(super) fn as_json(&self) -> Value {
        let mut answer = self.json.clone();
        let warnings = self.warnings.iter().map(|warning| {
            json!({
                "line": warning.position.map(|at| at.line),
                "column": warning.position.map(|at| at.column),
                "key": warning.key,
                "message": warning.message,
                "remedy": warning.remedy,
            })
        });
        answer["warnings"] = warnings.collect();
        answer
    }
}
