//! Canonical paths and the patterns they are held against.

/// A path as the segments that count. Bytes, because an escape may stand for any byte.
pub(crate) type Segments = Vec<Vec<u8>>;

/// Query and fragment dropped, decoded once, then split; empty, `.` and `..` segments resolved.
pub(crate) fn canonical(path: &str) -> Segments {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut segments = Segments::new();
    for segment in decoded(path.as_bytes()).split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(segments.pop()),
            _ => segments.push(segment.to_vec()),
        }
    }
    segments
}

fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (bytes[at], digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte"));
                at += 3;
            }
            (byte, ..) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
}

/// The segments of a pattern as they are written; `/` alone has none.
pub(crate) fn pattern(text: &str) -> Result<Vec<String>, String> {
    let rest = text
        .strip_prefix('/')
        .ok_or_else(|| format!("pattern {text:?} does not start with /"))?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let segments: Vec<String> = rest.split('/').map(str::to_owned).collect();
    match segments
        .iter()
        .find(|segment| segment.contains('*') && *segment != "*" && *segment != "**")
    {
        Some(segment) => Err(format!("a star inside {segment:?}")),
        None => Ok(segments),
    }
}

/// Tries every way in which `**` may stand for segments.
pub(crate) fn matches(pattern: &[String], path: &[Vec<u8>]) -> bool {
    let Some((first, rest)) = pattern.split_first() else {
        return path.is_empty();
    };
    if first == "**" {
        return (0..=path.len()).any(|taken| matches(rest, &path[taken..]));
    }
    let fits = path
        .first()
        .is_some_and(|segment| first == "*" || first.as_bytes() == segment);
    fits && matches(rest, &path[1..])
}
