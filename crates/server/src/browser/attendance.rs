//! Which tabs are still there. A browser says good-bye for its tabs; one that was killed, whose page crashed or that lost
//! its network says nothing, and its tabs must not stay open for ever. Each tab is open until a moment that its signs of
//! life move:
//!
//! - A report opens it: while the session has an event stream for as long as that lasts, else for [`UNHEARD`], within which
//!   pages that hear nothing report again.
//! - With the last stream of a session its tabs have [`RETURN_WITHIN`] to come back: one stream serves all of them.
//! - A stream asks the tabs to report ([`Attendance::asked`]). One that has answered such a question before has
//!   [`ANSWER_WITHIN`], or longer among nodes, for the next: it crashed while another kept the stream, or nothing reaches the browser any more.
//!   A tab that never answers is of a page that does not know the question, and is left alone.
//! - A tab that said good-bye stays closed: every start of a page has a name of its own, and a report with a name that was
//!   closed was overtaken on the way. It opens nothing; what it may have opened before is closed again.
//! - A frozen tab can answer nothing, and is nobody's absence: it stays open for as long as the session lives.
//! - What the store knows when the server starts has [`REPORT_WITHIN`] to report itself again, and so have the tabs of a node
//!   that is gone.
//!
//! What is here only says when. It reads no clock, and the engine closes the tabs.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nightlatch_core::path::Path;
use nightlatch_core::session::TabId;
use nightlatch_store::token::Handle;
use tokio::time::Instant;

/// Hidden pages without a worker are slowed down to a timer a minute.
const UNHEARD: Duration = Duration::from_secs(90);
const RETURN_WITHIN: Duration = Duration::from_secs(10);
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Where several nodes share the store: so often one passes on at most that it has heard of a tab.
pub(super) const PASS_ON_EVERY: Duration = Duration::from_secs(30);
const REPORT_WITHIN: Duration = Duration::from_secs(20);
/// What left before a tab froze, or said good-bye, may arrive after it has said so.
const OVERTAKEN: Duration = Duration::from_secs(2);
/// When to look again at a tab that could not be closed, or that another node may take.
const AGAIN: Duration = Duration::from_secs(2);
/// When to look again for the session of a frozen tab.
const FROZEN: Duration = Duration::from_mins(10);

/// More open tabs than a person has; a browser that reports more is not believed.
pub(super) const TABS: usize = 200;
const STREAMS_PER_SESSION: usize = 32;
const STREAMS_IN_ALL: usize = 50_000;

#[derive(Debug, Default)]
pub(crate) struct Attendance(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    sessions: HashMap<Handle, Attended>,
    streams: usize,
}

#[derive(Debug, Default)]
struct Attended {
    streams: usize,
    /// When a stream asked last.
    asked: Option<Instant>,
    tabs: HashMap<TabId, Tab>,
}

#[derive(Debug)]
struct Tab {
    path: Path<'static>,
    /// Open until then; none while a stream lasts.
    until: Option<Instant>,
    /// Asked to report, and has not since.
    asked: bool,
    /// Knows the question.
    answers: bool,
    frozen: Option<Instant>,
    /// Has been found to be gone, and is being closed.
    closing: bool,
    /// The last report.
    reported: Instant,
    goodbye: Option<Goodbye>,
    /// When this node last passed on to the others that it has heard of the tab.
    passed_on: Option<Instant>,
}

/// What a tab that said good-bye may have left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goodbye {
    /// No report was on its way.
    Clean,
    /// A report came so late that it may have opened the tab again.
    Crossed,
}

/// A tab whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) handle: Handle,
    pub(super) tab: TabId,
    pub(super) why: Why,
}

/// Why the time of a tab has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Nothing was heard of it.
    Silent,
    /// It said good-bye, and may have been opened again by a report that was overtaken.
    Crossed,
    /// It is frozen: to be kept where the session lives, and forgotten where it does not.
    Frozen,
}

