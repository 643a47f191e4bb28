//! How sessions begin: somebody who has authenticated is admitted among the sessions they have already.

use std::sync::Arc;

use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::OnMaxSessions;
use nightlatch_core::resolution::{SessionLimit, max_sessions};
use nightlatch_core::session::Session;
use nightlatch_core::time::{Instant, Span};
use nightlatch_store::audit::{AuditEntry, AuditKind};
use nightlatch_store::token::{Handle, Token};
use nightlatch_store::{Claim, Created, Creation, Quota, Record, Result, Revisions, StoreError};

use super::bounding::session_bound;
use super::change::{ATTEMPTS, Settled, audit_entry, changed_all_the_time};
use super::{Engine, Standing, Uncancelled};
use crate::in_force::History;
use crate::live::WorkingCopy;

/// What whoever authenticated somebody says of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authentication {
    /// When it was, if before now.
    pub at: Option<Instant>,
    /// Until when the session may last, if they say so. An instant in the past is refused.
    pub not_after: Option<Instant>,
}

/// Somebody who has authenticated and is to be signed in.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// Who.
    pub subject: Box<str>,
    /// Application, device and roles.
    pub facts: Facts,
    /// The idle limit the user picked, offered or not.
    pub choice: Option<Limit>,
    /// How they authenticated (RFC 8176 names).
    pub amr: Vec<Box<str>>,
    /// What whoever authenticated them says of it.
    pub authentication: Authentication,
    /// Sessions of the same subject that they chose to end where there is no room, and the policy asks.
    pub ending: Vec<Handle>,
    /// Names the request, so that a repeated one makes no second session.
    pub claim: Option<Claim>,
    /// Who asks, for the audit.
    pub actor: Box<str>,
}

/// A session that has just begun, or got a new token.
#[derive(Debug)]
pub struct SignedIn {
    /// Its public id.
    pub handle: Handle,
    /// Its secret: this is the only time it is told.
    pub token: Token,
}

/// What came of a sign-in.
#[derive(Debug)]
pub enum Admission {
    /// They are in.
    SignedIn(SignedIn),
    /// The request was served before: the same session, with a new token in place of the one that may have got lost.
    Again(SignedIn),
    /// There is no room beside these sessions of theirs.
    Full {
        /// The limit.
        limit: SessionLimit,
        /// The sessions that count.
        sessions: Vec<Record>,
    },
    /// The claim was made before, for another request.
    Taken,
    /// The request was served before, and its session is over.
    Over,
    /// They authenticated so long ago that the session would be over at once.
    TooOld {
        /// How long ago.
        age: Span,
        /// Their absolute limit.
        absolute: Span,
    },
    /// The session would be over at once: the instant until which it may last has passed, so long ago.
    Passed {
        /// How long ago.
        age: Span,
    },
}

impl Admission {
    /// The session that somebody is in now.
    #[must_use]
    pub fn signed_in(self) -> Option<SignedIn> {
        match self {
            Self::SignedIn(signed_in) | Self::Again(signed_in) => Some(signed_in),
            Self::Full { .. } | Self::Taken | Self::Over | Self::TooOld { .. } | Self::Passed { .. } => None,
        }
    }
}

impl Authentication {
    /// How long ago the session would have been over, if it would.
    pub(super) fn passed(&self, now: Instant) -> Option<Span> {
        let passed = self.not_after.filter(|at| *at <= now);
        passed.map(|at| now.since(at))
    }
}

impl Engine {
    /// Signs somebody in.
    pub async fn create(self: &Arc<Self>, new: NewSession) -> Result<Admission> {
        // Every deadline counts from the time that this node knows.
        self.ensure_lease()?;
        self.run_to_completion(move |engine| Box::pin(async move { engine.create(&new).await }))
            .await
    }
}

impl Uncancelled {
    async fn create(&self, new: &NewSession) -> Result<Admission> {
        for _ in 0..ATTEMPTS {
            if let Some(admission) = self.admit(new).await? {
                return Ok(admission);
            }
        }
        Err(StoreError::Contended(
            "one policy after the other comes into force".to_owned(),
        ))
    }

    /// None where another policy came into force while this waited: its limits are the ones that count.
    async fn admit(&self, new: &NewSession) -> Result<Option<Admission>> {
        let history = self.in_force.load_full();
        let limit = max_sessions(history.today(), &new.facts);
        // Where sessions count, the sign-ins of one subject happen one after the other; the store holds for other processes.
        let _turn = match limit {
            Some(_) => Some(self.admissions.lock_name(&new.subject).await),
            None => None,
        };
        let mut quota = limit.as_ref().map(|limit| Quota {
            most: limit.most,
            counted: limit.counted.clone(),
            ending: match limit.on_reached {
                OnMaxSessions::Ask => new.ending.clone(),
                OnMaxSessions::Refuse | OnMaxSessions::EndOldest => Vec::new(),
            },
        });
        for _ in 0..ATTEMPTS {
            // The instant of the sign-in is that of now, and no policy that came into force by then is overlooked.
            let (copy, token, mut creation) = self.creation(new, &history);
            if self.in_force.load().revision() != history.revision() {
                return Ok(None);
            }
            if let Some((age, absolute)) = too_old(&copy, &history) {
                return Ok(Some(Admission::TooOld { age, absolute }));
            }
            if let Some(age) = new.authentication.passed(creation.record.created) {
                return Ok(Some(Admission::Passed { age }));
            }
            creation.quota.clone_from(&quota);
            // Whoever ends the session as soon as the store has it waits until the table has it, too.
            let turn = self.stripes.turn(&copy.digest).await;
            match self.writes().create(&creation).await? {
                Created::Added(ended) => {
                    let handle = copy.handle;
                    self.keep(&turn, copy);
                    // The turns of others are taken one at a time.
                    drop(turn);
                    self.make_known(&ended).await;
                    return Ok(Some(Admission::SignedIn(SignedIn { handle, token })));
                }
                Created::Exists => {
                    return Err(StoreError::Damaged("a random 256-bit token exists already".to_owned()));
                }
                Created::Claimed { request, outcome } => {
                    drop(turn);
                    return self.again(new, &request, &outcome).await.map(Some);
                }
                Created::Full(records) => {
                    drop(turn);
                    let Some((limit, quota)) = limit.as_ref().zip(quota.as_mut()) else {
                        return Err(StoreError::Damaged(
                            "there is no room where none was asked for".to_owned(),
                        ));
                    };
                    let counted = records.len();
                    let sessions = self.living(records).await?;
                    if sessions.len() < counted {
                        // Those that were over have made room by themselves.
                        continue;
                    }
                    if limit.on_reached != OnMaxSessions::EndOldest {
                        let limit = limit.clone();
                        return Ok(Some(Admission::Full { limit, sessions }));
                    }
                    quota.ending = least_recently_active(sessions, limit);
                }
            }
        }
        Err(StoreError::Contended("sessions of the subject come and go".to_owned()))
    }

