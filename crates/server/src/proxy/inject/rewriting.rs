//! The way of a page through: decoded, looked at tag by tag, with one line more, and encoded again.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lol_html::html_content::{ContentType, Element, EndTag};
use lol_html::send::{ElementContentHandlers, HtmlRewriter, Settings};
use lol_html::{AsciiCompatibleEncoding, HandlerResult, MemorySettings, OutputSink};

use super::coding::{Coding, Decoder, Encoder};
use super::policy::{Policies, Way};
use super::{Injection, Site};
use crate::server_state::ServerState;

/// A tag larger than this is not looked at, and what follows passes unseen.
const MEMORY: usize = 256 * 1024;

/// What one step has taken.
#[derive(Debug)]
pub(super) struct Taken {
    /// Bytes of what has come.
    pub(super) used: usize,
    /// How many they are with their coding taken off.
    pub(super) decoded: usize,
    /// Whether there is more in them.
    pub(super) more: bool,
}

/// A page on its way.
pub(super) struct Rewriting {
    decoder: Decoder,
    /// None once a byte order mark has said that tags are no tags here, and after the end.
    rewriter: Option<HtmlRewriter<'static, Written>>,
    encoder: Option<Encoder>,
    written: Written,
    page: Arc<Mutex<Page>>,
    server: Arc<ServerState>,
    begun: bool,
    /// Whether something was written since the last time it was taken.
    unsent: bool,
}

/// What is known of a page so far.
struct Page {
    injection: Arc<Injection>,
    policies: Policies,
    site: Site,
    /// Why nothing is put into it, or that it was.
    outcome: Option<&'static str>,
}

/// What the rewriter has written and nobody has taken.
#[derive(Clone, Debug, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl OutputSink for Written {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        lock(&self.0).extend_from_slice(chunk);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rewriting {
    pub(super) fn new(
        injection: &Arc<Injection>,
        server: &Arc<ServerState>,
        site: Site,
        policies: Policies,
        coding: Coding,
        charset: AsciiCompatibleEncoding,
    ) -> Self {
        let page = Arc::new(Mutex::new(Page {
            injection: Arc::clone(injection),
            policies,
            site,
            outcome: None,
        }));
        let written = Written::default();
        Self {
            decoder: Decoder::new(coding),
            rewriter: Some(rewriter(injection, &page, charset, written.clone())),
            encoder: Some(Encoder::new(coding)),
            written,
            page,
            server: Arc::clone(server),
            begun: false,
            unsent: false,
        }
    }

    /// Takes one more step through what has come, and says how much of it that was.
    pub(super) fn step(&mut self, input: &[u8]) -> io::Result<Taken> {
        let step = self.decoder.step(input)?;
        self.look_at(&step.decoded)?;
        Ok(Taken {
            used: step.used,
            decoded: step.decoded.len(),
            more: step.more,
        })
    }

    /// How much is ready to go on.
    pub(super) fn waiting(&self) -> usize {
        self.encoder.as_ref().map_or(0, Encoder::waiting)
    }

    /// Whether anything is to go on.
    pub(super) fn is_unsent(&self) -> bool {
        self.unsent
    }

    /// All that is to go on so far. Codings have a mark for that, so that it is asked for only where there is something.
    pub(super) fn take(&mut self) -> io::Result<Vec<u8>> {
        match &mut self.encoder {
            Some(encoder) if std::mem::take(&mut self.unsent) => encoder.take(),
            _ => Ok(Vec::new()),
        }
    }

    pub(super) fn end(&mut self) -> io::Result<Vec<u8>> {
        let rest = self.decoder.end()?;
        self.look_at(&rest)?;
        self.let_rest_pass()?;
        let outcome = lock(&self.page).outcome.unwrap_or("no-place");
        self.server.metrics.proxy.injection(outcome);
        match self.encoder.take() {
            Some(encoder) => encoder.end(),
            None => Ok(Vec::new()),
        }
    }

    /// Says why the page passes as it is, or is cut off.
    pub(super) fn give_up(&self, why: &'static str) {
        self.server.metrics.proxy.injection(why);
    }

    fn look_at(&mut self, html: &[u8]) -> io::Result<()> {
        if html.is_empty() {
            return Ok(());
        }
        if !self.begun {
            self.begun = true;
            // UTF-16, whatever else is said. One byte alone is no page.
            if html.starts_with(&[0xfe]) || html.starts_with(&[0xff]) {
                self.rewriter = None;
                lock(&self.page).outcome = Some("charset");
            }
        }
        let Some(rewriter) = &mut self.rewriter else {
            return self.put(html);
        };
        rewriter.write(html).map_err(io::Error::other)?;
        if lock(&self.page).outcome.is_some() {
            return self.let_rest_pass();
        }
        self.put_written()
    }

    /// Nothing more is looked for.
    fn let_rest_pass(&mut self) -> io::Result<()> {
        if let Some(rewriter) = self.rewriter.take() {
            rewriter.end().map_err(io::Error::other)?;
        }
        self.put_written()
    }

    fn put_written(&mut self) -> io::Result<()> {
        let written = std::mem::take(&mut *lock(&self.written.0));
        self.put(&written)
    }

    fn put(&mut self, html: &[u8]) -> io::Result<()> {
        match &mut self.encoder {
            Some(encoder) if !html.is_empty() => {
                self.unsent = true;
                encoder.put(html)
            }
            _ => Ok(()),
        }
    }
}

