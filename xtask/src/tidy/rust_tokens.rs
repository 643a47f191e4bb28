//! Rust source as a flat list of tokens: comments are gone, strings are one token, and each token knows whether it
//! belongs to a test.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

use super::files::File;

/// What the code around a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    Product,
    Test,
    /// A test whose clock stands still: sleeping in it takes no time.
    PausedTest,
}

#[derive(Debug)]
pub(super) struct Token {
    /// As written; `::` is one token, delimiters are tokens.
    pub(super) text: String,
    pub(super) line: usize,
    pub(super) purpose: Purpose,
}

impl Token {
    pub(super) fn is_string(&self) -> bool {
        self.text.ends_with(['"', '#']) && self.text.contains('"')
    }
}

/// The tokens of a file; none when it is not Rust, which the compiler reports better.
pub(super) fn tokens(file: &File) -> Vec<Token> {
    let purpose = if is_test_file(&file.path) {
        Purpose::Test
    } else {
        Purpose::Product
    };
    let mut found = Vec::new();
    if let Ok(stream) = file.text.parse::<TokenStream>() {
        flatten(stream, purpose, &mut found);
    }
    found
}

/// The lines where the path `parent::child` is named, alone or in the braces of a `use`.
pub(super) fn lines_naming(tokens: &[Token], parent: &str, child: &str) -> Vec<usize> {
    let starts = tokens
        .windows(3)
        .enumerate()
        .filter(|(_, window)| window[0].text == parent && window[1].text == "::");
    starts
        .filter_map(|(at, window)| match window[2].text.as_str() {
            "{" => first_in_braces(&tokens[at + 3..], child),
            name => (name == child).then_some(window[2].line),
        })
        .collect()
}

/// Looks at the names directly in the braces, not at those in braces further inside.
fn first_in_braces(tokens: &[Token], name: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut previous = "{";
    for token in tokens {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 0 => return None,
            "}" => depth -= 1,
            text if depth == 0 && text == name && matches!(previous, "{" | ",") => return Some(token.line),
            _ => {}
        }
        previous = &token.text;
    }
    None
}

fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

fn flatten(stream: TokenStream, purpose: Purpose, found: &mut Vec<Token>) {
    // What the attributes before an item say holds to the end of that item.
    let mut item = purpose;
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                trees.next_if(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '!'));
                if let Some(TokenTree::Group(attribute)) = trees.next() {
                    item = item.max(purpose_said_by(&attribute));
                }
            }
            TokenTree::Group(group) => {
                push_group(&group, item, found);
                if group.delimiter() == Delimiter::Brace {
                    item = purpose;
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint => {
                trees.next_if(|tree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':'));
                found.push(Token {
                    text: "::".to_owned(),
                    line: punct.span().start().line,
                    purpose: item,
                });
            }
            other => {
                let (text, line) = (other.to_string(), other.span().start().line);
                let ends_item = text == ";";
                found.push(Token {
                    text,
                    line,
                    purpose: item,
                });
                if ends_item {
                    item = purpose;
                }
            }
        }
    }
}

fn push_group(group: &Group, purpose: Purpose, found: &mut Vec<Token>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    found.push(Token {
        text: open.to_owned(),
        line: group.span_open().start().line,
        purpose,
    });
    flatten(group.stream(), purpose, found);
    found.push(Token {
        text: close.to_owned(),
        line: group.span_close().start().line,
        purpose,
    });
}

/// `#[test]`, `#[tokio::test(…)]` and `#[cfg(…)]` with a bare `test` in it begin tests.
fn purpose_said_by(attribute: &Group) -> Purpose {
    let text = attribute.stream().to_string().replace(' ', "");
    let mut words = text.split(['(', ')', ',']);
    let is_test = match words.next() {
        Some("cfg") => !text.contains("not(test)") && words.any(|word| word == "test"),
        path => path.is_some_and(|path| path == "test" || path.ends_with("::test")),
    };
    match (is_test, text.contains("start_paused=true")) {
        (false, _) => Purpose::Product,
        (true, false) => Purpose::Test,
        (true, true) => Purpose::PausedTest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File {
            path: "crates/core/src/a.rs".to_owned(),
            text: text.to_owned(),
        }
    }

    fn purpose_of(text: &str, word: &str) -> Purpose {
        tokens(&file(text))
            .iter()
            .find(|token| token.text == word)
            .unwrap()
            .purpose
    }

    #[test]
    fn attributes_say_what_an_item_is_for() {
        let source = "
            fn product() { a }
            #[cfg(test)] mod tests {
                fn around() { b }
                #[tokio::test(start_paused = true)] async fn paused() { c }
                #[test] fn plain() { d }
            }
            #[cfg(not(test))] fn also_product() { e }
            #[cfg(test)] use x::{y}; fn last() { f }
            #[cfg(any(test, feature = \"testing\"))] fn shared() { g }
            #[cfg(feature = \"test\")] fn featured() { h }";
        for (word, purpose) in [
            ("a", Purpose::Product),
            ("b", Purpose::Test),
            ("c", Purpose::PausedTest),
            ("d", Purpose::Test),
            ("e", Purpose::Product),
            ("y", Purpose::Test),
            ("f", Purpose::Product),
            ("g", Purpose::Test),
            ("h", Purpose::Product),
        ] {
            assert_eq!(purpose_of(source, word), purpose, "{word}");
        }
    }

    #[test]
    fn comments_and_documentation_are_no_tokens() {
        let found = tokens(&file("//! std::fs\n/// \"text\"\n// std::env\nfn f() {}"));
        assert_eq!(found[0].text, "fn");
        assert!(found.iter().all(|token| !token.is_string()));
    }

    #[test]
    fn paths_are_found_alone_and_in_braces() {
        let found = tokens(&file(
            "use std::{\n  fmt::{self, net},\n  fs,\n};\nfn f() { std::env::var() }",
        ));
        assert_eq!(lines_naming(&found, "std", "fs"), [3]);
        assert_eq!(lines_naming(&found, "std", "env"), [5]);
        assert_eq!(lines_naming(&found, "std", "net"), [0_usize; 0]);
    }
}
