//! Every path that some server may make of one in which escapes hide what tells paths apart.
//!
//! Servers decode a path not at all, once, or as often as anything is left to decode; before or after they look for dots,
//! parameters and the query; and one server after another does so. Each of these is a step here, and the readings are all that
//! any sequence of steps leads to: there is no order of servers whose reading is missing.

use super::{Ambiguous, Hidden, escaped};
use crate::path::Path;

/// Longer paths with such escapes are refused: nobody needs them, and every reading is worked out.
const LONGEST: usize = 2048;
/// More than any path has that is meant honestly.
const MOST: usize = 128;

/// What a server may do to a path.
type Step = fn(&[u8]) -> Vec<u8>;

const STEPS: [Step; 11] = [
    |path| decode(path, b""),
    // A server that keeps what separates segments, to route by, may decode all the rest.
    |path| decode(path, b"/"),
    |path| decode(path, b"\\"),
    |path| decode(path, b"/\\"),
    |path| {
        path.iter()
            .map(|byte| if *byte == b'\\' { b'/' } else { *byte })
            .collect()
    },
    |path| shortened_utf8(path, b""),
    |path| shortened_utf8(path, b"/\\."),
    |path| shortened_utf8(path, b"/\\.%;?#"),
    without_parameters,
    until_query,
    resolved,
];

/// Every reading of a path but the canonical one.
pub(super) fn others(raw: &str, canonical: &Path<'_>) -> Result<Vec<Path<'static>>, Ambiguous> {
    if raw.len() > LONGEST {
        return Err(Ambiguous::Hidden(Hidden::Escape));
    }
    let mut found = vec![raw.as_bytes().to_vec()];
    let mut at = 0;
    while let Some(path) = found.get(at).cloned() {
        at += 1;
        refuse_what_none_reads_alike(&path)?;
        for step in STEPS {
            let next = step(&path);
            if !found.contains(&next) {
                found.push(next);
            }
        }
        if found.len() > MOST {
            return Err(Ambiguous::Hidden(Hidden::Escape));
        }
    }
    let mut others: Vec<Path<'static>> = Vec::new();
    for text in found.iter().flat_map(|bytes| texts(bytes)) {
        let path = Path::as_sent(&text);
        let is_known = |known: &Path<'_>| known.segments().eq(path.segments());
        if !is_known(canonical) && !others.iter().any(is_known) {
            others.push(path);
        }
    }
    Ok(others)
}

/// What ends a path for some, and the escapes of a single kind of server, are never let pass.
fn refuse_what_none_reads_alike(path: &[u8]) -> Result<(), Ambiguous> {
    if path.iter().any(u8::is_ascii_control) {
        return Err(Ambiguous::Hidden(Hidden::Control));
    }
    let is_wide = |six: &[u8]| {
        six.starts_with(b"%") && six[1].eq_ignore_ascii_case(&b'u') && six[2..].iter().all(u8::is_ascii_hexdigit)
    };
    if path.windows(6).any(is_wide) {
        return Err(Ambiguous::Hidden(Hidden::Escape));
    }
    Ok(())
}

/// As UTF-8 and, where it is none, as Latin-1.
fn texts(bytes: &[u8]) -> Vec<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => vec![text.to_owned()],
        Err(_) => vec![
            String::from_utf8_lossy(bytes).into_owned(),
            bytes.iter().copied().map(char::from).collect(),
        ],
    }
}

/// Decodes once. What is no escape stays as it is, and so do the escapes of what is `kept`.
fn decode(path: &[u8], kept: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let byte = (*first == b'%')
            .then(|| after.first_chunk().copied().and_then(escaped))
            .flatten();
        match byte.filter(|byte| !kept.contains(byte)) {
            Some(byte) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            None => decoded.push(*first),
        }
    }
    decoded
}

/// What a decoder makes of UTF-8 that does not look whether a sequence is longer than it need be: `C0 AF` is a slash to it. One that
/// does not look either whether the bytes that follow may follow takes `C0 2F` for a slash as well: `careless` says for what.
fn shortened_utf8(path: &[u8], careless: &[u8]) -> Vec<u8> {
    let mut read = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        let (more, bits) = match first {
            0xc0..=0xdf => (1, first & 0x1f),
            0xe0..=0xef => (2, first & 0x0f),
            0xf0..=0xf7 => (3, first & 0x07),
            _ => (0, 0),
        };
        match after.get(..more).and_then(|following| ascii(bits, following, careless)) {
            Some(ascii) if more > 0 => {
                read.push(ascii);
                rest = &after[more..];
            }
            _ => {
                read.push(*first);
                rest = after;
            }
        }
    }
    read
}

/// What a sequence stands for, where that is ASCII.
fn ascii(bits: u8, following: &[u8], careless: &[u8]) -> Option<u8> {
    let code = following
        .iter()
        .fold(u32::from(bits), |code, byte| code << 6 | u32::from(byte & 0x3f));
    let byte = u8::try_from(code).ok().filter(u8::is_ascii)?;
    let may_follow = following.iter().all(|byte| byte >> 6 == 0b10);
    (may_follow || careless.contains(&byte)).then_some(byte)
}

fn without_parameters(path: &[u8]) -> Vec<u8> {
    let names = path
        .split(|byte| *byte == b'/')
        .map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default());
    names.collect::<Vec<_>>().join(&b'/')
}

/// For who decodes before looking for the query.
fn until_query(path: &[u8]) -> Vec<u8> {
    path.split(|byte| matches!(byte, b'?' | b'#'))
        .next()
        .unwrap_or_default()
        .to_vec()
}

fn resolved(path: &[u8]) -> Vec<u8> {
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    [b"/", &*segments.join(&b'/')].concat()
}
