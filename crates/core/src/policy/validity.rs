//! What makes a document invalid as a whole (LIFETIME section 1). Words, durations and patterns are checked where they are read.

pub(super) mod ceilings;

use super::violation::{Violation, violation};
use super::{Absent, PolicyDocument};
use crate::duration::Limit;
use crate::time::Span;

pub(super) fn violations(document: &PolicyDocument) -> Vec<Violation> {
    let idles = idle_values(document);
    let mut found = Vec::new();
    found.extend(warnings_not_shorter(document.warn_before, &idles));
    found.extend(zeros(document, &idles));
    for (index, rule) in document.rules.iter().enumerate() {
        found.extend(rule_violations(index, rule));
    }
    for (index, gate) in document.gates.iter().enumerate() {
        if gate.max_away.is_none() && gate.max_age.is_none() {
            found.push(violation(
                format!("gates[{index}]"),
                "a gate without a limit never asks for anything",
                "set `max_away` or `max_age`",
            ));
        }
    }
    found.extend(texts(document));
    found.extend(ceilings::violations(document));
    found
}

/// The longest `justification` or `deviation`, in characters.
const LONGEST_TEXT: usize = 2000;

fn texts(document: &PolicyDocument) -> Vec<Violation> {
    let mut texts = vec![
        ("justification".to_owned(), document.justification.as_deref()),
        ("deviation".to_owned(), document.deviation.as_deref()),
    ];
    for (name, application) in &document.applications {
        texts.push((
            format!("applications.{name}.deviation"),
            application.deviation.as_deref(),
        ));
    }
    for (index, rule) in document.rules.iter().enumerate() {
        texts.push((format!("rules[{index}].deviation"), rule.deviation.as_deref()));
    }
    let problem = |text: &str| {
        let length = text.chars().count();
        if text.trim().is_empty() {
            Some("an empty text gives no reason".to_owned())
        } else if length > LONGEST_TEXT {
            Some(format!("the text has {length} characters"))
        } else {
            let control = text.chars().find(|c| c.is_control() && *c != '\n')?;
            Some(format!(
                "the text has the control character U+{:04X}",
                u32::from(control)
            ))
        }
    };
    texts
        .into_iter()
        .filter_map(|(key, text)| Some((key, problem(text?)?)))
        .map(|(key, problem)| {
            violation(
                key,
                problem,
                format!("write 1 to {LONGEST_TEXT} characters in plain lines"),
            )
        })
        .collect()
}

/// Every idle value of the document with its key.
fn idle_values(document: &PolicyDocument) -> Vec<(String, Limit)> {
    let mut values = vec![("idle".to_owned(), document.idle)];
    for (name, application) in &document.applications {
        values.extend(application.idle.map(|idle| (format!("applications.{name}.idle"), idle)));
    }
    for (index, rule) in document.rules.iter().enumerate() {
        values.extend(rule.idle.map(|idle| (format!("rules[{index}].idle"), idle)));
    }
    for (index, idle) in document
        .choice
        .iter()
        .flat_map(|choice| choice.allow.iter().enumerate())
    {
        values.push((format!("choice.allow[{index}]"), *idle));
    }
    values.extend(
        document
            .caps
            .iter()
            .filter_map(|caps| caps.idle)
            .map(|idle| ("caps.idle".to_owned(), idle)),
    );
    values
}

fn warnings_not_shorter(warn_before: Span, idles: &[(String, Limit)]) -> impl Iterator<Item = Violation> {
    idles
        .iter()
        .filter(move |(_, idle)| *idle <= Limit::after(warn_before) && warn_before > Span::ZERO)
        .map(move |(key, idle)| {
            violation(
                key.clone(),
                format!("warn_before ({warn_before}) is not shorter than this idle limit ({idle})"),
                format!("make warn_before shorter than {idle}, or this value longer than {warn_before}"),
            )
        })
}

/// A zero limit would end every session at once; only `warn_before` may be zero.
fn zeros(document: &PolicyDocument, idles: &[(String, Limit)]) -> Vec<Violation> {
    let limit = |limit: Limit| limit.span();
    let mut values: Vec<(String, Option<Span>)> = idles.iter().map(|(key, idle)| (key.clone(), limit(*idle))).collect();
    values.push(("absolute".to_owned(), limit(document.absolute)));
    for (name, application) in &document.applications {
        values.push((
            format!("applications.{name}.absolute"),
            application.absolute.and_then(limit),
        ));
    }
    for (index, rule) in document.rules.iter().enumerate() {
        values.push((format!("rules[{index}].absolute"), rule.absolute.and_then(limit)));
    }
    values.push((
        "caps.absolute".to_owned(),
        document.caps.as_ref().and_then(|caps| caps.absolute).and_then(limit),
    ));
    for (index, gate) in document.gates.iter().enumerate() {
        values.push((format!("gates[{index}].max_away"), gate.max_away));
        values.push((format!("gates[{index}].max_age"), gate.max_age));
    }
    values.push(("hold_max".to_owned(), Some(document.hold_max)));
    if let Absent::EndAfter(span) = document.absent {
        values.push(("absent".to_owned(), Some(span)));
    }
    values
        .into_iter()
        .filter(|(_, span)| *span == Some(Span::ZERO))
        .map(|(key, _)| {
            violation(
                key,
                "zero is only possible for `warn_before`",
                "write a duration above zero, such as `30m`",
            )
        })
        .collect()
}

fn rule_violations(index: usize, rule: &super::Rule) -> Vec<Violation> {
    let mut found = Vec::new();
    if rule.idle.is_none() && rule.absolute.is_none() && rule.max_sessions.is_none() {
        found.push(violation(
            format!("rules[{index}]"),
            "a rule without a limit changes nothing",
            "set `idle`, `absolute` or `max_sessions`",
        ));
    }
    if rule.on_idle.is_some() && rule.idle.is_none() {
        found.push(violation(
            format!("rules[{index}].on_idle"),
            "the outcome of idle comes with an idle value, and this rule has none",
            "set `idle` beside it, or remove `on_idle`",
        ));
    }
    if rule.criteria.path.is_some() && rule.absolute.is_some() {
        found.push(violation(
            format!("rules[{index}].absolute"),
            "the absolute limit belongs to the whole session, and this rule matches on `path`",
            "remove `absolute`, or the `path` from its `match`",
        ));
    }
    if rule.criteria.path.is_some() && rule.max_sessions.is_some() {
        found.push(violation(
            format!("rules[{index}].max_sessions"),
            "the number of sessions belongs to the subject, and this rule matches on `path`",
            "remove `max_sessions`, or the `path` from its `match`",
        ));
    }
    found
}
