//! Logs go to standard error, as text for people or as JSON for machines. Colour only on a terminal.

mod limited;

use std::io::IsTerminal as _;
use std::time::Duration;

use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt, registry};

use self::limited::{Limit, Limited};
use crate::config::{LogFormat, LogSection, targets};

/// More of one line than that tell nothing more, and anybody could fill a disk with them.
const LIMIT: Limit = Limit {
    lines: 20,
    // What is said at the start is said of every application.
    at_first: 200,
    within: Duration::from_secs(10),
};

/// Starts logging. Later calls change nothing.
pub(crate) fn start(log: &LogSection) {
    // A configuration with another level has been refused.
    let level = targets(&log.level).unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    let limited = Limited::to(LIMIT);
    let suppressed = limited.suppressed();
    let filter = level.and(limited);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => {
            let lines = lines.with_ansi(std::io::stderr().is_terminal());
            registry().with(lines.with_filter(filter)).try_init()
        }
        LogFormat::Json => registry()
            .with(lines.json().flatten_event(true).with_filter(filter))
            .try_init(),
    };
    match started {
        Ok(()) => suppressed.tell_from_now_on(),
        Err(error) => tracing::debug!(%error, "logging has been started before"),
    }
}
