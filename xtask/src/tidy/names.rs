//! Names of files, modules and types.

use super::Finding;
use super::files::{File, Repository};
use super::rust_tokens::tokens;

/// Words that say nothing about what a thing is.
const EMPTY_WORDS: [&str; 6] = ["manager", "managers", "helper", "helpers", "util", "utils"];
const REMEDY: &str = "name it after what it is in the language of sessions";

/// A module lives in the file of its own name, so that a list of open files can be read.
pub(super) fn modules_have_a_name(repository: &Repository) -> Vec<Finding> {
    let unnamed = repository
        .with_extension(&["rs"])
        .filter(|file| file.path.ends_with("/mod.rs"));
    unnamed
        .map(|file| {
            let module = file.path.trim_end_matches("/mod.rs");
            Finding::new(&file.path, 1, format!("move this file to {module}.rs"))
        })
        .collect()
}

/// No file, module or type is called a manager, a helper or a util.
pub(super) fn names_say_what_a_thing_is(repository: &Repository) -> Vec<Finding> {
    let files = repository.files.iter().filter_map(|file| {
        let word = empty_word(&file.path)?;
        Some(Finding::new(
            &file.path,
            1,
            format!("the path says \"{word}\": {REMEDY}"),
        ))
    });
    let rust = repository
        .with_extension(&["rs"])
        .flat_map(|file| findings_in(file, rust_definitions(file)));
    let script = repository
        .with_extension(&["ts", "tsx", "mjs"])
        .flat_map(|file| findings_in(file, script_definitions(&file.text)));
    files.chain(rust).chain(script).collect()
}

fn findings_in(file: &File, definitions: Vec<(usize, String)>) -> Vec<Finding> {
    let finding = |(line, name): (usize, String)| {
        let word = empty_word(&name)?;
        Some(Finding::new(
            &file.path,
            line,
            format!("`{name}` says \"{word}\": {REMEDY}"),
        ))
    };
    definitions.into_iter().filter_map(finding).collect()
}

fn rust_definitions(file: &File) -> Vec<(usize, String)> {
    let tokens = tokens(file);
    let definitions = tokens.windows(2).filter(|pair| {
        matches!(
            pair[0].text.as_str(),
            "mod" | "struct" | "enum" | "trait" | "type" | "union"
        )
    });
    definitions.map(|pair| (pair[1].line, pair[1].text.clone())).collect()
}

fn script_definitions(text: &str) -> Vec<(usize, String)> {
    let definition = |line: &str| {
        let mut words = line
            .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
            .skip_while(|word| matches!(*word, "export" | "default" | "declare" | "abstract"));
        let keyword = words.next()?;
        matches!(keyword, "class" | "interface" | "type" | "enum" | "namespace")
            .then(|| words.next())?
            .map(ToOwned::to_owned)
    };
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| Some((index + 1, definition(line)?)))
        .collect()
}

/// The empty word in a name of any case, between its parts.
fn empty_word(name: &str) -> Option<&'static str> {
    let mut spaced = String::with_capacity(name.len());
    let mut after_small = false;
    for c in name.chars() {
        if c.is_uppercase() && after_small {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            ' '
        });
        after_small = c.is_lowercase();
    }
    EMPTY_WORDS
        .into_iter()
        .find(|word| spaced.split(' ').any(|part| part == *word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;

    #[test]
    fn modules_here_have_a_name() {
        assert_obeyed(modules_have_a_name);
    }

    #[test]
    fn names_here_say_what_a_thing_is() {
        assert_obeyed(names_say_what_a_thing_is);
    }

    #[test]
    fn a_module_without_a_name_is_told_where_to_go() {
        let findings = modules_have_a_name(&Repository::of([("crates/a/src/store/mod.rs", "")]));
        assert_eq!(
            findings,
            [Finding::new(
                "crates/a/src/store/mod.rs",
                1,
                "move this file to crates/a/src/store.rs"
            )]
        );
    }

    #[test]
    fn empty_words_are_found_between_the_parts_of_a_name() {
        for name in [
            "SessionManager",
            "test_helpers",
            "crates/a/src/util.rs",
            "string-utils",
            "HELPER",
        ] {
            assert!(empty_word(name).is_some(), "{name}");
        }
        for name in ["utility", "manage", "Futile", "helped"] {
            assert_eq!(empty_word(name), None, "{name}");
        }
    }

    #[test]
    fn definitions_are_found_in_rust_and_in_script() {
        let repository = Repository::of([
            (
                "crates/a/src/a.rs",
                "// a helper\n\nmod helper;\nstruct TouchManager { util: u8 }\n",
            ),
            (
                "sdk/src/a.ts",
                "// a class helper\nexport interface ClockUtil {}\nconst helper = 1;\n",
            ),
        ]);
        let places: Vec<_> = names_say_what_a_thing_is(&repository)
            .into_iter()
            .map(|finding| (finding.path, finding.line))
            .collect();
        let place = |path: &str, line| (path.to_owned(), line);
        assert_eq!(
            places,
            [
                place("crates/a/src/a.rs", 3),
                place("crates/a/src/a.rs", 4),
                place("sdk/src/a.ts", 2)
            ]
        );
    }
}
