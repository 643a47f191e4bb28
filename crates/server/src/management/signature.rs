//! The signature of a handler: what it takes and gives, and how its description says so.

mod input;
mod operation_description;
mod output;

pub(super) use self::input::Input;
pub(super) use self::operation_description::OperationDescription;
pub(super) use self::output::{Answer, Created, NoContent, Output};
