//! Who a request comes from, as the application behind the proxy is told: always all of it, empty where nothing is known.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use nightlatch_core::time::Span;
use nightlatch_engine::Snapshot;
use nightlatch_store::token::Handle;

use crate::http::percent;

pub(crate) const SUBJECT: HeaderName = HeaderName::from_static("nightlatch-subject");
pub(crate) const SESSION: HeaderName = HeaderName::from_static("nightlatch-session");
pub(crate) const APPLICATION: HeaderName = HeaderName::from_static("nightlatch-application");
pub(crate) const AUTHENTICATED_AT: HeaderName = HeaderName::from_static("nightlatch-authenticated-at");
pub(crate) const AUTHENTICATION_METHODS: HeaderName = HeaderName::from_static("nightlatch-authentication-methods");
pub(crate) const IDLE_REMAINING: HeaderName = HeaderName::from_static("nightlatch-idle-remaining");
pub(crate) const ABSOLUTE_REMAINING: HeaderName = HeaderName::from_static("nightlatch-absolute-remaining");
pub(crate) const PHASE: HeaderName = HeaderName::from_static("nightlatch-phase");

/// All of them.
pub(crate) static NAMES: [HeaderName; 8] = [
    SUBJECT,
    SESSION,
    APPLICATION,
    AUTHENTICATED_AT,
    AUTHENTICATION_METHODS,
    IDLE_REMAINING,
    ABSOLUTE_REMAINING,
    PHASE,
];

/// Tells of a live session. Instants are seconds since 1970, remaining times whole seconds; no limit is empty.
pub(crate) fn tell(headers: &mut HeaderMap, session: &Snapshot, application: Option<&str>) {
    let application = application.or(session.facts.application.as_deref());
    let status = &session.status;
    let mut values = Values::default();
    values.end_with(|text| escape(text, &session.subject));
    values.end_with(|text| text.push_str(session.handle.write(&mut [0; Handle::LENGTH])));
    values.end_with(|text| escape(text, application.unwrap_or_default()));
    values.end_with(|text| number(text, session.authenticated.as_millis().div_euclid(1000)));
    values.end_with(|text| words(text, &session.amr));
    values.end_with(|text| seconds(text, status.idle_remaining));
    values.end_with(|text| seconds(text, status.absolute_remaining));
    values.end_with(|text| text.push_str(status.phase.as_str()));
    for (name, value) in NAMES.iter().zip(values.into_headers()) {
        headers.insert(name, value);
    }
}

/// Tells that nobody is known.
pub(crate) fn tell_nobody(headers: &mut HeaderMap) {
    for name in &NAMES {
        headers.insert(name, HeaderValue::from_static(""));
    }
}

/// Values one behind the other in one text, which they share: this is written for every request that passes.
struct Values {
    text: String,
    ends: Vec<usize>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            text: String::with_capacity(192),
            ends: Vec::with_capacity(NAMES.len()),
        }
    }
}

impl Values {
    fn end_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    fn into_headers(self) -> impl Iterator<Item = HeaderValue> {
        let text = Bytes::from(self.text);
        let mut start = 0;
        self.ends.into_iter().map(move |end| {
            let value = text.slice(start..end);
            start = end;
            HeaderValue::from_maybe_shared(value).unwrap_or_else(|_| HeaderValue::from_static(""))
        })
    }
}

fn seconds(text: &mut String, remaining: Option<Span>) {
    if let Some(span) = remaining {
        number(text, span.as_millis() / 1000);
    }
}

fn words(text: &mut String, words: &[Box<str>]) {
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        escape(text, word);
    }
}

fn number(text: &mut String, number: impl itoa::Integer) {
    text.push_str(itoa::Buffer::new().format(number));
}

/// Text as headers can carry it, so that two texts never arrive as the same: blanks at the ends are lost on the way, blanks
/// and commas separate the entries of lists, and what cannot be seen does not arrive at all. So everything but visible ASCII
/// is percent-encoded, and so are the comma and the percent sign.
fn escape(into: &mut String, text: &str) {
    percent::escape(into, text, |character| {
        character.is_ascii_graphic() && !matches!(character, '%' | ',')
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_behind_each_other_and_are_told_apart() {
        let mut values = Values::default();
        let list: [Box<str>; 2] = ["pwd".into(), "otp".into()];
        values.end_with(|text| words(text, &list));
        values.end_with(|text| seconds(text, None));
        values.end_with(|text| seconds(text, Some(Span::from_millis(2999))));
        let told: Vec<_> = values.into_headers().collect();
        assert_eq!(told, ["pwd otp", "", "2"]);
    }

    #[test]
    fn text_survives_headers() {
        for (told, sent) in [
            ("ada@example.com", "ada@example.com"),
            ("Ada Lovelace", "Ada%20Lovelace"),
            ("Lovelace, Ada", "Lovelace%2C%20Ada"),
            (" admin", "%20admin"),
            ("admin ", "admin%20"),
            ("admin", "admin"),
            ("100%", "100%25"),
            ("%20admin", "%2520admin"),
            ("zoë", "zo%C3%AB"),
            ("ad\u{200b}min", "ad%E2%80%8Bmin"),
            ("a\r\nNightlatch-Subject: root", "a%0D%0ANightlatch-Subject:%20root"),
            ("", ""),
        ] {
            let mut text = String::from("before ");
            escape(&mut text, told);
            assert_eq!(text, format!("before {sent}"));
        }
    }

    #[test]
    fn lists_are_told_apart_by_their_entries() {
        let told = |methods: &[&str]| {
            let methods: Vec<Box<str>> = methods.iter().map(|method| Box::from(*method)).collect();
            let mut text = String::new();
            words(&mut text, &methods);
            text
        };
        assert_eq!(told(&["pwd", "hwk"]), "pwd hwk");
        assert_eq!(told(&["pwd hwk"]), "pwd%20hwk");
        assert_eq!(told(&["pwd,hwk"]), "pwd%2Chwk");
    }
}
