//! A test waits for what it expects, not for time to pass.

use super::Finding;
use super::files::{File, Repository};
use super::rust_tokens::{Purpose, tokens};

/// Written behind the call by those who must sleep.
const EXCUSE: &str = "// tidy: sleeps because ";
const REMEDY: &str = "a test that sleeps: wait for the event, pause the clock, or end the line with \
                      `// tidy: sleeps because …`";

/// No test sleeps on a running clock without saying why.
pub(super) fn no_test_sleeps(repository: &Repository) -> Vec<Finding> {
    let rust = repository
        .with_extension(&["rs"])
        .flat_map(|file| findings_on(file, sleeps_in_rust(file)));
    let is_script_test = |file: &&File| {
        ["sdk/e2e/", "sdk/test/", "sdk/tests/"]
            .iter()
            .any(|dir| file.path.starts_with(dir))
    };
    let script = repository.with_extension(&["ts", "tsx", "mjs"]);
    let script = script.filter(|file| is_script_test(file) || file.path.contains(".test."));
    rust.chain(script.flat_map(|file| findings_on(file, sleeps_in_script(file))))
        .collect()
}

fn findings_on(file: &File, lines: Vec<usize>) -> Vec<Finding> {
    let unexcused = lines.into_iter().filter(|line| !is_excused(file.line(*line)));
    unexcused.map(|line| Finding::new(&file.path, line, REMEDY)).collect()
}

fn is_excused(line: &str) -> bool {
    line.split_once(EXCUSE)
        .is_some_and(|(_, reason)| !reason.trim().is_empty())
}

/// Calls of a function `sleep`, however it is imported. A method of that name is another thing.
fn sleeps_in_rust(file: &File) -> Vec<usize> {
    let tokens = tokens(file);
    let calls = tokens.windows(3).filter(|window| {
        let [before, name, after] = window else { return false };
        matches!(name.text.as_str(), "sleep" | "sleep_ms" | "sleep_until")
            && after.text == "("
            && !matches!(before.text.as_str(), "." | "fn")
            && name.purpose == Purpose::Test
    });
    calls.map(|window| window[1].line).collect()
}

fn sleeps_in_script(file: &File) -> Vec<usize> {
    let sleeps =
        |line: &str| line.contains("waitForTimeout(") || (line.contains("new Promise") && line.contains("setTimeout("));
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| sleeps(line))
        .map(|(index, _)| index + 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn no_test_here_sleeps() {
        assert_obeyed(no_test_sleeps);
    }

    #[test]
    fn a_sleep_needs_a_paused_clock_or_an_excuse() {
        let source = "
fn product() { thread::sleep(a); }
#[test] fn one() { std::thread::sleep(a); }
#[tokio::test] async fn two() { tokio::select! { () = sleep(a) => {} } }
#[tokio::test(start_paused = true)] async fn three() { sleep(a).await; }
#[test] fn four() { sleep(a); // tidy: sleeps because the clock of the system is under test
}
#[test] fn five() { clock.sleep(a); Command::new(\"sleep\"); }
#[test] fn six() { sleep(a); // tidy: sleeps because
}";
        let findings = no_test_sleeps(&Repository::of([("crates/a/src/a.rs", source)]));
        let lines: Vec<usize> = findings.into_iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [3, 4, 9]);
    }

    #[test]
    fn a_whole_file_of_tests_counts_and_so_does_the_sdk() {
        let repository = Repository::of([
            ("crates/a/tests/a.rs", "async fn wait() { sleep(a).await }"),
            ("sdk/e2e/a.ts", "await page.waitForTimeout(500);\n"),
            ("sdk/src/a.ts", "await new Promise((done) => setTimeout(done, 1));\n"),
            (
                "sdk/src/a.test.ts",
                "await new Promise((done) => setTimeout(done, 1));\n",
            ),
        ]);
        let paths: Vec<_> = no_test_sleeps(&repository)
            .into_iter()
            .map(|finding| finding.path)
            .collect();
        assert_eq!(paths, ["crates/a/tests/a.rs", "sdk/e2e/a.ts", "sdk/src/a.test.ts"]);
    }
}
