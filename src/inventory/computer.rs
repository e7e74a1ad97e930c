//! What is kept about a computer: the hot record and the cold one.
//!
//! **Hot** is written by every inventory: who it is, the hashes by which an unchanged inventory is
//! recognised, times, columns, and the sections that change at each contact. **Cold** holds all other
//! sections as one compressed block, written when one of them changed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use super::codec::{Input, put_bytes, put_number, put_text};
use super::columns::Columns;
use crate::clock::Timestamp;
use crate::store::{Damage, Stored};

/// The hot record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computer {
    /// DEVICEID as the agent spells it.
    pub device: String,
    /// Hash of the stable sections as they were sent; 0 when unknown.
    pub stable: u128,
    /// Hash of the software sections as they were sent; 0 when unknown.
    pub software: u128,
    /// First inventory, by our clock.
    pub first_seen: Timestamp,
    /// Latest inventory received, by our clock.
    pub last_inventory: Timestamp,
    /// The field's LASTDATE: when the latest inventory was made.
    pub last_date: Timestamp,
    /// The field's CHECKSUM: what changed since a consumer last looked.
    pub checksum: u64,
    /// The cold record holds sections that the latest inventory did not mention.
    pub carried: bool,
    /// What lists show.
    pub columns: Columns,
    /// Sections that change at each contact, encoded by [`super::rows`].
    pub volatile: Vec<u8>,
}

impl Computer {
    /// What is known of a computer whose record is damaged: its identifier. Without hashes, its next inventory is
    /// stored whole.
    pub fn damaged(device: &str) -> Computer {
        Computer {
            device: device.to_owned(),
            stable: 0,
            software: 0,
            first_seen: Timestamp(0),
            last_inventory: Timestamp(0),
            last_date: Timestamp(0),
            checksum: 0,
            carried: true,
            columns: Columns::default(),
            volatile: Vec::new(),
        }
    }
}

impl Stored for Computer {
    const FORMAT: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, &self.device);
        out.extend_from_slice(&self.stable.to_le_bytes());
        out.extend_from_slice(&self.software.to_le_bytes());
        for time in [self.first_seen, self.last_inventory, self.last_date] {
            out.extend_from_slice(&time.packed().to_le_bytes());
        }
        out.extend_from_slice(&self.checksum.to_le_bytes());
        out.push(u8::from(self.carried));
        put_number(out, self.columns.iter().count() as u64);
        self.columns.iter().for_each(|value| put_text(out, value));
        put_bytes(out, &self.volatile);
    }

    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        if format != 1 {
            return Err(Damage::Format(format));
        }
        let mut input = Input::new(bytes);
        let device = input.text()?.to_owned();
        let (stable, software) = (input.u128()?, input.u128()?);
        let mut time = || input.u32().map(Timestamp::unpacked);
        let (first_seen, last_inventory, last_date) = (time()?, time()?, time()?);
        let checksum = input.u64()?;
        let carried = input.byte()? != 0;
        let count = input.count()?;
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(input.text()?.to_owned());
        }
        let volatile = input.bytes()?.to_vec();
        let columns = Columns::of(values);
        Ok(Computer {
            device,
            stable,
            software,
            first_seen,
            last_inventory,
            last_date,
            checksum,
            carried,
            columns,
            volatile,
        })
    }
}

/// The cold record: a block of sections, compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cold {
    /// Number of the dictionary; 0 for none.
    dictionary: u32,
    /// Bytes of the block before it was compressed.
    length: u64,
    packed: Vec<u8>,
}

impl Stored for Cold {
    const FORMAT: u8 = 1;

    fn encode(&self, out: &mut Vec<u8>) {
        put_number(out, u64::from(self.dictionary));
        put_number(out, self.length);
        out.extend_from_slice(&self.packed);
    }

    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        if format != 1 {
            return Err(Damage::Format(format));
        }
        let mut input = Input::new(bytes);
        let (dictionary, length) = (input.small()?, input.number()?);
        Ok(Cold { dictionary, length, packed: input.rest().to_vec() })
    }
}

/// Good compression for blocks of some kilobytes; higher levels cost more than they save.
const LEVEL: i32 = 3;
/// No block is larger: bodies are bounded where they come in.
const LARGEST: u64 = 256 << 20;

/// Dictionaries trained on the office's own inventories. A record names its dictionary, so none is
/// ever removed; new records use the newest.
#[derive(Default)]
pub struct Dictionaries(RwLock<Known>);

#[derive(Default)]
struct Known {
    newest: u32,
    encoders: HashMap<u32, Arc<EncoderDictionary<'static>>>,
    decoders: HashMap<u32, Arc<DecoderDictionary<'static>>>,
}

