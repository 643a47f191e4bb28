//! What no answer of the demo may lack, whatever was asked.

use crate::bank::Bank;
use crate::browser::Answer;

const PAGE_POLICY: [&str; 6] = [
    "default-src 'none'",
    "script-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
];

/// Checks one answer.
#[track_caller]
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let place = format!("{method} {path} -> {}", answer.status);
    let is = |name: &'static str, value: &str| {
        assert_eq!(answer.all(name).collect::<Vec<_>>(), [value], "{name} of {place}");
    };
    is("x-content-type-options", "nosniff");
    is("cross-origin-resource-policy", "same-origin");
    let static_file = answer.header("etag").is_some();
    is("cache-control", if static_file { "no-cache" } else { "no-store" });
    for cookie in answer.all("set-cookie") {
        assert!(!static_file, "{place} sets a cookie on a file");
        check_cookie(&place, cookie);
    }
    if answer
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"))
    {
        is("x-frame-options", "DENY");
        is("referrer-policy", "same-origin");
        is("cross-origin-opener-policy", "same-origin");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        let missing: Vec<_> = PAGE_POLICY
            .iter()
            .filter(|directive| !policy.contains(**directive))
            .collect();
        assert!(
            missing.is_empty() && !policy.contains("unsafe"),
            "{place}: {missing:?} missing in {policy}"
        );
        for forbidden in ["<script>", " onclick=", " style=", "http-equiv"] {
            assert!(!answer.body.contains(forbidden), "{place}: {forbidden}");
        }
    }
}

#[track_caller]
fn check_cookie(place: &str, cookie: &str) {
    let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    let expected: &[&str] = match cookie.split('=').next() {
        Some("nightlatch") => &["Path=/", "HttpOnly", "SameSite=Lax"],
        Some("demo-form") => &["Path=/demo/sign-in", "HttpOnly", "SameSite=Strict", "Max-Age=600"],
        _ => panic!("{place}: nobody knows the cookie {cookie}"),
    };
    for attribute in expected {
        assert!(
            attributes.contains(attribute),
            "{place}: {attribute} is missing: {cookie}"
        );
    }
    assert!(!cookie.contains("Domain"), "{place}: {cookie}");
}

#[test]
fn refusals_are_protected_as_pages_are() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("GET", "/demo", 404),
        ("GET", "/billing/", 404),
        ("DELETE", "/billing", 405),
        ("PUT", "/demo/sign-in", 405),
        ("GET", "/demo/upload", 405),
        ("POST", "/demo/sign-in", 403),
        ("POST", "/demo/upload", 403),
        ("GET", "/demo/assets/nothing.js", 404),
        ("POST", "/demo/assets/panel.js", 405),
        ("HEAD", "/", 200),
    ] {
        assert_eq!(browser.send(method, path, &[], "").status, status, "{method} {path}");
    }
}
