//! What is kept besides sessions: policies, API keys, applications.

use nightlatch_core::policy::PolicyDocument;
use nightlatch_core::time::Instant;

use super::record::Revision;
use crate::token::Digest;

/// A policy and how it came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRevision {
    /// Its number.
    pub revision: Revision,
    /// Since when it is in force.
    pub since: Instant,
    /// The document.
    pub document: PolicyDocument,
    /// Who brought it: `file:PATH`, `api:NAME`, ...
    pub actor: Box<str>,
    /// Why, in their words.
    pub reason: Option<Box<str>>,
    /// The earlier revision that was restored, if it was.
    pub restored: Option<Revision>,
}

/// A key to the management API; only its hash is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// What people call it.
    pub name: Box<str>,
    /// The SHA-256 of the secret.
    pub digest: Digest,
    /// Since when it is valid.
    pub created: Instant,
    /// What it may do; words of the server.
    pub scopes: Vec<Box<str>>,
    /// The applications whose sessions it reaches; `None` reaches all sessions.
    pub applications: Option<Vec<Box<str>>>,
}

/// A web application that people sign in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its key in the policy.
    pub id: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// Where its pages come from.
    pub origins: Vec<Box<str>>,
    /// Where it wants to be told of a sign-out.
    pub logout_urls: Vec<Box<str>>,
    /// Counts the changes, from 1. The store counts: what is handed to it here is not looked at.
    pub version: u64,
}
