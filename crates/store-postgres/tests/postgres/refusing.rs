//! What a store is not started on, and TLS.

use std::path::Path;

use nightlatch_programs::nobody;
use nightlatch_programs::postgres::{Server, shared};
use nightlatch_store::Changes as _;
use nightlatch_store::nodes::{self, Beat};
use nightlatch_store_postgres::{ConnectError, Durability, Finding, PostgresOptions, PostgresStore};
use rcgen::{CertifiedKey, generate_simple_self_signed};

use nightlatch_store::conformance::fixture::*;

use crate::fresh::connect;
use crate::server::ServerExt as _;

/// The one thing that is found, by a start as by a check; neither changes anything.
async fn refusal(options: &PostgresOptions) -> Finding {
    let found = PostgresStore::check(options).await.expect("a server");
    assert_eq!(found.len(), 1, "{found:?}");
    match PostgresStore::connect(options).await {
        Err(ConnectError::Refused(findings)) => assert_eq!(findings, found),
        other => panic!("{other:?}"),
    }
    let finding = found.into_iter().next().expect("one");
    assert!(!finding.mend.is_empty());
    finding
}

async fn tables(server: &Server, database: &str) -> i64 {
    let sql = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    let row = server.client(database).await.query_one(sql, &[]).await;
    row.expect("a count").get(0)
}

#[tokio::test]
async fn a_check_finds_nothing_wrong_with_an_empty_database_and_leaves_it_empty() {
    let server = shared();
    let database = server.database();
    let options = server.options(&database);
    assert_eq!(PostgresStore::check(&options).await.expect("a server"), []);
    assert_eq!(tables(&server, &database).await, 0);
    connect(&options).await;
    assert_eq!(PostgresStore::check(&options).await.expect("a server"), []);
}

#[tokio::test]
async fn a_server_without_fsync_is_refused() {
    let server = Server::start(&["fsync=off"]);
    let finding = refusal(&server.options("postgres")).await;
    assert!(finding.what.contains("fsync is off"), "{finding}");
    assert_eq!(tables(&server, "postgres").await, 0);
}

#[tokio::test]
async fn a_database_that_acknowledges_before_it_writes_is_refused() {
    let server = shared();
    let database = server.database();
    for weak in ["off", "local", "remote_write"] {
        let set = format!("ALTER DATABASE {database} SET synchronous_commit = {weak}");
        server
            .client("postgres")
            .await
            .batch_execute(&set)
            .await
            .expect("a setting");
        let finding = refusal(&server.options(&database)).await;
        assert!(finding.what.contains("synchronous_commit"), "{finding}");
    }
    assert_eq!(tables(&server, &database).await, 0);
}

#[tokio::test]
async fn a_database_that_was_set_to_be_read_alone_is_refused() {
    let server = shared();
    let database = server.database();
    let set = format!("ALTER DATABASE {database} SET default_transaction_read_only = on");
    server
        .client("postgres")
        .await
        .batch_execute(&set)
        .await
        .expect("a setting");
    let finding = refusal(&server.options(&database)).await;
    assert!(finding.what.contains("default_transaction_read_only"), "{finding}");
}

#[tokio::test]
async fn replicated_without_a_synchronous_standby_is_refused() {
    let server = shared();
    let options = server.options(&server.database());
    let finding = refusal(&options.clone().durability(Durability::Replicated)).await;
    assert!(finding.mend.contains("synchronous_standby_names"), "{finding}");
    connect(&options.durability(Durability::Managed)).await;
}

#[tokio::test]
async fn a_standby_is_refused() {
    let server = Server::prepared(&[], |data| {
        let signal = data.join("standby.signal");
        std::fs::write(&signal, "").expect("a signal");
        nobody::give(&signal);
    });
    let finding = refusal(&server.options("postgres")).await;
    assert!(finding.what.contains("standby"), "{finding}");
    // Beside one that takes writes it does no harm.
    let primary = shared();
    let database = primary.database();
    let both = format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user=test dbname={database}",
        server.address().port(),
        primary.address().port()
    );
    // A standby that has no such database is passed over as well.
    let store = connect(&PostgresOptions::new(&both)).await;
    add(&store, &record(1, "a")).await;
}

#[tokio::test]
async fn tables_of_somebody_else_are_refused_and_left_alone() {
    let server = shared();
    let database = server.database();
    let client = server.client(&database).await;
    client
        .batch_execute("CREATE TABLE recipes (name text)")
        .await
        .expect("a table");
    let finding = refusal(&server.options(&database)).await;
    assert!(finding.what.contains("`recipes`"), "{finding}");
    assert_eq!(tables(&server, &database).await, 1);

    let inside =
        |schema: &str| PostgresOptions::new(&format!("{}?options=-csearch_path%3D{schema}", server.url(&database)));
    let finding = refusal(&inside("nightlatch")).await;
    assert!(finding.what.contains("search_path"), "{finding}");
    client
        .batch_execute("CREATE SCHEMA nightlatch")
        .await
        .expect("a schema");
    let store = connect(&inside("nightlatch")).await;
    add(&store, &record(1, "a")).await;
    assert_eq!(tables(&server, &database).await, 1, "it keeps to its own");
}

