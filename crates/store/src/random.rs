//! The one place where randomness enters.

/// Random bytes from the operating system. Without them no secret is safe, so the process stops.
#[expect(clippy::disallowed_methods, reason = "the one place where randomness enters")]
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[cfg(feature = "repeatable")]
    if repeatable::fill(&mut bytes) {
        return bytes;
    }
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "the operating system gives no random bytes; nothing can be made secret without them");
        std::process::abort();
    }
    bytes
}

#[cfg(feature = "repeatable")]
pub use self::repeatable::repeat;

#[cfg(feature = "repeatable")]
mod repeatable {
    use std::cell::Cell;

    thread_local! {
        static STATE: Cell<Option<u64>> = const { Cell::new(None) };
    }

    /// From now on all that is random in this thread follows from a seed: tokens are no secret any more. For tests.
    pub fn repeat(seed: u64) {
        STATE.set(Some(seed));
    }

    pub(super) fn fill(bytes: &mut [u8]) -> bool {
        let Some(mut state) = STATE.get() else { return false };
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64 (Steele, Lea and Flood 2014).
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
        STATE.set(Some(state));
        true
    }
}
