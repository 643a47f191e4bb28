//! The codings of pages: what comes encoded goes on encoded.

use std::io::{self, Write};

use axum::http::{HeaderMap, header};
use brotli::enc::BrotliEncoderParams;
use brotli::{BrotliResult, CompressorWriter, HeapAlloc, HuffmanCode};
use flate2::Compression;
use flate2::write::{GzEncoder, MultiGzDecoder};

const BUFFER: usize = 16 * 1024;

/// One that can be read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    Brotli,
}

impl Coding {
    /// That of an answer; none where it cannot be read.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let value = values.next();
        if values.next().is_some() {
            return None;
        }
        match value
            .map(|value| value.as_bytes().trim_ascii().to_ascii_lowercase())
            .as_deref()
        {
            None | Some(b"" | b"identity") => Some(Self::Identity),
            Some(b"gzip" | b"x-gzip") => Some(Self::Gzip),
            Some(b"br") => Some(Self::Brotli),
            Some(_) => None,
        }
    }

    /// Of what a client accepts, what can be read here.
    pub(super) fn accepted(headers: &HeaderMap) -> &'static str {
        let accepts = |coding: &str| {
            let values = headers.get_all(header::ACCEPT_ENCODING).iter();
            let mut items = values
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','));
            items.any(|item| {
                let (name, weight) = item.split_once(';').unwrap_or((item, ""));
                let weight = weight
                    .trim()
                    .trim_start_matches(['q', 'Q'])
                    .trim_start_matches(['=', ' ']);
                name.trim().eq_ignore_ascii_case(coding) && weight.parse::<f32>().unwrap_or(1.0) > 0.0
            })
        };
        match (accepts("gzip"), accepts("br")) {
            (true, true) => "gzip, br",
            (true, false) => "gzip",
            (false, true) => "br",
            (false, false) => "identity",
        }
    }
}

/// Takes a coding off, step by step. What comes of a step is bounded, whatever goes in: a few bytes may stand for gigabytes.
pub(super) enum Decoder {
    Identity,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Brotli(Box<Brotli>),
}

/// The state of Brotli has no name that could be written shortly.
type BrotliMemory = brotli::BrotliState<HeapAlloc<u8>, HeapAlloc<u32>, HeapAlloc<HuffmanCode>>;

pub(super) struct Brotli {
    state: BrotliMemory,
    out: Box<[u8]>,
    ended: bool,
}

/// What one step has read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// Bytes that went in.
    pub(super) used: usize,
    pub(super) decoded: Vec<u8>,
    /// Whether more comes out with nothing more going in.
    pub(super) more: bool,
}

/// Puts a coding on, piece by piece.
pub(super) enum Encoder {
    Identity(Vec<u8>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
}

impl Decoder {
    pub(super) fn new(coding: Coding) -> Self {
        match coding {
            Coding::Identity => Self::Identity,
            Coding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            Coding::Brotli => Self::Brotli(Box::new(Brotli::new())),
        }
    }

    /// Takes some of the input. Without any it takes what comes without more.
    pub(super) fn step(&mut self, input: &[u8]) -> io::Result<Step> {
        match self {
            Self::Identity => {
                let used = input.len().min(BUFFER);
                Ok(Step {
                    used,
                    decoded: input[..used].to_vec(),
                    more: false,
                })
            }
            Self::Gzip(decoder) if input.is_empty() => {
                decoder.flush()?;
                Ok(Step {
                    decoded: std::mem::take(decoder.get_mut()),
                    ..Step::default()
                })
            }
            Self::Gzip(decoder) => {
                // One call fills its buffer at most.
                let used = decoder.write(input)?;
                if used == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                Ok(Step {
                    used,
                    decoded: std::mem::take(decoder.get_mut()),
                    more: used == input.len(),
                })
            }
            Self::Brotli(decoder) => decoder.step(input),
        }
    }

    /// What could not be read before the end.
    pub(super) fn end(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(Vec::new()),
            Self::Gzip(decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Self::Brotli(decoder) if decoder.ended => Ok(Vec::new()),
            Self::Brotli(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Brotli {
    fn new() -> Self {
        Self {
            state: BrotliMemory::new(HeapAlloc::default(), HeapAlloc::default(), HeapAlloc::default()),
            out: vec![0; BUFFER].into(),
            ended: false,
        }
    }

    fn step(&mut self, input: &[u8]) -> io::Result<Step> {
        if self.ended {
            return if input.is_empty() {
                Ok(Step::default())
            } else {
                Err(io::Error::new(io::ErrorKind::InvalidData, "more comes after the end"))
            };
        }
        let (mut left, mut used, mut room, mut written, mut in_all) = (input.len(), 0, self.out.len(), 0, 0);
        let result = brotli::BrotliDecompressStream(
            &mut left,
            &mut used,
            input,
            &mut room,
            &mut written,
            &mut self.out,
            &mut in_all,
            &mut self.state,
        );
        self.ended = matches!(result, BrotliResult::ResultSuccess);
        if matches!(result, BrotliResult::ResultFailure) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no Brotli"));
        }
        Ok(Step {
            used,
            decoded: self.out[..written].to_vec(),
            more: matches!(result, BrotliResult::NeedsMoreOutput),
        })
    }
}

impl Encoder {
    pub(super) fn new(coding: Coding) -> Self {
        match coding {
            Coding::Identity => Self::Identity(Vec::new()),
            Coding::Gzip => Self::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::fast()))),
            Coding::Brotli => {
                // Little more than gzip, and much faster than the usual 11.
                let parameters = BrotliEncoderParams {
                    quality: 4,
                    ..BrotliEncoderParams::default()
                };
                Self::Brotli(Box::new(CompressorWriter::with_params(Vec::new(), BUFFER, &parameters)))
            }
        }
    }

