//! As many sessions as there may be, and one more.

use crate::bank::Bank;
use crate::browser::{Answer, Browser};

/// The values of the checkboxes.
fn offered(page: &Answer) -> Vec<String> {
    let parts = page.body.split("name=\"ending\" value=\"").skip(1);
    parts
        .map(|part| part.split('"').next().expect("a value").to_owned())
        .collect()
}

fn choose(browser: &mut Browser, page: &Answer, ending: &[String]) -> Answer {
    let (token, person, next) = (page.field("form_token"), page.field("person"), page.field("next"));
    let mut fields = vec![
        ("form_token", token.as_str()),
        ("person", person.as_str()),
        ("next", next.as_str()),
    ];
    fields.extend(ending.iter().map(|handle| ("ending", handle.as_str())));
    browser.post_form("/demo/sign-in", &fields)
}

#[test]
fn one_more_shows_what_there_is_and_ends_what_is_chosen() {
    let bank = Bank::open(&["--max-sessions", "2"]);
    let (mut first, mut second) = (bank.browser_of("ada"), bank.browser_of("ada"));
    bank.browser_of("ben");
    let mut third = bank.browser();
    let page = third.sign_in("ada", "/billing");
    assert_eq!((page.status, third.token()), (409, None));
    assert!(page.body.contains("You are signed in elsewhere") && page.body.contains("2 times"));
    let handles =
        [first.session(), second.session()].map(|session| session["handle"].as_str().expect("text").to_owned());
    let mut sorted = handles.clone();
    sorted.sort();
    assert_eq!(offered(&page), sorted);

    let again = choose(&mut third, &page, &[]);
    assert_eq!(again.status, 409, "nothing was chosen");
    let nonsense = choose(&mut third, &again, &["nonsense".to_owned()]);
    assert_eq!(nonsense.status, 409);
    let let_in = choose(&mut third, &nonsense, &handles[..1]);
    assert_eq!((let_in.status, let_in.header("location")), (303, Some("/billing")));
    assert_eq!(third.session()["subject"], "ada");
    assert_eq!(second.session()["subject"], "ada");
    let ended = first.get("/");
    assert_eq!(
        ended.header("location"),
        Some("/nightlatch/signed-out?reason=superseded")
    );
}

#[test]
fn several_can_be_ended_at_once() {
    let bank = Bank::open(&["--max-sessions", "2"]);
    for _ in 0..2 {
        bank.browser_of("ada");
    }
    let mut browser = bank.browser();
    let page = browser.sign_in("ada", "/");
    let all = offered(&page);
    assert_eq!(all.len(), 2);
    assert_eq!(choose(&mut browser, &page, &all).status, 303);
    let mut next = bank.browser();
    assert_eq!(next.sign_in("ada", "/").status, 303, "both have ended");
}
