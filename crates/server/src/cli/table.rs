//! Tables for people: aligned, coloured on a terminal alone, and safe to look at.

use std::io::{IsTerminal as _, Write};

use crate::management::text::deceives;

/// One cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    tone: Tone,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    #[default]
    Plain,
    Quiet,
    Attention,
    Alarm,
}

/// Whether and how to colour.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Colour {
    /// No colour, on a terminal either
    #[arg(long = "no-color", env = "NO_COLOR", hide_env = true, value_parser = clap::builder::FalseyValueParser::new())]
    off: bool,
}

impl Colour {
    pub(super) fn is_on(self) -> bool {
        !self.off && std::io::stdout().is_terminal()
    }
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        Self {
            text: visible(text.as_ref()),
            tone: Tone::Plain,
        }
    }

    pub(super) fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

/// Characters that end a line or drive a terminal are written out.
pub(super) fn visible(text: &str) -> String {
    let write = |character: char| {
        if deceives(character) {
            character.escape_default().to_string()
        } else {
            character.to_string()
        }
    };
    text.chars().map(write).collect()
}

/// What something is, and what there is to say of that, a line each.
pub(super) fn write_pairs(pairs: &[(&str, String)]) -> std::io::Result<()> {
    let width = pairs.iter().map(|(title, _)| title.len()).max().unwrap_or(0);
    let mut out = std::io::stdout().lock();
    for (title, text) in pairs {
        writeln!(out, "{title:width$}  {}", visible(text))?;
    }
    Ok(())
}

pub(super) fn write_table<const N: usize>(
    out: &mut impl Write,
    head: [&str; N],
    rows: &[[Cell; N]],
    colour: Colour,
) -> std::io::Result<()> {
    write_rows(out, head, rows, colour.is_on())
}

fn write_rows<const N: usize>(
    out: &mut impl Write,
    head: [&str; N],
    rows: &[[Cell; N]],
    colour: bool,
) -> std::io::Result<()> {
    let head = head.map(|title| Cell::new(title).toned(Tone::Quiet));
    let all = || std::iter::once(&head).chain(rows);
    let widths: [usize; N] =
        std::array::from_fn(|column| all().map(|row| row[column].text.chars().count()).max().unwrap_or(0));
    for row in all() {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            // No blanks at the end of a line.
            let padding = if column + 1 == N {
                0
            } else {
                width - cell.text.chars().count() + 2
            };
            let text = &cell.text;
            match escape(cell.tone).filter(|_| colour) {
                Some(escape) => write!(out, "\x1b[{escape}m{text}\x1b[0m{:padding$}", "")?,
                None => write!(out, "{text}{:padding$}", "")?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn escape(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Quiet => Some("2"),
        Tone::Attention => Some("33"),
        Tone::Alarm => Some("31"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(colour: bool) -> String {
        let rows = [
            [Cell::new("ada\r\nroot"), Cell::new("active")],
            [Cell::new("b"), Cell::new("locked").toned(Tone::Alarm)],
        ];
        let mut out = Vec::new();
        write_rows(&mut out, ["SUBJECT", "PHASE"], &rows, colour).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn columns_are_aligned_and_what_could_forge_a_line_is_written_out() {
        assert_eq!(
            written(false),
            "SUBJECT      PHASE\nada\\r\\nroot  active\nb            locked\n"
        );
    }

    #[test]
    fn colour_changes_no_width() {
        let plain = written(true)
            .replace("\x1b[2m", "")
            .replace("\x1b[31m", "")
            .replace("\x1b[0m", "");
        assert_eq!(plain, written(false));
        assert!(written(true).contains("\x1b[31mlocked\x1b[0m"));
    }
}
