//! One answer of the product, kept for the baseline to repeat.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use super::answer::{HEADERS, head, read_one};
use super::question::Question;

/// One answer, without what every server adds by itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sample {
    /// What was asked for.
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// Asks once.
pub(super) fn take(address: SocketAddr, question: Question, token: &str) -> anyhow::Result<Sample> {
    let mut stream = TcpStream::connect(address).context("the server takes no connection")?;
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
