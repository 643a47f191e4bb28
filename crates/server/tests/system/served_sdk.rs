//! `docs/served-sdk.md` does what it says: the line that its commands print is the one the server vouches for.

use std::process::Command;

use axum::http::Method;

use crate::client;
use crate::server::Server;

const DOCUMENT: &str = include_str!("../../../../docs/served-sdk.md");

fn lines() -> impl Iterator<Item = &'static str> {
    let blocks = DOCUMENT.split("```sh\n").skip(1);
    blocks.filter_map(|rest| rest.split("```").next()).flat_map(str::lines)
}

#[tokio::test]
async fn the_commands_of_the_document_tell_what_the_server_sends() {
    let server = Server::start("[server]\nprefix = \"/auth/latch\"\n");
    let told = client::send(Method::GET, &format!("{}sdk.json", server.browser), &[], "")
        .await
        .ok(200);
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_nightlatch"));
    let mut ran = 0;
    for line in lines() {
        let path = binary.parent().expect("a directory").display();
        let output = Command::new("sh")
            .args(["-euc", &format!("PATH={path}:$PATH; {line}")])
            .current_dir(server.config_file().parent().expect("a directory"))
            .output()
            .expect("a shell");
        assert!(
            output.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        if line.ends_with("--json") {
            assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).expect("JSON"), told);
        } else {
            let tag = if line.ends_with("--required") {
                "required_tag"
            } else {
                "tag"
            };
            assert_eq!(Some(printed.trim_end()), told[tag].as_str());
        }
        ran += 1;
    }
    assert_eq!(ran, 3);
    let script = told["script"].as_str().expect("an address");
    assert!(script.starts_with("/auth/latch/sdk-"), "{script}");
    let origin = server.browser.trim_end_matches("/auth/latch/");
    let sent = client::send(Method::GET, &format!("{origin}{script}"), &[], "").await;
    assert_eq!(sent.status.as_u16(), 200);
    assert_eq!(sent.header("cache-control"), "public, max-age=31536000, immutable");
}
