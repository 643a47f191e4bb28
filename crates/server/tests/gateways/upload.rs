//! Uploads that are refused: whoever sends them gets the answer, and is not reset.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::nightlatch::Nightlatch;

const LENGTH: usize = 30 << 20;

/// Sends all of a form before it looks for the answer, as browsers do.
pub(crate) fn is_answered(nightlatch: &Nightlatch, name: &str) {
    let address = format!("127.0.0.1:{}", nightlatch.gateway);
    let mut stream = TcpStream::connect(&address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\
         Accept: text/html\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {LENGTH}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let piece = vec![b'x'; 1 << 20];
    for sent in 0..LENGTH / piece.len() {
        let taken = stream.write_all(&piece);
        assert!(taken.is_ok(), "{name} takes {sent} MB and no more: {taken:?}");
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.ends_with(" 303"), "{name}: {answer}");
}
