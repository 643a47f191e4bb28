//! Path patterns that do not match what they seem to.

use std::collections::BTreeMap;

use super::names::matches;
use super::{Lint, LintCode};
use crate::path::PathPattern;
use crate::policy::{OneOrMany, PolicyDocument};

pub(super) fn lints(document: &PolicyDocument) -> Vec<Lint> {
    let mut found = Vec::new();
    let mut by_small_letters: BTreeMap<String, &PathPattern> = BTreeMap::new();
    for (key, patterns) in matches(document).filter_map(|(key, criteria)| Some((key, criteria.path.as_ref()?))) {
        let list = key.split('[').next().unwrap_or_default().to_owned();
        for (index, pattern) in patterns.iter().enumerate() {
            let key = if patterns.iter().count() == 1 {
                format!("{key}.path")
            } else {
                format!("{key}.path[{index}]")
            };
            let twin = *by_small_letters
                .entry(pattern.as_str().to_lowercase())
                .or_insert(pattern);
            if twin != pattern {
                let message = format!(
                    "`{}` and `{}` are different paths: case counts",
                    pattern.as_str(),
                    twin.as_str()
                );
                found.push(Lint::new(
                    LintCode::CaseTwins,
                    &key,
                    message,
                    "write the path as requests have it",
                ));
            }
            let seeming = foreign(pattern)
                .or_else(|| never_matches(pattern))
                .or_else(|| misses_parent(pattern, patterns))
                .or_else(|| leaves_below(document, &list, pattern));
            found.extend(seeming.map(|(code, message, remedy)| Lint::new(code, &key, message, remedy)));
        }
    }
    found
}

/// What makes a pattern unlike every path in canonical form, or all but the strangest.
fn never_matches(pattern: &PathPattern) -> Option<(LintCode, String, String)> {
    let text = pattern.as_str();
    let kept = |drop: &dyn Fn(&str) -> bool| {
        let segments: Vec<_> = pattern.segments().filter(|segment| !drop(segment)).collect();
        format!("/{}", segments.join("/"))
    };
    let is_dots = |segment: &str| segment == "." || segment == "..";
    if pattern.segments().any(str::is_empty) {
        let message = format!("`{text}` matches nothing: paths are compared without empty segments and trailing slash");
        let remedy = format!("write `{}`", kept(&str::is_empty));
        return Some((LintCode::EmptySegment, message, remedy));
    }
    if pattern.segments().any(is_dots) {
        let message = format!("`{text}` matches nothing: `.` and `..` are resolved before paths are compared");
        return Some((
            LintCode::DotSegment,
            message,
            "write the path without dot segments".to_owned(),
        ));
    }
    if text.contains('%') {
        let message = format!("`{text}` is compared as written, while paths are decoded before");
        return Some((
            LintCode::PercentEscape,
            message,
            "write the character itself in place of the escape".to_owned(),
        ));
    }
    let cut = text.find(['?', '#'])?;
    let message = format!("`{text}` hardly matches: paths are compared without query and fragment");
    Some((LintCode::QueryOrFragment, message, format!("write `{}`", &text[..cut])))
}

fn foreign(pattern: &PathPattern) -> Option<(LintCode, String, String)> {
    let foreign = pattern.of_another_language()?;
    Some((LintCode::ForeignPattern, foreign.problem(), foreign.remedy()))
}

/// A pattern without a star at its end is that page alone, while people mean a part of the application. A page whose name has a
/// dot is a file, with nothing below it.
fn leaves_below(document: &PolicyDocument, list: &str, pattern: &PathPattern) -> Option<(LintCode, String, String)> {
    let text = pattern.as_str();
    let end = pattern.segments().last().unwrap_or_default();
    if end.starts_with('*') || end.contains('.') {
        return None;
    }
    let below = format!("{}/**", text.trim_end_matches('/'));
    let all: PathPattern = below.parse().ok()?;
    let covered = matches(document)
        .filter(|(key, _)| key.split('[').next() == Some(list))
        .filter_map(|(_, criteria)| criteria.path.as_ref())
        .any(|patterns| patterns.iter().any(|other| other.covers(&all)));
    if covered {
        return None;
    }
    let example = format!("{}/users", text.trim_end_matches('/'));
    let remedy = format!("write `{below}` for it and everything below it");
    Some(match list {
        "gates" => (
            LintCode::GateLeavesBelow,
            format!("`{text}` is that page alone: `{example}` passes without the gate"),
            remedy,
        ),
        _ => (
            LintCode::ExactPage,
            format!("`{text}` is that page alone, and not for example `{example}`"),
            format!("{remedy}, if that is meant"),
        ),
    })
}

/// A star at the end is one segment exactly: neither the page above nor anything deeper.
fn misses_parent(pattern: &PathPattern, siblings: &OneOrMany<PathPattern>) -> Option<(LintCode, String, String)> {
    let text = pattern.as_str();
    let above = text.strip_suffix("/*").filter(|above| !above.contains("**"))?;
    let above: PathPattern = if above.is_empty() { "/" } else { above }.parse().ok()?;
    if siblings.iter().any(|sibling| sibling.covers(&above)) {
        return None;
    }
    let above = above.as_str();
    let message = format!("`{text}` matches neither `{above}` itself nor anything below its own pages");
    let remedy = format!("write `{text}*` for all of it, or list `{above}` beside it if one level is meant");
    Some((LintCode::StarMissesParent, message, remedy))
}
