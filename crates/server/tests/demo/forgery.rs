//! Sign-ins that somebody else's page sends.

use crate::bank::Bank;
use crate::browser::{Answer, Browser, SAME_ORIGIN};

#[track_caller]
fn refused(answer: &Answer, browser: &Browser) {
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(browser.token(), None);
}

#[test]
fn only_a_page_of_this_origin_signs_in() {
    let bank = Bank::open(&[]);
    let own = format!("http://{}", bank.address);
    let elsewhere = format!("http://{}", bank.management);
    for headers in [
        &[][..],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &own)],
        &[("Origin", "null")],
        &[("Origin", &elsewhere)],
        &[("Origin", "http://evil.example")],
        &[("Referer", &own)],
    ] {
        let mut browser = bank.browser();
        let form_token = browser.get("/demo/sign-in").field("form_token");
        let fields = [("form_token", form_token.as_str()), ("person", "ada")];
        let answer = browser.post_form_with("/demo/sign-in", &fields, headers);
        refused(&answer, &browser);
    }
    let mut browser = bank.browser();
    let form_token = browser.get("/demo/sign-in").field("form_token");
    let fields = [("form_token", form_token.as_str()), ("person", "ada")];
    assert_eq!(
        browser
            .post_form_with("/demo/sign-in", &fields, &[("Origin", &own)])
            .status,
        303
    );
}

#[test]
fn the_form_must_be_the_one_this_browser_was_shown() {
    let bank = Bank::open(&[]);
    let form_token = bank.browser().get("/demo/sign-in").field("form_token");
    let mut other = bank.browser();
    let own_token = other.get("/demo/sign-in").field("form_token");
    assert_ne!(form_token, own_token);
    for token in ["", "guessed", &form_token, &own_token[1..]] {
        let answer = other.post_form("/demo/sign-in", &[("form_token", token), ("person", "ada")]);
        refused(&answer, &other);
        assert!(answer.body.contains("too old"), "the page says what to do");
    }
    // Without the cookie the right field is worth nothing, and the cookie itself is not the field.
    let mut forgetful = bank.browser();
    let answer = forgetful.post_form("/demo/sign-in", &[("form_token", &own_token), ("person", "ada")]);
    refused(&answer, &forgetful);
    let cookie = other.cookies["demo-form"].clone();
    let answer = other.post_form("/demo/sign-in", &[("form_token", &cookie), ("person", "ada")]);
    refused(&answer, &other);
    // A refused page can be used at once.
    let answer = other.post_form(
        "/demo/sign-in",
        &[("form_token", &answer.field("form_token")), ("person", "ada")],
    );
    assert_eq!(answer.status, 303);
}

#[test]
fn two_open_sign_in_pages_both_work() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser();
    let first = browser.get("/demo/sign-in").field("form_token");
    browser.get("/demo/sign-in?next=/billing");
    assert_eq!(
        browser
            .post_form("/demo/sign-in", &[("form_token", &first), ("person", "ada")])
            .status,
        303
    );
}

#[test]
fn what_the_form_cannot_say_is_refused() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser();
    let form_token = browser.get("/demo/sign-in").field("form_token");
    for person in ["", "eve", "Ada", "ada ", "../ada"] {
        let answer = browser.post_form("/demo/sign-in", &[("form_token", &form_token), ("person", person)]);
        assert_eq!(answer.status, 400, "{person:?}");
    }
    let json = [SAME_ORIGIN, ("Content-Type", "application/json")];
    assert_eq!(browser.send("POST", "/demo/sign-in", &json, "{}").status, 400);
    let huge = "x".repeat(70_000);
    assert_eq!(browser.post_form("/demo/sign-in", &[("form_token", &huge)]).status, 400);
    assert_eq!(browser.token(), None);
}
