//! The presets as data: one entry each, every number with what it rests on.

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
        Preset::NistAal1 => &NIST_AAL1,
        Preset::NistAal2 => &NIST_AAL2,
        Preset::NistAal3 => &NIST_AAL3,
        Preset::FedrampModerate => &FEDRAMP_MODERATE,
        Preset::FedrampHigh => &FEDRAMP_HIGH,
        Preset::StigAsd => &STIG_ASD,
        Preset::PciDss => &PCI_DSS,
        Preset::Psd2 => &PSD2,
        Preset::Hipaa => &HIPAA,
        Preset::OwaspHigh => &OWASP_HIGH,
        Preset::OwaspLow => &OWASP_LOW,
        Preset::CisM365Unmanaged => &CIS_M365_UNMANAGED,
        Preset::SharedDevice => &SHARED_DEVICE,
        Preset::Saas => &SAAS,
        Preset::Consumer => &CONSUMER,
    }
}

const NIST: &str = "NIST SP 800-63B-4";
const FEDRAMP: &str = "FedRAMP Rev 5";
const STIG: &str = "DISA ASD STIG V6R4";
const OWASP: &str = "OWASP Session Management Cheat Sheet";
const PRIVILEGED: Scope = Scope::Role("admin");
const UNMANAGED: Scope = Scope::Device("unmanaged");

const NIST_AAL1: Entry = Entry {
    name: "nist-aal1",
    title: "NIST SP 800-63B-4, AAL1",
    purpose: "Services that need little assurance of who somebody is.",
    idle: days(7),
    absolute: days(30),
    warn_before: Span::from_secs(60),
    on_idle: OnIdle::SignOut,
    ceilings: &[absolute(days(30), required_to_exist())],
    requires_justification: false,
    notes: &["An idle limit is optional at this level; the 7 days are our own suggestion and bind nobody."],
};

/// That there is a limit is required, its size is recommended.
const fn required_to_exist() -> Source {
    recommended(
        NIST,
        "2.1.3",
        "there is an overall limit, which should not exceed 30 days",
    )
}

const NIST_AAL2: Entry = Entry {
    name: "nist-aal2",
    title: "NIST SP 800-63B-4, AAL2",
    purpose: "Services where people sign in with two factors.",
    idle: hours(1),
    absolute: hours(24),
    warn_before: Span::from_secs(120),
    on_idle: OnIdle::Lock,
    ceilings: &[
        idle(
            hours(1),
            recommended(NIST, "2.2.3", "inactivity should end a session after 1 hour at most"),
        ),
        absolute(
            hours(24),
            recommended(NIST, "2.2.3", "the overall limit should not exceed 24 hours"),
        ),
    ],
    requires_justification: false,
    notes: &["After the idle limit one factor together with the session's secret is enough to unlock."],
};

const NIST_AAL3: Entry = Entry {
    name: "nist-aal3",
    title: "NIST SP 800-63B-4, AAL3",
    purpose: "Services where people sign in with hardware that resists phishing.",
    idle: minutes(15),
    absolute: hours(12),
    warn_before: Span::from_secs(120),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(
            minutes(15),
            recommended(
                NIST,
                "2.3.3",
                "inactivity should end a session after 15 minutes at most",
            ),
        ),
        absolute(
            hours(12),
            required(NIST, "2.3.3", "the overall limit is 12 hours at most"),
        ),
        signs_out(required(
            NIST,
            "2.3.3",
            "whoever comes back authenticates in full again, so a lock does not do",
        )),
    ],
    requires_justification: false,
    notes: &["Signing in again takes both factors; the identity provider has to ask for them."],
};

const FEDRAMP_MODERATE: Entry = Entry {
    name: "fedramp-moderate",
    title: "FedRAMP, moderate impact",
    purpose: "Cloud services for United States agencies at moderate impact.",
    idle: minutes(15),
    absolute: hours(12),
    warn_before: Span::from_secs(120),
    on_idle: OnIdle::Lock,
    ceilings: &[
        idle(
            minutes(15),
            required(FEDRAMP, "AC-11", "what is open locks after 15 minutes of inactivity"),
        ),
        absolute(
            hours(12),
            required(
                FEDRAMP,
                "IA-11",
                "people authenticate again after 12 hours at this level",
            ),
        ),
        privileged_disconnect(),
    ],
    requires_justification: false,
    notes: &[
        "AC-11(1): the screen is to hide what it showed while it is locked.",
        "AC-2(5): privileged users sign out at the end of their work.",
        "The guidance still cites the figures of NIST SP 800-63B-3; the fourth revision is looser.",
    ],
};

