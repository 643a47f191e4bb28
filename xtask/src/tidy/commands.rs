//! Every command that the documents tell a reader to run, and what runs it before the reader does.
//!
//! The blocks of code marked `sh` are read line by line: comments and blank lines are left out, a line that ends in a
//! backslash goes on in the next one. A block of output, or of a file, is marked otherwise.

use super::Finding;
use super::files::{File, Repository};
use super::invariants::test_exists;
use super::markdown;

const HERE: &str = "xtask/src/tidy/commands.rs";
const CI: &str = ".ci/run";

/// What shows that a documented command works.
#[derive(Debug)]
enum Proof {
    /// A line of `.ci/run` begins this command.
    Ci,
    /// The test of this name in this file runs it.
    Test { path: &'static str, name: &'static str },
    /// Nothing runs it, for this reason.
    Untested(&'static str),
}

/// The commands of the README beside a running server.
const README: Proof = Proof::Test {
    path: "crates/server/tests/system/readme.rs",
    name: "the_commands_of_the_readme_work",
};

/// The command of `docs/applications.md`.
const BOUND_KEYS: Proof = Proof::Test {
    path: "crates/server/tests/management/command_line.rs",
    name: "a_key_is_bound_to_an_application_on_the_command_line",
};

/// The commands of `docs/replay.md` beside its example.
const REPLAY: Proof = Proof::Test {
    path: "crates/server/tests/replay/document.rs",
    name: "the_commands_of_the_document_work",
};

/// The commands of `docs/changing-the-policy.md` beside a running server.
const CHANGING: Proof = Proof::Test {
    path: "crates/server/tests/system/changing.rs",
    name: "the_commands_of_the_document_work",
};

/// The commands of `docs/backup.md` beside a running server, and a restore.
const BACKUP: Proof = Proof::Test {
    path: "crates/server/tests/system/backup.rs",
    name: "a_copy_of_a_running_server_can_be_served",
};

/// The commands of `docs/many-nodes.md` beside real databases.
const fn store(file: &'static str, name: &'static str) -> Proof {
    Proof::Test { path: file, name }
}

/// The commands of `docs/served-sdk.md` beside a running server.
const SERVED_SDK: Proof = Proof::Test {
    path: "crates/server/tests/system/served_sdk.rs",
    name: "the_commands_of_the_document_tell_what_the_server_sends",
};

/// The commands of `docs/gateways.md` and the pages below it.
const GATEWAYS: Proof = Proof::Test {
    path: "crates/server/tests/gateways/document.rs",
    name: "the_commands_of_the_documents_work",
};

/// The commands of `docs/capacity.md`, with what they print.
const CAPACITY: Proof = Proof::Test {
    path: "crates/server/tests/system/capacity.rs",
    name: "the_commands_of_the_document_print_what_it_shows",
};

const COMMANDS: &[(&str, Proof)] = &[
    (
        "cargo run --release -- demo",
        Proof::Test {
            path: "crates/server/tests/demo/process.rs",
            name: "it_says_where_everything_is_and_what_to_try",
        },
    ),
    ("nightlatch check latch.toml", README),
    ("nightlatch explain latch.toml --role admin --path /billing", README),
    ("nightlatch serve --config latch.toml", README),
    ("nightlatch sessions list --subject ada", README),
    ("nightlatch sessions end --subject ada --yes", README),
    ("nightlatch audit show --subject ada", README),
    (
        "curl -s http://127.0.0.1:8701/api/v1/sessions -H \"Authorization: Bearer $NIGHTLATCH_API_KEY\" -H 'Content-Type: application/json' -d '{\"subject\": \"ada\", \"application\": \"bank\", \"roles\": [\"admin\"]}'",
        README,
    ),
    ("nightlatch policy adopt --config latch.toml", CHANGING),
    ("nightlatch check latch.toml --strict", CHANGING),
    ("nightlatch policy plan latch.toml", CHANGING),
    (
        "nightlatch policy apply strict.toml --reason \"audit of May\" --yes",
        CHANGING,
    ),
    ("nightlatch policy apply strict.toml --dry-run", CHANGING),
    ("nightlatch policy show", CHANGING),
    ("nightlatch policy history", CHANGING),
    (
        "nightlatch policy restore 1 --reason \"too many people were interrupted\"",
        CHANGING,
    ),
    ("nightlatch policy export", CHANGING),
    ("nightlatch policy export latch.toml", CHANGING),
    ("nightlatch backup nightlatch-backup.db --config latch.toml", BACKUP),
    ("nightlatch sessions end --all --yes", BACKUP),
    ("nightlatch policy replay activity.csv --idle 15m --idle 30m", REPLAY),
    (
        "nightlatch policy replay activity.csv --idle 15m --idle 30m --svg replay.svg",
        REPLAY,
    ),
    (
        "nightlatch policy replay activity.csv --idle 15m --idle 30m --json",
        REPLAY,
    ),
    (
        "nightlatch policy replay activity.csv --policy stricter.toml --within 10m",
        REPLAY,
    ),
    (
        "nightlatch check latch.toml --online",
        store(
            "crates/server/tests/store/online.rs",
            "a_server_is_looked_at_and_left_as_it_is",
        ),
    ),
    (
        "nightlatch store status --config latch.toml",
        store("crates/server/tests/store/looking.rs", "an_empty_database_stays_empty"),
    ),
    (
        "nightlatch store migrate --config latch.toml --dry-run",
        store(
            "crates/server/tests/store/migrating.rs",
            "a_database_gets_its_tables_and_a_dry_run_none",
        ),
    ),
    (
        "nightlatch store restored --sessions end --config latch.toml",
        store(
            "crates/server/tests/store/restoring.rs",
            "a_base_backup_that_was_opened_is_asked_about",
        ),
    ),
    (
        "nightlatch store copy nightlatch.db --config latch.toml",
        store(
            "crates/server/tests/store/copying.rs",
            "people_stay_signed_in_when_their_server_moves",
        ),
    ),
    ("nightlatch capacity --sessions 1M --active 100k", CAPACITY),
    (
        "nightlatch capacity --sessions 100M --active 1M --nodes 8 --max-connections 400",
        CAPACITY,
    ),
    (
        "nightlatch capacity --sessions 100k --active 10k --sign-ins-per-second 20 --tab-changes-per-second 20 --checkpoint 60s --ended-days 0 --hints false --json",
        CAPACITY,
    ),
    (
        "nightlatch capacity --sessions 1M --active 100k --sign-ins-per-second 20 --tab-changes-per-second 20 --checkpoint 60s --ended-days 0 --hints false --json",
        CAPACITY,
    ),
    ("nightlatch snippet --config latch.toml", SERVED_SDK),
    ("nightlatch snippet --config latch.toml --json", SERVED_SDK),
    ("nightlatch snippet --config latch.toml --required", SERVED_SDK),
    (
        "nightlatch gateway nginx --config latch.toml --upstream http://127.0.0.1:3000",
        GATEWAYS,
    ),
    (
        "nightlatch keys create wiki --application wiki --config latch.toml",
        BOUND_KEYS,
    ),
    ("nightlatch gateway test http://127.0.0.1:8080", GATEWAYS),
    ("nightlatch gateway echo --listen 127.0.0.1:3000", GATEWAYS),
    (
        "nightlatch gateway apache --config latch.toml --upstream http://127.0.0.1:3000",
        GATEWAYS,
    ),
    (
        "nightlatch gateway caddy --config latch.toml --upstream http://127.0.0.1:3000",
        GATEWAYS,
    ),
    (
        "nightlatch gateway envoy --config latch.toml --upstream http://127.0.0.1:3000",
        GATEWAYS,
    ),
    (
        "nightlatch gateway haproxy --config latch.toml --upstream http://127.0.0.1:3000",
        GATEWAYS,
    ),
    ("nightlatch gateway haproxy --config latch.toml --lua", GATEWAYS),
    ("nightlatch gateway traefik --config latch.toml --static", GATEWAYS),
    (
        "nightlatch gateway traefik --config latch.toml --upstream http://127.0.0.1:3000",
        GATEWAYS,
    ),
    ("cargo xtask test", Proof::Ci),
    ("cargo xtask test rust", Proof::Ci),
    ("cargo xtask test loom", Proof::Ci),
    ("cargo xtask test sdk", Proof::Ci),
    ("cargo xtask test gateways", Proof::Ci),
    ("cargo xtask test browser", Proof::Ci),
    ("cargo xtask test tidy", Proof::Ci),
    ("cargo xtask lint", Proof::Ci),
    (
        "cargo xtask ci",
        Proof::Untested("it is `cargo xtask lint` and `cargo xtask test`, which are run"),
    ),
    (
        "cargo xtask faults",
        Proof::Untested("it takes hours; what it runs in copies of the sources is run"),
    ),
    (
        "cargo xtask real-faults",
        Proof::Untested("it takes a quarter of an hour; the tests are run for some seconds each"),
    ),
    (
        "cargo xtask sdk",
        Proof::Untested("the tests of the SDK build the same bundles and compare them"),
    ),
    (
        "cargo xtask tidy",
        Proof::Untested("the last part of `cargo xtask test`"),
    ),
];

/// No document shows a command that is not in the list.
pub(super) fn every_command_is_known(repository: &Repository) -> Vec<Finding> {
    unknown(repository, COMMANDS)
}

/// No command of the list is missing from the documents, and its test exists.
pub(super) fn every_known_command_is_documented_and_tested(repository: &Repository) -> Vec<Finding> {
    stale(repository, COMMANDS)
}

fn unknown(repository: &Repository, known: &[(&str, Proof)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.with_extension(&["md"]) {
        for (line, command) in documented(file) {
            if !known.iter().any(|(known, _)| *known == command) {
                let problem = format!("`{command}` is not known: test it and add it to {HERE}");
                findings.push(Finding::new(&file.path, line, problem));
            }
        }
    }
    findings
}

fn stale(repository: &Repository, known: &[(&str, Proof)]) -> Vec<Finding> {
    let documented: Vec<String> = repository
        .with_extension(&["md"])
        .flat_map(documented)
        .map(|(_, command)| command)
        .collect();
    let mut findings = Vec::new();
    for (command, proof) in known {
        if !documented.iter().any(|documented| documented == command) {
            findings.push(Finding::new(
                HERE,
                1,
                format!("no document shows `{command}`: remove it from the list"),
            ));
        }
        if !holds(proof, command, repository) {
            findings.push(Finding::new(
                HERE,
                1,
                format!("`{command}` is not run by {proof:?}: correct the list"),
            ));
        }
    }
    findings
}

fn holds(proof: &Proof, command: &str, repository: &Repository) -> bool {
    match proof {
        Proof::Ci => repository
            .file(CI)
            .is_some_and(|ci| ci.text.lines().any(|line| begins(command, line.trim()))),
        Proof::Test { path, name } => test_exists(repository, "", path, name),
        Proof::Untested(reason) => !reason.is_empty(),
    }
}

/// Whether `line` is the command or its first words; a part of the tests is run with all of them.
fn begins(command: &str, line: &str) -> bool {
    !line.is_empty()
        && command
            .strip_prefix(line)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// The commands of a document, each with its first line.
fn documented(file: &File) -> Vec<(usize, String)> {
    let mut commands = Vec::new();
    for block in markdown::read(&file.text)
        .blocks
        .into_iter()
        .filter(|block| block.language == "sh")
    {
        let mut unfinished: Option<(usize, String)> = None;
        for (line, number) in block.code.lines().zip(block.line..) {
            let (start, before) = unfinished.take().unwrap_or((number, String::new()));
            let whole = format!("{before}{}", without_comment(line));
            match whole.strip_suffix('\\') {
                Some(begun) => unfinished = Some((start, begun.to_owned())),
                None if whole.is_empty() => {}
                None => commands.push((start, whole)),
            }
        }
        commands.extend(unfinished);
    }
    commands
}

fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('#') {
        ""
    } else {
        line.split(" #").next().unwrap_or_default().trim_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn every_command_here_is_known() {
        assert_obeyed(every_command_is_known);
    }

    #[test]
    fn every_known_command_here_is_documented_and_tested() {
        assert_obeyed(every_known_command_is_documented_and_tested);
    }

    const README: &str = "```sh\n# A comment\ncargo xtask test rust  # another\n\nnightlatch serve \\\n  --config FILE\n```\n```toml\nidle = \"30m\"\n```\n";

    #[test]
    fn commands_are_read_from_blocks_of_shell_alone() {
        let file = File {
            path: "README.md".to_owned(),
            text: README.to_owned(),
        };
        let expected = [
            (3, "cargo xtask test rust".to_owned()),
            (5, "nightlatch serve --config FILE".to_owned()),
        ];
        assert_eq!(documented(&file), expected);
    }

    #[test]
    fn a_command_is_known_and_what_is_known_is_shown_and_tested() {
        let repository = Repository::of([
            ("README.md", README),
            (CI, "cargo xtask test\n"),
            ("crates/server/tests/serve.rs", "#[test] fn serves() {}"),
        ]);
        let path = "crates/server/tests/serve.rs";
        let ci = || ("cargo xtask test rust", Proof::Ci);
        let serve = |name| ("nightlatch serve --config FILE", Proof::Test { path, name });

        assert_eq!(unknown(&repository, &[ci(), serve("serves")]), []);
        assert_eq!(stale(&repository, &[ci(), serve("serves")]), []);
        assert_eq!(unknown(&repository, &[ci()]).len(), 1);
        assert_eq!(
            stale(&repository, &[ci(), serve("gone")]).len(),
            1,
            "a test that does not exist"
        );
        assert_eq!(
            stale(&repository, &[("nightlatch gone", Proof::Untested("no"))]).len(),
            1,
            "shown nowhere"
        );
        assert_eq!(
            stale(&repository, &[("cargo xtask test rust", Proof::Untested(""))]).len(),
            1,
            "no reason"
        );
    }

    #[test]
    fn a_line_of_ci_begins_a_command_at_a_word() {
        assert!(begins("cargo xtask test rust", "cargo xtask test"));
        assert!(!begins("cargo xtask tests", "cargo xtask test"));
        assert!(!begins("cargo xtask", "cargo xtask test"));
    }
}
