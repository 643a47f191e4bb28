//! The packed word under every interleaving. Run with `RUSTFLAGS="--cfg loom" cargo test -p nightlatch-engine --release --test loom`.
#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use nightlatch_core::time::Instant;
use nightlatch_engine::word::{Touch, Word};

fn at(millis: i64) -> Instant {
    Instant::from_millis(millis)
}

/// Touches like the engine does: judge again as long as somebody else changes the word.
fn touch(word: &Word, seen: Instant) -> Touch {
    loop {
        match word.touch(word.read(), seen) {
            Touch::Changed => {}
            done => return done,
        }
    }
}

#[test]
fn a_touch_lands_before_the_close_or_not_at_all() {
    loom::model(|| {
        let word = Arc::new(Word::new(at(1), None));
        let touchers: Vec<_> = [5, 9]
            .map(|seen| {
                let word = Arc::clone(&word);
                thread::spawn(move || (seen, touch(&word, at(seen))))
            })
            .into();
        let closed = word.close();
        let after = word.read();
        assert!(after.closed);
        assert_eq!(after.seen, closed.seen, "nothing moves a closed word");
        for toucher in touchers {
            let (seen, outcome) = toucher.join().expect("a toucher");
            if let Touch::Recorded { .. } = outcome {
                assert!(closed.seen >= at(seen), "a recorded touch is in what the close found");
            }
        }
        assert_eq!(word.read().seen, closed.seen);
        assert_eq!(touch(&word, at(100)), Touch::Closed);
    });
}

#[test]
fn activity_never_goes_back_and_exactly_one_touch_tells_the_store() {
    loom::model(|| {
        let word = Arc::new(Word::new(at(1), None));
        let touchers: Vec<_> = [5, 9]
            .map(|seen| {
                let word = Arc::clone(&word);
                thread::spawn(move || touch(&word, at(seen)))
            })
            .into();
        let first = touchers
            .into_iter()
            .map(|toucher| toucher.join().expect("a toucher"))
            .filter(|outcome| *outcome == Touch::Recorded { first: true })
            .count();
        assert_eq!(first, 1);
        assert_eq!(word.read().seen, at(9));
        assert!(word.read().unstored_since.is_some());
    });
}

#[test]
fn a_flush_loses_no_touch() {
    loom::model(|| {
        let word = Arc::new(Word::new(at(1), Some(at(1))));
        let toucher = {
            let word = Arc::clone(&word);
            thread::spawn(move || touch(&word, at(5)))
        };
        let flushed = word.clean();
        let outcome = toucher.join().expect("a toucher");
        let left = word.read();
        assert_eq!(flushed.unstored_since, Some(at(1)));
        let left_since = (flushed.seen != at(5)).then_some(at(5));
        assert_eq!(
            left.unstored_since, left_since,
            "what was not flushed is dirty: {outcome:?}"
        );
    });
}

#[test]
fn what_could_not_be_flushed_is_flushed_with_what_came_since() {
    loom::model(|| {
        let word = Arc::new(Word::new(at(3), Some(at(1))));
        let flushed = word.clean();
        assert_eq!((flushed.seen, flushed.unstored_since), (at(3), Some(at(1))));
        let toucher = {
            let word = Arc::clone(&word);
            thread::spawn(move || touch(&word, at(5)))
        };
        word.soil(at(1));
        let _ = toucher.join().expect("a toucher");
        let left = word.read();
        assert_eq!((left.seen, left.unstored_since), (at(5), Some(at(1))));
    });
}

#[test]
fn an_eviction_never_drops_activity_the_store_does_not_know() {
    loom::model(|| {
        let word = Arc::new(Word::new(at(1), None));
        let toucher = {
            let word = Arc::clone(&word);
            thread::spawn(move || touch(&word, at(5)))
        };
        let evicted = word.close_if_clean();
        let outcome = toucher.join().expect("a toucher");
        if evicted {
            assert_eq!(outcome, Touch::Closed);
        } else {
            assert_eq!(outcome, Touch::Recorded { first: true });
        }
    });
}
