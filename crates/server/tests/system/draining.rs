//! A server that is told to stop says so first, while it goes on.

use std::time::Duration;

use axum::http::Method;

use crate::client;
use crate::server::Server;

const CONFIG: &str = "[server]\ndrain = \"10m\"\n";
const WITHIN: Duration = Duration::from_secs(20);

async fn readiness(server: &Server) -> (u16, String) {
    let base = server.management.trim_end_matches("api/v1/");
    let answer = client::send(Method::GET, &format!("{base}readyz"), &[], "").await;
    let status = answer.json()["status"].as_str().expect("a status").to_owned();
    (answer.status.as_u16(), status)
}

#[tokio::test]
async fn it_is_not_ready_and_goes_on_until_it_is_told_again() {
    let mut server = Server::start(CONFIG);
    assert_eq!(readiness(&server).await, (200, "ready".to_owned()));
    let process = server.process.as_ref().expect("a process");
    process.signal("-TERM");
    let stopping = async {
        while readiness(&server).await != (503, "stopping".to_owned()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WITHIN, stopping).await.expect("it says so");
    let session = client::send(Method::GET, &format!("{}session", server.browser), &[], "").await;
    assert_eq!(session.status, 401, "it answers nobody's questions as before");
    assert!(server.stop().success(), "the second signal stops it");
}
