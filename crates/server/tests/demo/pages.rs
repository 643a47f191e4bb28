//! The pages and who sees them.

use crate::bank::Bank;
use crate::browser::Browser;

const PAGES: [(&str, &str); 4] = [
    ("/", "overview"),
    ("/billing", "billing"),
    ("/admin", "admin"),
    ("/upload", "upload"),
];

#[test]
fn every_page_needs_a_session() {
    let bank = Bank::open(&[]);
    for (path, _) in PAGES {
        let answer = bank.browser().get(path);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(format!("/demo/sign-in?next={path}").as_str()))
        );
        assert!(!answer.body.contains("LARC"), "{path} shows something");
        for broken in ["", "x", "=", &"A".repeat(42), &"é".repeat(20)] {
            assert_eq!(
                bank.browser().with_token(broken).get(path).status,
                303,
                "{path} with {broken:?}"
            );
        }
    }
}

#[test]
fn a_token_that_comes_twice_names_nobody() {
    let bank = Bank::open(&[]);
    let browser = bank.browser_of("ada");
    let twice = format!("nightlatch={0}; nightlatch={0}", browser.token().expect("a token"));
    assert_eq!(bank.browser().get_with("/", &[("Cookie", &twice)]).status, 303);
}

#[test]
fn customers_see_their_own_money_and_no_admin_page() {
    let bank = Bank::open(&[]);
    let mut ada = bank.browser_of("ada");
    let overview = ada.get("/");
    assert_eq!(overview.status, 200);
    for text in [
        "Good to see you, Ada",
        "€ 31,904.17",
        "LARC 0042 1187",
        "Salary, Fern &#38; Co",
        "45 seconds",
    ] {
        assert!(overview.body.contains(text), "{text}");
    }
    assert!(
        ada.get("/billing")
            .body
            .contains("<strong>30 seconds</strong> instead of 45 seconds")
    );
    assert!(ada.get("/upload").body.contains("tax-papers.zip"));
    let closed = ada.get("/admin");
    assert_eq!(closed.status, 403);
    assert!(closed.body.contains("This page is for bank staff") && !closed.body.contains("Ben Okoye"));
    assert!(
        !bank.browser_of("ben").get("/").body.contains("LARC 0042"),
        "what is Ada's is not Ben's"
    );
}

#[test]
fn administrators_see_the_customers() {
    let bank = Bank::open(&[]);
    let page = bank.browser_of("chiara").get("/admin");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Ada Larch") && page.body.contains("Ben Okoye"));
}

#[test]
fn the_menu_says_where_one_is() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("chiara");
    for (path, _) in PAGES {
        let page = browser.get(path).body;
        assert_eq!(page.matches("aria-current=\"page\"").count(), 1, "{path}");
        assert!(
            page.contains(&format!("<a href=\"{path}\" aria-current=\"page\">")),
            "{path}"
        );
    }
}

#[test]
fn opening_a_page_is_activity_and_a_prefetch_is_none() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    browser.get("/");
    let deadline = browser.idle_deadline();
    for passive in [
        ("Nightlatch-Activity", "passive"),
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
    ] {
        assert_eq!(browser.get_with("/upload", &[passive]).status, 200);
        assert_eq!(browser.idle_deadline(), deadline, "{passive:?}");
    }
    let moved = |browser: &mut Browser| browser.get("/").status == 200 && browser.idle_deadline() > deadline;
    assert!(
        (0..100).any(|_| moved(&mut browser)),
        "opening a page moves the deadline"
    );
}

#[test]
fn a_stranger_whose_session_a_back_end_made_is_a_customer() {
    let bank = Bank::open(&[]);
    let key = format!("Bearer {}", bank.api_key);
    let headers = [("Authorization", key.as_str()), ("Content-Type", "application/json")];
    let answer = Browser::new(bank.management).send("POST", "/api/v1/sessions", &headers, r#"{"subject":"dora"}"#);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    let page = bank.browser().with_token(&token).get("/");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Good to see you, dora") && page.body.contains("Customer"));
}
