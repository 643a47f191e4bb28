//! What a number of people asks of the nodes and of the PostgreSQL that they share: arithmetic over costs that were measured, without
//! any input or output. `docs/capacity.md` says the same in words.

pub(crate) mod costs;
mod demand;
mod fit;

pub(crate) use demand::{Demand, Workload};
pub(crate) use fit::{Machines, Need, Resource, Stops, clusters, needs};
