//! An export of the audit: JSON lines, an array, or answers of `GET audit`. Rows of activity have the same shapes, and go to
//! where those of a CSV go.
//!
//! The audit knows the edges of activity alone: sign-in, "stay signed in", authentication, the last activity, and the
//! longest absence before it. In between the person is taken to have been there all the time, but for one gap as long as
//! the longest absence, placed before the known sign that leaves most room for it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use nightlatch_core::facts::Facts;
use nightlatch_core::replay::{Recorded, RecordedEnd, Stay};
use nightlatch_core::session::EndReason;
use nightlatch_core::time::{Instant, Span};
use serde::Deserialize;
use serde_json::Number;

use super::activity::{Drafts as Activity, Kind, Row};
use super::instant::instant;
use super::progress::Progress;
use super::roles;
use super::rows::{BadRow, BadRows, bad, shortened};

/// One record, a page of them, or one row of activity. Keys that say nothing on activity are passed over.
#[derive(Debug, Deserialize)]
struct Entry<'a> {
    /// Rows of activity alone have it.
    #[serde(borrow)]
    session: Option<When<'a>>,
    #[serde(borrow)]
    at: Option<When<'a>>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    handle: Option<Cow<'a, str>>,
    #[serde(borrow)]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow)]
    application: Option<Cow<'a, str>>,
    #[serde(borrow)]
    device: Option<Cow<'a, str>>,
    #[serde(borrow)]
    roles: Option<Roles<'a>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    last_activity: Option<When<'a>>,
    #[serde(borrow)]
    since: Option<When<'a>>,
    longest_absence_ms: Option<u64>,
    #[serde(borrow)]
    records: Option<Vec<Self>>,
}

/// What has been read so far, of both kinds.
#[derive(Debug, Default)]
struct Known {
    records: HashMap<Box<str>, Draft>,
    activity: Activity,
}

/// What a file tells.
#[derive(Debug)]
pub(super) enum Told {
    Audit(Vec<Recorded>, LeftOut),
    Activity(Vec<Recorded>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum When<'a> {
    Number(Number),
    #[serde(borrow)]
    Text(Cow<'a, str>),
}

impl When<'_> {
    fn instant(&self, column: &'static str) -> Result<Instant, BadRow> {
        match self {
            Self::Number(number) => instant(column, &number.to_string()),
            Self::Text(text) => instant(column, text),
        }
    }

    /// The name that it is.
    fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Number(number) => number.to_string().into(),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Roles<'a> {
    List(Vec<Box<str>>),
    #[serde(borrow)]
    Text(Cow<'a, str>),
}

impl Roles<'_> {
    fn list(&self) -> Result<Vec<Box<str>>, BadRow> {
        match self {
            Self::List(list) => Ok(list.clone()),
            Self::Text(text) => roles::roles(text),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    SignIn,
    Sign,
    /// The first of several, the last of which is a mark of its own. They came one after the other, so no gap lies between.
    Signs,
    Authenticated,
    Locked,
}

/// What has been read of one session.
#[derive(Debug, Default)]
struct Draft {
    subject: Option<Arc<str>>,
    facts: Facts,
    marks: Vec<(Instant, Mark)>,
    last_activity: Option<Instant>,
    longest_absence: Span,
    end: Option<RecordedEnd>,
}

/// Sessions of which the audit does not say enough, by what is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) still_open: u64,
    pub(super) without_sign_in: u64,
    pub(super) without_last_activity: u64,
}

pub(super) fn read(mut input: impl BufRead, bad_rows: &mut BadRows, progress: &mut Progress) -> anyhow::Result<Told> {
    let mut known = Known::default();
    let mut text = String::new();
    let mut number = 0;
    let context = "the input cannot be read";
    // A first line that is no whole value begins a document that goes over several.
    let mut first = true;
    loop {
        let start = text.len();
        if input.read_line(&mut text).context(context)? == 0 {
            break;
        }
        number += 1;
        let line = text[start..].trim();
        if line.is_empty() {
            text.truncate(start);
            continue;
        }
        if std::mem::take(&mut first) && !is_whole(line) {
            input.read_to_string(&mut text).context(context)?;
            document(&text, bad_rows, progress, &mut known);
            break;
        }
        progress.row();
        document_on_line(line, number, bad_rows, progress, &mut known);
        text.clear();
    }
    if !known.activity.is_empty() {
        if !known.records.is_empty() {
            bail!("rows of activity (`session`) and records of the audit (`handle`) in one; replay them one by one");
        }
        return Ok(Told::Activity(known.activity.sessions()));
    }
    let mut left_out = LeftOut::default();
    let mut facts = HashMap::new();
    let records = known.records.into_values();
    let sessions = records.filter_map(|draft| session(draft, &mut facts, &mut left_out));
    Ok(Told::Audit(sessions.collect(), left_out))
}

/// A line that breaks in the middle of a value; other mistakes are told of the line alone.
fn is_whole(line: &str) -> bool {
    match serde_json::from_str::<serde::de::IgnoredAny>(line) {
        Ok(_) => true,
        Err(error) => !error.is_eof(),
    }
}

fn document(text: &str, bad_rows: &mut BadRows, progress: &mut Progress, known: &mut Known) {
    document_on_line(text.trim(), 1, bad_rows, progress, known);
}

/// A record, a page or an array that begins on the line of this number.
fn document_on_line(text: &str, number: u64, bad_rows: &mut BadRows, progress: &mut Progress, known: &mut Known) {
    let deserializer = &mut serde_json::Deserializer::from_str(text);
    let parsed = if text.starts_with('[') {
        serde_path_to_error::deserialize::<_, Vec<Entry<'_>>>(deserializer)
    } else {
        serde_path_to_error::deserialize::<_, Entry<'_>>(deserializer).map(|entry| match entry.records {
            Some(records) => records,
            None => vec![entry],
        })
    };
    match parsed {
        Ok(entries) => {
            for entry in &entries {
                progress.row();
                if let Err(wrong) = take(entry, known) {
                    bad_rows.add(number, wrong);
                }
            }
        }
        Err(error) => {
            let path = error.path().to_string();
            let line = number + (error.inner().line() as u64).saturating_sub(1);
            let problem = format!(
                "{path}: {}; write one record of the audit, or one row of activity, as JSON",
                error.inner()
            );
            bad_rows.add(line, bad("record", problem));
        }
    }
}

