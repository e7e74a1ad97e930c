//! Passwords at rest: argon2id, with its parameters in the stored string, so that they can be raised later.
//!
//! What a new password must be like is in [`super::rules`]; how many are worked on at once in
//! [`super::hashing`]. Source: SEC-51, SEC-52.

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};

use super::Error;
use super::secrets::{random, same};
use crate::buffer;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The least that SEC-51 allows, and the default.
    pub const LEAST: Cost = Cost { memory: 19_456, passes: 2, lanes: 1 };
    /// Stored strings that ask for more are not worked on: they were not written here.
    const MOST: Cost = Cost { memory: 1 << 20, passes: 64, lanes: 16 };

    fn params(self) -> Result<Params, Error> {
        Params::new(self.memory, self.passes, self.lanes, None).map_err(|error| Error::Hash(error.into()))
    }

    /// The hash of a password.
    fn work(self, password: &[u8], salt: &[u8]) -> Result<[u8; 32], Error> {
        let params = self.params()?;
        let mut memory = buffer::passing(params.block_count());
        memory.resize(params.block_count(), Block::default());
        let mut hash = [0; 32];
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let worked = hasher.hash_password_into_with_memory(password, salt, &mut hash, &mut memory);
        worked.map_err(|error| Error::Hash(error.into()))?;
        Ok(hash)
    }

    fn within(self, most: Cost) -> bool {
        self.memory <= most.memory && self.passes <= most.passes && self.lanes <= most.lanes
    }
}

impl Default for Cost {
    fn default() -> Cost {
        Cost::LEAST
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Right {
        /// The stored string has weaker parameters than today's: hash the password anew and store that.
        rehash: bool,
    },
    /// It is not, or there is no such account.
    Wrong,
}

/// Hashes and compares passwords. Every call takes some ten milliseconds and `Cost::memory`: go through
/// [`super::Hashing`].
#[derive(Clone)]
pub struct Passwords {
    cost: Cost,
    /// Compared with when there is no account, so that the time is the same.
    nobody: String,
}

impl Passwords {
    /// Longest password in bytes; longer ones are never right.
    pub const LONGEST: usize = 256;

    /// For this cost. Works one hash out.
    ///
    /// # Errors
    /// [`Error::Hash`] when the cost makes no sense, [`Error::Random`].
    pub fn new(cost: Cost) -> Result<Passwords, Error> {
        let unknown: [u8; 32] = random()?;
        Ok(Passwords { cost, nobody: hash(cost, &unknown)? })
    }

    /// The string to store: `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
    ///
    /// # Errors
    /// [`Error::Hash`] when there is not enough memory, [`Error::Random`].
    pub fn hash(&self, password: &str) -> Result<String, Error> {
        hash(self.cost, password.as_bytes())
    }

    /// Compares a password with the stored string of its account; `None` for an account that is not there.
    ///
    /// A string that cannot be read, and no account, take as long as a wrong password.
    ///
    /// # Errors
    /// [`Error::Hash`] when there is not enough memory.
    pub fn verify(&self, stored: Option<&str>, password: &str) -> Result<Verdict, Error> {
        let known = stored.and_then(Stored::read);
        let there = known.is_some() && password.len() <= Passwords::LONGEST;
        let compared = match known {
            Some(known) => known,
            None => Stored::read(&self.nobody).ok_or(Error::Hash(argon2::password_hash::Error::EncodingInvalid))?,
        };
        // A longer one is not worked on as a whole, but does take its time.
        let bytes = password.as_bytes();
        let equal = compared.fits(bytes.get(..Passwords::LONGEST).unwrap_or(bytes))?;
        Ok(if equal && there { Verdict::Right { rehash: !self.cost.within(compared.cost) } } else { Verdict::Wrong })
    }

    /// Whether a stored string has weaker parameters than today's, or cannot be read.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        Stored::read(stored).is_none_or(|stored| !self.cost.within(stored.cost))
    }
}

fn hash(cost: Cost, password: &[u8]) -> Result<String, Error> {
    let salt: [u8; 16] = random()?;
    let told = |error: argon2::password_hash::phc::Error| Error::Hash(error.into());
    let hashed = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&cost.params()?).map_err(Error::Hash)?,
        salt: Some(Salt::new(&salt).map_err(told)?),
        hash: Some(Output::new(&cost.work(password, &salt)?).map_err(told)?),
    };
    Ok(hashed.to_string())
}

/// A stored string taken apart.
struct Stored {
    cost: Cost,
    hash: PasswordHash,
}

