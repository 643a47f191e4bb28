//! What can break.

use std::time::Duration;

use nightlatch_programs::postgres::Server;

use crate::proxy;
use crate::run::{Fault, run};
use crate::servers::{Cluster, pass};

pub(crate) const fn fault(name: &'static str) -> Fault {
    Fault {
        name,
        loses_activity: false,
        once: false,
        policy_files: false,
    }
}

/// Each node in its turn.
fn turns() -> impl FnMut(&Cluster) -> usize {
    let mut turn = 0;
    move |cluster| {
        turn += 1;
        turn % cluster.nodes.len()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_is_killed() {
    let mut next = turns();
    let fault = Fault {
        loses_activity: true,
        ..fault("kill -9 of a node")
    };
    run(fault, async |cluster, _| {
        let node = next(cluster);
        cluster.nodes[node].kill();
        pass(Duration::from_secs(1)).await;
        cluster.nodes[node].start();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_is_stopped_and_goes_on() {
    let mut next = turns();
    run(fault("SIGSTOP of a node"), async |cluster, time| {
        let node = next(cluster);
        cluster.nodes[node].pause();
        pass(time.lasts).await;
        cluster.nodes[node].go_on();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_primary_is_stopped_and_goes_on() {
    run(fault("SIGSTOP of the primary"), async |cluster, time| {
        let paused = cluster.writable().pause();
        pass(time.lasts).await;
        drop(paused);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_standby_is_stopped_and_goes_on() {
    run(fault("SIGSTOP of the standby"), async |cluster, time| {
        let paused = cluster.standby.as_ref().map(Server::pause);
        pass(time.lasts).await;
        drop(paused);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_primary_is_killed_and_the_standby_takes_over() {
    let fault = Fault {
        loses_activity: true,
        once: true,
        ..fault("kill -9 of the primary, promotion")
    };
    run(fault, async |cluster, _| {
        cluster.kill_primary();
        cluster.promote();
    })
    .await;
}

/// As a failover tool does that cannot reach the old primary, until somebody else stops it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_standby_takes_over_while_the_primary_still_answers() {
    let fault = Fault {
        loses_activity: true,
        once: true,
        ..fault("promotion beside the old primary")
    };
    run(fault, async |cluster, time| {
        cluster.promote();
        pass(time.lasts).await;
        cluster.kill_primary();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_is_cut_off() {
    let mut next = turns();
    run(fault("a node cut off"), async |cluster, time| {
        let node = next(cluster);
        cluster.nodes[node].set(proxy::Fault::Stall);
        pass(time.lasts).await;
        cluster.nodes[node].set(proxy::Fault::None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_way_to_the_server_takes_300_ms() {
    let mut next = turns();
    run(fault("300 ms more for each answer"), async |cluster, time| {
        let node = next(cluster);
        cluster.nodes[node].set(proxy::Fault::Delay(Duration::from_millis(300)));
        pass(time.lasts).await;
        cluster.nodes[node].set(proxy::Fault::None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_are_lost_after_the_commit() {
    run(fault("connections cut after the commit"), async |cluster, time| {
        for node in &cluster.nodes {
            node.set(proxy::Fault::CutOneIn(9));
        }
        pass(time.lasts).await;
        for node in &cluster.nodes {
            node.set(proxy::Fault::None);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_are_left_half_open() {
    let mut next = turns();
    run(fault("half-open connections"), async |cluster, _| {
        let node = next(cluster);
        for way in &cluster.nodes[node].ways {
            way.leave_half_open();
        }
    })
    .await;
}
