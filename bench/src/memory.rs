//! What a live session weighs in the engine, whatever the store keeps besides.

use std::sync::Arc;

use anyhow::Context as _;
use clap::ValueEnum as _;
use nightlatch_bench::null_store::NullStore;
use nightlatch_bench::population::{Use, empty_engine, sign_all_in};

use crate::processes::{self, Programs};
use crate::report::{self, Table, say};

const GOAL_BYTES: f64 = 300.0;

#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    /// How many sessions are weighed; each number in a process of its own
    #[arg(long, value_delimiter = ',', default_value = "100000,1000000")]
    sessions: Vec<usize>,
}

/// Weighs in a process of its own, where nothing was freed before.
#[derive(Debug, clap::Args)]
pub(crate) struct Resident {
    sessions: usize,
    #[arg(long)]
    after: Use,
}

pub(crate) fn run(args: &Args, programs: &Programs) -> anyhow::Result<()> {
    report::heading("memory: one live session, above the empty engine");
    let table = Table::new(&["sessions", "resident bytes", "bytes asked of the allocator", "blocks"]);
    let mut heaviest = 0.0_f64;
    let all = args.sessions.iter();
    for (sessions, after) in all.flat_map(|sessions| Use::value_variants().iter().map(move |after| (sessions, *after)))
    {
        let word = after.to_possible_value().context("every use has a word")?;
        let number = sessions.to_string();
        let arguments = |what| [what, number.as_str(), "--after", word.get_name()];
        let resident = processes::ask(&programs.bench(), &arguments("resident"))?;
        let counted = processes::ask(&programs.counted(), &arguments("bytes"))?;
        let resident = resident.as_f64().context("no number of resident bytes")?;
        let of = |key: &str| counted[key].as_f64().context("bench-counted left something out");
        table.row([
            format!("{number}, {}", after.name()),
            format!("{resident:.0}"),
            format!("{:.0}", of("bytes")?),
            format!("{:.2}", of("blocks")?),
        ]);
        if after != Use::Tab {
            heaviest = heaviest.max(resident);
        }
    }
    say("");
    report::goal("resident bytes per session without tabs", heaviest, GOAL_BYTES, "");
    Ok(())
}

pub(crate) fn resident(args: &Resident) -> anyhow::Result<()> {
    let engine = empty_engine(Arc::new(NullStore))?;
    let before = processes::resident_bytes()?;
    sign_all_in(&engine, args.sessions, args.after)?;
    let added = processes::resident_bytes()?.saturating_sub(before);
    let added = usize::try_from(added).context("more memory than there can be")?;
    serde_json::to_writer(
        std::io::stdout(),
        &(report::float(added) / report::float(args.sessions.max(1))),
    )?;
    // The engine was alive while it was weighed.
    drop(engine);
    Ok(())
}
