//! What the fuzzer starts from, and what it has found: replayed without it.

use std::path::Path;

#[path = "../../../../fuzz/checks/original.rs"]
mod check;
use super::original;

/// Runs a check over the whole corpus of a fuzz target.
pub(super) fn replay(target: &str, check: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let files = std::fs::read_dir(corpus).expect("the corpus");
    let inputs: Vec<_> = files
        .map(|file| std::fs::read(file.expect("a file").path()).expect("its content"))
        .collect();
    assert!(inputs.len() > 10, "{} inputs", inputs.len());
    for input in inputs {
        check(&input);
    }
}

#[test]
fn the_corpus_of_headers_holds() {
    replay("original", check::check);
}
