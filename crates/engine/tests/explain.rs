//! What is explained is what is decided: for one hundred thousand random inputs the explanation of a session never
//! contradicts the verdict of the engine, and names exactly one deciding layer for each value.

#[path = "explain/inputs.rs"]
mod inputs;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use inputs::{Dice, PATHS};
use nightlatch_core::duration::Limit;
use nightlatch_core::path::Path;
use nightlatch_core::policy::{Absent, ActivitySource, OnIdle, Policy, PolicyDocument};
use nightlatch_core::resolution::{Explained, Explanation};
use nightlatch_core::session::{Answer, EndReason, Event, Phase, RequestKind, StepUp, Verdict};
use nightlatch_core::time::{Instant, Span};
use nightlatch_engine::clock::{Clock, ManualTime};
use nightlatch_engine::{
    Engine, LimitReached, LiveExplanation, NewSession, Options, Over, SessionExplanation, Standing,
};
use nightlatch_store::Store;
use nightlatch_store::memory::MemoryStore;
use nightlatch_store::token::{Digest, Handle};

const POLICIES: u64 = 250;
const INPUTS: u64 = 400;
/// The work is the processor's alone.
const THREADS: usize = 4;

/// Two processes on one store: the session signs in at the first; the second, which may have a later policy, is asked.
struct Site {
    store: Arc<dyn Store>,
    first: Arc<Engine>,
    second: Arc<Engine>,
    time: ManualTime,
}

impl Site {
    async fn new(own: Policy, today: Policy) -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let time = ManualTime::at(Instant::from_millis(1_700_000_000_000));
        let start = store.latest_instant().await.expect("a store");
        let open = |policy| {
            let clock = Clock::manual(&time, start);
            Engine::open(Arc::clone(&store), clock, policy, Options::default())
        };
        let first = open(own).await.expect("an engine");
        let second = open(today).await.expect("an engine");
        Self {
            store,
            first,
            second,
            time,
        }
    }

    /// The second process starts anew with another policy.
    async fn change(&mut self, today: Policy) {
        let store = Arc::clone(&self.store);
        let clock = Clock::manual(&self.time, store.latest_instant().await.expect("a store"));
        let opened = Engine::open(store, clock, today, Options::default()).await;
        self.second = opened.expect("an engine");
    }

    async fn sign_in(&self, dice: &mut Dice) -> (Handle, Digest) {
        let new = NewSession {
            subject: "ada".into(),
            facts: dice.facts(),
            choice: dice
                .chance(40)
                .then(|| dice.one(&["5m", "20m", "1h"]).parse().expect("a limit")),
            actor: "test".into(),
            ..NewSession::default()
        };
        let signed_in = self.first.create(new).await.expect("a store");
        let signed_in = signed_in.signed_in().expect("room");
        (signed_in.handle, signed_in.token.digest())
    }

    /// Something that people and their browsers do.
    async fn something(&self, session: &Digest, dice: &mut Dice) {
        let path = Path::canonical(dice.one(PATHS)).into_owned();
        let tab = dice.one(&["x", "x", "y"]).into();
        let event = match dice.below(8) {
            0 | 1 => Event::Tab {
                tab,
                path,
                attended: None,
            },
            2 | 7 => Event::TabClose { tab, by: None },
            3 => Event::Hold {
                id: "h".into(),
                span: dice.span(),
            },
            4 => Event::Input {
                age: Span::from_secs(dice.below(90)),
            },
            _ => {
                let kind = match dice.below(5) {
                    0 => RequestKind::Passive,
                    1 => RequestKind::Navigation,
                    _ => RequestKind::Fetch,
                };
                self.second.request(session, &path, kind).await.expect("a store");
                return;
            }
        };
        self.second.apply(session, &event).await.expect("a store");
    }

    /// To just before, at, or just behind a limit that was explained, or anywhere.
    fn wait(&self, explained: Option<&LiveExplanation>, dice: &mut Dice) {
        let limit = explained.and_then(|live| dice.one(&limits(live)));
        let since = explained.map_or(Span::ZERO, |live| {
            self.second.clock().now().since(live.session.activity.seen)
        });
        let rest = limit.unwrap_or_else(|| dice.span()).saturating_sub(since);
        self.time.advance(match dice.below(6) {
            0 => Span::ZERO,
            1 => rest.saturating_sub(Span::from_millis(1)),
            2 | 3 => rest,
            4 => rest + Span::from_millis(1),
            _ => Span::from_secs(dice.below(300)),
        });
    }
}

