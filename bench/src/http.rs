//! What nightlatch adds to the cost of an HTTP request: `GET session` of the real server against a handler that answers
//! the same bytes and keeps no sessions.

mod answer;
pub(crate) mod baseline;
mod load;
mod nginx;
mod population;
mod question;
mod sample;
mod servers;

use std::time::Duration;

use self::load::{Load, Measured, Outside, Requests};
use self::question::Question;
use self::sample::Sample;
use self::servers::Server;
use crate::processes::{self, Pinned, Programs};
use crate::report::{self, Table, float, median, micros, millis, per_mille, say};

const SERVER_CPU: usize = 0;
const LOAD_CPU: usize = 1;
const WARM_UP: Duration = Duration::from_secs(2);
const GOAL_RATIO: f64 = 1.15;
/// Of the answer to a proxy, over a handler that sets the same headers.
const GOAL_GATEWAY: f64 = 1.08;
/// With the same processor time at least 0.85 of what nginx and that handler get done.
const GOAL_BEHIND_NGINX: f64 = 1.18;
/// Path and bytes of what is passed on, and the goal: 0.7 of what nginx gets done with the same processor time, and 0.9
/// where bodies are all the work.
const PAGES: [(&str, usize, f64); 3] = [
    ("/small", 1 << 10, 1.43),
    ("/large", 1 << 20, 1.11),
    ("/huge", 64 << 20, 1.11),
];
/// In MiB for each connection: how full its buffers were may differ by chance, bodies are not to be kept.
const GOAL_GROWTH: f64 = 0.5;
/// Of one CPU. Above this the run should be repeated.
const QUIET: f64 = 0.10;

#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    /// Live sessions; each request carries the next one's cookie
    #[arg(long, default_value_t = 100_000)]
    sessions: usize,
    /// Each round measures the baseline, then the product
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long one server is measured in one round
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Keep-alive connections
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Requests per write, one run for each; with 16 the server is the bottleneck
    #[arg(long, value_delimiter = ',', default_value = "1,16")]
    pipeline: Vec<usize>,
}

/// One server in one round.
#[derive(Debug)]
struct Round {
    measured: Measured,
    /// Of the server, per answered request.
    cpu: Duration,
    /// What others used of the machine, as a share of one CPU.
    foreign: f64,
}

pub(crate) fn run(args: &Args, programs: &Programs) -> anyhow::Result<()> {
    report::heading(format_args!(
        "http: GET session, {} sessions, {} connections",
        args.sessions, args.connections
    ));
    let _pinned = Pinned::to(LOAD_CPU)?;
    let outside = Outside::new()?;
    let product = servers::product(&programs.product())?;
    let tokens = population::sign_in(&product, args.sessions)?;
    let sample = sample::take(product.server.address, Question::Session, &tokens[0])?;
    let baseline = servers::baseline(&programs.bench(), &sample)?;
    let requests = Requests::new(Question::Session, &tokens);
    for pipeline in &args.pipeline {
        let load = Load {
            connections: args.connections,
            pipeline: *pipeline,
        };
        compare(
            args,
            &outside,
            load,
            &requests,
            [&baseline, &product.server],
            GOAL_RATIO,
        )?;
    }
    Ok(())
}

/// The question of a proxy, alone and behind nginx.
pub(crate) fn run_gateway(args: &Args, programs: &Programs) -> anyhow::Result<()> {
    report::heading(format_args!(
        "gateway: may this pass, {} sessions, {} connections",
        args.sessions, args.connections
    ));
    let _pinned = Pinned::to(LOAD_CPU)?;
    let outside = Outside::new()?;
    let product = servers::product(&programs.product())?;
    let tokens = population::sign_in(&product, args.sessions)?;
    let sample = sample::take(product.server.address, Question::MayPass, &tokens[0])?;
    let baseline = servers::baseline(&programs.bench(), &sample)?;
    let load = Load {
        connections: args.connections,
        pipeline: 1,
    };
    let requests = Requests::new(Question::MayPass, &tokens);
    compare(
        args,
        &outside,
        load,
        &requests,
        [&baseline, &product.server],
        GOAL_GATEWAY,
    )?;
    say("\nBehind nginx:");
    let requests = Requests::new(Question::Page("/page"), &tokens);
    let asking_baseline = nginx::asking("nginx + baseline", baseline)?;
    let asking_product = nginx::asking("nginx + nightlatch", product.server)?;
    compare(
        args,
        &outside,
        load,
        &requests,
        [&asking_baseline, &asking_product],
        GOAL_BEHIND_NGINX,
    )
}

