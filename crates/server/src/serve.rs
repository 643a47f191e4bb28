//! Starting and stopping: the store, the engine and both listeners.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use nightlatch_core::time::Span;
use nightlatch_engine::clock::Clock;
use nightlatch_engine::{Engine, Options, PolicySource};
use nightlatch_store::Store;
use nightlatch_store::memory::MemoryStore;
use nightlatch_store_postgres::{Durability, PostgresOptions, PostgresStore};
use nightlatch_store_sqlite::SqliteStore;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::config::{Config, Listener, PolicyOwner, PublicUrl, StoreKind, StoreSection, store};
use crate::http::listen::Bound;
use crate::http::routed::routed;
use crate::management::rfc3339::rfc3339;
use crate::proxy::{self, Proxy};
use crate::server_state::ServerState;
use crate::{applications, browser, gateway, limits_log, management, policy_file};

/// A running server.
#[derive(Debug)]
pub(crate) struct Running {
    /// Where browsers reach it.
    pub(crate) browser: SocketAddr,
    /// Where operators reach it.
    pub(crate) management: SocketAddr,
    /// Where the applications behind it are reached.
    pub(crate) proxy: Option<SocketAddr>,
    /// Where Apache asks, if it may.
    pub(crate) fastcgi: Option<SocketAddr>,
    /// The first API key, told once.
    pub(crate) api_key: Option<String>,
    signals: StopSignals,
    drain: Drain,
    tasks: Tasks,
}

/// How the server tells whoever sends it requests that it is about to stop.
#[derive(Debug)]
struct Drain {
    begun: CancellationToken,
    lasts: Duration,
}

#[derive(Debug)]
struct Tasks {
    listeners: Vec<JoinHandle<anyhow::Result<()>>>,
    /// What follows the store and the file of the policy. They end with the listeners.
    followers: Vec<JoinHandle<()>>,
    engine: JoinHandle<()>,
    /// Ends the listeners.
    shutdown: CancellationToken,
    /// Ends the background work, once no request can ask for more of it.
    engine_shutdown: CancellationToken,
}

/// Opens the store of a configuration.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match config.store.kind {
        StoreKind::Memory => Arc::new(MemoryStore::default()),
        StoreKind::Postgres => Arc::new(open_postgres(&config.store).await?),
        StoreKind::Sqlite => {
            let path = &config.store.path;
            let store = SqliteStore::open(path);
            Arc::new(store.with_context(|| format!("store.path: cannot open the database {}", path.display()))?)
        }
    })
}

/// Opens the store of a server. One that somebody has put back knows nothing of the ends since, and would sign people in again who were
/// signed out: what becomes of its sessions is for people to say.
async fn open_store_to_serve(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    if config.store.kind != StoreKind::Postgres {
        return open_store(config).await;
    }
    let store = open_postgres(&config.store).await?;
    if let Some(restored) = store.restored().await.context("the store cannot be read")? {
        let file = config
            .source
            .as_ref()
            .map_or_else(|| Path::new("FILE"), |source| &source.path);
        bail!(
            "store.url: the database was put back to {}, which is {} ago: whoever was signed out since would be signed in again. Stop \
             all nodes, and say what is to become of its sessions: nightlatch store restored --sessions end --config {} (or keep, if \
             nothing was put back, and a standby took over or the server was moved while no node was there)",
            rfc3339(restored.latest),
            Span::from_secs(restored.behind.as_millis() / 1000),
            file.display()
        );
    }
    Ok(Arc::new(store))
}

/// Connects to a database, and brings it up to date.
pub(crate) async fn open_postgres(store: &StoreSection) -> anyhow::Result<PostgresStore> {
    let store = PostgresStore::connect(&postgres_options(store)?).await;
    store.context("store.url: the database cannot be used")
}

