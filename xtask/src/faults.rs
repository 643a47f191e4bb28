//! Whether the simulation of several nodes bites: one deliberate fault after the other is put into a copy of the sources, and the
//! simulation has to find each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::workspace;

/// Within so many seeds a fault has to be found.
const SEEDS: u32 = 200;

/// A mistake that somebody could make.
struct Fault {
    name: &'static str,
    /// Of the workspace.
    file: &'static str,
    /// What stands there once, and what stands there with the mistake.
    right: &'static str,
    wrong: &'static str,
}

const FAULTS: &[Fault] = &[
    Fault {
        name: "no lease check",
        file: "crates/engine/src/node/lease.rs",
        right: "uptime.as_millis() < self.until.load(Ordering::Acquire)",
        wrong: "uptime.as_millis() < i64::MAX || self.until.load(Ordering::Acquire) > 0",
    },
    Fault {
        name: "a lease from when the answer came",
        file: "crates/engine/src/engine/beat.rs",
        right: "node.lease.extend(sent);\n        } else",
        wrong: "node.lease.extend(self.clock.uptime());\n        } else",
    },
    Fault {
        name: "no generation",
        file: "crates/engine/src/engine/table.rs",
        right: "if *generation != copy.generation {",
        wrong: "if false && *generation != copy.generation {",
    },
    Fault {
        name: "no tombstone",
        file: "crates/engine/src/engine/table.rs",
        right: "match (copy.session.state, node.journal.end_of(digest)) {",
        wrong: "match (copy.session.state, node.journal.end_of(digest).filter(|_| false)) {",
    },
    Fault {
        name: "a lost journal",
        file: "crates/engine/src/engine/beat.rs",
        right: "let ends = node.journal.ends();",
        wrong: "let mut ends = node.journal.ends();\n        ends.clear();",
    },
    Fault {
        name: "a lost answer taken for \"nothing was to be done\"",
        file: "crates/engine/src/engine/lifecycle.rs",
        right: "Err(error) => return Err(error),\n            };\n            self.make_known(&portion)",
        wrong: "Err(_) => break,\n            };\n            self.make_known(&portion)",
    },
    Fault {
        name: "a local clock",
        file: "crates/engine/src/clock.rs",
        right: "origin: shown.as_millis() - at.0,\n            ahead: 0,",
        wrong: "origin: self.now().as_millis().min(shown.as_millis()) - self.uptime().0,\n            ahead: at.0 * 0,",
    },
    Fault {
        name: "a false absence",
        file: "crates/engine/src/live.rs",
        right: "Some(first) if self.fresh =>",
        wrong: "Some(first) if self.fresh && first < known.seen - known.longest_absence =>",
    },
    Fault {
        name: "an absence as one node saw it, in the store",
        file: "crates/store/src/memory/tables.rs",
        right: "record.session.activity = after(&record, touch.first, touch.last);",
        wrong: "record.session.activity = Activity {\n            seen: touch.last,\n            longest_absence: touch.last.since(record.session.authenticated),\n        };",
    },
    Fault {
        name: "an expiry under a policy that was replaced",
        file: "crates/store/src/memory.rs",
        right: "if tables.has_replaced(expiry.today, expiry.at) {",
        wrong: "if tables.has_replaced(Revision::MAX, expiry.at) {",
    },
    Fault {
        name: "an expiry that names no activity",
        file: "crates/store/src/memory.rs",
        right: "&& record.session.activity.seen <= expiry.seen",
        wrong: "&& record.created <= expiry.at",
    },
    Fault {
        name: "a gate from the copy",
        file: "crates/engine/src/engine/check.rs",
        right: "Judgement::StepUp(_) if self.store_has_to_confirm() => return None,",
        wrong: "Judgement::StepUp(_) if false => return None,",
    },
    Fault {
        name: "a policy that is not dated ahead",
        file: "crates/engine/src/engine/policy.rs",
        right: "let Some(node) = &self.node else {",
        wrong: "let Some(node) = self.node.as_ref().filter(|_| false) else {",
    },
    Fault {
        name: "a touch that revives",
        file: "crates/store/src/memory/tables.rs",
        right: "let Some(record) = record.filter(|record| record.ended().is_none()) else {\n            return Touched::Gone;",
        wrong: "let revived = record.map(|record| {\n            let mut record = record.clone();\n            record.session.state = State::Active;\n            record\n        });\n        let Some(record) = revived.as_ref() else {\n            return Touched::Gone;",
    },
    Fault {
        name: "activity just before a deadline, told too late",
        file: "crates/engine/src/engine/activity.rs",
        right: "by_activity.into_iter().flatten().any(|at| at <= now + TOLD_WITHIN)",
        wrong: "by_activity.into_iter().flatten().any(|at| at <= now - TOLD_WITHIN)",
    },
    Fault {
        name: "a sweep that writes over what another node changed",
        file: "crates/engine/src/engine/sweep.rs",
        right: "let Some(before) = self.stored_copy(digest, now).await? else {\n            return Ok(());\n        };\n        self.keep(&turn, before.clone());",
        wrong: "let Some(mut before) = self.stored_copy(digest, now).await? else {\n            return Ok(());\n        };\n        if let Some(copy) = self.live_copy(digest) {\n            let version = before.version;\n            before = copy;\n            before.version = version;\n            let history = self.in_force.load_full();\n            let mut after = before.clone();\n            history.catch_up(&mut after.session, &mut after.revisions);\n            self.write_amendment(&turn, &before, &mut after, None, Vec::new(), now).await?;\n            return Ok(());\n        }",
    },
    Fault {
        name: "an end that nobody else hears of",
        file: "crates/engine/src/engine/beat.rs",
        right: "self.keep_ended(digest, at, reason);\n                self.watchers.announce(handle);",
        wrong: "self.watchers.announce(handle);",
    },
    Fault {
        name: "a store in another life that is believed to be the same",
        file: "crates/engine/src/engine/beat.rs",
        right: "self.doubt_every_copy();\n        }\n        let policy",
        wrong: "}\n        let policy",
    },
];

