//! What is kept about a computer: the hot record and the cold one.
//!
//! **Hot** is written by every inventory: who it is, the hashes by which an unchanged inventory is
//! recognised, times, columns, and the sections that change at each contact. **Cold** holds all other
//! sections as one compressed block, written when one of them changed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

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

impl Computer {
    /// Its bytes as they are compressed, for training a dictionary.
    pub fn sample(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 << 10);
        self.write(&mut bytes);
        bytes
    }

    /// Appends everything that is known of it.
    fn write(&self, out: &mut Vec<u8>) {
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

    fn read(bytes: &[u8]) -> Result<Self, Damage> {
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

/// The hot record as it is stored: compressed once there is a dictionary for that, plain before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hot(Packed);

impl Stored for Hot {
    /// In the first format all of them were plain.
    const FORMAT: u8 = 2;

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(format: u8, bytes: &[u8]) -> Result<Self, Damage> {
        match format {
            1 => Ok(Hot(Packed { dictionary: 0, length: bytes.len() as u64, packed: bytes.to_vec() })),
            2 => Packed::decode(1, bytes).map(Hot),
            other => Err(Damage::Format(other)),
        }
    }
}

/// The cold record: a block of sections, compressed.
pub type Cold = Packed;

/// Bytes, compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Number of the dictionary; 0 for none.
    dictionary: u32,
    /// Bytes of the block before it was compressed.
    length: u64,
    packed: Vec<u8>,
}

impl Packed {
    /// It was packed before there was a dictionary.
    pub fn is_older(&self) -> bool {
        self.dictionary == 0
    }
}

impl Hot {
    /// It was written before there was a dictionary.
    pub fn is_older(&self) -> bool {
        self.0.is_older()
    }
}

impl Stored for Packed {
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
        Ok(Packed { dictionary, length, packed: input.rest().to_vec() })
    }
}

/// Good compression for blocks of some kilobytes; higher levels cost more than they save.
const LEVEL: i32 = 3;
/// No block is larger: one that is is not packed, so that whatever is stored can be read.
const LARGEST: u64 = 256 << 20;

/// Dictionaries trained on the office's own inventories. A record names its dictionary, so none is
/// ever removed; new records use the newest of their kind.
#[derive(Default)]
pub struct Dictionaries(RwLock<HashMap<u32, &'static Prepared>>);

/// What a dictionary is for, with its number in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// Cold records.
    Cold = 1,
    /// Hot records.
    Hot = 2,
}

impl Kind {
    /// Both.
    pub const ALL: [Kind; 2] = [Kind::Cold, Kind::Hot];
}

/// A dictionary ready for use. Compressors borrow it for as long as they live, and live as long as their thread: it
/// stays in memory until the program ends. There are two in the life of an installation, each some kilobytes.
struct Prepared {
    encoder: EncoderDictionary<'static>,
    decoder: DecoderDictionary<'static>,
}

/// A compressor and a decompressor, with the place of the dictionary that they were made for.
type Coders<T> = RefCell<Vec<(usize, T)>>;

thread_local! {
    static COMPRESSORS: Coders<Compressor<'static>> = const { RefCell::new(Vec::new()) };
    static DECOMPRESSORS: Coders<Decompressor<'static>> = const { RefCell::new(Vec::new()) };
}

impl Dictionaries {
    /// Makes a dictionary known, to be used for new records of its kind as well.
    pub fn add(&self, number: u32, bytes: &[u8]) {
        let prepared =
            Prepared { encoder: EncoderDictionary::copy(bytes, LEVEL), decoder: DecoderDictionary::copy(bytes) };
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(number, Box::leak(Box::new(prepared)));
    }

    /// Whether there is a dictionary of this kind yet.
    pub fn has(&self, kind: Kind) -> bool {
        self.prepared(kind as u32).is_some()
    }

