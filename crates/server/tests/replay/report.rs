use serde_json::{Value, json};

use crate::{here, replay, text};

/// One hour: a pause of 12 minutes, one of 20, and a sign-out.
const DAY: &str = "session,at,application,roles,kind\n\
    a,2026-03-02T09:00:00Z,bank,clerk,sign-in\n\
    a,2026-03-02T09:12:00Z,,,\n\
    a,2026-03-02T09:14:00Z,,,\n\
    a,2026-03-02T09:34:00Z,,,\n\
    a,2026-03-02T09:35:00Z,,,sign-out\n";

fn report(arguments: &[&str], input: &str) -> Value {
    let output = replay(here(), &[&["-", "--json"], arguments].concat(), input, "C");
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn json_has_every_count() {
    let report = report(&["--idle", "10m", "--idle", "15m"], DAY);
    let minutes = |minutes: u64| minutes * 60_000;
    assert_eq!(report["sessions"], 1);
    let [strict, lax] = [&report["candidates"][0], &report["candidates"][1]];
    assert_eq!(strict["idle_ms"], minutes(10));
    let expected = json!({
        "sessions": 1, "ended_earlier": 1, "idle_ends": 2, "absolute_ends": 0, "interruptions": 1,
        "interrupted_sessions": 1, "cut_off": 0, "returns": 2, "never_ended": 0,
        "unattended": {
            "absences": 2, "total_ms": minutes(20), "median_ms": minutes(10), "ninetieth_ms": minutes(10),
            "longest_ms": minutes(10),
        },
    });
    assert_eq!(strict["all"], expected);
    assert_eq!(strict["applications"]["bank"], expected);
    assert_eq!(strict["roles"]["clerk"], expected);
    assert_eq!(
        lax["all"]["interruptions"], 1,
        "20 minutes away, five of them after the end"
    );
    assert_eq!(lax["all"]["unattended"]["total_ms"], minutes(27));
    assert_eq!(report["recorded"]["all"]["ended_earlier"], 0);
    assert_eq!(report["recorded"]["all"]["unattended"]["total_ms"], minutes(32));
    let sweep: Vec<_> = report["sweep"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|point| &point["idle_ms"])
        .collect();
    assert_eq!(sweep.len(), 12);
    assert!(sweep.contains(&&json!(minutes(1))) && sweep.contains(&&json!(minutes(240))));
}

/// A time of day as numbers since the epoch and as text: in each unit and with each offset it is the same recording.
#[test]
fn one_recording_counts_the_same_however_its_instants_are_written() {
    let whole = |unit: u32| move |seconds: i64| (i128::from(seconds) * 10_i128.pow(unit)).to_string();
    let offset = |seconds: i64| {
        let at = jiff::Timestamp::from_second(seconds).expect("an instant");
        at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(-7)))
            .strftime("%FT%T%:z")
            .to_string()
    };
    let mixed = move |seconds: i64| {
        if seconds % 120 == 0 {
            whole(3)(seconds)
        } else {
            offset(seconds)
        }
    };
    let fraction = |seconds: i64| format!("{seconds}.000");
    let ways: [&dyn Fn(i64) -> String; 7] = [&whole(0), &whole(3), &whole(6), &whole(9), &fraction, &offset, &mixed];
    let expected = report(&["--idle", "10m"], DAY);
    assert_eq!(expected["candidates"][0]["all"]["interruptions"], 1);
    for (place, way) in ways.into_iter().enumerate() {
        let mut told = String::new();
        for line in DAY.lines() {
            let at = line.split(',').nth(1).expect("a column");
            let written = at
                .parse::<jiff::Timestamp>()
                .map_or_else(|_| at.to_owned(), |at| way(at.as_second()));
            told.push_str(&line.replace(at, &written));
            told.push('\n');
        }
        assert_eq!(report(&["--idle", "10m"], &told), expected, "{place}: {told}");
    }
}

#[test]
fn an_audit_export_is_replayed_from_its_edges() {
    let audit = r#"{"records": [
        {"seq": 1, "at": "2026-03-02T09:00:00Z", "kind": "sign-in", "handle": "h", "subject": "ada"},
        {"seq": 2, "at": "2026-03-02T11:00:00Z", "kind": "ended", "handle": "h", "subject": "ada", "reason": "user",
         "last_activity": "2026-03-02T11:00:00Z", "longest_absence_ms": 1080000},
        {"seq": 3, "at": "2026-03-02T12:00:00Z", "kind": "sign-in", "handle": "i", "subject": "ada"}
    ], "next_after": null}"#;
    let report = report(&["--idle", "15m", "--idle", "30m"], audit);
    assert_eq!(report["input"]["precision"], "edges");
    assert_eq!(report["input"]["left_out"]["still_open"], 1);
    assert_eq!(report["candidates"][0]["all"]["interruptions"], 1, "18 minutes away");
    assert_eq!(report["candidates"][1]["all"]["interruptions"], 0);
}

