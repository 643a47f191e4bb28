//! Reads an address, and decides whether TLS is asked for.
//!
//! The words `allow`, `prefer`, `require` and `verify-ca` of libpq talk to whoever answers. Off this machine they are refused: what is
//! asked for is TLS with a server that proves its name (`verify-full`), or nothing.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use zeroize::Zeroizing;

use crate::finding::Finding;
use crate::options::PostgresOptions;

const CONNECTS_WITHIN: Duration = Duration::from_secs(1);
/// Unacknowledged bytes and unanswered probes close a connection to a machine that is gone.
const HEARD_OF_WITHIN: Duration = Duration::from_secs(2);

/// What a connection is made with.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: bool,
}

pub(super) fn read(options: &PostgresOptions) -> Result<Address, Finding> {
    // What the driver says of an address that it cannot read may quote a part of it, and that part may be the password.
    let unreadable = || {
        Finding::new(
            "the address of the database cannot be read",
            "write it as postgresql://user@host:5432/database, or as host=… user=… dbname=…, and the password apart from it",
        )
    };
    let (address, mode) = without_mode(&options.address).ok_or_else(unreadable)?;
    let mut config: Config = address.parse().map_err(|_| unreadable())?;
    if let Some(password) = &options.password {
        config.password(password.as_bytes());
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(Finding::new(
            "the address of the database names no host",
            "name the host, or the directory of the server's socket",
        ));
    }
    let is_local = is_local(&config);
    let tls = match mode.as_deref() {
        Some("verify-full") => true,
        None => !is_local || options.root_certificates.is_some(),
        Some("disable" | "allow" | "prefer") if is_local => false,
        Some(mode) => {
            return Err(Finding::new(
                format!("sslmode={mode} talks to whoever answers instead of the database"),
                "write sslmode=verify-full, or leave it out",
            ));
        }
    };
    config
        .ssl_mode(if tls { SslMode::Require } else { SslMode::Disable })
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .connect_timeout(CONNECTS_WITHIN)
        .tcp_user_timeout(HEARD_OF_WITHIN)
        .keepalives(true)
        .keepalives_idle(HEARD_OF_WITHIN)
        .keepalives_interval(Duration::from_secs(1))
        .keepalives_retries(2);
    if config.get_application_name().is_none() {
        config.application_name("nightlatch");
    }
    Ok(Address { config, tls })
}

fn is_local(config: &Config) -> bool {
    let names = config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    });
    names && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
}

/// The address without its `sslmode`, which the driver knows in part, and that.
fn without_mode(address: &str) -> Option<(Zeroizing<String>, Option<String>)> {
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return Some(without_mode_in_url(address));
    }
    let mut mode = None;
    let mut rest = Zeroizing::new(String::with_capacity(address.len() * 2));
    for (key, value) in pairs(address)? {
        if key == "sslmode" {
            mode = Some(value.to_string());
            continue;
        }
        rest.push_str(&key);
        rest.push_str("='");
        for letter in value.chars() {
            if letter == '\'' || letter == '\\' {
                rest.push('\\');
            }
            rest.push(letter);
        }
        rest.push_str("' ");
    }
    Some((rest, mode))
}

fn without_mode_in_url(address: &str) -> (Zeroizing<String>, Option<String>) {
    // A password may have a question mark in it.
    let behind_password = address.find('@').unwrap_or(0);
    let question = address[behind_password..].find('?').map(|at| behind_password + at);
    let Some(question) = question else {
        return (Zeroizing::new(address.to_owned()), None);
    };
    let (before, parameters) = (&address[..question], &address[question + 1..]);
    let mode = parameters.split('&').find_map(|pair| pair.strip_prefix("sslmode="));
    let rest = parameters.split('&').filter(|pair| !pair.starts_with("sslmode="));
    let rest: Vec<&str> = rest.collect();
    let separator = if rest.is_empty() { "" } else { "?" };
    let address = Zeroizing::new(format!("{before}{separator}{}", rest.join("&")));
    (address, mode.map(str::to_owned))
}