    fn prepared(&self, number: u32) -> Option<&'static Prepared> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&number).copied()
    }

    /// Compresses a block.
    pub fn pack(&self, block: &[u8]) -> std::io::Result<Cold> {
        let dictionary = self.prepared(Kind::Cold as u32);
        let packed = compress(block, dictionary)?;
        Ok(Packed { dictionary: dictionary.map_or(0, |_| Kind::Cold as u32), length: block.len() as u64, packed })
    }

    /// The block of a record.
    pub fn unpack(&self, cold: &Cold) -> Result<Vec<u8>, Damage> {
        if cold.length > LARGEST {
            return Err(Damage::Shape);
        }
        let dictionary = match cold.dictionary {
            0 => None,
            number => Some(self.prepared(number).ok_or(Damage::Shape)?),
        };
        let place = dictionary.map_or(0, |dictionary| std::ptr::from_ref(dictionary) as usize);
        let make = || match dictionary {
            Some(dictionary) => Decompressor::with_prepared_dictionary(&dictionary.decoder),
            None => Decompressor::new(),
        };
        coded(&DECOMPRESSORS, place, make, |coder| coder.decompress(&cold.packed, cold.length as usize))
            .map_err(|_| Damage::Shape)
    }

    /// A hot record.
    pub fn pack_hot(&self, computer: &Computer) -> std::io::Result<Hot> {
        let whole = computer.sample();
        let length = whole.len() as u64;
        Ok(Hot(match self.prepared(Kind::Hot as u32) {
            // Alone it is too short to gain much, and compressing it without a dictionary takes longer than with one.
            None => Packed { dictionary: 0, length, packed: whole },
            Some(dictionary) => {
                Packed { dictionary: Kind::Hot as u32, length, packed: compress(&whole, Some(dictionary))? }
            }
        }))
    }

    /// The computer of a hot record.
    pub fn unpack_hot(&self, hot: &Hot) -> Result<Computer, Damage> {
        if hot.0.dictionary == 0 {
            return Computer::read(&hot.0.packed);
        }
        Computer::read(&self.unpack(&hot.0)?)
    }
}

fn compress(block: &[u8], dictionary: Option<&'static Prepared>) -> std::io::Result<Vec<u8>> {
    if block.len() as u64 > LARGEST {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    let place = dictionary.map_or(0, |dictionary| std::ptr::from_ref(dictionary) as usize);
    let make = || {
        let mut compressor = match dictionary {
            Some(dictionary) => Compressor::with_prepared_dictionary(&dictionary.encoder)?,
            None => Compressor::new(LEVEL)?,
        };
        // Length and dictionary stand in the record.
        compressor.include_contentsize(false)?;
        compressor.include_dictid(false)?;
        Ok(compressor)
    };
    coded(&COMPRESSORS, place, make, |coder| coder.compress(block))
}

/// Uses this thread's coder for a dictionary; making one takes longer than using it.
fn coded<T>(
    coders: &'static std::thread::LocalKey<Coders<T>>,
    place: usize,
    make: impl FnOnce() -> std::io::Result<T>,
    with: impl FnOnce(&mut T) -> std::io::Result<Vec<u8>>,
) -> std::io::Result<Vec<u8>> {
    coders.with_borrow_mut(|coders| {
        let at = match coders.iter().position(|(of, _)| *of == place) {
            Some(at) => at,
            None => {
                coders.push((place, make()?));
                coders.len() - 1
            }
        };
        let (_, coder) = coders.get_mut(at).ok_or(std::io::ErrorKind::Other)?;
        with(coder)
    })
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
        computer.write(&mut bytes);
        assert_eq!(Computer::read(&bytes).as_ref(), Ok(&computer));
        for length in 0..bytes.len() {
            assert!(Computer::read(&bytes[..length]).is_err());
        }
        let dictionaries = Dictionaries::default();
        let plain = dictionaries.pack_hot(&computer).unwrap();
        dictionaries.add(Kind::Hot as u32, &train(&blocks(400)).unwrap());
        let packed = dictionaries.pack_hot(&computer).unwrap();
        for hot in [&plain, &packed] {
            let mut record = Vec::new();
            hot.encode(&mut record);
            let back = Hot::decode(2, &record).unwrap();
            assert_eq!(dictionaries.unpack_hot(&back).as_ref(), Ok(&computer));
            assert_eq!(Hot::decode(9, &record), Err(Damage::Format(9)));
        }
        let first_format = Hot::decode(1, &bytes).unwrap();
        assert_eq!(dictionaries.unpack_hot(&first_format).as_ref(), Ok(&computer));
        assert_ne!(plain, packed);
        assert_eq!(Dictionaries::default().unpack_hot(&packed), Err(Damage::Shape), "its dictionary is not there");
    }

    /// What is too large to be read must not be told to be stored.
    #[test]
    fn what_could_not_be_read_back_is_not_packed() {
        let dictionaries = Dictionaries::default();
        assert!(dictionaries.pack(&vec![0; LARGEST as usize + 1]).is_err());
        dictionaries.add(Kind::Hot as u32, &train(&blocks(400)).unwrap());
        let computer = Computer { volatile: vec![0; LARGEST as usize], ..Computer::damaged("pc") };
        assert!(dictionaries.pack_hot(&computer).is_err());
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
