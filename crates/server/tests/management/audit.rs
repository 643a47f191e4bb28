//! The audit over HTTP.

use serde_json::{Value, json};

use crate::api::Api;

#[tokio::test]
async fn every_step_of_a_session_is_one_record() {
    let api = Api::start();
    let (handle, _) = api
        .sign_in_as(&json!({ "subject": "ada", "application": "shop" }))
        .await;
    api.post(
        &format!("sessions/{handle}/reauthenticate"),
        &json!({ "subject": "ada" }),
    )
    .await
    .ok(200);
    api.delete(&format!("sessions/{handle}?reason=upstream")).await.ok(200);
    api.sign_in("ben").await;

    let page = api.get(&format!("audit?handle={handle}")).await.ok(200);
    let records = page["records"].as_array().expect("a list");
    let kinds: Vec<_> = records
        .iter()
        .map(|record| record["kind"].as_str().expect("a word"))
        .collect();
    assert_eq!(kinds, ["sign-in", "reauthenticated", "ended"]);
    for record in records {
        let keys: Vec<_> = record
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        let expected = [
            "actor",
            "application",
            "at",
            "count",
            "detail",
            "handle",
            "held_ms",
            "kind",
            "last_activity",
            "longest_absence_ms",
            "reason",
            "seq",
            "since",
            "subject",
        ];
        assert_eq!(sorted(keys), expected);
        assert_eq!(
            (&record["subject"], &record["application"]),
            (&json!("ada"), &json!("shop"))
        );
        assert_eq!(record["actor"], "api:first");
        record["at"]
            .as_str()
            .expect("a time")
            .parse::<jiff::Timestamp>()
            .expect("RFC 3339");
    }
    assert_eq!(records[2]["reason"], "upstream");

    assert_eq!(seqs(&api.get("audit?subject=ben").await.ok(200)).len(), 1);
    assert_eq!(seqs(&api.get("audit?subject=ada&kind=ended").await.ok(200)).len(), 1);
}

#[tokio::test]
async fn pages_follow_each_other() {
    let api = Api::start();
    for number in 0..5 {
        api.sign_in(&format!("user-{number}")).await;
    }
    let all = seqs(&api.get("audit").await.ok(200));
    let (mut paged, mut after) = (Vec::new(), 0);
    loop {
        let page = api.get(&format!("audit?limit=2&after={after}")).await.ok(200);
        paged.extend(seqs(&page));
        match page["next_after"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(paged, all);
    assert!(all.is_sorted() && all.len() >= 5);
    assert!(seqs(&api.get(&format!("audit?after={}", u64::MAX)).await.ok(200)).is_empty());
    assert_eq!(api.open("/readyz").await.ok(200)["store"], "ok");
}

#[tokio::test]
async fn a_subject_cannot_forge_a_record() {
    let api = Api::start();
    for subject in [
        "eve\r\n{\"seq\":99,\"kind\":\"ended\"}",
        "eve\u{1b}[2K",
        "eve\u{2028}x",
        "\u{202e}eve",
        "eve\0",
        "eve\u{85}",
    ] {
        let refused = api.post("sessions", &json!({ "subject": subject })).await;
        assert!(refused.problem(422).starts_with("subject: "), "{subject:?}");
    }
    assert!(seqs(&api.get("audit?kind=sign-in").await.ok(200)).is_empty());

    // What is possible stays inside of its record, whatever it looks like.
    let subject = "eve\",\"kind\":\"ended\",\"x\":\"</script>";
    api.sign_in(subject).await;
    let page = api.get("audit?kind=sign-in").await.ok(200);
    assert_eq!(seqs(&page).len(), 1);
    assert_eq!(page["records"][0]["subject"], subject);
    let shown = api.server.command(&["audit", "show", "--kind", "sign-in"]);
    assert_eq!(String::from_utf8(shown.stdout).expect("text").lines().count(), 2);
}

fn seqs(page: &Value) -> Vec<u64> {
    page["records"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|record| record["seq"].as_u64().expect("a number"))
        .collect()
}

fn sorted(mut keys: Vec<&str>) -> Vec<&str> {
    keys.sort_unstable();
    keys
}
