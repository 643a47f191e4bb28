//! Which of the known words somebody may have meant.

/// Whether two names differ in case, in separators, in spaces around or in a plural alone.
pub(super) fn same_but_for_spelling(known: &str, written: &str) -> bool {
    let plain = |name: &str| {
        let name = name.trim().to_ascii_lowercase().replace([' ', '-', '.'], "_");
        name.strip_suffix('s').map(str::to_owned).unwrap_or(name)
    };
    plain(known) == plain(written)
}

/// What other programs' names for a key are here.
pub(super) fn also_called(written: &str) -> &'static [&'static str] {
    match written.trim().to_ascii_lowercase().replace('-', "_").as_str() {
        "port" | "bind" | "address" | "addr" => &["listen"],
        "timeout" | "inactivity" => &["idle", "grace", "response_timeout"],
        "ttl" | "lifetime" | "max_lifetime" | "max_age" | "lifespan" => &["absolute"],
        "url" | "base_url" | "origin" | "external_url" => &["public_url"],
        "login_url" | "signin_url" | "sign_in" => &["sign_in_url"],
        "file" | "database" | "db" => &["path"],
        "backend" | "target" | "proxy_pass" | "servers" => &["upstream"],
        "type" | "driver" => &["kind"],
        _ => &[],
    }
}

/// The known word that is nearest to the written one, where one is near.
pub(super) fn most_similar<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.trim().to_ascii_lowercase().replace('-', "_");
    let near = known.filter_map(|word| {
        let plain = word.to_ascii_lowercase().replace('-', "_");
        let distance = strsim::damerau_levenshtein(&plain, &written);
        let longest = plain.chars().count().max(written.chars().count());
        let extended =
            written.len() >= 3 && plain.len() >= 3 && (plain.starts_with(&written) || written.starts_with(&plain));
        let allowed = (longest / 3).max(1);
        (distance <= allowed || extended).then_some((if extended { 0 } else { distance }, word))
    });
    near.min_by_key(|(distance, word)| (*distance, word.len()))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_found_and_what_is_far_is_not() {
        let known = ["idle", "absolute", "warn_before", "certificate", "on_idle"];
        for (written, meant) in [
            ("idel", Some("idle")),
            ("cert", Some("certificate")),
            ("idle_timeout", Some("idle")),
            ("warn-before", Some("warn_before")),
            ("absolut", Some("absolute")),
            ("port", None),
            ("x", None),
        ] {
            assert_eq!(most_similar(written, known.into_iter()), meant, "{written}");
        }
        assert!(same_but_for_spelling("trusted_proxies", "Trusted-Proxies"));
        assert!(same_but_for_spelling("idle", "idle "));
        assert!(!same_but_for_spelling("idle", "idler"));
    }
}
