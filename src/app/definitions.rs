//! What administrators define, in memory: read for every agent, changed a few times a year.

use crate::accountinfo::fields::{Field, store as fields};
use crate::dictionary::{self, Dictionary};
use crate::duplicates::Blacklists;
use crate::protocol::reply::Param;
use crate::registry::store as registry;
use crate::store::{Error, Kept, Reader, Store};

/// The definitions as they are now.
pub struct Definitions {
    /// The junk lists.
    pub junk: Kept<Blacklists>,
    /// The fields of administrative data, in their order.
    pub fields: Kept<Vec<Field>>,
    /// The registry queries as agents are told them.
    pub registry: Kept<Vec<Param>>,
    /// The dictionary of software.
    pub dictionary: Kept<Dictionary>,
}

impl Definitions {
    pub(super) fn load(store: &Reader) -> Result<Definitions, Error> {
        Ok(Definitions {
            junk: Kept::new(Blacklists::load(store)?),
            fields: Kept::new(fields::all(store)?),
            registry: Kept::new(registry::params(store)?),
            dictionary: Kept::new(dictionary::store::load(store)?),
        })
    }

    /// Reads them again, after a change. The dictionary, which may be long, has a door of its own.
    ///
    /// # Errors
    /// Those of the store.
    pub fn renew(&self, store: &Store) -> Result<(), Error> {
        self.junk.renew(|| Blacklists::load(&store.read()?))?;
        self.fields.renew(|| fields::all(&store.read()?))?;
        self.registry.renew(|| registry::params(&store.read()?))
    }

    /// Reads the dictionary again, after a change.
    ///
    /// # Errors
    /// Those of the store.
    pub fn renew_dictionary(&self, store: &Store) -> Result<(), Error> {
        self.dictionary.renew(|| dictionary::store::load(&store.read()?))
    }

    /// Takes them from a file that was opened anew.
    pub(super) fn reopened(&self, store: &Reader) -> Result<(), Error> {
        self.junk.renew(|| Blacklists::load(store))?;
        self.fields.renew(|| fields::all(store))?;
        self.registry.renew(|| registry::params(store))?;
        self.dictionary.renew(|| dictionary::store::load(store))
    }
}
