//! Signing people in through the management API, as an application's back end does.

use std::io::Write as _;
use std::net::TcpStream;

use anyhow::{Context as _, ensure};
use nightlatch_bench::population::{APPLICATION, SEED, subject};
use serde::Deserialize;

use super::answer::{body, read_one};
use super::servers::Product;
use crate::report::{progress, progress_over};

/// Requests under way at once on each connection.
const BATCH: usize = 100;
const CONNECTIONS: usize = 4;

#[derive(Deserialize)]
struct SignedIn {
    token: String,
}

/// The tokens, in the order in which they will be used.
pub(super) fn sign_in(product: &Product, sessions: usize) -> anyhow::Result<Vec<String>> {
    let numbers: Vec<usize> = (0..sessions).collect();
    let share = sessions.div_ceil(CONNECTIONS).max(1);
    progress(format_args!("signing {sessions} people in"));
    let mut tokens = std::thread::scope(|scope| {
        let parts: Vec<_> = numbers
            .chunks(share)
            .map(|part| scope.spawn(|| sign_in_some(product, part)))
            .collect();
        let parts = parts
            .into_iter()
            .map(|part| part.join().map_err(|_| anyhow::anyhow!("signing in panicked"))?);
        parts.collect::<anyhow::Result<Vec<_>>>()
    })?
    .concat();
    progress_over();
    ensure!(
        tokens.len() == sessions && sessions > 0,
        "{} of {sessions} people are signed in",
        tokens.len()
    );
    fastrand::Rng::with_seed(SEED).shuffle(&mut tokens);
    Ok(tokens)
}

fn sign_in_some(product: &Product, numbers: &[usize]) -> anyhow::Result<Vec<String>> {
    let mut stream = TcpStream::connect(product.management).context("the management side takes no connection")?;
    stream.set_nodelay(true)?;
    let (mut tokens, mut rest) = (Vec::with_capacity(numbers.len()), Vec::new());
    for batch in numbers.chunks(BATCH) {
        let requests: String = batch.iter().map(|number| request(product, *number)).collect();
        stream.write_all(requests.as_bytes())?;
        for _ in batch {
            let answer = read_one(&mut stream, &mut rest)?;
            let (status, body) = body(&answer)?;
            ensure!(
                status == 201,
                "signing in answers {status}: {}",
                String::from_utf8_lossy(body)
            );
            let SignedIn { token } = serde_json::from_slice(body)?;
            tokens.push(token);
        }
    }
    Ok(tokens)
}

fn request(product: &Product, number: usize) -> String {
    let body = serde_json::json!({ "subject": subject(number), "application": APPLICATION }).to_string();
    format!(
        "POST /api/v1/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}",
        key = product.api_key,
        length = body.len(),
    )
}
