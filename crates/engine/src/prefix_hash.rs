//! The hash of the live table.

use std::hash::{BuildHasherDefault, Hasher};

/// A digest is uniform already: its first eight bytes are its hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PrefixHasher(u64);

impl Hasher for PrefixHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(prefix) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*prefix);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(crate) type PrefixHash = BuildHasherDefault<PrefixHasher>;
