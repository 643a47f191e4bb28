//! A report as a Markdown document. Whatever was written in the policy stays text: it opens no table cell, no link, no tag.

use std::fmt::{self, Write};

use super::{Report, ReportedEntry, ReportedRevision};

impl Report {
    /// The report as a document for people, in Markdown with tables.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, to: &mut String) -> fmt::Result {
        to.write_str("# Session policy\n")?;
        self.write_issued(to)?;
        self.write_preset(to)?;
        self.write_values(to)?;
        let limits = "Rules on limits";
        write_entries(to, limits, "A rule that does not lengthen only tightens.", &self.rules)?;
        let gates = "Pages that ask for authentication again";
        write_entries(to, gates, "Nothing ends; the page waits.", &self.gates)?;
        let passive = "Requests that are never activity";
        write_entries(to, passive, "Polling, for example.", &self.passive)?;
        self.write_findings(to)
    }

    fn write_issued(&self, to: &mut String) -> fmt::Result {
        let issued = &self.issued;
        let mut lines = vec![("Written", issued.at.as_str()), ("By", "")];
        let by = format!("nightlatch {}", issued.version);
        lines[1].1 = &by;
        lines.extend(issued.file.as_deref().map(|file| ("Read from", file)));
        let revision = issued.revision.as_ref().map(|revision| {
            let ReportedRevision {
                revision, since, actor, ..
            } = revision;
            format!("{revision}, in force since {since}, brought by {actor}")
        });
        match &revision {
            Some(revision) => lines.push(("Revision", revision)),
            None => lines.push((
                "Revision",
                "none: the document of a file, not what a server has in force",
            )),
        }
        let reason = issued.revision.as_ref().and_then(|revision| revision.reason.as_deref());
        lines.extend(reason.map(|reason| ("Reason of the revision", reason)));
        to.write_str("\n| | |\n|---|---|\n")?;
        lines.into_iter().try_for_each(|(name, value)| row(to, &[name, value]))
    }

    fn write_preset(&self, to: &mut String) -> fmt::Result {
        match &self.preset {
            Some(preset) => writeln!(
                to,
                "\nPreset: **{}** ({}). {}",
                escaped(preset.title),
                escaped(preset.name),
                escaped(preset.purpose)
            )?,
            None => to.write_str("\nThe policy follows no preset.\n")?,
        }
        if let Some(justification) = &self.justification {
            to.write_str("\n## Justification\n\n")?;
            quote(to, justification)?;
        }
        if !self.deviations.is_empty() {
            to.write_str("\n## Deviations\n\n| Where | Covers | Reason |\n|---|---|---|\n")?;
            for deviation in &self.deviations {
                row(
                    to,
                    &[
                        &deviation.key,
                        &or_nothing(&deviation.covers.join(", ")),
                        &deviation.text,
                    ],
                )?;
            }
        }
        if let Some(preset) = &self.preset {
            to.write_str(
                "\n## What the preset asks for\n\n| Key | For | At most | Source | Met |\n|---|---|---|---|---|\n",
            )?;
            for reported in &self.ceilings {
                let ceiling = &reported.ceiling;
                let met = if reported.met {
                    "yes".to_owned()
                } else {
                    format!("deviates: {}", reported.looser.join(", "))
                };
                row(
                    to,
                    &[
                        ceiling.bound.key(),
                        &ceiling.scope.to_string(),
                        &ceiling.bound.to_string(),
                        &format!("{}: {}", ceiling.source, ceiling.source.says),
                        &met,
                    ],
                )?;
            }
            for (index, note) in preset.notes.iter().enumerate() {
                let gap = if index == 0 { "\n" } else { "" };
                writeln!(to, "{gap}- {}", escaped(note))?;
            }
        }
        Ok(())
    }

    fn write_values(&self, to: &mut String) -> fmt::Result {
        to.write_str("\n## Values\n\n| Key | Value | From |\n|---|---|---|\n")?;
        for value in &self.values {
            row(to, &[&value.key, &or_nothing(&value.value), &value.origin.to_string()])?;
        }
        if self.policy.choice.is_none() {
            row(to, &["choice.allow", "nothing", "default"])?;
        }
        if self.policy.caps.is_none() {
            row(to, &["caps", "none", "default"])?;
        }
        Ok(())
    }

    fn write_findings(&self, to: &mut String) -> fmt::Result {
        to.write_str("\n## Findings\n\n")?;
        if self.lints.is_empty() {
            return to.write_str("None.\n");
        }
        to.write_str("| Code | Severity | Where | What | Remedy |\n|---|---|---|---|---|\n")?;
        for lint in &self.lints {
            // The only link of the document is our own.
            let code = format!("[{}]({})", lint.code, lint.link);
            writeln!(
                to,
                "| {code} | {} | {} | {} | {} |",
                lint.severity,
                escaped(&lint.key),
                escaped(&lint.message),
                escaped(&lint.remedy)
            )?;
        }
        Ok(())
    }
}

fn write_entries(to: &mut String, title: &str, about: &str, entries: &[ReportedEntry]) -> fmt::Result {
    write!(to, "\n## {title}\n\n")?;
    if entries.is_empty() {
        return to.write_str("None.\n");
    }
    write!(
        to,
        "{about}\n\n| Where | Name | For | Brings | From |\n|---|---|---|---|---|\n"
    )?;
    for entry in entries {
        let brings: Vec<_> = entry
            .brings
            .iter()
            .map(|(key, value)| format!("{key} {value}"))
            .collect();
        row(
            to,
            &[
                &entry.key,
                entry.name.as_deref().unwrap_or_default(),
                &entry.applies_to,
                &brings.join(", "),
                &entry.origin.to_string(),
            ],
        )?;
    }
    Ok(())
}

fn or_nothing(text: &str) -> String {
    if text.is_empty() { "nothing" } else { text }.to_owned()
}

/// A row of a table; no cell can end it or open another.
fn row(to: &mut String, cells: &[&str]) -> fmt::Result {
    for cell in cells {
        let lines: Vec<_> = cell.lines().map(escaped).collect();
        write!(to, "| {} ", lines.join("<br>"))?;
    }
    to.write_str("|\n")
}

fn quote(to: &mut String, text: &str) -> fmt::Result {
    for line in text.lines() {
        writeln!(to, "> {}", escaped(line))?;
    }
    Ok(())
}

/// One line of text as Markdown shows it: every character that could mean something else is escaped; what is no character
/// at all, or turns the direction of reading, is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            ',' | ';' | '/' | '\'' | '"' | '?' | '%' => escaped.push(c),
            c if c.is_ascii_punctuation() => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                escaped.push(char::REPLACEMENT_CHARACTER);
            }
            c => escaped.push(c),
        }
    }
    escaped
}
