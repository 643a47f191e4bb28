#[path = "conformance/fixture.rs"]
mod fixture;
#[path = "conformance/speed.rs"]
mod speed;