impl Attendance {
    /// A tab has reported itself. False if it has said good-bye: then the report opens nothing.
    pub(super) fn reported(&self, handle: Handle, tab: TabId, path: &Path<'_>, now: Instant) -> bool {
        let mut all = self.lock();
        let Attended { streams, asked, tabs } = all.sessions.entry(handle).or_default();
        if let Some(goodbye) = tabs.get_mut(&tab).and_then(|known| known.goodbye.as_mut()) {
            *goodbye = Goodbye::Crossed;
            return false;
        }
        let known = tabs.get(&tab);
        if known.is_none() && tabs.len() >= TABS {
            return true;
        }
        // A page that does not know the question reports where it goes, not where it stays.
        let answers = known.is_some_and(|known| known.answers || known.asked && known.path == *path);
        let frozen = known.and_then(|known| known.frozen).filter(|at| now < *at + OVERTAKEN);
        let until = match (frozen, *streams) {
            (Some(at), _) => Some(at + FROZEN),
            (None, 0) => Some(now + UNHEARD),
            (None, _) => None,
        };
        let path = path.clone().into_owned();
        let reported = Tab {
            path,
            until,
            // A page opens its stream while it reports for the first time. The question that comes first is to it as well.
            asked: known.is_none() && asked.is_some_and(|at| now < at + ANSWER_WITHIN),
            answers,
            frozen,
            closing: false,
            reported: now,
            goodbye: None,
            passed_on: known.and_then(|known| known.passed_on),
        };
        tabs.insert(tab, reported);
        true
    }

    /// Whether it is time to pass on to the other nodes that this tab is there. It counts as passed on then.
    pub(super) fn passes_on(&self, handle: Handle, tab: &str, now: Instant) -> bool {
        let mut all = self.lock();
        let attended = all.sessions.get_mut(&handle);
        let Some(tab) = attended.and_then(|attended| attended.tabs.get_mut(tab)) else {
            return true;
        };
        let is_due = tab.passed_on.is_none_or(|at| now >= at + PASS_ON_EVERY);
        if is_due {
            tab.passed_on = Some(now);
        }
        is_due
    }

    /// A tab is about to be frozen.
    pub(super) fn freezes(&self, handle: Handle, tab: &str, now: Instant) {
        let mut all = self.lock();
        let attended = all.sessions.get_mut(&handle);
        if let Some(tab) = attended.and_then(|attended| attended.tabs.get_mut(tab))
            && tab.goodbye.is_none()
        {
            tab.frozen = Some(now);
            tab.until = Some(now + FROZEN);
            tab.closing = false;
        }
    }

    /// A tab has said good-bye. Called before the engine closes it: a report that passes here afterwards opens nothing.
    pub(super) fn left(&self, handle: Handle, tab: &str, now: Instant) {
        let mut all = self.lock();
        let tabs = &mut all.sessions.entry(handle).or_default().tabs;
        let known = tabs.get(tab);
        if known.is_none() && tabs.len() >= TABS {
            return;
        }
        // A report of just now may still be about to open the tab.
        let crossed = known.is_some_and(|known| now < known.reported + OVERTAKEN);
        let closed = Tab {
            path: Path::canonical("/"),
            until: Some(now + OVERTAKEN),
            asked: false,
            answers: false,
            frozen: None,
            closing: false,
            reported: now,
            goodbye: Some(if crossed { Goodbye::Crossed } else { Goodbye::Clean }),
            passed_on: None,
        };
        tabs.insert(tab.into(), closed);
    }

    /// The store knows this tab from an earlier run, or from a node that is gone.
    pub(super) fn remembered(&self, handle: Handle, tab: TabId, path: Path<'static>, now: Instant) {
        let mut all = self.lock();
        let tabs = &mut all.sessions.entry(handle).or_default().tabs;
        tabs.entry(tab).or_insert(Tab {
            path,
            until: Some(now + REPORT_WITHIN),
            asked: true,
            answers: true,
            frozen: None,
            closing: false,
            reported: now,
            goodbye: None,
            passed_on: None,
        });
    }

    /// Opens a stream, unless there are too many.
    pub(super) fn stream_opened(&self, handle: Handle) -> bool {
        let mut all = self.lock();
        let of_session = all.sessions.get(&handle).map_or(0, |attended| attended.streams);
        if of_session >= STREAMS_PER_SESSION || all.streams >= STREAMS_IN_ALL {
            return false;
        }
        all.streams += 1;
        let attended = all.sessions.entry(handle).or_default();
        attended.streams += 1;
        for tab in attended.tabs.values_mut().filter(|tab| tab.waits() && !tab.asked) {
            tab.until = None;
        }
        true
    }

    /// Whether the session has a stream here.
    pub(super) fn has_stream(&self, handle: Handle) -> bool {
        let all = self.lock();
        all.sessions.get(&handle).is_some_and(|attended| attended.streams > 0)
    }

    pub(super) fn stream_closed(&self, handle: Handle, now: Instant) {
        let mut all = self.lock();
        all.streams = all.streams.saturating_sub(1);
        if let Some(attended) = all.sessions.get_mut(&handle) {
            attended.streams = attended.streams.saturating_sub(1);
            if attended.streams == 0 {
                for tab in attended.tabs.values_mut().filter(|tab| tab.waits()) {
                    tab.by(now + RETURN_WITHIN);
                }
            }
            all.forget_if_empty(handle);
        }
    }

