//! The head of a request: the request line and the header fields, as RFC 9112 has them and no other way.

use axum::http::{HeaderMap, Version};

use crate::http::header_name::reads_as;

/// What the head says of what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) length: Length,
    /// Whether another protocol may follow.
    pub(super) upgrades: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Bytes(u64),
    Chunked,
}

/// It can be read in several ways, or in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proxy) struct Ambiguous;

/// Fields on which the end of a request depends, or whom it is for. Some servers take other bytes for `-`.
const DECISIVE: [&str; 3] = ["content-length", "host", "transfer-encoding"];

/// Reads a whole head, its empty line included, in which all lines end in CR and LF.
pub(super) fn read(head: &[u8]) -> Result<Head, Ambiguous> {
    let lines = head.strip_suffix(b"\r\n\r\n").ok_or(Ambiguous)?;
    let mut lines = lines.split(|byte| *byte == b'\n').map(|line| {
        let end = line.len() - usize::from(line.ends_with(b"\r"));
        &line[..end]
    });
    let line = RequestLine::read(lines.next().ok_or(Ambiguous)?)?;
    let mut fields = Fields::default();
    for line in lines {
        fields.read(line)?;
    }
    let host = match fields.host {
        None if line.is_1_1 => return Err(Ambiguous),
        host => host.unwrap_or_default(),
    };
    if line
        .authority
        .is_some_and(|authority| !authority.eq_ignore_ascii_case(host))
    {
        return Err(Ambiguous);
    }
    let length = match (fields.length, fields.chunked) {
        (Some(_), true) => return Err(Ambiguous),
        (None, true) if !line.is_1_1 => return Err(Ambiguous),
        (None, true) => Length::Chunked,
        (length, false) => Length::Bytes(length.unwrap_or(0)),
    };
    let empty = length == Length::Bytes(0);
    if fields.upgrades && !empty {
        return Err(Ambiguous);
    }
    Ok(Head {
        length,
        upgrades: fields.upgrades,
    })
}

struct RequestLine<'a> {
    is_1_1: bool,
    /// Of a target that is a whole address.
    authority: Option<&'a [u8]>,
}

impl<'a> RequestLine<'a> {
    fn read(line: &'a [u8]) -> Result<Self, Ambiguous> {
        let mut parts = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Ambiguous);
        };
        let is_1_1 = match version {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            _ => return Err(Ambiguous),
        };
        let plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'#';
        if method.is_empty() || !method.iter().copied().all(is_token) || target.is_empty() || !target.iter().all(plain)
        {
            return Err(Ambiguous);
        }
        Ok(Self {
            is_1_1,
            authority: authority(target)?,
        })
    }
}

fn authority(target: &[u8]) -> Result<Option<&[u8]>, Ambiguous> {
    if target.starts_with(b"/") || target == b"*" {
        return Ok(None);
    }
    let at = target.windows(3).position(|part| part == b"://").ok_or(Ambiguous)?;
    let (scheme, rest) = (&target[..at], &target[at + 3..]);
    if !scheme.eq_ignore_ascii_case(b"http") && !scheme.eq_ignore_ascii_case(b"https") {
        return Err(Ambiguous);
    }
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?'))
        .unwrap_or(rest.len());
    Ok(Some(&rest[..end]))
}

#[derive(Default)]
struct Fields<'a> {
    host: Option<&'a [u8]>,
    length: Option<u64>,
    chunked: bool,
    upgrades: bool,
}

impl<'a> Fields<'a> {
    fn read(&mut self, line: &'a [u8]) -> Result<(), Ambiguous> {
        let colon = line.iter().position(|byte| *byte == b':').ok_or(Ambiguous)?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let plain = |byte: &u8| !byte.is_ascii_control() || *byte == b'\t';
        if name.is_empty() || !name.iter().copied().all(is_token) || !value.iter().all(plain) {
            return Err(Ambiguous);
        }
        self.add(&name.to_ascii_lowercase(), value.trim_ascii())
    }