/// Everything that may turn the verdict.
fn limits(live: &LiveExplanation) -> [Option<Span>; 6] {
    let page = live.page.as_ref().expect("a page was named");
    let on_page = page.explanation.on_page.as_ref().expect("a page was named");
    let absent = match live.explanation.absent.value {
        Absent::EndAfter(span) => Some(span),
        Absent::Count | Absent::Pause => None,
    };
    [
        page.explanation.idle.value.span(),
        live.explanation.idle.value.span(),
        live.explanation.absolute.value.span(),
        on_page.max_away.value,
        on_page.max_age.value,
        absent,
    ]
}

#[test]
fn explanations_never_contradict_the_verdicts() {
    let shares: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|first| scope.spawn(move || share(first))).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no contradiction"))
            .collect()
    });
    let mut verdicts: BTreeMap<&str, u64> = BTreeMap::new();
    for (verdict, times) in shares {
        *verdicts.entry(verdict).or_default() += times;
    }
    assert_eq!(verdicts.values().sum::<u64>(), 100_000);
    // All of it has been met, and often.
    for verdict in ["allow", "away", "age", "locked", "idle", "absolute", "disconnected"] {
        let met = verdicts.get(verdict).copied().unwrap_or_default();
        assert!(met >= 100, "{verdict} was met {met} times: {verdicts:?}");
    }
}

/// Every so many policies from the first on; answers how often each verdict was met.
#[tokio::main(flavor = "current_thread")]
async fn share(first: usize) -> BTreeMap<&'static str, u64> {
    let mut verdicts = BTreeMap::new();
    for seed in (0..POLICIES).skip(first).step_by(THREADS) {
        let mut dice = Dice(seed);
        let own = dice.policy();
        let today = if dice.chance(50) { dice.policy() } else { own.clone() };
        let site = Site::new(own, today.clone()).await;
        let mut inputs = 0;
        while inputs < INPUTS {
            let session = site.sign_in(&mut dice).await;
            let mut before = None;
            // One person looks around, until the session is over.
            for _ in 0..8.min(INPUTS - inputs) {
                inputs += 1;
                let looked = look(&site, &today, session, before.as_ref(), &mut dice).await;
                let (verdict, live) = looked.unwrap_or_else(|error| panic!("policy {seed}, input {inputs}: {error}"));
                *verdicts.entry(verdict).or_default() += 1;
                before = live;
                if before.is_none() {
                    break;
                }
            }
        }
    }
    verdicts
}

/// One input: a page that is explained and then asked for, after something else and some time. Answers the verdict, and
/// the explanation of a session that is served on.
async fn look(
    site: &Site,
    today: &Policy,
    (handle, session): (Handle, Digest),
    before: Option<&LiveExplanation>,
    dice: &mut Dice,
) -> Result<(&'static str, Option<LiveExplanation>), String> {
    if dice.chance(50) {
        site.something(&session, dice).await;
    }
    site.wait(before, dice);
    let path = match before.and_then(|live| live.page.as_ref()) {
        Some(page) if dice.chance(60) => page.path.clone(),
        _ => Path::canonical(dice.one(PATHS)).into_owned(),
    };
    let explained = site.second.explain(&handle, Some(&path)).await.expect("a store");
    let outcome = site
        .second
        .request(&session, &path, RequestKind::Fetch)
        .await
        .expect("a store");
    let Some(Answer::Verdict(verdict)) = outcome.answer else {
        return Err("no verdict".to_owned());
    };
    let served = match explained.expect("the session is known") {
        SessionExplanation::Ended(over) => {
            ended(&over, verdict)?;
            None
        }
        SessionExplanation::Live(live) => {
            deciders(&live.explanation)?;
            deadlines(&live)?;
            request(&live, verdict)?;
            if verdict == Verdict::Allow {
                activity(&live, &outcome.standing)?;
                if dice.chance(10) {
                    choosing(site, today, &session, &live).await?;
                }
            }
            Some(*live).filter(|_| matches!(verdict, Verdict::Allow | Verdict::StepUp(_)))
        }
    };
    let word = match verdict {
        Verdict::Allow => "allow",
        Verdict::StepUp(step_up) => step_up.as_str(),
        Verdict::Locked => "locked",
        Verdict::Ended { reason, .. } => reason.as_str(),
    };
    Ok((word, served))
}

