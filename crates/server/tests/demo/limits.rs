//! What happens at the limits, waited for as the pages wait: by listening.

use crate::bank::Bank;

/// The gate's limit is two thirds of the idle limit, so the warning comes as soon as the gate would ask.
const AWAY_AT_THE_WARNING: [&str; 4] = ["--idle", "3s", "--warn-before", "1s"];

/// Without a warning in between a session is active or locked.
const LOCKING: [&str; 6] = ["--idle", "2s", "--warn-before", "0s", "--on-idle", "lock"];

#[test]
fn whoever_was_away_is_asked_again_before_the_admin_page() {
    let bank = Bank::open(&AWAY_AT_THE_WARNING);
    let mut browser = bank.browser_of("chiara");
    assert_eq!(browser.get("/admin").status, 200);
    let mut before = browser.clone();
    browser.wait_for("warning");
    let gate = browser.get("/admin");
    assert_eq!(
        (gate.status, gate.header("location")),
        (303, Some("/demo/sign-in?mode=confirm&next=/admin"))
    );

    assert_eq!(browser.get("/").status, 200, "the rest of the bank does not ask");
    assert_eq!(browser.get("/admin").status, 303, "having been away is not forgotten");
    let door = browser.get("/demo/sign-in?mode=confirm&next=/admin");
    for text in [
        "Confirm it is you",
        "Continue as Chiara Rossi",
        "This ends the session of Chiara Rossi",
    ] {
        assert!(door.body.contains(text), "{text}");
    }
    let answer = browser.sign_in("chiara", &door.field("next"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/admin")));
    assert_eq!(browser.get("/admin").status, 200);
    assert_ne!(browser.token(), before.token(), "a confirmation changes the token");
    assert_eq!(before.get("/").status, 303);
}

#[test]
fn somebody_else_at_the_confirmation_starts_anew() {
    let bank = Bank::open(&AWAY_AT_THE_WARNING);
    let mut browser = bank.browser_of("chiara");
    let mut chiara = browser.clone();
    browser.wait_for("warning");
    assert_eq!(browser.get("/admin").status, 303);
    browser.sign_in("ada", "/admin");
    assert_eq!(browser.get("/admin").status, 403);
    assert_eq!(
        chiara.get("/").header("location"),
        Some("/nightlatch/signed-out?reason=superseded")
    );
}

#[test]
fn whoever_comes_back_after_the_end_learns_why() {
    let bank = Bank::open(&["--idle", "1s"]);
    let mut browser = bank.browser_of("ada");
    browser.wait_for("ended");
    for path in ["/", "/billing", "/admin"] {
        let answer = browser.get(path);
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/nightlatch/signed-out?reason=idle"))
        );
    }
    let page = browser.get("/nightlatch/signed-out?reason=idle");
    assert!(page.body.contains("nobody was there") && page.body.contains("href=\"/demo/sign-in\""));
    browser.sign_in("ada", "/");
    assert_eq!(browser.get("/").status, 200);
}

#[test]
fn the_absolute_limit_ends_a_session_at_work() {
    let bank = Bank::open(&["--idle", "30s", "--absolute", "1s", "--warn-before", "0s"]);
    let mut browser = bank.browser_of("ada");
    browser.wait_for("ended");
    assert_eq!(
        browser.get("/").header("location"),
        Some("/nightlatch/signed-out?reason=absolute")
    );
}

#[test]
fn a_locked_session_waits_for_its_person() {
    let bank = Bank::open(&["--idle", "1s", "--on-idle", "lock", "--absolute", "5m"]);
    let mut browser = bank.browser_of("ada");
    assert!(browser.get("/").body.contains("the session locks"));
    browser.wait_for("locked");
    let answer = browser.get("/billing");
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/demo/sign-in?mode=unlock&next=/billing"))
    );
    // The page of a locked session says so however it was reached.
    let door = browser.get("/demo/sign-in?next=/billing");
    assert!(door.body.contains("Locked while you were away") && door.body.contains("Continue as Ada Larch"));
    let answer = browser.sign_in("ada", "/billing");
    assert_eq!(answer.header("location"), Some("/billing"));
    assert_eq!(browser.get("/billing").status, 200);
}

#[test]
fn a_lock_opens_in_every_tab_when_its_person_signs_in_in_one() {
    let bank = Bank::open(&LOCKING);
    let mut browser = bank.browser_of("ada");
    let session = browser.session();
    assert_eq!(session["sign_in_url"], "/demo/sign-in");
    let mut tab = browser.listen();
    assert!(tab.any(|(event, _)| event == "locked"));
    let old = browser.clone();
    browser.sign_in("ada", "/");
    let (event, told) = tab.next().expect("an event");
    assert_eq!((event.as_str(), &told["phase"]), ("lifetime", &"active".into()));
    assert_eq!(told["handle"], session["handle"], "it is the same session");
    assert_ne!(browser.token(), old.token());
    assert_eq!(browser.session()["handle"], session["handle"]);
}

#[test]
fn a_lock_that_somebody_else_opens_ends_the_session_in_every_tab() {
    let bank = Bank::open(&LOCKING);
    let mut browser = bank.browser_of("ada");
    let mut tab = browser.listen();
    assert!(tab.any(|(event, _)| event == "locked"));
    browser.sign_in("ben", "/");
    let (event, told) = tab.next().expect("an event");
    assert_eq!((event.as_str(), &told["reason"]), ("ended", &"superseded".into()));
    assert_eq!(browser.session()["subject"], "ben");
}
