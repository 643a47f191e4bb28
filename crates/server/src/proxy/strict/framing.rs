//! Where requests begin and end on a connection.

use super::chunks::{Chunks, Then};
use super::head::{self, Length};

/// What HTTP/2 begins with (RFC 9113 section 3.4), up to its first empty line.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";
/// No parser takes it, for a head or within chunks.
const REFUSED: &[u8] = b"\0\r\n\r\n";

/// The state of a connection.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    header_limit: usize,
    first: bool,
}

#[derive(Debug)]
enum State {
    /// Collected until it is whole.
    Head(Collected),
    /// Bytes of a body that are still to come.
    Sized(u64),
    Chunked(Chunks),
    /// HTTP/2, or another protocol that was agreed on.
    Through,
    /// Nothing more is handed on.
    Refused,
}

impl Framing {
    pub(super) fn new(header_limit: usize) -> Self {
        Self {
            state: State::Head(Collected::default()),
            header_limit,
            first: true,
        }
    }

    /// How many bytes may pass unseen, where any may.
    pub(super) fn plain(&self) -> Option<u64> {
        match self.state {
            State::Sized(left) => Some(left),
            State::Through => Some(u64::MAX),
            State::Head(_) | State::Chunked(_) | State::Refused => None,
        }
    }

    /// Whether the first head is to come, or the rest of it.
    pub(super) fn awaits_first_head(&self) -> bool {
        self.first && matches!(self.state, State::Head(_))
    }

    /// So many bytes have passed unseen.
    pub(super) fn passed(&mut self, bytes: u64) {
        if let State::Sized(left) = &mut self.state {
            *left = left.saturating_sub(bytes);
            if *left == 0 {
                self.state = State::Head(Collected::default());
            }
        }
    }

    /// Looks at what has come, and puts into `out` what may be handed on.
    pub(super) fn look_at(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Head(collected) => {
                    let (used, found) = collected.add(bytes);
                    bytes = bytes.get(used..).unwrap_or_default();
                    match found {
                        Found::Part => self.pass_on_too_long(out),
                        Found::Whole => self.look_at_head(out),
                        Found::OddLineEnd => self.refuse(out),
                    }
                }
                State::Sized(left) => {
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    let (body, rest) = bytes.split_at(length);
                    out.extend_from_slice(body);
                    bytes = rest;
                    self.passed(length as u64);
                }
                State::Chunked(chunks) => {
                    let (used, then) = chunks.look_at(bytes);
                    let (body, rest) = bytes.split_at(used);
                    out.extend_from_slice(body);
                    bytes = rest;
                    match then {
                        Then::More => {}
                        Then::End => self.state = State::Head(Collected::default()),
                        Then::Ambiguous => self.refuse(out),
                    }
                }
                State::Through => {
                    out.extend_from_slice(bytes);
                    return;
                }
                State::Refused => return,
            }
        }
    }

    /// The client sends nothing more.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        if let State::Head(collected) = &mut self.state
            && !collected.bytes.is_empty()
        {
            out.append(&mut collected.bytes);
            self.state = State::Refused;
        }
    }

    /// Whether a request has begun to come and is not all there, or what comes is no request.
    pub(super) fn is_within(&self) -> bool {
        match &self.state {
            State::Head(collected) => !collected.bytes.is_empty(),
            State::Sized(_) | State::Chunked(_) | State::Refused => true,
            State::Through => false,
        }
    }

    fn pass_on_too_long(&mut self, out: &mut Vec<u8>) {
        if let State::Head(collected) = &mut self.state
            && collected.bytes.len() > self.header_limit
        {
            // The parser has the same limit, and says so.
            out.append(&mut collected.bytes);
            self.state = State::Refused;
        }
    }

    fn look_at_head(&mut self, out: &mut Vec<u8>) {
        let State::Head(collected) = &mut self.state else {
            return;
        };
        let head = std::mem::take(&mut collected.bytes);
        if self.first && head == HTTP_2 {
            out.extend_from_slice(&head);
            self.state = State::Through;
            return;
        }
        self.first = false;
        let Ok(read) = head::read(&head) else {
            return self.refuse(out);
        };
        out.extend_from_slice(&head);
        self.state = match read.length {
            _ if read.upgrades => State::Through,
            Length::Bytes(0) => State::Head(Collected::default()),
            Length::Bytes(bytes) => State::Sized(bytes),
            Length::Chunked => State::Chunked(Chunks::default()),
        };
    }

    fn refuse(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(REFUSED);
        self.state = State::Refused;
    }
}

/// A head, as far as it has come. Each byte is looked at once, in however many pieces it comes.
#[derive(Debug, Default)]
struct Collected {
    bytes: Vec<u8>,
    /// Of CR LF CR LF, how much stands at the end.
    ending: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// More is to come.
    Part,
    Whole,
    /// A line ends in less than CR and LF, a CR stands by itself, or the first line is empty.
    OddLineEnd,
}