fn same<T: Copy + PartialEq + Debug>(what: &str, explained: T, decided: T) -> Result<(), String> {
    if explained == decided {
        return Ok(());
    }
    Err(format!("{what}: explained {explained:?}, decided {decided:?}"))
}

fn deciders(explanation: &Explanation) -> Result<(), String> {
    one_decides(&explanation.idle)?;
    one_decides(&explanation.on_idle)?;
    one_decides(&explanation.absolute)?;
    one_decides(&explanation.warn_before)?;
    one_decides(&explanation.hold_max)?;
    one_decides(&explanation.absent)?;
    one_decides(&explanation.activity)?;
    one_decides(&explanation.offered)?;
    let Some(on_page) = &explanation.on_page else {
        return Ok(());
    };
    one_decides(&on_page.max_away)?;
    one_decides(&on_page.max_age)?;
    one_decides(&on_page.passive)
}

fn one_decides<T: PartialEq + Debug>(explained: &Explained<T>) -> Result<(), String> {
    let deciding: Vec<_> = explained.steps.iter().filter(|step| step.decides).collect();
    let told = |step: &nightlatch_core::resolution::Step<T>| {
        step.why.starts_with("decides") && step.value == explained.value && step.source == explained.decided_by
    };
    let losers_say_so = explained
        .steps
        .iter()
        .all(|step| step.decides || !step.why.starts_with("decides"));
    match deciding[..] {
        [step] if told(step) && losers_say_so => Ok(()),
        _ => Err(format!("not exactly one step decides: {explained:?}")),
    }
}

/// Holds and pauses shift the idle clock; the rest is plain arithmetic.
fn is_plain(live: &LiveExplanation) -> bool {
    live.session.presence.as_deref().is_none_or(|presence| {
        presence.holds.is_empty() && presence.paused_since.is_none() && presence.pauses.is_empty()
    })
}

fn deadlines(live: &LiveExplanation) -> Result<(), String> {
    let (session, explanation) = (&live.session, &live.explanation);
    let absolute = explanation
        .absolute
        .value
        .span()
        .map(|span| session.authenticated + span);
    same("absolute", absolute, live.deadlines.absolute)?;
    let decides = live.surface.iter().filter(|page| page.decides);
    let strictest = live.surface.iter().map(|page| page.idle.limit).min();
    for page in decides.clone() {
        same("the deciding page", explanation.idle.value, page.idle.limit)?;
        same("its outcome", explanation.on_idle.value, page.idle.outcome)?;
        same("the strictest page", strictest, Some(page.idle.limit))?;
    }
    same("deciding pages", decides.count(), usize::from(!live.surface.is_empty()))?;
    if live.status.phase == Phase::Locked {
        return Ok(());
    }
    if is_plain(live) {
        let idle = explanation.idle.value.span().map(|span| session.activity.seen + span);
        same("idle", idle, live.deadlines.idle)?;
    }
    let left = session.presence.as_deref().and_then(|presence| presence.left);
    let disconnected = match (explanation.absent.value, left) {
        (Absent::EndAfter(span), Some(left)) => Some(left.max(session.activity.seen) + span),
        _ => None,
    };
    same("disconnected", disconnected, live.deadlines.disconnected)?;
    let earlier = [live.deadlines.idle, live.deadlines.absolute]
        .into_iter()
        .flatten()
        .min();
    let warn_before = explanation.warn_before.value;
    let warned = warn_before > Span::ZERO && earlier.is_some_and(|at| at - warn_before <= live.now);
    same("warning", warned, live.status.phase == Phase::Warning)
}

