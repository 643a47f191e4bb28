//! Paths whose escapes hide what tells paths apart: whatever a chain of servers makes of one is among its readings.

use nightlatch_core::path::{Ambiguous, Hidden, PathPattern, Readings};
use proptest::prelude::*;

/// What one server of a chain does to a path, written down once more in another way than in the library.
#[derive(Clone, Copy, Debug)]
enum Server {
    Decodes,
    DecodesAllBut(char),
    TakesBackslashForSlash,
    DropsParameters,
    LooksForTheQuery,
    ResolvesDots,
    BelievesOverlongUtf8,
}

impl Server {
    fn reads(self, path: &[u8]) -> Vec<u8> {
        match self {
            Self::Decodes => replace_escapes(path, |_| true),
            Self::DecodesAllBut(kept) => replace_escapes(path, |byte| char::from(byte) != kept),
            Self::TakesBackslashForSlash => path.iter().map(|byte| if *byte == 92 { 47 } else { *byte }).collect(),
            Self::DropsParameters => {
                let mut inside = false;
                let mut kept = path.to_vec();
                kept.retain(|byte| {
                    inside = *byte == b';' || inside && *byte != b'/';
                    !inside
                });
                kept
            }
            Self::LooksForTheQuery => path.iter().copied().take_while(|byte| !b"?#".contains(byte)).collect(),
            Self::ResolvesDots => {
                let mut names: Vec<&[u8]> = Vec::new();
                for name in path.split(|byte| *byte == b'/') {
                    if name == b".." {
                        names.pop();
                    } else if name != b"." && !name.is_empty() {
                        names.push(name);
                    }
                }
                names.iter().flat_map(|name| [b"/", *name].concat()).collect()
            }
            Self::BelievesOverlongUtf8 => {
                let slash: &[&[u8]] = &[b"\xc0\xaf", b"\xc0\x2f", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf"];
                let dot: &[&[u8]] = &[b"\xc0\xae", b"\xc0\x2e", b"\xe0\x80\xae", b"\xf0\x80\x80\xae"];
                let read = slash
                    .iter()
                    .fold(path.to_vec(), |read, bytes| replace(&read, bytes, b'/'));
                dot.iter().fold(read, |read, bytes| replace(&read, bytes, b'.'))
            }
        }
    }
}

fn replace_escapes(path: &[u8], wanted: impl Fn(u8) -> bool) -> Vec<u8> {
    let (mut read, mut at) = (Vec::new(), 0);
    while at < path.len() {
        let digits = path
            .get(at + 1..at + 3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.chars().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = byte.filter(|byte| path[at] == b'%' && wanted(*byte)) {
            read.push(byte);
            at += 3;
        } else {
            read.push(path[at]);
            at += 1;
        }
    }
    read
}

fn replace(path: &[u8], bytes: &[u8], by: u8) -> Vec<u8> {
    let (mut read, mut rest) = (Vec::new(), path);
    while let [first, after @ ..] = rest {
        if let Some(after) = rest.strip_prefix(bytes) {
            read.push(by);
            rest = after;
        } else {
            read.push(*first);
            rest = after;
        }
    }
    read
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

fn chain() -> impl Strategy<Value = Vec<Server>> {
    let server = prop_oneof![
        4 => Just(Server::Decodes),
        1 => Just(Server::DecodesAllBut('/')),
        1 => Just(Server::DecodesAllBut('\\')),
        1 => Just(Server::TakesBackslashForSlash),
        1 => Just(Server::DropsParameters),
        1 => Just(Server::LooksForTheQuery),
        2 => Just(Server::ResolvesDots),
        1 => Just(Server::BelievesOverlongUtf8),
    ];
    prop::collection::vec(server, 0..8)
}

/// Paths of the pieces that attacks are made of, escaped up to three times.
fn target() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        "admin", "a", "b", "..", ".", "/", "/", ";x", "%25", "%E9", "%2e", "%3b", "%3F", "%c0%af", "%c0%2f",
    ]);
    let hidden = (prop::sample::select(vec!["2f", "2F", "5c", "2e", "61"]), 0usize..3)
        .prop_map(|(code, deep)| format!("%{}{code}", "25".repeat(deep)));
    let piece = prop_oneof![3 => plain.prop_map(str::to_owned), 2 => hidden];
    prop::collection::vec(piece, 1..9).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_any_chain_of_servers_reads_is_among_the_readings(target in target(), chain in chain()) {
        let Ok(readings) = Readings::every(&target) else { return Ok(()) };
        prop_assume!(readings.uncertain.is_some());
        let read = chain.iter().fold(target.clone().into_bytes(), |path, server| server.reads(&path));
        let read = String::from_utf8_lossy(&read).into_owned();
        let known = readings.all().any(|reading| segments(reading.as_str()) == segments(&read));
        prop_assert!(known, "{target} as {read} by {chain:?}: {readings:?}");
    }

