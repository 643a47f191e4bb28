//! Which live sessions a filter means, as conditions of a statement. Each filter makes a statement of its own, of only the
//! conditions that it has: then the server finds the index that they need.

use std::fmt::Write as _;

use nightlatch_store::Filter;
use tokio_postgres::types::{ToSql, Type};

use crate::connection::Param;
use crate::text;

/// The values of a filter as they are stored.
#[derive(Default)]
pub(super) struct Conditions {
    subject: Option<String>,
    application: Option<String>,
    within: Option<Vec<String>>,
    device: Option<String>,
    role: Option<Vec<String>>,
}

impl Conditions {
    pub(super) fn of(filter: &Filter) -> Self {
        let stored = |text: &str| text::stored(text).into_owned();
        let one = |text: &Option<Box<str>>| text.as_deref().map(stored);
        let within = filter.within.as_deref();
        Self {
            subject: one(&filter.subject),
            application: one(&filter.application),
            within: within.map(|within| within.iter().map(|application| stored(application)).collect()),
            device: one(&filter.device),
            role: one(&filter.role).map(|role| vec![role]),
        }
    }

    pub(super) fn name_a_subject(&self) -> bool {
        self.subject.is_some()
    }

    /// The conditions on sessions `s`, each behind an `AND`. Their values are added to `params`.
    pub(super) fn add_to<'p>(&'p self, params: &mut Vec<Param<'p>>) -> String {
        let mut sql = String::new();
        if let Some(subject) = &self.subject {
            params.push((subject, Type::TEXT));
            let _ = write!(sql, " AND s.subject = ${}", params.len());
        }
        if let Some(facts) = self.facts(params) {
            let _ = write!(sql, " AND s.facts IN ({facts})");
        }
        sql
    }

    /// The statement for the numbers of the facts that are meant; `None` if all are.
    pub(super) fn facts<'p>(&'p self, params: &mut Vec<Param<'p>>) -> Option<String> {
        let mut next = |value: &'p (dyn ToSql + Sync), kind| {
            params.push((value, kind));
            params.len()
        };
        let mut facts = Vec::new();
        if let Some(application) = &self.application {
            facts.push(format!("application = ${}", next(application, Type::TEXT)));
        }
        if let Some(within) = &self.within {
            facts.push(format!("application = ANY (${})", next(within, Type::TEXT_ARRAY)));
        }
        if let Some(device) = &self.device {
            facts.push(format!("device = ${}", next(device, Type::TEXT)));
        }
        if let Some(role) = &self.role {
            facts.push(format!("roles @> ${}", next(role, Type::TEXT_ARRAY)));
        }
        (!facts.is_empty()).then(|| format!("SELECT id FROM facts WHERE {}", facts.join(" AND ")))
    }
}
