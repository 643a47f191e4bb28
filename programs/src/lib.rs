//! Programs that tests and measurements run beside themselves: each on a port of its own, and awaited by what it does, never
//! by what it logs. A line such as "starting workers" says what a program is about to do; an open port says that it did.
//!
//! Everything here panics where it fails: there is no test without the program that it needs.

mod keeper;
pub mod nobody;
mod piped;
mod port;
pub mod postgres;
mod process;

pub use self::keeper::Keeper;
pub use self::piped::run;
pub use self::port::Port;
pub use self::process::{Process, wait_until};
