//! Look-up by keys that are hashes already, seeded ones: hashing them again would be time spent for nothing.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map from seeded 128-bit hashes.
pub(super) type Hashed<V> = HashMap<u128, V, BuildHasherDefault<Taken>>;

/// Takes a part of the key for its hash.
#[derive(Debug, Default, Clone)]
pub(super) struct Taken(u64);

impl Hasher for Taken {
    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only for keys of another kind, which there are none of.
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
