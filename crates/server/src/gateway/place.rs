//! A part of a host, which one application has.

use nightlatch_core::path::{Path, PathPattern, Readings};

use crate::config::{Escapes, Preflights, Site, UpstreamAddress};

/// A part of a host.
#[derive(Debug)]
pub(crate) struct Place {
    /// In lower case, and without the usual port.
    pub(super) authority: Box<str>,
    pub(super) path: Path<'static>,
    below: PathPattern,
    pub(crate) application: Option<Box<str>>,
    /// Where the proxy passes requests on to.
    pub(crate) upstreams: Box<[UpstreamAddress]>,
    open: Box<[PathPattern]>,
    pub(crate) preflights: Preflights,
    pub(super) escapes: Escapes,
}

impl Place {
    pub(super) fn of(site: &Site) -> Self {
        Self {
            authority: site.host.clone(),
            path: site.path.clone(),
            below: site.below.clone(),
            application: site.application.clone(),
            upstreams: site.upstreams.clone().into(),
            open: site.open.clone().into(),
            preflights: site.preflights,
            escapes: site.escapes,
        }
    }

    /// One path of a host, and nothing below it.
    pub(super) fn page(authority: &str, path: &Path<'static>) -> Option<Self> {
        Some(Self {
            path: path.clone(),
            below: path.as_str().parse().ok()?,
            ..Self::whole(authority.to_owned())
        })
    }

    pub(super) fn is_on(&self, authority: &str) -> bool {
        self.authority.eq_ignore_ascii_case(authority)
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn covers(&self, path: &Path<'_>) -> bool {
        self.below.matches(path)
    }

    pub(super) fn is_open(&self, readings: &Readings<'_>) -> bool {
        let open = |path: &Path<'_>| self.open.iter().any(|pattern| pattern.matches(path));
        readings.all().all(open)
    }

    pub(super) fn whole(authority: String) -> Self {
        Self::of(&Site::whole(authority))
    }
}