/// The pairs of `key=value key='a value'`, as libpq reads them.
fn pairs(text: &str) -> Option<Vec<(String, Zeroizing<String>)>> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, behind) = rest.split_once('=')?;
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return None;
        }
        let behind = behind.trim_start();
        let quoted = behind.strip_prefix('\'');
        let value_text = quoted.unwrap_or(behind);
        let mut value = Zeroizing::new(String::with_capacity(value_text.len()));
        let mut letters = value_text.char_indices();
        let end = loop {
            match letters.next() {
                Some((_, '\\')) => value.push(letters.next()?.1),
                Some((at, '\'')) if quoted.is_some() => break at + 1,
                Some((at, letter)) if quoted.is_none() && letter.is_whitespace() => break at,
                Some((_, letter)) => value.push(letter),
                None if quoted.is_none() => break value_text.len(),
                None => return None,
            }
        };
        pairs.push((key.to_owned(), value));
        rest = value_text[end..].trim_start();
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls(address: &str) -> Result<bool, String> {
        let address = read(&PostgresOptions::new(address));
        address
            .map(|address| address.tls)
            .map_err(|finding| finding.to_string())
    }

    #[test]
    fn off_this_machine_there_is_tls_that_proves_the_name_or_nothing() {
        for address in [
            "postgres://u@db.example/x",
            "host=db.example,127.0.0.1 user=u",
            "host=localhost hostaddr=192.0.2.1",
        ] {
            assert_eq!(tls(address), Ok(true), "{address}");
            for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
                let separator = if address.contains("://") { "?" } else { " " };
                let told = tls(&format!("{address}{separator}sslmode={mode}")).expect_err(mode);
                assert!(told.contains("sslmode=verify-full"), "{told}");
            }
        }
        for address in [
            "postgresql://u@localhost/x",
            "host=/run/postgresql user=u",
            "host=127.0.0.1,::1",
            "host=::1",
        ] {
            assert_eq!(tls(address), Ok(false), "{address}");
        }
        assert_eq!(
            tls("postgres://u@localhost/x?application_name=a&sslmode=verify-full"),
            Ok(true)
        );
        assert_eq!(tls("host=localhost sslmode = 'disable' user=u"), Ok(false));
        assert!(
            tls("postgres://u@localhost/x?sslmode=require").is_err(),
            "it proves nothing"
        );
    }

    #[test]
    fn an_address_is_read_as_libpq_reads_it() {
        let read = |address: &str| read(&PostgresOptions::new(address)).expect(address).config;
        let config = read("postgres://u:p%40?@a.example:5433,b.example/d?sslmode=verify-full&application_name=x");
        assert_eq!(config.get_password(), Some(&b"p@?"[..]));
        assert_eq!(config.get_hosts().len(), 2);
        assert_eq!(config.get_application_name(), Some("x"));
        let config = read(r"host=localhost password='it\'s \\ here' dbname = d options='-c search_path=x'");
        assert_eq!(config.get_password(), Some(&br"it's \ here"[..]));
        assert_eq!(config.get_options(), Some("-c search_path=x"));
        assert_eq!(config.get_application_name(), Some("nightlatch"));
    }

    #[test]
    fn what_is_said_of_an_address_shows_no_password() {
        for address in [
            "hunter2",
            "host=a password=hun ter2=x",
            "password='hunter2",
            "postgres://u:hunter2@a:port/x",
            "postgres://u:hunter2@a.example/x?sslmode=require",
            "user=u password=hunter2",
        ] {
            let options = PostgresOptions::new(address).password(Zeroizing::new("hunter2".to_owned()));
            let told = match super::read(&options) {
                Ok(_) => panic!("{address} can be read"),
                Err(finding) => format!("{finding} {finding:?} {options:?}"),
            };
            assert!(!told.contains("hun") && !told.contains("ter2"), "{told}");
        }
    }
}