    pub(super) fn put(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::Identity(written) => written.write_all(piece),
            Self::Gzip(encoder) => encoder.write_all(piece),
            Self::Brotli(encoder) => encoder.write_all(piece),
        }
    }

    /// How much could be taken without asking for all.
    pub(super) fn waiting(&self) -> usize {
        match self {
            Self::Identity(written) => written.len(),
            Self::Gzip(encoder) => encoder.get_ref().len(),
            Self::Brotli(encoder) => encoder.get_ref().len(),
        }
    }

    /// All that was put in so far: a page that comes in pieces is shown in pieces.
    pub(super) fn take(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity(written) => Ok(std::mem::take(written)),
            Self::Gzip(encoder) => {
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Brotli(encoder) => {
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    pub(super) fn end(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity(written) => Ok(written),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Brotli(encoder) => Ok(encoder.into_inner()),
        }
    }
}

#[cfg(test)]
pub(super) fn encoded(coding: Coding, text: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder::new(coding);
    encoder.put(text).expect("encoded");
    encoder.end().expect("the end")
}

#[cfg(test)]
pub(super) fn decoded(coding: Coding, sent: &[u8]) -> io::Result<Vec<u8>> {
    let mut decoder = Decoder::new(coding);
    let (mut read, mut at) = (Vec::new(), 0);
    loop {
        let step = decoder.step(&sent[at..])?;
        assert!(step.decoded.len() <= 8 * BUFFER, "{}", step.decoded.len());
        at += step.used;
        read.extend(step.decoded);
        if at == sent.len() && !step.more {
            read.extend(decoder.end()?);
            return Ok(read);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const ALL: [Coding; 3] = [Coding::Identity, Coding::Gzip, Coding::Brotli];

    #[test]
    fn what_is_encoded_in_pieces_is_read_in_pieces() {
        let text = "<p>Hello</p>".repeat(10_000);
        for coding in ALL {
            let mut encoder = Encoder::new(coding);
            let mut sent = Vec::new();
            for piece in text.as_bytes().chunks(1000) {
                encoder.put(piece).expect("encoded");
                sent.extend(encoder.take().expect("encoded"));
            }
            sent.extend(encoder.end().expect("the end"));
            assert!(
                decoded(coding, &sent).expect("decoded") == text.as_bytes(),
                "{coding:?}"
            );
        }
    }

    #[test]
    fn each_piece_can_be_read_as_soon_as_it_is_there() {
        for coding in ALL {
            let (mut encoder, mut decoder) = (Encoder::new(coding), Decoder::new(coding));
            for piece in [&b"<head>"[..], b"</head>", b"<body>"] {
                encoder.put(piece).expect("encoded");
                let sent = encoder.take().expect("encoded");
                let (mut at, mut read, mut more) = (0, Vec::new(), true);
                while at < sent.len() || more {
                    let step = decoder.step(&sent[at..]).expect("decoded");
                    at += step.used;
                    more = step.more;
                    read.extend(step.decoded);
                }
                assert_eq!(read, piece, "{coding:?}");
            }
        }
    }

    #[test]
    fn no_step_makes_much_of_little() {
        let huge = vec![b' '; 8 << 20];
        for coding in [Coding::Gzip, Coding::Brotli] {
            let sent = encoded(coding, &huge);
            assert!(sent.len() < huge.len() / 100, "{coding:?}: {}", sent.len());
            assert!(decoded(coding, &sent).expect("decoded") == huge, "{coding:?}");
        }
    }

    #[test]
    fn garbage_is_an_error() {
        for coding in [Coding::Gzip, Coding::Brotli] {
            assert!(decoded(coding, &[0xff; 1000]).is_err(), "{coding:?}");
            let whole = encoded(coding, b"<p>Hello</p>");
            assert!(decoded(coding, &whole[..whole.len() - 1]).is_err(), "{coding:?}");
        }
    }

    #[test]
    fn nothing_is_asked_for_that_cannot_be_read() {
        for (accepted, asked) in [
            ("gzip, deflate, br, zstd", "gzip, br"),
            ("br;q=0, gzip;q=0.5", "gzip"),
            ("BR", "br"),
            ("deflate", "identity"),
            ("", "identity"),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assert_eq!(Coding::accepted(&headers), asked, "{accepted}");
        }
    }
}
