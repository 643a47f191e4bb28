//! The small alphabets scenarios are made of: small, so that rules, paths, ids and deadlines meet.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;

/// One of these texts.
pub(crate) fn one_of(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    prop::sample::select(words).prop_map(Value::from).boxed()
}

/// One of these texts, or a list of some.
pub(crate) fn some_of(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    let list = prop::collection::vec(one_of(words), 1..3).prop_map(Value::Array);
    prop_oneof![3 => one_of(words), 1 => list].boxed()
}

/// An object in which each key is there with a chance in percent.
pub(crate) fn object(fields: Vec<(&'static str, u32, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let keys: Vec<_> = fields.iter().map(|(key, ..)| *key).collect();
    let values: Vec<_> = fields
        .into_iter()
        .map(|(_, chance, value)| match chance {
            100 => value.prop_map(Some).boxed(),
            chance => prop_oneof![100 - chance => Just(None), chance => value.prop_map(Some)].boxed(),
        })
        .collect();
    let paired = move |values: Vec<Option<Value>>| -> Map<String, Value> {
        keys.iter()
            .zip(values)
            .filter_map(|(key, value)| Some(((*key).to_owned(), value?)))
            .collect()
    };
    values.prop_map(move |values| Value::Object(paired(values))).boxed()
}

/// So many minutes, now and then a little less or more.
pub(crate) fn minutes(range: std::ops::RangeInclusive<i64>) -> BoxedStrategy<i64> {
    let nudge = prop_oneof![
        24 => Just(0),
        1 => Just(1),
        1 => Just(-1),
        1 => Just(SECOND),
        1 => Just(-SECOND),
    ];
    (range, nudge)
        .prop_map(|(minutes, nudge)| (minutes * MINUTE + nudge).max(0))
        .boxed()
}

/// A duration above zero on a coarse grid.
pub(crate) fn duration() -> BoxedStrategy<Value> {
    prop_oneof![
        10 => (1_i64..=12).boxed(),
        6 => prop::sample::select(&[15_i64, 20, 30, 60][..]).boxed(),
    ]
    .prop_flat_map(|count| (minutes(count..=count), 0_u8..3))
    .prop_map(|(length, style)| Value::String(written(length, style)))
    .boxed()
}

/// An idle or absolute value.
pub(crate) fn limit() -> BoxedStrategy<Value> {
    prop_oneof![
        14 => duration(),
        14 => prop::sample::select(&[20_i64, 30, 45, 60][..]).prop_map(|length| json!(format!("{length}m"))),
        4 => Just(json!("off")),
        1 => Just(json!("10000d")),
    ]
    .boxed()
}

/// A value a user may ask for and a policy may offer: few, so that they meet.
pub(crate) fn wish() -> BoxedStrategy<Value> {
    one_of(&["4m", "240s", "7m", "12m", "off"])
}

/// A duration in one of the ways to write it.
pub(crate) fn written(length: i64, style: u8) -> String {
    let units = [
        ("d", 24 * 60 * MINUTE),
        ("h", 60 * MINUTE),
        ("m", MINUTE),
        ("s", SECOND),
        ("ms", 1),
    ];
    let exact = units.iter().find(|(_, unit)| length % unit == 0 && length > 0);
    match (style, exact) {
        (0, Some((name, unit))) => format!("{}{name}", length / unit),
        (1, _) | (_, None) => format!("{length}ms"),
        _ => {
            let mut rest = length;
            let parts = units.iter().filter_map(|(name, unit)| {
                let count = rest / unit;
                rest %= unit;
                (count > 0).then(|| format!("{count}{name}"))
            });
            parts.collect()
        }
    }
}

const PLAIN: &[&str] = &["a", "b", "c"];

/// Segments that are not what they seem, or that are.
const ODD: &[&str] = &[
    ".", "..", "", "A", "*", "**", "%61", "%62", "%2e", "%2e%2e", "%2E.", "...", "%2F", "a%2Fb", "a%2fb", "%2561", "%",
    "%zz", "%4", "%%61", "%6", "a%3Fb", "a%23b", "%23", "%ff", "é", "%C3%A9", "%c3", "a b", "a%20b", "a+b", "%00",
    "\\", "a;b",
];

/// A path of few plain segments, now and then with an odd one.
pub(crate) fn path() -> BoxedStrategy<Value> {
    path_of(prop_oneof![8 => prop::sample::select(PLAIN), 1 => prop::sample::select(ODD)].boxed())
}

/// A path as an attacker may write it.
pub(crate) fn odd_path() -> BoxedStrategy<Value> {
    path_of(prop_oneof![1 => prop::sample::select(PLAIN), 1 => prop::sample::select(ODD)].boxed())
}

fn path_of(segment: BoxedStrategy<&'static str>) -> BoxedStrategy<Value> {
    let tail = prop_oneof![
        12 => Just(""),
        1 => Just("/"),
        1 => Just("?x=/a"),
        1 => Just("#/b"),
        1 => Just("/?#/../b"),
        1 => Just("#?/b"),
    ];
    (prop::collection::vec(segment, 0..4), tail)
        .prop_map(|(segments, tail)| json!(format!("/{}{tail}", segments.join("/"))))
        .boxed()
}

/// Patterns that meet those paths.
pub(crate) const PATTERNS: &[&str] = &[
    "/", "/**", "/*", "/a", "/b", "/c", "/a/**", "/a/*", "/b/**", "/a/b", "/*/b", "/**/b", "/a/**/b", "/**/a/**",
    "/**/**", "/*/**", "/**/*", "/a/", "/a//b", "/%61", "/A", "/é", "/a?b", "/a#b", "/%2F", "/a/../b", "/a/.", "/a b",
    "/a/b/", "/%", "/%zz", "/...",
];

pub(crate) const APPLICATIONS: &[&str] = &["one", "two"];
pub(crate) const DEVICES: &[&str] = &["mobile", "desktop"];
pub(crate) const ROLES: &[&str] = &["staff", "admin"];
