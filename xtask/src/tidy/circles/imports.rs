//! Which files of the SDK import which.

use super::{Arrows, Named};
use crate::tidy::files::{File, Repository};

const SDK: &str = "sdk/";
/// How the file that an import names may end in the source.
const ENDINGS: [&str; 4] = [".ts", ".tsx", ".js", ".mjs"];

pub(super) fn arrows(repository: &Repository) -> Arrows<'_> {
    let files = repository.with_extension(&["ts", "tsx", "js", "mjs"]);
    files
        .filter(|file| file.path.starts_with(SDK))
        .map(|file| (file.path.as_str(), imports(repository, file)))
        .collect()
}

fn imports<'a>(repository: &'a Repository, file: &File) -> Named<'a> {
    let mut named = Named::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for address in addresses(text) {
            if let Some(imported) = imported(repository, &file.path, address)
                && imported.path != file.path
            {
                named.entry(imported.path.as_str()).or_insert(line);
            }
        }
    }
    named
}

/// The relative addresses that a line imports from.
fn addresses(line: &str) -> impl Iterator<Item = &str> {
    let code = line.trim_start();
    let is_comment = code.starts_with("//") || code.starts_with('*') || code.starts_with("/*");
    let ways = ["from '", "import '", "import('"];
    let found = ways.into_iter().flat_map(move |way| line.split(way).skip(1));
    found
        .filter(move |rest| !is_comment && rest.starts_with('.'))
        .filter_map(|rest| rest.split('\'').next())
}

/// The file that an address means, seen from another file.
fn imported<'a>(repository: &'a Repository, from: &str, address: &str) -> Option<&'a File> {
    let (folder, _) = from.rsplit_once('/')?;
    let mut names: Vec<&str> = folder.split('/').collect();
    for name in address.split('/') {
        match name {
            "." => {}
            ".." => _ = names.pop()?,
            name => names.push(name),
        }
    }
    let path = names.join("/");
    let stem = path.strip_suffix(".js").unwrap_or(&path);
    let candidates = ENDINGS.into_iter().map(|ending| format!("{stem}{ending}"));
    candidates.chain([path.clone()]).find_map(|path| repository.file(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_wherever_they_stand() {
        let source = "import { a } from './a.js';\nimport type {\n  B,\n} from '../b.js';\nimport './c.mjs';\n\
                      const d = await import('./d/d.js');\nexport { e } from './e.js';\n\
                      import { it } from 'vitest';\n// import { f } from './f.js';\n * import { f } from './f.js';\n";
        let repository = Repository::of([
            ("sdk/src/x.ts", source),
            ("sdk/src/a.ts", ""),
            ("sdk/b.tsx", ""),
            ("sdk/src/c.mjs", ""),
            ("sdk/src/d/d.ts", ""),
            ("sdk/src/e.ts", ""),
            ("sdk/src/f.ts", ""),
        ]);
        let named: Vec<_> = arrows(&repository)["sdk/src/x.ts"]
            .iter()
            .map(|(path, line)| (*path, *line))
            .collect();
        assert_eq!(
            named,
            [
                ("sdk/b.tsx", 4),
                ("sdk/src/a.ts", 1),
                ("sdk/src/c.mjs", 5),
                ("sdk/src/d/d.ts", 6),
                ("sdk/src/e.ts", 7),
            ]
        );
    }
}
