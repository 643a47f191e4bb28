//! A program that is ended with the test, by its process.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
    lines: Receiver<String>,
}

impl Process {
    /// `install` is the command that brings the program where it is missing.
    pub(crate) fn start(command: &mut Command, install: &str) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let started = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child =
            started.unwrap_or_else(|error| panic!("{name} cannot be started ({error}); install it: {install}"));
        let said = Arc::<Mutex<String>>::default();
        let (sender, lines) = channel();
        let stderr = child.stderr.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        let keep = |from: Box<dyn Read + Send>, tell: Option<std::sync::mpsc::Sender<String>>| {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in BufReader::new(from).lines().map_while(Result::ok) {
                    said.lock().expect("no reader panics").extend([
                        line.as_str(),
                        "
",
                    ]);
                    if let Some(sender) = &tell {
                        // Nobody listens any more once the program has started.
                        let _ = sender.send(line);
                    }
                }
            });
        };
        keep(Box::new(stderr), None);
        keep(Box::new(stdout), Some(sender));
        Self { child, said, lines }
    }

    /// What it prints, line by line.
    pub(crate) fn lines(&self) -> &Receiver<String> {
        &self.lines
    }

    /// Everything it has printed so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("no reader panics").clone()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a process").is_none()
    }

    /// Whether none of its threads goes on: they stop one after the other.
    pub(crate) fn is_stopped(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the process is there");
        let mut states = threads
            .flatten()
            .map(|thread| std::fs::read_to_string(thread.path().join("stat")));
        states.all(|state| state.is_ok_and(|state| state.rsplit(')').next().is_some_and(|rest| rest.starts_with(" T"))))
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(sent.expect("kill").success());
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        self.child.wait().expect("the process is gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            // Proxies end their workers with themselves when they are asked to.
            self.signal("-TERM");
            // One that a test left stopped hears of it only when it goes on.
            self.signal("-CONT");
            let _ = self.child.wait();
        }
    }
}
