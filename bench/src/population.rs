//! An engine on the real clock with people signed in, driven from one thread.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use futures_util::FutureExt as _;
use nightlatch_core::facts::Facts;
use nightlatch_core::path::Path;
use nightlatch_core::policy::{Policy, PolicyDocument};
use nightlatch_core::session::{Answer, Event, RequestKind, Verdict};
use nightlatch_engine::clock::Clock;
use nightlatch_engine::{Engine, NewSession, Options, Standing};
use nightlatch_store::Store;
use nightlatch_store::token::{Digest, Token};

/// The same order in every run.
pub const SEED: u64 = 0x006e_6967_6874;

/// The application everybody is signed in to.
pub const APPLICATION: &str = "bank";

const TOKEN_LENGTH: usize = 43;
const PAGES: [&str; 2] = ["/accounts/overview", "/accounts/transfers"];

/// An engine and the tokens of its sessions, in an order that has nothing to do with that of their creation.
#[derive(Debug)]
pub struct Population {
    engine: Arc<Engine>,
    /// One behind the other, as a request has its token at hand and does not fetch it from afar.
    tokens: String,
}

impl Population {
    /// Signs so many people in.
    pub fn new(store: Arc<dyn Store>, sessions: usize) -> anyhow::Result<Self> {
        let engine = empty_engine(store)?;
        let mut tokens = runtime()?.block_on(async {
            let mut tokens = Vec::with_capacity(sessions);
            for number in 0..sessions {
                tokens.push(sign_in(&engine, number).await?);
            }
            anyhow::Ok(tokens)
        })?;
        fastrand::Rng::with_seed(SEED).shuffle(&mut tokens);
        let tokens: String = tokens.iter().map(Token::expose).collect();
        ensure!(
            tokens.len() == sessions * TOKEN_LENGTH,
            "tokens have another length than {TOKEN_LENGTH}"
        );
        Ok(Self { engine, tokens })
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len() / TOKEN_LENGTH
    }

    /// Whether nobody is signed in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Hashes the token of one session, as every request does.
    pub fn digest(&self, number: usize) -> anyhow::Result<Digest> {
        let token = &self.tokens[number * TOKEN_LENGTH..][..TOKEN_LENGTH];
        Digest::of(token).context("the engine made a token that cannot be one")
    }

    /// Token in, status out.
    pub fn status(&self, number: usize) -> anyhow::Result<()> {
        let standing = at_once(self.engine.status(&self.digest(number)?))??;
        ensure!(matches!(standing, Standing::Live(_)), "a live session is {standing:?}");
        Ok(())
    }

    /// Token in, verdict out, activity recorded.
    pub fn request(&self, number: usize, path: &str) -> anyhow::Result<()> {
        let outcome = at_once(
            self.engine
                .request(&self.digest(number)?, &Path::canonical(path), RequestKind::Fetch),
        )??;
        ensure!(
            outcome.answer == Some(Answer::Verdict(Verdict::Allow)),
            "a live session gets {:?}",
            outcome.answer
        );
        Ok(())
    }
}

/// What is done to every session in one pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The hash of the token alone, which the others begin with.
    Hash,
    /// How the session stands.
    Status,
    /// A request to the page of the request before.
    Request,
    /// A request to another page than the request before.
    OtherPage,
}

impl Operation {
    /// In the order in which they are measured.
    pub const ALL: [Self; 4] = [Self::Hash, Self::Status, Self::Request, Self::OtherPage];

    /// What it is called in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hash => "hash of the token",
            Self::Status => "hash, status",
            Self::Request => "hash, request, touch",
            Self::OtherPage => "hash, request to another page",
        }
    }

    /// Does it to every session once.
    pub fn pass(self, population: &Population, pass: usize) -> anyhow::Result<()> {
        let other = PAGES[pass % PAGES.len()];
        (0..population.len()).try_for_each(|number| match self {
            Self::Hash => population.digest(number).map(|digest| _ = std::hint::black_box(digest)),
            Self::Status => population.status(number),
            Self::Request => population.request(number, PAGES[1]),
            Self::OtherPage => population.request(number, other),
        })
    }
}

/// An engine with the default policy and nobody signed in.
pub fn empty_engine(store: Arc<dyn Store>) -> anyhow::Result<Arc<Engine>> {
    let clock = Clock::system(at_once(store.latest_instant())??);
    Ok(at_once(Engine::open(
        store,
        clock,
        policy(PolicyDocument::default())?,
        Options::default(),
    ))??)
}

/// What a session has seen since its sign-in, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Use {
    /// Nothing yet.
    SignIn,
    /// One request, of an application without the browser SDK.
    Request,
    /// One request, and the SDK has told the tab.
    Tab,
}

impl Use {
    /// What it is called in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "just signed in",
            Self::Request => "after one request",
            Self::Tab => "with one open tab",
        }
    }
}

/// Signs so many people in.
pub fn sign_all_in(engine: &Arc<Engine>, sessions: usize, after: Use) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        for number in 0..sessions {
            let digest = sign_in(engine, number).await?.digest();
            let page = Path::canonical(PAGES[0]);
            if after != Use::SignIn {
                engine.request(&digest, &page, RequestKind::Navigation).await?;
            }
            if after == Use::Tab {
                let tab = format!("{number:08x}-4b2f-4c1e-9d3a-1f0e5a7c9b2d").into();
                let path = page.into_owned();
                engine
                    .apply(
                        &digest,
                        &Event::Tab {
                            tab,
                            path,
                            attended: None,
                        },
                    )
                    .await?;
            }
        }
        Ok(())
    })
}

/// Signs one person in.
pub async fn sign_in(engine: &Arc<Engine>, number: usize) -> anyhow::Result<Token> {
    let facts = Facts {
        application: Some(APPLICATION.into()),
        ..Facts::default()
    };
    let new = NewSession {
        subject: subject(number),
        facts,
        actor: "bench".into(),
        ..NewSession::default()
    };
    let admission = engine.create(new).await?;
    Ok(admission.signed_in().context("no room for a session")?.token)
}

/// A name of ordinary length.
#[must_use]
pub fn subject(number: usize) -> Box<str> {
    format!("person-{number:07}@example.org").into()
}

/// A document as a policy.
pub fn policy(document: PolicyDocument) -> anyhow::Result<Policy> {
    Policy::new(document).map_err(|violations| anyhow!("the policy is invalid: {violations:?}"))
}

/// What writes is a task of its own, here on the one thread.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().build()?)
}

/// The result of something that has no reason to wait.
fn at_once<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    future.now_or_never().context("the engine waited for something")
}
