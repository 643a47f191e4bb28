//! Where `server.development` is refused: sessions that no limit ends are for one machine, which nobody else reaches.

use std::net::SocketAddr;

use ipnet::IpNet;

use super::peer::Peer;
use super::{Listening, Problems, PublicUrl};

/// Everything that says of the server that others reach it. `public_url` is the one that is written, if one is.
pub(super) fn reachable<'a>(
    public_url: Option<(&str, &PublicUrl)>,
    listeners: impl Iterator<Item = Listening<'a>>,
) -> Problems {
    let mut problems = Problems::new();
    if let Some((written, _)) = public_url.filter(|(_, url)| !url.is_loopback()) {
        problems.push(refused(
            "server.public_url",
            written,
            "write an address such as `http://localhost:8080`",
        ));
    }
    problems.extend(listeners.flat_map(|(section, listen, trusted)| of_listener(section, listen, trusted)));
    problems
}

fn of_listener(section: &str, listen: SocketAddr, trusted: &[Peer]) -> Problems {
    let mut problems = Problems::new();
    if !listen.ip().is_loopback() {
        let remedy = format!("write `127.0.0.1:{}`", listen.port());
        problems.push(refused(&format!("{section}.listen"), listen, &remedy));
    }
    let others = trusted
        .iter()
        .enumerate()
        .filter(|(_, Peer(network))| !is_loopback(network));
    problems.extend(others.map(|(index, Peer(network))| {
        refused(
            &format!("{section}.trusted_proxies[{index}]"),
            network,
            "name proxies on this machine alone",
        )
    }));
    problems
}

fn is_loopback(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.addr().is_loopback() && network.prefix_len() >= 8,
        IpNet::V6(network) => network.addr().is_loopback() && network.prefix_len() == 128,
    }
}

fn refused(key: &str, named: impl std::fmt::Display, remedy: &str) -> (String, String) {
    let message = format!(
        "`{named}` is more than this machine, and with server.development no limit ends a session; remove \
         server.development (the option --development, too), or {remedy}"
    );
    (key.to_owned(), message)
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    /// What is refused at which key, beside `development = true`.
    const REFUSED: &[(&str, &[&str])] = &[
        (
            "[server]\npublic_url = \"https://app.example\"",
            &["latch.toml:2:1: server.public_url: "],
        ),
        (
            "[server]\npublic_url = \"https://10.0.0.7\"",
            &["latch.toml:2:1: server.public_url: "],
        ),
        (
            "[server]\npublic_url = \"https://localhost.example\"",
            &["latch.toml:2:1: server.public_url: "],
        ),
        (
            "[server]\nlisten = \"0.0.0.0:8700\"\ntrusted_proxies = [\"127.0.0.1\"]\npublic_url = \"https://localhost\"",
            &["latch.toml:2:1: server.listen: "],
        ),
        (
            "[server]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]",
            &["latch.toml:2:33: server.trusted_proxies[1]: "],
        ),
        (
            "[server]\ntrusted_proxies = [\"127.0.0.0/7\"]",
            &["latch.toml:2:20: server.trusted_proxies[0]: "],
        ),
        (
            "[server]\ntrusted_proxies = [\"::/0\"]",
            &["latch.toml:2:20: server.trusted_proxies[0]: "],
        ),
        (
            "[management]\nlisten = \"192.0.2.1:8701\"\ntrusted_proxies = [\"192.0.2.0/24\"]",
            &[
                "latch.toml:2:1: management.listen: ",
                "latch.toml:3:20: management.trusted_proxies[0]: ",
            ],
        ),
        (
            "[proxy]\nlisten = \"[::]:8080\"\ntrusted_proxies = [\"10.0.0.1\"]\n[[sites]]\nhost = \"localhost\"\n\
             upstream = \"http://127.0.0.1:3000\"",
            &[
                "latch.toml:2:1: proxy.listen: ",
                "latch.toml:3:20: proxy.trusted_proxies[0]: ",
            ],
        ),
        (
            "[gateway.fastcgi]\nlisten = \"0.0.0.0:9000\"\ntrusted_proxies = [\"172.16.0.2\"]",
            &[
                "latch.toml:2:1: gateway.fastcgi.listen: ",
                "latch.toml:3:20: gateway.fastcgi.trusted_proxies[0]: ",
            ],
        ),
        (
            "[gateway.envoy_grpc]\nlisten = \"0.0.0.0:9001\"\ntrusted_proxies = [\"172.16.0.2\"]",
            &[
                "latch.toml:2:1: gateway.envoy_grpc.listen: ",
                "latch.toml:3:20: gateway.envoy_grpc.trusted_proxies[0]: ",
            ],
        ),
    ];

    const ACCEPTED: &[&str] = &[
        "",
        "[server]\npublic_url = \"http://localhost:8080\"",
        "[server]\npublic_url = \"https://localhost\"\ntrusted_proxies = [\"127.0.0.1\", \"127.0.0.0/8\", \"::1\"]",
        "[server]\npublic_url = \"http://[::1]:8700\"\nlisten = \"[::1]:8700\"",
        "[gateway.fastcgi]\nlisten = \"127.0.0.1:9000\"",
    ];

    fn read(text: &str, development: bool) -> Result<Config, Vec<String>> {
        let switch = match (development, text.starts_with("[server]")) {
            (false, _) => "",
            (true, true) => "\ndevelopment = true",
            (true, false) => "\n[server]\ndevelopment = true",
        };
        let read = Config::parse(&format!("{text}{switch}"), "latch.toml", []);
        read.map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn it_is_refused_wherever_others_reach_the_server() {
        for (text, places) in REFUSED {
            let errors = read(text, true).expect_err(text);
            let of_switch: Vec<_> = errors
                .iter()
                .filter(|error| error.contains("server.development"))
                .collect();
            assert_eq!(of_switch.len(), places.len(), "{text}: {errors:?}");
            for (error, place) in of_switch.iter().zip(*places) {
                assert!(error.starts_with(place), "{error} is not at {place}");
                assert!(error.contains("remove server.development"), "{error}");
            }
            let without = read(text, false).err().unwrap_or_default();
            assert!(
                !without.iter().any(|error| error.contains("server.development")),
                "{without:?}"
            );
        }
    }

    #[test]
    fn it_is_accepted_on_one_machine_and_is_off_unless_written() {
        for text in ACCEPTED {
            assert!(read(text, true).expect(text).development, "{text}");
            assert!(!read(text, false).expect(text).development, "{text}");
        }
    }
}
