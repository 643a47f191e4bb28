//! What HTTP itself costs: handlers that look at the Cookie header and answer a fixed body. Allocator, runtime, socket
//! options and the batching of pipelined answers are those of the product.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use super::sample::Sample;
use crate::report::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The answer, as JSON
    answer: PathBuf,
}

#[derive(Debug)]
struct Answer {
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let sample: Sample = serde_json::from_slice(&std::fs::read(&args.answer)?)?;
    let router = router([sample])?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0")
                .await
                .context("no free port on the loopback")?;
            say(format_args!("baseline http://{}/", listener.local_addr()?));
            serve(listener, router).await
        })
}

pub(super) fn router(samples: impl IntoIterator<Item = Sample>) -> anyhow::Result<Router> {
    samples.into_iter().try_fold(Router::new(), |router, sample| {
        let headers = sample.headers.iter();
        let headers = headers
            .map(|(name, value)| Ok((name.parse()?, value.parse()?)))
            .collect::<anyhow::Result<_>>()?;
        let answer = Arc::new(Answer {
            headers,
            body: sample.body.into(),
        });
        Ok(router.route(&sample.path, get(handle).with_state(answer)))
    })
}

pub(super) async fn serve(listener: TcpListener, router: Router) -> anyhow::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .pipeline_flush(true)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn handle(State(answer): State<Arc<Answer>>, headers: HeaderMap) -> Response {
    let cookie = headers.get(header::COOKIE).and_then(|cookie| cookie.to_str().ok());
    let mut response = Response::new(Body::from(answer.body.clone()));
    if !cookie.is_some_and(|cookie| cookie.contains('=')) {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    for (name, value) in &answer.headers {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}
