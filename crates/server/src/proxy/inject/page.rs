//! The body of a page on its way through.
//!
//! Nothing of it goes on before all that came with it has been read, up to a bound: until then it can still pass as it is.
//! It does where it cannot be read, and where a few bytes turn into more than any page has.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};

use super::rewriting::Rewriting;

/// So much is kept as it came.
const KEPT: usize = 64 * 1024;
/// No page is so many times larger than what is sent of it, once it is larger than a megabyte.
const RATIO: usize = 100;
const LARGE: usize = 1 << 20;
/// Decoded before others get their turn.
const TURN: usize = 128 * 1024;
/// Sent on at once, where more is to come without waiting.
const FULL: usize = 32 * 1024;

type Piece = Option<Result<Frame<Bytes>, axum::Error>>;

pub(super) struct PageBody {
    inner: Body,
    /// What has come and was not looked at yet.
    input: Bytes,
    /// Whether more can be read with nothing more coming.
    more: bool,
    state: State,
}

enum State {
    /// Nothing has gone on yet.
    Held {
        rewriting: Rewriting,
        kept: Kept,
    },
    Rewritten(Rewriting),
    AsItIs(VecDeque<Bytes>),
    Ended,
}

/// What came so far, and what it was when it was read.
#[derive(Default)]
struct Kept {
    pieces: VecDeque<Bytes>,
    length: usize,
    decoded: usize,
}

/// What is to be done next.
enum Next {
    Give(Bytes),
    /// Look again.
    Again,
    /// Wait for more of the body.
    More,
}

impl PageBody {
    pub(super) fn new(inner: Body, rewriting: Rewriting) -> Self {
        Self {
            inner,
            input: Bytes::new(),
            more: false,
            state: State::Held {
                rewriting,
                kept: Kept::default(),
            },
        }
    }

    /// One more piece has come.
    fn take_in(&mut self, data: Bytes) {
        match &mut self.state {
            State::Held { kept, .. } => {
                kept.length += data.len();
                kept.pieces.push_back(data.clone());
                self.input = data;
            }
            State::Rewritten(_) => self.input = data,
            State::AsItIs(pieces) => pieces.push_back(data),
            State::Ended => {}
        }
    }

    /// Reads a bounded part of what has come.
    fn step(&mut self, read: &mut usize) -> Next {
        if let State::AsItIs(pieces) = &mut self.state {
            return pieces.pop_front().map_or(Next::More, Next::Give);
        }
        if self.input.is_empty() && !self.more {
            return self.go_on();
        }
        let (State::Held { rewriting, .. } | State::Rewritten(rewriting)) = &mut self.state else {
            return Next::More;
        };
        let taken = match rewriting.step(&self.input) {
            Ok(taken) => taken,
            Err(error) => return self.fail(error),
        };
        *read += taken.decoded;
        self.more = taken.more;
        self.input = self.input.split_off(taken.used);
        match &mut self.state {
            State::Held { kept, rewriting } => {
                kept.decoded += taken.decoded;
                if kept.decoded > LARGE && kept.decoded / RATIO > kept.length {
                    rewriting.give_up("inflated");
                    tracing::warn!(
                        sent = kept.length,
                        "a page turns into more than {RATIO} times what was sent of it; it passes without the SDK"
                    );
                    return self.pass_as_it_is();
                }
                Next::Again
            }
            State::Rewritten(rewriting) if rewriting.waiting() >= FULL => self.go_on(),
            _ => Next::Again,
        }
    }

    /// Sends on what has been read. What is held waits for what can be had without waiting.
    fn go_on(&mut self) -> Next {
        match &mut self.state {
            State::Held { kept, .. } if kept.length <= KEPT => Next::More,
            State::Held { .. } | State::Rewritten(_) => self.give(),
            State::AsItIs(_) | State::Ended => Next::More,
        }
    }

    fn give(&mut self) -> Next {
        if let State::Held { rewriting, .. } = &self.state
            && !rewriting.is_unsent()
        {
            return Next::More;
        }
        self.state = match std::mem::replace(&mut self.state, State::Ended) {
            State::Held { rewriting, .. } => State::Rewritten(rewriting),
            state => state,
        };
        let State::Rewritten(rewriting) = &mut self.state else {
            return Next::More;
        };
        match rewriting.take() {
            Ok(out) if out.is_empty() => Next::More,
            Ok(out) => Next::Give(out.into()),
            Err(error) => self.fail(error),
        }
    }

    /// It cannot be read.
    fn fail(&mut self, error: io::Error) -> Next {
        if let State::Held { rewriting, .. } | State::Rewritten(rewriting) = &self.state {
            rewriting.give_up("broken");
        }
        tracing::debug!(%error, "a page cannot be read");
        if matches!(self.state, State::Held { .. }) {
            return self.pass_as_it_is();
        }
        // Some of it has gone on in another form: the rest has no meaning any more.
        self.inner = Body::from_stream(futures_util::stream::once(async { Err::<Bytes, _>(error) }));
        self.state = State::AsItIs(VecDeque::new());
        self.input = Bytes::new();
        self.more = false;
        Next::More
    }

    fn pass_as_it_is(&mut self) -> Next {
        let pieces = match std::mem::replace(&mut self.state, State::Ended) {
            State::Held { kept, .. } => kept.pieces,
            _ => VecDeque::new(),
        };
        self.state = State::AsItIs(pieces);
        self.input = Bytes::new();
        self.more = false;
        Next::Again
    }

    /// Nothing more comes.
    fn end(&mut self) -> Piece {
        let (State::Held { rewriting, .. } | State::Rewritten(rewriting)) = &mut self.state else {
            self.state = State::Ended;
            return None;
        };
        match rewriting.end() {
            Ok(rest) => {
                self.state = State::Ended;
                (!rest.is_empty()).then(|| Ok(Frame::data(rest.into())))
            }
            Err(error) => match self.fail(error) {
                Next::Give(piece) => Some(Ok(Frame::data(piece))),
                Next::Again | Next::More => match &mut self.state {
                    State::AsItIs(pieces) => pieces.pop_front().map(|piece| Ok(Frame::data(piece))),
                    _ => None,
                },
            },
        }
    }
}

impl HttpBody for PageBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Piece> {
        let mut read = 0;
        loop {
            if matches!(self.state, State::Ended) {
                return Poll::Ready(None);
            }
            match self.step(&mut read) {
                Next::Give(piece) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                Next::Again if read >= TURN => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Next::Again => continue,
                Next::More => {}
            }
            match Pin::new(&mut self.inner).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers are of the bytes as they were.
                    if let Ok(data) = frame.into_data() {
                        self.take_in(data);
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => {
                    if let Some(piece) = self.end() {
                        return Poll::Ready(Some(piece));
                    }
                }
                Poll::Pending => {
                    // Nobody knows when more comes: what was read so far is shown.
                    return match self.state {
                        State::Held { .. } => match self.give() {
                            Next::Give(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
                            Next::Again | Next::More => Poll::Pending,
                        },
                        _ => Poll::Pending,
                    };
                }
            }
        }
    }
}
