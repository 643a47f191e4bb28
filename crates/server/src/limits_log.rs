//! What the log says at start: for each application whether limits are active, and which. Rules, choices and open pages make
//! them stricter or longer for single sessions; `nightlatch explain` says how.

use std::collections::BTreeSet;

use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::{OnIdle, Policy};
use nightlatch_core::resolution::Policies;

use crate::config::Config;

/// One line for each application that the policy or a site names, and one for all others.
pub(crate) fn tell(config: &Config, policy: &Policy) {
    if config.development {
        tracing::warn!(
            "server.development: no limit ends or locks a session, and nobody is warned; for the machine of a developer alone"
        );
    }
    let of_policy = policy.applications.keys();
    let of_sites = config.sites.iter().filter_map(|site| site.application.as_ref());
    let named: BTreeSet<&str> = of_policy.chain(of_sites).map(AsRef::as_ref).collect();
    for application in named.into_iter().map(Some).chain([None]) {
        let facts = Facts {
            application: application.map(Box::from),
            ..Facts::default()
        };
        let policies = Policies {
            own: policy,
            today: policy,
        };
        let (idle, absolute) = (policies.idle(&facts, None, None), policies.absolute(&facts));
        let active = idle.limit != Limit::OFF || absolute.limit != Limit::OFF;
        tracing::info!(
            application = application.unwrap_or("(any other)"),
            active,
            idle = %idle.limit,
            absolute = %absolute.limit,
            on_idle = match idle.outcome {
                OnIdle::SignOut => "sign-out",
                OnIdle::Lock => "lock",
            },
            warn_before = %policy.warn_before,
            rules = policy.rules.len(),
            "limits of sessions"
        );
        if !active && !config.development {
            tracing::warn!(
                application = application.unwrap_or("(any other)"),
                "no limit ends these sessions, however long nobody is there"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    /// What is logged, without colours and times.
    fn told(text: &str) -> Vec<String> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let config = Config::parse(text, "latch.toml", []).expect("valid");
        let policy = if config.development {
            config.policy.clone().for_development()
        } else {
            config.policy.clone()
        };
        let to = Arc::clone(&written);
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .with_writer(move || Shared(Arc::clone(&to)))
            .finish();
        tracing::subscriber::with_default(subscriber, || tell(&config, &policy));
        let written = written.lock().expect("no writer panics");
        let text = String::from_utf8_lossy(&written);
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A configuration, and for each line of the log, in order, words that it has.
    const TOLD: &[(&str, &[&[&str]])] = &[
        (
            "",
            &[&[
                "INFO",
                "\"(any other)\"",
                "active=true",
                "idle=30m",
                "absolute=8h",
                "\"sign-out\"",
                "warn_before=1m",
                "rules=0",
            ]],
        ),
        (
            "[policy]\nidle = \"20m\"\non_idle = \"lock\"\n[policy.applications.wiki]\nidle = \"1h\"\non_idle = \"sign-out\"\n\
             [policy.applications.bank]\nabsolute = \"2h\"",
            &[
                &["\"bank\"", "active=true", "idle=20m", "absolute=2h", "\"lock\""],
                &["\"wiki\"", "active=true", "idle=1h", "absolute=8h", "\"sign-out\""],
                &["\"(any other)\"", "active=true", "idle=20m", "absolute=8h", "\"lock\""],
            ],
        ),
        (
            "[policy]\nidle = \"off\"\nabsolute = \"off\"\n[policy.applications.bank]\nidle = \"15m\"",
            &[
                &["INFO", "\"bank\"", "active=true", "idle=15m", "absolute=off"],
                &["INFO", "\"(any other)\"", "active=false", "idle=off", "absolute=off"],
                &["WARN", "no limit ends these sessions", "\"(any other)\""],
            ],
        ),
        (
            "[policy]\n[policy.applications.wiki]\nidle = \"off\"\nabsolute = \"off\"",
            &[
                &["INFO", "\"wiki\"", "active=false", "idle=off", "absolute=off"],
                &["WARN", "no limit ends these sessions", "\"wiki\""],
                &["INFO", "\"(any other)\"", "active=true", "idle=30m"],
            ],
        ),
        (
            "[policy]\nidle = \"off\"",
            &[&["INFO", "active=true", "idle=off", "absolute=8h"]],
        ),
        (
            "[policy]\n[policy.applications.bank]\n[policy.applications.wiki]\n\
             [[policy.rules]]\nmatch = { application = \"bank\" }\nidle = \"5m\"\non_idle = \"lock\"\nabsolute = \"1h\"\n\
             [[policy.rules]]\nmatch = { application = \"wiki\" }\nidle = \"2h\"\nlengthens = true\n\
             [[policy.rules]]\nmatch = { role = \"admin\" }\nidle = \"2m\"",
            &[
                &["\"bank\"", "idle=5m", "absolute=1h", "\"lock\"", "rules=3"],
                &["\"wiki\"", "idle=2h", "absolute=8h", "\"sign-out\"", "rules=3"],
                &["\"(any other)\"", "idle=30m", "absolute=8h", "rules=3"],
            ],
        ),
        (
            "[[sites]]\nhost = \"localhost\"\napplication = \"shop\"",
            &[
                &["\"shop\"", "active=true", "idle=30m"],
                &["\"(any other)\"", "active=true"],
            ],
        ),
        (
            "[server]\ndevelopment = true\n[policy]\nidle = \"10m\"\n[policy.applications.bank]\nidle = \"5m\"\n\
             [[policy.rules]]\nidle = \"2m\"",
            &[
                &["WARN", "server.development: no limit ends or locks a session"],
                &["INFO", "\"bank\"", "active=false", "idle=off", "absolute=off"],
                &["INFO", "\"(any other)\"", "active=false", "idle=off", "absolute=off"],
            ],
        ),
    ];

    #[test]
    fn each_application_is_told_with_its_limits() {
        for (text, expected) in TOLD {
            let lines = told(text);
            assert_eq!(lines.len(), expected.len(), "{text}: {lines:#?}");
            for (line, words) in lines.iter().zip(*expected) {
                for word in *words {
                    assert!(line.contains(word), "{word} is missing: {line}");
                }
            }
        }
    }
}
