//! Envoy's questions over a real connection.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::uri::{PathAndQuery, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::client::Grpc;
use tonic_prost::ProstCodec;

use super::messages::{
    AttributeContext, AttributeRequest, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderMap, HeaderValue,
    HeaderValueOption, HttpRequest, HttpResponse, OkHttpResponse,
};
use super::serve;
use crate::config::Listener;
use crate::gateway::identity;
use crate::gateway::site_for_tests::SignedIn;
use crate::http::listen::Bound;

const CONFIG: &str = "[server]\npublic_url = \"https://app.example\"\n[policy]\nidle = \"5m\"\n";
const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";

/// A server with one person signed in to the application `bank`.
struct Site {
    signed_in: SignedIn,
    cookie: String,
    address: SocketAddr,
}

impl Site {
    async fn start() -> Self {
        let signed_in = SignedIn::new(CONFIG, "ada").await;
        let listener = Listener {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            trusted_proxies: Vec::new(),
        };
        let bound = Bound::bind(&listener, "test").await.expect("a port");
        let address = bound.address().expect("an address");
        tokio::spawn(serve(bound, Arc::clone(&signed_in.server)));
        Self {
            cookie: format!("__Host-nightlatch={}", signed_in.token),
            signed_in,
            address,
        }
    }

    async fn ask(&self, path: &'static str, asked: CheckRequest) -> Result<CheckResponse, tonic::Status> {
        let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
        let origin: Uri = format!("http://{}", self.address)
            .parse()
            .map_err(|_| tonic::Status::internal("address"))?;
        let mut grpc = Grpc::with_origin(client, origin);
        grpc.ready()
            .await
            .map_err(|error| tonic::Status::unavailable(error.to_string()))?;
        let codec = ProstCodec::<CheckRequest, CheckResponse>::default();
        let answer = grpc
            .unary(tonic::Request::new(asked), PathAndQuery::from_static(path), codec)
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn allowed(&self, asked: CheckRequest) -> OkHttpResponse {
        let answer = self.ask(CHECK, asked).await.expect("an answer");
        assert_eq!(answer.status.map(|status| status.code), Some(0));
        match answer.http_response {
            Some(HttpResponse::Ok(ok)) => ok,
            other => panic!("{other:?}"),
        }
    }

    async fn denied(&self, asked: CheckRequest) -> (i32, DeniedHttpResponse) {
        let answer = self.ask(CHECK, asked).await.expect("an answer");
        assert_ne!(answer.status.map(|status| status.code), Some(0));
        match answer.http_response {
            Some(HttpResponse::Denied(denied)) => (denied.status.as_ref().expect("a status").code, denied),
            other => panic!("{other:?}"),
        }
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> CheckRequest {
        let cookie = [("cookie", self.cookie.as_str())];
        asks(path, headers.iter().chain(&cookie))
    }
}

fn asks<'a>(path: &str, headers: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> CheckRequest {
    let headers = headers
        .into_iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let http = HttpRequest {
        method: "GET".to_owned(),
        host: "app.example".to_owned(),
        path: path.to_owned(),
        headers: headers.chain([(":path".to_owned(), "/elsewhere".to_owned())]).collect(),
        header_map: None,
    };
    CheckRequest {
        attributes: Some(AttributeContext {
            request: Some(AttributeRequest { http: Some(http) }),
            context_extensions: HashMap::new(),
        }),
    }
}

fn for_application(mut asked: CheckRequest, application: &str) -> CheckRequest {
    let attributes = asked.attributes.get_or_insert_default();
    attributes
        .context_extensions
        .insert("application".to_owned(), application.to_owned());
    asked
}

fn header<'a>(headers: &'a [HeaderValueOption], name: &str) -> &'a str {
    let mut values = headers
        .iter()
        .filter_map(|header| header.header.as_ref())
        .filter(|header| header.key == name);
    let value = values.next().unwrap_or_else(|| panic!("{name} is missing"));
    assert_eq!(values.next(), None, "{name}");
    &value.value
}

#[tokio::test]
async fn who_may_pass_is_told_of_in_place_of_what_the_client_says() {
    let site = Site::start().await;
    let forged = [
        ("nightlatch-subject", "root"),
        ("nightlatch_subject", "root"),
        ("nightlatch.authenticated-at", "0"),
        ("nightlatch+phase", "active"),
        ("proxy", "http://evil.example"),
        ("nightlatch-other", "x"),
        ("x_other", "x"),
    ];
    let ok = site.allowed(site.get("/page?a=b", &forged)).await;
    assert_eq!(ok.headers.len(), identity::NAMES.len());
    for told in &ok.headers {
        let append = told.append.as_ref().map(|append| append.value);
        assert_eq!(
            (append, told.append_action, told.keep_empty_value),
            (Some(false), 2, true)
        );
    }
    assert_eq!(header(&ok.headers, "nightlatch-subject"), "ada");
    assert_eq!(header(&ok.headers, "nightlatch-application"), "bank");
    assert_eq!(header(&ok.headers, "nightlatch-authentication-methods"), "");
    let mut removed = ok.headers_to_remove;
    removed.sort();
    assert_eq!(
        removed,
        [
            "cookie",
            "nightlatch+phase",
            "nightlatch.authenticated-at",
            "nightlatch_subject",
            "proxy"
        ]
    );
}

