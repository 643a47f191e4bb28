//! Who may know whom: core <- store <- the backends; store <- engine <- tower <- server.

use super::Finding;
use super::files::{File, Repository};
use super::rust_tokens::{Token, tokens};

const CORE: &str = "nightlatch-core";
const STORE: &str = "nightlatch-store";
const ENGINE: &str = "nightlatch-engine";
const SERVER: &str = "nightlatch";
/// For tests and measurements alone.
const PROGRAMS: &str = "nightlatch-programs";

/// Each package of the workspace and the packages of the workspace it may depend on.
const ALLOWED: [(&str, &[&str]); 10] = [
    (CORE, &[]),
    (STORE, &[CORE]),
    ("nightlatch-store-sqlite", &[CORE, STORE]),
    // Its tests start servers.
    ("nightlatch-store-postgres", &[CORE, STORE, PROGRAMS]),
    // Its tests run on the embedded store, too.
    (ENGINE, &[CORE, STORE, "nightlatch-store-sqlite"]),
    ("nightlatch-tower", &[CORE, STORE, ENGINE]),
    (
        SERVER,
        &[
            CORE,
            STORE,
            "nightlatch-store-postgres",
            "nightlatch-store-sqlite",
            ENGINE,
            "nightlatch-tower",
            PROGRAMS,
        ],
    ),
    (
        "nightlatch-bench",
        &[CORE, STORE, "nightlatch-store-sqlite", ENGINE, PROGRAMS],
    ),
    ("xtask", &[PROGRAMS]),
    (PROGRAMS, &[]),
];
/// Every backend is a crate of this name, and there alone are its drivers known.
const BACKEND: &str = "nightlatch-store-";
const STORE_DRIVERS: [&str; 6] = [
    "rusqlite",
    "libsqlite3-sys",
    "tokio-postgres",
    "deadpool-postgres",
    "redis",
    "refinery",
];
const HTTP_PATHS: [&str; 2] = ["/nightlatch/", "/api/v1"];

/// Dependencies between the packages of the workspace, those of tests included.
pub(super) fn dependencies_point_inwards(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        let name = package.name.as_str();
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            findings.push(Finding::new(
                "xtask/src/tidy/layering.rs",
                1,
                format!("say in ALLOWED where `{name}` stands"),
            ));
            continue;
        };
        for dependency in package.dependencies.iter().map(|dependency| dependency.name.as_str()) {
            let is_ours = repository.packages.iter().any(|package| package.name == dependency);
            if is_ours && !allowed.contains(&dependency) {
                let problem = format!("`{name}` must not depend on `{dependency}`: move what it needs further inwards");
                findings.push(Finding::new(&manifest(name), 1, problem));
            }
        }
    }
    findings
}

/// The layers below the server speak of sessions; where they are reached over HTTP is not their business.
pub(super) fn only_the_server_knows_http_paths(repository: &Repository) -> Vec<Finding> {
    let below = ["crates/core/", "crates/store", "crates/engine/", "crates/tower/"]
        .into_iter()
        .flat_map(|layer| repository.rust_below(layer));
    below.flat_map(http_paths_in).collect()
}

fn http_paths_in(file: &File) -> Vec<Finding> {
    let strings = tokens(file).into_iter().filter(Token::is_string);
    strings
        .filter(|string| HTTP_PATHS.iter().any(|path| string.text.contains(path)))
        .map(|string| {
            let problem = format!("{} is an HTTP path: only crates/server knows those", string.text);
            Finding::new(&file.path, string.line, problem)
        })
        .collect()
}

