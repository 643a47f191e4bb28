//! Cases worked out by hand. Times are minutes.

use std::sync::Arc;

use nightlatch_core::duration::Limit;
use nightlatch_core::facts::Facts;
use nightlatch_core::policy::{Match, OnIdle, Policy, PolicyDocument, Rule};
use nightlatch_core::replay::{Recorded, Recording, Stay, Tally, Unattended, observe, replay};
use nightlatch_core::session::EndReason;

use super::{minute, minutes, policy, recorded, signs};

fn idle(limit: u64) -> Policy {
    policy(Limit::after(minutes(limit)), Limit::OFF)
}

fn tally(sessions: Vec<Recorded>, policy: &Policy) -> Tally {
    replay(&Recording::new(sessions), policy, minutes(5)).all
}

#[test]
fn a_pause_longer_than_the_limit_is_an_interruption_when_it_ends_soon_after() {
    // Gone at 2 and back at 17: under 10m the session ended at 12, five minutes before.
    let day = || vec![signs(&[0, 2, 17, 20, 80])];
    let strict = tally(day(), &idle(10));
    let expected = Tally {
        sessions: 1,
        ended_earlier: 1,
        idle_ends: 3,
        interruptions: 1,
        interrupted: 1,
        returns: 2,
        unattended: Unattended {
            absences: 3,
            total: minutes(30),
            median: minutes(10),
            ninetieth: minutes(10),
            longest: minutes(10),
        },
        ..Tally::default()
    };
    assert_eq!(strict, expected);
    // Under 30m the session survives the pause, which leaves it open for 15 minutes; then 20 to 50, and 80 to 110.
    let lax = tally(day(), &idle(30));
    let expected = Tally {
        sessions: 1,
        ended_earlier: 1,
        idle_ends: 2,
        returns: 1,
        unattended: Unattended {
            absences: 3,
            total: minutes(75),
            median: minutes(30),
            ninetieth: minutes(30),
            longest: minutes(30),
        },
        ..Tally::default()
    };
    assert_eq!(lax, expected);
}

#[test]
fn a_limit_is_reached_at_its_deadline_and_within_is_inclusive() {
    assert_eq!(
        tally(vec![signs(&[0, 10])], &idle(10)).interruptions,
        1,
        "at the deadline"
    );
    assert_eq!(
        tally(vec![signs(&[0, 15])], &idle(10)).interruptions,
        1,
        "five minutes after"
    );
    assert_eq!(
        tally(vec![signs(&[0, 16])], &idle(10)).interruptions,
        0,
        "six minutes after"
    );
    assert_eq!(tally(vec![signs(&[0, 9])], &idle(10)).idle_ends, 1, "only the last");
}

#[test]
fn short_pauses_are_not_left_unattended() {
    let busy = tally(
        vec![recorded(None, &[0, 5, 9, 12], Some((13, EndReason::User)))],
        &idle(10),
    );
    assert_eq!(busy.unattended, Unattended::default());
    assert_eq!(busy.idle_ends + busy.ended_earlier, 0);
}

#[test]
fn a_sign_out_ends_under_any_policy_and_nobody_comes_back_from_it() {
    let day = || vec![recorded(None, &[0, 20], Some((60, EndReason::User)))];
    let lax = tally(day(), &idle(120));
    assert_eq!((lax.idle_ends, lax.ended_earlier), (0, 0));
    assert_eq!(
        lax.unattended.total,
        minutes(60),
        "20 before the sign, 40 before the sign-out"
    );
    let strict = tally(day(), &idle(30));
    assert_eq!((strict.idle_ends, strict.ended_earlier, strict.returns), (1, 1, 0));
    assert_eq!(strict.unattended.total, minutes(50));
}

#[test]
fn the_absolute_limit_cuts_off_who_is_at_work() {
    let day: Vec<i64> = (0..=20).collect();
    let cut = tally(
        vec![signs(&day)],
        &policy(Limit::after(minutes(30)), Limit::after(minutes(8))),
    );
    assert_eq!((cut.absolute_ends, cut.cut_off, cut.returns), (3, 2, 2));
    assert_eq!((cut.idle_ends, cut.interruptions), (0, 0));
    assert_eq!(cut.unattended.total, minutes(4), "from 20 to the end at 24");
}