    /// A stream has asked the tabs to report. They have so long to do it.
    pub(super) fn asked(&self, handle: Handle, now: Instant, within: Duration) {
        let mut all = self.lock();
        let tabs = all.sessions.get_mut(&handle).map(|attended| {
            attended.asked = Some(now);
            attended.tabs.values_mut()
        });
        for tab in tabs.into_iter().flatten().filter(|tab| tab.waits()) {
            tab.asked = true;
            if tab.answers {
                tab.by(now + within);
            }
        }
    }

    /// The tabs whose time has come. They stay here until [`Attendance::closed`]: a report on the way is not lost.
    pub(super) fn gone(&self, now: Instant) -> Vec<Gone> {
        let mut all = self.lock();
        let mut gone = Vec::new();
        all.sessions.retain(|handle, attended| {
            attended.tabs.retain(|name, tab| {
                if tab.closing || tab.until.is_none_or(|until| now < until) {
                    return true;
                }
                if tab.goodbye == Some(Goodbye::Clean) {
                    return false;
                }
                tab.closing = true;
                gone.push(Gone {
                    handle: *handle,
                    tab: name.clone(),
                    why: match (tab.goodbye, tab.frozen) {
                        (Some(_), _) => Why::Crossed,
                        (None, Some(_)) => Why::Frozen,
                        (None, None) => Why::Silent,
                    },
                });
                true
            });
            !attended.is_empty()
        });
        gone
    }

    /// A tab was closed, and is forgotten; where it has reported itself meanwhile it is there again, on this page.
    pub(super) fn closed(&self, gone: &Gone) -> Option<Path<'static>> {
        let mut all = self.lock();
        let attended = all.sessions.get_mut(&gone.handle)?;
        let tab = attended.tabs.get(&gone.tab)?;
        if !tab.closing {
            return Some(tab.path.clone());
        }
        attended.tabs.remove(&gone.tab);
        all.forget_if_empty(gone.handle);
        None
    }

    /// It is to be looked at again later.
    pub(super) fn kept(&self, gone: &Gone, now: Instant) {
        let mut all = self.lock();
        let attended = all.sessions.get_mut(&gone.handle);
        if let Some(tab) = attended.and_then(|attended| attended.tabs.get_mut(&gone.tab))
            && tab.closing
        {
            tab.closing = false;
            tab.until = Some(now + if gone.why == Why::Frozen { FROZEN } else { AGAIN });
        }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn forget_if_empty(&mut self, handle: Handle) {
        if self.sessions.get(&handle).is_some_and(Attended::is_empty) {
            self.sessions.remove(&handle);
        }
    }
}

impl Attended {
    fn is_empty(&self) -> bool {
        self.streams == 0 && self.tabs.is_empty()
    }
}

impl Tab {
    /// Whether signs of life are to be expected of it.
    fn waits(&self) -> bool {
        self.frozen.is_none() && !self.closing && self.goodbye.is_none()
    }

    /// Its time comes then, or before.
    fn by(&mut self, at: Instant) {
        self.until = Some(self.until.map_or(at, |until| until.min(at)));
    }
}

#[cfg(test)]
mod tests {
    use nightlatch_core::time::Instant as Moment;

    use super::*;

    struct Case {
        attendance: Attendance,
        handle: Handle,
        now: Instant,
    }

    #[expect(clippy::disallowed_methods, reason = "a moment to count from")]
    fn case() -> Case {
        Case {
            attendance: Attendance::default(),
            handle: Handle::random(Moment::default()),
            now: Instant::now(),
        }
    }

    impl Case {
        fn report(&self, tab: &str, after: u64) -> bool {
            self.attendance
                .reported(self.handle, tab.into(), &Path::canonical("/a"), self.at(after))
        }

        fn ask(&self, after: u64) {
            self.attendance.asked(self.handle, self.at(after), ANSWER_WITHIN);
        }

        fn open(&self) {
            assert!(self.attendance.stream_opened(self.handle));
        }

        fn close(&self, after: u64) {
            self.attendance.stream_closed(self.handle, self.at(after));
        }

        fn at(&self, after: u64) -> Instant {
            self.now + Duration::from_secs(after)
        }

        /// Whose time has come by then; they are closed.
        fn gone(&self, after: u64) -> Vec<TabId> {
            let mut gone = self.attendance.gone(self.at(after));
            gone.sort_by(|one, other| one.tab.cmp(&other.tab));
            for gone in gone.iter().filter(|gone| gone.why != Why::Frozen) {
                assert_eq!(self.attendance.closed(gone), None);
            }
            gone.into_iter().map(|gone| gone.tab).collect()
        }
    }