/// The proxy in front of an application, against nginx that only passes requests on.
pub(crate) fn run_proxy(args: &Args, programs: &Programs) -> anyhow::Result<()> {
    report::heading(format_args!(
        "proxy: pages of an application, {} sessions, {} connections",
        args.sessions, args.connections
    ));
    let _pinned = Pinned::to(LOAD_CPU)?;
    let outside = Outside::new()?;
    let upstream = outside.serve(baseline::router(PAGES.map(page))?)?;
    let nginx = nginx::passing("nginx", upstream)?;
    let product = servers::proxy(&programs.product(), upstream)?;
    let tokens = population::sign_in(&product, args.sessions)?;
    let load = Load {
        connections: args.connections,
        pipeline: 1,
    };
    let mut peaks = Vec::new();
    for (path, bytes, goal) in PAGES {
        say(format_args!("\nBodies of {bytes} bytes:"));
        let requests = Requests::new(Question::Page(path), &tokens);
        compare(args, &outside, load, &requests, [&nginx, &product.server], goal)?;
        let peak = report::mebibytes(product.server.peak_bytes()?);
        say(format_args!("- the most memory so far: {peak:.1} MiB"));
        peaks.push(peak);
    }
    if let [.., large, huge] = peaks[..] {
        report::goal(
            "more memory for bodies that are 64 times as large, per connection",
            (huge - large) / float(args.connections),
            GOAL_GROWTH,
            " MiB",
        );
    }
    Ok(())
}

fn page((path, bytes, _): (&'static str, usize, f64)) -> Sample {
    Sample {
        path: path.to_owned(),
        headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
        body: "x".repeat(bytes),
    }
}

fn compare(
    args: &Args,
    outside: &Outside,
    load: Load,
    requests: &Requests,
    [baseline, product]: [&Server; 2],
    goal: f64,
) -> anyhow::Result<()> {
    say(format_args!(
        "\n{} requests per write, {} rounds of {} s:\n",
        load.pipeline, args.rounds, args.seconds
    ));
    for server in [baseline, product] {
        load.run(outside, server.address, requests, WARM_UP)?;
    }
    let table = Table::new(&[
        "server",
        "round",
        "requests/s",
        "server CPU us/request",
        "CPU ratio",
        "throughput ratio",
        "p50 ms",
        "p99 ms",
        "refused",
        "foreign CPU",
    ]);
    let (mut cpu_ratios, mut rates, mut foreign) = (Vec::new(), Vec::new(), 0.0_f64);
    for round in 1..=args.rounds {
        let without = measure(baseline, outside, load, requests, args.seconds)?;
        let with = measure(product, outside, load, requests, args.seconds)?;
        for (server, sample) in [(baseline, &without), (product, &with)] {
            let (cpu, rate) = (sample.cpu.div_duration_f64(without.cpu), sample.rate() / without.rate());
            row(&table, server.name, round, sample, cpu, rate);
        }
        cpu_ratios.push(with.cpu.div_duration_f64(without.cpu));
        rates.push(with.rate() / without.rate());
        foreign = foreign.max(without.foreign).max(with.foreign);
    }
    say("");
    let (what, ratio) = ("server CPU per request, product / baseline, median", median(cpu_ratios));
    if load.pipeline == 1 {
        report::goal(what, ratio, goal, "");
    } else {
        say(format_args!("- {what}: {ratio:.2}"));
    }
    say(format_args!(
        "- throughput, product / baseline, median: {:.2}",
        median(rates)
    ));
    if foreign > QUIET {
        say(format_args!(
            "- other programs used up to {:.0} % of a CPU: repeat on a quiet machine",
            foreign * 100.0
        ));
    }
    Ok(())
}

fn row(table: &Table, server: &str, round: usize, sample: &Round, cpu_ratio: f64, throughput_ratio: f64) {
    let latencies = &sample.measured.latencies;
    table.row([
        server.to_owned(),
        round.to_string(),
        format!("{:.0}", sample.rate()),
        format!("{:.2}", micros(sample.cpu)),
        format!("{cpu_ratio:.3}"),
        format!("{throughput_ratio:.3}"),
        format!("{:.2}", millis(per_mille(latencies, 500))),
        format!("{:.2}", millis(per_mille(latencies, 990))),
        sample.measured.refused.to_string(),
        format!("{:.0} %", sample.foreign * 100.0),
    ]);
}

fn measure(server: &Server, outside: &Outside, load: Load, requests: &Requests, seconds: u64) -> anyhow::Result<Round> {
    let used = || {
        anyhow::Ok((
            server.cpu_time()?,
            processes::own_cpu_time()?,
            processes::machine_cpu_time()?,
        ))
    };
    let before = used()?;
    let measured = load.run(outside, server.address, requests, Duration::from_secs(seconds))?;
    let after = used()?;
    let (server, load) = (after.0 - before.0, after.1 - before.1);
    let foreign = (after.2 - before.2)
        .saturating_sub(server + load)
        .div_duration_f64(measured.took);
    Ok(Round {
        cpu: server.div_f64(float(measured.answered()).max(1.0)),
        foreign,
        measured,
    })
}

impl Round {
    fn rate(&self) -> f64 {
        float(self.measured.answered()) / self.measured.took.as_secs_f64()
    }
}
