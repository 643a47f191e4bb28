//! What was recorded, from a file or from standard input.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, bail};
use nightlatch_core::replay::{Recorded, Recording};

use super::audit::{LeftOut, Told};
use super::progress::Progress;
use super::rows::BadRows;
use super::{activity, audit};

/// How exactly the activity of the sessions is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    /// Every sign of the person.
    Signs,
    /// Sign-in, last activity and the longest absence.
    Edges,
}

#[derive(Debug)]
pub(super) struct Input {
    pub(super) recording: Recording,
    pub(super) sessions: u64,
    pub(super) ended: u64,
    pub(super) precision: Precision,
    pub(super) left_out: LeftOut,
    pub(super) skipped: u64,
}

/// What keeps the input from being used.
#[derive(Debug)]
pub(super) enum Refused {
    /// Described row by row.
    BadRows(String),
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

pub(super) fn read(file: &Path, skip_bad_rows: bool, progress: &mut Progress) -> Result<Input, Refused> {
    let (name, input): (String, Box<dyn Read>) = if file == Path::new("-") {
        ("standard input".to_owned(), Box::new(std::io::stdin().lock()))
    } else {
        let opened = std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
        (file.display().to_string(), Box::new(opened))
    };
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut bad_rows = BadRows::default();
    let parsed = parse(&mut input, &mut bad_rows, progress);
    progress.finish();
    let (sessions, precision, left_out, note) = parsed.with_context(|| name.clone())?;
    if bad_rows.count > 0 {
        let told = bad_rows.describe(&name);
        if !skip_bad_rows {
            return Err(Refused::BadRows(told));
        }
        crate::cli::complain(format_args!("{}", told.trim_end()));
    }
    if let Some(note) = note {
        crate::cli::complain(format_args!("{name}: {note}"));
    }
    if sessions.is_empty() {
        return Err(Refused::Other(nothing_in(&name, left_out)));
    }
    let ended = sessions.iter().filter(|session| session.end().is_some()).count() as u64;
    Ok(Input {
        sessions: sessions.len() as u64,
        ended,
        recording: Recording::new(sessions),
        precision,
        left_out,
        skipped: bad_rows.count,
    })
}

type Parsed = (Vec<Recorded>, Precision, LeftOut, Option<String>);

/// JSON begins with a bracket; anything else is a CSV. Either has rows of activity, JSON may be an export of the audit.
fn parse(input: &mut impl BufRead, bad_rows: &mut BadRows, progress: &mut Progress) -> anyhow::Result<Parsed> {
    loop {
        let start = input.fill_buf().context("the input cannot be read")?;
        let blank = start.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        match start.get(blank) {
            None if start.is_empty() => {
                bail!(
                    "empty; give a CSV that begins with session,at, the same as JSON lines, or an export of the audit"
                )
            }
            // More blanks than the buffer holds.
            None => input.consume(blank),
            Some(b'[' | b'{') => {
                return Ok(match audit::read(input, bad_rows, progress)? {
                    Told::Audit(sessions, left_out) => (sessions, Precision::Edges, left_out, None),
                    Told::Activity(sessions) => (sessions, Precision::Signs, LeftOut::default(), None),
                });
            }
            Some(_) => {
                let (sessions, note) = activity::read(input, bad_rows, progress)?;
                return Ok((sessions, Precision::Signs, LeftOut::default(), note));
            }
        }
    }
}

fn nothing_in(name: &str, left_out: LeftOut) -> anyhow::Error {
    let LeftOut {
        still_open,
        without_sign_in,
        without_last_activity,
    } = left_out;
    if left_out == LeftOut::default() {
        anyhow::anyhow!("{name}: no session; a CSV has a row for every sign of a person")
    } else {
        anyhow::anyhow!(
            "{name}: no session that tells enough ({still_open} still open, {without_sign_in} without their sign-in, \
             {without_last_activity} without their last activity); export a longer time, or give a CSV of activity times"
        )
    }
}
