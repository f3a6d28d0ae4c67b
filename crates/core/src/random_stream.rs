//! Reproducible randomness: every random number comes from a named stream, never from a global
//! generator.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The random stream `name` of `owner`, at its start.
///
/// The same pair always gives the same numbers; different owners or names give independent streams.
/// `owner` is the identity of a cell or the fingerprint of a data set. Streams that are needed at
/// every epoch or step contain its number in `name`, so that a resumed cell does not have to store
/// the state of a generator.
#[must_use]
pub fn random_stream(owner: &impl ToString, name: &str) -> ChaCha8Rng {
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
    fn streams_depend_on_owner_and_name() {
        let first = |owner: &str, name: &str| random_stream(&owner, name).next_u64();
        assert_eq!(first("cell", "order 1"), first("cell", "order 1"));
        assert_ne!(first("cell", "order 1"), first("cell", "order 2"));
        assert_ne!(first("cell", "order"), first("cel", "lorder"));
    }
}
