//! The presets once more: what they fill in, and what they let pass.

use super::Ms;
use super::duration::{OFF, limit};
use super::policy::{Match, Outcome, Policy, Rule};
use serde_json::{Map, Value, json};

/// What a preset fills in, and the most it takes of everyone.
struct Preset {
    name: &'static str,
    /// `idle`, `absolute`, `warn_before` and `on_idle` where they are left out.
    start: [&'static str; 4],
    /// `idle` and `absolute` at most.
    most: [Option<&'static str>; 2],
    may_lock: bool,
}

const fn preset(
    name: &'static str,
    start: [&'static str; 4],
    most: [Option<&'static str>; 2],
    may_lock: bool,
) -> Preset {
    Preset {
        name,
        start,
        most,
        may_lock,
    }
}

/// What `cis-m365-unmanaged` asks for it asks for of unmanaged devices.
const TABLE: &[Preset] = &[
    preset("nist-aal1", ["7d", "30d", "60s", "sign-out"], [None, Some("30d")], true),
    preset(
        "nist-aal2",
        ["1h", "24h", "120s", "lock"],
        [Some("1h"), Some("24h")],
        true,
    ),
    preset(
        "nist-aal3",
        ["15m", "12h", "120s", "sign-out"],
        [Some("15m"), Some("12h")],
        false,
    ),
    preset(
        "fedramp-moderate",
        ["15m", "12h", "120s", "lock"],
        [Some("15m"), Some("12h")],
        true,
    ),
    preset(
        "fedramp-high",
        ["15m", "12h", "120s", "sign-out"],
        [Some("15m"), Some("12h")],
        false,
    ),
    preset(
        "stig-asd",
        ["15m", "12h", "120s", "sign-out"],
        [Some("15m"), Some("12h")],
        false,
    ),
    preset(
        "pci-dss",
        ["15m", "12h", "120s", "lock"],
        [Some("15m"), Some("12h")],
        true,
    ),
    preset(
        "psd2",
        ["5m", "60m", "60s", "sign-out"],
        [Some("5m"), Some("60m")],
        false,
    ),
    preset("hipaa", ["10m", "12h", "60s", "lock"], [Some("10m"), Some("12h")], true),
    preset(
        "owasp-high",
        ["5m", "4h", "60s", "sign-out"],
        [Some("5m"), Some("4h")],
        false,
    ),
    preset(
        "owasp-low",
        ["30m", "8h", "60s", "sign-out"],
        [Some("30m"), Some("8h")],
        false,
    ),
    preset(
        "cis-m365-unmanaged",
        ["3h", "24h", "120s", "sign-out"],
        [None, None],
        true,
    ),
    preset(
        "shared-device",
        ["2m", "30m", "30s", "sign-out"],
        [Some("2m"), Some("30m")],
        false,
    ),
    preset(
        "saas",
        ["60m", "24h", "60s", "sign-out"],
        [Some("60m"), Some("24h")],
        false,
    ),
    preset(
        "consumer",
        ["3d", "30d", "60s", "sign-out"],
        [Some("3d"), Some("30d")],
        false,
    ),
];

fn of_name(name: &str) -> Result<&'static Preset, String> {
    let preset = TABLE.iter().find(|preset| preset.name == name);
    preset.ok_or_else(|| format!("no preset {name:?}"))
}

/// The document with what the preset fills in.
pub(crate) fn filled(written: &Map<String, Value>, preset: &str) -> Result<Map<String, Value>, String> {
    let [idle, absolute, warn_before, on_idle] = of_name(preset)?.start;
    let mut document = json!({ "idle": idle, "absolute": absolute, "warn_before": warn_before, "on_idle": on_idle });
    let admin = json!({ "role": "admin" });
    let ten_minutes = json!({ "match": admin, "idle": "10m" });
    match preset {
        "fedramp-moderate" | "stig-asd" => document["rules"] = json!([ten_minutes]),
        "fedramp-high" => {
            document["max_sessions"] = json!(2);
            document["rules"] = json!([ten_minutes, { "match": admin, "max_sessions": 3, "lengthens": true }]);
        }
        _ => {}
    }
    let mut document = document.as_object().cloned().unwrap_or_default();
    document.extend(written.clone());
    Ok(document)
}

#[derive(Clone, Copy)]
enum Key {
    Idle,
    Absolute,
    Sessions,
}

/// What lets a policy with a preset pass, or does not.
pub(crate) fn keeps_to(policy: &Policy, preset: &str) -> Result<(), String> {
    if preset == "hipaa" && policy.justification.is_none() {
        return Err("no justification".to_owned());
    }
    if policy.deviation.is_some() {
        return Ok(());
    }
    let Preset {
        most: [idle, absolute],
        may_lock,
        ..
    } = of_name(preset)?;
    let most = |text: &str| limit(&json!(text));
    if let Some(idle) = idle {
        everyone_within(policy, Key::Idle, most(idle)?, None)?;
    }
    if let Some(absolute) = absolute {
        everyone_within(policy, Key::Absolute, most(absolute)?, None)?;
    }
    if !may_lock {
        no_lock(policy, |_| true)?;
    }
    let is_admin = |applies: &Match| is_only(applies.role.as_ref(), "admin");
    let all_admins = |applies: &Match| {
        let roles = applies.role.as_ref();
        applies.application.is_none()
            && applies.device.is_none()
            && applies.path.is_none()
            && roles.is_none_or(|roles| roles.contains(&"admin".to_owned()))
    };
    match preset {
        "fedramp-moderate" | "stig-asd" | "fedramp-high" => {
            within(policy, Key::Idle, most("10m")?, all_admins, |_| true)?;
        }
        _ => {}
    }
    if preset == "fedramp-high" {
        within(policy, Key::Sessions, 3, all_admins, |_| true)?;
        everyone_within(policy, Key::Sessions, 2, Some((3, &is_admin)))?;
    }
    if preset == "cis-m365-unmanaged" {
        let all_unmanaged = |applies: &Match| {
            applies.application.is_none()
                && applies.role.is_none()
                && applies.path.is_none()
                && may_be_unmanaged(applies)
        };
        within(policy, Key::Idle, most("3h")?, all_unmanaged, may_be_unmanaged)?;
        within(policy, Key::Absolute, most("24h")?, all_unmanaged, may_be_unmanaged)?;
        no_lock(policy, may_be_unmanaged)?;
    }
    Ok(())
}

fn may_be_unmanaged(applies: &Match) -> bool {
    let devices = applies.device.as_ref();
    devices.is_none_or(|devices| devices.contains(&"unmanaged".to_owned()))
}

fn is_only(names: Option<&Vec<String>>, name: &str) -> bool {
    names.is_some_and(|names| names.iter().all(|one| one == name))
}

/// A larger limit for some, and who they are.
type Except<'a> = Option<(Ms, &'a dyn Fn(&Match) -> bool)>;

fn everyone_within(policy: &Policy, key: Key, most: Ms, except: Except<'_>) -> Result<(), String> {
    let all = |applies: &Match| {
        applies.application.is_none() && applies.device.is_none() && applies.role.is_none() && applies.path.is_none()
    };
    let counts = |value: Ms, applies: &Match| !except.is_some_and(|(most, who)| value <= most && who(applies));
    check(policy, key, most, all, counts)
}

fn within(
    policy: &Policy,
    key: Key,
    most: Ms,
    reaches_all: impl Fn(&Match) -> bool,
    concerns: impl Fn(&Match) -> bool,
) -> Result<(), String> {
    check(policy, key, most, reaches_all, |_, applies| concerns(applies))
}

/// No value is above the most, unless something brings it down for all it concerns, or says why not.
fn check(
    policy: &Policy,
    key: Key,
    most: Ms,
    reaches_all: impl Fn(&Match) -> bool,
    counts: impl Fn(Ms, &Match) -> bool,
) -> Result<(), String> {
    let tightening: Vec<(Ms, bool)> = policy
        .rules
        .iter()
        .filter(|rule| !rule.lengthens && reaches_all(&rule.applies))
        .filter_map(|rule| Some((of_rule(rule, key)?, rule.deviation.is_some())))
        .collect();
    let cap = match key {
        Key::Idle => policy.idle_cap,
        Key::Absolute => policy.absolute_cap,
        Key::Sessions => OFF,
    };
    if cap <= most || tightening.iter().any(|(value, _)| *value <= most) {
        return Ok(());
    }
    let explained = tightening
        .iter()
        .filter(|(_, deviates)| *deviates)
        .map(|(value, _)| *value)
        .min();
    let too_much = |value: Ms| value > most && explained.is_none_or(|explained| value < explained);
    let whole = match key {
        Key::Idle => policy.idle,
        Key::Absolute => policy.absolute,
        Key::Sessions => policy.max_sessions,
    };
    let mut all = vec![whole];
    if matches!(key, Key::Idle) {
        all.extend(&policy.offers);
    }
    for application in policy
        .applications
        .values()
        .filter(|application| application.deviation.is_none())
    {
        all.extend(match key {
            Key::Idle => application.idle,
            Key::Absolute => application.absolute,
            Key::Sessions => application.max_sessions,
        });
    }
    for rule in policy
        .rules
        .iter()
        .filter(|rule| rule.lengthens && rule.deviation.is_none())
    {
        all.extend(of_rule(rule, key).filter(|value| counts(*value, &rule.applies)));
    }
    match all.into_iter().find(|value| too_much(*value)) {
        Some(value) => Err(format!("{value} is above the ceiling {most}")),
        None => Ok(()),
    }
}

fn of_rule(rule: &Rule, key: Key) -> Option<Ms> {
    match key {
        Key::Idle => rule.idle,
        Key::Absolute => rule.absolute,
        Key::Sessions => rule.max_sessions,
    }
}

fn no_lock(policy: &Policy, concerns: impl Fn(&Match) -> bool) -> Result<(), String> {
    let lock = Some(Outcome::Lock);
    let applications = policy.applications.values();
    let rules = policy.rules.iter().filter(|rule| concerns(&rule.applies));
    if policy.on_idle == Outcome::Lock
        || applications
            .into_iter()
            .any(|application| application.on_idle == lock && application.deviation.is_none())
        || rules
            .into_iter()
            .any(|rule| rule.on_idle == lock && rule.deviation.is_none())
    {
        return Err("a lock does not do".to_owned());
    }
    Ok(())
}
