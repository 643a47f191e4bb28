//! The description against the code.

use std::collections::BTreeSet;

use super::*;
use crate::management::openapi::DOCUMENT;
use crate::management::operations;
use crate::management::refusal::Refusal;

fn described() -> BTreeSet<(Method, String)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths").iter();
    let methods = paths.flat_map(|(path, item)| {
        let methods = item.as_object().expect("an item").keys();
        methods.map(move |method| (method.to_uppercase().parse().expect("a method"), path.clone()))
    });
    methods.collect()
}

#[test]
fn every_route_is_described_and_everything_described_is_a_route() {
    let routes: BTreeSet<_> = operations()
        .iter()
        .map(|operation| (operation.method.clone(), operation.path.to_owned()))
        .collect();
    assert_eq!(routes.len(), operations().len(), "no route twice");
    assert_eq!(described(), routes);
    assert!(
        operations()
            .iter()
            .all(|operation| operation.path.starts_with("/api/v1/"))
    );
}

#[tokio::test]
async fn the_router_takes_the_described_methods_and_names_them() {
    let site = Site::new().await;
    let described = described();
    for path in described.iter().map(|(_, path)| path).collect::<BTreeSet<_>>() {
        let takes = |method: &Method| described.contains(&(method.clone(), path.clone()));
        let filled = path.replace("{handle}", HANDLE).replace("{subject}", "ada");
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "PROPFIND",
        ] {
            let method: Method = method.parse().expect("a method");
            let answer = site.send(request(method.clone(), &filled, "")).await;
            if takes(&method) || method == Method::HEAD && takes(&Method::GET) {
                assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                continue;
            }
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            let mut allowed: Vec<Method> = answer
                .header("allow")
                .split(',')
                .map(|method| method.trim().parse().expect("a method"))
                .collect();
            allowed.retain(|method| *method != Method::HEAD);
            assert!(
                !allowed.is_empty() && allowed.iter().all(takes),
                "{method} {path}: {allowed:?}"
            );
            if method != Method::HEAD {
                assert_eq!(answer.problem().0, Refusal::MethodNotAllowed.kind());
            }
        }
    }
}

#[test]
fn every_kind_of_problem_is_described() {
    let mut found = BTreeSet::new();
    for operation in DOCUMENT["paths"]
        .as_object()
        .expect("paths")
        .values()
        .filter_map(Value::as_object)
    {
        for response in operation
            .values()
            .filter_map(|operation| operation["responses"].as_object())
            .flatten()
        {
            let (status, response) = response;
            let narrowed = &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"];
            for kind in narrowed["type"]["enum"].as_array().into_iter().flatten() {
                let kind = kind.as_str().expect("text");
                let refusal = Refusal::ALL.into_iter().find(|refusal| refusal.kind() == kind);
                let refusal = refusal.unwrap_or_else(|| panic!("{kind} is no refusal"));
                assert_eq!(refusal.status().as_str(), status);
                found.insert(refusal);
            }
        }
    }
    // The one is no answer of an operation, the other needs a document that can be written.
    found.extend([Refusal::MethodNotAllowed, Refusal::Stale]);
    assert_eq!(found, Refusal::ALL.into());
}

#[test]
fn everything_described_has_words_a_scope_and_schemas_that_exist() {
    let ids: BTreeSet<_> = operations().iter().map(|operation| operation.id).collect();
    assert_eq!(ids.len(), operations().len(), "no name twice");
    for operation in operations() {
        assert!(
            !operation.summary.is_empty() && !operation.description.is_empty(),
            "{}",
            operation.id
        );
        let method = operation.method.as_str().to_lowercase();
        let described = &DOCUMENT["paths"][operation.path][method];
        assert_eq!(described["security"][0]["key"][0], operation.scope.as_str());
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            assert!(
                parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{parameter}"
            );
        }
        for place in operation
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        {
            let mut parameters = described["parameters"].as_array().expect("parameters").iter();
            assert!(parameters.any(|parameter| parameter["in"] == "path" && parameter["name"] == place));
        }
    }
    let mut references = Vec::new();
    collect(&DOCUMENT, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(DOCUMENT.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect<'a>(value: &'a Value, references: &mut Vec<&'a str>) {
    references.extend(value["$ref"].as_str());
    let values = value.as_object().into_iter().flat_map(|object| object.values());
    for inner in values.chain(value.as_array().into_iter().flatten()) {
        collect(inner, references);
    }
}

#[tokio::test]
async fn description_and_page_need_no_key() {
    let router = router(server().await);
    for (path, content_type) in [
        ("/api/v1/openapi.json", "application/json"),
        ("/api/v1/docs", "text/html; charset=utf-8"),
    ] {
        let answer = Answer::of(&router, request(Method::GET, path, "")).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::OK, content_type)
        );
        let answer = Answer::of(&router, request(Method::POST, path, "")).await;
        assert_eq!(answer.problem().0, Refusal::MethodNotAllowed.kind());
    }
    let unknown = Answer::of(&router, request(Method::GET, "/api/v1/docs/", "")).await;
    assert_eq!(unknown.problem().0, Refusal::NoApiKey.kind());
}