impl Stored {
    /// `None` for other algorithms and versions, for missing parts and for costs beyond reason.
    fn read(text: &str) -> Option<Stored> {
        let hash = PasswordHash::new(text).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let cost = Cost { memory: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
        let known = algorithm == Algorithm::Argon2id && hash.version == Some(Version::V0x13.into());
        let whole = hash.salt.is_some() && hash.hash.as_ref().is_some_and(|output| output.len() == 32);
        (known && whole && cost.within(Cost::MOST)).then_some(Stored { cost, hash })
    }

    fn fits(&self, password: &[u8]) -> Result<bool, Error> {
        let (Some(salt), Some(expected)) = (&self.hash.salt, &self.hash.hash) else { return Ok(false) };
        Ok(same(&self.cost.work(password, salt)?, expected.as_ref()))
    }
}

/// Cheap enough for tests without optimization.
/// Digits and small letters without those that are taken for others.
const LETTERS: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";

/// A password for who cannot choose one now: 80 random bits in groups of four letters, typed once.
///
/// # Errors
/// [`Error::Random`].
pub fn one_time() -> Result<String, Error> {
    let bytes: [u8; 16] = super::secrets::random()?;
    let letters: Vec<char> =
        bytes.iter().map(|byte| char::from(LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'x'))).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

#[cfg(test)]
pub(super) const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_51_the_default_is_argon2id_with_its_parameters_in_the_string() {
        let passwords = Passwords::new(Cost::default()).unwrap();
        let stored = passwords.hash("correct horse battery staple").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(
            passwords.verify(Some(&stored), "correct horse battery staple").unwrap(),
            Verdict::Right { rehash: false }
        );
        assert_eq!(passwords.verify(Some(&stored), "correct horse battery stapl").unwrap(), Verdict::Wrong);
    }

    #[test]
    fn sec_51_salts_differ() {
        let passwords = Passwords::new(CHEAP).unwrap();
        assert_ne!(passwords.hash("one").unwrap(), passwords.hash("one").unwrap());
    }

    #[test]
    fn sec_51_a_raised_cost_asks_for_a_new_hash_at_the_next_log_in() {
        let before = Passwords::new(CHEAP).unwrap();
        let stored = before.hash("tulip-harbour-42").unwrap();
        for raised in [Cost { memory: 128, ..CHEAP }, Cost { passes: 2, ..CHEAP }] {
            let after = Passwords::new(raised).unwrap();
            assert!(after.needs_rehash(&stored) && !before.needs_rehash(&stored));
            assert_eq!(after.verify(Some(&stored), "tulip-harbour-42").unwrap(), Verdict::Right { rehash: true });
            let anew = after.hash("tulip-harbour-42").unwrap();
            assert!(!before.needs_rehash(&anew), "a lowered cost keeps what is stronger");
        }
    }

    #[test]
    fn sec_52_no_account_and_strings_that_were_not_written_here_are_as_a_wrong_password() {
        let passwords = Passwords::new(CHEAP).unwrap();
        let good = passwords.hash("x").unwrap();
        let strings = [
            String::new(),
            "21232f297a57a5a743894a0e4a801fc3".to_owned(),
            "$2y$10$abcdefghijklmnopqrstuuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            good.replace("argon2id", "argon2i"),
            good.replace("m=64", "m=4000000000"),
            good.replace("t=1", "t=4000000000"),
            good.replace("v=19", "v=16"),
            good.rsplit_once('$').unwrap().0.to_owned(),
        ];
        for stored in strings.iter().map(|text| Some(text.as_str())).chain([None]) {
            assert_eq!(passwords.verify(stored, "x").unwrap(), Verdict::Wrong, "{stored:?}");
            assert_eq!(passwords.verify(stored, "").unwrap(), Verdict::Wrong, "{stored:?}");
        }
    }

    #[test]
    fn sec_51_256_bytes_are_all_looked_at_and_more_are_never_right() {
        let passwords = Passwords::new(CHEAP).unwrap();
        let long = "x".repeat(256);
        let stored = passwords.hash(&long).unwrap();
        assert_eq!(passwords.verify(Some(&stored), &long).unwrap(), Verdict::Right { rehash: false });
        assert_eq!(passwords.verify(Some(&stored), &long[..255]).unwrap(), Verdict::Wrong);
        assert_eq!(passwords.verify(Some(&stored), &format!("{long}y")).unwrap(), Verdict::Wrong);
    }
}
