//! What every case works with: the gateway, and sessions made over the management API.

use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::Args;
use super::exchange::{Answer, Request, send, upgrade};

/// Whose sessions they are.
pub(super) const SUBJECT: &str = "nightlatch-gateway-test";
const LOOKS_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(super) struct Kit<'a> {
    pub(super) args: &'a Args,
    /// Whether the application behind the gateway is the echo.
    pub(super) has_echo: bool,
    made: Mutex<Vec<String>>,
}

/// A session, and how requests name it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) handle: String,
    pub(super) token: String,
    /// Name and value.
    pub(super) cookie: String,
}

impl<'a> Kit<'a> {
    /// Looks whether the gateway is there, and what is behind it.
    pub(super) async fn new(args: &'a Args) -> anyhow::Result<Self> {
        let mut kit = Self {
            args,
            has_echo: false,
            made: Mutex::default(),
        };
        let session = kit.session().await?;
        let answer = kit
            .ask(&Request::fetch(&args.page).with("Cookie", &session.cookie))
            .await;
        let answer = answer.with_context(|| {
            format!(
                "nothing answers at http://{}; does the gateway run, and is this its address?",
                args.gateway.authority
            )
        })?;
        kit.has_echo = answer.is_echo();
        Ok(kit)
    }

    /// None: it said nothing.
    pub(super) async fn ask(&self, request: &Request) -> Option<Answer> {
        send(&self.args.gateway.address, &self.args.gateway.authority, request).await
    }

    /// The answer to a request that is none to be refused without a word.
    pub(super) async fn answer(&self, request: &Request) -> anyhow::Result<Answer> {
        self.ask(request)
            .await
            .context("the gateway closes the connection without an answer")
    }

    pub(super) async fn upgrade(&self, request: &Request) -> anyhow::Result<(Answer, bool)> {
        let upgraded = upgrade(&self.args.gateway.address, &self.args.gateway.authority, request).await;
        upgraded.context("the gateway closes the connection without an answer")
    }

    pub(super) async fn session(&self) -> anyhow::Result<Session> {
        self.session_with(&json!({})).await
    }

    /// A session that something else is said of.
    pub(super) async fn session_with(&self, members: &Value) -> anyhow::Result<Session> {
        let mut body = json!({ "subject": SUBJECT, "amr": ["pwd", "otp"] });
        if let Some(application) = &self.args.application {
            body["application"] = json!(application);
        }
        for (member, value) in members.as_object().into_iter().flatten() {
            body[member] = value.clone();
        }
        let made = self.args.connection.post("sessions", &body).await?;
        let session = Session::of(&made)?;
        if let Ok(mut all) = self.made.lock() {
            all.push(session.handle.clone());
        }
        Ok(session)
    }

    /// The person authenticates again.
    pub(super) async fn reauthenticate(&self, session: &Session) -> anyhow::Result<Session> {
        let path = format!("sessions/{}/reauthenticate", session.handle);
        Session::of(&self.args.connection.post(&path, &json!({ "subject": SUBJECT })).await?)
    }

    pub(super) async fn end(&self, session: &Session) -> anyhow::Result<()> {
        self.args
            .connection
            .delete(&format!("sessions/{}", session.handle))
            .await?;
        Ok(())
    }

    /// What the management API says of a session.
    pub(super) async fn state(&self, session: &Session) -> anyhow::Result<Value> {
        Ok(self
            .args
            .connection
            .get(&format!("sessions/{}", session.handle))
            .await?)
    }

    /// Waits until a session is in a phase.
    pub(super) async fn until(&self, session: &Session, phase: &str) -> anyhow::Result<()> {
        let reached = async {
            while self.state(session).await?["phase"] != phase {
                tokio::time::sleep(LOOKS_AGAIN).await;
            }
            anyhow::Ok(())
        };
        match tokio::time::timeout(self.args.wait, reached).await {
            Ok(reached) => reached,
            Err(_) => bail!(
                "a session is not {phase} within {} s; is its idle limit longer than --wait?",
                self.args.wait.as_secs()
            ),
        }
    }

    /// Leaves nothing behind. What cannot be ended now ends by itself.
    pub(super) async fn end_sessions(&self) {
        let made = self
            .made
            .lock()
            .map(|mut made| std::mem::take(&mut *made))
            .unwrap_or_default();
        for handle in made {
            drop(self.args.connection.delete(&format!("sessions/{handle}")).await);
        }
    }
}

impl Session {
    fn of(made: &Value) -> anyhow::Result<Self> {
        let text = |member: &str| {
            made[member]
                .as_str()
                .with_context(|| format!("the API answers no `{member}`"))
        };
        let cookie = text("set_cookie")?.split(';').next().unwrap_or_default();
        Ok(Self {
            handle: text("handle")?.to_owned(),
            token: text("token")?.to_owned(),
            cookie: cookie.to_owned(),
        })
    }
}
