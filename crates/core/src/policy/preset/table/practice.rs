//! What is common practice.

use super::{Entry, absolute, days, hours, idle, minutes, ours, recommended, signs_out};
use crate::policy::OnIdle;
use crate::time::Span;

const OWASP: &str = "OWASP Session Management Cheat Sheet";

pub(super) const OWASP_HIGH: Entry = Entry {
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

pub(super) const OWASP_LOW: Entry = Entry {
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

pub(super) const SHARED_DEVICE: Entry = Entry {
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

pub(super) const SAAS: Entry = Entry {
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

pub(super) const CONSUMER: Entry = Entry {
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
