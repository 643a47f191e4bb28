//! The signature of a handler: what it takes and gives, and how its description says so.

mod input;
mod output;
mod sketch;

pub(super) use self::input::Input;
pub(super) use self::output::{Answer, Created, NoContent, Output};
pub(super) use self::sketch::Sketch;
