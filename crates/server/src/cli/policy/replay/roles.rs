//! Several roles in one cell: a list in the manner of one of the tools that write such files.

use super::rows::{BadRow, bad, shortened};

/// What stands around the list, and around each role, in an array of JSON, Python or `PostgreSQL`.
const BRACKETS: [(char, char); 3] = [('[', ']'), ('{', '}'), ('(', ')')];
const QUOTES: [char; 2] = ['"', '\''];

/// The roles of a cell: an array of JSON, or names that blanks, commas, semicolons or bars separate, in brackets or
/// without.
pub(super) fn roles(text: &str) -> Result<Vec<Box<str>>, BadRow> {
    if let Ok(roles) = serde_json::from_str::<Option<Vec<Box<str>>>>(text) {
        return Ok(roles.into_iter().flatten().filter(|role| !role.is_empty()).collect());
    }
    let inner = BRACKETS
        .into_iter()
        .find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
        .unwrap_or(text);
    let is_separator = |character: char| character.is_whitespace() || matches!(character, ',' | ';' | '|');
    let names = inner.split(is_separator).map(bare).filter(|name| !name.is_empty());
    let roles: Vec<Box<str>> = names.map(Box::from).collect();
    let is_odd = |name: &str| name.contains(['[', ']', '{', '}', '(', ')', '"', '\'', '\\']);
    match roles.iter().find(|name| is_odd(name)) {
        Some(odd) => Err(bad(
            "roles",
            format!(
                "`{}` in `{}` is no role; separate several by spaces, or write a JSON array such as [\"admin\",\"staff\"]",
                shortened(odd),
                shortened(text)
            ),
        )),
        None => Ok(roles),
    }
}

/// Without the quotes around it.
fn bare(name: &str) -> &str {
    QUOTES
        .into_iter()
        .find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_roles_are_recognised_however_they_are_written() {
        for text in [
            "admin staff",
            "admin,staff",
            "admin, staff",
            "admin;staff",
            "admin|staff",
            " admin  staff ",
            "[\"admin\",\"staff\"]",
            "[ \"admin\", \"staff\" ]",
            "['admin', 'staff']",
            "('admin', 'staff')",
            "{admin,staff}",
            "{\"admin\",staff}",
            "[admin, staff]",
            "\"admin\",\"staff\"",
        ] {
            assert_eq!(roles(text), Ok(vec!["admin".into(), "staff".into()]), "{text}");
        }
        assert_eq!(roles("[\"team lead\"]"), Ok(vec!["team lead".into()]));
        for text in ["", "[]", "{}", "null", "[\"\"]", "''"] {
            assert_eq!(roles(text), Ok(Vec::new()), "{text}");
        }
    }

    #[test]
    fn a_list_that_is_broken_is_refused() {
        for text in [
            "[\"admin\",\"staff\"",
            "[1,2",
            "{\"role\":\"admin\"}",
            "admin]",
            "it's",
            "[[\"admin\"]]",
        ] {
            let refused = roles(text).expect_err(text);
            assert_eq!(refused.column, "roles");
            assert!(
                refused.problem.contains("separate several by spaces"),
                "{}",
                refused.problem
            );
        }
    }
}
