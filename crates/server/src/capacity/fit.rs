//! Whether one PostgreSQL and its nodes take a demand, where they stop, and into how many clusters it would have to be split.

use serde::Serialize;

use super::costs;
use super::demand::{Demand, Workload};

/// Of what is a rate so much is planned for, so that an hour busier than the others, a vacuum and the reads after a failover have room.
/// A choice, not a measurement.
const PLANNED: f64 = 0.5;
/// A beat that meets more changes drops all copies (`MOST_CHANGES` in `store/nodes.rs`).
const MOST_CHANGES: f64 = 50_000.0;
/// PostgreSQL keeps so many connections for superusers (`superuser_reserved_connections`, by default).
const RESERVED_CONNECTIONS: f64 = 3.0;
const MOST_CLUSTERS: u32 = 10_000;

/// What there is.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Machines {
    pub(crate) database_processors: f64,
    pub(crate) database_memory: f64,
    /// Bytes of a second.
    pub(crate) wal: f64,
    /// Durable ones, of a second.
    pub(crate) commits: f64,
    pub(crate) max_connections: f64,
    pub(crate) node_processors: f64,
    pub(crate) node_memory: f64,
    /// Seconds; how long a node goes on without an answer, and reads all that changed meanwhile with the next.
    pub(crate) end_bound: f64,
}

impl Machines {
    /// What was measured, for lack of something better.
    pub(crate) const MEASURED_WAL: f64 = costs::WAL_PER_SECOND;
    pub(crate) const MEASURED_COMMITS: f64 = costs::COMMITS_PER_SECOND;
}

/// What may run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Resource {
    DatabaseProcessors,
    WriteAheadLog,
    Commits,
    DatabaseMemory,
    Connections,
    TouchesOfANode,
    ChangesInABeat,
    NodeMemory,
    NodeProcessors,
}

impl Resource {
    pub(crate) const ALL: [Self; 9] = [
        Self::DatabaseProcessors,
        Self::WriteAheadLog,
        Self::Commits,
        Self::DatabaseMemory,
        Self::Connections,
        Self::TouchesOfANode,
        Self::ChangesInABeat,
        Self::NodeMemory,
        Self::NodeProcessors,
    ];

    /// What is less where there are fewer people. More nodes or another setting mend the others, and a cluster has as many beats as it
    /// has nodes, whoever uses it.
    const SPLIT: [Self; 5] = [
        Self::DatabaseProcessors,
        Self::WriteAheadLog,
        Self::Commits,
        Self::DatabaseMemory,
        Self::ChangesInABeat,
    ];

    fn needed(self, demand: &Demand, machines: &Machines) -> f64 {
        match self {
            Self::DatabaseProcessors => demand.processors,
            Self::WriteAheadLog => demand.wal_records + demand.wal_pages,
            Self::Commits => demand.commits,
            Self::DatabaseMemory => demand.hot_bytes,
            Self::Connections => demand.connections,
            Self::TouchesOfANode => demand.touches_of_a_node,
            Self::ChangesInABeat => demand.changes * machines.end_bound,
            Self::NodeMemory => demand.bytes_of_a_node,
            Self::NodeProcessors => demand.requests_of_a_node * costs::REQUEST,
        }
    }

    fn limit(self, machines: &Machines) -> f64 {
        match self {
            Self::DatabaseProcessors => machines.database_processors * PLANNED,
            Self::WriteAheadLog => machines.wal * PLANNED,
            Self::Commits => machines.commits * PLANNED,
            Self::DatabaseMemory => machines.database_memory,
            Self::Connections => machines.max_connections - RESERVED_CONNECTIONS,
            // A node tells the store of activity in one call after the other.
            Self::TouchesOfANode => costs::TOUCHES_PER_CONNECTION * PLANNED,
            Self::ChangesInABeat => MOST_CHANGES,
            Self::NodeMemory => machines.node_memory,
            Self::NodeProcessors => machines.node_processors * PLANNED,
        }
    }

    fn has_room(self, work: &Workload, machines: &Machines) -> bool {
        self.needed(&Demand::of(work), machines) <= self.limit(machines)
    }
}

