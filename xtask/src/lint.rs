//! What is checked without running the code: format, lints, documentation, dependencies.

use anyhow::Result;

use crate::install;
use crate::step::{Step, WHOLE, heading};

pub(crate) fn run() -> Result<()> {
    Step::new("format", "cargo fmt --all --check").run()?;
    Step::new(
        "lints",
        &format!("cargo clippy {WHOLE} --all-targets --locked -- -D warnings"),
    )
    .run()?;
    Step::new("documentation", &format!("cargo doc {WHOLE} --no-deps --locked"))
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    dependencies()
}

fn dependencies() -> Result<()> {
    install::cargo_deny()?;
    Step::new(
        "dependencies",
        "cargo deny --locked check --deny unmatched-skip bans licenses sources",
    )
    .run()?;
    // Without the network there is no database of advisories. That is no fault of the change under test.
    if Step::new("fetch the advisories", "cargo deny --locked fetch db").succeeds() {
        return Step::new("advisories", "cargo deny --locked check advisories").run();
    }
    heading("advisories: SKIPPED");
    println!("the advisory database cannot be fetched from here; run `cargo deny check advisories` where it can");
    Ok(())
}