#[test]
fn a_policy_file_is_a_candidate_and_another_is_todays() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, content: &str| std::fs::write(directory.path().join(name), content).expect("a file");
    write("day.csv", DAY);
    write("strict.toml", "idle = \"15m\"\nabsolute = \"4h\"\n");
    write(
        "latch.toml",
        "[policy]\nidle = \"30m\"\n[[policy.rules]]\nmatch = { path = \"/billing/**\" }\nidle = \"5m\"\n",
    );
    let arguments = ["day.csv", "--policy", "strict.toml", "--current", "latch.toml"];
    let output = replay(directory.path(), &arguments, "", "C");
    // Sentences are broken into lines.
    let told = text(&output.stdout).replace('\n', " ");
    assert!(output.status.success(), "{}", text(&output.stderr));
    for words in [
        "latch.toml: a recording does not show 1 of its rules, which match on pages",
        "strict.toml would have interrupted 1 of 1 session whose people were back within 5m.",
        "From latch.toml to strict.toml the time left unattended falls by 16 %, from 32m to 27m.",
    ] {
        assert!(told.contains(words), "{words:?} is missing: {told}");
    }
    write("strict.toml", "idel = \"15m\"\n");
    let output = replay(directory.path(), &arguments, "", "C");
    assert_eq!(output.status.code(), Some(78));
    assert!(
        text(&output.stderr)
            .contains("error: strict.toml:1:1: idel: `idel` is not a key of [policy]; did you mean `idle`?"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn bad_rows_stop_it_unless_they_are_to_be_skipped() {
    let rows = format!("{DAY}a,tomorrow,,,\n");
    let output = replay(here(), &["-", "--idle", "15m"], &rows, "C");
    assert_eq!(output.status.code(), Some(65));
    let told = text(&output.stderr);
    assert!(
        told.contains("standard input:7: at: `tomorrow` is no instant; write RFC 3339"),
        "{told}"
    );
    assert!(told.contains("--skip-bad-rows"), "{told}");
    let report = report(&["--idle", "15m", "--skip-bad-rows"], &rows);
    assert_eq!(
        (&report["sessions"], &report["input"]["skipped_rows"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn input_without_a_session_is_an_error_with_a_remedy() {
    for (input, remedy) in [
        ("", "session,at"),
        ("session,at\n", "a row for every sign"),
        ("time\n5\n", "no column `session`"),
        ("[]", "no session"),
    ] {
        let output = replay(here(), &["-", "--idle", "15m"], input, "C");
        assert_eq!(output.status.code(), Some(1), "{input:?}");
        assert!(
            text(&output.stderr).contains(remedy),
            "{input:?}: {}",
            text(&output.stderr)
        );
    }
    let output = replay(here(), &["-"], DAY, "C");
    assert_eq!(output.status.code(), Some(2), "without a candidate");
    assert!(text(&output.stderr).contains("--idle"), "{}", text(&output.stderr));
}

#[test]
fn the_report_fits_a_terminal_and_is_plain_where_it_must_be() {
    for (locale, arguments, plain) in [
        ("C", &[][..], true),
        ("C.UTF-8", &[], false),
        ("C.UTF-8", &["--ascii"], true),
    ] {
        let arguments = [&["-", "--idle", "10m", "--idle", "30m"], arguments].concat();
        let output = replay(here(), &arguments, DAY, locale);
        let told = text(&output.stdout);
        assert_eq!(told.is_ascii(), plain, "{locale}: {told}");
        assert!(!told.contains('\u{1b}'), "colour is for terminals alone");
        for line in told.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let (point, pointer) = if plain { ('O', '^') } else { ('●', '▲') };
        let (_, chart) = told.split_once("Sessions interrupted, ").expect("the chart");
        assert_eq!(chart.matches(point).count(), 4, "two candidates in two panels: {told}");
        assert!(
            told.contains(&format!("{pointer} 10m")) && told.contains(&format!("{pointer} 30m")),
            "{told}"
        );
    }
}

#[test]
fn the_picture_stands_alone_and_says_what_it_shows() {
    let directory = tempfile::tempdir().expect("a directory");
    let arguments = ["-", "--idle", "10m", "--policy", "<a> & b.toml", "--svg", "out.svg"];
    std::fs::write(directory.path().join("<a> & b.toml"), "idle = \"20m\"\n").expect("a file");
    let output = replay(directory.path(), &arguments, DAY, "C");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let picture = std::fs::read_to_string(directory.path().join("out.svg")).expect("the picture");
    for words in [
        "role=\"img\"",
        "aria-labelledby=\"title desc\"",
        "<title id=\"title\">",
        "10m would have interrupted 1 of 1 session",
        "prefers-color-scheme:dark",
        "&lt;a&gt; &amp; b.toml",
    ] {
        assert!(picture.contains(words), "{words:?} is missing: {picture}");
    }
    assert_eq!(picture.matches("<circle").count(), 4);
    let addresses = picture.matches("http").count();
    assert_eq!(addresses, 1, "the name of the format alone");
    assert!(!picture.contains("<script") && !picture.contains("<a>"));
}
