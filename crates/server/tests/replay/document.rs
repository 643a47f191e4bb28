//! `docs/replay.md` does what it says.

use std::process::Command;

use crate::{office, repository, text};

#[test]
fn the_example_follows_its_rule() {
    let kept = std::fs::read_to_string(repository().join("docs/examples/activity.csv")).expect("the example");
    assert!(
        kept == office::recording(),
        "docs/examples/activity.csv is not what its rule gives"
    );
}

#[test]
fn the_commands_of_the_document_work() {
    let document = std::fs::read_to_string(repository().join("docs/replay.md")).expect("the document");
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("activity.csv"), office::recording()).expect("a file");
    let blocks = |language: &str| -> Vec<String> {
        let opening = format!("```{language}\n");
        let blocks = document.split(&opening).skip(1);
        blocks
            .filter_map(|rest| rest.split("```").next())
            .map(str::to_owned)
            .collect()
    };
    let [policy] = &blocks("toml")[..] else {
        panic!("one policy")
    };
    std::fs::write(directory.path().join("stricter.toml"), policy).expect("a file");
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_nightlatch"))
        .parent()
        .expect("a directory");
    let shown = blocks("text").concat();
    let mut ran = 0;
    for line in blocks("sh").iter().flat_map(|block| block.lines()) {
        let script = format!("PATH={}:$PATH; {line}", binary.display());
        let output = Command::new("sh")
            .args(["-euc", &script])
            .current_dir(directory.path())
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("a shell");
        assert!(output.status.success(), "{line}: {}", text(&output.stderr));
        if ran == 0 {
            // What the document shows of the first command is what it prints.
            assert_eq!(text(&output.stdout), shown, "{line}");
        }
        ran += 1;
    }
    assert!(ran >= 3, "{ran} commands");
    let kept = std::fs::read_to_string(repository().join("docs/images/replay.svg")).expect("the picture");
    let drawn = std::fs::read_to_string(directory.path().join("replay.svg")).expect("drawn by a command");
    assert!(kept == drawn, "docs/images/replay.svg is not what the command draws");
}
