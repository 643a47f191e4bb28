//! Whatever a target is, its readings are those that are worked out here in another, plainer way; and none that is accepted
//! hides anything in its escapes.

use std::collections::BTreeSet;

use nightlatch_core::path::Readings;

pub(crate) fn check(data: &[u8]) {
    let Ok(target) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(readings) = Readings::of(target) else {
        return;
    };
    let raw = target.split('?').next().unwrap_or_default();
    let once = decoded(raw.as_bytes());
    nothing_hides(raw, &once);
    nothing_hides(raw, &decoded(&once));

    let once = String::from_utf8(once).expect("what is accepted is UTF-8");
    let canonical = resolved(&once);
    assert_eq!(
        readings.canonical.as_str(),
        format!("/{}", canonical.join("/")),
        "{target:?}"
    );
    let text = format!("/{}", canonical.join("/"));
    let before_query = text.split(['?', '#']).next().unwrap_or_default();
    let mut others: BTreeSet<Vec<String>> = [
        segments(raw),
        segments(&without_parameters(raw)),
        resolved(&String::from_utf8_lossy(&decoded(text.as_bytes()))),
        resolved(before_query),
        resolved(&without_parameters(&text)),
        resolved(&String::from_utf8_lossy(&decoded(without_parameters(raw).as_bytes()))),
    ]
    .into();
    others.remove(&canonical);
    let told = readings.others.iter().map(|path| segments(path.as_str()));
    assert_eq!(told.collect::<BTreeSet<_>>(), others, "{target:?}");
}

/// Decoding brings up nothing that separates paths, and no dot segment that was not resolved.
fn nothing_hides(raw: &str, decoded: &[u8]) {
    let slashes = |bytes: &[u8]| bytes.split(|byte| *byte == b'/').count();
    assert_eq!(slashes(decoded), slashes(raw.as_bytes()), "{raw:?} hides a slash");
    assert!(!decoded.contains(&b'\\'), "{raw:?} hides a backslash");
    assert!(
        !decoded.iter().any(u8::is_ascii_control),
        "{raw:?} hides a control character"
    );
}

/// One pass; what is no escape stays.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes
            .get(at + 1..at + 3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let plain = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match plain.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                decoded.push(byte);
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
        .collect()
}

fn resolved(path: &str) -> Vec<String> {
    let mut resolved = Vec::new();
    for segment in segments(path) {
        if segment == ".." {
            resolved.pop();
        } else if segment != "." {
            resolved.push(segment);
        }
    }
    resolved
}

fn without_parameters(path: &str) -> String {
    let mut inside = false;
    let kept = path.chars().filter(|character| {
        inside = *character == ';' || inside && *character != '/';
        !inside
    });
    kept.collect()
}