    #[test]
    fn what_has_certain_readings_has_the_same_without_the_switch(target in target()) {
        if let Ok(certain) = Readings::of(&target) {
            prop_assert_eq!(Readings::every(&target), Ok(certain));
        }
    }
}

#[test]
fn what_applications_need_has_readings() {
    for (target, as_sent, decoded) in [
        (
            "/api/v4/projects/group%2Fproject",
            "/api/v4/projects/group%2Fproject",
            "/api/v4/projects/group/project",
        ),
        (
            "/job/x/job/feature%252Fy/",
            "/job/x/job/feature%252Fy",
            "/job/x/job/feature/y",
        ),
        ("/api/queues/%2F/name", "/api/queues/%2F/name", "/api/queues/name"),
        ("/@scope%2fname", "/@scope%2fname", "/@scope/name"),
        ("/share/a%5Cb", "/share/a%5Cb", "/share/a/b"),
        ("/caf%E9/menu", "/caf%E9/menu", "/café/menu"),
    ] {
        let readings = Readings::every(target).expect("readings");
        for expected in [as_sent, decoded] {
            assert!(
                readings.all().any(|path| segments(path.as_str()) == segments(expected)),
                "{target} as {expected}: {readings:?}"
            );
        }
    }
}

/// A gate or an open path looks at all of them.
#[test]
fn what_leads_somewhere_else_under_one_reading_is_seen() {
    let admin: PathPattern = "/admin/**".parse().expect("a pattern");
    for target in [
        "/public%2f..%2fadmin",
        "/public/%252e%252e%252fadmin",
        "/public%5c..%5cadmin",
        "/public/..%c0%afadmin",
        "/public/..%c0%2fadmin",
        "/public/%25252e%25252e/admin%2f",
        "/admin%2fusers",
        "/admin%3b%2fx",
        "/x%2f..;y/..%2fadmin",
    ] {
        let readings = Readings::every(target).expect("readings");
        assert!(readings.all().any(|path| admin.matches(path)), "{target}: {readings:?}");
    }
    let one: PathPattern = "/admin/*".parse().expect("a pattern");
    let readings = Readings::every("/%61dmin/group%2Fx").expect("readings");
    assert!(readings.all().any(|path| one.matches(path)), "{readings:?}");
}

#[test]
fn what_no_two_servers_read_alike_stays_refused() {
    let deep = format!("/%{}2f", "25".repeat(200));
    let long = format!("/{}%2f", "a".repeat(3000));
    for target in [
        "admin",
        "/a%2",
        "/a%zz%2f",
        "/%u002f",
        "/a%2f%00",
        "/a%2f%0d",
        "/a%252f%2500",
        "/a%2f%25u0061",
        "/a%2f%c0%80",
        "/a%2f\\",
        &deep,
        &long,
    ] {
        assert!(Readings::every(target).is_err(), "{target}");
    }
    assert_eq!(
        Readings::of("/a%2fb").map(|_| ()),
        Err(Ambiguous::Hidden(Hidden::Slash)),
        "without the switch nothing changes"
    );
}
