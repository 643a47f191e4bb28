//! Where a sign-in may lead: nowhere but to this site.

use crate::bank::Bank;
use crate::browser::percent_encoded;

/// Ways to write another place so that it looks like a path, to somebody.
const ELSEWHERE: [&str; 66] = [
    "//evil.example",
    "///evil.example",
    "////evil.example/",
    "//evil.example/%2e%2e",
    "//evil.example:80/billing",
    "//127.0.0.1@evil.example",
    "//evil%2eexample",
    "//xn--evl-6ma.example",
    "//[::1]/",
    "//0x7f000001/",
    "//2130706433/",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "\\evil.example",
    "/\\/evil.example",
    "/\\\\evil.example",
    "/billing\\..\\..\\evil.example",
    "//\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\u{a0}//evil.example",
    "/ /evil.example",
    "/\u{0}/evil.example",
    "/\u{b}/evil.example",
    "/\u{7f}/evil.example",
    "/\u{200b}/evil.example",
    "/billing\r\nSet-Cookie: nightlatch=planted",
    "/billing\r\n\r\n<h1>evil</h1>",
    "/billing\nLocation: https://evil.example",
    "https://evil.example",
    "https:/evil.example",
    "https:evil.example",
    "HTTPS://evil.example",
    "hTTp://evil.example",
    "http://evil.example",
    "http:///evil.example",
    "http:\\\\evil.example",
    "https://127.0.0.1@evil.example",
    "https://evil.example#/billing",
    "https://evil.example?/billing",
    "https://evil.example\\@127.0.0.1",
    "ftp://evil.example",
    "ws://evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\u{1}javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://evil.example/1",
    "file:///etc/passwd",
    "mailto:ada@evil.example",
    "evil.example",
    "billing",
    "./billing",
    "../billing",
    "?next=//evil.example",
    "#//evil.example",
    "@evil.example",
    "／／evil.example",
    "/billing//evil.example",
];

#[test]
fn no_wish_leads_to_another_site() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    for next in ELSEWHERE {
        let answer = browser.sign_in("ada", next);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{next:?}");
        let door = browser.get(&format!("/demo/sign-in?mode=confirm&next={}", percent_encoded(next)));
        assert_eq!(door.field("next"), "/", "{next:?}");
    }
    let door = browser.get("/demo/sign-in?next=/billing&next=//evil.example");
    assert_eq!(door.field("next"), "/", "a wish is one wish");
}

#[test]
fn paths_of_this_site_are_followed() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    for next in [
        "/",
        "/billing",
        "/admin?tab=1&sort=name",
        "/a%2F%2Fb",
        "/a/b#c",
        "/demo/sign-in?next=/admin",
        "/@ada",
    ] {
        let door = browser.get(&format!("/demo/sign-in?next={}", percent_encoded(next)));
        let answer = browser.sign_in("ada", &door.field("next"));
        assert_eq!((answer.status, answer.header("location")), (303, Some(next)));
    }
}