    const NOBODY: [TabId; 0] = [];

    #[test]
    fn without_a_stream_reports_keep_a_tab_open() {
        let case = case();
        case.report("a", 0);
        case.report("a", 60);
        assert_eq!(case.gone(149), NOBODY);
        assert_eq!(case.gone(150), ["a".into()]);
        assert_eq!(case.gone(1000), NOBODY, "once");
    }

    #[test]
    fn one_stream_keeps_all_tabs_open_and_the_last_takes_them_along() {
        let case = case();
        case.report("a", 0);
        case.open();
        case.report("b", 1);
        case.open();
        case.close(5000);
        assert_eq!(case.gone(9000), NOBODY);
        case.close(9000);
        assert_eq!(case.gone(9009), NOBODY);
        case.open();
        assert_eq!(case.gone(9999), NOBODY, "it came back in time");
        case.close(10_000);
        assert_eq!(case.gone(10_010), ["a".into(), "b".into()]);
    }

    #[test]
    fn a_tab_that_knows_the_question_has_to_answer_it() {
        let case = case();
        case.open();
        for tab in ["crashed", "lives", "old"] {
            case.report(tab, 0);
        }
        case.ask(1);
        case.report("crashed", 2);
        case.report("lives", 2);
        assert_eq!(case.gone(30), NOBODY);
        case.ask(31);
        case.report("lives", 33);
        assert_eq!(case.gone(40), NOBODY);
        assert_eq!(case.gone(41), ["crashed".into()]);
        case.ask(60);
        case.close(61);
        assert_eq!(case.gone(70), ["lives".into()], "the answer was due first");
        assert_eq!(case.gone(71), ["old".into()]);
    }

    #[test]
    fn a_tab_whose_stream_was_faster_than_its_first_report_is_expected_to_answer_too() {
        let case = case();
        case.open();
        case.ask(0);
        case.report("a", 0);
        case.report("a", 1);
        case.ask(10);
        assert_eq!(case.gone(19), NOBODY);
        assert_eq!(case.gone(20), ["a".into()]);
    }

    #[test]
    fn a_frozen_tab_is_looked_after_and_not_closed() {
        let case = case();
        case.open();
        case.report("a", 0);
        case.ask(1);
        case.report("a", 2);
        case.attendance.freezes(case.handle, "a", case.at(3));
        case.report("a", 4);
        case.ask(4);
        case.close(5);
        assert_eq!(case.gone(600), NOBODY);
        let gone = case.attendance.gone(case.at(603));
        assert_eq!(gone[0].why, Why::Frozen);
        case.attendance.kept(&gone[0], case.at(603));
        assert_eq!(case.gone(1202), NOBODY);
        case.report("a", 1202);
        assert_eq!(case.gone(1292), ["a".into()], "awake again");
    }

    #[test]
    fn what_is_remembered_has_a_while_to_report_itself() {
        let case = case();
        for tab in ["a", "b"] {
            let path = Path::canonical("/a").into_owned();
            case.attendance.remembered(case.handle, tab.into(), path, case.at(0));
        }
        case.open();
        case.ask(5);
        case.report("a", 6);
        assert_eq!(case.gone(14), NOBODY);
        assert_eq!(case.gone(20), ["b".into()]);
    }

    #[test]
    fn a_report_that_crosses_the_closing_opens_the_tab_again() {
        let case = case();
        case.report("a", 0);
        let gone = case.attendance.gone(case.at(100));
        case.report("a", 100);
        assert_eq!(
            case.attendance.closed(&gone[0]),
            Some(Path::canonical("/a").into_owned())
        );
        assert_eq!(case.gone(189), NOBODY);
        assert_eq!(case.gone(190), ["a".into()]);
    }

    #[test]
    fn nothing_is_left_of_sessions_that_are_over() {
        let case = case();
        case.open();
        case.report("a", 0);
        case.attendance.left(case.handle, "a", case.at(50));
        case.close(51);
        assert_eq!(case.gone(52), NOBODY);
        assert!(case.attendance.lock().sessions.is_empty());
    }

    #[test]
    fn a_report_that_a_goodbye_overtook_opens_nothing() {
        let case = case();
        case.open();
        case.report("a", 0);
        case.attendance.left(case.handle, "a", case.at(50));
        assert!(!case.report("a", 51));
        assert!(case.report("b", 51), "another page");
        assert_eq!(case.gone(52), ["a".into()], "it may have been opened before");
        case.attendance.left(case.handle, "unheard of", case.at(60));
        assert!(!case.report("unheard of", 61), "its first report was overtaken");
    }
}
