//! Where somebody goes after signing in: a page of this site, whatever the link says.

/// The path that was asked for, or `/` where it might lead elsewhere. Browsers read a backslash as a slash, drop tabs
/// and line ends, and take what follows two slashes for a host: none of that may be in it.
pub(super) fn on_this_site(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && next.starts_with('/') && !next.contains("//") {
        next
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::on_this_site;

    #[test]
    fn paths_of_this_site_are_kept() {
        for next in [
            "/",
            "/billing",
            "/admin?tab=1",
            "/a/b#c",
            "/a%20b",
            "/@x",
            "/demo/sign-in?next=/admin",
        ] {
            assert_eq!(on_this_site(next), next);
        }
    }

    #[test]
    fn everything_else_leads_to_the_overview() {
        for next in [
            "",
            "billing",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "/é",
        ] {
            assert_eq!(on_this_site(next), "/", "{next:?}");
        }
    }
}
