//! Asking before something that cannot be taken back.

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};

/// Asks on a terminal whether to go on. Where nobody can be asked the command stops.
pub(super) fn confirmed(what_happens: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("{what_happens}, and nobody can be asked; look with --dry-run, then repeat with --yes");
    }
    let mut out = std::io::stderr().lock();
    write!(out, "{what_happens}. Go on? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("the answer cannot be read")?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// So many sessions, in words.
pub(super) fn sessions(number: u64) -> String {
    if number == 1 {
        "1 session".to_owned()
    } else {
        format!("{number} sessions")
    }
}
