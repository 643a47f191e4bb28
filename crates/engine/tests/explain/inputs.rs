//! Random policies, people and pages from a small alphabet, the same each time.

use nightlatch_core::facts::Facts;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::time::Span;
use serde_json::{Map, Value, json};

/// `SplitMix64`: a handful of lines, and the same numbers everywhere.
pub(crate) struct Dice(pub(crate) u64);

const LIMITS: &[&str] = &["2m", "5m", "10m", "600s", "20m", "1h", "off"];
const SPANS: &[&str] = &["1m", "3m", "8m", "20m", "1h"];
const PATTERNS: &[&str] = &["/a/**", "/b/*", "/**", "/*", "/c", "/*/b"];
pub(crate) const PATHS: &[&str] = &["/", "/a", "/a/b", "/b", "/b/c", "/c", "/%61?x"];
const OUTCOMES: &[&str] = &["sign-out", "lock"];

impl Dice {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// With a chance in percent.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let index = self.below(of.len() as u64);
        of[usize::try_from(index).expect("a small number")]
    }

    pub(crate) fn span(&mut self) -> Span {
        self.one(SPANS).parse().expect("a span")
    }

    pub(crate) fn facts(&mut self) -> Facts {
        let mut some = |names: &[&'static str]| self.chance(70).then(|| self.one(names).into());
        let (application, device) = (some(&["one", "two", "three"]), some(&["mobile", "desktop"]));
        let roles = ["staff", "admin"].into_iter().filter(|_| self.chance(50));
        Facts {
            application,
            device,
            roles: roles.map(Into::into).collect(),
        }
    }

    pub(crate) fn policy(&mut self) -> Policy {
        let mut policy = json!({ "warn_before": self.one(&["0s", "30s", "1m"]), "hold_max": self.one(SPANS) });
        self.maybe(&mut policy, 80, "idle", |dice| json!(dice.one(LIMITS)));
        self.maybe(&mut policy, 60, "absolute", |dice| {
            json!(dice.one(&["20m", "1h", "3h", "off"]))
        });
        self.maybe(&mut policy, 50, "on_idle", |dice| json!(dice.one(OUTCOMES)));
        self.maybe(&mut policy, 20, "activity", |dice| {
            json!([dice.one(&["request", "input"])])
        });
        self.maybe(&mut policy, 50, "absent", |dice| {
            json!(dice.one(&["count", "pause", "1m", "1m", "3m"]))
        });
        self.maybe(
            &mut policy,
            50,
            "choice",
            |dice| json!({ "allow": [dice.one(LIMITS), dice.one(LIMITS)] }),
        );
        self.maybe(
            &mut policy,
            30,
            "caps",
            |dice| json!({ "idle": dice.one(LIMITS), "absolute": dice.one(&["1h", "off"]) }),
        );
        self.maybe(
            &mut policy,
            50,
            "applications",
            |dice| json!({ "one": dice.application(), "two": dice.application() }),
        );
        self.maybe(&mut policy, 80, "rules", |dice| dice.list(5, Self::rule));
        self.maybe(&mut policy, 60, "gates", |dice| dice.list(3, Self::gate));
        self.maybe(&mut policy, 40, "passive", |dice| {
            dice.list(3, |dice| json!({ "match": dice.criteria(80) }))
        });
        let document: PolicyDocument = serde_json::from_value(policy).expect("a document");
        Policy::new(document).expect("a valid policy")
    }

    fn maybe(&mut self, object: &mut Value, percent: u64, key: &str, value: impl FnOnce(&mut Self) -> Value) {
        if self.chance(percent) {
            object[key] = value(self);
        }
    }

    fn list(&mut self, most: u64, entry: impl Fn(&mut Self) -> Value) -> Value {
        (0..=self.below(most)).map(|_| entry(self)).collect()
    }

    fn application(&mut self) -> Value {
        let mut base = json!({});
        self.maybe(&mut base, 60, "idle", |dice| json!(dice.one(LIMITS)));
        self.maybe(&mut base, 40, "absolute", |dice| json!(dice.one(&["30m", "2h"])));
        self.maybe(&mut base, 50, "on_idle", |dice| json!(dice.one(OUTCOMES)));
        base
    }

    fn rule(&mut self) -> Value {
        if self.chance(20) {
            let lengthens = self.chance(40);
            return json!({ "match": self.criteria(0), "absolute": self.one(&["10m", "1h", "5h"]), "lengthens": lengthens });
        }
        let mut rule = json!({ "match": self.criteria(50), "idle": self.one(LIMITS), "lengthens": self.chance(40) });
        self.maybe(&mut rule, 30, "name", |dice| json!(dice.one(&["first", "second"])));
        self.maybe(&mut rule, 50, "on_idle", |dice| json!(dice.one(OUTCOMES)));
        rule
    }

    fn gate(&mut self) -> Value {
        let mut gate = json!({ "match": self.criteria(70), "max_age": self.one(SPANS) });
        self.maybe(&mut gate, 60, "max_away", |dice| json!(dice.one(SPANS)));
        gate
    }

    fn criteria(&mut self, on_path: u64) -> Value {
        let mut criteria = Value::Object(Map::new());
        self.maybe(&mut criteria, 15, "application", |dice| {
            json!(dice.one(&["one", "two"]))
        });
        self.maybe(&mut criteria, 15, "device", |dice| {
            json!(dice.one(&["mobile", "desktop"]))
        });
        self.maybe(&mut criteria, 20, "role", |dice| {
            json!(["admin", dice.one(&["staff", "none"])])
        });
        self.maybe(&mut criteria, on_path, "path", |dice| json!(dice.one(PATTERNS)));
        criteria
    }
}
