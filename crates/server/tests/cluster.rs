//! Three real nodes on a real PostgreSQL with a synchronous standby, under load, while something breaks.
//!
//! `NIGHTLATCH_FAULT_SECONDS` says how long each test goes on; `cargo xtask real-faults` runs each for a minute.

#[path = "cluster/checker.rs"]
mod checker;
#[path = "cluster/client.rs"]
mod client;
#[path = "cluster/faults.rs"]
mod faults;
#[path = "cluster/history.rs"]
mod history;
#[path = "cluster/load.rs"]
mod load;
#[path = "../../store-postgres/tests/postgres/proxy.rs"]
#[expect(dead_code, reason = "shared with the tests of the store, which lose single answers")]
mod proxy;
#[path = "cluster/push.rs"]
mod push;
#[path = "cluster/rolling.rs"]
mod rolling;
#[path = "cluster/run.rs"]
mod run;
#[path = "cluster/servers.rs"]
mod servers;
#[path = "cluster/settling.rs"]
mod settling;
