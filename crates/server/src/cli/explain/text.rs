//! Explanations for people.

use std::fmt::{Display, Write as _};
use std::num::NonZeroU32;

use nightlatch_core::duration::Limit;
use nightlatch_core::policy::{Absent, ActivitySource, OnIdle};
use nightlatch_core::resolution::{Explained, Explanation, OnPage};
use nightlatch_core::session::{DeadlineKind, EndReason, Phase, StepUp};
use nightlatch_core::time::Span;

use crate::cli::table::visible;
use crate::management::explain::view::{
    DeadlineView, EndedView, LimitView, LiveView, PageView, RequestView, SessionView, StateView, VerdictView,
};

/// What holds for somebody on a page, or on none.
pub(crate) fn of_anybody(explanation: &Explanation) -> String {
    let mut text = Text::default();
    text.explanation(explanation);
    text.0
}

/// How a session stands, or why it ended.
pub(crate) fn of_session(session: &SessionView) -> String {
    let mut text = Text::default();
    text.line("session", format_args!("{} of {}", session.handle, session.subject));
    let roles = session.roles.join(", ");
    let facts = [
        ("application", session.application.as_deref()),
        ("device", session.device.as_deref()),
        ("roles", Some(roles.as_str()).filter(|roles| !roles.is_empty())),
    ];
    for (label, fact) in facts {
        if let Some(fact) = fact {
            text.line(label, fact);
        }
    }
    if let Some(choice) = session.choice {
        text.line("choice", choice);
    }
    let revisions = session.revisions;
    text.line(
        "authenticated",
        format_args!("{}, under policy revision {}", session.authenticated_at, revisions.own),
    );
    text.line("last activity", &session.last_activity_at);
    if let Some(not_after) = &session.not_after {
        text.line(
            "not after",
            format_args!("{not_after}, as whoever authenticated them says"),
        );
    }
    match &session.state {
        StateView::Live(live) => text.live(live),
        StateView::Ended(ended) => text.ended(ended),
    }
    text.0
}

/// Lines of a label and what there is to say. Nothing in them can forge a line.
#[derive(Debug, Default)]
struct Text(String);

impl Text {
    fn line(&mut self, label: &str, what: impl Display) {
        // Writing into a string does not fail.
        let _ = writeln!(self.0, "{label:<14}{}", visible(&what.to_string()));
    }

