//! Programs from the Python package index, each in an environment of its own below `target/`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::debian;
use crate::step::Step;
use crate::workspace;

const SCHEMATHESIS: &str = "4.32.5";

/// The directory of the `OpenAPI` fuzzer. It leaves what it remembers between runs there.
pub(crate) fn fuzzing() -> PathBuf {
    workspace::root().join("target/schemathesis")
}

/// The `OpenAPI` fuzzer at its pinned version; answers the program.
pub(crate) fn schemathesis() -> Result<PathBuf> {
    let environment = fuzzing().join("venv");
    let program = environment.join("bin/schemathesis");
    if version(&program).is_some_and(|line| line.ends_with(SCHEMATHESIS)) {
        return Ok(program);
    }
    let environment = environment.display();
    if !Step::new(
        "ask for Python",
        "python3 -c __import__('venv'),__import__('ensurepip')",
    )
    .succeeds()
    {
        debian::install(
            &["python3-venv"],
            "the fuzzer of the management API is a Python program",
        )?;
    }
    println!("schemathesis {SCHEMATHESIS} calls every operation of the management API and is missing: installing it");
    Step::new("make a Python environment", &format!("python3 -m venv {environment}")).run()?;
    let line = format!(
        "{environment}/bin/python -m pip install --quiet --disable-pip-version-check schemathesis=={SCHEMATHESIS}"
    );
    Step::new("install schemathesis", &line).run()?;
    Ok(program)
}

fn version(program: &Path) -> Option<String> {
    Step::new("ask for a version", &format!("{} --version", program.display())).first_line()
}
