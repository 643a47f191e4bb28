//! Lists of live sessions, in pages.

use crate::audit::AuditFilter;
use crate::token::Handle;
use crate::{Filter, Page, Selector, Store};
use nightlatch_core::session::EndReason;

use super::fixture::*;

/// All pages of a list, one after the other.
async fn pages(store: &dyn Store, filter: &Filter, limit: usize) -> Vec<Handle> {
    let mut all = Vec::new();
    loop {
        let page = list(
            store,
            filter,
            Page {
                after: all.last().copied(),
                limit,
            },
        )
        .await;
        assert!(page.len() <= limit);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub async fn a_list_is_in_the_order_of_creation(store: Shared) {
    for number in [3, 1, 4, 2, 5] {
        add(store.as_ref(), &record(number, "a")).await;
    }
    assert_eq!(
        list(store.as_ref(), &everything(), first(3)).await,
        [1, 2, 3].map(handle)
    );
    let rest = Page {
        after: Some(handle(3)),
        limit: 3,
    };
    assert_eq!(list(store.as_ref(), &everything(), rest).await, [4, 5].map(handle));
    let whole = store.list(&everything(), first(1)).await.expect("store").pop();
    assert_eq!(whole, Some(record(1, "a")));
}

pub async fn every_filter_lists_counts_and_pages_what_matches(store: Shared) {
    let applications = [None, Some("crm"), Some("mail")];
    let devices = [None, Some("mobile")];
    let roles: [&[&str]; 3] = [&[], &["admin"], &["staff", "admin", "staff"]];
    let mut records = Vec::new();
    for number in 0..72 {
        let index = number as usize;
        let subject = ["a", "b", "A", ""][index % 4];
        let (application, device) = (applications[index % 3], devices[index / 3 % 2]);
        let record = record_with(number, subject, application, device, roles[index / 6 % 3]);
        add(store.as_ref(), &record).await;
        records.push(record);
    }
    for number in (0..72).step_by(5) {
        assert!(end_one(store.as_ref(), number).await);
    }
    let living = || {
        (0_u32..)
            .zip(&records)
            .filter(|(number, _)| number % 5 != 0)
            .map(|(_, record)| record)
    };
    let some = |names: &[&str]| -> Vec<Option<Box<str>>> {
        [None]
            .into_iter()
            .chain(names.iter().map(|name| Some((*name).into())))
            .collect()
    };
    for subject in some(&["a", "", "nobody"]) {
        for (application, within) in [
            (None, None),
            (Some("crm"), None),
            (Some("Crm"), None),
            (None, Some(&["crm"][..])),
            (None, Some(&["crm", "mail", "nothing"])),
            (None, Some(&[])),
            (Some("crm"), Some(&["crm"])),
            (Some("crm"), Some(&["mail"])),
        ] {
            let application = application.map(Box::<str>::from);
            let within: Option<Vec<Box<str>>> = within.map(|within| within.iter().map(|name| (*name).into()).collect());
            for device in some(&["mobile"]) {
                for role in some(&["admin", "staff", "adm"]) {
                    let (subject, application, device) = (subject.clone(), application.clone(), device.clone());
                    let within = within.clone();
                    let filter = Filter {
                        subject,
                        application,
                        within,
                        device,
                        role,
                    };
                    let holds =
                        |wanted: &Option<Box<str>>, value: Option<&str>| wanted.is_none() || wanted.as_deref() == value;
                    let expected: Vec<_> = living()
                        .filter(|record| {
                            let facts = &record.session.facts;
                            holds(&filter.subject, Some(&record.subject))
                                && holds(&filter.application, facts.application.as_deref())
                                && filter.within.as_ref().is_none_or(|within| {
                                    within.iter().any(|meant| facts.application.as_ref() == Some(meant))
                                })
                                && holds(&filter.device, facts.device.as_deref())
                                && filter.role.as_ref().is_none_or(|role| facts.roles.contains(role))
                        })
                        .map(|record| record.handle)
                        .collect();
                    assert_eq!(list(store.as_ref(), &filter, first(100)).await, expected, "{filter:?}");
                    assert_eq!(pages(store.as_ref(), &filter, 4).await, expected, "{filter:?}");
                    let count = store.count(&filter).await.expect("store");
                    assert_eq!(count, expected.len() as u64, "{filter:?}");
                }
            }
        }
    }
}

pub async fn pages_are_stable_while_sessions_come_and_go(store: Shared) {
    // Even numbers live all along; odd ones come and go between the pages.
    for number in (0..40).step_by(2) {
        add(store.as_ref(), &record(number, "a")).await;
    }
    let mut seen = Vec::new();
    let mut odd = (1..40).step_by(2);
    loop {
        let after = seen.last().copied();
        let page = list(store.as_ref(), &everything(), Page { after, limit: 3 }).await;
        if page.is_empty() {
            break;
        }
        seen.extend(page);
        for number in odd.by_ref().take(2) {
            add(store.as_ref(), &record(number, "b")).await;
        }
        let selector = Selector::Matching(Filter {
            subject: Some("b".into()),
            ..everything()
        });
        assert!(end_all(store.as_ref(), selector, EndReason::Admin, 1).await.len() <= 1);
    }
    assert!(seen.is_sorted(), "in order");
    let lasting: Vec<_> = seen
        .iter()
        .filter(|seen| (0..40).step_by(2).any(|number| handle(number) == **seen))
        .collect();
    assert_eq!(lasting.len(), 20, "each that lived all along is told");
    let mut distinct = seen.clone();
    distinct.dedup();
    assert_eq!(distinct, seen, "and none twice");
}

pub async fn a_limit_of_zero_is_an_empty_page(store: Shared) {
    add(store.as_ref(), &record(1, "a")).await;
    assert_eq!(list(store.as_ref(), &everything(), first(0)).await, []);
    assert_eq!(store.due(at(9999), 0).await.expect("store"), []);
    assert_eq!(audit(store.as_ref(), AuditFilter::default()).await, []);
}
