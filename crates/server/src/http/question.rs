//! Which question an answer belongs to. A service worker or a proxy may answer a page from what it has kept; the SDK names each
//! question in the header `Nightlatch`, and takes an answer that does not repeat the name for none.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::write::NIGHTLATCH;

/// Repeats what the request says in `Nightlatch`.
pub(crate) async fn repeat_question(request: Request, next: Next) -> Response {
    let question = request.headers().get(NIGHTLATCH).cloned();
    let mut response = next.run(request).await;
    if let Some(question) = question {
        response.headers_mut().insert(NIGHTLATCH, question);
    }
    response
}
