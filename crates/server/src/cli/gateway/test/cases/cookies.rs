//! Cookies that are odd, and those of the application.

use anyhow::ensure;

use super::super::exchange::Request;
use super::super::kit::Kit;
use super::super::outcome::Outcome;
use super::{NEEDS_ECHO, passes, told};

pub(in super::super) async fn odd(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    let session = kit.session().await?;
    let (name, token) = session.cookie.split_once('=').unwrap_or_default();
    let cookie = &session.cookie;
    let page = &kit.args.page;
    let one = |value: String| Request::fetch(page).with("Cookie", value);
    for (what, request) in [
        ("twice", one(format!("{cookie}; {cookie}"))),
        ("twice, with another between", one(format!("{cookie}; a=b; {name}=x"))),
        ("twice, another first", one(format!("{name}=x; {cookie}"))),
        ("in two headers", one(cookie.clone()).with("Cookie", cookie)),
        (
            "with another name",
            one(format!("{}={token}", name.to_ascii_uppercase())),
        ),
        ("with a longer name", one(format!("x{cookie}"))),
        ("empty", one(format!("{name}="))),
        ("without a value", one(name.to_owned())),
        ("too short", one(format!("{name}={}", &token[1..]))),
        ("too long", one(format!("{cookie}A"))),
        ("with another end", one(format!("{cookie}%00"))),
        ("in quotes", one(format!("{name}=\"{token}\""))),
        ("with a comma", one(format!("a=b, {cookie}"))),
        ("the handle", one(format!("{name}={}", session.handle))),
        ("in the address", Request::fetch(format!("{page}?{cookie}"))),
        ("in another header", Request::fetch(page).with("X-Session", token)),
        (
            "a bearer that is none",
            Request::fetch(page).with("Authorization", format!("Bearer {}", "A".repeat(token.len()))),
        ),
        (
            "a basic password",
            Request::fetch(page).with("Authorization", "Basic YTpi"),
        ),
    ] {
        let answer = kit.answer(&request).await?;
        ensure!(answer.status == 401 && !answer.is_echo(), "{what}: {}", told(&answer));
    }
    passes(kit, &one(cookie.clone())).await?;
    Ok(Outcome::Passed)
}

pub(in super::super) async fn others(kit: &Kit<'_>) -> anyhow::Result<Outcome> {
    if !kit.has_echo {
        return Ok(NEEDS_ECHO);
    }
    let session = kit.session().await?;
    let cookie = &session.cookie;
    for sent in [
        format!("a=b; {cookie}; c=d"),
        format!("{cookie}; a=b; c=d"),
        format!("a=b; c=d; {cookie}"),
        format!("a=b; x{cookie}x; {cookie}; c=d"),
    ] {
        let received = passes(kit, &Request::fetch(&kit.args.page).with("Cookie", &sent)).await?;
        let arrived = received.unwrap_or_default().values("cookie").join("; ");
        let pairs = |text: &str| -> Vec<String> {
            let pairs = text.split(';').map(|pair| pair.trim().to_owned());
            pairs.filter(|pair| !pair.is_empty() && pair != cookie).collect()
        };
        ensure!(pairs(&arrived) == pairs(&sent), "`{sent}` arrives as `{arrived}`");
    }
    Ok(Outcome::Passed)
}
