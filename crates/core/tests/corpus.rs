//! What the fuzzer starts from, and what it has found: replayed without it.

#[path = "../../../fuzz/checks/readings.rs"]
mod readings;

#[test]
fn the_corpus_of_paths_holds() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/readings");
    let files = std::fs::read_dir(corpus).expect("the corpus");
    let inputs: Vec<_> = files
        .map(|file| std::fs::read(file.expect("a file").path()).expect("its content"))
        .collect();
    assert!(inputs.len() > 30, "{} inputs", inputs.len());
    for input in inputs {
        readings::check(&input);
    }
}