    fn steps<T>(&mut self, explained: &Explained<T>, show: impl Fn(&T) -> String) {
        let rows = explained.steps.iter().map(|step| {
            let policy = step.policy.as_ref().map(|policy| format!(" ({policy})"));
            let why = visible(&format!("{}{}", step.why, policy.unwrap_or_default()));
            (step.decides, visible(&step.source), show(&step.value), why)
        });
        let rows: Vec<_> = rows.collect();
        let width = |text: fn(&(bool, String, String, String)) -> &String| {
            rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0)
        };
        let (sources, values) = (width(|row| &row.1), width(|row| &row.2));
        for (decides, source, value, why) in &rows {
            let mark = if *decides { '*' } else { ' ' };
            let _ = writeln!(self.0, "  {mark} {source:sources$}  {value:>values$}  {why}");
        }
    }

    fn explanation(&mut self, explanation: &Explanation) {
        let Explanation {
            idle,
            on_idle,
            absolute,
            warn_before,
            hold_max,
            absent,
            activity,
            offered,
            max_sessions,
            on_page,
        } = explanation;
        self.line("idle", format_args!("{}, then {}", idle.value, does(on_idle.value)));
        self.steps(idle, ToString::to_string);
        self.line("outcome", does(on_idle.value));
        self.steps(on_idle, |outcome| word(*outcome).to_owned());
        self.line("absolute", absolute.value);
        self.steps(absolute, ToString::to_string);
        self.line("warning", format_args!("{} before the end", warn_before.value));
        self.line(
            "holds",
            format_args!("keep it from idling for {} after activity", hold_max.value),
        );
        self.line("no tab open", without_tab(absent.value));
        self.line("activity", counting(&activity.value));
        self.line("choice", offer(&offered.value));
        let sessions =
            |most: &Option<NonZeroU32>| most.map_or_else(|| "any number".to_owned(), |most| most.to_string());
        self.line(
            "sessions",
            format_args!("{} at the same time", sessions(&max_sessions.value)),
        );
        self.steps(max_sessions, sessions);
        if let Some(on_page) = on_page {
            self.on_page(on_page);
        }
    }

    fn on_page(&mut self, on_page: &OnPage) {
        let show = |span: &Option<Span>| span.map_or_else(|| "-".to_owned(), |span| span.to_string());
        match on_page.max_away.value {
            Some(away) => self.line("gate", format_args!("asks after an absence of {away}")),
            None => self.line("gate", "none asks after an absence"),
        }
        self.steps(&on_page.max_away, show);
        match on_page.max_age.value {
            Some(age) => self.line("gate", format_args!("asks when the authentication is older than {age}")),
            None => self.line("gate", "none asks for a recent authentication"),
        }
        self.steps(&on_page.max_age, show);
        self.line(
            "passive",
            if on_page.passive.value {
                "a request to this page is never activity"
            } else {
                "a request to this page may be activity"
            },
        );
        self.steps(&on_page.passive, |passive| {
            if *passive { "yes" } else { "no" }.to_owned()
        });
    }

    fn live(&mut self, live: &LiveView) {
        let phase = match live.phase {
            Phase::Active => "active",
            Phase::Warning => "warning",
            Phase::Locked => "locked: nothing is served until the same person authenticates again",
        };
        self.line("phase", phase);
        let deadlines = [
            (DeadlineKind::Idle, &live.deadlines.idle),
            (DeadlineKind::Absolute, &live.deadlines.absolute),
            (DeadlineKind::Disconnected, &live.deadlines.disconnected),
        ];
        for (kind, deadline) in deadlines {
            if let Some(deadline) = deadline {
                self.deadline(kind, deadline, live.deadline_kind == Some(kind));
            }
        }
        if live.surface.is_empty() {
            self.line("page", "none is known; limits of single pages do not count");
        }
        for page in &live.surface {
            self.page(page);
        }
        for hold in &live.holds {
            self.line("hold", format_args!("{} until {}", hold.id, hold.until));
        }
        self.explanation(&live.limits);
        if let Some(request) = &live.request {
            self.request(request);
        }
    }

    fn deadline(&mut self, kind: DeadlineKind, deadline: &DeadlineView, first: bool) {
        let what = match kind {
            DeadlineKind::Idle => "for want of activity",
            DeadlineKind::Absolute => "at the longest time since authentication",
            DeadlineKind::Disconnected => "for want of an open tab",
        };
        let remaining = Span::from_secs(deadline.remaining_ms / 1000);
        let first = if first { ", before anything else" } else { "" };
        self.line(
            "deadline",
            format_args!("in {remaining}, at {}, {what}{first}", deadline.at),
        );
    }

    fn page(&mut self, page: &PageView) {
        let place = match &page.tab {
            Some(tab) => format!("open in tab {tab}"),
            None => "the last one".to_owned(),
        };
        let decides = if page.decides { "; decides" } else { "" };
        let (path, idle, outcome) = (&page.path, page.idle, does(page.on_idle));
        self.line(
            "page",
            format_args!("{path}, {place}: idle {idle}, then {outcome}{decides}"),
        );
    }

    fn request(&mut self, request: &RequestView) {
        let verdict = match &request.verdict {
            VerdictView::Allow => "would be allowed".to_owned(),
            VerdictView::StepUp(StepUp::Away { max_away }) => {
                format!("would ask for authentication: away for {max_away} or longer")
            }
            VerdictView::StepUp(StepUp::Age { max_age }) => {
                format!("would ask for authentication: the last one is {max_age} or longer ago")
            }
            VerdictView::Locked => "would be refused: the session is locked, or locks".to_owned(),
            VerdictView::Ended { reason } => format!("would be refused: the session ends ({})", reason.as_str()),
        };
        self.0.push('\n');
        self.line("a request", format_args!("to {} {verdict}", request.path));
        let limits = &request.limits;
        self.line(
            "idle",
            format_args!("{}, then {}", limits.idle.value, does(limits.on_idle.value)),
        );
        self.steps(&limits.idle, ToString::to_string);
        if let Some(on_page) = &limits.on_page {
            self.on_page(on_page);
        }
    }

    fn ended(&mut self, ended: &EndedView) {
        let reason = ended.reason;
        self.line(
            "ended",
            format_args!("{}: {} ({})", ended.ended_at, in_words(reason), reason.as_str()),
        );
        if let Some(actor) = &ended.actor {
            self.line("by", actor);
        }
        if let Some(detail) = &ended.detail {
            self.line("detail", detail);
        }
        match &ended.limit {
            Some(LimitView::Idle { limit, page, sooner }) => {
                if let Some(page) = page {
                    self.line("page", page);
                }
                self.line("idle", limit.value);
                self.steps(limit, ToString::to_string);
                if *sooner {
                    let why = "sooner than that: a request came to a page with a shorter limit of its own";
                    self.line("ended", why);
                }
            }
            Some(LimitView::Absolute(limit)) => {
                self.line("absolute", limit.value);
                self.steps(limit, ToString::to_string);
            }
            Some(LimitView::Absent(absent)) => self.line("no tab open", without_tab(absent.value)),
            None => {}
        }
    }
}

fn does(outcome: OnIdle) -> &'static str {
    match outcome {
        OnIdle::SignOut => "signs out",
        OnIdle::Lock => "locks",
    }
}

fn word(outcome: OnIdle) -> &'static str {
    match outcome {
        OnIdle::SignOut => "sign-out",
        OnIdle::Lock => "lock",
    }
}

fn without_tab(absent: Absent) -> String {
    match absent {
        Absent::Count => "time without activity counts".to_owned(),
        Absent::Pause => "time without activity does not count".to_owned(),
        Absent::EndAfter(span) => format!("the session ends after {span}"),
    }
}

fn counting(activity: &[ActivitySource]) -> String {
    let counts = |source| activity.contains(&source);
    let requests = match (counts(ActivitySource::Request), counts(ActivitySource::Navigation)) {
        (true, _) => "requests count",
        (false, true) => "opening pages counts, other requests do not",
        (false, false) => "requests do not count",
    };
    let input = if counts(ActivitySource::Input) {
        "counts"
    } else {
        "does not"
    };
    format!("{requests}; input in the browser {input}")
}

fn offer(offered: &[Limit]) -> String {
    if offered.is_empty() {
        return "the user may pick nothing".to_owned();
    }
    let offered: Vec<_> = offered.iter().map(ToString::to_string).collect();
    format!("the user may pick {} for idle", offered.join(", "))
}

fn in_words(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Idle => "no activity for too long",
        EndReason::Absolute => "too long since authentication",
        EndReason::User => "the person signed out",
        EndReason::Admin => "an administrator ended it",
        EndReason::Disconnected => "no tab was open for too long",
        EndReason::Superseded => "another sign-in took its place",
        EndReason::Upstream => "the identity provider said so",
        EndReason::Account => "the account was disabled or its credentials changed",
    }
}
