//! A body in chunks (RFC 9112 section 7.1), to the letter and without extensions, which nobody uses and parsers read
//! differently.

use super::head::{Ambiguous, is_token};

/// Digits of a size.
const LONGEST_SIZE: usize = 15;
const LONGEST_TRAILERS: usize = 8192;

/// How far a body has come.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    state: State,
}

#[derive(Debug)]
enum State {
    Size {
        value: u64,
        digits: usize,
    },
    /// The LF after a size.
    SizeEnd {
        value: u64,
    },
    Data {
        left: u64,
    },
    /// CR and LF after the data.
    DataEnd,
    DataEndLf,
    /// Lines after the last chunk, until an empty one.
    Trailers {
        line: Vec<u8>,
        bytes: usize,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::Size { value: 0, digits: 0 }
    }
}

/// What comes after the bytes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    More,
    /// The next request.
    End,
    /// Something that no body has there.
    Ambiguous,
}

impl Chunks {
    /// How many of the bytes belong to the body, and what comes then.
    pub(super) fn look_at(&mut self, bytes: &[u8]) -> (usize, Then) {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let State::Data { left } = &mut self.state {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                *left -= length as u64;
                at += length;
                if *left == 0 {
                    self.state = State::DataEnd;
                }
                continue;
            }
            match self.step(*byte) {
                Ok(over) => {
                    at += 1;
                    if over {
                        return (at, Then::End);
                    }
                }
                // The parser, which has had the bytes before, is where it refuses as well.
                Err(Ambiguous) => return (at, Then::Ambiguous),
            }
        }
        (at, Then::More)
    }

    /// One byte that is no data. True after the last.
    fn step(&mut self, byte: u8) -> Result<bool, Ambiguous> {
        self.state = match &mut self.state {
            State::Size { value, digits } => match (hex(byte), byte) {
                (Some(digit), _) if *digits < LONGEST_SIZE => State::Size {
                    value: *value << 4 | u64::from(digit),
                    digits: *digits + 1,
                },
                (None, b'\r') if *digits > 0 => State::SizeEnd { value: *value },
                _ => return Err(Ambiguous),
            },
            State::SizeEnd { value } => match (byte, *value) {
                (b'\n', 0) => State::Trailers {
                    line: Vec::new(),
                    bytes: 0,
                },
                (b'\n', left) => State::Data { left },
                _ => return Err(Ambiguous),
            },
            State::DataEnd if byte == b'\r' => State::DataEndLf,
            State::DataEndLf if byte == b'\n' => State::default(),
            State::Trailers { line, bytes } => {
                line.push(byte);
                *bytes += 1;
                if *bytes > LONGEST_TRAILERS {
                    return Err(Ambiguous);
                }
                if byte == b'\n' {
                    if line == b"\r\n" {
                        return Ok(true);
                    }
                    check_trailer(line)?;
                    line.clear();
                }
                return Ok(false);
            }
            State::Data { .. } | State::DataEnd | State::DataEndLf => return Err(Ambiguous),
        };
        Ok(false)
    }
}

fn check_trailer(line: &[u8]) -> Result<(), Ambiguous> {
    let line = line.strip_suffix(b"\r\n").ok_or(Ambiguous)?;
    let colon = line.iter().position(|byte| *byte == b':').ok_or(Ambiguous)?;
    let (name, value) = line.split_at(colon);
    let plain = |byte: &u8| !byte.is_ascii_control() || *byte == b'\t';
    let fine = !name.is_empty() && name.iter().copied().all(is_token) && value.iter().all(plain);
    fine.then_some(()).ok_or(Ambiguous)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> (usize, Then) {
        Chunks::default().look_at(body.as_bytes())
    }

    #[test]
    fn chunks_end_with_an_empty_one() {
        for body in [
            "0\r\n\r\n",
            "3\r\nabc\r\n0\r\n\r\n",
            "0A\r\n0123456789\r\n3\r\n\r\n\n\r\n000\r\n\r\n",
            "0\r\nA: b\r\nC:\r\n\r\n",
        ] {
            let followed = format!("{body}GET /");
            assert_eq!(of(&followed), (body.len(), Then::End), "{body:?}");
            assert_eq!(of(&body[..body.len() - 1]), (body.len() - 1, Then::More), "{body:?}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for body in [
            "\r\n",
            "3\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n0\r\n\r\n",
            "3\r\nabc\n0\r\n\r\n",
            "3;a=b\r\nabc\r\n0\r\n\r\n",
            "3 \r\nabc\r\n0\r\n\r\n",
            " 3\r\nabc\r\n",
            "+3\r\nabc\r\n",
            "0x3\r\nabc\r\n",
            "g\r\n",
            "-1\r\n",
            "FFFFFFFFFFFFFFFF\r\n",
            "0\r\nno trailer\r\n\r\n",
            "0\r\nA: b\n\r\n",
            "0\r\n A: b\r\n\r\n",
            "0\r\n\n",
        ] {
            assert_eq!(of(body).1, Then::Ambiguous, "{body:?}");
        }
    }
}
