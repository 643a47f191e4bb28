//! The headers that only gateways may set, in every way in which clients can write them.

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
pub(super) const FORWARDING: [&str; 16] = [
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
];

/// A name with each of its dashes as one of three signs, and in two cases.
pub(super) fn spellings(name: &str) -> Vec<String> {
    let mut spelled = vec![String::new()];
    for part in name.split('-') {
        let signs: &[&str] = if spelled[0].is_empty() { &[""] } else { &["-", "_", "."] };
        spelled = spelled
            .iter()
            .flat_map(|before| signs.iter().map(move |sign| format!("{before}{sign}{part}")))
            .collect();
    }
    let upper: Vec<String> = spelled.iter().map(|name| name.to_ascii_uppercase()).collect();
    spelled.extend(upper);
    spelled
}

/// The one spelling that servers take others for.
pub(super) fn usual(name: &str) -> String {
    name.replace(['_', '.'], "-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dash_is_written_in_three_ways() {
        assert_eq!(spellings("X-Ab"), ["X-Ab", "X_Ab", "X.Ab", "X-AB", "X_AB", "X.AB"]);
        assert_eq!(spellings("X-Forwarded-For").len(), 18);
        assert_eq!(spellings("Forwarded"), ["Forwarded", "FORWARDED"]);
        assert_eq!(usual("X_Forwarded.For"), "x-forwarded-for");
    }
}