#[test]
fn a_stay_is_time_without_absences() {
    let stay = Stay {
        from: minute(0),
        to: minute(100),
    };
    let session = Recorded::new(None, Arc::default(), vec![stay], None).expect("a stay");
    let limits = policy(Limit::after(minutes(10)), Limit::after(minutes(60)));
    let told = tally(vec![session], &limits);
    assert_eq!((told.idle_ends, told.absolute_ends, told.cut_off), (1, 1, 1));
    assert_eq!(told.unattended.total, minutes(10));
}

#[test]
fn a_lock_counts_as_an_idle_end() {
    let document = PolicyDocument {
        idle: Limit::after(minutes(10)),
        on_idle: OnIdle::Lock,
        ..PolicyDocument::default()
    };
    let lock = Policy::new(document).expect("valid");
    assert_eq!(
        tally(vec![signs(&[0, 12, 50])], &lock),
        tally(
            vec![signs(&[0, 12, 50])],
            &policy(Limit::after(minutes(10)), Limit::after(minutes(480)))
        )
    );
}

#[test]
fn who_signs_in_again_after_a_limit_goes_on_under_a_longer_one() {
    let sessions = || {
        vec![
            recorded(Some("ada"), &[0, 10], Some((25, EndReason::Idle))),
            recorded(Some("ada"), &[27, 40], Some((41, EndReason::User))),
        ]
    };
    let really = observe(&Recording::new(sessions()), minutes(5)).all;
    assert_eq!((really.idle_ends, really.interruptions, really.returns), (1, 1, 1));
    let same = tally(sessions(), &idle(15));
    assert_eq!(same, really, "the policy it was recorded under gives what was recorded");
    let lax = tally(sessions(), &idle(30));
    assert_eq!((lax.idle_ends, lax.interruptions, lax.returns), (0, 0, 0));
    assert_eq!(lax.unattended.total, minutes(10 + 17 + 13));
}

#[test]
fn others_and_those_who_signed_out_begin_anew() {
    let after = |reason, person| {
        let sessions = vec![
            recorded(Some("ada"), &[0], Some((15, reason))),
            recorded(Some(person), &[16], Some((17, EndReason::User))),
        ];
        tally(sessions, &idle(10)).returns
    };
    assert_eq!(after(EndReason::Idle, "ada"), 1);
    assert_eq!(after(EndReason::Idle, "ben"), 0);
    assert_eq!(after(EndReason::User, "ada"), 0);
}

#[test]
fn groups_count_their_own_sessions_under_their_own_limits() {
    let session = |application: &str, roles: &[&str]| {
        let facts = Facts {
            application: Some(application.into()),
            device: None,
            roles: roles.iter().map(|role| Box::from(*role)).collect(),
        };
        Recorded::new(
            None,
            Arc::new(facts),
            vec![Stay::at(minute(0)), Stay::at(minute(12))],
            None,
        )
        .expect("a stay")
    };
    let document = PolicyDocument {
        rules: vec![Rule {
            criteria: serde_json::from_str::<Match>(r#"{"role": "admin"}"#).expect("a match"),
            idle: Some(Limit::after(minutes(10))),
            ..Rule::default()
        }],
        ..PolicyDocument::default()
    };
    let policy = Policy::new(document).expect("valid");
    let sessions = vec![
        session("bank", &["admin", "clerk"]),
        session("bank", &["clerk", "clerk"]),
        session("shop", &[]),
    ];
    let told = replay(&Recording::new(sessions), &policy, minutes(5));
    let of = |tally: &Tally| (tally.sessions, tally.interruptions);
    assert_eq!(of(&told.all), (3, 1));
    assert_eq!(of(&told.applications["bank"]), (2, 1));
    assert_eq!(of(&told.applications["shop"]), (1, 0));
    assert_eq!(of(&told.roles["admin"]), (1, 1));
    assert_eq!(of(&told.roles["clerk"]), (2, 1));
}

#[test]
fn what_never_ends_is_counted_and_not_summed_up() {
    let told = tally(vec![signs(&[0, 60])], &policy(Limit::OFF, Limit::OFF));
    assert_eq!((told.endless, told.idle_ends), (1, 0));
    assert_eq!(told.unattended.total, minutes(60), "only the absence that was over");
}
