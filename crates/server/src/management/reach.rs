//! How far a key reaches: to every session, or to those of the applications that it is bound to.
//!
//! An operation that deals with sessions takes a [`Reach`], and whatever it reads or ends goes through it. An operation that
//! takes none is closed to bound keys (`Input::HONOURS_REACH`): a new one that forgets it is closed, not open.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use nightlatch_engine::{Engine, Standing};
use nightlatch_store::token::Handle;
use nightlatch_store::{ApiKey, Filter, Record};

use super::input::{impossible, no_such_session};
use super::refusal::Refusal;
use super::signature::{Input, OperationDescription};
use crate::http::problem::Problem;

/// The sessions that a key reaches. What is out of reach is as if it were not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Everything,
    /// Those that were made for one of these applications, and not those made for none.
    Within(Arc<[Box<str>]>),
}

impl Reach {
    pub(super) fn of(key: &ApiKey) -> Self {
        let bound = key.applications.as_ref();
        bound.map_or(Self::Everything, |applications| {
            Self::Within(applications.as_slice().into())
        })
    }

    fn contains(&self, application: Option<&str>) -> bool {
        match self {
            Self::Everything => true,
            Self::Within(own) => application.is_some_and(|application| own.iter().any(|own| **own == *application)),
        }
    }

    pub(super) fn contains_record(&self, record: &Record) -> bool {
        self.contains(record.session.facts.application.as_deref())
    }

    /// The session with this handle, ended or not.
    pub(super) async fn find(&self, engine: &Arc<Engine>, handle: &Handle) -> Result<(Record, Standing), Problem> {
        let found = engine.find(handle).await?;
        found
            .filter(|(record, _)| self.contains_record(record))
            .ok_or_else(no_such_session)
    }

    /// Those of some sessions that are in reach.
    pub(super) async fn among(&self, engine: &Arc<Engine>, handles: Vec<Handle>) -> Result<Vec<Handle>, Problem> {
        if *self == Self::Everything {
            return Ok(handles);
        }
        let mut own = Vec::with_capacity(handles.len());
        for handle in handles {
            let found = engine.find(&handle).await?;
            own.extend(found.filter(|(record, _)| self.contains_record(record)).map(|_| handle));
        }
        Ok(own)
    }

    /// The same filter, for what is in reach.
    pub(super) fn narrow(&self, filter: Filter) -> Result<Filter, Problem> {
        if let Some(application) = &filter.application {
            self.refuse_beyond(application)?;
        }
        Ok(Filter {
            within: self.within(),
            ..filter
        })
    }

    /// For a filter of the store.
    pub(super) fn within(&self) -> Option<Vec<Box<str>>> {
        match self {
            Self::Everything => None,
            Self::Within(own) => Some(own.to_vec()),
        }
    }

    /// The application that a new session is for. A session for none would be good for all of them, so that a bound key makes
    /// none: where nothing is said it is the one that the key is bound to.
    pub(super) fn application(&self, named: Option<Box<str>>) -> Result<Option<Box<str>>, Problem> {
        match (self, named) {
            (Self::Everything, named) => Ok(named),
            (Self::Within(_), Some(named)) => self.refuse_beyond(&named).map(|()| Some(named)),
            (Self::Within(own), None) => match &**own {
                [only] => Ok(Some(only.clone())),
                own => Err(impossible(format!(
                    "application: your key is bound to several, so name one of {}",
                    own.join(", ")
                ))),
            },
        }
    }

    fn refuse_beyond(&self, application: &str) -> Result<(), Problem> {
        if self.contains(Some(application)) {
            return Ok(());
        }
        Err(Refusal::MissingScope.because(format!("Your key is bound to other applications than `{application}`.")))
    }
}

/// Admission leaves it with every request; without one nothing is in reach.
impl<S: Send + Sync> FromRequestParts<S> for Reach {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().cloned();
        Ok(known.unwrap_or_else(|| Self::Within(Arc::new([]))))
    }
}

impl Input for Reach {
    const HONOURS_REACH: bool = true;

    fn description(_: &mut OperationDescription<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(applications: &[&str]) -> Reach {
        Reach::Within(applications.iter().map(|application| Box::from(*application)).collect())
    }

    #[test]
    fn a_bound_key_reaches_its_applications_and_nothing_that_has_none() {
        for (reach, application, contained) in [
            (Reach::Everything, None, true),
            (Reach::Everything, Some("wiki"), true),
            (bound(&["wiki"]), Some("wiki"), true),
            (bound(&["wiki"]), Some("Wiki"), false),
            (bound(&["wiki"]), Some("billing"), false),
            (bound(&["wiki"]), None, false),
            (bound(&[]), Some("wiki"), false),
        ] {
            assert_eq!(reach.contains(application), contained, "{reach:?} {application:?}");
        }
    }

    #[test]
    fn a_new_session_is_for_an_application_in_reach() {
        let application = |reach: Reach, named: Option<&str>| reach.application(named.map(Into::into)).ok();
        assert_eq!(application(Reach::Everything, None), Some(None));
        assert_eq!(application(bound(&["wiki"]), None), Some(Some("wiki".into())));
        assert_eq!(application(bound(&["wiki", "crm"]), None), None);
        assert_eq!(
            application(bound(&["wiki", "crm"]), Some("crm")),
            Some(Some("crm".into()))
        );
        assert_eq!(application(bound(&["wiki"]), Some("billing")), None);
    }
}
