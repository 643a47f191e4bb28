//! The live table: the sessions that are in use, by the digest of their token.
//!
//! An entry never changes but for its atomic words; whatever else changes in a session replaces its entry. So a reader
//! needs no lock and sees limits, tabs and holds that belong together.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use nightlatch_core::session::{Activity, Deadlines, Limits, Session, State};
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::audit::Ledger;
use nightlatch_store::token::{Digest, Handle};
use nightlatch_store::{Record, Revisions};

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
    /// What the audit is still to be told.
    pub(crate) ledger: Option<Box<Ledger>>,
}

impl WorkingCopy {
    pub(crate) fn from_live(digest: Digest, live: &Live) -> Self {
        let mut session = live.session.clone();
        session.activity = live.activity(live.word.read());
        Self {
            digest,
            handle: live.handle,
            subject: Arc::clone(&live.subject),
            amr: Arc::clone(&live.amr),
            session,
            revisions: live.revisions,
            version: live.version,
            stored: live.stored(),
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
            session: record.session,
            revisions: record.revisions,
            version: record.version,
            ledger: record.ledger,
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
                Word::new(seen, seen > self.stored)
            },
            longest_absence: AtomicU64::new(self.session.activity.longest_absence.as_millis()),
            stored: AtomicI64::new(self.stored.as_millis()),
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
