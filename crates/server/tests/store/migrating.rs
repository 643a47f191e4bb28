//! `nightlatch store migrate` brings tables up to date, and says what it would do.

use nightlatch_programs::postgres::shared;

use crate::room::{Room, config, tables};

const MIGRATE: &str = "nightlatch store migrate --config latch.toml";
const DRY_RUN: &str = "nightlatch store migrate --config latch.toml --dry-run";

#[test]
fn a_database_gets_its_tables_and_a_dry_run_none() {
    let server = shared();
    let database = server.database();
    let room = Room::new(&config(&server, &database));
    assert!(room.run(DRY_RUN).ended(0).contains("would get schema 1"));
    assert_eq!(tables(&server, &database), "0");
    assert!(
        room.run(MIGRATE)
            .ended(0)
            .contains("was empty, has schema 1 now; that took")
    );
    assert_ne!(tables(&server, &database), "0");
    assert!(room.run(MIGRATE).ended(0).contains("nothing to do"));
    server.sql(&database, "UPDATE schema SET version = 99, oldest_reader = 1");
    assert!(room.run(MIGRATE).ended(0).contains("schema 99; there is nothing to do"));
    server.sql(&database, "UPDATE schema SET oldest_reader = 99");
    for line in [MIGRATE, DRY_RUN] {
        let told = room.run(line).ended(1);
        assert!(told.contains("newer") && told.contains("restore a backup"), "{told}");
    }
}

#[test]
fn a_file_is_brought_up_to_date() {
    let room = Room::new("");
    assert!(room.run(MIGRATE).ended(1).contains("there is no database at"));
    room.run("nightlatch keys create billing --new-database --config latch.toml")
        .ended(0);
    let schema = room.run(MIGRATE).ended(0);
    assert!(schema.contains("nothing to do"), "{schema}");
    let file = room.file("nightlatch.db");
    let mut bytes = std::fs::read(&file).expect("the file");
    // `user_version` of the header (fileformat2, 1.3): made by a version of later days.
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(&file, bytes).expect("the file");
    for line in [MIGRATE, DRY_RUN] {
        let told = room.run(line).ended(1);
        assert!(told.contains("newer") && told.contains("store.path"), "{told}");
    }
}
