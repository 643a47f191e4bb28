//! The demo's configuration, with the limits somebody wishes for.

use std::num::NonZeroU32;

use nightlatch_core::duration::Limit;
use nightlatch_core::policy::{OnIdle, Policy, PolicyDocument};
use nightlatch_core::time::Span;

use crate::config::{Config, ConfigError};

const TEXT: &str = include_str!("demo.toml");
const SOURCE: &str = "the demo's policy";

/// Limits in place of the demo's own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) idle: Option<Span>,
    pub(crate) absolute: Option<Limit>,
    pub(crate) warn_before: Option<Span>,
    pub(crate) on_idle: Option<OnIdle>,
    pub(crate) max_sessions: Option<NonZeroU32>,
}

/// The configuration. What is not wished for keeps its proportion to the idle limit, so that another idle limit alone
/// makes a demo that is just as easy to follow.
pub(crate) fn config(wished: Limits) -> Result<Config, Vec<ConfigError>> {
    let mut config = Config::parse(TEXT, SOURCE, [])?;
    let mut policy = PolicyDocument::clone(&config.policy);
    if let (Some(idle), Some(usual)) = (wished.idle, policy.idle.span()) {
        scale(&mut policy, |span| in_proportion(span, idle, usual));
    }
    policy.absolute = wished.absolute.unwrap_or(policy.absolute);
    policy.warn_before = wished.warn_before.unwrap_or(policy.warn_before);
    policy.on_idle = wished.on_idle.unwrap_or(policy.on_idle);
    policy.max_sessions = wished.max_sessions.or(policy.max_sessions);
    config.policy = Policy::new(policy).map_err(|violations| {
        let error = |violation: nightlatch_core::policy::Violation| ConfigError {
            source: SOURCE.to_owned(),
            position: None,
            message: format!("{}; {}", violation.problem, violation.remedy),
            key: Some(violation.key),
        };
        violations.into_iter().map(error).collect::<Vec<_>>()
    })?;
    Ok(config)
}

fn scale(policy: &mut PolicyDocument, scaled: impl Fn(Span) -> Span) {
    let scale_limit = |limit: &mut Limit| *limit = limit.span().map_or(Limit::OFF, |span| Limit::after(scaled(span)));
    scale_limit(&mut policy.idle);
    scale_limit(&mut policy.absolute);
    policy.warn_before = scaled(policy.warn_before);
    policy
        .choice
        .iter_mut()
        .flat_map(|choice| &mut choice.allow)
        .for_each(scale_limit);
    policy
        .rules
        .iter_mut()
        .filter_map(|rule| rule.idle.as_mut())
        .for_each(scale_limit);
    policy
        .gates
        .iter_mut()
        .filter_map(|gate| gate.max_away.as_mut())
        .for_each(|max_away| *max_away = scaled(*max_away));
}

/// Whole seconds where that makes little difference.
fn in_proportion(span: Span, idle: Span, usual: Span) -> Span {
    let millis = u128::from(span.as_millis()) * u128::from(idle.as_millis()) / u128::from(usual.as_millis().max(1));
    let millis = u64::try_from(millis).unwrap_or(u64::MAX);
    Span::from_millis(if millis < 2000 { millis } else { millis / 1000 * 1000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Limit {
        Limit::after(Span::from_secs(seconds))
    }

    #[test]
    fn the_usual_limits_fit_into_two_minutes() {
        let policy = config(Limits::default()).expect("valid").policy;
        assert_eq!((policy.idle, policy.absolute), (seconds(45), seconds(300)));
        assert_eq!(
            (policy.warn_before, policy.rules[0].idle),
            (Span::from_secs(20), Some(seconds(30)))
        );
    }

    #[test]
    fn another_idle_limit_keeps_the_proportions() {
        let wished = Limits {
            idle: Some(Span::from_secs(9)),
            ..Limits::default()
        };
        let policy = config(wished).expect("valid").policy;
        assert_eq!(
            (policy.idle, policy.absolute, policy.warn_before),
            (seconds(9), seconds(60), Span::from_secs(4))
        );
        assert_eq!(
            (policy.rules[0].idle, policy.gates[0].max_away),
            (Some(seconds(6)), Some(Span::from_secs(6)))
        );
    }

    #[test]
    fn every_idle_limit_above_nothing_is_valid_by_itself() {
        for millis in (3..20_000).step_by(7).chain([3_600_000, 2_592_000_000]) {
            let wished = Limits {
                idle: Some(Span::from_millis(millis)),
                ..Limits::default()
            };
            assert!(config(wished).is_ok(), "{millis} ms: {:?}", config(wished).err());
        }
    }

    #[test]
    fn wishes_that_contradict_each_other_are_refused() {
        let wished = Limits {
            warn_before: Some(Span::from_secs(50)),
            ..Limits::default()
        };
        let errors = config(wished).expect_err("longer than the idle limit");
        assert!(
            errors
                .iter()
                .any(|error| error.to_string().contains("warn_before (50s)")),
            "{errors:?}"
        );
    }
}