/// How the database of a configuration is reached.
pub(crate) fn postgres_options(store: &StoreSection) -> anyhow::Result<PostgresOptions> {
    let url = store.url.as_ref().context("store.url: it is missing")?;
    let mut options = PostgresOptions::new(url.as_str())
        .durability(match store.durability {
            store::Durability::Replicated => Durability::Replicated,
            store::Durability::Managed => Durability::Managed,
            store::Durability::Local => Durability::Local,
        })
        .connections(store.connections.get().into())
        .prepared_statements(store.prepared_statements)
        .end_bound(store.end_bound.to_std());
    if let Some(file) = &store.password_file {
        let password = std::fs::read_to_string(file);
        let password = password.with_context(|| format!("store.password_file: {} cannot be read", file.display()))?;
        options = options.password(Zeroizing::new(password.trim_end_matches(['\r', '\n']).to_owned()));
    }
    if let Some(file) = &store.root_certificates {
        options = options.root_certificates(file.to_path_buf());
    }
    Ok(options)
}

/// Starts everything. `extra` are pages beside the endpoints, on the listener for browsers.
pub(crate) async fn start(config: Config, extra: impl FnOnce(&Arc<ServerState>) -> Router) -> anyhow::Result<Running> {
    let signals = StopSignals::listen()?;
    // Without a listener it would end the process.
    let reload = signal(SignalKind::hangup()).context("signals cannot be received")?;
    // Addresses first: nothing is written when the server cannot start.
    let browser = Bound::bind(&config.server, "server.listen").await?;
    let management = Bound::bind(&config.management, "management.listen").await?;
    let fastcgi = bind(config.gateway.fastcgi.as_ref(), "gateway.fastcgi.listen").await?;
    #[cfg(feature = "envoy-grpc")]
    let envoy_grpc = bind(config.gateway.envoy_grpc.as_ref(), "gateway.envoy_grpc.listen").await?;
    let (browser_address, management_address) = (browser.address()?, management.address()?);
    let front = match &config.proxy {
        Some(section) => Some(proxy::Bound::bind(section).await?),
        None => None,
    };
    let front_address = front.as_ref().map(proxy::Bound::address).transpose()?;
    let config = with_bound_port(config, browser_address, front_address);
    let lasts = config.drain.to_std();

    if config.policy_owner == PolicyOwner::File && config.source.is_some() {
        policy_file::warn_of_lints(&config.policy);
    }
    let engine = open_engine(&config, browser_address).await?;
    limits_log::tell(&config, &engine.policy().1);
    let api_key = management::ensure_key(&engine)
        .await
        .context("the first API key cannot be stored")?;

    let (shutdown, engine_shutdown) = (CancellationToken::new(), CancellationToken::new());
    let server = Arc::new(ServerState::new(Arc::clone(&engine), &config, shutdown.clone()));
    let background = {
        let over = engine_shutdown.clone().cancelled_owned();
        tokio::spawn(async move { engine.run(over).await })
    };
    if let Err(error) = server.applications.read(&server.engine).await {
        tracing::warn!(%error, "no application is known until the store answers");
    }
    let followers = vec![
        tokio::spawn(applications::following::follow(Arc::clone(&server))),
        tokio::spawn(browser::abandoned::close(Arc::clone(&server))),
        tokio::spawn(policy_file::following::follow(Arc::clone(&server), reload)),
    ];
    let pages = extra(&server);
    let for_pages = browser::router(Arc::clone(&server), pages);
    let for_operators = management::router(Arc::clone(&server));
    let asked = Arc::clone(&server);
    let answer = move |request| browser::answer(Arc::clone(&asked), for_pages.clone(), request);
    let mut listeners = vec![
        listen(browser, answer, &shutdown),
        listen(
            management,
            move |request| routed(for_operators.clone(), request),
            &shutdown,
        ),
    ];
    if let (Some(front), Some(section)) = (front, &config.proxy) {
        let proxy = Proxy::new(&server, section, &config.sites)?;
        listeners.push(tokio::spawn(front.serve(Arc::new(proxy), shutdown.clone())));
    }
    let fastcgi_address = fastcgi.as_ref().map(Bound::address).transpose()?;
    listeners.extend(fastcgi.map(|bound| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            gateway::fastcgi::serve(bound, server).await;
            Ok(())
        })
    }));
    #[cfg(feature = "envoy-grpc")]
    listeners.extend(envoy_grpc.map(|bound| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            gateway::envoy_grpc::serve(bound, server).await;
            Ok(())
        })
    }));
    tracing::info!(browser = %browser_address, management = %management_address, "listening");
    let tasks = Tasks {
        listeners,
        followers,
        engine: background,
        shutdown,
        engine_shutdown,
    };
    Ok(Running {
        browser: browser_address,
        management: management_address,
        proxy: front_address,
        fastcgi: fastcgi_address,
        api_key,
        signals,
        drain: Drain {
            begun: server.draining.clone(),
            lasts,
        },
        tasks,
    })
}

