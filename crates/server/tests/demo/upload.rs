//! The pieces of an upload.

use crate::bank::Bank;
use crate::browser::{Answer, Browser, SAME_ORIGIN};

const BY_SCRIPT: [(&str, &str); 2] = [SAME_ORIGIN, ("Nightlatch", "1")];
const PIECE: usize = 16 * 1024;

fn send(browser: &mut Browser, chunk: &str, bytes: usize) -> Answer {
    browser.send(
        "POST",
        &format!("/demo/upload?chunk={chunk}"),
        &BY_SCRIPT,
        &"\u{0}".repeat(bytes),
    )
}

#[test]
fn pieces_are_taken_and_are_no_activity() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    browser.get("/upload");
    let deadline = browser.idle_deadline();
    for chunk in ["0", "1", "44"] {
        assert_eq!(send(&mut browser, chunk, PIECE).status, 204);
    }
    assert_eq!(browser.idle_deadline(), deadline);
}

#[test]
fn a_piece_needs_a_live_session() {
    let bank = Bank::open(&["--idle", "1s"]);
    let answer = send(&mut bank.browser(), "0", PIECE);
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (401, Some("none")));
    let mut browser = bank.browser_of("ada");
    browser.wait_for("ended");
    let answer = send(&mut browser, "1", PIECE);
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (401, Some("idle")));
    assert!(answer.json()["ended_at"].is_i64());
}

#[test]
fn a_locked_session_uploads_nothing() {
    let bank = Bank::open(&["--idle", "1s", "--on-idle", "lock", "--absolute", "5m"]);
    let mut browser = bank.browser_of("ada");
    browser.wait_for("locked");
    let answer = send(&mut browser, "0", PIECE);
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (401, Some("locked")));
}

#[test]
fn only_a_script_of_this_origin_sends_pieces() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    for headers in [
        &[][..],
        &[SAME_ORIGIN],
        &[("Nightlatch", "1")],
        &[("Sec-Fetch-Site", "cross-site"), ("Nightlatch", "1")],
        &[("Origin", "http://evil.example"), ("Nightlatch", "1")],
    ] {
        assert_eq!(
            browser.send("POST", "/demo/upload?chunk=0", headers, "x").status,
            403,
            "{headers:?}"
        );
    }
}

#[test]
fn what_is_no_piece_is_refused() {
    let bank = Bank::open(&[]);
    let mut browser = bank.browser_of("ada");
    for chunk in ["", "x", "-1", "4294967296"] {
        assert_eq!(send(&mut browser, chunk, 1).status, 400, "{chunk:?}");
    }
    assert_eq!(send(&mut browser, "0", 70_000).status, 413);
}
