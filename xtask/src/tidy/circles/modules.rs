//! Which files of a crate name which, by the paths in their source.

use std::collections::BTreeMap;

use super::{Arrows, Named};
use crate::tidy::files::{File, Repository};
use crate::tidy::rust_tokens::{Purpose, Token, tokens};

/// A module by its names from the root of its crate, which itself has none.
type Module = Vec<String>;

/// The modules of one crate.
type Modules<'a> = BTreeMap<Module, &'a File>;

/// A path in the source, of a `use` or not.
#[derive(Debug)]
struct Mention {
    segments: Vec<String>,
    line: usize,
    /// A `pub use`: hands a name on, and does not depend on it.
    hands_on: bool,
}

/// A name of a module that another module hands on: where it is from.
type HandedOn = BTreeMap<(Module, String), Module>;

pub(super) fn arrows(repository: &Repository) -> Arrows<'_> {
    let mut crates: BTreeMap<&str, Modules<'_>> = BTreeMap::new();
    for file in repository.with_extension(&["rs"]) {
        if let Some((root, module)) = module_of(&file.path) {
            crates.entry(root).or_default().insert(module, file);
        }
    }
    crates.values().flat_map(arrows_of_crate).collect()
}

/// The folder with the sources of the crate, and the module in it; none for tests.
fn module_of(path: &str) -> Option<(&str, Module)> {
    let (root, rest) = path.split_once("/src/")?;
    let names: Module = rest.strip_suffix(".rs")?.split('/').map(str::to_owned).collect();
    if names.iter().any(|name| name == "tests") {
        return None;
    }
    match names.as_slice() {
        [only] if only == "lib" || only == "main" => Some((root, Module::new())),
        _ => Some((root, names)),
    }
}

fn arrows_of_crate<'a>(modules: &Modules<'a>) -> Vec<(&'a str, Named<'a>)> {
    let mentions: Vec<(&Module, Vec<Mention>)> =
        modules.iter().map(|(module, file)| (module, mentions(file))).collect();
    let mut handed_on = HandedOn::new();
    for (module, mentions) in &mentions {
        for mention in mentions.iter().filter(|mention| mention.hands_on) {
            if let Some((from, Some(name))) = resolve(modules, module, &mention.segments) {
                handed_on.insert(((*module).clone(), name.to_owned()), from);
            }
        }
    }
    let named = |module: &Module, mentions: &[Mention]| {
        let mut named = Named::new();
        for mention in mentions.iter().filter(|mention| !mention.hands_on) {
            let Some((found, name)) = resolve(modules, module, &mention.segments) else {
                continue;
            };
            let target = match name {
                Some(name) => home(&handed_on, found, name),
                None => found,
            };
            if !module.starts_with(&target) {
                named.entry(modules[&target].path.as_str()).or_insert(mention.line);
            }
        }
        named
    };
    mentions
        .iter()
        .map(|(module, mentions)| (modules[*module].path.as_str(), named(module, mentions)))
        .collect()
}

/// The module that a path leads to, and the name in it that comes next; none where it leads out of the crate.
fn resolve<'a>(modules: &Modules<'_>, from: &Module, segments: &'a [String]) -> Option<(Module, Option<&'a str>)> {
    let mut rest = segments;
    let mut module = from.clone();
    while let Some((first, others)) = rest.split_first() {
        match first.as_str() {
            "crate" => module.clear(),
            "self" => {}
            "super" => _ = module.pop()?,
            _ => break,
        }
        rest = others;
    }
    let is_bare = rest.len() == segments.len();
    let mut depth = 0;
    while let Some(name) = rest.get(depth) {
        module.push(name.clone());
        if !modules.contains_key(&module) {
            module.pop();
            break;
        }
        depth += 1;
    }
    if is_bare && depth == 0 || !modules.contains_key(&module) {
        return None;
    }
    Some((module, rest.get(depth).map(String::as_str)))
}

/// Where a name of a module is from, through those that only hand it on.
fn home(handed_on: &HandedOn, mut module: Module, name: &str) -> Module {
    // As many as there are at most, so that two that hand a name on to each other end it.
    for _ in 0..handed_on.len() {
        match handed_on.get(&(module.clone(), name.to_owned())) {
            Some(from) => module.clone_from(from),
            None => break,
        }
    }
    module
}

fn mentions(file: &File) -> Vec<Mention> {
    let mut tokens = tokens(file);
    tokens.retain(|token| token.purpose == Purpose::Product);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].text == "use" {
            let hands_on = at > 0 && matches!(tokens[at - 1].text.as_str(), "pub" | ")");
            at = tree(&tokens, at + 1, &[], hands_on, &mut found);
        } else if is_name(&tokens[at]) && followed_by_path(&tokens, at) {
            at = tree(&tokens, at, &[], false, &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path, or one tree of a `use`, and gives the place behind it.
fn tree(tokens: &[Token], start: usize, before: &[String], hands_on: bool, found: &mut Vec<Mention>) -> usize {
    let mut segments = before.to_vec();
    let mut at = start;
    let line = tokens.get(start).map_or(0, |token| token.line);
    while let Some(token) = tokens.get(at) {
        if token.text == "{" && at > start {
            return trees(tokens, at + 1, &segments, hands_on, found);
        }
        if !is_name(token) {
            break;
        }
        // `a::{self}` is `a`.
        if token.text != "self" || segments.is_empty() {
            segments.push(token.text.clone());
        }
        at += 1;
        if tokens.get(at).is_none_or(|token| token.text != "::") {
            break;
        }
        at += 1;
    }
    if !segments.is_empty() {
        found.push(Mention {
            segments,
            line,
            hands_on,
        });
    }
    at.max(start + 1)
}

/// The trees in the braces of a `use`, and the place behind them.
fn trees(tokens: &[Token], start: usize, before: &[String], hands_on: bool, found: &mut Vec<Mention>) -> usize {
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "}" => return at + 1,
            "as" => at += 2,
            _ if is_name(token) => at = tree(tokens, at, before, hands_on, found),
            _ => at += 1,
        }
    }
    at
}

fn is_name(token: &Token) -> bool {
    let mut characters = token.text.chars();
    let first = characters.next();
    first.is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.all(|character| character == '_' || character.is_alphanumeric())
}

fn followed_by_path(tokens: &[Token], at: usize) -> bool {
    let is_separator = |at: usize| tokens.get(at).is_some_and(|token: &Token| token.text == "::");
    is_separator(at + 1) && !(at > 0 && is_separator(at - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str) -> String {
        let file = File {
            path: "crates/core/src/a.rs".to_owned(),
            text: source.to_owned(),
        };
        let paths: Vec<_> = mentions(&file)
            .iter()
            .map(|mention| mention.segments.join("::"))
            .collect();
        paths.join(" ")
    }

    #[test]
    fn every_path_of_a_tree_is_read() {
        for (source, expected) in [
            ("use crate::a;", "crate::a"),
            (
                "use crate::{a::A, b::{self, B as C}};",
                "crate::a::A crate::b crate::b::B",
            ),
            ("use a::b::*;", "a::b"),
            ("fn f() { crate::a::g(self::b::C) }", "crate::a::g self::b::C"),
            ("fn f() { g::<u8>(x) }", "g"),
            ("#[test] fn f() { crate::a::g() }", ""),
        ] {
            assert_eq!(named(source), expected, "{source}");
        }
    }
}
