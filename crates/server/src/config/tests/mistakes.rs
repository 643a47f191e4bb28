//! Mistakes that people make, and what they are told. Each is one of a kind.

use super::errors;

/// A file, the beginning of what is told, and words of the remedy.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    // Durations.
    (
        "[policy]\nidle = 30",
        "latch.toml:2:8: policy.idle: ",
        &["`idle = \"30m\"`"],
    ),
    (
        "[policy]\nidle = \"30\"",
        "latch.toml:2:8: policy.idle: ",
        &["`idle = \"30m\"`"],
    ),
    (
        "[policy]\nidle = 0",
        "latch.toml:2:8: policy.idle: ",
        &["`idle = \"30m\"`"],
    ),
    (
        "[policy]\nidle = \"0\"",
        "latch.toml:2:8: policy.idle: ",
        &["`idle = \"30m\"`"],
    ),
    (
        "[policy]\nidle = -1",
        "latch.toml:2:8: policy.idle: ",
        &["`idle = \"30m\"`"],
    ),
    (
        "[policy]\nidle = \"30 minutes\"",
        "latch.toml:2:8: ",
        &["`idle = \"30m\"`"],
    ),
    ("[policy]\nidle = \"1.5h\"", "latch.toml:2:8: ", &["`idle = \"1h30m\"`"]),
    ("[policy]\nidle = \"PT15M\"", "latch.toml:2:8: ", &["`idle = \"15m\"`"]),
    ("[policy]\nidle = \"never\"", "latch.toml:2:8: ", &["`idle = \"off\"`"]),
    (
        "[policy]\nidle = 45m",
        "latch.toml:2:8: ",
        &["quotes", "`idle = \"45m\"`"],
    ),
    (
        "[policy]\nwarn_before = 60",
        "latch.toml:2:15: ",
        &["`warn_before = \"60s\"`"],
    ),
    (
        "[store]\ngrace = 5",
        "latch.toml:2:9: store.grace: ",
        &["`grace = \"5s\"`"],
    ),
    // Words.
    (
        "[policy]\npreset = [\"pci-dss\", \"hipaa\"]",
        "latch.toml:2:10: policy.preset: ",
        &["not a list", "`preset = \"pci-dss\"`"],
    ),
    (
        "[policy]\npreset = \"PCI_DSS\"",
        "latch.toml:2:10: ",
        &["`preset = \"pci-dss\"`"],
    ),
    (
        "[policy]\non_idle = \"signout\"",
        "latch.toml:2:11: ",
        &["`on_idle = \"sign-out\"`"],
    ),
    (
        "[policy]\nactivity = [\"requests\"]",
        "latch.toml:2:13: policy.activity[0]: ",
        &["`\"request\"`"],
    ),
    (
        "[policy]\nactivity = \"request\"",
        "latch.toml:2:12: policy.activity: ",
        &["`activity = [\"request\"]`"],
    ),
    (
        "[log]\nlevel = \"debgu\"",
        "latch.toml:2:",
        &["log.level", "`level = \"debug\"`"],
    ),
    (
        "[log]\nlevel = \"nightlatch=verbose\"",
        "latch.toml:2:",
        &["log.level", "`verbose`"],
    ),
    (
        "[log]\nlevel = \"nightlach=debug,info\"",
        "latch.toml:2:",
        &["did you mean `nightlatch`?"],
    ),
    (
        "[store]\nkind = \"sqlite3\"",
        "latch.toml:2:8: ",
        &["`kind = \"sqlite\"`"],
    ),
    // Tables.
    (
        "[policy.rules]\nidle = \"5m\"",
        "latch.toml:1:",
        &["policy.rules", "`[[policy.rules]]`"],
    ),
    ("[sites]\nhost = \"app.example\"", "latch.toml:1:", &["`[[sites]]`"]),
    ("[[policy]]\nidle = \"5m\"", "latch.toml:1:", &["`[policy]`", "single"]),
    (
        "[[policy.applications]]\nname = \"wiki\"",
        "latch.toml:1:",
        &["`[policy.applications.wiki]`"],
    ),
    (
        "[policy.applications]\nwiki = \"60m\"",
        "latch.toml:2:8: ",
        &["`wiki = { idle = \"60m\" }`"],
    ),
    (
        "[policy]\nchoice = [\"15m\"]",
        "latch.toml:2:10: ",
        &["`choice = { allow = [\"15m\"] }`"],
    ),
    (
        "[[policy.gates]]\nmatch = \"/admin/**\"\nmax_age = \"5m\"",
        "latch.toml:2:9: ",
        &["`match = { path = \"/admin/**\" }`"],
    ),
    // Keys.
    ("[policy]\nidel = \"30m\"", "latch.toml:2:1: policy.idel: ", &["`idle`"]),
    ("[policy]\nIdle = \"30m\"", "latch.toml:2:1: ", &["write `idle`"]),
    ("[policy]\nidle_timeout = \"30m\"", "latch.toml:2:1: ", &["`idle`"]),
    ("idle = \"30m\"", "latch.toml:1:1: idle: ", &["[policy]"]),
    ("[[rules]]\nidle = \"5m\"", "latch.toml:1:", &["[[policy.rules]]"]),
    (
        "[[policy.gates]]\npath = \"/admin/**\"\nmax_age = \"5m\"",
        "latch.toml:2:1: ",
        &["`match = { path = … }`"],
    ),
    (
        "[proxy.tls]\ncert = \"a\"\nkey = \"b\"",
        "latch.toml:2:1: ",
        &["`certificate`"],
    ),
    (
        "[server]\ntrusted_proxy = []",
        "latch.toml:2:1: ",
        &["`trusted_proxies`"],
    ),
    (
        "[[sites]]\npath = \"/x\"",
        "latch.toml:1:",
        &["`host = \"app.example\"`"],
    ),
    // Addresses.
    (
        "[server]\nlisten = \"127.0.0.1\"",
        "latch.toml:2:10: server.listen: ",
        &["no port", "`listen = \"127.0.0.1:8700\"`"],
    ),
    (
        "[server]\nlisten = \":8700\"",
        "latch.toml:2:10: ",
        &["`listen = \"127.0.0.1:8700\"`"],
    ),
    (
        "[server]\nlisten = 8711",
        "latch.toml:2:10: ",
        &["`listen = \"127.0.0.1:8711\"`"],
    ),
    (
        "[server]\nlisten = \"localhost:8700\"",
        "latch.toml:2:10: ",
        &["`listen = \"127.0.0.1:8700\"`"],
    ),
    (
        "[server]\npublic_url = \"app.example\"",
        "latch.toml:2:",
        &["https://app.example"],
    ),
    (
        "[server]\ntrusted_proxies = \"10.0.0.1\"",
        "latch.toml:2:19: ",
        &["`trusted_proxies = [\"10.0.0.1\"]`"],
    ),
    // Numbers.
    (
        "[policy]\nmax_sessions = \"3\"",
        "latch.toml:2:16: ",
        &["`max_sessions = 3`"],
    ),
    (
        "[policy]\nmax_sessions = 0",
        "latch.toml:2:16: ",
        &["`max_sessions = 1`"],
    ),
    (
        "[proxy]\nbody_limit = \"10MB\"",
        "latch.toml:2:14: ",
        &["`body_limit = 10485760`"],
    ),
    ("[proxy]\ninject = \"yes\"", "latch.toml:2:10: ", &["`inject = true`"]),
    // Paths and hosts.
    (
        "[[policy.gates]]\nmatch = { path = \"https://app.example/admin/**\" }\nmax_age = \"5m\"",
        "latch.toml:2:18: ",
        &["`/admin/**`"],
    ),
    (
        "[[policy.gates]]\nmatch = { path = \"/admin*\" }\nmax_age = \"5m\"",
        "latch.toml:2:18: ",
        &["`/admin/**`"],
    ),
    (
        "[[sites]]\nhost = \"*.example.com\"",
        "latch.toml:2:",
        &["sites[0].host", "[[sites]]"],
    ),
    (
        "[server]\npublic_url = \"https://*.example.com\"",
        "latch.toml:2:",
        &["server.public_url", "`*.example.com`", "https://app.example"],
    ),
    (
        "[[sites]]\nhost = \"https://app.example\"",
        "latch.toml:2:",
        &["`app.example`"],
    ),
    (
        "[[sites]]\nhost = \"app.example\"\nopen = [\"/users/:id\"]",
        "latch.toml:3:",
        &["sites[0].open[0]", "`/users/*`"],
    ),
    (
        "[[sites]]\nhost = \"app.example\"\nopen = [\"/api/v[0-9]/x\"]",
        "latch.toml:3:",
        &["`/api/*/x`"],
    ),
    (
        "[[sites]]\nhost = \"a.example\"\n[[sites]]\nhost = \"A.example\"",
        "latch.toml:3:",
        &["sites[0]", "remove"],
    ),
    ("[store]\npath = \"\"", "latch.toml:2:8: ", &["store.path"]),
    // Who owns the policy.
    (
        "policy = \"server\"\n[policy]\nidle = \"5m\"",
        "latch.toml:2:2: policy: ",
        &["two owners", "remove one"],
    ),
    (
        "policy = \"file\"",
        "latch.toml:1:10: policy: ",
        &["`policy = \"server\"`"],
    ),
    // TOML.
    (
        "[policy]\nidle = \"5m\"\nidle = \"6m\"",
        "latch.toml:3:1: ",
        &["`idle` is there twice"],
    ),
    (
        "[policy]\nidle = \"5m\"\n[policy]",
        "latch.toml:3:2: ",
        &["[policy] is there twice"],
    ),
    ("[policy\nidle = \"5m\"", "latch.toml:1:8: ", &["`[policy]`"]),
    ("[policy]\nidle: \"5m\"", "latch.toml:2:", &["`idle = \"5m\"`"]),
    ("policy:\n  idle: 5m", "latch.toml:1:", &["YAML", "`[policy]`"]),
    ("{ \"policy\": {} }", "latch.toml:1:1: ", &["JSON", "`[policy]`"]),
    ("[policy]\nidle = \"5m", "latch.toml:2:", &["close it"]),
    ("[policy]\nidle = \"5m\";", "latch.toml:2:", &["line of its own"]),
    (
        "[policy]\nactivity = [\"request\" \"input\"]",
        "latch.toml:2:",
        &["comma"],
    ),
];

#[test]
fn each_is_told_at_its_place_with_the_remedy_that_helps() {
    for (text, place, words) in MISTAKES {
        let told = errors(&format!("{text}\n")).join("\n");
        assert!(
            told.lines().any(|line| line.starts_with(place)),
            "{place} of {text}\n{told}"
        );
        for word in *words {
            assert!(told.contains(word), "{word} of {text}\n{told}");
        }
    }
}

#[test]
fn all_of_them_are_told_at_once() {
    let told = errors("[policy]\nidle = 30\nabsolut = \"8h\"\nabsolute = 8\n[log]\nformat = \"xml\"\n");
    assert!(told.len() >= 2, "{told:?}");
    let told = errors("[policy]\nidle = \"30\"\nabsolute = \"x\"\n[server]\nlisten = \":1\"\n");
    assert_eq!(told.len(), 3, "{told:?}");
}
