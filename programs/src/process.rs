//! A program that is asked to stop, and waited for, when it is dropped.

use std::io::{BufRead as _, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Far longer than any program takes, so that a busy machine fails no test.
const STARTS_WITHIN: Duration = Duration::from_mins(1);
const ASKS_EVERY: Duration = Duration::from_millis(10);

/// A program that runs. It is asked to stop when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    output: Arc<Output>,
    readers: Vec<JoinHandle<()>>,
}

/// Standard output and standard error.
const BOTH: u8 = 2;

/// What a program has printed so far.
#[derive(Debug, Default)]
struct Output {
    printed: Mutex<Printed>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Printed {
    stdout: String,
    stderr: String,
    /// How many of the two have come to their end.
    closed: u8,
}

impl Output {
    fn printed(&self) -> MutexGuard<'_, Printed> {
        self.printed.lock().expect("no reader panics")
    }

    /// Reads to the end, so that the program never waits for a reader; then counts the end.
    fn keep(self: &Arc<Self>, from: impl Read + Send + 'static, add: fn(&mut Printed, &str)) -> JoinHandle<()> {
        let output = Arc::clone(self);
        std::thread::spawn(move || {
            let mut lines = BufReader::new(from);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                add(&mut output.printed(), &String::from_utf8_lossy(&line));
                line.clear();
                output.more.notify_all();
            }
            output.printed().closed += 1;
            output.more.notify_all();
        })
    }
}

impl Process {
    /// Starts a program. `install` is the command that brings it where it is missing.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command, install: &str) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let started = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child =
            started.unwrap_or_else(|error| panic!("{name} cannot be started ({error}); install it: {install}"));
        let output = Arc::<Output>::default();
        let stdout = child.stdout.take().expect("piped");
        let stderr = child.stderr.take().expect("piped");
        let readers = vec![
            output.keep(stdout, |printed, line| printed.stdout.push_str(line)),
            output.keep(stderr, |printed, line| printed.stderr.push_str(line)),
        ];
        Self {
            child,
            name,
            output,
            readers,
        }
    }

    /// Waits until the program accepts connections at `address`.
    ///
    /// # Panics
    /// Where it ends before, or never does.
    pub fn wait_until_listening(&mut self, address: SocketAddr) {
        wait_until(&format!("{} listens on {address}", self.name), || {
            if TcpStream::connect(address).is_ok() {
                return true;
            }
            assert!(self.is_running(), "{} ended: {}", self.name, self.printed());
            false
        });
    }

    /// What a program of our own prints on standard output behind `label`, as soon as it is there.
    ///
    /// # Panics
    /// Where the program ends before, or never prints it.
    #[must_use]
    pub fn told(&self, label: &str) -> String {
        self.told_as(label, |stdout| {
            let whole = stdout.rsplit_once('\n').map_or("", |(whole, _)| whole);
            let behind = whole.lines().filter_map(|line| line.strip_prefix(label));
            let mut behind = behind
                .filter(|rest| rest.starts_with("  "))
                .map(|rest| rest.trim().to_owned());
            behind.next()
        })
    }

    /// What `find` finds in what a program of our own prints on standard output, as soon as it is there.
    ///
    /// # Panics
    /// Where the program ends before, or never prints it.
    #[must_use]
    pub fn told_as<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let mut printed = self.output.printed();
        loop {
            if let Some(found) = find(&printed.stdout) {
                return found;
            }
            // What it said on standard error may come after the end of standard output.
            let is_over = printed.closed == BOTH || {
                let (next, waited) = self
                    .output
                    .more
                    .wait_timeout(printed, STARTS_WITHIN)
                    .expect("no reader panics");
                printed = next;
                waited.timed_out()
            };
            if is_over {
                drop(printed);
                panic!("{} does not tell {what}: {}", self.name, self.printed());
            }
        }
    }

    /// Everything it has printed so far, for people.
    #[must_use]
    pub fn printed(&self) -> String {
        let printed = self.output.printed();
        format!("{}{}", printed.stdout, printed.stderr)
    }

    /// Everything it has printed on standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.output.printed().stderr.clone()
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// The number of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `-HUP`.
    ///
    /// # Panics
    /// Where it has ended.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|sent| sent.success()), "{} takes no {signal}", self.name);
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Panics
    /// Where it has ended before.
    pub fn stop(&mut self) -> ExitStatus {
        // Proxies end their workers with themselves when they are asked to.
        self.signal("-TERM");
        // One that a test left stopped hears of it only when it goes on.
        self.signal("-CONT");
        self.ended()
    }

    /// Ends it without a word (`kill -9`).
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.ended();
    }

    /// Waits for the end, and for the last word that it printed.
    fn ended(&mut self) -> ExitStatus {
        let status = self.child.wait().expect("a process that ends");
        for reader in self.readers.drain(..) {
            reader.join().expect("no reader panics");
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            let id = self.id().to_string();
            // It may end by itself between the question and the signals.
            for signal in ["-TERM", "-CONT"] {
                let _ = Command::new("kill").args([signal, &id]).stderr(Stdio::null()).status();
            }
            let _ = self.child.wait();
        }
    }
}

/// Asks again and again, for as long as programs may take to start, until something holds.
///
/// # Panics
/// Where it never does; `what` says what was waited for.
#[expect(
    clippy::disallowed_methods,
    reason = "other programs tell nobody when they listen, and real time is what they take"
)]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < STARTS_WITHIN, "it never happens: {what}");
        std::thread::sleep(ASKS_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Port;

    fn shell(line: &str) -> Process {
        Process::start(Command::new("sh").args(["-c", line]), "a shell")
    }

    #[test]
    fn what_is_told_is_found_behind_its_label_even_after_the_program_has_ended() {
        let mut process = shell("echo 'API keys  none'; echo 'API key  nlk_1'; echo 'API key  nlk_2'");
        assert_eq!(process.told("API key"), "nlk_1");
        wait_until("it ends", || !process.is_running());
        assert_eq!(process.told("API keys"), "none");
    }

    #[test]
    #[should_panic(expected = "does not tell API key: so sorry")]
    fn a_program_that_ends_without_a_word_is_not_waited_for() {
        let _ = shell("echo 'so sorry' >&2").told("API key");
    }

    #[test]
    #[should_panic(expected = "sh ended")]
    fn a_program_that_ends_before_it_listens_is_not_waited_for() {
        shell("echo listening").wait_until_listening(Port::reserve().address());
    }

    #[test]
    fn a_program_that_is_stuck_stops_when_it_is_asked_to() {
        let mut process = shell("while :; do sleep 1; done");
        process.signal("-STOP");
        assert!(!process.stop().success());
    }
}
