//! Shorter limits: where a policy has one, and policies that differ in one alone.

use super::policies::spelled_out;
use super::words::written;
use crate::naive::duration::limit;
use serde_json::{Value, json};

/// The limits of a policy: those that are there by default or may be added, and those it names.
pub(crate) fn limits(policy: &Value) -> Vec<String> {
    let mut places: Vec<String> = ["/idle", "/absolute", "/caps/idle", "/caps/absolute"]
        .map(str::to_owned)
        .into();
    let applications = policy["applications"].as_object().into_iter().flatten();
    let applications = applications.map(|(name, application)| (format!("/applications/{name}"), application));
    let rules = policy["rules"].as_array().into_iter().flatten().enumerate();
    let rules = rules.map(|(index, rule)| (format!("/rules/{index}"), rule));
    for (place, part) in applications.chain(rules) {
        let named = ["idle", "absolute"].into_iter().filter(|key| part.get(key).is_some());
        places.extend(named.map(|key| format!("{place}/{key}")));
    }
    if policy["absent"]
        .as_str()
        .is_some_and(|absent| absent != "count" && absent != "pause")
    {
        places.push("/absent".to_owned());
    }
    places
}

/// The policy with the limit at this place shortened to `to`, where it is longer; `to` is below every default, though not
/// below what every preset fills in. It warns of nothing: a warning may be too long for the shorter limit, and has no say
/// in when a session ends.
pub(crate) fn shortened(policy: &Value, place: &str, to: i64) -> Value {
    let mut policy = spelled_out(policy);
    policy["warn_before"] = json!("0s");
    if place.starts_with("/caps/") && policy.get("caps").is_none() {
        policy["caps"] = json!({});
    }
    let (parent, key) = place.rsplit_once('/').expect("a place starts with a slash");
    let parent = policy.pointer_mut(parent).expect("the place exists");
    let longer = parent
        .get(key)
        .is_none_or(|now| limit(now).expect("a valid limit") > to.into());
    if longer {
        parent[key] = json!(written(to, 1));
    }
    policy
}
