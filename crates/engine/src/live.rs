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
use nightlatch_store::{Record, Revisions, Touch, longest_absence};

use crate::in_force::History;
use crate::prefix_hash::PrefixHash;
use crate::stripes::Generation;
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
    /// Whether another node has changed the session since. Then nobody decides by this entry; what it knows of activity goes on.
    outdated: AtomicBool,
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
        // What a closed word held is in the entry that has taken its place. An outdated one has none yet.
        let went_on = reading.closed && !self.is_outdated();
        if went_on || reading.unstored_since.is_none() {
            return None;
        }
        let touch = self.touch(digest, reading);
        self.page_stored.store(true, Ordering::Release);
        Some(touch)
    }

    /// Nobody decides by this entry any more.
    pub(crate) fn outdate(&self) {
        // First: whoever finds the word closed looks here.
        self.outdated.store(true, Ordering::Release);
        self.word.close();
    }

    pub(crate) fn is_outdated(&self) -> bool {
        self.outdated.load(Ordering::Acquire)
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
    /// Of the session's stripe, from before it was read.
    pub(crate) generation: Generation,
    /// Whether it comes from the store, so that the store knows all of it but for what is merged with it.
    pub(crate) fresh: bool,
}

impl WorkingCopy {
    pub(crate) fn from_live(digest: Digest, live: &Live, generation: Generation) -> Self {
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
            generation,
            fresh: false,
        }
    }

    pub(crate) fn from_record(record: Record, generation: Generation) -> Self {
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
            generation,
            fresh: true,
        }
    }

    /// The first activity that the store does not know of; the last where it knows all.
    pub(crate) fn first(&self) -> Instant {
        self.unstored_since.unwrap_or(self.session.activity.seen)
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
        self.merge(old, closed);
    }

    /// Adds what an entry of the table knows of activity.
    pub(crate) fn merge(&mut self, live: &Live, reading: Reading) {
        let known = live.activity(reading);
        let session = &mut self.session;
        let had_heard_of_all = session.activity.seen >= known.seen;
        session.activity.longest_absence = match reading.unstored_since {
            // What the table takes for an absence may be one of this node alone. The store knows better, and counts the last one like
            // this when it is told.
            Some(first) if self.fresh => longest_absence(session.activity, session.presence.as_deref(), first),
            None if self.fresh && had_heard_of_all => session.activity.longest_absence,
            // It is on its way to the store: a gate must not stay open because it comes late. It is no longer than if its first was its
            // last.
            None if self.fresh => longest_absence(session.activity, session.presence.as_deref(), known.seen),
            _ => session.activity.longest_absence.max(known.longest_absence),
        };
        session.activity.seen = session.activity.seen.max(known.seen);
        self.stored = self.stored.max(live.stored());
        if session.activity.seen <= self.stored {
            self.unstored_since = None;
        } else if !had_heard_of_all {
            // That the first of it may be told twice does no harm: the store counts absences from what it knows.
            let (ours, theirs) = (self.unstored_since, reading.unstored_since);
            self.unstored_since = ours.into_iter().chain(theirs).min();
            if let Some(page) = live.unstored_page() {
                session.last_page = Some(page);
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
            outdated: AtomicBool::new(false),
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
