//! Texts that are no TOML: what is wrong, in words, and how to write it.

use std::ops::Range;

use toml::Value;

/// The key that a mistake of syntax is about, where it is known, and the message; `what` is the parser's.
pub(super) fn message(text: &str, what: &str, span: Option<&Range<usize>>) -> (Option<String>, String) {
    let start = span.map_or(0, |span| text.floor_char_boundary(span.start));
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let line = text[line_start..line_end].trim();
    if ["duplicate key", "cannot extend", "redefin"]
        .iter()
        .any(|word| what.contains(word))
    {
        let name = span.and_then(|span| text.get(span.clone())).unwrap_or_default().trim();
        return twice(name, line, &text[..start]);
    }
    let told = of_another_language(text.trim_start())
        .or_else(|| of_line(line, what))
        .or_else(|| of_brackets(line, what));
    let otherwise =
        || format!("this is no TOML ({what}); a line is `key = value` with text in quotes, a section is `[name]`");
    (None, told.unwrap_or_else(otherwise))
}

/// Something that is written twice; `before` is the text in front of the second one.
fn twice(name: &str, line: &str, before: &str) -> (Option<String>, String) {
    let leaves_it_to_server = |line: &str| {
        let rest = line.trim().strip_prefix("policy");
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    if name == "policy" && before.lines().any(leaves_it_to_server) {
        let message = "the policy has two owners: `policy = \"server\"` and a [policy] table; remove one of the two. \
                       `nightlatch policy adopt` hands the policy of a file over to the server";
        (Some("policy".to_owned()), message.to_owned())
    } else if line.starts_with('[') {
        (None, format!("{line} is there twice; put its keys below the first one"))
    } else {
        (None, format!("`{name}` is there twice; remove one of the two"))
    }
}

fn of_another_language(text: &str) -> Option<String> {
    let language = match text.chars().next()? {
        '{' => "JSON",
        '<' => "XML",
        _ => return None,
    };
    Some(format!(
        "this looks like {language}; a configuration is TOML: sections as `[policy]`, and below them `idle = \"30m\"`"
    ))
}

/// A line that is no `key = value`.
fn of_line(line: &str, what: &str) -> Option<String> {
    if what.contains("must be quoted") {
        let (name, value) = line.split_once('=')?;
        let (name, value) = (name.trim(), value.split('#').next()?.trim());
        if value.is_empty() {
            return Some("there is no value; write it behind the equals sign".to_owned());
        }
        // Word processors turn quotes into these.
        let value = Value::from(value.trim_matches(['“', '”', '„', '‘', '’', '«', '»']));
        return Some(format!("text stands in quotes; write `{name} = {value}`"));
    }
    if !what.contains("key with no value") {
        return None;
    }
    let Some((name, value)) = line.split_once(':') else {
        let message = "there is no `=`; a line is `key = value`, a section is `[name]`, a comment begins with `#`";
        return Some(message.to_owned());
    };
    let (name, value) = (name.trim(), value.trim());
    Some(if value.is_empty() {
        format!("this looks like YAML; a configuration is TOML: write `[{name}]` above the keys of a section")
    } else {
        let is_toml = value.starts_with(['"', '\'', '[']);
        let value = if is_toml {
            value.to_owned()
        } else {
            Value::from(value).to_string()
        };
        format!("a key and its value stand around an equals sign; write `{name} = {value}`")
    })
}

/// Quotes, brackets and commas.
fn of_brackets(line: &str, what: &str) -> Option<String> {
    let is_heading = line.starts_with('[');
    Some(
        if what.contains("invalid basic string") || what.contains("invalid literal string") {
            "the text does not end where its line does; close it with the quote that it begins with".to_owned()
        } else if what.contains("unclosed table") {
            "the heading is not closed; end it with the brackets that it begins with, as in `[policy]`".to_owned()
        } else if what.contains("unclosed") {
            "a list or a table within a line is not closed; end it with the bracket that it begins with".to_owned()
        } else if what.contains("unexpected key or value") && is_heading {
            let name = line.trim_matches(['[', ']', ' ']);
            format!("something stands behind the heading; write `[{name}]`, or `[[{name}]]` in a list of tables")
        } else if what.contains("unexpected key or value") {
            "something stands behind the value; put each key on a line of its own, without `;` or `,`".to_owned()
        } else if what.contains("missing comma") {
            "two elements of a list stand side by side; put a comma between them".to_owned()
        } else {
            return None;
        },
    )
}