const FEDRAMP_HIGH: Entry = Entry {
    name: "fedramp-high",
    title: "FedRAMP, high impact",
    purpose: "Cloud services for United States agencies at high impact.",
    idle: minutes(15),
    absolute: hours(12),
    warn_before: Span::from_secs(120),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(
            minutes(15),
            required(
                FEDRAMP,
                "IA-11",
                "people authenticate again after 15 minutes of inactivity",
            ),
        ),
        absolute(
            hours(12),
            required(
                FEDRAMP,
                "IA-11",
                "people authenticate again after 12 hours at this level",
            ),
        ),
        signs_out(required(
            FEDRAMP,
            "AC-2(5)",
            "whoever expects to be away for more than 15 minutes is signed out",
        )),
        sessions(
            2,
            Scope::Everyone,
            required(
                FEDRAMP,
                "AC-10",
                "2 sessions at the same time for accounts without privileges",
            ),
        ),
        privileged_disconnect(),
        sessions(
            3,
            PRIVILEGED,
            required(FEDRAMP, "AC-10", "3 sessions at the same time for privileged accounts"),
        ),
    ],
    requires_justification: false,
    notes: &["AC-11(1): the screen is to hide what it showed once somebody has left."],
};

const fn privileged_disconnect() -> Ceiling {
    Ceiling {
        bound: Bound::Idle(minutes(10)),
        scope: PRIVILEGED,
        source: required(
            FEDRAMP,
            "SC-10",
            "privileged connections close after 10 minutes of inactivity",
        ),
    }
}

const STIG_ASD: Entry = Entry {
    name: "stig-asd",
    title: "DISA Application Security and Development STIG",
    purpose: "Applications of the United States Department of Defense.",
    idle: minutes(15),
    absolute: hours(12),
    warn_before: Span::from_secs(120),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(
            minutes(15),
            required(STIG, "V-222389", "users are logged off after 15 minutes of inactivity"),
        ),
        absolute(
            hours(12),
            ours("12 hours; the STIG has no figure, so this is that of NIST AAL3"),
        ),
        signs_out(required(STIG, "V-222389", "the session ends, a lock does not do")),
        Ceiling {
            bound: Bound::Idle(minutes(10)),
            scope: PRIVILEGED,
            source: required(
                STIG,
                "V-222390",
                "administrators are logged off after 10 minutes of inactivity",
            ),
        },
    ],
    requires_justification: false,
    notes: &[],
};

const PCI_DSS: Entry = Entry {
    name: "pci-dss",
    title: "PCI DSS 4.0.1",
    purpose: "Systems that store, process or transmit card data.",
    idle: minutes(15),
    absolute: hours(12),
    warn_before: Span::from_secs(120),
    on_idle: OnIdle::Lock,
    ceilings: &[
        idle(
            minutes(15),
            required(
                "PCI DSS 4.0.1",
                "8.2.8",
                "people authenticate again once they were idle for more than 15 minutes",
            ),
        ),
        absolute(hours(12), ours("12 hours; the standard has no figure")),
    ],
    requires_justification: false,
    notes: &[
        "Locking the terminal satisfies 8.2.8 as well; limits in the application are a second line.",
        "Terminals at a point of sale that see one card at a time are exempt, and work that may run unattended goes on.",
    ],
};

const PSD2: Entry = Entry {
    name: "psd2",
    title: "PSD2, strong customer authentication",
    purpose: "Online access to payment accounts in the European Union.",
    idle: minutes(5),
    absolute: hours(1),
    warn_before: Span::from_secs(60),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(
            minutes(5),
            required(
                "Delegated Regulation (EU) 2018/389",
                "Article 4(3)(d)",
                "after authentication 5 minutes without activity are the most",
            ),
        ),
        absolute(
            hours(1),
            ours("1 hour: room for ten extensions and more, and no longer than banking takes"),
        ),
        signs_out(ours("the next access takes strong authentication anyway")),
    ],
    requires_justification: false,
    notes: &[
        "Every payment asks for authentication of its own: add a gate on the pages that send money.",
        "Where the exemption of Article 10 covers what is shown the limit does not apply.",
    ],
};

const HIPAA: Entry = Entry {
    name: "hipaa",
    title: "HIPAA security rule",
    purpose: "Systems with electronic health information in the United States.",
    idle: minutes(10),
    absolute: hours(12),
    warn_before: Span::from_secs(60),
    on_idle: OnIdle::Lock,
    ceilings: &[
        idle(
            minutes(10),
            ours("10 minutes; 45 CFR 164.312(a)(2)(iii) asks for a predetermined time and has no figure"),
        ),
        absolute(hours(12), ours("12 hours: the longest usual shift")),
    ],
    requires_justification: true,
    notes: &[
        "Automatic logoff is addressable: 45 CFR 164.306(d)(3) asks to write down why the values fit.",
        "Common practice is 10 to 30 minutes by role: rules with a deviation, which says why, express that.",
    ],
};

