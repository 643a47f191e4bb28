//! What is printed follows the configuration: a key that a proxy has to know of changes what is printed for it.

use std::process::Command;

const USUAL: &str = "\
[server]
listen = \"127.0.0.1:8700\"
public_url = \"https://app.example\"
";
const PRINTS: [&[&str]; 8] = [
    &["nginx"],
    &["caddy"],
    &["haproxy"],
    &["haproxy", "--lua"],
    &["envoy"],
    &["traefik"],
    &["traefik", "--static"],
    &["apache"],
];

fn printed(arguments: &[&str], config: &str) -> String {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("latch.toml");
    std::fs::write(&file, config).expect("the configuration");
    let output = Command::new(env!("CARGO_BIN_EXE_nightlatch"))
        .arg("gateway")
        .args(arguments)
        .arg("--config")
        .arg(&file)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn each_key_that_a_proxy_has_to_know_changes_what_is_printed() {
    let site = "[[sites]]\nhost = \"wiki.example\"\n";
    // The proxies that pass on every host, and those that need no word for what others refuse, have nothing to change.
    for (changed, known_to) in [
        (
            USUAL.replace("8700", "8790"),
            &["nginx", "caddy", "haproxy", "haproxy --lua", "envoy", "traefik"][..],
        ),
        (
            USUAL.replace("https://app.example", "http://127.0.0.1:8080"),
            &[
                "nginx",
                "caddy",
                "haproxy",
                "envoy",
                "traefik",
                "traefik --static",
                "apache",
            ],
        ),
        (
            format!("{USUAL}prefix = \"/latch\"\n"),
            &[
                "nginx",
                "caddy",
                "haproxy",
                "haproxy --lua",
                "envoy",
                "traefik",
                "apache",
            ],
        ),
        (format!("{USUAL}{site}"), &["nginx", "caddy", "apache"]),
        (
            format!("{USUAL}{site}escapes = \"every-reading\"\n"),
            &["envoy", "traefik --static", "apache"],
        ),
        (
            format!("{USUAL}[gateway.fastcgi]\nlisten = \"127.0.0.1:8799\"\n"),
            &["apache"],
        ),
        (
            format!("{USUAL}[gateway.fastcgi]\nlisten = \"0.0.0.0:8703\"\ntrusted_proxies = [\"10.0.0.7\"]\n"),
            &["apache"],
        ),
    ] {
        for arguments in PRINTS {
            let name = arguments.join(" ");
            let differs = printed(arguments, USUAL) != printed(arguments, &changed);
            assert!(
                differs || !known_to.contains(&&*name),
                "`gateway {name}` ignores a key of:\n{changed}"
            );
        }
    }
}

#[test]
fn apache_asks_where_the_configuration_listens() {
    let config = format!("{USUAL}[gateway.fastcgi]\nlisten = \"127.0.0.1:8799\"\n");
    assert!(printed(&["apache"], &config).contains("fcgi://127.0.0.1:8799/"));
    let elsewhere = printed(&["apache", "--fastcgi", "10.0.0.7:9000"], &config);
    assert!(elsewhere.contains("fcgi://10.0.0.7:9000/"));
    let none = printed(&["apache"], USUAL);
    assert!(none.contains("still needs [gateway.fastcgi] with listen = \"127.0.0.1:8703\""));
    assert!(none.contains("fcgi://127.0.0.1:8703/"));
}
