//! No password is told to anybody, whatever goes wrong.

use nightlatch_programs::nobody;
use nightlatch_programs::postgres::Server;
use nightlatch_store::{Changes as _, StoreError};
use nightlatch_store_postgres::{ConnectError, PostgresOptions, PostgresStore};
use zeroize::Zeroizing;

use crate::fresh::connect;
use crate::server::ServerExt as _;

const PASSWORD: &str = "correct-horse";
const WRONG: &str = "battery-staple";

/// A server that asks one of its users for a password.
async fn guarded() -> Server {
    let server = Server::prepared(&["hba_file={data}/guard.conf"], |data| {
        let file = data.join("guard.conf");
        let rules = "host all test 127.0.0.1/32 trust\nhost all guarded 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(&file, rules).expect("rules");
        nobody::give(&file);
    });
    let create = format!("CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'; CREATE DATABASE guarded OWNER guarded");
    for statement in create.split("; ") {
        server
            .client("postgres")
            .await
            .batch_execute(statement)
            .await
            .expect("a user");
    }
    server
}

#[tokio::test]
async fn a_password_signs_in_and_is_never_told() {
    let server = guarded().await;
    let address = server.address();
    let apart = PostgresOptions::new(&format!("postgresql://guarded@{address}/guarded"));
    let right = apart.clone().password(Zeroizing::new(PASSWORD.to_owned()));
    let store = connect(&right).await;
    store.latest_instant().await.expect("store");
    let inside = PostgresOptions::new(&format!("postgresql://guarded:{PASSWORD}@{address}/guarded"));
    connect(&inside).await;

    let mut told = vec![format!("{store:?} {right:?} {inside:?}")];
    let wrong = [
        apart.clone(),
        apart.password(Zeroizing::new(WRONG.to_owned())),
        PostgresOptions::new(&format!("postgresql://guarded:{WRONG}@{address}/guarded")),
        PostgresOptions::new(&format!("postgresql://guarded:{WRONG}@{address}/nowhere")),
        PostgresOptions::new(&format!("host=127.0.0.1 port=1 user=guarded password={WRONG}")),
        PostgresOptions::new(&format!("host=127.0.0.1 port=x user=guarded password={WRONG}")),
        PostgresOptions::new(&format!(
            "postgresql://guarded:{WRONG}@{address}/guarded?sslmode=verify-full"
        )),
    ];
    for options in wrong {
        let error = PostgresStore::connect(&options).await.expect_err("no way in");
        told.push(format!("{error} {error:?} {options:?}"));
    }
    drop(server);
    match store.latest_instant().await {
        Err(error @ StoreError::Unavailable(_)) => told.push(format!("{error} {error:?}")),
        other => panic!("{other:?}"),
    }
    assert!(told[2].contains("password authentication failed"), "{}", told[2]);
    for text in &told {
        assert!(!text.contains(PASSWORD) && !text.contains(WRONG), "{text}");
        assert!(!text.contains("correct") && !text.contains("staple"), "{text}");
    }
    let refused = PostgresStore::connect(&PostgresOptions::new("nonsense")).await;
    assert!(matches!(refused, Err(ConnectError::Refused(_))), "{refused:?}");
}