    fn creation(&self, new: &NewSession, history: &History) -> (WorkingCopy, Token, Creation) {
        let now = self.now();
        let (handle, token) = (Handle::random(now), Token::random());
        let facts = self.facts.copy(&new.facts, |facts| Arc::new(facts.clone()));
        let amr = self.amr.copy(&new.amr, |amr| amr.into());
        let authenticated = new.authentication.at.unwrap_or(now);
        let mut session = Session::sign_in(facts, new.choice, authenticated, now);
        session.not_after = new.authentication.not_after;
        let copy = WorkingCopy {
            digest: token.digest(),
            handle,
            subject: new.subject.as_ref().into(),
            amr,
            session,
            revisions: Revisions {
                own: history.revision(),
                today: history.revision(),
            },
            version: 0,
            stored: now,
            unstored_since: None,
            page_stored: true,
            generation: self.stripes.generation(&token.digest()),
            fresh: false,
            ledger: None,
        };
        let record = Record {
            digest: copy.digest,
            handle,
            subject: Arc::clone(&copy.subject),
            amr: Arc::clone(&copy.amr),
            created: now,
            session: copy.session.clone(),
            revisions: copy.revisions,
            due: copy.due(history),
            version: 0,
            ledger: None,
        };
        let audit = AuditEntry {
            detail: session_bound(copy.session.not_after, now),
            ..audit_entry(&copy, now, AuditKind::SignIn, &new.actor)
        };
        let creation = Creation {
            record,
            audit,
            quota: None,
            claim: new.claim.clone(),
        };
        (copy, token, creation)
    }

    /// Those that live, with the activity that only the table knows; those whose deadline is reached end now.
    async fn living(&self, records: Vec<Record>) -> Result<Vec<Record>> {
        let mut living = Vec::with_capacity(records.len());
        for record in records {
            if let Standing::Live(snapshot) = self.settle(&record.digest, self.now()).await? {
                let mut record = record;
                record.session.activity.seen = snapshot.seen;
                living.push(record);
            }
        }
        Ok(living)
    }

    /// Answers a request that was served before. Its token was told once and is known to nobody here, so there is a new one.
    async fn again(
        &self,
        new: &NewSession,
        request: &nightlatch_store::token::Digest,
        outcome: &str,
    ) -> Result<Admission> {
        let same = new.claim.as_ref().is_some_and(|claim| claim.request == *request);
        if !same {
            return Ok(Admission::Taken);
        }
        let Some(handle) = Handle::parse(outcome) else {
            return Ok(Admission::Over);
        };
        for _ in 0..ATTEMPTS {
            let found = self.health.read(self.store.find(&handle).await, self.now())?;
            let Some(record) = found else {
                return Ok(Admission::Over);
            };
            let token = Token::random();
            // Whoever ends the session by its new token waits until the table knows that token.
            let turn = self.stripes.turns(&record.digest, &token.digest()).await;
            let now = self.now();
            let before = match self.settled(&turn, &record.digest, now).await? {
                Settled::Alive(before) => before,
                Settled::Over(Standing::Ended { .. }) => return Ok(Admission::Over),
                // The request came a third time, and has got another token meanwhile.
                Settled::Over(_) => continue,
            };
            let mut after = before.clone();
            let rotate_to = Some(token.digest());
            if self
                .write_amendment(&turn, &before, &mut after, rotate_to, Vec::new(), now)
                .await?
            {
                return Ok(Admission::Again(SignedIn { handle, token }));
            }
            self.refresh(&turn, &before.digest).await?;
        }
        Err(changed_all_the_time())
    }
}

/// How long ago they authenticated, and their absolute limit, where that is reached as the session begins.
fn too_old(copy: &WorkingCopy, history: &History) -> Option<(Span, Span)> {
    let session = &copy.session;
    let age = session.activity.seen.since(session.authenticated);
    let absolute = session
        .limits(&history.policies(copy.revisions))
        .absolute
        .limit
        .span()?;
    (age >= absolute).then_some((age, absolute))
}

/// The sessions that have to go so that there is room for one more.
fn least_recently_active(mut sessions: Vec<Record>, limit: &SessionLimit) -> Vec<Handle> {
    sessions.sort_by_key(|record| (record.session.activity.seen, record.handle));
    let most = usize::try_from(limit.most.get()).unwrap_or(usize::MAX);
    let excess = (sessions.len() + 1).saturating_sub(most);
    sessions.iter().take(excess).map(|record| record.handle).collect()
}
