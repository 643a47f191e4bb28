//! What else a server behind a proxy may read in a path, and what no two servers read alike.

mod every;

use std::fmt;

use super::{Path, hex};

/// The readings of one path. A request may pass only where it may under every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readings<'a> {
    /// The one that counts where nothing else is said: canonical (LIFETIME section 1).
    pub canonical: Path<'a>,
    /// The others, where they differ: not decoded and with its dots, and without what follows a semicolon in a segment.
    pub others: Vec<Path<'static>>,
    /// Why there is no certain reading, where only all of them together are one ([`Readings::every`]).
    pub uncertain: Option<Ambiguous>,
}

/// Why a path has no certain reading: servers take it for different pages, or for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ambiguous {
    /// It is no path of this site.
    #[error("a path begins with `/`")]
    NotAbsolute,
    /// A byte that must be escaped stands by itself.
    #[error("the byte 0x{0:02x} is not possible in a path; it must be escaped")]
    Unescaped(u8),
    /// A percent sign without two hexadecimal digits.
    #[error("a `%` is not followed by two hexadecimal digits")]
    MalformedEscape,
    /// An escape hides what separates or ends paths.
    #[error("{0} hides in an escape")]
    Hidden(Hidden),
    /// The escapes are not UTF-8, overlong forms included.
    #[error("the escapes are not UTF-8")]
    NotUtf8,
}

/// What an escape must not stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// `/`
    Slash,
    /// `\`
    Backslash,
    /// NUL, a line end, or another control character.
    Control,
    /// An escape of an escape: who decodes twice reads another path.
    Escape,
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slash => "a slash",
            Self::Backslash => "a backslash",
            Self::Control => "a control character",
            Self::Escape => "another escape",
        })
    }
}

impl<'a> Readings<'a> {
    /// Reads the target of a request: a path, with a query or without.
    pub fn of(target: &'a str) -> Result<Self, Ambiguous> {
        let raw = target.split('?').next().unwrap_or_default();
        if !raw.starts_with('/') {
            return Err(Ambiguous::NotAbsolute);
        }
        let odd = target.bytes().enumerate().find(|(at, byte)| {
            let in_path = *at < raw.len();
            !is_plain(*byte) || in_path && *byte == b'\\'
        });
        if let Some((_, odd)) = odd {
            return Err(Ambiguous::Unescaped(odd));
        }
        if raw.contains('%') {
            check_escapes(raw.as_bytes())?;
        }
        let canonical = Path::canonical(raw);
        let mut others = Vec::new();
        // Nearly every path is canonical as it is sent.
        if canonical.as_str() != raw {
            others.push(Path::as_sent(raw));
        }
        let text = canonical.as_str();
        // Who decodes before looking for the query finds one that was escaped.
        if let Some(end) = text.find(['?', '#']) {
            others.push(Path::resolved(&text[..end]));
        }
        if raw.contains(';') || text.contains(';') {
            others.push(Path::resolved(&without_parameters(text)));
            let plain = without_parameters(raw);
            others.push(Path::canonical(&plain).into_owned());
            others.push(Path::as_sent(&plain));
        }
        others.retain(|other| !other.segments().eq(canonical.segments()));
        others.dedup();
        Ok(Self {
            canonical,
            others,
            uncertain: None,
        })
    }

    /// All of them, the canonical one first.
    pub fn all(&self) -> impl Iterator<Item = &Path<'a>> {
        std::iter::once(&self.canonical).chain(&self.others)
    }

    /// The same for a site that lets pass what [`Readings::of`] refuses: slashes and backslashes in escapes, escapes of escapes,
    /// and escapes that are not UTF-8. The others are then all that any sequence of servers may read, so that a request is
    /// stopped where it is under any of them.
    pub fn every(target: &'a str) -> Result<Self, Ambiguous> {
        let uncertain = match Self::of(target) {
            Ok(readings) => return Ok(readings),
            Err(uncertain @ (Ambiguous::Hidden(_) | Ambiguous::NotUtf8)) => uncertain,
            Err(ambiguous) => return Err(ambiguous),
        };
        let raw = target.split('?').next().unwrap_or_default();
        if has_malformed_escape(raw) {
            return Err(Ambiguous::MalformedEscape);
        }
        let canonical = Path::canonical(raw);
        Ok(Self {
            others: every::others(raw, &canonical).map_err(|_| uncertain)?,
            canonical,
            uncertain: Some(uncertain),
        })
    }
}