impl Collected {
    /// Takes what belongs to the head, up to its empty line, and says how much that is.
    fn add(&mut self, bytes: &[u8]) -> (usize, Found) {
        let before = self.bytes.len();
        for (at, byte) in bytes.iter().enumerate() {
            self.ending = match (self.ending, byte) {
                (0 | 2, b'\r') if before + at > 0 => self.ending + 1,
                (1, b'\n') => 2,
                (3, b'\n') => {
                    self.bytes.extend_from_slice(&bytes[..=at]);
                    return (at + 1, Found::Whole);
                }
                (0 | 2, byte) if !matches!(byte, b'\r' | b'\n') => 0,
                _ => return (bytes.len(), Found::OddLineEnd),
            };
        }
        self.bytes.extend_from_slice(bytes);
        (bytes.len(), Found::Part)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    const POST: &str = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    const CHUNKED: &str = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

    /// What is handed on, however the bytes are cut into pieces.
    fn handed_on(sent: &[u8]) -> Vec<u8> {
        let cut = |size: usize| {
            let mut framing = Framing::new(8192);
            let mut out = Vec::new();
            for piece in sent.chunks(size) {
                framing.look_at(piece, &mut out);
            }
            framing.end(&mut out);
            out
        };
        let whole = cut(sent.len().max(1));
        for size in [1, 2, 3, 7, 64] {
            assert_eq!(cut(size), whole, "in pieces of {size}: {}", sent.escape_ascii());
        }
        whole
    }

    #[test]
    fn what_is_to_the_letter_passes_unchanged() {
        let several = [GET, POST, CHUNKED, GET, POST].concat();
        for sent in [GET, POST, CHUNKED, &several, ""] {
            assert_eq!(handed_on(sent.as_bytes()), sent.as_bytes());
        }
    }

    #[test]
    fn nothing_follows_what_is_refused() {
        let smuggled = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
        let sent = [GET, smuggled, GET].concat();
        assert_eq!(handed_on(sent.as_bytes()), [GET.as_bytes(), REFUSED].concat());
    }

    #[test]
    fn bad_chunks_end_a_body_that_has_begun() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let sent = [head, "3\r\nabcd\r\n0\r\n\r\n", GET].concat();
        let out = handed_on(sent.as_bytes());
        assert!(out.starts_with(head.as_bytes()) && out.ends_with(REFUSED));
        assert!(!out.windows(GET.len()).any(|part| part == GET.as_bytes()));
    }

    #[test]
    fn lines_end_in_cr_and_lf() {
        for head in [
            "GET /a HTTP/1.1\nHost: a\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nX: a\rb: c\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\n\n",
            "GET /a HTTP/1.1\r\nHost: a\r\r\n\r\n",
            "\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n",
            "\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            assert_eq!(handed_on(head.as_bytes()), REFUSED, "{head:?}");
        }
    }

    /// How long it takes to look at a head of this length that comes byte by byte.
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
    fn byte_by_byte(length: usize) -> std::time::Duration {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(length));
        let once = || {
            let began = std::time::Instant::now();
            let mut framing = Framing::new(usize::MAX);
            let mut out = Vec::new();
            for byte in head.as_bytes() {
                framing.look_at(std::slice::from_ref(byte), &mut out);
            }
            assert!(out.is_empty());
            began.elapsed()
        };
        (0..5).map(|_| once()).min().unwrap_or_default()
    }

    #[test]
    fn a_head_costs_as_much_as_it_is_long() {
        let ratio = byte_by_byte(64_000).as_secs_f64() / byte_by_byte(4_000).as_secs_f64();
        // Sixteen times the bytes: 16 where each is looked at once, 256 where all are, each time.
        assert!(ratio < 64.0, "{ratio}");
    }

    #[test]
    fn http_2_passes_where_it_is_first() {
        let preface = [HTTP_2, b"SM\r\n\r\n\0\0\0\x04\0\0\0\0\0"].concat();
        assert_eq!(handed_on(&preface), preface);
        let later = [GET.as_bytes(), &preface].concat();
        assert_eq!(handed_on(&later), [GET.as_bytes(), REFUSED].concat());
    }

    #[test]
    fn another_protocol_passes_once_it_was_asked_for() {
        let sent = b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello\0\n";
        assert_eq!(handed_on(sent), sent);
    }

    /// Pieces of requests, good and bad, in any order.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(GET.as_bytes().to_vec()),
            Just(POST.as_bytes().to_vec()),
            Just(CHUNKED.as_bytes().to_vec()),
            Just(HTTP_2.to_vec()),
            Just(b"POST /a HTTP/1.1\r\nHost: a\r\n".to_vec()),
            Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
            Just(b"Content-Length: 3\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"3\r\nabc\r\n".to_vec()),
            Just(b"0\r\n\r\n".to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn how_bytes_are_cut_into_pieces_makes_no_difference(sent in bytes()) {
            let out = handed_on(&sent);
            let same = out.strip_suffix(REFUSED).unwrap_or(&out);
            prop_assert!(sent.starts_with(same) || out == sent, "something was added or left out");
        }
    }

    #[test]
    fn a_head_without_end_is_the_parsers() {
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n", "a".repeat(9000));
        let mut framing = Framing::new(8192);
        let mut out = Vec::new();
        framing.look_at(long.as_bytes(), &mut out);
        assert_eq!(out, long.as_bytes());
        framing.look_at(b"\r\n", &mut out);
        assert_eq!(out, long.as_bytes(), "nothing follows");
    }
}
