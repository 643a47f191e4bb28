//! Lists the files in `assets/`, so that the binary carries each of them and none has to be named a second time.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const ASSETS: &str = "assets";

#[expect(clippy::disallowed_methods, reason = "Cargo says in the environment where to write")]
fn main() -> io::Result<()> {
    writeln!(io::stdout(), "cargo::rerun-if-changed={ASSETS}")?;
    let mut files = Vec::new();
    collect(Path::new(ASSETS), &mut files)?;
    files.sort();
    let mut table = String::from("[\n");
    for file in files {
        let name = file.strip_prefix(ASSETS).unwrap_or(&file).display();
        let _ = writeln!(
            table,
            r#"("{name}", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/{}"))),"#,
            file.display()
        );
    }
    table.push(']');
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(PathBuf::from(out).join("assets.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
