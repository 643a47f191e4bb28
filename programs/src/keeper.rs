//! A program that ends with the process that uses it, even where that is killed.
//!
//! The system tells such a program when the *thread* that has started it ends. So a thread of its own starts it, which lives as long as
//! the program is needed.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

use crate::{Process, wait_until};

/// Keeps a program running until this is dropped. It is interrupted then, which both `PostgreSQL` and `PgBouncer` take for an end at once,
/// whoever is connected.
#[derive(Debug)]
pub struct Keeper {
    /// Both are there until the program has ended.
    running: Option<(Sender<Killed>, JoinHandle<()>)>,
}

/// As if the machine had lost its power.
#[derive(Debug)]
struct Killed;

impl Keeper {
    /// Starts a program and waits until it listens. `install` is the command that brings it where it is missing.
    ///
    /// # Panics
    /// Where it ends before, or never listens.
    #[must_use]
    pub fn start(mut command: Command, install: &'static str, address: SocketAddr) -> Self {
        let (stop, stopped) = mpsc::channel();
        let (ready, listens) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut process = Process::start(&mut command, install);
            process.wait_until_listening(address);
            let _ = ready.send(());
            // Mostly nobody sends anything: the other end goes.
            match stopped.recv() {
                Ok(Killed) => return process.kill(),
                Err(_) => process.signal("-INT"),
            }
            wait_until("it stops", || !process.is_running());
        });
        if listens.recv().is_err() {
            let why = thread.join().expect_err("a reason");
            std::panic::resume_unwind(why);
        }
        Self {
            running: Some((stop, thread)),
        }
    }

    /// Ends the program without a word.
    ///
    /// # Panics
    /// Where it has ended before.
    pub fn kill(mut self) {
        if let Some((stop, thread)) = self.running.take() {
            stop.send(Killed).expect("a program that runs");
            thread.join().expect("a program that is killed");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