    fn add(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Ambiguous> {
        match name {
            b"host" if self.host.is_none() => self.host = Some(value),
            b"content-length" if self.length.is_none() => self.length = Some(number(value)?),
            b"transfer-encoding" if !self.chunked && value.eq_ignore_ascii_case(b"chunked") => self.chunked = true,
            b"upgrade" => self.upgrades = true,
            name if DECISIVE.iter().any(|decisive| reads_as(name, decisive)) => return Err(Ambiguous),
            _ => {}
        }
        Ok(())
    }
}

/// The same letter for headers that came in another form than lines: HTTP/2 has no chunks, and no other way to say where a
/// body ends than its length and the end of its stream.
pub(in crate::proxy) fn check(version: Version, headers: &HeaderMap) -> Result<(), Ambiguous> {
    let mut fields = Fields::default();
    for (name, value) in headers {
        fields.add(name.as_str().as_bytes(), value.as_bytes().trim_ascii())?;
    }
    if fields.chunked && version >= Version::HTTP_2 {
        return Err(Ambiguous);
    }
    Ok(())
}

fn number(digits: &[u8]) -> Result<u64, Ambiguous> {
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Ambiguous);
    }
    Ok(digits
        .iter()
        .fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// RFC 9110 section 5.6.2.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(head: &str) -> Result<Head, Ambiguous> {
        read(head.as_bytes())
    }

    fn with(fields: &str) -> Result<Head, Ambiguous> {
        of(&format!("POST /a HTTP/1.1\r\n{fields}\r\n"))
    }

    #[test]
    fn heads_say_what_follows() {
        let body = |length| Head {
            length,
            upgrades: false,
        };
        for (fields, head) in [
            ("Host: a\r\n", body(Length::Bytes(0))),
            ("Host: a\r\nContent-Length: 12\r\n", body(Length::Bytes(12))),
            ("host:a\r\ntransfer-encoding:\tChunked \r\n", body(Length::Chunked)),
            ("Host: a\r\nX: \u{e9}\tb\r\nEmpty:\r\n", body(Length::Bytes(0))),
        ] {
            assert_eq!(with(fields), Ok(head), "{fields:?}");
        }
        assert!(with("Host: a\r\nUpgrade: websocket\r\n").is_ok_and(|head| head.upgrades));
        assert!(of("GET http://A:80/b HTTP/1.1\r\nHost: a:80\r\n\r\n").is_ok());
        assert!(of("GET / HTTP/1.0\r\n\r\n").is_ok());
    }

    #[test]
    fn what_can_be_read_in_several_ways_is_refused() {
        for fields in [
            "",
            "Host: a\r\nHost: a\r\n",
            "Host: a\r\nHost: b\r\n",
            "Host: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n",
            "Host: a\r\nContent-Length: 3, 3\r\n",
            "Host: a\r\nContent-Length: +3\r\n",
            "Host: a\r\nContent-Length: -1\r\n",
            "Host: a\r\nContent-Length: 0x3\r\n",
            "Host: a\r\nContent-Length:\r\n",
            "Host: a\r\nContent-Length: 99999999999999999999\r\n",
            "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n",
            "Host: a\r\nTransfer-Encoding: chunked, identity\r\n",
            "Host: a\r\nTransfer-Encoding: xchunked\r\n",
            "Host: a\r\nTransfer-Encoding: identity\r\n",
            "Host: a\r\nTransfer_Encoding: chunked\r\n",
            "Host: a\r\nContent_Length: 3\r\n",
            "Host: a\r\nContent.Length: 3\r\n",
            "Host: a\r\nContent+Length: 3\r\n",
            "Host: a\r\nTransfer~Encoding: chunked\r\n",
            "Host: a\r\nTransfer`Encoding: chunked\r\n",
            "Host: a\r\nTransfer-Encoding : chunked\r\n",
            "Host: a\r\nTransfer-Encoding: \u{b}chunked\r\n",
            "Host: a\r\n Transfer-Encoding: chunked\r\n",
            "Host: a\r\nX: a\r\n b\r\n",
            "Host: a\r\nX\r\n",
            "Host: a\r\n: x\r\n",
            "Host: a\r\nX: a\0b\r\n",
            "Host: a\r\nX: a\rb: c\r\n",
            "Host: a\r\nX(y): b\r\n",
            "Host: a\r\nUpgrade: websocket\r\nContent-Length: 3\r\n",
        ] {
            assert_eq!(with(fields), Err(Ambiguous), "{fields:?}");
        }
        for line in [
            "GET /a",
            "GET /a HTTP/1.2",
            "GET /a HTTP/2.0",
            "GET /a http/1.1",
            "GET  /a HTTP/1.1",
            "GET /a b HTTP/1.1",
            "GET /a\tb HTTP/1.1",
            "GET /a#b HTTP/1.1",
            "GET /\u{e9} HTTP/1.1",
            " GET /a HTTP/1.1",
            "GET /a HTTP/1.1 ",
            "GET a HTTP/1.1",
            "GET http://b/ HTTP/1.1",
            "GET ftp://a/ HTTP/1.1",
            "CONNECT a:80 HTTP/1.1",
            "G{T /a HTTP/1.1",
            "\r\nGET /a HTTP/1.1",
        ] {
            assert_eq!(of(&format!("{line}\r\nHost: a\r\n\r\n")), Err(Ambiguous), "{line:?}");
        }
        let no_1_1 = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(of(no_1_1), Err(Ambiguous));
    }
}