/// Puts in one fault after the other.
#[expect(clippy::disallowed_methods, reason = "whoever waits wants to know for how long")]
pub(crate) fn run(only: Option<&str>) -> Result<()> {
    let tree = workspace::root().join("target/faults/tree");
    let wanted = FAULTS
        .iter()
        .filter(|fault| only.is_none_or(|only| fault.name.contains(only)));
    let mut missed = Vec::new();
    copy(&tree)?;
    for fault in wanted {
        let began = Instant::now();
        let found = find(fault, &tree).with_context(|| format!("the fault \"{}\"", fault.name))?;
        let seconds = began.elapsed().as_secs();
        if let Some((seeds, what)) = found {
            println!("{:52} found with seed {seeds:>3} in {seconds:>4} s: {what}", fault.name);
        } else {
            println!("{:52} NOT FOUND in {SEEDS} seeds, {seconds:>4} s", fault.name);
            missed.push(fault.name);
        }
    }
    ensure!(missed.is_empty(), "the simulation misses: {}", missed.join(", "));
    Ok(())
}

/// The number of the seed that found it, and what it found.
fn find(fault: &Fault, tree: &Path) -> Result<Option<(u32, String)>> {
    let path = tree.join(fault.file);
    let right = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let places = right.matches(fault.right).count();
    ensure!(
        places == 1,
        "{} has its place {places} times; bring it up to date",
        fault.file
    );
    fs::write(&path, right.replacen(fault.right, fault.wrong, 1))?;
    let simulated = simulate(tree);
    fs::write(&path, right)?;
    simulated
}

fn simulate(tree: &Path) -> Result<Option<(u32, String)>> {
    let output = Command::new("cargo")
        .args([
            "test",
            "-q",
            "--profile",
            "simulation",
            "-p",
            "nightlatch-engine",
            "--test",
            "cluster",
        ])
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", workspace::root().join("target/faults/build"))
        .env("NIGHTLATCH_SEEDS", SEEDS.to_string())
        .env("RUST_BACKTRACE", "0")
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(None);
    }
    let number = told
        .split("seed number ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    let Some(seeds) = number.and_then(|number| number.parse().ok()) else {
        let end: Vec<&str> = told.lines().rev().take(20).collect();
        bail!(
            "it could not be tried:\n{}",
            end.into_iter().rev().collect::<Vec<_>>().join("\n")
        );
    };
    let what = told.lines().rev().find(|line| line.starts_with("session s"));
    Ok(Some((seeds, what.unwrap_or_default().to_owned())))
}

/// The sources as they are, without what is built.
fn copy(tree: &Path) -> Result<()> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(workspace::root())
        .output()?;
    ensure!(listed.status.success(), "git does not list the sources");
    let listed = String::from_utf8(listed.stdout)?;
    for file in listed.split_terminator('\0').map(PathBuf::from) {
        let (from, to) = (workspace::root().join(&file), tree.join(&file));
        let changed = fs::read(&from)
            .ok()
            .filter(|content| fs::read(&to).ok().as_ref() != Some(content));
        if let Some(content) = changed {
            fs::create_dir_all(to.parent().context("a file in no folder")?)?;
            fs::write(&to, content)?;
        }
    }
    Ok(())
}
