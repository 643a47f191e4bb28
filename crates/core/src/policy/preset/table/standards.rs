//! What laws, standards and benchmarks ask for.

use super::{Entry, absolute, days, hours, idle, minutes, ours, recommended, required, sessions, signs_out};
use crate::policy::OnIdle;
use crate::policy::preset::{Bound, Ceiling, Scope, Source};
use crate::time::Span;

const NIST: &str = "NIST SP 800-63B-4";
const FEDRAMP: &str = "FedRAMP Rev 5";
const STIG: &str = "DISA ASD STIG V6R4";
const PRIVILEGED: Scope = Scope::Role("admin");
const UNMANAGED: Scope = Scope::Device("unmanaged");

pub(super) const NIST_AAL1: Entry = Entry {
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

pub(super) const NIST_AAL2: Entry = Entry {
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

pub(super) const NIST_AAL3: Entry = Entry {
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

pub(super) const FEDRAMP_MODERATE: Entry = Entry {
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

pub(super) const FEDRAMP_HIGH: Entry = Entry {
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

pub(super) const STIG_ASD: Entry = Entry {
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

pub(super) const PCI_DSS: Entry = Entry {
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

pub(super) const PSD2: Entry = Entry {
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

pub(super) const HIPAA: Entry = Entry {
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

pub(super) const CIS_M365_UNMANAGED: Entry = Entry {
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