fn take(entry: &Entry<'_>, known: &mut Known) -> Result<(), BadRow> {
    if let Some(session) = &entry.session {
        return sign(session, entry, &mut known.activity);
    }
    if entry.handle.is_none() && entry.kind.is_none() {
        let problem = "neither `session` nor `handle`; a row of activity has session and at, a record of the audit has handle, at \
                       and kind";
        return Err(bad("record", problem));
    }
    record(entry, &mut known.records)
}

/// A row of activity.
fn sign(session: &When<'_>, entry: &Entry<'_>, activity: &mut Activity) -> Result<(), BadRow> {
    let at = entry
        .at
        .as_ref()
        .ok_or_else(|| bad("at", "missing; a row of activity has session and at"))?;
    activity.add(Row {
        session: session.name().as_bytes(),
        at: at.instant("at")?,
        kind: Kind::of(entry.kind.as_deref().unwrap_or_default())?,
        application: entry.application.as_deref().unwrap_or_default(),
        device: entry.device.as_deref().unwrap_or_default(),
        roles: entry.roles.as_ref().map(Roles::list).transpose()?.unwrap_or_default(),
        subject: entry.subject.as_deref().unwrap_or_default(),
    })
}

fn record(entry: &Entry<'_>, drafts: &mut HashMap<Box<str>, Draft>) -> Result<(), BadRow> {
    let missing = |column: &'static str| bad(column, "missing; an export of the audit has it in every record");
    let kind = entry.kind.as_deref().ok_or_else(|| missing("kind"))?;
    let at = entry.at.as_ref().ok_or_else(|| missing("at"))?.instant("at")?;
    let last_activity = entry
        .last_activity
        .as_ref()
        .map(|when| when.instant("last_activity"))
        .transpose()?;
    let since = entry.since.as_ref().map(|when| when.instant("since")).transpose()?;
    let reason = match (kind, entry.reason.as_deref()) {
        ("ended", Some(word)) => Some(EndReason::from_word(word).ok_or_else(|| {
            let known = EndReason::ALL.map(EndReason::as_str).join(", ");
            bad(
                "reason",
                format!("`{}` is no reason; known are {known}", shortened(word)),
            )
        })?),
        ("ended", None) => return Err(missing("reason")),
        _ => None,
    };
    let roles = entry.roles.as_ref().map(Roles::list).transpose()?;
    // Policies, applications and keys concern no session.
    let Some(handle) = entry.handle.as_deref() else {
        return if matches!(kind, "policy" | "application" | "api-key") {
            Ok(())
        } else {
            Err(missing("handle"))
        };
    };
    let mark = match kind {
        "sign-in" => Some(Mark::SignIn),
        "extended" => Some(Mark::Sign),
        "reauthenticated" => Some(Mark::Authenticated),
        "locked" => Some(Mark::Locked),
        _ => None,
    };
    if !drafts.contains_key(handle) {
        drafts.insert(handle.into(), Draft::default());
    }
    let Some(draft) = drafts.get_mut(handle) else {
        return Ok(());
    };
    let first = since.filter(|since| mark == Some(Mark::Sign) && *since < at);
    draft.marks.extend(first.map(|since| (since, Mark::Signs)));
    draft.marks.extend(mark.map(|mark| (at, mark)));
    if let Some(reason) = reason {
        draft.end = Some(RecordedEnd { at, reason });
    }
    draft.last_activity = draft.last_activity.max(last_activity);
    if let Some(millis) = entry.longest_absence_ms {
        draft.longest_absence = Span::from_millis(millis);
    }
    tell(&mut draft.facts.application, entry.application.as_deref());
    tell(&mut draft.facts.device, entry.device.as_deref());
    if draft.facts.roles.is_empty() {
        draft.facts.roles = roles.unwrap_or_default();
    }
    if draft.subject.is_none() {
        draft.subject = entry.subject.as_deref().map(Arc::from);
    }
    Ok(())
}

