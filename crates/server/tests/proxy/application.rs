//! A small application: it says what it got, and knows nothing of nightlatch.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse as _;
use axum::routing::{any, get};
use futures_util::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The application, running on a free port until it is dropped.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    serving: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    connections: AtomicUsize,
    heads: Mutex<Vec<Value>>,
    whole_bodies: AtomicUsize,
}

impl Application {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::on(listener)
    }

    pub(crate) fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("an address");
        let seen = Arc::<Seen>::default();
        let router = Router::new()
            .route("/events", get(events))
            .route("/socket", get(socket))
            .route("/page", any(page))
            .route("/never", any(never))
            .route("/drip", get(drip))
            .fallback(echo)
            .with_state(Arc::clone(&seen))
            .layer(from_fn_with_state(Arc::clone(&seen), note));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self { address, seen, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it got so far.
    pub(crate) fn heads(&self) -> Vec<Value> {
        self.seen.heads.lock().expect("heads").clone()
    }

    /// Bodies that came to their end.
    pub(crate) fn whole_bodies(&self) -> usize {
        self.seen.whole_bodies.load(Ordering::SeqCst)
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn note(State(seen): State<Arc<Seen>>, request: Request, next: axum::middleware::Next) -> Response<Body> {
    seen.connections.fetch_add(1, Ordering::SeqCst);
    seen.heads.lock().expect("heads").push(head(&request));
    next.run(request).await
}

fn head(request: &Request) -> Value {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| json!([name.as_str(), text(value)]))
        .collect();
    json!({
        "method": request.method().as_str(), "target": request.uri().to_string(),
        "version": format!("{:?}", request.version()), "headers": headers,
    })
}

/// Everything it got, as JSON, with a header that is for one hop alone.
async fn echo(State(seen): State<Arc<Seen>>, request: Request) -> Response<Body> {
    let mut told = head(&request);
    let Ok(body) = request.into_body().collect().await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    seen.whole_bodies.fetch_add(1, Ordering::SeqCst);
    told["body"] = body.to_bytes().len().into();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONNECTION, "X-Hop"),
        (header::SET_COOKIE, "own=1"),
    ];
    (
        headers,
        [("x-hop", "1"), ("cache-control", "max-age=60")],
        told.to_string(),
    )
        .into_response()
}

/// HTML; the query says with which status, headers, policy in the page, and coding.
async fn page(request: Request) -> Response<Body> {
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let mut html = "<!doctype html><html><head><title>A page</title></head><body>Hello</body></html>".to_owned();
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    headers.insert(header::ETAG, HeaderValue::from_static("\"1\""));
    let (mut status, mut coding) = (StatusCode::OK, String::new());
    for (name, value) in query {
        match &*name {
            "status" => status = value.parse().expect("a status"),
            "gzip" | "br" => coding = name,
            "spaces" => html.push_str(&" ".repeat(value.parse().expect("a number"))),
            "html" => html = value,
            "meta" => {
                let meta = format!("<head><meta http-equiv=\"Content-Security-Policy\" content=\"{value}\">");
                html = html.replace("<head>", &meta);
            }
            name => {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                headers.insert(name, HeaderValue::try_from(value).expect("a value"));
            }
        }
    }
    let mut body = html.into_bytes();
    if !coding.is_empty() {
        body = encoded(&coding, &body);
        headers.insert(
            header::CONTENT_ENCODING,
            HeaderValue::try_from(coding).expect("a value"),
        );
    }
    headers.insert(header::CONTENT_LENGTH, body.len().into());
    *response.status_mut() = status;
    *response.body_mut() = body.into();
    response
}

pub(crate) fn encoded(coding: &str, text: &[u8]) -> Vec<u8> {
    if coding == "gzip" {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, text).expect("encoded");
        return encoder.finish().expect("encoded");
    }
    let mut body = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut body, 4096, 5, 22);
    std::io::Write::write_all(&mut encoder, text).expect("encoded");
    drop(encoder);
    body
}

/// An event at once, and then one every tenth of a second.
async fn events() -> Response<Body> {
    let ticks = stream::unfold(0, |count| async move {
        if count > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await; // tidy: sleeps because a stream that ticks is what is tested
        }
        Some((Ok::<_, Infallible>(format!("data: {count}\n\n")), count + 1))
    });
    let kind = [(header::CONTENT_TYPE, "text/event-stream")];
    (kind, Body::from_stream(ticks)).into_response()
}

/// 100 bytes every tenth of a second, as many times as the query says; and what it says of them besides, of which `length`
/// is the length of all.
async fn drip(request: Request) -> Response<Body> {
    let query = request.uri().query().unwrap_or_default();
    let (pieces, more) = query.split_once('&').unwrap_or((query, ""));
    let pieces: usize = pieces.parse().unwrap_or(1);
    let drops = stream::iter(0..pieces).then(|_| async {
        tokio::time::sleep(Duration::from_millis(100)).await; // tidy: sleeps because a slow body is what is tested
        Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 100]))
    });
    let mut response = Body::from_stream(drops).into_response();
    for (name, value) in url::form_urlencoded::parse(more.as_bytes()) {
        let (name, value) = match &*name {
            "length" => (header::CONTENT_LENGTH, HeaderValue::from(100 * pieces)),
            name => (
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                HeaderValue::from_str(&value).expect("a value"),
            ),
        };
        response.headers_mut().insert(name, value);
    }
    response
}

async fn never() -> Response<Body> {
    std::future::pending().await
}

/// Sends back what comes, once the protocol is switched.
async fn socket(mut request: Request) -> Response<Body> {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let mut stream = hyper_util::rt::TokioIo::new(upgraded);
        let (mut reader, mut writer) = tokio::io::split(&mut stream);
        // Ends when either side does.
        let _ = tokio::io::copy(&mut reader, &mut writer).await;
    });
    let headers = [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}
