//! The presets as data: one entry each, every number with what it rests on.

mod practice;
mod standards;

use std::num::NonZeroU32;

use super::{Bound, Ceiling, Preset, Scope, Source, Strength};
use crate::duration::Limit;
use crate::policy::OnIdle;
use crate::time::Span;

/// A preset: what it is for, what it asks for, and what it starts a document with.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) purpose: &'static str,
    pub(super) idle: Limit,
    pub(super) absolute: Limit,
    pub(super) warn_before: Span,
    pub(super) on_idle: OnIdle,
    pub(super) ceilings: &'static [Ceiling],
    pub(super) requires_justification: bool,
    pub(super) notes: &'static [&'static str],
}

pub(super) const fn of(preset: Preset) -> &'static Entry {
    match preset {
        Preset::NistAal1 => &standards::NIST_AAL1,
        Preset::NistAal2 => &standards::NIST_AAL2,
        Preset::NistAal3 => &standards::NIST_AAL3,
        Preset::FedrampModerate => &standards::FEDRAMP_MODERATE,
        Preset::FedrampHigh => &standards::FEDRAMP_HIGH,
        Preset::StigAsd => &standards::STIG_ASD,
        Preset::PciDss => &standards::PCI_DSS,
        Preset::Psd2 => &standards::PSD2,
        Preset::Hipaa => &standards::HIPAA,
        Preset::OwaspHigh => &practice::OWASP_HIGH,
        Preset::OwaspLow => &practice::OWASP_LOW,
        Preset::CisM365Unmanaged => &standards::CIS_M365_UNMANAGED,
        Preset::SharedDevice => &practice::SHARED_DEVICE,
        Preset::Saas => &practice::SAAS,
        Preset::Consumer => &practice::CONSUMER,
    }
}

const fn idle(limit: Limit, source: Source) -> Ceiling {
    Ceiling {
        bound: Bound::Idle(limit),
        scope: Scope::Everyone,
        source,
    }
}

const fn absolute(limit: Limit, source: Source) -> Ceiling {
    Ceiling {
        bound: Bound::Absolute(limit),
        scope: Scope::Everyone,
        source,
    }
}

const fn signs_out(source: Source) -> Ceiling {
    Ceiling {
        bound: Bound::OnIdle(OnIdle::SignOut),
        scope: Scope::Everyone,
        source,
    }
}

const fn sessions(most: u32, scope: Scope, source: Source) -> Ceiling {
    Ceiling {
        bound: Bound::MaxSessions(NonZeroU32::MIN.saturating_add(most.saturating_sub(1))),
        scope,
        source,
    }
}

const fn required(standard: &'static str, section: &'static str, says: &'static str) -> Source {
    Source {
        standard,
        section,
        strength: Strength::Required,
        says,
    }
}

const fn recommended(standard: &'static str, section: &'static str, says: &'static str) -> Source {
    Source {
        standard,
        section,
        strength: Strength::Recommended,
        says,
    }
}

const fn ours(says: &'static str) -> Source {
    Source {
        standard: "nightlatch",
        section: "own proposal",
        strength: Strength::Ours,
        says,
    }
}

const fn minutes(minutes: u64) -> Limit {
    Limit::after(Span::from_secs(minutes * 60))
}

const fn hours(hours: u64) -> Limit {
    minutes(hours * 60)
}

const fn days(days: u64) -> Limit {
    hours(days * 24)
}
