//! A PostgreSQL server, for people and for programs.

use nightlatch_store_postgres::{Server, Standby};
use serde_json::{Value, json};

use crate::config::store::Durability;
use crate::management::rfc3339::rfc3339;

/// Where it is; an address may hold a password, so this is by the server's own account.
pub(super) fn place(server: &Server) -> String {
    let Server {
        address,
        database,
        schema,
        user,
        ..
    } = server;
    let address = address.as_deref().unwrap_or("a socket of this machine");
    let schema = schema
        .as_deref()
        .map_or_else(String::new, |schema| format!(", schema {schema}"));
    format!("database {database}{schema}, at {address}, as {user}")
}

/// What is promised, and what that rests on.
pub(super) fn durable(durability: Durability, server: &Server) -> String {
    let kinds = |standby: &Standby| {
        let kind = standby
            .kind
            .as_deref()
            .map_or_else(String::new, |kind| format!(" ({kind})"));
        format!("{}{kind}", standby.name)
    };
    let following: Vec<_> = server.standbys.iter().map(kinds).collect();
    let following = if following.is_empty() {
        "no standby follows".to_owned()
    } else {
        format!("{} follow", following.join(", "))
    };
    let waits = match &*server.synchronous {
        "" => "the server waits for no standby".to_owned(),
        names => format!("the server waits for {names}"),
    };
    format!("{}: {waits}; {following}", word(durability))
}

fn word(durability: Durability) -> &'static str {
    match durability {
        Durability::Replicated => "replicated",
        Durability::Managed => "managed",
        Durability::Local => "local",
    }
}

pub(super) fn server_as_json(durability: Durability, server: &Server) -> Value {
    let standbys = server
        .standbys
        .iter()
        .map(|standby| json!({ "name": standby.name, "kind": standby.kind }));
    json!({
        "version": server.version,
        "address": server.address,
        "database": server.database,
        "schema": server.schema,
        "user": server.user,
        "clock": rfc3339(server.clock),
        "durability": word(durability),
        "synchronous_standby_names": server.synchronous,
        "standbys": standbys.collect::<Vec<_>>(),
        "connections": { "most": server.connections, "used": server.connected },
    })
}