fn tell(known: &mut Option<Box<str>>, told: Option<&str>) {
    if known.is_none() {
        *known = told.map(Box::from);
    }
}

fn session(mut draft: Draft, known: &mut HashMap<Facts, Arc<Facts>>, left_out: &mut LeftOut) -> Option<Recorded> {
    draft.marks.sort_unstable();
    let begun = draft.marks.first().filter(|(_, mark)| *mark == Mark::SignIn);
    let (Some((begun, _)), Some(end), Some(last)) = (begun, draft.end, draft.last_activity) else {
        let missing = if draft.end.is_none() {
            &mut left_out.still_open
        } else if begun.is_none() {
            &mut left_out.without_sign_in
        } else {
            &mut left_out.without_last_activity
        };
        *missing += 1;
        return None;
    };
    let last = last.max(*begun).min(end.at);
    let gap = draft.longest_absence;
    // An absence as long as the last one would have ended the session before.
    let last_absence = end.reason == EndReason::Idle && gap >= end.at.since(last);
    let stays = stays(&draft.marks, last, if last_absence { Span::ZERO } else { gap });
    let facts = Arc::clone(
        known
            .entry(draft.facts)
            .or_insert_with_key(|facts| Arc::new(facts.clone())),
    );
    Recorded::new(draft.subject, facts, stays, Some(end))
}

