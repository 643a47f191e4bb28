//! What somebody may have meant by a text that is not accepted: the part of a URL that is wanted, or what is missing of it.

/// The likeliest first.
pub(super) fn texts(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let mut meant = Vec::new();
    if let Some((scheme, rest)) = text.split_once("://") {
        let (host, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        if !path.is_empty() {
            meant.push(path.to_owned());
        }
        meant.push(host.to_owned());
        meant.push(format!("{scheme}://{host}"));
    } else {
        // `/admin*` is `/admin` and what is below it.
        if let Some(start) = text.strip_suffix('*') {
            let start = start.trim_end_matches(['*', '.', '/']);
            meant.push(format!("/{}/**", start.trim_start_matches('/')));
        }
        meant.push(format!("/{}", text.trim_start_matches('/')));
        meant.push(format!("https://{text}"));
    }
    meant.push(text.to_owned());
    meant
}
