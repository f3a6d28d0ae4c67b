//! Owned randomness: every draw comes from a named stream, never from a global generator.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The stream `name` of `owner`, at its beginning.
///
/// Streams of different owners or names are independent; the same pair always gives the same
/// draws, whatever else runs. `owner` is a cell's identity or a data set's fingerprint; a stream
/// that is needed again at every epoch or step carries the number in its `name`, so that a
/// resumed cell needs no generator state.
#[must_use]
pub fn stream(owner: &impl ToString, name: &str) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new_derive_key("assay random stream, version 1");
    let owner = owner.to_string();
    hasher.update(&(owner.len() as u64).to_le_bytes());
    hasher.update(owner.as_bytes());
    hasher.update(name.as_bytes());
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::Rng;

    #[test]
    fn a_stream_depends_on_its_owner_and_its_name_and_on_nothing_else() {
        let first = |owner: &str, name: &str| stream(&owner, name).next_u64();
        assert_eq!(first("cell", "order 1"), first("cell", "order 1"));
        assert_ne!(first("cell", "order 1"), first("cell", "order 2"));
        assert_ne!(first("cell", "order"), first("cel", "lorder"));
    }
}
