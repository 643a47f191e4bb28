//! Random sequences of calls, and what a store answers to them.

use std::num::NonZeroU32;

use nightlatch_core::duration::Limit;
use nightlatch_core::path::Path;
use nightlatch_core::resolution::Counted;
use nightlatch_core::session::{EndReason, State};
use nightlatch_core::time::Span;
use nightlatch_store::audit::{AuditFilter, AuditKind};
use nightlatch_store::{Claim, Creation, Filter, Page, Quota, Record, Reindex, Revisions, Selector, Store, Touch};
use proptest::prelude::*;

use nightlatch_store::conformance::fixture::*;

/// Few sessions, so that calls meet.
const SESSIONS: u32 = 6;

/// One call; numbers stand for sessions, small ones for instants.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Create {
        number: u32,
        handle: u32,
        subject: bool,
        facts: u32,
        quota: Option<(u32, u32)>,
        claim: Option<u32>,
    },
    /// With the version that the store has now, or none that any has.
    Reindex(Vec<(u32, bool, u32, Option<i64>)>),
    Touch(Vec<(u32, i64, u64)>),
    /// With the version that the store has now, if it is not `stale`.
    Amend {
        number: u32,
        stale: bool,
        seen: i64,
        absence: u64,
        authenticated: i64,
        locked: bool,
        today: u32,
        rotate_to: Option<u32>,
    },
    End {
        selector: Selector,
        at: i64,
        limit: usize,
    },
    Expire {
        numbers: Vec<(u32, i64)>,
        stale: bool,
    },
    Forget {
        before: i64,
        limit: usize,
    },
    Probe(i64),
}

fn number() -> impl Strategy<Value = u32> {
    0..SESSIONS
}

fn instant() -> impl Strategy<Value = i64> {
    1000..1040_i64
}

pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    let word = |text: &'static str| prop::option::of(Just(Box::<str>::from(text)));
    let within = prop::option::of(prop::sample::subsequence(vec!["crm", "mail"], 0..=2));
    let within = within.prop_map(|within| within.map(|within| within.into_iter().map(Into::into).collect()));
    (word("a"), word("crm"), within, word("mobile"), word("admin")).prop_map(
        |(subject, application, within, device, role)| Filter {
            subject,
            application,
            within,
            device,
            role,
        },
    )
}

pub(crate) fn call() -> impl Strategy<Value = Call> {
    let selector = prop_oneof![
        number().prop_map(|number| Selector::Digest(digest(number))),
        number().prop_map(|number| Selector::Handle(handle(number))),
        filter().prop_map(Selector::Matching),
    ];
    let amend = (
        number(),
        prop::bool::weighted(0.2),
        instant(),
        0..9_u64,
        instant(),
        any::<bool>(),
        1..4_u32,
    );
    let quota = prop::option::of((1..3_u32, number()));
    prop_oneof![
        6 => (number(), number(), any::<bool>(), 0..8_u32, quota, prop::option::of(0..3_u32))
            .prop_map(|(number, handle, subject, facts, quota, claim)| {
                Call::Create { number, handle, subject, facts, quota, claim }
            }),
        2 => prop::collection::vec((number(), any::<bool>(), 1..4_u32, prop::option::of(instant())), 0..4)
            .prop_map(Call::Reindex),
        4 => prop::collection::vec((number(), instant(), 0..9_u64), 0..4).prop_map(Call::Touch),
        4 => (amend, prop::option::of(number())).prop_map(
            |((number, stale, seen, absence, authenticated, locked, today), rotate_to)| {
                Call::Amend { number, stale, seen, absence, authenticated, locked, today, rotate_to }
            }
        ),
        2 => (selector, instant(), 0..3_usize).prop_map(|(selector, at, limit)| Call::End { selector, at, limit }),
        3 => (prop::collection::vec((number(), instant()), 0..4), prop::bool::weighted(0.2))
            .prop_map(|(numbers, stale)| Call::Expire { numbers, stale }),
        1 => (instant(), 0..3_usize).prop_map(|(before, limit)| Call::Forget { before, limit }),
        1 => instant().prop_map(Call::Probe),
    ]
}

fn a_creation(
    number: u32,
    other: u32,
    subject: bool,
    facts: u32,
    quota: Option<(u32, u32)>,
    claim: Option<u32>,
) -> Creation {
    let given = |bit: u32, word: &'static str| (facts & bit != 0).then_some(word);
    let roles: Vec<_> = given(4, "admin").into_iter().collect();
    let subject = if subject { "a" } else { "b" };
    let mut record = record_with(number, subject, given(1, "crm"), given(2, "mobile"), &roles);
    record.handle = handle(other);
    Creation {
        quota: quota.map(|(most, ending)| Quota {
            most: NonZeroU32::new(most).expect("not zero"),
            counted: Counted::AllBut(vec!["crm".into()]),
            ending: vec![handle(ending)],
        }),
        claim: claim.map(|key| Claim {
            key: digest(key),
            request: digest(number),
            at: at(1000),
        }),
        ..creation(&record, at(1000))
    }
}