const OWASP_HIGH: Entry = Entry {
    name: "owasp-high",
    title: "OWASP, high value",
    purpose: "Applications where a stolen session costs much: banking, administration.",
    idle: minutes(5),
    absolute: hours(4),
    warn_before: Span::from_secs(60),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(
            minutes(5),
            recommended(
                OWASP,
                "Idle Timeout",
                "between 2 and 5 minutes for applications of high value",
            ),
        ),
        absolute(
            hours(4),
            recommended(
                OWASP,
                "Absolute Timeout",
                "between 4 hours and 8 for a day of work; the lower end here",
            ),
        ),
        signs_out(ours("where a session is worth much none is left to resume")),
    ],
    requires_justification: false,
    notes: &[],
};

const OWASP_LOW: Entry = Entry {
    name: "owasp-low",
    title: "OWASP, low risk",
    purpose: "Applications of low risk that people use all day.",
    idle: minutes(30),
    absolute: hours(8),
    warn_before: Span::from_secs(60),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(
            minutes(30),
            recommended(
                OWASP,
                "Idle Timeout",
                "between 15 and 30 minutes for applications of low risk",
            ),
        ),
        absolute(
            hours(8),
            recommended(OWASP, "Absolute Timeout", "between 4 and 8 hours for a day of work"),
        ),
        signs_out(ours("the sheet speaks of sessions that end")),
    ],
    requires_justification: false,
    notes: &[],
};

const CIS_M365_UNMANAGED: Entry = Entry {
    name: "cis-m365-unmanaged",
    title: "CIS Microsoft 365 Foundations, unmanaged devices",
    purpose: "Office applications on devices that nobody manages; sessions have the device class `unmanaged` there.",
    idle: hours(3),
    absolute: hours(24),
    warn_before: Span::from_secs(120),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        Ceiling {
            bound: Bound::Idle(hours(3)),
            scope: UNMANAGED,
            source: recommended(
                "CIS Microsoft 365 Foundations Benchmark",
                "1.3.2",
                "idle sessions on unmanaged devices end after 3 hours at most",
            ),
        },
        Ceiling {
            bound: Bound::Absolute(hours(24)),
            scope: UNMANAGED,
            source: ours("24 hours; the benchmark has no figure"),
        },
        Ceiling {
            bound: Bound::OnIdle(OnIdle::SignOut),
            scope: UNMANAGED,
            source: recommended(
                "CIS Microsoft 365 Foundations Benchmark",
                "1.3.2",
                "idle sessions end, a lock does not do",
            ),
        },
    ],
    requires_justification: false,
    notes: &["Whoever creates sessions has to give devices that nobody manages the class `unmanaged`."],
};

const SHARED_DEVICE: Entry = Entry {
    name: "shared-device",
    title: "Shared device",
    purpose: "Kiosks, wards, counters: the next person sits down at the same screen.",
    idle: minutes(2),
    absolute: minutes(30),
    warn_before: Span::from_secs(30),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(
            minutes(2),
            ours("2 minutes: about the time until the next person comes"),
        ),
        absolute(minutes(30), ours("30 minutes: longer than one person stays")),
        signs_out(ours("the next person must not find a session to resume")),
    ],
    requires_justification: false,
    notes: &[
        "Answer sign-outs with `Clear-Site-Data`, so that nothing stays in the browser.",
        "Switch off saving of drafts: they would be the next person's to find.",
    ],
};

const SAAS: Entry = Entry {
    name: "saas",
    title: "Business application",
    purpose: "Applications that people at work have open next to others.",
    idle: hours(1),
    absolute: hours(24),
    warn_before: Span::from_secs(60),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(hours(1), ours("1 hour: the lower end of what such applications use")),
        absolute(hours(24), ours("24 hours: once a day")),
        signs_out(ours("what most such applications do")),
    ],
    requires_justification: false,
    notes: &["Where desktops stand in open offices a rule with `device = \"desktop\"` and `30m` suits them better."],
};

const CONSUMER: Entry = Entry {
    name: "consumer",
    title: "Consumer application",
    purpose: "Applications that people use at home, on devices of their own.",
    idle: days(3),
    absolute: days(30),
    warn_before: Span::from_secs(60),
    on_idle: OnIdle::SignOut,
    ceilings: &[
        idle(
            days(3),
            ours("3 days: the longest that a large identity provider gives its smaller customers"),
        ),
        absolute(
            days(30),
            ours("30 days: the longest that a large identity provider gives its smaller customers"),
        ),
        signs_out(ours("what most such applications do")),
    ],
    requires_justification: false,
    notes: &[],
};

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
