//! Activity times: rows of `session,at[,application,device,roles,subject,kind]` in any order, in a CSV or as JSON.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use csv::{ByteRecord, ReaderBuilder};
use nightlatch_core::facts::Facts;
use nightlatch_core::replay::{Recorded, RecordedEnd, Stay};
use nightlatch_core::session::EndReason;
use nightlatch_core::time::Instant;

use super::instant::instant;
use super::progress::Progress;
use super::roles::roles;
use super::rows::{BadRow, BadRows, bad, shortened};

const COLUMNS: [&str; 7] = ["session", "at", "application", "device", "roles", "subject", "kind"];

/// The order at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    SignIn,
    Activity,
    SignOut,
}

impl Kind {
    pub(super) fn of(word: &str) -> Result<Self, BadRow> {
        match word {
            "" | "activity" => Ok(Self::Activity),
            "sign-in" => Ok(Self::SignIn),
            "sign-out" => Ok(Self::SignOut),
            other => {
                let problem = format!("`{}` is no kind; write sign-in, activity or sign-out", shortened(other));
                Err(bad("kind", problem))
            }
        }
    }
}

/// One sign of a person. What is not told is empty.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) session: &'a [u8],
    pub(super) at: Instant,
    pub(super) kind: Kind,
    pub(super) application: &'a str,
    pub(super) device: &'a str,
    pub(super) roles: Vec<Box<str>>,
    pub(super) subject: &'a str,
}

/// What has been read of every session.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    drafts: Vec<Draft>,
    by_name: HashMap<Box<[u8]>, usize>,
}

impl Drafts {
    pub(super) fn add(&mut self, row: Row<'_>) -> Result<(), BadRow> {
        if row.session.is_empty() {
            return Err(bad("session", "empty; give every row the name of its session"));
        }
        let place = self.by_name.get(row.session).copied().unwrap_or_else(|| {
            self.drafts.push(Draft::default());
            self.by_name.insert(row.session.into(), self.drafts.len() - 1);
            self.drafts.len() - 1
        });
        self.drafts[place].add(row);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    pub(super) fn sessions(self) -> Vec<Recorded> {
        let mut facts = HashMap::new();
        let drafts = self.drafts.into_iter();
        drafts.flat_map(|draft| sessions(draft, &mut facts)).collect()
    }
}

/// What has been read of one session.
#[derive(Debug, Default)]
struct Draft {
    facts: Facts,
    subject: Option<Arc<str>>,
    rows: Vec<(Instant, Kind)>,
}

/// Where each known column stands in a row.
struct Header {
    places: [Option<usize>; COLUMNS.len()],
    width: usize,
}

/// Every session, and a word on columns that are not known.
pub(super) fn read(
    mut input: impl BufRead,
    bad_rows: &mut BadRows,
    progress: &mut Progress,
) -> anyhow::Result<(Vec<Recorded>, Option<String>)> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(&mut input)?)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(input);
    let (header, note) = header(reader.byte_headers().context("the input cannot be read")?)?;
    let mut drafts = Drafts::default();
    let mut row = ByteRecord::new();
    while reader.read_byte_record(&mut row).context("the input cannot be read")? {
        progress.row();
        if let Err(wrong) = take(&row, &header, &mut drafts) {
            bad_rows.add(row.position().map_or(0, csv::Position::line), wrong);
        }
    }
    Ok((drafts.sessions(), note))
}

/// Spreadsheets of many countries write a semicolon.
fn delimiter(input: &mut impl BufRead) -> anyhow::Result<u8> {
    let start = input.fill_buf().context("the input cannot be read")?;
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let candidates = [b',', b';', b'\t'];
    let found = line.iter().find(|byte| candidates.contains(byte));
    Ok(found.copied().unwrap_or(b','))
}

fn header(row: &ByteRecord) -> anyhow::Result<(Header, Option<String>)> {
    let names: Vec<String> = row
        .iter()
        .map(|name| String::from_utf8_lossy(name).to_ascii_lowercase())
        .collect();
    let places = COLUMNS.map(|column| names.iter().position(|name| name == column));
    if let Some((column, _)) = COLUMNS.iter().zip(places).take(2).find(|(_, place)| place.is_none()) {
        let found = if names.is_empty() {
            "nothing".to_owned()
        } else {
            shortened(&names.join(","))
        };
        bail!(
            "line 1: there is no column `{column}`, but {found}; the first line names the columns, for example session,at,kind"
        );
    }
    let unknown: Vec<_> = names.iter().filter(|name| !COLUMNS.contains(&name.as_str())).collect();
    let note = (!unknown.is_empty()).then(|| {
        let unknown: Vec<_> = unknown.iter().map(|name| format!("`{}`", shortened(name))).collect();
        format!(
            "left out the columns {}; known are {}",
            unknown.join(", "),
            COLUMNS.join(", ")
        )
    });
    let width = names.len();
    Ok((Header { places, width }, note))
}

