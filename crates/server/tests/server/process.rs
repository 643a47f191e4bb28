//! A program that is asked to stop, and waited for, when it is dropped.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const STARTS_WITHIN: Duration = Duration::from_secs(30);

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
        let keep = |from: Box<dyn Read + Send>, sender: Sender<String>| {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in BufReader::new(from).lines().map_while(Result::ok) {
                    said.lock().expect("no reader panics").extend([&line, "\n"]);
                    // Nobody listens any more once the program has started.
                    let _ = sender.send(line);
                }
            });
        };
        keep(Box::new(stderr), sender.clone());
        keep(Box::new(stdout), sender);
        Self { child, said, lines }
    }

    /// The next line that it prints, on whatever output.
    pub(crate) fn line(&self) -> String {
        let line = self.lines.recv_timeout(STARTS_WITHIN);
        line.unwrap_or_else(|error| panic!("it says no more ({error}): {}", self.said()))
    }

    /// Waits until it prints a line with `words` in it.
    pub(crate) fn wait_for(&self, words: &str) {
        while !self.line().contains(words) {}
    }

    /// Everything it has printed so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("no reader panics").clone()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a process").is_none()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status();
        assert!(sent.expect("kill").success());
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
