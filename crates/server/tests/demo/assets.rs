//! Styles, scripts and pictures.

use crate::bank::Bank;

#[test]
fn every_file_a_page_names_is_there() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("chiara");
    let pages = ["/", "/billing", "/admin", "/upload", "/demo/sign-in"]
        .map(|path| browser.get(path).body)
        .concat();
    let mut named: Vec<_> = pages
        .split("\"/demo/assets/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    named.sort_unstable();
    named.dedup();
    assert_eq!(named, ["demo.css", "larch.svg", "panel.css", "panel.js", "upload.js"]);
    // Scripts and styles name others.
    named.extend(["clock.js", "session.js", "story.js", "ridge.svg"]);
    for file in named {
        let answer = bank.browser().get(&format!("/demo/assets/{file}"));
        let kind = match file.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some(kind)),
            "{file}"
        );
        assert!(!answer.body.is_empty(), "{file}");
    }
}

#[test]
fn a_file_that_did_not_change_is_not_sent_again() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser();
    let tag = browser
        .get("/demo/assets/demo.css")
        .header("etag")
        .expect("an entity tag")
        .to_owned();
    assert_ne!(browser.get("/demo/assets/panel.css").header("etag"), Some(tag.as_str()));
    let unchanged = browser.get_with("/demo/assets/demo.css", &[("If-None-Match", &tag)]);
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, ""));
    assert_eq!(
        browser
            .get_with("/demo/assets/demo.css", &[("If-None-Match", "\"0\"")])
            .status,
        200
    );
}

#[test]
fn nothing_else_is_a_file() {
    let bank = Bank::open(&[]);
    for file in [
        "",
        "nothing.css",
        "..%2Fpage.css",
        "../page.css",
        "%2e%2e/demo.toml",
        "demo.css%00",
        "DEMO.CSS",
    ] {
        assert_eq!(
            bank.browser().get(&format!("/demo/assets/{file}")).status,
            404,
            "{file:?}"
        );
    }
}
