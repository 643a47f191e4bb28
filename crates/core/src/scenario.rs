//! Scenarios: a policy, a session and a timeline in, the trace of everything that happens out (LIFETIME sections 5 and 6).

mod document;
mod run;
mod trace;

pub use document::{Scenario, ScenarioError, ScenarioEvent, TimedEvent};
pub use run::run;
pub use trace::{Entry, TraceEntry};

/// Reads and runs a scenario as JSON: the trace as an array, or `{"error": "…"}` in its place.
#[must_use]
pub fn simulate(scenario: &serde_json::Value) -> serde_json::Value {
    let trace = Scenario::from_json(scenario).and_then(|scenario| run(&scenario));
    match trace.map(serde_json::to_value) {
        Ok(Ok(trace)) => trace,
        Ok(Err(error)) => serde_json::json!({ "error": error.to_string() }),
        Err(error) => serde_json::json!({ "error": error.to_string() }),
    }
}
