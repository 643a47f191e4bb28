//! The headers that only gateways may set, in every way in which clients can write them.

use crate::http::header_name::reads_as;

/// Who it is, as nightlatch tells.
pub(super) const IDENTITY: [&str; 9] = [
    "Nightlatch-Subject",
    "Nightlatch-Session",
    "Nightlatch-Application",
    "Nightlatch-Authenticated-At",
    "Nightlatch-Authentication-Methods",
    "Nightlatch-Idle-Remaining",
    "Nightlatch-Absolute-Remaining",
    "Nightlatch-Phase",
    "Nightlatch-Reason",
];

/// Where a request came in, as proxies tell.
pub(super) const FORWARDING: [&str; 19] = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Method",
    "X-Forwarded-Uri",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Original-Method",
    "X-Original-Url",
    "X-Original-Uri",
    "X-Original-Host",
    "X-Rewrite-Url",
    "X-Real-Ip",
    "X-Client-Ip",
    "True-Client-Ip",
    // CGI makes `HTTP_PROXY` of it, which libraries take for a setting of their own.
    "Proxy",
];

/// What may stand in a name besides letters, digits and the hyphen (RFC 9110 section 5.6.2).
const ODD: &str = "!#$%&'*+.^_`|~";

/// A name with each other sign in place of each of its hyphens, and of all of them, and in upper case.
pub(super) fn spellings(name: &str) -> Vec<String> {
    let hyphens: Vec<usize> = name.match_indices('-').map(|(at, _)| at).collect();
    let mut spelled = vec![name.to_owned(), name.to_ascii_uppercase()];
    for sign in ODD.chars().map(String::from) {
        let with = |places: &[usize]| {
            let mut spelled = name.to_owned();
            for at in places {
                spelled.replace_range(*at..=*at, &sign);
            }
            spelled
        };
        spelled.extend((hyphens.len() > 1).then(|| with(&hyphens)));
        spelled.extend(hyphens.iter().map(|at| with(&[*at])));
    }
    spelled
}

/// Whether an application may read a header as one with this name.
pub(super) fn may_be_read_as(sent: &str, name: &str) -> bool {
    reads_as(sent.as_bytes(), &name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hyphen_is_written_in_every_way() {
        let one = spellings("X-Ab");
        assert_eq!(one.len(), 2 + ODD.len());
        assert!(
            ["X-Ab", "X-AB", "X_Ab", "X+Ab", "X`Ab"]
                .iter()
                .all(|spelled| one.iter().any(|one| one == spelled))
        );
        let two = spellings("X-Forwarded-For");
        assert_eq!(two.len(), 2 + 3 * ODD.len());
        for name in [&one, &two].into_iter().flatten() {
            assert!(
                may_be_read_as(name, "X-Ab") || may_be_read_as(name, "X-Forwarded-For"),
                "{name}"
            );
        }
        assert_eq!(spellings("Forwarded"), ["Forwarded", "FORWARDED"]);
    }
}