fn take(row: &ByteRecord, header: &Header, drafts: &mut Drafts) -> Result<(), BadRow> {
    if row.len() != header.width {
        let problem = format!(
            "{} values where the first line names {} columns",
            row.len(),
            header.width
        );
        return Err(bad(
            "row",
            format!("{problem}; quote a value that contains the separator"),
        ));
    }
    let bytes = |column: usize| {
        header.places[column]
            .and_then(|place| row.get(place))
            .unwrap_or_default()
    };
    let value = |column: usize| {
        std::str::from_utf8(bytes(column)).map_err(|_| bad(COLUMNS[column], "not UTF-8; save the file as UTF-8"))
    };
    drafts.add(Row {
        session: bytes(0),
        at: instant("at", value(1)?)?,
        kind: Kind::of(value(6)?)?,
        application: value(2)?,
        device: value(3)?,
        roles: roles(value(4)?)?,
        subject: value(5)?,
    })
}

impl Draft {
    fn add(&mut self, row: Row<'_>) {
        self.rows.push((row.at, row.kind));
        // The first row that tells it decides.
        let Facts {
            application,
            device,
            roles,
        } = &mut self.facts;
        for (known, told) in [(application, row.application), (device, row.device)] {
            if known.is_none() && !told.is_empty() {
                *known = Some(told.into());
            }
        }
        if roles.is_empty() {
            *roles = row.roles;
        }
        if self.subject.is_none() && !row.subject.is_empty() {
            self.subject = Some(row.subject.into());
        }
    }
}

/// A name under which somebody goes on after a sign-out stands for one session more.
fn sessions(mut draft: Draft, known: &mut HashMap<Facts, Arc<Facts>>) -> Vec<Recorded> {
    draft.rows.sort_unstable();
    let facts = Arc::clone(
        known
            .entry(draft.facts)
            .or_insert_with_key(|facts| Arc::new(facts.clone())),
    );
    draft
        .rows
        .split_inclusive(|(_, kind)| *kind == Kind::SignOut)
        .filter_map(|rows| {
            let signs = rows.iter().filter(|(_, kind)| *kind != Kind::SignOut);
            let mut stays: Vec<Stay> = signs.map(|(at, _)| Stay::at(*at)).collect();
            let end = rows.last().filter(|(_, kind)| *kind == Kind::SignOut).map(|(at, _)| {
                if stays.is_empty() {
                    stays.push(Stay::at(*at));
                }
                RecordedEnd {
                    at: *at,
                    reason: EndReason::User,
                }
            });
            Recorded::new(draft.subject.clone(), Arc::clone(&facts), stays, end)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> anyhow::Result<(Vec<Recorded>, String, Option<String>)> {
        let mut bad_rows = BadRows::default();
        let (sessions, note) = read(text.as_bytes(), &mut bad_rows, &mut Progress::silent())?;
        Ok((sessions, bad_rows.describe("a.csv"), note))
    }

    #[test]
    fn rows_in_any_order_become_sessions() {
        let text = "session,at,application,roles,subject,kind\n\
                    a,1772442060,,,,\n\
                    b,1772442005000,shop,clerk;admin,ben,activity\n\
                    a,2026-03-02T09:00:00Z,bank,,ada,sign-in\n\
                    a,1772442120000000,,,,sign-out\n\
                    a,1772442180,,,,\n";
        let (sessions, bad, note) = read_text(text).expect("a header");
        assert_eq!((bad.as_str(), note), ("", None));
        let brief: Vec<_> = sessions
            .iter()
            .map(|session| {
                let application = session.facts().application.as_deref().unwrap_or_default();
                (
                    application,
                    session.stays().len(),
                    session.end().map(|end| end.at.as_millis()),
                )
            })
            .collect();
        assert_eq!(
            brief,
            [
                ("bank", 2, Some(1_772_442_120_000)),
                ("bank", 1, None),
                ("shop", 1, None)
            ]
        );
        assert_eq!(&*sessions[2].facts().roles, ["clerk".into(), "admin".into()]);
    }

    #[test]
    fn bad_rows_are_told_with_line_column_and_remedy() {
        let text = "session,at,kind,roles\na,noon,,\n,1772442000,,\na,1772442000,dance,\na,1772442000\n\
                    a,1772442000,,\"[\"\"admin\"\"\"\na,60000,,\na,1772442000,activity,\"admin,staff\"\n";
        let (sessions, bad, _) = read_text(text).expect("a header");
        assert_eq!(sessions.len(), 1);
        let lines: Vec<_> = bad.lines().collect();
        for (line, (place, remedy)) in lines.iter().zip([
            ("a.csv:2: at: ", "RFC 3339"),
            ("a.csv:3: session: ", "name of its session"),
            ("a.csv:4: kind: ", "sign-in, activity or sign-out"),
            ("a.csv:5: row: ", "2 values"),
            ("a.csv:6: roles: ", "a JSON array"),
            ("a.csv: 1 more bad rows", ""),
        ]) {
            assert!(line.starts_with(place) && line.contains(remedy), "{line}");
        }
        assert_eq!(lines.len(), 6);
        assert_eq!(&*sessions[0].facts().roles, ["admin".into(), "staff".into()]);
    }

    #[test]
    fn a_header_of_spreadsheets_is_understood_and_a_missing_column_named() {
        let (sessions, bad, note) = read_text("\u{feff}Session;At;Colour\r\na;1772442000;red\r\n").expect("a header");
        assert_eq!((sessions.len(), bad.as_str()), (1, ""));
        assert!(note.is_some_and(|note| note.contains("`colour`")));
        let error = read_text("session,time\na,5\n").expect_err("no `at`").to_string();
        assert!(
            error.contains("no column `at`") && error.contains("session,time"),
            "{error}"
        );
        assert!(read_text("").is_err());
    }
}
