//! The live table: the sessions that are in use, by the digest of their token.
//!
//! An entry never changes but for its atomic words; whatever else changes in a session replaces its entry. So a reader
//! needs no lock and sees limits, tabs and holds that belong together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use nightlatch_core::path::Path;
use nightlatch_core::session::{Activity, Deadlines, Limits, Session, State};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::audit::Ledger;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Record, Revisions, Touch};

use crate::in_force::History;

use crate::prefix_hash::PrefixHash;
use crate::word::{Reading, Word};

/// Sessions by the digest of their token.
pub(crate) type LiveTable = papaya::HashMap<Digest, Live, PrefixHash>;

/// One session in use, or the memory that it has ended.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) word: Word,
    /// Milliseconds; raised before the word moves, so that whoever sees new activity sees the absence it ended.
    longest_absence: AtomicU64,
    /// The last activity the store knows of.
    stored: AtomicI64,
    /// Whether the store knows the last page.
    page_stored: AtomicBool,
    pub(crate) handle: Handle,
    pub(crate) subject: Arc<str>,
    pub(crate) amr: Arc<[Box<str>]>,
    pub(crate) session: Session,
    pub(crate) limits: Limits,
    pub(crate) revisions: Revisions,
    pub(crate) version: u64,
    pub(crate) ledger: Option<Box<Ledger>>,
}

impl Live {
    pub(crate) fn activity(&self, reading: Reading) -> Activity {
        let longest_absence = Span::from_millis(self.longest_absence.load(Ordering::Acquire));
        Activity {
            seen: reading.seen,
            longest_absence,
        }
    }

    pub(crate) fn deadlines(&self, reading: Reading, history: &History) -> Deadlines {
        self.session
            .deadlines(self.activity(reading), &self.limits, history.today())
    }

    pub(crate) fn raise_absence(&self, absence: Span) {
        self.longest_absence.fetch_max(absence.as_millis(), Ordering::AcqRel);
    }

    pub(crate) fn stored(&self) -> Instant {
        Instant::from_millis(self.stored.load(Ordering::Acquire))
    }

    pub(crate) fn set_stored(&self, seen: Instant) {
        self.stored.fetch_max(seen.as_millis(), Ordering::AcqRel);
    }

    /// What the store is to hear of, by a reading of the word.
    pub(crate) fn touch(&self, digest: Digest, reading: Reading) -> Touch {
        Touch {
            digest,
            first: reading.unstored_since.unwrap_or(reading.seen),
            last: reading.seen,
            page: self.unstored_page(),
        }
    }

    fn unstored_page(&self) -> Option<Path<'static>> {
        let is_stored = self.page_stored.load(Ordering::Acquire);
        self.session.last_page.clone().filter(|_| !is_stored)
    }

    /// Takes what the store is to hear of; it has to be [put back](Self::put_back) where the store could not be told.
    pub(crate) fn take(&self, digest: Digest) -> Option<Touch> {
        let reading = self.word.clean();
        if reading.closed || reading.unstored_since.is_none() {
            return None;
        }
        let touch = self.touch(digest, reading);
        self.page_stored.store(true, Ordering::Release);
        Some(touch)
    }

    pub(crate) fn put_back(&self, touch: &Touch) {
        if touch.page.is_some() {
            self.page_stored.store(false, Ordering::Release);
        }
        self.word.soil(touch.first);
    }
}

/// A session taken out of the table or the store to be worked on.
#[derive(Clone, Debug)]
pub(crate) struct WorkingCopy {
    pub(crate) digest: Digest,
    pub(crate) handle: Handle,
    pub(crate) subject: Arc<str>,
    pub(crate) amr: Arc<[Box<str>]>,
    pub(crate) session: Session,
    pub(crate) revisions: Revisions,
    pub(crate) version: u64,
    /// The last activity the store knows of.
    pub(crate) stored: Instant,
    /// The first activity, or start of a hold, that the store does not know of.
    pub(crate) unstored_since: Option<Instant>,
    /// Whether the store knows the last page.
    pub(crate) page_stored: bool,
    /// What the audit is still to be told.
    pub(crate) ledger: Option<Box<Ledger>>,
}

impl WorkingCopy {
    pub(crate) fn from_live(digest: Digest, live: &Live) -> Self {
        let (mut session, reading) = (live.session.clone(), live.word.read());
        session.activity = live.activity(reading);
        Self {
            digest,
            handle: live.handle,
            subject: Arc::clone(&live.subject),
            amr: Arc::clone(&live.amr),
            session,
            revisions: live.revisions,
            version: live.version,
            stored: live.stored(),
            unstored_since: reading.unstored_since,
            page_stored: live.page_stored.load(Ordering::Acquire),
            ledger: live.ledger.clone(),
        }
    }

    pub(crate) fn from_record(record: Record) -> Self {
        Self {
            digest: record.digest,
            handle: record.handle,
            subject: record.subject,
            amr: record.amr,
            stored: record.session.activity.seen,
            unstored_since: None,
            page_stored: true,
            session: record.session,
            revisions: record.revisions,
            version: record.version,
            ledger: record.ledger,
        }
    }

    /// Takes down that somebody was there and which page they went to, as this copy has it and the one `before` has not.
    pub(crate) fn note_signs_since(&mut self, before: &Self, now: Instant) {
        let (activity, known) = (self.session.activity, before.session.activity);
        if activity.seen > known.seen {
            self.unstored_since.get_or_insert(activity.seen);
        } else if activity.longest_absence > known.longest_absence {
            // The start of a hold ends an absence, too.
            self.unstored_since.get_or_insert(now);
        }
        self.page_stored &= self.session.last_page == before.session.last_page;
    }

    /// The touches that landed on the entry that this replaces go on with it.
    pub(crate) fn take_over(&mut self, old: &Live) {
        let closed = old.word.close();
        let known = old.activity(closed);
        let activity = &mut self.session.activity;
        let had_heard_of_all = activity.seen >= known.seen;
        activity.seen = activity.seen.max(known.seen);
        activity.longest_absence = activity.longest_absence.max(known.longest_absence);
        self.stored = self.stored.max(old.stored());
        if activity.seen <= self.stored {
            self.unstored_since = None;
        } else if !had_heard_of_all {
            // That the first of it may be told twice does no harm: the store counts absences from what it knows.
            let (ours, theirs) = (self.unstored_since, closed.unstored_since);
            self.unstored_since = ours.into_iter().chain(theirs).min();
            if let Some(page) = old.unstored_page() {
                self.session.last_page = Some(page);
                self.page_stored = false;
            }
        }
    }

    /// When the session falls due by what is known of it; `None` when it is over.
    pub(crate) fn due(&self, history: &History) -> Option<Instant> {
        if let State::Ended { .. } = self.session.state {
            return None;
        }
        history.due(&self.session, self.session.activity, self.revisions)
    }

    /// The entry for the table.
    pub(crate) fn into_live(self, history: &History) -> Live {
        let seen = self.session.activity.seen;
        let ended = matches!(self.session.state, State::Ended { .. });
        Live {
            word: if ended {
                Word::closed(seen)
            } else {
                Word::new(seen, self.unstored_since)
            },
            longest_absence: AtomicU64::new(self.session.activity.longest_absence.as_millis()),
            stored: AtomicI64::new(self.stored.as_millis()),
            page_stored: AtomicBool::new(self.page_stored),
            handle: self.handle,
            subject: self.subject,
            amr: self.amr,
            limits: self.session.limits(&history.policies(self.revisions)),
            session: self.session,
            revisions: self.revisions,
            version: self.version,
            ledger: self.ledger,
        }
    }
}
