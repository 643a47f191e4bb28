//! One connection: records in, answers out, each within its time.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::conversation::{Conversation, Question, Step};
use super::params::pairs;
use super::record::{HEADER_LENGTH, Header, Malformed};
use super::variables::{headers, original};
use super::written::written;
use crate::gateway::answer;
use crate::server_state::ServerState;

/// From the first byte of a request to the last.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// A kept connection waits so long for the next request.
const IDLE_WITHIN: Duration = Duration::from_mins(1);
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);

/// Why a connection ended before it was done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("it is no FastCGI: {0}")]
    Malformed(#[from] Malformed),
    #[error("the peer is too slow")]
    TooSlow(#[from] Elapsed),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Answers one request after the other, until the peer leaves or the server stops.
pub(super) async fn serve(
    server: &Arc<ServerState>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
) -> Result<(), Broken> {
    let mut stream = BufStream::new(stream);
    let mut conversation = Conversation::default();
    loop {
        let beginning = tokio::select! {
            beginning = timeout(IDLE_WITHIN, stream.fill_buf()) => beginning??,
            () = server.shutdown.cancelled() => return Ok(()),
        };
        if beginning.is_empty() {
            return Ok(());
        }
        let Some(question) = timeout(REQUEST_WITHIN, question(&mut stream, &mut conversation)).await?? else {
            return Ok(());
        };
        let records = question.answered(&answer(server, &question).await?);
        timeout(WRITTEN_WITHIN, say(&mut stream, &records)).await??;
        if !question.keeps_connection {
            stream.shutdown().await?;
            return Ok(());
        }
    }
}

async fn answer(server: &ServerState, question: &Question) -> Result<Vec<u8>, Malformed> {
    let params = pairs(&question.params)?;
    let response = match headers(&params) {
        Ok(headers) => answer::answer(server, original(&server.sites, &params, &headers), &headers).await,
        Err(unbelievable) => answer::answer(server, Err(unbelievable), &HeaderMap::new()).await,
    };
    Ok(written(response).await)
}

/// Hears the next request to its end; none where the connection is over.
async fn question(
    stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>,
    conversation: &mut Conversation,
) -> Result<Option<Question>, Broken> {
    let mut content = Vec::new();
    loop {
        let mut header = [0; HEADER_LENGTH];
        stream.read_exact(&mut header).await?;
        let header = Header::read(header)?;
        let length = usize::from(header.content_length);
        content.resize(length + usize::from(header.padding_length), 0);
        stream.read_exact(&mut content).await?;
        match conversation.hear(header, &content[..length])? {
            Step::Listen => {}
            Step::Say(records) => say(stream, &records).await?,
            Step::SayAndClose(records) => {
                say(stream, &records).await?;
                return Ok(None);
            }
            Step::Answer(question) => return Ok(Some(question)),
        }
    }
}

async fn say(stream: &mut BufStream<impl AsyncRead + AsyncWrite + Unpin>, records: &[u8]) -> std::io::Result<()> {
    stream.write_all(records).await?;
    stream.flush().await
}