fn rewriter(
    injection: &Injection,
    page: &Arc<Mutex<Page>>,
    charset: AsciiCompatibleEncoding,
    written: Written,
) -> HtmlRewriter<'static, Written> {
    let places = &injection.places;
    let (head, body, meta, base, script) = [(); 5].map(|()| Arc::clone(page)).into();
    let memory = MemorySettings::new()
        .with_max_allowed_memory_usage(MEMORY)
        .with_graceful_bail_out_on_memory_limit_exceeded(true);
    let settings = Settings::new_send()
        .with_encoding(charset)
        .with_memory_settings(memory)
        .with_strict(false)
        .append_element_content_handler((
            std::borrow::Cow::Borrowed(&places.meta),
            ElementContentHandlers::default().element(move |element: &mut Tag<'_, '_>| {
                lock(&meta).look_at_meta(element);
                Ok(())
            }),
        ))
        .append_element_content_handler((
            std::borrow::Cow::Borrowed(&places.base),
            ElementContentHandlers::default().element(move |element: &mut Tag<'_, '_>| {
                lock(&base).look_at_base(element);
                Ok(())
            }),
        ))
        .append_element_content_handler((
            std::borrow::Cow::Borrowed(&places.script),
            ElementContentHandlers::default().element(move |element: &mut Tag<'_, '_>| {
                lock(&script).look_at_script(element);
                Ok(())
            }),
        ))
        .append_element_content_handler((
            std::borrow::Cow::Borrowed(&places.head),
            ElementContentHandlers::default().element(move |element: &mut Tag<'_, '_>| {
                let page = Arc::clone(&head);
                // What the head says of scripts has been said by its end.
                element.on_end_tag(Box::new(move |end: &mut EndTag<'_>| -> HandlerResult {
                    if end.name() == "head"
                        && let Some(line) = lock(&page).line()
                    {
                        end.before(&line, ContentType::Html);
                    }
                    Ok(())
                }))
            }),
        ))
        .append_element_content_handler((
            std::borrow::Cow::Borrowed(&places.body),
            ElementContentHandlers::default().element(move |element: &mut Tag<'_, '_>| {
                if let Some(line) = lock(&body).line() {
                    element.prepend(&line, ContentType::Html);
                }
                Ok(())
            }),
        ));
    HtmlRewriter::new(settings, written)
}

type Tag<'r, 't> = Element<'r, 't, lol_html::send::SendHandlerTypes>;

impl Page {
    /// The line, once, at the first place where it may stand.
    fn line(&mut self) -> Option<String> {
        if self.outcome.is_some() {
            return None;
        }
        let way = self.policies.way(&self.site);
        self.outcome = Some(if way.is_some() { "injected" } else { "csp" });
        let tag = &self.injection.tag;
        way.map(|way| match way {
            Way::Plain => tag.to_string(),
            Way::Nonce(nonce) => tag.replacen("<script", &format!("<script nonce=\"{nonce}\""), 1),
        })
    }

    fn look_at_meta(&mut self, meta: &Tag<'_, '_>) {
        let name = meta.get_attribute("http-equiv").unwrap_or_default();
        if name.trim().eq_ignore_ascii_case("content-security-policy") {
            let text = meta.get_attribute("content").unwrap_or_default();
            self.policies.add(&unescaped(&text));
        }
    }

    /// Addresses of the page may lead to another origin.
    fn look_at_base(&mut self, base: &Tag<'_, '_>) {
        let href = base.get_attribute("href").unwrap_or_default();
        let plain = href.starts_with('/') && !href.starts_with("//") && !href.contains(['\\', '&']);
        let relative = !href.contains([':', '\\', '&']) && !href.starts_with('/');
        if !plain && !relative {
            self.outcome.get_or_insert("base");
        }
    }

    fn look_at_script(&mut self, script: &Tag<'_, '_>) {
        let source = script.get_attribute("src").unwrap_or_default();
        if source.contains(&*self.injection.prefix) {
            self.outcome.get_or_insert("present");
        }
    }
}

/// The quotes of sources, where somebody has escaped them. What else is escaped makes a source that is not known.
fn unescaped(text: &str) -> String {
    text.replace("&#39;", "'").replace("&apos;", "'").replace("&#x27;", "'")
}
