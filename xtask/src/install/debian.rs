//! Packages of a Debian system, installed only where that is certain to be allowed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::has;
use crate::step::Step;

const POLICY: &str = "/usr/sbin/policy-rc.d";
const POLICY_TEXT: &str =
    "#!/bin/sh\n# Written by `cargo xtask`: a package that is installed for the tests starts no daemon.\nexit 101\n";

/// Installs packages, or fails with the command that a person can run. None are installed already.
pub(super) fn install(packages: &[&str], reason: &str) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let packages = packages.join(" ");
    let line = format!("apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends {packages}");
    ensure!(
        has("apt-get") && is_root(),
        "missing: {packages} ({reason}), which can be installed from here only on Debian as root. \
         Install it, on Debian with:\n    sudo apt-get install {packages}"
    );
    println!("missing: {packages}; {reason}: installing with apt-get");
    let _no_daemons = NoDaemons::enforce(Path::new(POLICY))?;
    Step::new("refresh the package lists", "apt-get -o DPkg::Lock::Timeout=300 update").run()?;
    Step::new("install packages", &line)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .run()
}

fn is_root() -> bool {
    Step::new("ask for the user", "id -u").first_line().as_deref() == Some("0")
}

/// While it lives no package that is installed starts a daemon and takes a port.
struct NoDaemons {
    /// The file to take away again; none where the machine has a policy of its own.
    written: Option<PathBuf>,
}

impl NoDaemons {
    fn enforce(policy: &Path) -> Result<Self> {
        // One of ours was left behind by a run that was interrupted: it is taken away as well.
        let ours = fs::read_to_string(policy).is_ok_and(|text| text == POLICY_TEXT);
        if policy.exists() && !ours {
            return Ok(Self { written: None });
        }
        let cannot = || format!("cannot write {}", policy.display());
        fs::write(policy, POLICY_TEXT).with_context(cannot)?;
        fs::set_permissions(policy, fs::Permissions::from_mode(0o755)).with_context(cannot)?;
        Ok(Self {
            written: Some(policy.to_owned()),
        })
    }
}

impl Drop for NoDaemons {
    fn drop(&mut self) {
        if let Some(policy) = &self.written
            && let Err(error) = fs::remove_file(policy)
        {
            println!("remove {} yourself: {error}", policy.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_of_the_machine_is_left_alone_and_ours_is_taken_away() {
        let directory = std::env::temp_dir().join(format!("nightlatch-xtask-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let policy = directory.join("policy-rc.d");

        let guard = NoDaemons::enforce(&policy).unwrap();
        assert_eq!(fs::metadata(&policy).unwrap().permissions().mode() & 0o777, 0o755);
        drop(guard);
        assert!(!policy.exists());

        fs::write(&policy, POLICY_TEXT).unwrap();
        drop(NoDaemons::enforce(&policy).unwrap());
        assert!(!policy.exists(), "left behind by an interrupted run");

        fs::write(&policy, "#!/bin/sh\nexit 0\n").unwrap();
        drop(NoDaemons::enforce(&policy).unwrap());
        assert_eq!(fs::read_to_string(&policy).unwrap(), "#!/bin/sh\nexit 0\n");

        fs::remove_dir_all(&directory).unwrap();
    }
}
