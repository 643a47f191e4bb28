//! The pages of the bank.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nightlatch_core::path::Path;
use nightlatch_core::policy::OnIdle;
use nightlatch_core::resolution::{Policies, gates};

use super::guard::Visitor;
use super::ledger::{self, Account, Bill, CUSTOMERS, Customer, Transaction};
use super::words;
use crate::http::headers;
use crate::server_state::ServerState;

/// What is around every page: who is there, and the limits as this person has them.
struct Page {
    /// The entry of the menu.
    current: &'static str,
    name: String,
    initials: String,
    role: &'static str,
    csrf: String,
    idle: String,
    absolute: String,
    warn_before: String,
    billing_idle: String,
    admin_max_away: String,
    at_idle: &'static str,
}

impl Page {
    fn new(server: &ServerState, visitor: &Visitor, current: &'static str) -> Self {
        let (_, today) = server.engine.policy();
        let (facts, choice) = (&visitor.session.facts, visitor.session.choice);
        let policies = Policies {
            own: &today,
            today: &today,
        };
        let idle = policies.idle(facts, choice, Some(&Path::canonical("/")));
        let billing = policies.idle(facts, choice, Some(&Path::canonical("/billing")));
        let max_away = gates(&today, facts, &Path::canonical("/admin")).max_away;
        Self {
            current,
            name: visitor.name().to_owned(),
            initials: visitor.initials(),
            role: visitor.role(),
            csrf: visitor.digest.form_token(),
            idle: words::of_limit(idle.limit),
            absolute: words::of_limit(policies.absolute(facts).limit),
            warn_before: words::of_span(today.warn_before),
            billing_idle: words::of_limit(billing.limit),
            admin_max_away: max_away.map_or_else(|| "any time".to_owned(), words::of_span),
            at_idle: match idle.outcome {
                OnIdle::SignOut => "you are signed out",
                OnIdle::Lock => "the session locks",
            },
        }
    }
}

#[derive(Template)]
#[template(path = "demo/dashboard.html")]
struct Dashboard<'a> {
    prefix: &'a str,
    page: &'a Page,
    first_name: &'a str,
    total: &'a str,
    accounts: &'a [Account],
    transactions: &'a [Transaction],
}

pub(super) async fn dashboard(State(server): State<Arc<ServerState>>, visitor: Visitor) -> Response {
    let ledger = ledger::of(&visitor.session.subject);
    let html = Dashboard {
        prefix: &server.prefix,
        page: &Page::new(&server, &visitor, "overview"),
        first_name: visitor.first_name(),
        total: ledger.total,
        accounts: ledger.accounts,
        transactions: ledger.transactions,
    };
    headers::page(html.render())
}

#[derive(Template)]
#[template(path = "demo/billing.html")]
struct Billing<'a> {
    prefix: &'a str,
    page: &'a Page,
    bills: &'a [Bill],
}

pub(super) async fn billing(State(server): State<Arc<ServerState>>, visitor: Visitor) -> Response {
    let page = &Page::new(&server, &visitor, "billing");
    headers::page(
        Billing {
            prefix: &server.prefix,
            page,
            bills: ledger::of(&visitor.session.subject).bills,
        }
        .render(),
    )
}

#[derive(Template)]
#[template(path = "demo/admin.html")]
struct Admin<'a> {
    prefix: &'a str,
    page: &'a Page,
    customers: &'a [Customer],
}

#[derive(Template)]
#[template(path = "demo/forbidden.html")]
struct Forbidden<'a> {
    prefix: &'a str,
    page: &'a Page,
}

pub(super) async fn admin(State(server): State<Arc<ServerState>>, visitor: Visitor) -> Response {
    let (prefix, page) = (server.prefix.as_str(), &Page::new(&server, &visitor, "admin"));
    if visitor.is_administrator() {
        return headers::page(
            Admin {
                prefix,
                page,
                customers: &CUSTOMERS,
            }
            .render(),
        );
    }
    (
        StatusCode::FORBIDDEN,
        headers::page(Forbidden { prefix, page }.render()),
    )
        .into_response()
}

#[derive(Template)]
#[template(path = "demo/upload.html")]
struct Upload<'a> {
    prefix: &'a str,
    page: &'a Page,
}

pub(super) async fn upload(State(server): State<Arc<ServerState>>, visitor: Visitor) -> Response {
    headers::page(
        Upload {
            prefix: &server.prefix,
            page: &Page::new(&server, &visitor, "upload"),
        }
        .render(),
    )
}
