//! `nightlatch policy adopt`: the policy of a configuration becomes a revision of the server's, and the file says so.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use nightlatch_engine::clock::Clock;
use nightlatch_engine::{Engine, Options, PolicyChange, PolicyChanged, PolicySource};
use toml_edit::DocumentMut;

use crate::cli::database::NewDatabase;
use crate::config::{Config, PolicyOwner, StoreKind};

/// Hand the policy of a configuration over to the server
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  nightlatch policy adopt --config latch.toml

The policy becomes a revision in the store, `policy = \"server\"` takes its place in the file, and the file as it was is kept
beside it. Restart the server afterwards; until then the policy stays the same. From then on the policy is changed with
`nightlatch policy apply` or the API.")]
pub(crate) struct Args {
    /// The configuration file
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    database: NewDatabase,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = match crate::cli::read_config(&args.config) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    if config.policy_owner == PolicyOwner::Server {
        writeln!(std::io::stdout(), "The server owns the policy already.")?;
        return Ok(ExitCode::SUCCESS);
    }
    if config.store.kind == StoreKind::Memory {
        bail!("store.kind: a policy of the server has to outlive it; set store.kind = \"sqlite\" first");
    }
    let text =
        std::fs::read_to_string(&args.config).with_context(|| format!("{} cannot be read", args.config.display()))?;
    let handed_over = handed_over(&text)?;
    let revision = keep(&config, args).await?;
    let before = beside(&args.config, "before-adopt");
    std::fs::write(&before, &text).with_context(|| format!("{} cannot be written", before.display()))?;
    replace(&args.config, &handed_over)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "The policy is revision {revision} of the server's.")?;
    writeln!(
        out,
        "{} says policy = \"server\" now; as it was it is in {}.",
        args.config.display(),
        before.display()
    )?;
    writeln!(
        out,
        "Restart the server; then nightlatch policy apply changes the policy."
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Makes sure that the store's latest policy is the file's; answers its number.
async fn keep(config: &Config, args: &Args) -> anyhow::Result<u32> {
    let store = args.database.open(config, &args.config).await?;
    let clock = Clock::system(store.latest_instant().await?);
    let (policy, actor): (_, Box<str>) = (config.policy.clone(), format!("file:{}", args.config.display()).into());
    let source = PolicySource::Given {
        policy: policy.clone(),
        actor: actor.clone(),
    };
    let engine = Engine::open(store, clock, source, Options::default()).await?;
    // Also where the store had it once and has another now.
    let change = PolicyChange {
        policy,
        actor,
        reason: None,
        restored: None,
        expected: None,
    };
    match engine.change_policy(change).await? {
        PolicyChanged::InForce(revision) | PolicyChanged::Unchanged(revision) | PolicyChanged::Stale(revision) => {
            Ok(revision)
        }
    }
}

/// The file with the server as the owner in place of the policy; everything else is as it was.
fn handed_over(text: &str) -> anyhow::Result<String> {
    let mut document: DocumentMut = text.parse().context("the file cannot be edited")?;
    let comment = document
        .remove("policy")
        .and_then(|policy| policy.as_table()?.decor().prefix().cloned());
    document.insert("policy", toml_edit::value("server"));
    if let Some(comment) = comment
        && let Some(mut key) = document.key_mut("policy")
    {
        key.leaf_decor_mut().set_prefix(comment);
    }
    Ok(document.to_string())
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// In one step, so that nobody reads half a file.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    let next = beside(file, "next");
    let written = std::fs::write(&next, text)
        .and_then(|()| std::fs::set_permissions(&next, std::fs::metadata(file)?.permissions()))
        .and_then(|()| std::fs::rename(&next, file));
    written.with_context(|| format!("{} cannot be replaced", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_policy_stays_with_its_comments() {
        let before = "# ours\n[server]\n# where\nlisten = \"127.0.0.1:9\" # here\n\n# strict\n[policy]\nidle = \"5m\"\n\n\
            [[policy.rules]]\nmatch = { role = \"a\" }\nidle = \"1m\"\n\n[log]\nlevel = \"info\"\n";
        let after = handed_over(before).expect("TOML");
        for kept in [
            "# ours",
            "# where",
            "listen = \"127.0.0.1:9\" # here",
            "[log]\nlevel = \"info\"",
        ] {
            assert!(after.contains(kept), "{kept:?} is missing: {after}");
        }
        assert!(!after.contains("idle"), "{after}");
        let config = Config::parse(&after, "latch.toml", []).expect("a configuration");
        assert_eq!(config.policy_owner, PolicyOwner::Server);
    }

    #[test]
    fn a_file_of_a_policy_alone_can_be_handed_over() {
        let after = handed_over("[policy]\nidle = \"5m\"\n").expect("TOML");
        assert!(Config::parse(&after, "latch.toml", []).is_ok(), "{after}");
    }
}