/// What RFC 3986 has in paths and queries, and what browsers send besides, such as a backslash in a query: there it separates
/// nothing. A fragment is never sent.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'#'
}

fn check_escapes(raw: &[u8]) -> Result<(), Ambiguous> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let mut byte = *first;
        if byte == b'%' {
            let (digits, after) = after.split_first_chunk::<2>().ok_or(Ambiguous::MalformedEscape)?;
            rest = after;
            byte = escaped(*digits).ok_or(Ambiguous::MalformedEscape)?;
            if let Some(hidden) = hidden(byte) {
                return Err(Ambiguous::Hidden(hidden));
            }
        }
        decoded.push(byte);
    }
    if (0..decoded.len()).any(|at| is_escape(&decoded[at..])) {
        return Err(Ambiguous::Hidden(Hidden::Escape));
    }
    std::str::from_utf8(&decoded).map(drop).map_err(|_| Ambiguous::NotUtf8)
}

fn has_malformed_escape(raw: &str) -> bool {
    let behind = raw.as_bytes().split(|byte| *byte == b'%').skip(1);
    let mut digits = behind.map(|rest| rest.first_chunk().copied().and_then(escaped));
    digits.any(|byte| byte.is_none())
}

fn escaped([high, low]: [u8; 2]) -> Option<u8> {
    Some(hex(high)? << 4 | hex(low)?)
}

fn hidden(byte: u8) -> Option<Hidden> {
    match byte {
        b'/' => Some(Hidden::Slash),
        b'\\' => Some(Hidden::Backslash),
        byte if byte.is_ascii_control() => Some(Hidden::Control),
        _ => None,
    }
}

/// Whether what is decoded once begins with an escape again: `%2e`, or `%u002e` as some servers have it. Who decodes twice
/// reads another path, whatever the escape stands for: a letter of a name that a gate guards, or half of an overlong slash.
fn is_escape(decoded: &[u8]) -> bool {
    let all_hex = |digits: &[u8]| digits.iter().all(|digit| hex(*digit).is_some());
    match decoded {
        [b'%', b'u' | b'U', a, b, c, d, ..] => all_hex(&[*a, *b, *c, *d]),
        [b'%', high, low, ..] => all_hex(&[*high, *low]),
        _ => false,
    }
}