/// The verdict that was foretold is the one that came, and it follows from the explained values.
fn request(live: &LiveExplanation, verdict: Verdict) -> Result<(), String> {
    let page = live.page.as_ref().expect("a page was named");
    deciders(&page.explanation)?;
    same("the verdict", page.verdict, verdict)?;
    let on_page = page.explanation.on_page.as_ref().expect("a page was named");
    let (session, now) = (&live.session, live.now);
    let since = now.since(session.activity.seen);
    let away = since.max(session.activity.longest_absence);
    let asks = |limit: Option<Span>, time: Span| limit.filter(|limit| time >= *limit);
    let follows = if live.status.phase == Phase::Locked {
        Verdict::Locked
    } else if !is_plain(live) {
        return Ok(());
    } else if page.explanation.idle.value <= Limit::after(since) {
        match page.explanation.on_idle.value {
            OnIdle::Lock => Verdict::Locked,
            OnIdle::SignOut => Verdict::Ended {
                at: now,
                reason: EndReason::Idle,
            },
        }
    } else if let Some(max_away) = asks(on_page.max_away.value, away) {
        Verdict::StepUp(StepUp::Away { max_away })
    } else if let Some(max_age) = asks(on_page.max_age.value, now.since(session.authenticated)) {
        Verdict::StepUp(StepUp::Age { max_age })
    } else {
        Verdict::Allow
    };
    same("what follows from the values", follows, verdict)
}

/// An allowed request is activity where the policy counts requests and nothing calls it passive.
fn activity(live: &LiveExplanation, standing: &Standing) -> Result<(), String> {
    // A stricter limit may begin with the page, and be over at once.
    let Standing::Live(after) = standing else { return Ok(()) };
    let page = live.page.as_ref().expect("a page was named");
    let passive = page
        .explanation
        .on_page
        .as_ref()
        .is_some_and(|on_page| on_page.passive.value);
    let counts = page.explanation.activity.value.contains(&ActivitySource::Request) && !passive;
    let seen = if counts { live.now } else { live.session.activity.seen };
    same("the last activity", seen, after.seen)
}

/// What is explained to be on offer may be chosen, and nothing else.
async fn choosing(site: &Site, today: &Policy, session: &Digest, live: &LiveExplanation) -> Result<(), String> {
    let offered = &live.explanation.offered.value;
    let written = today
        .choice
        .as_ref()
        .map(|choice| choice.allow.clone())
        .unwrap_or_default();
    same("on offer", offered, &written)?;
    let five: Limit = "5m".parse().expect("a limit");
    let outcome = site
        .second
        .apply(session, &Event::Choose { idle: five })
        .await
        .expect("a store");
    same(
        "choosing",
        offered.contains(&five),
        outcome.answer == Some(Answer::Accepted),
    )
}

fn ended(over: &Over, verdict: Verdict) -> Result<(), String> {
    let Over { at, reason, .. } = *over;
    same("the end", Verdict::Ended { at, reason }, verdict)?;
    let entry = over.audit.as_ref().map(|record| (record.entry.at, record.entry.reason));
    same("the audit", entry, Some((at, Some(reason))))?;
    let session = &over.record.session;
    match (&over.limit, reason) {
        (Some(LimitReached::Idle { idle, sooner, .. }), EndReason::Idle) => {
            one_decides(idle)?;
            let reached = idle.value <= Limit::after(at.since(session.activity.seen));
            same("sooner", *sooner, !reached)
        }
        (Some(LimitReached::Absolute(absolute)), EndReason::Absolute) => {
            one_decides(absolute)?;
            let reached = absolute.value.span().map(|span| session.authenticated + span);
            same("absolute", reached, Some(at))
        }
        (Some(LimitReached::Disconnected(absent)), EndReason::Disconnected) => one_decides(absent),
        (limit, _) => Err(format!("{reason:?} for {limit:?}")),
    }
}

