//! The application behind the proxy: it tells which headers it got.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::HeaderMap;
use tokio::net::TcpListener;

#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) port: u16,
    reached: Arc<AtomicUsize>,
}

impl Application {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let reached = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&reached);
        let tell = async move |headers: HeaderMap| {
            counted.fetch_add(1, Ordering::Relaxed);
            let lines = headers.iter().map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                format!("{name}: {value}\n")
            });
            lines.collect::<String>()
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(tell)).await });
        Self { port, reached }
    }

    /// How many requests have come so far.
    pub(crate) fn reached(&self) -> usize {
        self.reached.load(Ordering::Relaxed)
    }
}