#[tokio::test]
async fn a_newer_schema_is_refused_unless_it_says_that_we_can_read_it() {
    let server = shared();
    let database = server.database();
    let options = server.options(&database);
    connect(&options).await;
    let client = server.client(&database).await;
    client
        .batch_execute("UPDATE schema SET version = 99")
        .await
        .expect("a schema");
    let store = connect(&options).await;
    add(&store, &record(1, "a")).await;
    client
        .batch_execute("UPDATE schema SET oldest_reader = 98")
        .await
        .expect("a schema");
    let finding = refusal(&options).await;
    assert!(finding.what.contains("schema 99"), "{finding}");
}

#[tokio::test]
async fn the_owner_of_a_database_needs_nothing_but_what_everybody_may() {
    let server = shared();
    let database = server.database();
    let client = server.client(&database).await;
    let role = format!("owner_of_{database}");
    let owner = format!("CREATE ROLE {role} LOGIN; ALTER DATABASE {database} OWNER TO {role}");
    client.batch_execute(&owner).await.expect("an owner");
    let everybody = "EXECUTE ON FUNCTION pg_control_system()";
    let revoke = format!("REVOKE {everybody} FROM PUBLIC");
    client.batch_execute(&revoke).await.expect("a right less");
    let options = PostgresOptions::new(&format!("postgresql://{role}@{}/{database}", server.address()));
    let finding = refusal(&options).await;
    assert!(
        finding.mend.contains("GRANT EXECUTE ON FUNCTION pg_control_system()"),
        "{finding}"
    );

    let grant = format!("GRANT {everybody} TO {role}");
    client.batch_execute(&grant).await.expect("the right");
    let store = connect(&options).await;
    add(&store, &record(1, "a")).await;
    let beat = Beat {
        node: nodes::random_id(),
        name: "one".into(),
        version: "1.2.3".into(),
        now: None,
        position: None,
    };
    store.nodes().expect("nodes share it").beat(&beat).await.expect("store");
    assert!(end_one(&store, 1).await);
}

/// A server with a certificate of this name, and the file that it is known by.
fn with_tls(name: &str) -> (Server, tempfile::TempDir, std::path::PathBuf) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
    let server = Server::prepared(&["ssl=on"], |data| {
        for (file, text) in [("server.crt", &certificate), ("server.key", &key)] {
            let file = data.join(file);
            std::fs::write(&file, text).expect("a file");
            restrict(&file);
            nobody::give(&file);
        }
    });
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, certificate).expect("a file");
    (server, directory, file)
}

fn restrict(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("permissions");
}

#[tokio::test]
async fn a_server_proves_its_name_or_is_not_talked_to() {
    let (server, _directory, file) = with_tls("localhost");
    let number = server.address().port();
    let options = |host: &str| {
        PostgresOptions::new(&format!(
            "postgresql://test@{host}:{number}/postgres?sslmode=verify-full"
        ))
    };
    let named = options("localhost").root_certificates(file.clone());
    let store = connect(&named).await;
    add(&store, &record(1, "a")).await;
    let sql = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND application_name = 'nightlatch'";
    let encrypted: i64 = server
        .client("postgres")
        .await
        .query_one(sql, &[])
        .await
        .expect("a count")
        .get(0);
    assert!(encrypted > 0);
    for (options, why) in [
        (options("127.0.0.1").root_certificates(file), "not valid for name"),
        (options("localhost"), "UnknownIssuer"),
    ] {
        match PostgresStore::connect(&options).await {
            Err(ConnectError::Store(error)) => assert!(error.to_string().contains(why), "{error}"),
            other => panic!("{other:?}"),
        }
    }
    let missing = options("localhost").root_certificates("nowhere.pem".into());
    let finding = refused_before_connecting(&missing).await;
    assert!(finding.what.contains("nowhere.pem"), "{finding}");
    let plain = shared();
    let plain = PostgresOptions::new(&format!("{}?sslmode=verify-full", plain.url("postgres")));
    let error = PostgresStore::connect(&plain).await.expect_err("no TLS there");
    assert!(error.to_string().contains("TLS"), "{error}");
}

async fn refused_before_connecting(options: &PostgresOptions) -> Finding {
    match PostgresStore::connect(options).await {
        Err(ConnectError::Refused(findings)) => findings.into_iter().next().expect("one"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn off_this_machine_nothing_but_a_proven_name_is_connected_to() {
    for mode in ["disable", "require"] {
        let options = PostgresOptions::new(&format!("postgresql://u@db.invalid/x?sslmode={mode}"));
        let finding = refused_before_connecting(&options).await;
        assert!(finding.mend.contains("sslmode=verify-full"), "{finding}");
    }
}