async fn open_engine(config: &Config, browser: SocketAddr) -> anyhow::Result<Arc<Engine>> {
    let store = open_store_to_serve(config).await?;
    let clock = Clock::system(store.latest_instant().await.context("the store cannot be read")?);
    let options = Options {
        touch_interval: config.store.touch_interval,
        store_grace: config.store.grace,
        development: config.development,
        end_bound: config.store.end_bound,
        audit_kept: config.store.keep_audit,
        node_name: node_name(browser),
        ..Options::default()
    };
    let engine = Engine::open(store, clock, policy_source(config), options).await;
    engine.context("the store cannot be used")
}

/// What people call this node: its machine and the port that browsers reach.
fn node_name(browser: SocketAddr) -> Box<str> {
    let system = rustix::system::uname();
    let machine = system.nodename().to_string_lossy();
    format!("{machine}:{}", browser.port()).into()
}

fn listen<A, F>(bound: Bound, answer: A, shutdown: &CancellationToken) -> JoinHandle<anyhow::Result<()>>
where
    A: Fn(Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        bound.serve(answer, shutdown).await;
        Ok(())
    })
}

async fn bind(listener: Option<&Listener>, key: &str) -> anyhow::Result<Option<Bound>> {
    match listener {
        Some(listener) => Bound::bind(listener, key).await.map(Some),
        None => Ok(None),
    }
}

fn policy_source(config: &Config) -> PolicySource {
    let policy = config.policy.clone();
    match config.policy_owner {
        PolicyOwner::File => PolicySource::Given {
            policy,
            actor: policy_file::actor(config),
        },
        PolicyOwner::Server => PolicySource::Kept { first: policy },
    }
}

/// A port that was left to the system is part of the origin that pages have.
fn with_bound_port(mut config: Config, browser: SocketAddr, proxy: Option<SocketAddr>) -> Config {
    let asked = config
        .proxy
        .as_ref()
        .map_or(config.server.address, |proxy| proxy.listen);
    if config.public_url == PublicUrl::of_listener(asked) {
        config.public_url = PublicUrl::of_listener(proxy.unwrap_or(browser));
    }
    config
}

impl Running {
    /// Serves until the process is told to stop, and for as long as it takes until nobody sends anything any more; then stops in
    /// order. Whoever tells it twice is in a hurry.
    pub(crate) async fn until_stopped(mut self) -> anyhow::Result<()> {
        self.signals.received().await;
        if !self.drain.lasts.is_zero() {
            tracing::info!(
                seconds = self.drain.lasts.as_secs_f64(),
                "not ready any more; stopping soon"
            );
            self.drain.begun.cancel();
            tokio::select! {
                () = tokio::time::sleep(self.drain.lasts) => {}
                () = self.signals.received() => {}
            }
        }
        self.stop().await
    }

    /// Lets running requests finish, and then what they have begun; those whose clients hung up left something that is still
    /// being done. Then tells the store of all activity.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        tracing::info!("stopping");
        let Tasks {
            listeners,
            followers,
            engine,
            shutdown,
            engine_shutdown,
        } = self.tasks;
        shutdown.cancel();
        for listener in listeners {
            listener.await.context("a listener failed")??;
        }
        for follower in followers {
            follower.await.context("a follower failed")?;
        }
        engine_shutdown.cancel();
        engine.await.context("the background work failed")
    }
}

/// The signals that tell the process to stop. They are listened to before anything is started, so that none is missed.
#[derive(Debug)]
struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    fn listen() -> anyhow::Result<Self> {
        let on = |kind| signal(kind).context("signals cannot be received");
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