fn without_parameters(path: &str) -> String {
    let names = path
        .split('/')
        .map(|segment| segment.split(';').next().unwrap_or_default());
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(target: &str) -> Vec<String> {
        let readings = Readings::of(target).expect("a path with certain readings");
        let all = std::iter::once(readings.canonical.into_owned()).chain(readings.others);
        all.map(|path| path.as_str().to_owned()).collect()
    }

    #[test]
    fn a_plain_path_has_one_reading() {
        for (target, path) in [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a?b=%2f&c=//", "/a"),
            ("/a?user=CORP\\ada&x=\"<>^`{|}[]'", "/a"),
            ("/a/:b,(c)", "/a/:b,(c)"),
            ("//admin/", "/admin"),
        ] {
            assert_eq!(readings(target), [path], "{target}");
        }
    }

    #[test]
    fn what_servers_may_read_besides_is_told() {
        for (target, all) in [
            ("/x/../admin", &["/admin", "/x/../admin"][..]),
            ("/admin/x/..", &["/admin", "/admin/x/.."]),
            ("/%61dmin", &["/admin", "/%61dmin"]),
            ("/%2e%2e/admin", &["/admin", "/%2e%2e/admin"]),
            ("/admin;x=1/a", &["/admin;x=1/a", "/admin/a"]),
            ("/a/..;/admin", &["/a/..;/admin", "/admin", "/a/../admin"]),
            ("/admin;x/../a", &["/a", "/admin;x/../a", "/admin/../a"]),
            (
                "/a/..%3b/admin",
                &["/a/..;/admin", "/a/..%3b/admin", "/admin", "/a/..%3b/admin"],
            ),
            ("/admin%3fx", &["/admin?x", "/admin%3fx", "/admin"]),
            ("/caf%C3%A9", &["/café", "/caf%C3%A9"]),
            ("/100%25", &["/100%", "/100%25"]),
            ("/100%25/of%25us", &["/100%/of%us", "/100%25/of%25us"]),
        ] {
            assert_eq!(readings(target), all, "{target}");
        }
    }

    #[test]
    fn what_has_no_certain_reading_is_refused() {
        for (target, why) in [
            ("", Ambiguous::NotAbsolute),
            ("admin", Ambiguous::NotAbsolute),
            ("http://a/admin", Ambiguous::NotAbsolute),
            ("*", Ambiguous::NotAbsolute),
            ("/a\\b", Ambiguous::Unescaped(b'\\')),
            ("/a\\b?c\\d", Ambiguous::Unescaped(b'\\')),
            ("/a?b c", Ambiguous::Unescaped(b' ')),
            ("/a#b", Ambiguous::Unescaped(b'#')),
            ("/a b", Ambiguous::Unescaped(b' ')),
            ("/a\r\nb", Ambiguous::Unescaped(b'\r')),
            ("/é", Ambiguous::Unescaped(0xc3)),
            ("/a?b#c", Ambiguous::Unescaped(b'#')),
            ("/%", Ambiguous::MalformedEscape),
            ("/%4", Ambiguous::MalformedEscape),
            ("/%zz", Ambiguous::MalformedEscape),
            ("/%u002f", Ambiguous::MalformedEscape),
            ("/a%2fb", Ambiguous::Hidden(Hidden::Slash)),
            ("/a%5Cb", Ambiguous::Hidden(Hidden::Backslash)),
            ("/a%00", Ambiguous::Hidden(Hidden::Control)),
            ("/a%0d%0a", Ambiguous::Hidden(Hidden::Control)),
            ("/%252e%252e/admin", Ambiguous::Hidden(Hidden::Escape)),
            ("/a%252fb", Ambiguous::Hidden(Hidden::Escape)),
            ("/%25252e", Ambiguous::Hidden(Hidden::Escape)),
            ("/%2561dmin", Ambiguous::Hidden(Hidden::Escape)),
            ("/%25%36%31dmin", Ambiguous::Hidden(Hidden::Escape)),
            ("/a%2544;b", Ambiguous::Hidden(Hidden::Escape)),
            ("/%25u0061dmin", Ambiguous::Hidden(Hidden::Escape)),
            ("/%25U0061dmin", Ambiguous::Hidden(Hidden::Escape)),
            ("/%25%75002fadmin", Ambiguous::Hidden(Hidden::Escape)),
            ("/public/%25u002e%25u002e/admin", Ambiguous::Hidden(Hidden::Escape)),
            ("/%25c0%25afadmin", Ambiguous::Hidden(Hidden::Escape)),
            ("/x/%25e0%2580%25af/admin", Ambiguous::Hidden(Hidden::Escape)),
            ("/caf%25C3%25A9", Ambiguous::Hidden(Hidden::Escape)),
            ("/%c0%ae%c0%ae/admin", Ambiguous::NotUtf8),
            ("/%c0%af", Ambiguous::NotUtf8),
            ("/%ff", Ambiguous::NotUtf8),
        ] {
            assert_eq!(Readings::of(target).map(|_| ()), Err(why), "{target:?}");
        }
    }
}
