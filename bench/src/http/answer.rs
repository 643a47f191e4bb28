//! Reading answers as they come.

use std::io::Read as _;
use std::net::TcpStream;

use anyhow::{Context as _, bail};

pub(super) const HEADERS: usize = 32;

/// The head of an answer that is there completely.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    /// With the body.
    pub(super) length: usize,
    pub(super) body: usize,
}

/// Reads the head at the beginning of `bytes`. `None` when more has to come.
pub(super) fn head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(body) = response.parse(bytes).context("the server does not speak HTTP")? else {
        return Ok(None);
    };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
    let length = body + length.context("an answer without content-length")?;
    Ok(Some(Head {
        status: response.code.unwrap_or_default(),
        length,
        body,
    }))
}

/// Reads one answer; what came behind it stays in `rest`.
pub(super) fn read_one(stream: &mut TcpStream, rest: &mut Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let mut chunk = [0; 4096];
    loop {
        if let Some(head) = head(rest)?
            && head.length <= rest.len()
        {
            let behind = rest.split_off(head.length);
            return Ok(std::mem::replace(rest, behind));
        }
        match stream.read(&mut chunk)? {
            0 => bail!("the server closed the connection"),
            read => rest.extend_from_slice(&chunk[..read]),
        }
    }
}

/// The body of an answer that has been read as a whole.
pub(super) fn body(answer: &[u8]) -> anyhow::Result<(u16, &[u8])> {
    let head = head(answer)?.context("the answer broke off")?;
    Ok((head.status, &answer[head.body..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_as_long_as_its_head_and_its_body() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 401";
        let head = head(bytes).expect("HTTP").expect("a whole head");
        assert_eq!((head.status, head.length), (200, 43));
        assert_eq!(body(&bytes[..43]).expect("an answer"), (200, b"hello".as_slice()));
    }

    #[test]
    fn half_a_head_is_none() {
        assert!(head(b"HTTP/1.1 200 OK\r\nContent-Le").expect("HTTP so far").is_none());
        assert!(head(b"nonsense\r\n\r\n").is_err());
    }
}