/// From mark to mark and to the last activity. `gap` lies behind the last authentication, where the count began anew.
fn stays(marks: &[(Instant, Mark)], last: Instant, gap: Span) -> Vec<Stay> {
    let authenticated = marks
        .iter()
        .rposition(|(_, mark)| matches!(mark, Mark::SignIn | Mark::Authenticated))
        .unwrap_or(0);
    let ends = marks.iter().skip(1).map(|(at, _)| *at).chain([last]);
    let pieces: Vec<(Instant, Mark, Instant)> = marks
        .iter()
        .zip(ends)
        .map(|((from, mark), to)| (*from, *mark, to.min(last).max(*from)))
        .collect();
    let widest = pieces
        .iter()
        .enumerate()
        .skip(authenticated)
        .filter(|(_, (_, mark, _))| !matches!(mark, Mark::Locked | Mark::Signs))
        .max_by_key(|(_, (from, _, to))| to.since(*from))
        .map(|(place, _)| place);
    let mut stays = Vec::new();
    for (place, (from, mark, to)) in pieces.into_iter().enumerate() {
        if mark == Mark::Locked {
            continue;
        }
        if Some(place) == widest && gap > Span::ZERO {
            let left = (to - gap).max(from);
            stays.extend([Stay { from, to: left }, Stay::at(to)]);
        } else {
            stays.push(Stay { from, to });
        }
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGN_IN: &str = r#"{"seq":1,"at":"2026-03-02T00:00:00.000Z","kind":"sign-in","handle":"h","subject":"ada","application":"bank","reason":null,"actor":"api:a","detail":null}"#;
    const ENDED: &str = r#"{"seq":2,"at":"2026-03-02T02:00:00Z","kind":"ended","handle":"h","subject":"ada","reason":"idle","last_activity":"2026-03-02T01:30:00Z","longest_absence_ms":1200000}"#;

    /// Of 2026-03-02.
    const MIDNIGHT: i64 = 1_772_409_600_000;

    fn read_text(text: &str) -> (Vec<Recorded>, LeftOut, String) {
        let mut bad_rows = BadRows::default();
        let told = read(text.as_bytes(), &mut bad_rows, &mut Progress::silent()).expect("one kind");
        let (sessions, left_out) = match told {
            Told::Audit(sessions, left_out) => (sessions, left_out),
            Told::Activity(sessions) => (sessions, LeftOut::default()),
        };
        (sessions, left_out, bad_rows.describe("audit.json"))
    }

    fn minutes(session: &Recorded) -> Vec<(i64, i64)> {
        let minute = |at: Instant| (at.as_millis() - MIDNIGHT) / 60_000;
        session
            .stays()
            .iter()
            .map(|stay| (minute(stay.from), minute(stay.to)))
            .collect()
    }

    #[test]
    fn every_shape_of_an_export_is_read() {
        let pretty = format!("{{\n  \"records\": [\n{SIGN_IN},\n{ENDED}\n],\n \"next_after\": null\n}}\n");
        for text in [
            format!("{SIGN_IN}\n\n{ENDED}\n"),
            format!("[{SIGN_IN},{ENDED}]"),
            format!("[\n{SIGN_IN},\n{ENDED}\n]\n"),
            format!("{{\"records\":[{SIGN_IN}]}}\n{{\"records\":[{ENDED}]}}\n"),
            pretty,
        ] {
            let (sessions, left_out, bad) = read_text(&text);
            assert_eq!((left_out, bad.as_str()), (LeftOut::default(), ""), "{text}");
            let [session] = &sessions[..] else { panic!("{text}") };
            assert_eq!(
                minutes(session),
                [(0, 70), (90, 90)],
                "the gap of 20 minutes before the last sign"
            );
            assert_eq!(session.end().map(|end| end.reason), Some(EndReason::Idle));
            assert_eq!(session.facts().application.as_deref(), Some("bank"));
        }
    }

    #[test]
    fn the_gap_lies_where_most_room_is_and_a_lock_is_an_absence() {
        let mark = |kind: &str, minute: i64| {
            format!(
                "{{\"at\":{},\"kind\":\"{kind}\",\"handle\":\"h\"}}\n",
                MIDNIGHT + minute * 60_000
            )
        };
        let marks = [
            mark("sign-in", 0),
            mark("locked", 30),
            mark("reauthenticated", 40),
            mark("extended", 50),
        ];
        let (sessions, ..) = read_text(&format!("{}{ENDED}", marks.concat()));
        assert_eq!(minutes(&sessions[0]), [(0, 30), (40, 70), (90, 90)]);
    }

    #[test]
    fn several_signs_in_one_record_are_what_they_were_one_by_one() {
        let record = |kind: &str, at: i64, rest: &str| {
            format!(
                "{{\"at\":{},\"kind\":\"{kind}\",\"handle\":\"h\"{rest}}}\n",
                MIDNIGHT + at
            )
        };
        let around = |extends: String| {
            let begun = record("sign-in", 0, "");
            let held = record("held", 700, "") + &record("hold-ended", 15_000, ",\"held_ms\":14300");
            let last = MIDNIGHT + 59_900;
            let end = format!(",\"reason\":\"user\",\"last_activity\":{last},\"longest_absence_ms\":8000");
            read_text(&[begun, held, extends, record("ended", 70_000, &end)].concat())
        };
        // Every 100 ms from 8 s to 59.9 s: one record of each, or one of the first and one of the others.
        let extends = (80..600).map(|tenth| record("extended", 100 * tenth, ""));
        let (one_by_one, ..) = around(extends.collect());
        let since = format!(",\"since\":{},\"count\":519", MIDNIGHT + 8_100);
        let (together, _, bad) = around(record("extended", 8_000, "") + &record("extended", 59_900, &since));
        assert_eq!((&together, bad.as_str()), (&one_by_one, ""));
        assert_eq!(
            together[0].stays().len(),
            2,
            "away from the sign-in to the first extend"
        );
    }

    #[test]
    fn what_the_audit_does_not_say_is_left_out_and_counted() {
        let other = |text: &str, handle: &str| text.replace("\"h\"", &format!("\"{handle}\""));
        let text = [
            SIGN_IN.to_owned(),
            other(ENDED, "before"),
            other(SIGN_IN, "old"),
            other(ENDED, "old").replace("last_activity", "detail"),
            r#"{"at":1772409600,"kind":"policy"}"#.to_owned(),
        ];
        let (sessions, left_out, bad) = read_text(&text.join("\n"));
        assert_eq!((sessions.len(), bad.as_str()), (0, ""));
        let expected = LeftOut {
            still_open: 1,
            without_sign_in: 1,
            without_last_activity: 1,
        };
        assert_eq!(left_out, expected);
    }

    #[test]
    fn rows_of_activity_are_read_in_every_shape() {
        let rows = [
            r#"{"session":"a","at":1772409600,"kind":"sign-in","subject":"ada","roles":["admin","staff"],"path":"/x","ms":3}"#,
            r#"{"at":"2026-03-02T00:05:00Z","session":"a","roles":null,"application":"bank"}"#,
            r#"{"session":"a","at":1772410200000,"kind":"activity","device":""}"#,
            r#"{"session":"a","at":1772410260000000,"kind":"sign-out"}"#,
            r#"{"session":42,"at":1772409600000000000,"roles":"clerk;admin"}"#,
        ];
        for text in [
            rows.join("\n"),
            rows.join("\n\r\n"),
            format!("[{}]", rows.join(",")),
            format!("[\n{}\n]\n", rows.join(",\n")),
        ] {
            let (sessions, _, bad) = read_text(&text);
            assert_eq!(bad, "", "{text}");
            let [a, b] = &sessions[..] else {
                panic!("{text}: {sessions:?}")
            };
            assert_eq!(minutes(a), [(0, 0), (5, 5), (10, 10)]);
            assert_eq!(a.end().map(|end| end.reason), Some(EndReason::User));
            assert_eq!(a.facts().application.as_deref(), Some("bank"));
            assert_eq!(*a.facts().roles, ["admin".into(), "staff".into()]);
            assert_eq!(*b.facts().roles, ["clerk".into(), "admin".into()]);
        }
    }

    #[test]
    fn rows_that_are_neither_are_told_what_is_missing() {
        let text = "{\"user\":\"ada\",\"time\":1772409600}\n{\"session\":\"a\"}\n{\"session\":\"a\",\"at\":5}\n\
                    {\"session\":\"\",\"at\":1772409600}\n{\"session\":\"a\",\"at\":1772409600,\"kind\":\"click\"}\n";
        let (sessions, _, bad) = read_text(text);
        assert_eq!(sessions.len(), 0);
        for (line, words) in bad.lines().zip([
            "audit.json:1: record: neither `session` nor `handle`",
            "audit.json:2: at: missing",
            "audit.json:3: at: `5`",
            "audit.json:4: session: empty",
            "audit.json:5: kind: `click` is no kind",
        ]) {
            assert!(line.starts_with(words), "{line}");
        }
        let mixed = format!("{SIGN_IN}\n{{\"session\":\"a\",\"at\":1772409600}}\n");
        let error = read(mixed.as_bytes(), &mut BadRows::default(), &mut Progress::silent());
        assert!(error.expect_err("two kinds").to_string().contains("one by one"));
    }

    #[test]
    fn bad_records_are_told_with_their_line() {
        let text = format!(
            "{SIGN_IN}\nnonsense\n{{\"kind\":\"ended\",\"at\":1772409600.5,\"handle\":\"h\",\"reason\":\"bored\"}}\n{{\"kind\":\"sign-in\",\"handle\":\"h\"}}\n{ENDED}\n"
        );
        let (sessions, _, bad) = read_text(&text);
        assert_eq!(sessions.len(), 1);
        let lines: Vec<_> = bad.lines().collect();
        assert!(lines[0].starts_with("audit.json:2: record: "), "{bad}");
        assert!(lines[1].starts_with("audit.json:3: reason: `bored`"), "{bad}");
        assert!(lines[2].starts_with("audit.json:4: at: missing"), "{bad}");
        assert_eq!(lines.len(), 3);
    }
}
