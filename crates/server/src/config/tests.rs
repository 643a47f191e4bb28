mod every_key;
mod mistakes;

use super::*;

fn errors(text: &str) -> Vec<String> {
    match Config::parse(text, "latch.toml", []) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ConfigError::to_string).collect(),
    }
}

#[track_caller]
fn refused(text: &str, place: &str, words: &[&str]) {
    let errors = errors(text);
    let all = errors.join("\n");
    assert!(
        errors.iter().any(|error| error.starts_with(place)),
        "no error at {place}: {all}"
    );
    for word in words {
        assert!(all.contains(word), "{word:?} is missing: {all}");
    }
}

#[test]
fn an_empty_file_is_a_configuration() {
    assert!(errors("").is_empty());
}

#[test]
fn every_mistake_names_file_line_column_key_and_remedy() {
    refused("[policy]\nidel = \"30m\"\n", "latch.toml:2:1: ", &["idel", "idle"]);
    refused("[polcy]\n", "latch.toml:1:2: ", &["polcy", "policy"]);
    refused(
        "[policy]\nidle = 30\n",
        "latch.toml:2:8: policy.idle: ",
        &["a duration in quotes", "`idle = \"30m\"`"],
    );
    refused(
        "[policy]\nidle = \"30\"\n",
        "latch.toml:2:8: policy.idle: ",
        &["no unit", "`idle = \"30m\"`"],
    );
    refused(
        "[policy]\nidle = \"30s\"\nwarn_before = \"60s\"\n",
        "latch.toml:2:1: policy.idle: ",
        &["warn_before", "shorter"],
    );
    refused(
        "[[policy.rules]]\nmatch = { path = \"/a\" }\nidle = \"5m\"\nabsolute = \"1h\"\n",
        "latch.toml:4:1: policy.rules[0].absolute: ",
        &["path", "remove"],
    );
    refused(
        "[policy]\non_idle = \"sleep\"\n",
        "latch.toml:2:11: policy.on_idle: ",
        &["sleep", "sign-out", "lock"],
    );
    refused("[policy\n", "latch.toml:1:", &[]);
    refused(
        "[server]\nlisten = \"0.0.0.0:80\"\n",
        "latch.toml:2:1: server.listen: ",
        &["trusted_proxies"],
    );
    refused(
        "[gateway.fastcgi]\nlisten = \"10.0.0.1:8703\"\n",
        "latch.toml:2:1: gateway.fastcgi.listen: ",
        &["gateway.fastcgi.trusted_proxies"],
    );
    refused(
        "[gateway.envoy_grpc]\nlisten = \"10.0.0.1:8704\"\n",
        "latch.toml:2:1: gateway.envoy_grpc.listen: ",
        &["gateway.envoy_grpc.trusted_proxies"],
    );
    refused("[gateway.fastcgi]\n", "latch.toml:", &["listen"]);
    refused(
        "[server]\npublic_url = \"http://app.example\"\n",
        "latch.toml:2:1: server.public_url: ",
        &["TLS"],
    );
    refused(
        "[server]\nprefix = \"nightlatch/\"\n",
        "latch.toml:2:1: server.prefix: ",
        &["/nightlatch"],
    );
    refused(
        "[server]\ntrusted_proxies = [\"proxy\"]\n",
        "latch.toml:2:",
        &["10.0.0.0/8"],
    );
    refused(
        "[server]\nsign_in_url = \"javascript:alert(1)\"\n",
        "latch.toml:2:15: server.sign_in_url: ",
        &["/sign-in", "https://app.example"],
    );
    for (leeway, words) in [
        ("\"-1s\"", "not a duration"),
        ("\"301s\"", "5m"),
        ("\"1000000000s\"", "5m"),
        ("\"99999999999999999999s\"", "longer than"),
        ("60", "in quotes"),
        ("-1", "-1"),
        ("\"off\"", "off"),
    ] {
        refused(
            &format!("[management]\nauth_time_leeway = {leeway}\n"),
            "latch.toml:2:",
            &["management.auth_time_leeway", words],
        );
    }
    assert!(errors("[management]\nauth_time_leeway = \"0s\"\n").is_empty());
    for word in ["off", "never"] {
        refused(
            &format!("[policy]\nwarn_before = \"{word}\"\n"),
            "latch.toml:2:15: policy.warn_before: ",
            &["write for example `warn_before = \"0s\"`"],
        );
    }
    refused(
        "[log]\nlevel = \"loud=very\"\n",
        "latch.toml:2:1: log.level: ",
        &["info"],
    );
    refused(
        "[[policy.rules]]\nmatch = { path = \"/a*\" }\nidle = \"5m\"\n",
        "latch.toml:2:",
        &["star"],
    );
}

