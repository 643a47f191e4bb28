//! Signing in and out, and changing hands.

use crate::bank::Bank;

#[test]
fn a_person_signs_in_and_lands_where_they_wanted_to_go() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser();
    let away = browser.get("/billing");
    assert_eq!(
        (away.status, away.header("location")),
        (303, Some("/demo/sign-in?next=/billing"))
    );

    let door = browser.get("/demo/sign-in?next=/billing");
    assert_eq!(door.status, 200);
    for name in ["Who is at the door?", "Ada Larch", "Ben Okoye", "Chiara Rossi"] {
        assert!(door.body.contains(name), "{name}");
    }
    assert_eq!(door.field("next"), "/billing");
    assert_eq!(browser.token(), None, "looking at the door makes no session");

    let answer = browser.sign_in("ada", &door.field("next"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/billing")));
    let page = browser.get("/billing");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Ada Larch"));
    let session = browser.session();
    assert_eq!(
        (session["subject"].as_str(), session["application"].as_str()),
        (Some("ada"), Some("bank"))
    );
}

#[test]
fn another_person_supersedes() {
    let bank = Bank::open(&[]);
    let ada = bank.browser_of("ada");
    let mut browser = ada.clone();
    browser.sign_in("ben", "/");
    assert_eq!(browser.session()["subject"], "ben");
    assert_ne!(browser.token(), ada.token());
    let old = ada.with_token(ada.token().expect("a token")).get("/");
    assert_eq!(
        (old.status, old.header("location")),
        (303, Some("/nightlatch/signed-out?reason=superseded"))
    );
}

#[test]
fn the_same_person_keeps_the_session_and_gets_a_new_token() {
    let bank = Bank::open(&[]);
    let mut before = bank.browser_of("ada");
    let mut after = before.clone();
    let door = after.get("/demo/sign-in");
    assert!(door.body.contains("Continue as Ada Larch"));
    assert!(
        !door.body.contains("<script"),
        "the news of an end would overtake a sign-in on its way"
    );
    after.sign_in("ada", "/");
    let handle = after.session()["handle"].clone();
    assert_ne!(after.token(), before.token());
    assert_eq!(
        before.get("/nightlatch/session").status,
        401,
        "the old token is worth nothing"
    );
    assert_eq!(before.get("/").header("location"), Some("/demo/sign-in?next=/"));
    let key = format!("Bearer {}", bank.api_key);
    let listed = crate::browser::Browser::new(bank.management).get_with("/api/v1/sessions", &[("Authorization", &key)]);
    assert_eq!(
        listed.body.matches(handle.as_str().expect("a handle")).count(),
        1,
        "{}",
        listed.body
    );
}

#[test]
fn a_planted_token_is_never_taken_over() {
    let bank = Bank::open(&[]);
    let planted = "A".repeat(43);
    let mut browser = bank.browser().with_token(&planted);
    assert_eq!(browser.get("/").header("location"), Some("/demo/sign-in?next=/"));
    browser.sign_in("ada", "/");
    assert_ne!(browser.token(), Some(planted.as_str()));
    assert_eq!(browser.get("/").status, 200);
    assert_eq!(bank.browser().with_token(&planted).get("/").status, 303);
}

#[test]
fn a_live_token_of_somebody_else_does_not_survive_a_sign_in() {
    let bank = Bank::open(&[]);
    let attacker = bank.browser_of("ben");
    let token = attacker.token().expect("a token").to_owned();
    let mut victim = bank.browser().with_token(&token);
    victim.sign_in("ada", "/");
    assert_eq!(victim.session()["subject"], "ada");
    assert_eq!(attacker.with_token(&token).get("/").status, 303);
}

#[test]
fn signing_out_by_form_needs_the_token_of_the_page() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    let page = browser.get("/");
    assert_eq!(
        browser.post_form("/nightlatch/sign-out", &[("csrf", "guessed")]).status,
        403
    );
    assert_eq!(browser.get("/").status, 200);
    let answer = browser.post_form("/nightlatch/sign-out", &[("csrf", &page.field("csrf"))]);
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/nightlatch/signed-out?reason=user"))
    );
    assert_eq!(browser.token(), None);
    assert_eq!(browser.get("/").header("location"), Some("/demo/sign-in?next=/"));
}

#[test]
fn sign_in_again_on_the_signed_out_page_leads_in_and_back_to_the_page() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    for (page, says_where, expected) in [
        ("/billing?month=3", true, "/billing?month=3"),
        ("/billing", true, "/billing"),
        ("/", false, "/"),
    ] {
        let csrf = browser.get(page).field("csrf");
        let gone = browser.post_form("/nightlatch/sign-out", &[("csrf", &csrf)]);
        let address = format!("http://{}{page}", bank.address);
        let headers: &[(&str, &str)] = if says_where { &[("Referer", &address)] } else { &[] };
        let signed_out = browser.get_with(gone.header("location").expect("a way"), headers);
        let (_, link) = signed_out.body.split_once("id=\"way-in\" href=\"").expect("a link");
        let link = link.split('"').next().expect("an address").replace("&#38;", "&");
        let door = browser.get(&link);
        assert_eq!((door.status, door.field("next").as_str()), (200, expected), "{link}");
        let fields = [
            ("form_token", door.field("form_token")),
            ("next", door.field("next")),
            ("person", "ada".to_owned()),
        ];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = browser.post_form("/demo/sign-in", &fields);
        assert_eq!((answer.status, answer.header("location")), (303, Some(expected)));
        assert_eq!(browser.get(expected).status, 200);
    }
    let door = browser.get("/demo/sign-in?return_to=https://evil.example/billing");
    assert_eq!(door.field("next"), "/", "nobody is led elsewhere");
}
