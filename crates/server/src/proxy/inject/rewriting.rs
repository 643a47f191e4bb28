//! The way of a page through: decoded, looked at tag by tag, with one line more, and encoded again.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use lol_html::html_content::{ContentType, Element, EndTag};
use lol_html::send::{ElementContentHandlers, HtmlRewriter, Settings};
use lol_html::{AsciiCompatibleEncoding, HandlerResult, MemorySettings, OutputSink};

use super::coding::{Coding, Decoder, Encoder};
use super::policy::{Policies, Way};
use super::{Injection, Site};
use crate::latch::Latch;

/// A tag larger than this is not looked at, and what follows passes unseen.
const MEMORY: usize = 256 * 1024;
/// Decoded at once: what is small encoded may be large.
const PIECE: usize = 4096;

/// A page on its way.
pub(super) struct Rewriting {
    decoder: Decoder,
    /// None once a byte order mark has said that tags are no tags here, and after the end.
    rewriter: Option<HtmlRewriter<'static, Written>>,
    encoder: Option<Encoder>,
    written: Written,
    page: Arc<Mutex<Page>>,
    latch: Arc<Latch>,
    begun: bool,
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
        latch: &Arc<Latch>,
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
            latch: Arc::clone(latch),
            begun: false,
        }
    }

    /// The body that comes out.
    pub(super) fn of(self, inner: Body) -> Rewritten {
        Rewritten {
            inner,
            rewriting: self,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    fn rewrite(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        for piece in piece.chunks(PIECE) {
            let decoded = self.decoder.decode(piece)?;
            out.extend(self.look_at(&decoded)?);
        }
        Ok(out)
    }

    fn look_at(&mut self, html: &[u8]) -> io::Result<Vec<u8>> {
        if html.is_empty() {
            return Ok(Vec::new());
        }
        if !self.begun {
            self.begun = true;
            // UTF-16, whatever else is said. One byte alone is no page.
            if html.starts_with(&[0xfe]) || html.starts_with(&[0xff]) {
                self.rewriter = None;
                lock(&self.page).outcome = Some("charset");
            }
        }
        let rewritten = match &mut self.rewriter {
            Some(rewriter) => {
                rewriter.write(html).map_err(io::Error::other)?;
                std::mem::take(&mut *lock(&self.written.0))
            }
            None => html.to_vec(),
        };
        match &mut self.encoder {
            Some(encoder) if !rewritten.is_empty() => encoder.encode(&rewritten),
            _ => Ok(Vec::new()),
        }
    }

    fn end(&mut self) -> io::Result<Vec<u8>> {
        let rest = self.decoder.end()?;
        let mut out = self.look_at(&rest)?;
        if let Some(rewriter) = self.rewriter.take() {
            rewriter.end().map_err(io::Error::other)?;
        }
        let rest = std::mem::take(&mut *lock(&self.written.0));
        if let Some(mut encoder) = self.encoder.take() {
            out.extend(encoder.encode(&rest)?);
            out.extend(encoder.end()?);
        }
        let outcome = lock(&self.page).outcome.unwrap_or("no-place");
        self.latch.metrics.proxy.injection(outcome);
        Ok(out)
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

/// The body of a page that has been looked at.
pub(super) struct Rewritten {
    inner: Body,
    rewriting: Rewriting,
    ready: VecDeque<Frame<Bytes>>,
    ended: bool,
}

impl HttpBody for Rewritten {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            let out = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rewriting.rewrite(&data),
                    // Trailers are of the bytes as they were.
                    Err(_) => continue,
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    self.ended = true;
                    self.rewriting.end()
                }
            };
            match out {
                Ok(out) if out.is_empty() => {}
                Ok(out) => self.ready.push_back(Frame::data(out.into())),
                Err(error) => {
                    self.ended = true;
                    self.rewriting.latch.metrics.proxy.injection("broken");
                    return Poll::Ready(Some(Err(axum::Error::new(error))));
                }
            }
        }
    }
}