#[test]
fn mistakes_of_the_proxy_do_so_too() {
    refused(
        "[proxy]\nlisten = \"0.0.0.0:80\"\n",
        "latch.toml:2:1: proxy.listen: ",
        &["[proxy.tls]", "trusted_proxies"],
    );
    refused(
        "[proxy.tls]\ncertificate = \"a\"\nkey = \"b\"\n",
        "latch.toml:1:",
        &["proxy.tls", "server.public_url", "https://"],
    );
    refused(
        "[proxy]\nresponse_timeout = \"0s\"\n",
        "latch.toml:2:1: proxy.response_timeout: ",
        &["60s"],
    );
    refused(
        "[proxy]\nheader_limit = 10\nconnection_limit = 0\n",
        "latch.toml:2:16: proxy.header_limit: ",
        &["`header_limit = 8192`", "latch.toml:3:20: proxy.connection_limit: "],
    );
    refused(
        "[proxy]\n[[sites]]\nhost = \"a.example\"\nupstream = \"localhost\"\n",
        "latch.toml:4:12: sites[0].upstream: ",
        &["http://127.0.0.1:3000"],
    );
    refused(
        "[[sites]]\nhost = \"a.example\"\nupstream = \"http://localhost\"\n",
        "latch.toml:3:1: sites[0].upstream: ",
        &["[proxy]"],
    );
}

#[test]
fn paths_are_relative_to_the_file_and_those_of_variables_to_the_working_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("latch.toml");
    let text = "[store]\npath = \"data/latch.db\"\n[proxy]\nupstream_ca = \"/etc/ca.pem\"\n";
    std::fs::write(&file, text).expect("the file");
    let config = Config::read(&file, []).expect("valid");
    assert_eq!(&*config.store.path, directory.path().join("data/latch.db"));
    let ca = config.proxy.and_then(|proxy| proxy.upstream_ca).expect("a path");
    assert_eq!(&*ca, Path::new("/etc/ca.pem"));
    std::fs::write(&file, "[policy]\nidle = \"20m\"\n").expect("the file");
    let config = Config::read(&file, []).expect("valid");
    assert_eq!(
        &*config.store.path,
        directory.path().join("nightlatch.db"),
        "the default, too"
    );
    assert!(config.proxy.is_none());
    let variable = ("NIGHTLATCH__STORE__PATH".to_owned(), "other.db".to_owned());
    let config = Config::read(&file, [variable]).expect("valid");
    let here = std::path::absolute("other.db").expect("a directory");
    assert_eq!(&*config.store.path, here);
}

#[test]
fn every_path_of_the_schema_is_made_absolute() {
    let text = "[proxy.tls]\ncertificate = \"a\"\nkey = \"b\"\n[server]\npublic_url = \"https://app.example\"\n";
    let config = reading::read(text, "latch.toml", Some(Path::new("/here")), []).expect("valid");
    let tls = config.proxy.and_then(|proxy| proxy.tls).expect("TLS");
    assert_eq!(
        (&*tls.certificate, &*tls.key),
        (Path::new("/here/a"), Path::new("/here/b"))
    );
}

/// A path of any other type would stay relative to the working directory.
#[test]
fn paths_have_the_type_that_makes_them_absolute() {
    for source in [
        include_str!("document.rs"),
        include_str!("proxy.rs"),
        include_str!("site.rs"),
        include_str!("upstream.rs"),
    ] {
        assert!(!source.contains("PathBuf"), "take FilePath");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("latch.toml");
    let told = |path: &Path| {
        let errors = Config::read(path, []).expect_err("no configuration");
        assert_eq!(errors.len(), 1, "{errors:?}");
        errors[0].to_string().replace(&path.display().to_string(), "FILE")
    };
    assert_eq!(
        told(&file),
        "FILE: cannot be read: there is no such file; check the path"
    );
    assert_eq!(
        told(directory.path()),
        "FILE: cannot be read: it is a directory; name the file in it"
    );
    for (bytes, expected) in [
        (
            &b"[policy]\nidle = \"30m\" # f\xfcr"[..],
            "FILE:2:17: the byte 0xFC is not UTF-8; save the file as UTF-8",
        ),
        (b"\xff\xfe[\0p\0", "FILE:1:1: the file is UTF-16; save it as UTF-8"),
    ] {
        std::fs::write(&file, bytes).expect("a file");
        assert_eq!(told(&file), expected);
    }
}

#[test]
fn the_environment_wins_and_is_blamed() {
    let variable = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
    let config = Config::parse(
        "[policy]\nidle = \"30m\"\n",
        "latch.toml",
        variable("NIGHTLATCH__POLICY__IDLE", "10m"),
    );
    assert_eq!(config.expect("valid").policy.idle.to_string(), "10m");
    for (name, value) in [
        ("NIGHTLATCH__POLICY__IDLE", "10"),
        ("NIGHTLATCH__POLICY__IDLE", "5s"),
        ("NIGHTLATCH__POLICI__IDLE", "1m"),
    ] {
        let errors = Config::parse("", "latch.toml", variable(name, value)).expect_err("invalid");
        assert!(
            errors[0]
                .to_string()
                .starts_with(&format!("environment variable {name}: ")),
            "{}",
            errors[0]
        );
    }
}
