//! What came of the cases, as a table or as JSON.

use std::io::Write as _;

use serde_json::json;

use super::super::super::table::{Cell, Tone, write_table};
use super::Args;
use super::case::Tried;
use super::outcome::Outcome;

pub(super) fn print(args: &Args, has_echo: bool, tried: &[Tried]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if args.json {
        let cases: Vec<_> = tried.iter().map(as_json).collect();
        let answer = json!({
            "gateway": format!("http://{}", args.gateway.authority),
            "echo": has_echo,
            "passed": count(tried, "passed"),
            "failed": count(tried, "failed"),
            "skipped": count(tried, "skipped"),
            "cases": cases,
        });
        writeln!(out, "{answer:#}")?;
        return Ok(());
    }
    let rows: Vec<_> = tried.iter().map(row).collect();
    write_table(&mut out, ["CASE", "", "WHAT MUST HOLD"], &rows, args.colour)?;
    writeln!(
        out,
        "{} passed, {} failed, {} skipped",
        count(tried, "passed"),
        count(tried, "failed"),
        count(tried, "skipped")
    )?;
    Ok(())
}

fn row(tried: &Tried) -> [Cell; 3] {
    let (word, detail) = told(tried);
    let tone = match word {
        "passed" => Tone::Plain,
        "skipped" => Tone::Quiet,
        _ => Tone::Alarm,
    };
    let holds = match &*detail {
        "" => tried.case.holds.to_owned(),
        detail => format!("{}: {detail}", tried.case.holds),
    };
    [
        Cell::new(tried.case.name),
        Cell::new(word).toned(tone),
        Cell::new(holds).toned(tone),
    ]
}

fn told(tried: &Tried) -> (&'static str, String) {
    match &tried.outcome {
        Ok(Outcome::Passed) => ("passed", String::new()),
        Ok(Outcome::Looked(what)) => ("passed", what.clone()),
        Ok(Outcome::Skipped(why)) => ("skipped", (*why).to_owned()),
        Err(error) => ("failed", format!("{error:#}")),
    }
}

fn count(tried: &[Tried], word: &str) -> usize {
    tried.iter().filter(|one| told(one).0 == word).count()
}

fn as_json(tried: &Tried) -> serde_json::Value {
    let (outcome, detail) = told(tried);
    json!({ "case": tried.case.name, "holds": tried.case.holds, "outcome": outcome, "detail": detail })
}
