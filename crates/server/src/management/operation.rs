//! What the listener does: each operation with its route, the scope it needs and its description, declared together.
//!
//! What a handler takes and gives is read off its signature ([`Input`], [`Output`]), so the description cannot promise what
//! the code does not do.

use std::sync::Arc;

use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::Value;

use super::Management;
use super::admission::{permit, unbound};
use super::input::no_query;
use super::refusal::Refusal;
use super::scope::Scope;
pub(super) use super::signature::{Answer, Created, Input, NoContent, OperationDescription, Output};

/// One operation of the listener.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) scope: Scope,
    pub(super) group: Group,
    /// A name for generated clients.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    refusals: Vec<Refusal>,
    example: Option<fn() -> Value>,
    shape: fn(&mut OperationDescription<'_>),
    route: MethodRouter<Arc<Management>>,
}

/// Where an operation stands in the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Sessions,
    Subjects,
    Applications,
    Policy,
    Audit,
    Keys,
    Nodes,
}

impl Group {
    pub(super) const ALL: [Self; 7] = [
        Self::Sessions,
        Self::Subjects,
        Self::Applications,
        Self::Policy,
        Self::Audit,
        Self::Keys,
        Self::Nodes,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "Sessions",
            Self::Subjects => "Subjects",
            Self::Applications => "Applications",
            Self::Policy => "Policy",
            Self::Audit => "Audit",
            Self::Keys => "Keys",
            Self::Nodes => "Nodes",
        }
    }

    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::Sessions => "Sign-ins of people in browsers and clients.",
            Self::Subjects => "Everything of one person.",
            Self::Applications => "What people sign in to.",
            Self::Policy => "The rules in force.",
            Self::Audit => "What happened, when, by whom and why.",
            Self::Keys => "What opens this API, and how far.",
            Self::Nodes => "The processes that share the store.",
        }
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => {
        $(pub(super) fn $name<H, T, I, O>(path: &'static str, scope: Scope, handler: H) -> Operation
        where
            H: Handler<T, Arc<Management>> + Shape<I, O>,
            T: 'static,
        {
            operation(Method::$method, MethodFilter::$method, path, scope, handler)
        })*
    };
}

methods!(get GET, post POST, put PUT, patch PATCH, delete DELETE);

fn operation<H, T, I, O>(
    method: Method,
    filter: MethodFilter,
    path: &'static str,
    scope: Scope,
    handler: H,
) -> Operation
where
    H: Handler<T, Arc<Management>> + Shape<I, O>,
    T: 'static,
{
    Operation {
        method,
        path,
        scope,
        group: Group::Sessions,
        id: "",
        summary: "",
        description: "",
        refusals: Vec::new(),
        example: None,
        shape: H::description,
        route: guarded::<H, I, O>(on(filter, handler), scope),
    }
}

/// Whoever may not call learns nothing of what is wrong with the call.
fn guarded<H: Shape<I, O>, I, O>(route: MethodRouter<Arc<Management>>, scope: Scope) -> MethodRouter<Arc<Management>> {
    let route = if H::READS_QUERY {
        route
    } else {
        route.route_layer(from_fn(no_query))
    };
    let route = if H::HONOURS_REACH {
        route
    } else {
        route.route_layer(from_fn(unbound))
    };
    route.route_layer(from_fn_with_state(scope, permit))
}

impl Operation {
    pub(super) fn named(mut self, group: Group, id: &'static str, summary: &'static str) -> Self {
        (self.group, self.id, self.summary) = (group, id, summary);
        self
    }

    pub(super) fn about(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// What the handler itself refuses, besides what its arguments do.
    pub(super) fn refuses(mut self, refusals: &'static [Refusal]) -> Self {
        self.refusals.extend(refusals);
        self
    }

    /// A body to begin with.
    pub(super) fn sent_for_example(mut self, body: fn() -> Value) -> Self {
        self.example = Some(body);
        self
    }

    pub(super) fn example(&self) -> Option<Value> {
        self.example.map(|body| body())
    }

    pub(super) fn description(&self, description: &mut OperationDescription<'_>) {
        // Keys are kept in the store.
        description.refuse(&[Refusal::NoApiKey, Refusal::MissingScope, Refusal::StoreUnavailable]);
        // Every query is read, or refused.
        description.refuse(&[Refusal::BadRequest]);
        (self.shape)(description);
        description.refuse(&self.refusals);
    }

    pub(super) fn into_route(self) -> MethodRouter<Arc<Management>> {
        self.route
    }
}

/// What a handler takes and gives, as its signature says.
pub(super) trait Shape<I, O> {
    const READS_QUERY: bool;
    const HONOURS_REACH: bool;

    fn description(description: &mut OperationDescription<'_>);
}

macro_rules! shape {
    ($($argument:ident),*) => {
        impl<F, R, O, $($argument),*> Shape<($($argument,)*), O> for F
        where
            F: FnOnce($($argument),*) -> R,
            R: Future<Output = O>,
            O: Output,
            $($argument: Input),*
        {
            const READS_QUERY: bool = false $(|| $argument::READS_QUERY)*;
            const HONOURS_REACH: bool = false $(|| $argument::HONOURS_REACH)*;

            fn description(description: &mut OperationDescription<'_>) {
                $($argument::description(description);)*
                O::description(description);
            }
        }
    };
}

shape!();
shape!(A);
shape!(A, B);
shape!(A, B, C);
shape!(A, B, C, D);
shape!(A, B, C, D, E);
shape!(A, B, C, D, E, G);