#[tokio::test]
async fn the_application_keeps_its_own_credentials_and_gets_none_of_ours() {
    let site = Site::start().await;
    let token = site.cookie.split_once('=').expect("a cookie").1;
    let both = format!("Bearer {token}, Basic YTpi");
    let cookies = format!("a=b; {}", site.cookie);
    for (sent, left) in [
        (
            &[("cookie", cookies.as_str()), ("authorization", "Bearer theirs")][..],
            [Some("a=b"), Some("Bearer theirs")],
        ),
        (
            &[("cookie", "a=b"), ("authorization", &both)],
            [Some("a=b"), Some("Basic YTpi")],
        ),
        (&[("authorization", &format!("Bearer {token}"))], [None, None]),
    ] {
        let ok = site.allowed(asks("/", sent)).await;
        for (name, left) in ["cookie", "authorization"].into_iter().zip(left) {
            let was_sent = sent.iter().any(|(sent, _)| *sent == name);
            let told = ok
                .headers
                .iter()
                .filter_map(|told| told.header.as_ref())
                .find(|told| told.key == name);
            assert_eq!(told.map(|told| told.value.as_str()), left, "{sent:?}");
            let removed = ok.headers_to_remove.iter().any(|removed| removed == name);
            assert_eq!(removed, was_sent && left.is_none(), "{sent:?}");
        }
    }
}

#[tokio::test]
async fn raw_headers_are_read_as_well() {
    let site = Site::start().await;
    let mut asked = site.get("/", &[]);
    let http = asked
        .attributes
        .as_mut()
        .and_then(|attributes| attributes.request.as_mut()?.http.as_mut());
    let http = http.expect("a request");
    http.headers.clear();
    http.header_map = Some(HeaderMap {
        headers: vec![HeaderValue {
            key: "cookie".to_owned(),
            value: String::new(),
            raw_value: site.cookie.clone().into_bytes(),
        }],
    });
    site.allowed(asked).await;
}

#[tokio::test]
async fn a_route_says_which_application_it_leads_to() {
    let site = Site::start().await;
    site.allowed(for_application(site.get("/", &[]), "bank")).await;
    site.allowed(for_application(site.get("/", &[]), "")).await;
    let (status, denied) = site.denied(for_application(site.get("/", &[]), "wiki")).await;
    assert_eq!(
        (status, header(&denied.headers, "nightlatch-reason")),
        (403, "forbidden")
    );
}

#[tokio::test]
async fn who_may_not_pass_gets_the_answer_of_the_http_endpoints() {
    let site = Site::start().await;
    let (status, denied) = site.denied(asks("/", &[])).await;
    assert_eq!((status, header(&denied.headers, "nightlatch-reason")), (401, "none"));
    assert_eq!(header(&denied.headers, "content-type"), "application/problem+json");
    assert!(denied.body.contains("\"reason\":\"none\""), "{}", denied.body);

    let (status, denied) = site.denied(asks("/", &[("accept", "text/html")])).await;
    let location = "https://app.example/nightlatch/signed-out?reason=none&return_to=https://app.example/";
    assert_eq!((status, header(&denied.headers, "location")), (302, location));

    for odd in ["", "page", "/a%2fb", "/a#b"] {
        assert_eq!(site.denied(site.get(odd, &[])).await.0, 400, "{odd}");
    }
    assert_eq!(site.denied(site.get("/", &[("x", "a\nb")])).await.0, 400);
    assert_eq!(site.denied(CheckRequest::default()).await.0, 400);

    site.signed_in.advance(300);
    let (status, denied) = site.denied(site.get("/", &[])).await;
    assert_eq!((status, header(&denied.headers, "nightlatch-reason")), (401, "idle"));
}

#[tokio::test]
async fn nothing_else_is_answered() {
    let site = Site::start().await;
    let asked = site.get("/", &[]);
    let status = site
        .ask("/grpc.health.v1.Health/Check", asked)
        .await
        .expect_err("no such service");
    assert_eq!(status.code(), tonic::Code::Unimplemented);
}
