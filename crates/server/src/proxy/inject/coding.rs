//! The codings of pages: what comes encoded goes on encoded.

use std::io::{self, Write};

use axum::http::{HeaderMap, header};
use brotli::enc::BrotliEncoderParams;
use brotli::{CompressorWriter, DecompressorWriter};
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

/// Takes a coding off, piece by piece.
pub(super) enum Decoder {
    Identity(Vec<u8>),
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Brotli(Box<DecompressorWriter<Vec<u8>>>),
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
            Coding::Identity => Self::Identity(Vec::new()),
            Coding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            Coding::Brotli => Self::Brotli(Box::new(DecompressorWriter::new(Vec::new(), BUFFER))),
        }
    }

    /// What can be read with one more piece.
    pub(super) fn decode(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity(read) => read.write_all(piece)?,
            Self::Gzip(decoder) => decoder.write_all(piece)?,
            Self::Brotli(decoder) => decoder.write_all(piece)?,
        }
        Ok(std::mem::take(self.read()))
    }

    /// What could not be read before the end.
    pub(super) fn end(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity(_) => {}
            Self::Gzip(decoder) => decoder.try_finish()?,
            Self::Brotli(decoder) => decoder.close()?,
        }
        Ok(std::mem::take(self.read()))
    }

    fn read(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Identity(read) => read,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Brotli(decoder) => decoder.get_mut(),
        }
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

    /// What one more piece is, all of it: a page that comes in pieces is shown in pieces.
    pub(super) fn encode(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity(written) => {
                written.extend_from_slice(piece);
                Ok(std::mem::take(written))
            }
            Self::Gzip(encoder) => {
                encoder.write_all(piece)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Brotli(encoder) => {
                encoder.write_all(piece)?;
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
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_is_encoded_in_pieces_is_read_in_pieces() {
        let text = "<p>Hello</p>".repeat(10_000);
        for coding in [Coding::Identity, Coding::Gzip, Coding::Brotli] {
            let mut encoder = Encoder::new(coding);
            let mut sent = Vec::new();
            for piece in text.as_bytes().chunks(1000) {
                sent.extend(encoder.encode(piece).expect("encoded"));
            }
            sent.extend(encoder.end().expect("the end"));
            let mut decoder = Decoder::new(coding);
            let mut read = Vec::new();
            for piece in sent.chunks(100) {
                read.extend(decoder.decode(piece).expect("decoded"));
            }
            read.extend(decoder.end().expect("the end"));
            assert!(read == text.as_bytes(), "{coding:?}");
        }
    }

    #[test]
    fn garbage_is_an_error() {
        for coding in [Coding::Gzip, Coding::Brotli] {
            let mut decoder = Decoder::new(coding);
            let read = decoder.decode(&[0xff; 1000]).and_then(|_| decoder.end());
            assert!(read.is_err(), "{coding:?}");
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
