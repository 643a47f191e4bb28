//! What operators do to one node after the other.

use std::time::Duration;

use crate::faults::fault;
use crate::load::policy_file;
use crate::run::{Fault, run};
use crate::servers::{NODES, pass};

/// Nodes disagree for so long.
const DISAGREE: Duration = Duration::from_secs(1);

/// The first of them brings a later schema, which programs of this one can read, and tells of changes that they do not know.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_are_replaced_one_by_one_while_the_schema_changes() {
    let fault = Fault {
        once: true,
        ..fault("an upgrade, node by node")
    };
    run(fault, async |cluster, _| {
        for node in 0..NODES {
            cluster.nodes[node].stop();
            let step = if node == 0 {
                "BEGIN; ALTER TABLE sessions ADD COLUMN of_tomorrow text;
                 UPDATE schema SET version = version + 1; COMMIT;"
            } else {
                "INSERT INTO changes (kind) VALUES ('of-tomorrow')"
            };
            cluster.writable().sql("postgres", step);
            cluster.nodes[node].start();
            pass(DISAGREE).await;
        }
    })
    .await;
}

/// Between them a node that has still the old file starts again: it follows the store.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_policy_file_changes_node_by_node() {
    let fault = Fault {
        once: true,
        policy_files: true,
        ..fault("another policy file, node by node")
    };
    let stored = run(fault, async |cluster, time| {
        for node in 0..NODES {
            cluster.nodes[node].write_policy(&policy_file(time.idle, 2));
            pass(DISAGREE).await;
            if let Some(next) = cluster.nodes.get_mut(node + 1) {
                next.stop();
                next.start();
            }
            pass(DISAGREE).await;
        }
    })
    .await;
    let numbers: Vec<Option<u32>> = stored.policies.iter().map(|numbers| numbers[0]).collect();
    assert_eq!(
        numbers,
        [Some(1), Some(2)],
        "each is a revision once, and the later one stays"
    );
}