thread_local! {
    /// One compressor a thread, with the number of the dictionary that it was made for.
    static COMPRESSOR: RefCell<Option<(u32, Compressor<'static>)>> = const { RefCell::new(None) };
}

impl Dictionaries {
    /// Makes a dictionary known and uses it for new records.
    pub fn add(&self, number: u32, bytes: &[u8]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.encoders.insert(number, Arc::new(EncoderDictionary::copy(bytes, LEVEL)));
        known.decoders.insert(number, Arc::new(DecoderDictionary::copy(bytes)));
        known.newest = known.newest.max(number);
    }

    /// Number of the newest dictionary; 0 when there is none yet.
    pub fn newest(&self) -> u32 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).newest
    }

    /// Compresses a block.
    pub fn pack(&self, block: &[u8]) -> std::io::Result<Cold> {
        let (number, encoder) = {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            (known.newest, known.encoders.get(&known.newest).cloned())
        };
        let packed = COMPRESSOR.with_borrow_mut(|kept| {
            if kept.as_ref().is_none_or(|(of, _)| *of != number) {
                let compressor = match &encoder {
                    Some(dictionary) => Compressor::with_prepared_dictionary(leak(dictionary))?,
                    None => Compressor::new(LEVEL)?,
                };
                *kept = Some((number, compressor));
            }
            let (_, compressor) = kept.as_mut().ok_or(std::io::ErrorKind::Other)?;
            compressor.compress(block)
        })?;
        Ok(Cold { dictionary: number, length: block.len() as u64, packed })
    }

    /// The block of a record.
    pub fn unpack(&self, cold: &Cold) -> Result<Vec<u8>, Damage> {
        if cold.length > LARGEST {
            return Err(Damage::Shape);
        }
        let mut decompressor = if cold.dictionary == 0 {
            Decompressor::new().map_err(|_| Damage::Shape)?
        } else {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let dictionary = known.decoders.get(&cold.dictionary).cloned().ok_or(Damage::Shape)?;
            drop(known);
            return Decompressor::with_prepared_dictionary(&dictionary)
                .and_then(|mut it| it.decompress(&cold.packed, cold.length as usize))
                .map_err(|_| Damage::Shape);
        };
        decompressor.decompress(&cold.packed, cold.length as usize).map_err(|_| Damage::Shape)
    }
}

/// A compressor borrows its dictionary for as long as it lives, and lives as long as its thread. There
/// are a handful of dictionaries in the life of an installation, each a few kilobytes.
fn leak(dictionary: &Arc<EncoderDictionary<'static>>) -> &'static EncoderDictionary<'static> {
    Box::leak(Box::new(dictionary.clone()))
}

/// Trains a dictionary on blocks of some hundred computers.
pub fn train(blocks: &[Vec<u8>]) -> std::io::Result<Vec<u8>> {
    zstd::dict::from_samples(blocks, 32 << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(count: usize) -> Vec<Vec<u8>> {
        let block = |n: usize| {
            format!("MEMORIES DIMM {n} 16384 DDR4 2666 NETWORKS 10.0.{n}.7 02:00:5E:10:00:{n:02X} ").repeat(4)
        };
        (0..count).map(|n| block(n).into_bytes()).collect()
    }

    #[test]
    fn a_computer_is_read_as_it_was_written() {
        let mut columns = Columns::default();
        columns.set(super::super::columns::NAME, "PC-1 é");
        let computer = Computer {
            device: "pc-1-2026-02-03-08-15-42".into(),
            stable: 1 << 100,
            software: 7,
            first_seen: Timestamp(1),
            last_inventory: Timestamp(2),
            last_date: Timestamp(3),
            checksum: 131_071,
            carried: true,
            columns,
            volatile: vec![1, 2, 3],
        };
        let mut bytes = Vec::new();
        computer.encode(&mut bytes);
        assert_eq!(Computer::decode(1, &bytes), Ok(computer));
        for length in 0..bytes.len() {
            assert!(Computer::decode(1, &bytes[..length]).is_err());
        }
        assert_eq!(Computer::decode(9, &bytes), Err(Damage::Format(9)));
    }

    #[test]
    fn blocks_packed_before_and_after_a_dictionary_are_both_read() {
        let dictionaries = Dictionaries::default();
        let blocks = blocks(400);
        let before = dictionaries.pack(&blocks[0]).unwrap();
        dictionaries.add(1, &train(&blocks).unwrap());
        let after = dictionaries.pack(&blocks[0]).unwrap();
        assert_eq!(dictionaries.unpack(&before).unwrap(), blocks[0]);
        assert_eq!(dictionaries.unpack(&after).unwrap(), blocks[0]);
        assert!(after.packed.len() < before.packed.len());
    }
}
