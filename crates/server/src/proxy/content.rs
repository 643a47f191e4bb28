//! What a body is, by the headers that come before it: whether its end can be told, and what it does to the session.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// More than forms and calls of pages have.
const LARGE: u64 = 16 * 1024;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Its end was announced, by a length or because it is a file to be saved. It is work while it moves.
    Download,
    /// One thing after the other for as long as somebody listens. It may end anywhere.
    Stream,
    /// Nobody can tell where it ends.
    Unbounded,
}

impl Answer {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let kind = media_type(headers);
        if kind == b"text/event-stream" {
            Self::Stream
        } else if headers.contains_key(header::CONTENT_LENGTH) || is_attachment(headers) {
            Self::Download
        } else if is_stream(&kind) {
            Self::Stream
        } else {
            Self::Unbounded
        }
    }
}

/// HTML, to be shown.
pub(super) fn is_document(headers: &HeaderMap) -> bool {
    matches!(&*media_type(headers), b"text/html" | b"application/xhtml+xml")
}

/// What the body of a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// A file, or part of one. Parts that follow each other are one upload.
    File,
    /// Anything else whose end was announced.
    Bounded,
    /// Nobody can tell where it ends.
    Unbounded,
}

impl Sent {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let length = headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        let kind = media_type(headers);
        if is_stream(&kind) {
            return match length {
                Some(_) => Self::Bounded,
                None => Self::Unbounded,
            };
        }
        if is_part(headers) || is_file(&kind) || length.is_some_and(|length| length > LARGE) {
            return Self::File;
        }
        match length {
            Some(_) => Self::Bounded,
            None => Self::Unbounded,
        }
    }
}

/// What tells which part of a file is sent: `PUT` in parts, tus, and the standard that comes of it.
fn is_part(headers: &HeaderMap) -> bool {
    const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
    headers.contains_key(header::CONTENT_RANGE) || headers.contains_key(OFFSET)
}

fn is_file(kind: &[u8]) -> bool {
    let of_files = [&b"image/"[..], b"video/", b"audio/", b"font/", b"model/"];
    of_files.iter().any(|start| kind.starts_with(start))
        || matches!(
            kind,
            b"multipart/form-data"
                | b"application/octet-stream"
                | b"application/offset+octet-stream"
                | b"application/partial-upload"
                | b"application/zip"
                | b"application/pdf"
        )
}

fn is_stream(kind: &[u8]) -> bool {
    kind.starts_with(b"application/grpc")
        || matches!(
            kind,
            b"text/event-stream"
                | b"multipart/x-mixed-replace"
                | b"application/x-ndjson"
                | b"application/ndjson"
                | b"application/jsonl"
                | b"application/x-jsonlines"
                | b"application/json-seq"
                | b"application/stream+json"
        )
}

fn is_attachment(headers: &HeaderMap) -> bool {
    let disposition = headers.get(header::CONTENT_DISPOSITION).map(essence);
    disposition.is_some_and(|disposition| disposition == b"attachment")
}

fn media_type(headers: &HeaderMap) -> Vec<u8> {
    headers.get(header::CONTENT_TYPE).map(essence).unwrap_or_default()
}

/// Without its parameters.
fn essence(value: &HeaderValue) -> Vec<u8> {
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(sent: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = sent.iter();
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_download_says_where_it_ends() {
        let length = ("content-length", "5");
        for (sent, answer) in [
            (&[length][..], Answer::Download),
            (&[("content-type", "text/plain"), length], Answer::Download),
            (
                &[
                    ("content-type", "text/csv"),
                    ("content-disposition", "Attachment; filename=a.csv"),
                ],
                Answer::Download,
            ),
            (
                &[
                    ("content-type", "application/x-ndjson"),
                    ("content-disposition", "attachment"),
                ],
                Answer::Download,
            ),
            (
                &[("content-type", "text/csv"), ("content-disposition", "inline")],
                Answer::Unbounded,
            ),
            (&[], Answer::Unbounded),
            (&[("content-type", "text/plain")], Answer::Unbounded),
            (&[("content-type", "application/json")], Answer::Unbounded),
            (&[("content-type", "text/html")], Answer::Unbounded),
            (&[("content-type", "Text/Event-Stream; charset=utf-8")], Answer::Stream),
            (&[("content-type", "text/event-stream"), length], Answer::Stream),
            (
                &[("content-type", "multipart/x-mixed-replace; boundary=frame")],
                Answer::Stream,
            ),
            (&[("content-type", "application/x-ndjson")], Answer::Stream),
            (&[("content-type", "application/grpc-web+proto")], Answer::Stream),
        ] {
            assert_eq!(Answer::of(&headers(sent)), answer, "{sent:?}");
        }
    }

    #[test]
    fn a_file_is_told_from_a_call() {
        let (small, large) = (("content-length", "300"), ("content-length", "16385"));
        for (sent, body) in [
            (&[("content-type", "application/json"), small][..], Sent::Bounded),
            (&[("content-type", "application/json"), large], Sent::File),
            (
                &[("content-type", "application/x-www-form-urlencoded"), small],
                Sent::Bounded,
            ),
            (
                &[("content-type", "multipart/form-data; boundary=x"), small],
                Sent::File,
            ),
            (&[("content-type", "application/octet-stream")], Sent::File),
            (
                &[("content-type", "application/offset+octet-stream"), small],
                Sent::File,
            ),
            (&[("content-type", "image/png"), small], Sent::File),
            (&[("content-range", "bytes 0-9/100"), small], Sent::File),
            (&[("upload-offset", "0")], Sent::File),
            (&[small], Sent::Bounded),
            (&[large], Sent::File),
            (&[], Sent::Unbounded),
            (&[("content-type", "text/plain")], Sent::Unbounded),
            (&[("content-type", "application/grpc")], Sent::Unbounded),
            (&[("content-type", "application/x-ndjson")], Sent::Unbounded),
        ] {
            assert_eq!(Sent::of(&headers(sent)), body, "{sent:?}");
        }
    }
}