/// How many sessions may be in use until a resource runs out, all else being equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stops {
    At(f64),
    /// Not even where all of them are.
    Never,
    /// It has run out before anybody does anything.
    Before,
}

/// What is needed of a resource, and what there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    pub(crate) resource: Resource,
    pub(crate) needed: f64,
    pub(crate) limit: f64,
    pub(crate) stops: Stops,
}

impl Need {
    pub(crate) fn fits(&self) -> bool {
        self.needed <= self.limit
    }
}

pub(crate) fn needs(work: &Workload, machines: &Machines) -> Vec<Need> {
    let demand = Demand::of(work);
    let need = |resource: Resource| Need {
        resource,
        needed: resource.needed(&demand, machines),
        limit: resource.limit(machines),
        stops: stops(resource, work, machines),
    };
    Resource::ALL.into_iter().map(need).collect()
}

/// Nothing is needed less of where more sessions are in use, so halving finds where it stops.
fn stops(resource: Resource, work: &Workload, machines: &Machines) -> Stops {
    let has_room = |active| resource.has_room(&Workload { active, ..*work }, machines);
    if has_room(work.sessions) {
        return Stops::Never;
    }
    if !has_room(0.0) {
        return Stops::Before;
    }
    let (mut low, mut high) = (0.0, work.sessions);
    while high - low > 1.0 {
        let middle = low + (high - low) / 2.0;
        if has_room(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Stops::At(low.floor())
}

/// Into how few clusters it has to be split, each with a database and with as many nodes, so that their databases take it; `None` where
/// that does not help.
pub(crate) fn clusters(work: &Workload, machines: &Machines) -> Option<u32> {
    let fits = |clusters: u32| {
        let part = work.split(clusters.into());
        Resource::SPLIT
            .iter()
            .all(|resource| resource.has_room(&part, machines))
    };
    (1..=MOST_CLUSTERS).find(|clusters| fits(*clusters))
}

#[cfg(test)]
mod tests {
    use super::super::demand::tests::work;
    use super::*;

    fn machines() -> Machines {
        Machines {
            database_processors: 16.0,
            database_memory: 64e9,
            wal: 100e6,
            commits: 10_000.0,
            max_connections: 100.0,
            node_processors: 2.0,
            node_memory: 8e9,
            end_bound: 1.0,
        }
    }

    #[test]
    fn where_it_stops_it_still_fits_and_one_session_more_does_not() {
        let work = Workload {
            sessions: 1e9,
            ..work()
        };
        for resource in [
            Resource::DatabaseProcessors,
            Resource::TouchesOfANode,
            Resource::NodeMemory,
        ] {
            let Stops::At(active) = stops(resource, &work, &machines()) else {
                panic!("{resource:?} runs out somewhere");
            };
            assert!(
                resource.has_room(&Workload { active, ..work }, &machines()),
                "{resource:?}"
            );
            let more = active + 2.0;
            assert!(
                !resource.has_room(&Workload { active: more, ..work }, &machines()),
                "{resource:?}"
            );
        }
    }

    #[test]
    fn what_no_session_asks_for_never_runs_out_by_activity() {
        assert_eq!(stops(Resource::Connections, &work(), &machines()), Stops::Never);
        let crowd = Workload { nodes: 50.0, ..work() };
        assert_eq!(stops(Resource::Connections, &crowd, &machines()), Stops::Before);
    }

    #[test]
    fn a_split_is_the_smallest_that_fits() {
        let much = Workload {
            sessions: 1e8,
            active: 5e7,
            ..work()
        };
        let number = clusters(&much, &machines()).expect("a split helps");
        assert!(number > 1);
        let all_fit = |number: u32| {
            let needs = needs(&much.split(number.into()), &machines());
            let mut of_database = needs.iter().filter(|need| Resource::SPLIT.contains(&need.resource));
            of_database.all(Need::fits)
        };
        assert!(all_fit(number) && !all_fit(number - 1));
    }

    #[test]
    fn no_split_helps_where_beats_alone_are_too_many() {
        let crowd = Workload {
            nodes: 5000.0,
            ..work()
        };
        assert_eq!(clusters(&crowd, &machines()), None);
    }
}
