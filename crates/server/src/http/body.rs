//! Reading a small body whole: the bodies of our own endpoints.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, StatusCode, header};
use http_body_util::LengthLimitError;

use super::problem::Problem;

/// A body of a few kilobytes that takes longer never ends.
pub(crate) const WITHIN: Duration = Duration::from_secs(10);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It has more bytes than this.
    TooLarge(usize),
    TooSlow,
    Broken,
}

/// Reads a body of at most `limit` bytes to its end, within its time.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, Unread> {
    match tokio::time::timeout(WITHIN, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(if error.into_inner().is::<LengthLimitError>() {
            Unread::TooLarge(limit)
        } else {
            Unread::Broken
        }),
        Err(_) => Err(Unread::TooSlow),
    }
}

impl From<Unread> for Problem {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLarge(limit) => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The request is too large",
                format!("A body here has at most {limit} bytes."),
            ),
            // Nobody knows when the next request would begin.
            Unread::TooSlow => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "The request does not come to its end",
                format!("The body has to be here within {} seconds.", WITHIN.as_secs()),
            )
            .with_header(header::CONNECTION, HeaderValue::from_static("close")),
            Unread::Broken => Self::bad_request("The body broke off."),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_is_read_whole_or_not_at_all() {
        assert_eq!(read(Body::from("abc"), 3).await.as_deref(), Ok(&b"abc"[..]));
        assert_eq!(read(Body::from("abcd"), 3).await, Err(Unread::TooLarge(3)));
        let broken = stream::iter([Ok("a"), Err("it broke off")]);
        assert_eq!(read(Body::from_stream(broken), 3).await, Err(Unread::Broken));
        let never = stream::pending::<Result<Bytes, Infallible>>();
        assert_eq!(read(Body::from_stream(never), 3).await, Err(Unread::TooSlow));
    }

    #[tokio::test(start_paused = true)]
    async fn one_byte_now_and_then_is_not_enough() {
        let dripping = stream::unfold((), |()| async {
            tokio::time::sleep(WITHIN / 4).await;
            Some((Ok::<_, Infallible>("x"), ()))
        });
        assert_eq!(read(Body::from_stream(dripping), 1000).await, Err(Unread::TooSlow));
    }
}
