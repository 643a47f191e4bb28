//! One question of Envoy's, and the answer in its terms.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::{BodyExt as _, Collected};

use super::messages::{
    AttributeContext, CheckRequest, CheckResponse, DeniedHttpResponse, HeaderValueOption, HttpRequest, HttpResponse,
    HttpStatus, OkHttpResponse, Status,
};
use crate::gateway::answer;
use crate::gateway::identity;
use crate::gateway::original::{Original, Unbelievable};
use crate::http::header_name;
use crate::server_state::ServerState;

/// `google.rpc.Code`
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;
/// CGI makes `HTTP_PROXY` of it, which libraries take for a setting of their own.
const PROXY: &str = "proxy";
/// What a route may say of itself.
const APPLICATION: &str = "application";

pub(super) async fn answer(server: &ServerState, asked: CheckRequest) -> CheckResponse {
    let AttributeContext {
        request,
        context_extensions,
    } = asked.attributes.unwrap_or_default();
    let request = request.and_then(|request| request.http).unwrap_or_default();
    let application = context_extensions.get(APPLICATION).map(String::as_str);
    let headers = headers(&request);
    let response = match &headers {
        Ok(headers) => answer::answer(server, original(server, &request, application), headers).await,
        Err(unbelievable) => answer::answer(server, Err(unbelievable.clone()), &HeaderMap::new()).await,
    };
    if response.status() == StatusCode::OK {
        allowed(&response, &headers.unwrap_or_default())
    } else {
        denied(response).await
    }
}

/// Method, path and host as Envoy has them, and no header that names them otherwise.
fn original<'a>(
    server: &ServerState,
    request: &'a HttpRequest,
    application: Option<&'a str>,
) -> Result<Original<'a>, Unbelievable> {
    let original = Original::new(&server.sites, &request.method, &request.host, &request.path)?;
    Ok(original.of_application(application))
}

fn headers(request: &HttpRequest) -> Result<HeaderMap, Unbelievable> {
    let joined = request.headers.iter().map(|(name, value)| (name, value.as_bytes()));
    let raw = request.header_map.iter().flat_map(|map| &map.headers).map(|header| {
        let raw = &header.raw_value[..];
        let value = if raw.is_empty() { header.value.as_bytes() } else { raw };
        (&header.key, value)
    });
    let mut headers = HeaderMap::new();
    for (name, value) in joined.chain(raw) {
        // `:path` and its like are no headers.
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
            continue;
        };
        let value = HeaderValue::from_bytes(value).map_err(|_| Unbelievable::NotText(name.clone()))?;
        if headers.try_append(&name, value).is_err() {
            return Err(Unbelievable::Repeated(name));
        }
    }
    Ok(headers)
}

fn allowed(response: &Response, sent: &HeaderMap) -> CheckResponse {
    let told = |name: &HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
    let identity = identity::NAMES.iter().map(|name| {
        // One that is missing would leave what a client has sent.
        HeaderValueOption::in_place_of_others(name.as_str(), told(name).unwrap_or_default())
    });
    let mut headers: Vec<_> = identity.collect();
    let removed = sent.keys().filter(|name| is_twin(name) || **name == PROXY);
    let mut removed: Vec<_> = removed.map(ToString::to_string).collect();
    for name in [header::COOKIE, header::AUTHORIZATION] {
        match told(&name) {
            Some(left) if !left.is_empty() => headers.push(HeaderValueOption::in_place_of_others(name.as_str(), left)),
            // Nothing of it is the application's, or it is no text.
            _ if sent.contains_key(&name) => removed.push(name.to_string()),
            _ => {}
        }
    }
    CheckResponse {
        status: Some(Status { code: OK }),
        http_response: Some(HttpResponse::Ok(OkHttpResponse {
            headers,
            headers_to_remove: removed,
        })),
    }
}

/// Whether some server takes this name for a header of ours, and it is none.
fn is_twin(name: &HeaderName) -> bool {
    let name = name.as_ref();
    header_name::is_odd(name) && (header_name::is_ours(name) || header_name::is_forwarding(name))
}

async fn denied(response: Response) -> CheckResponse {
    let (parts, body) = response.into_parts();
    let headers = parts.headers.iter().map(|(name, value)| {
        // Our own headers are ASCII.
        HeaderValueOption::in_place_of_others(name.as_str(), value.to_str().unwrap_or_default())
    });
    // Our own answers are whole, and never fail to be read.
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus {
            code: parts.status.as_u16().into(),
        }),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    CheckResponse {
        status: Some(Status {
            code: PERMISSION_DENIED,
        }),
        http_response: Some(HttpResponse::Denied(denied)),
    }
}
