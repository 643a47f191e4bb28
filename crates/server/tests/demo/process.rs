//! Starting and ending.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::bank::{Bank, command};

fn is_empty(directory: &Path) -> bool {
    std::fs::read_dir(directory).expect("a directory").next().is_none()
}

#[test]
fn nothing_is_left_behind() {
    let mut bank = Bank::open(&[]);
    bank.browser_of("ada").get("/");
    assert!(!is_empty(bank.temporary()), "there is a database while it runs");
    assert!(bank.terminate().success());
    assert!(is_empty(bank.temporary()));
}

#[test]
fn it_says_where_everything_is_and_what_to_try() {
    let bank = Bank::open(&[]);
    assert!(bank.api_key.starts_with("nlk_"), "{}", bank.welcome);
    for text in [
        "Ctrl+C",
        "a warning after 25s, and after 45s you are signed out",
        "Billing: the idle limit is 30s",
    ] {
        assert!(bank.welcome.contains(text), "{text}: {}", bank.welcome);
    }
    // The README says that the demo prints the command that shows the audit.
    let audit = bank.welcome.lines().find(|line| line.ends_with(" audit show"));
    let audit = audit.unwrap_or_else(|| panic!("no command that shows the audit: {}", bank.welcome));
    let output = Command::new("sh").args(["-c", audit]).output().expect("a shell");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("REASON"), "{output:?}");
}

#[test]
fn usual_ports_that_are_taken_give_way() {
    // Where somebody else has them, they are just as taken.
    let _bank = TcpListener::bind("127.0.0.1:8700");
    let _management = TcpListener::bind("127.0.0.1:8701");
    let bank = Bank::with_ports(&[]);
    assert_ne!(bank.address.port(), 8700);
    assert_ne!(bank.management.port(), 8701);
    // The origin follows the port.
    let mut browser = bank.browser();
    let form_token = browser.get("/demo/sign-in").field("form_token");
    let origin = format!("http://{}", bank.address);
    let fields = [("form_token", form_token.as_str()), ("person", "ada")];
    assert_eq!(
        browser
            .post_form_with("/demo/sign-in", &fields, &[("Origin", &origin)])
            .status,
        303
    );
}

#[test]
fn a_port_that_was_asked_for_and_is_taken_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    for flag in ["--port", "--management-port"] {
        let other = if flag == "--port" {
            "--management-port"
        } else {
            "--port"
        };
        let temporary = tempfile::tempdir().expect("a directory");
        let output = command(&[flag, &port, other, "0"], temporary.path())
            .output()
            .expect("the binary runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(
            complaint.contains(&port) && complaint.contains("cannot listen"),
            "{complaint}"
        );
        assert!(is_empty(temporary.path()));
    }
}

#[test]
fn limits_that_contradict_each_other_are_told() {
    let temporary = tempfile::tempdir().expect("a directory");
    let output = command(&["--idle", "10s", "--warn-before", "20s"], temporary.path())
        .output()
        .expect("the binary runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{complaint}");
    assert!(
        complaint.contains("warn_before (20s) is not shorter than this idle limit (10s)"),
        "{complaint}"
    );
    for arguments in [
        ["--idle", "45"],
        ["--idle", "off"],
        ["--on-idle", "sleep"],
        ["--port", "70000"],
    ] {
        let output = command(&arguments, temporary.path()).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert!(is_empty(temporary.path()));
}