fn policy(json: &str) -> Policy {
    let document: PolicyDocument = serde_json::from_str(json).expect("a document");
    Policy::new(document).expect("a valid policy")
}

async fn over(site: &Site, handle: &Handle) -> Over {
    match site.second.explain(handle, None).await.expect("a store") {
        Some(SessionExplanation::Ended(over)) => *over,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_end_is_explained_by_the_policies_that_were_in_force_then() {
    let own = policy(r#"{"idle": "30m", "on_idle": "sign-out"}"#);
    let mut site = Site::new(own.clone(), own).await;
    let (handle, _) = site.sign_in(&mut Dice(1)).await;
    site.time.advance(Span::from_secs(15 * 60));
    let shorter = policy(r#"{"idle": "10m", "rules": [{"name": "long", "idle": "2h", "lengthens": true}]}"#);
    site.change(shorter).await;
    site.time.advance(Span::from_secs(60));
    site.change(policy(r#"{"idle": "1h", "caps": {"idle": "10m"}}"#)).await;
    let explained = site.second.explain(&handle, None).await.expect("a store");
    let Some(SessionExplanation::Ended(over)) = explained else {
        panic!("a policy that shortens acts at once: {explained:?}")
    };
    let Some(LimitReached::Idle { idle, sooner, .. }) = over.limit else {
        panic!("{:?}", over.limit)
    };
    // Between the two changes the rule made it two hours, and the policy of the sign-in thirty minutes.
    assert_eq!(
        (idle.value.to_string().as_str(), idle.decided_by.as_str(), sooner),
        ("10m", "caps.idle", false)
    );
    assert_eq!(over.at, site.second.clock().now());
    let policies: Vec<_> = idle.steps.iter().filter_map(|step| step.policy.as_deref()).collect();
    assert_eq!(
        policies.first(),
        Some(&"the policy of the last authentication, revision 1")
    );
    assert_eq!(policies.last(), Some(&"today's policy, revision 3"));
}

#[tokio::test]
async fn an_end_at_a_stricter_page_says_that_it_came_sooner() {
    let strict = policy(r#"{"idle": "30m", "rules": [{"match": {"path": "/billing"}, "idle": "5m"}]}"#);
    let site = Site::new(strict.clone(), strict).await;
    let (handle, session) = site.sign_in(&mut Dice(2)).await;
    site.time.advance(Span::from_secs(6 * 60));
    let billing = Path::canonical("/billing");
    let foretold = site.second.explain(&handle, Some(&billing)).await.expect("a store");
    let Some(SessionExplanation::Live(live)) = foretold else {
        panic!("{foretold:?}")
    };
    let page = live.page.expect("a page was named");
    assert_eq!(page.explanation.idle.decided_by, "rules[0]");
    let outcome = site
        .second
        .request(&session, &billing, RequestKind::Fetch)
        .await
        .expect("a store");
    assert_eq!(outcome.answer, Some(Answer::Verdict(page.verdict)));
    let over = over(&site, &handle).await;
    let Some(LimitReached::Idle { idle, page, sooner }) = over.limit else {
        panic!("{:?}", over.limit)
    };
    assert_eq!((idle.value.to_string().as_str(), page, sooner), ("30m", None, true));
}

#[tokio::test]
async fn a_session_nobody_knows_has_no_explanation() {
    let site = Site::new(Policy::default(), Policy::default()).await;
    let nobody = Handle::random(site.second.clock().now());
    assert_eq!(site.second.explain(&nobody, None).await.expect("a store"), None);
}
