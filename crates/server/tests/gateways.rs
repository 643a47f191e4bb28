//! Every gateway with the configuration that `nightlatch gateway` prints: real proxies in front of the real binary.

#[path = "gateways/document.rs"]
mod document;
#[path = "gateways/hanging_up.rs"]
mod hanging_up;
#[path = "gateways/keys.rs"]
mod keys;
#[path = "gateways/kit.rs"]
mod kit;
#[path = "gateways/nightlatch.rs"]
mod nightlatch;
#[path = "gateways/outage.rs"]
mod outage;
#[path = "gateways/proxy.rs"]
mod proxy;
#[path = "gateways/table.rs"]
mod table;
#[path = "gateways/upload.rs"]
mod upload;

use self::nightlatch::Nightlatch;
use self::proxy::PROXIES;
use self::table::Row;

#[test]
#[ignore = "starts six proxies, which `cargo xtask test gateways` installs"]
fn every_gateway_conforms() {
    let mut rows: Vec<Row> = PROXIES
        .iter()
        .map(|proxy| {
            let mut nightlatch = Nightlatch::start();
            let gateway = proxy.start(&nightlatch);
            let cases = kit::run(&nightlatch, proxy.options);
            hanging_up::an_end_whose_client_has_gone_holds(&nightlatch, proxy.name);
            if proxy.takes_refused {
                upload::is_answered(&nightlatch, proxy.name);
            }
            outage::nothing_passes_while_nightlatch_is_away(&mut nightlatch, proxy);
            drop(gateway);
            Row {
                name: proxy.name,
                version: proxy.version(),
                cases,
            }
        })
        .collect();
    rows.push(Row {
        name: "nightlatch's own",
        version: env!("CARGO_PKG_VERSION").to_owned(),
        cases: kit::run(&Nightlatch::start_as_proxy(), &[]),
    });
    table::is_in_the_document(&rows);
    let failed: Vec<String> = rows.iter().flat_map(Row::failures).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// What finds no fault proves nothing unless it finds one where there is one.
#[test]
fn the_kit_finds_that_nothing_is_guarded_where_nothing_is() {
    let nightlatch = Nightlatch::start_unguarded();
    let cases = kit::run(&nightlatch, &[]);
    let of = |outcome: &str| {
        let found = cases.iter().filter(|case| case.outcome == outcome);
        found.map(|case| case.name.as_str()).collect::<Vec<_>>()
    };
    for case in [
        "allow",
        "endpoints",
        "own-cookie",
        "own-authorization",
        "nobody",
        "sign-in",
        "open",
        "preflights",
        "other-methods",
        "idle",
        "absolute",
        "locked",
        "step-up",
        "forbidden",
        "ended",
        "unknown-host",
        "identity-forgery",
        "forwarding-forgery",
        "connection-forgery",
        "target-forgery",
        "cookies",
        "ranges",
        "conditions",
        "upgrades",
        "big-headers",
        "navigation",
        "paths",
        "gated-paths",
    ] {
        assert!(of("failed").contains(&case), "{case} finds no fault: {cases:#?}");
    }
    assert_eq!(
        of("passed"),
        [
            "bearer",
            "methods",
            "address",
            "other-cookies",
            "sizes",
            "escapes",
            "prefetch",
            "passive"
        ],
        "{cases:#?}"
    );
}