/// Makes the call; what it answered, as text.
pub(crate) async fn answer(store: &dyn Store, call: &Call) -> String {
    match call {
        Call::Create {
            number,
            handle: other,
            subject,
            facts,
            quota,
            claim,
        } => {
            let creation = a_creation(*number, *other, *subject, *facts, *quota, *claim);
            format!("{:?}", store.create(&creation).await)
        }
        Call::Reindex(sessions) => {
            let mut reindex = Vec::new();
            for (number, stale, today, due) in sessions {
                if let Some(record) = store.get(&digest(*number)).await.expect("store") {
                    reindex.push(Reindex {
                        digest: record.digest,
                        version: record.version + u64::from(*stale),
                        today: *today,
                        due: due.map(at),
                    });
                }
            }
            format!("{:?}", store.reindex(&reindex).await)
        }
        Call::Touch(touches) => {
            let touches = touches.iter().map(|(number, seen, before)| Touch {
                first: at(seen - i64::try_from(*before).expect("small")),
                page: (before % 3 == 0).then(|| Path::canonical("/news")),
                ..touch(*number, *seen)
            });
            format!("{:?}", store.touch(&touches.collect::<Vec<_>>()).await)
        }
        Call::Amend {
            number,
            stale,
            seen,
            absence,
            authenticated,
            locked,
            today,
            rotate_to,
        } => {
            let Some(mut record) = store.get(&digest(*number)).await.expect("store") else {
                return String::new();
            };
            record.version += u64::from(*stale);
            let mut change = amendment(&record);
            change.session.activity = activity(*seen, 0);
            change.first = at(seen - i64::try_from(*absence).expect("small"));
            change.session.authenticated = at(*authenticated / 10 * 10);
            change.session.choice = (absence % 2 == 0).then(|| Limit::after(Span::from_millis(*absence)));
            change.session.state = if *locked {
                State::Locked { at: at(*seen) }
            } else {
                State::Active
            };
            change.revisions = Revisions { own: 1, today: *today };
            change.due = Some(at(seen + 20));
            change.rotate_to = rotate_to.map(digest);
            change.audit = vec![entry(&record, AuditKind::Extended, at(*seen))];
            format!("{:?}", store.amend(&change).await)
        }
        Call::End { selector, at, limit } => {
            // One that is named is meant whatever the limit.
            let limit = if let Selector::Matching(_) = selector {
                *limit
            } else {
                1
            };
            format!("{:?}", store.end(selector, &end(EndReason::Admin, *at), limit).await)
        }
        Call::Expire { numbers, stale } => {
            let mut expiries = Vec::new();
            for (number, seen) in numbers {
                if let Some(mut record) = store.get(&digest(*number)).await.expect("store") {
                    record.version += u64::from(*stale);
                    record.session.activity.seen = at(*seen);
                    record.due = Some(at(seen + 10));
                    expiries.push(expiry(&record));
                }
            }
            // Which of those at the same time is told first is open.
            let mut ended = store.expire(&expiries).await.expect("store");
            ended.sort_unstable_by_key(|ended| ended.handle);
            format!("{ended:?}")
        }
        Call::Forget { before, limit } => {
            // Which of the old ones go first is open: all or none.
            let limit = if *limit == 0 { 0 } else { usize::MAX };
            format!("{:?}", store.forget_ended(at(*before), limit).await)
        }
        Call::Probe(now) => format!("{:?}", store.probe(at(*now)).await),
    }
}

/// Everything a store tells.
pub(crate) async fn told(store: &dyn Store, filters: &[Filter]) -> Vec<String> {
    let sorted = |mut records: Vec<Record>| {
        records.sort_by_key(|record| (record.due, record.handle));
        records
    };
    let mut told = Vec::new();
    for number in 0..SESSIONS {
        told.push(format!(
            "{:?} {:?}",
            store.get(&digest(number)).await,
            store.find(&handle(number)).await
        ));
        told.push(format!("{:?}", store.count_outdated(number).await));
    }
    told.push(format!(
        "{:?}",
        sorted(store.due(at(1025), usize::MAX).await.expect("store"))
    ));
    for filter in filters {
        let page = Page { after: None, limit: 2 };
        told.push(format!(
            "{:?} {:?}",
            store.list(filter, page).await,
            store.count(filter).await
        ));
    }
    let mut audit = store
        .audit(&AuditFilter {
            limit: usize::MAX,
            ..AuditFilter::default()
        })
        .await
        .expect("store");
    assert!(audit.iter().map(|record| record.seq).eq(1..=audit.len() as u64));
    // Those that one call ended are told in any order.
    for record in &mut audit {
        record.seq = 0;
    }
    audit.sort_by_key(|record| format!("{record:?}"));
    told.push(format!("{audit:?} {:?}", store.latest_instant().await));
    told
}
