//! Reading answers as they come, and keeping one for the baseline to repeat.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};

use super::load::Question;
use super::servers::Product;

const HEADERS: usize = 32;

/// The head of an answer that is there completely.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    /// With the body.
    pub(super) length: usize,
    body: usize,
}

/// One answer, without what every server adds by itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sample {
    /// What was asked for.
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
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

/// Asks the product once.
pub(super) fn sample(product: &Product, question: Question, token: &str) -> anyhow::Result<Sample> {
    let mut stream = TcpStream::connect(product.server.address).context("the server takes no connection")?;
    stream.write_all(question.request(token).as_bytes())?;
    let bytes = read_one(&mut stream, &mut Vec::new())?;
    let head = head(&bytes)?.context("the answer broke off")?;
    ensure!(
        head.status == 200,
        "{question:?} with a fresh session answers {}",
        head.status
    );
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(&bytes)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).context("the answer is not UTF-8");
    let own = response
        .headers
        .iter()
        .filter(|header| !matches!(header.name, "content-length" | "date"));
    let headers = own
        .map(|header| Ok((header.name.to_owned(), text(header.value)?)))
        .collect::<anyhow::Result<_>>()?;
    Ok(Sample {
        path: question.path().to_owned(),
        headers,
        body: text(&bytes[head.body..])?,
    })
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
