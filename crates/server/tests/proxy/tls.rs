//! TLS on either side.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Request, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::application::Application;
use crate::front::{Front, HOST};

/// A certificate for `name` that is its own authority, written to two files.
fn certificate(directory: &Path, name: &str) -> (String, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    std::fs::write(directory.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    std::fs::write(directory.join("certificate.pem"), made.cert.pem()).expect("written");
    (made.cert.pem(), made.cert.der().clone())
}

fn config(directory: &Path, more: &str) -> String {
    let directory = directory.display();
    format!(
        "[server]\npublic_url = \"https://{HOST}\"\n[proxy]\nlisten = \"127.0.0.1:0\"\n{more}\
         [proxy.tls]\ncertificate = \"{directory}/certificate.pem\"\nkey = \"{directory}/key.pem\"\n"
    )
}

async fn connect(front: &Front, trusted: &CertificateDer<'static>, protocol: &[u8]) -> Option<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = front.connect().await;
    let name = ServerName::try_from(HOST).expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()
}

async fn told(stream: TlsStream<TcpStream>, token: &str) -> (Version, serde_json::Value) {
    let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let io = TokioIo::new(stream);
    let mut request = Request::get(format!("https://{HOST}/page?a"))
        .header("cookie", "a=1")
        .header("cookie", format!("__Host-nightlatch={token}"))
        .body(Empty::<axum::body::Bytes>::new())
        .expect("a request");
    *request.uri_mut() = format!("https://{HOST}/told?a").parse().expect("an address");
    let answer = if h2 {
        let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
            .await
            .expect("HTTP/2");
        tokio::spawn(connection);
        sender.send_request(request).await.expect("an answer")
    } else {
        *request.uri_mut() = "/told?a".parse().expect("a path");
        request.headers_mut().insert("host", HOST.parse().expect("a host"));
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.expect("HTTP/1.1");
        tokio::spawn(connection);
        sender.send_request(request).await.expect("an answer")
    };
    assert_eq!(answer.status(), 200);
    let version = answer.version();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (version, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn browsers_come_over_tls_with_either_version() {
    let directory = tempfile::tempdir().expect("a directory");
    let (_, trusted) = certificate(directory.path(), HOST);
    let application = Application::start().await;
    let site = format!("[[sites]]\nhost = \"{HOST}\"\nupstream = \"{}\"\n", application.url());
    let front = Front::with(&(config(directory.path(), "") + &site));
    let token = front.sign_in("ada").await;
    for (protocol, version) in [(&b"h2"[..], Version::HTTP_2), (b"http/1.1", Version::HTTP_11)] {
        let stream = connect(&front, &trusted, protocol).await.expect("a connection");
        let (spoken, told) = told(stream, &token).await;
        assert_eq!((spoken, &told["target"]), (version, &"/told?a".into()));
        assert_eq!(crate::front::got(&told, "host"), [HOST]);
        assert_eq!(crate::front::got(&told, "x-forwarded-proto"), ["https"]);
        assert_eq!(crate::front::got(&told, "cookie"), ["a=1"]);
        assert_eq!(crate::front::got(&told, "nightlatch-subject"), ["ada"]);
    }
}

#[tokio::test]
async fn a_new_certificate_is_used_without_a_restart_and_a_wrong_one_is_not() {
    let directory = tempfile::tempdir().expect("a directory");
    let (_, first) = certificate(directory.path(), HOST);
    let front = Front::with(&config(directory.path(), ""));
    assert!(connect(&front, &first, b"h2").await.is_some());
    std::fs::write(directory.path().join("certificate.pem"), "no certificate").expect("written");
    until(async || front.server.log().contains("the certificate before stays in use")).await;
    assert!(connect(&front, &first, b"h2").await.is_some());
    let (_, second) = certificate(directory.path(), HOST);
    until(async || connect(&front, &second, b"h2").await.is_some()).await;
    assert!(connect(&front, &first, b"h2").await.is_none());
}

/// Asks until it is so.
async fn until(so: impl AsyncFn() -> bool) {
    let asking = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(50)).await; // tidy: sleeps because files are looked at, not told of
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking)
        .await
        .expect("it happens");
}

/// An application behind TLS that speaks these protocols.
async fn behind_tls(directory: &Path, protocols: &[&[u8]]) -> String {
    let certificates = CertificateDer::pem_file_iter(directory.join("certificate.pem")).expect("a file");
    let chain = certificates
        .map(|certificate| certificate.expect("a certificate"))
        .collect();
    let key = PrivateKeyDer::from_pem_file(directory.join("key.pem")).expect("a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate");
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let router = Router::new().fallback(async |request: axum::extract::Request| {
        let host = request.uri().authority().map(ToString::to_string);
        let host = host.or_else(|| {
            request
                .headers()
                .get("host")
                .and_then(|host| Some(host.to_str().ok()?.to_owned()))
        });
        format!("{:?} {}", request.version(), host.unwrap_or_default())
    });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = hyper_util::service::TowerToHyperService::new(router);
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                // Ends with the connection.
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    format!("https://localhost:{port}")
}

#[tokio::test]
async fn upstreams_behind_tls_are_known_by_their_certificate() {
    let directory = tempfile::tempdir().expect("a directory");
    certificate(directory.path(), "localhost");
    let trusted = format!("upstream_ca = \"{}/certificate.pem\"\n", directory.path().display());
    for (protocols, spoken) in [
        (&[&b"h2"[..], b"http/1.1"][..], "HTTP/2.0"),
        (&[b"http/1.1"], "HTTP/1.1"),
    ] {
        let url = behind_tls(directory.path(), protocols).await;
        let site = |more: &str| {
            format!("[proxy]\nlisten = \"127.0.0.1:0\"\n{more}[[sites]]\nhost = \"{HOST}\"\nupstream = \"{url}\"\n")
        };
        let front = Front::with(&site(&trusted));
        let token = front.sign_in("ada").await;
        let answer = front.get_as(&token, "/", &[]).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, &*format!("{spoken} {HOST}"))
        );
        // HTTP/2 has no place for other protocols.
        let upgrade = format!(
            "GET / HTTP/1.1\r\nHost: {HOST}\r\nCookie: {}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            crate::front::cookie(&token)
        );
        let answer = front.raw(upgrade.as_bytes()).await;
        assert!(answer.contains(&format!("HTTP/1.1 {HOST}")), "{answer}");
        let front = Front::with(&site(""));
        let token = front.sign_in("ada").await;
        front.get_as(&token, "/", &[]).await.problem(502);
    }
}
