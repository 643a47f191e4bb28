//! What some server or other may read in a path. This is wider than what nightlatch reads, and written without it: it is what
//! nightlatch is compared with.

use std::collections::HashSet;

/// How often servers in a row may decode, tidy up or cut.
const PASSES: usize = 4;

/// Whether somebody may take the target for `gate` or a page below it.
pub(super) fn may_be_read_as(target: &str, gate: &str) -> bool {
    let mut known: HashSet<String> = HashSet::new();
    let mut new = vec![path_of(target)];
    for _ in 0..=PASSES {
        let found: Vec<String> = new.into_iter().filter(|path| known.insert(path.clone())).collect();
        new = found
            .iter()
            .flat_map(|path| STEPS.iter().map(|step| step(path)))
            .collect();
    }
    known.iter().any(|path| is_below(path, gate))
}

const STEPS: [fn(&str) -> String; 7] = [
    decoded,
    widely_decoded,
    resolved,
    |path| path.replace('\\', "/"),
    without_parameters,
    |path| path.split('\0').next().unwrap_or_default().to_owned(),
    shortest_form,
];

/// Without query and fragment, and without scheme and host.
fn path_of(target: &str) -> String {
    let target = target.split(['?', '#']).next().unwrap_or_default();
    let path = target
        .split_once("://")
        .map_or(target, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    path.to_owned()
}

fn is_below(path: &str, gate: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut gate = gate.split('/').filter(|segment| !segment.is_empty());
    gate.all(|name| segments.next() == Some(name))
}

/// Once; what is no escape stays. Characters are bytes here.
fn decoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let escaped = rest.strip_prefix('%').and_then(|digits| digits.get(..2));
        let byte = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (character, length) = byte.map_or_else(|| (first, first.len_utf8()), |byte| (char::from(byte), 3));
        text.push(character);
        rest = &rest[length..];
    }
    text
}

/// Escapes of sixteen bits, as some servers have them: `%u002e`.
fn widely_decoded(path: &str) -> String {
    let mut parts = path.split("%u");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let character = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match character.and_then(char::from_u32) {
            Some(character) => format!("{text}{character}{}", &part[4..]),
            None => format!("{text}%u{part}"),
        }
    })
}

fn resolved(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    format!("/{}", segments.join("/"))
}

fn without_parameters(path: &str) -> String {
    let names = path
        .split('/')
        .map(|segment| segment.split(';').next().unwrap_or_default());
    names.collect::<Vec<_>>().join("/")
}

/// Overlong UTF-8 of ASCII, as decoders read it that do not check.
fn shortest_form(path: &str) -> String {
    let bytes: Vec<u32> = path.chars().map(u32::from).collect();
    let mut text = String::with_capacity(path.len());
    let mut rest = bytes.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let follow = match first {
            0xc0 | 0xc1 => 1,
            0xe0 => 2,
            0xf0 => 3,
            _ => 0,
        };
        let (tail, beyond) = after.split_at(follow.min(after.len()));
        let value = tail.iter().fold(first & 0x1f, |value, byte| value << 6 | byte & 0x3f);
        let overlong = follow > 0 && tail.len() == follow && value < 0x80;
        let (value, beyond) = if overlong { (value, beyond) } else { (*first, after) };
        text.push(char::from_u32(value).unwrap_or_default());
        rest = beyond;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_which_somebody_reads_it_counts() {
        for target in [
            "/admin",
            "//admin/x",
            "/x/../admin",
            "/%61dmin",
            "/%2561dmin",
            "/x%2f..%2fadmin",
            "/x\\..\\admin",
            "/admin;x",
            "/x/..;/admin",
            "/admin%00.css",
            "/x/\u{c0}\u{ae}\u{c0}\u{ae}/admin",
            "/%c0%afadmin",
            "http://h/admin?x",
            "/admin/..",
            "/admin#x",
            "/x/%252e%252e%255cadmin",
            "/%u0061dmin",
            "/%25u0061dmin",
            "/x/%25u002e%25u002e/admin",
            "/%25c0%25afadmin",
        ] {
            assert!(may_be_read_as(target, "/admin"), "{target}");
        }
        for target in [
            "/",
            "/administrators",
            "/x/admin",
            "/x?/admin",
            "/Admin",
            "/x#/admin",
            "*",
        ] {
            assert!(!may_be_read_as(target, "/admin"), "{target}");
        }
    }
}
