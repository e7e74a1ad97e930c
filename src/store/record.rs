//! How a value is written and read back.
//!
//! A record is 8 bytes of checksum over table name, key and value, then one byte that says the
//! format of the value, then the value. Keys are bytes whose order is the order of what they stand for.

use std::fmt;
use std::marker::PhantomData;

use redb::TableDefinition;
use xxhash_rust::xxh3::Xxh3;

use crate::id::ComputerId;

use super::Error;

/// Bytes of the checksum in front of each value.
const CHECKSUM: usize = 8;

/// A table: its name in the file, and what its keys and values are.
pub struct Table<K, V> {
    name: &'static str,
    kinds: PhantomData<fn(K) -> V>,
}

impl<K, V> Table<K, V> {
    /// Declares a table. The name is part of the file: it never changes.
    pub const fn new(name: &'static str) -> Self {
        Table { name, kinds: PhantomData }
    }

    /// The name in the file.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// As the engine sees each table.
pub(super) fn definition(name: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

/// A value that can be stored.
pub trait Stored: Sized {
    /// Format that [`Stored::encode`] writes. A new shape takes a new number; `decode` knows the old ones.
    const FORMAT: u8;
    /// Appends the value's bytes.
    fn encode(&self, out: &mut Vec<u8>);
    /// Reads the bytes back. Never panics, whatever they are.
    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage>;
}

/// Why stored bytes are not taken for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The checksum does not match.
    Checksum,
    /// The bytes end too early.
    Short,
    /// The format number is not known to this release.
    Format(u8),
    /// The bytes have a shape that is never written.
    Shape,
    /// There is no record, though there must be one.
    Missing,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Checksum => f.write_str("its checksum does not match"),
            Damage::Short => f.write_str("it ends too early"),
            Damage::Format(number) => write!(f, "its format {number} is not known"),
            Damage::Shape => f.write_str("its bytes make no sense"),
            Damage::Missing => f.write_str("it is not there"),
        }
    }
}

/// A key as it is found in a table.
pub trait Key: Sized {
    /// Appends bytes that sort like the key does.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads the bytes back.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// What may be used to ask for a key of type `K`, so that text needs no copy.
pub trait KeyOf<K> {
    /// Appends the same bytes as the key itself would.
    fn write_key(&self, out: &mut Vec<u8>);
}

impl<K: Key> KeyOf<K> for K {
    fn write_key(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
}

impl KeyOf<String> for &str {
    fn write_key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

macro_rules! number_keys {
    ($($kind:ty),*) => { $(
        impl Key for $kind {
            fn write(&self, out: &mut Vec<u8>) { out.extend_from_slice(&self.to_be_bytes()); }
            fn read(bytes: &[u8]) -> Option<Self> { Some(<$kind>::from_be_bytes(bytes.try_into().ok()?)) }
        }
    )* };
}
number_keys!(u8, u16, u32, u64, u128);

impl Key for ComputerId {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        u32::read(bytes).map(ComputerId)
    }
}

impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

/// The first part has a fixed width, so the order of pairs is kept whatever the second part is.
macro_rules! pair_keys {
    ($($first:ty),*) => { $(
        impl<B: Key> Key for ($first, B) {
            fn write(&self, out: &mut Vec<u8>) { self.0.write(out); self.1.write(out); }
            fn read(bytes: &[u8]) -> Option<Self> {
                let (first, second) = bytes.split_at_checked(size_of::<$first>())?;
                Some((<$first>::read(first)?, B::read(second)?))
            }
        }
    )* };
}
pair_keys!(u8, u32, u64, ComputerId);

/// The bytes of a key.
pub(super) fn key_bytes<K>(key: &impl KeyOf<K>) -> Vec<u8> {
    let mut out = Vec::with_capacity(32);
    key.write_key(&mut out);
    out
}

/// The record of a value: checksum, format, bytes.
pub(super) fn seal<V: Stored>(table: &str, key: &[u8], value: &V) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(&[0; CHECKSUM]);
    out.push(V::FORMAT);
    value.encode(&mut out);
    let sum = checksum(table, key, &out[CHECKSUM..]);
    out[..CHECKSUM].copy_from_slice(&sum.to_le_bytes());
    out
}

/// The value of a record, after its checksum was looked at.
pub(super) fn open<V: Stored>(table: &'static str, key: &[u8], record: &[u8]) -> Result<V, Error> {
    open_as(table, key, record, &V::decode)
}

/// The same where something else than the whole value is read from format and bytes.
pub(super) fn open_as<P>(
    table: &'static str,
    key: &[u8],
    record: &[u8],
    read: &impl Fn(u8, &[u8]) -> Result<P, Damage>,
) -> Result<P, Error> {
    unseal(table, key, record, read).map_err(|why| Error::Damaged { table, key: hex(key), why })
}

fn unseal<P>(
    table: &str,
    key: &[u8],
    record: &[u8],
    read: &impl Fn(u8, &[u8]) -> Result<P, Damage>,
) -> Result<P, Damage> {
    let (sum, rest) = record.split_at_checked(CHECKSUM).ok_or(Damage::Short)?;
    if checksum(table, key, rest).to_le_bytes() != *sum {
        return Err(Damage::Checksum);
    }
    let (format, bytes) = rest.split_first().ok_or(Damage::Short)?;
    read(*format, bytes)
}

fn checksum(table: &str, key: &[u8], value: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(table.as_bytes());
    hash.update(&[0]);
    hash.update(&(key.len() as u32).to_le_bytes());
    hash.update(key);
    hash.update(value);
    hash.digest()
}

/// Bytes as people compare them.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Stored for u32 {
    const FORMAT: u8 = 1;
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, Damage> {
        bytes.try_into().map(u32::from_le_bytes).map_err(|_| Damage::Short)
    }
}

impl Stored for u64 {
    const FORMAT: u8 = 1;
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, Damage> {
        bytes.try_into().map(u64::from_le_bytes).map_err(|_| Damage::Short)
    }
}

impl Stored for Vec<u8> {
    const FORMAT: u8 = 1;
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, Damage> {
        Ok(bytes.to_vec())
    }
}

/// Stores a serde type as MessagePack with field names: a field added later with `#[serde(default)]`
/// needs no conversion, and common tools can read a dump of it.
#[macro_export]
macro_rules! named_record {
    ($kind:ty) => {
        impl $crate::store::Stored for $kind {
            const FORMAT: u8 = 1;
            fn encode(&self, out: &mut Vec<u8>) {
                rmp_serde::encode::write_named(out, self).expect("plain data written to memory has no way to fail");
            }
            fn decode(format: u8, bytes: &[u8]) -> Result<Self, $crate::store::Damage> {
                match format {
                    1 => rmp_serde::from_slice(bytes).map_err(|_| $crate::store::Damage::Shape),
                    other => Err($crate::store::Damage::Format(other)),
                }
            }
        }
    };
}