/// Drivers of databases appear in the crates of their backends alone, as dependencies and in the source.
pub(super) fn only_the_backends_know_drivers(repository: &Repository) -> Vec<Finding> {
    let others = repository
        .packages
        .iter()
        .filter(|package| !package.name.starts_with(BACKEND));
    let dependencies = others.flat_map(|package| {
        let drivers = package
            .dependencies
            .iter()
            .filter(|dependency| STORE_DRIVERS.contains(&dependency.name.as_str()));
        drivers.map(|driver| {
            let problem = format!("depends on `{}`: only crates/store-* know drivers", driver.name);
            Finding::new(&manifest(&package.name), 1, problem)
        })
    });
    let sources = repository
        .with_extension(&["rs"])
        .filter(|file| !file.path.starts_with("crates/store-"));
    dependencies.chain(sources.flat_map(drivers_in)).collect()
}

fn drivers_in(file: &File) -> Vec<Finding> {
    let is_driver = |word: &str| STORE_DRIVERS.iter().any(|driver| driver.replace('-', "_") == word);
    let tokens = tokens(file);
    let paths = tokens
        .windows(2)
        .filter(|pair| is_driver(&pair[0].text) && pair[1].text == "::");
    paths
        .map(|pair| {
            let problem = format!("names `{}`: ask the traits of crates/store instead", pair[0].text);
            Finding::new(&file.path, pair[0].line, problem)
        })
        .collect()
}

fn manifest(package: &str) -> String {
    match package {
        SERVER => "crates/server/Cargo.toml".to_owned(),
        PROGRAMS => "programs/Cargo.toml".to_owned(),
        _ => match package.strip_prefix("nightlatch-") {
            Some(layer) => format!("crates/{layer}/Cargo.toml"),
            None => format!("{package}/Cargo.toml"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::assert_obeyed;
    use crate::workspace::{Dependency, Package};

    #[test]
    fn the_arrows_run_from_core_to_server() {
        assert_obeyed(dependencies_point_inwards);
        assert_obeyed(only_the_server_knows_http_paths);
        assert_obeyed(only_the_backends_know_drivers);
    }

    fn package(name: &str, dependencies: &[&str]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|name| Dependency {
                name: (*name).to_owned(),
            })
            .collect();
        Package {
            name: name.to_owned(),
            dependencies,
        }
    }

    fn workspace(packages: Vec<Package>) -> Repository {
        let mut repository = Repository::default();
        repository.packages = packages;
        repository
    }

    #[test]
    fn a_dependency_outwards_is_found() {
        let good = vec![
            package("nightlatch-core", &["serde"]),
            package("nightlatch-engine", &["nightlatch-core"]),
        ];
        assert_eq!(dependencies_point_inwards(&workspace(good)), []);

        let bad = vec![
            package("nightlatch-core", &["nightlatch-engine"]),
            package("nightlatch-engine", &[]),
        ];
        let findings = dependencies_point_inwards(&workspace(bad));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "crates/core/Cargo.toml");

        assert_eq!(
            dependencies_point_inwards(&workspace(vec![package("newcomer", &[])])).len(),
            1
        );
    }

    #[test]
    fn an_http_path_below_the_server_is_found_in_strings_alone() {
        let source =
            "/// See \"/nightlatch/session\".\nfn f() { assert_eq!(a, \"/nightlatch/session\") } // \"/nightlatch/\"\n";
        let repository = Repository::of([("crates/engine/src/a.rs", source), ("crates/server/src/a.rs", source)]);
        let findings = only_the_server_knows_http_paths(&repository);
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].path.as_str(), findings[0].line),
            ("crates/engine/src/a.rs", 2)
        );
    }

    #[test]
    fn a_driver_outside_its_backend_is_found() {
        let source = "// rusqlite::Connection\nuse rusqlite::Connection;\n";
        let mut repository = Repository::of([
            ("crates/store-sqlite/src/a.rs", source),
            ("crates/server/src/a.rs", source),
        ]);
        repository.packages.push(package("nightlatch", &["tokio-postgres"]));
        let findings = only_the_backends_know_drivers(&repository);
        let places: Vec<_> = findings
            .iter()
            .map(|finding| (finding.path.as_str(), finding.line))
            .collect();
        assert_eq!(places, [("crates/server/Cargo.toml", 1), ("crates/server/src/a.rs", 2)]);
    }
}
