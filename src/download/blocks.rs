//! Hot parts of fragments in memory: a thousand agents fetch the same package at the same time.
//!
//! A block is read once, however many wait for it, and given out as shared memory. The bound is on what is kept; a
//! slow reader holds a small piece of its own and no block.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::{self, Bytes};
use tokio::sync::OnceCell;

/// Bytes of a block.
pub const BLOCK: u64 = 256 << 10;

/// Package, fragment, block.
type Key = (u32, u32, u64);
/// A block that is there, or is being read.
pub type Cell = Arc<OnceCell<Bytes>>;

/// The blocks that are kept.
#[derive(Debug)]
pub struct Blocks {
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Debug, Default)]
struct Kept {
    cells: HashMap<Key, Cell>,
    order: VecDeque<Key>,
}

impl Blocks {
    /// Keeps so many bytes, one block at least.
    pub fn new(bytes: usize) -> Blocks {
        Blocks { kept: Mutex::default(), most: (bytes / BLOCK as usize).max(1) }
    }

    /// The place of a block; the oldest one makes room.
    pub fn cell(&self, key: Key) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = kept.cells.get(&key) {
            return cell.clone();
        }
        while kept.order.len() >= self.most {
            let Some(oldest) = kept.order.pop_front() else { break };
            kept.cells.remove(&oldest);
        }
        let cell = Cell::default();
        kept.cells.insert(key, cell.clone());
        kept.order.push_back(key);
        cell
    }
}

/// The block, read from the file by the first who asks.
///
/// # Errors
/// The file cannot be read, or is shorter than it was made.
pub async fn block(cell: Cell, path: Arc<PathBuf>, from: u64, length: u64) -> io::Result<Bytes> {
    let read = || async {
        let read = web::block(move || {
            let mut file = File::open(path.as_path())?;
            file.seek(SeekFrom::Start(from))?;
            // Not zeroed before: with many packages in use, most blocks are read anew.
            let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
            if file.take(length).read_to_end(&mut bytes)? as u64 != length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok::<_, io::Error>(Bytes::from(bytes))
        });
        read.await.map_err(io::Error::other)?
    };
    cell.get_or_try_init(read).await.cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_the_oldest_goes_first() {
        let blocks = Blocks::new(2 * BLOCK as usize + 1);
        let first = blocks.cell((1, 1, 0));
        assert!(Arc::ptr_eq(&first, &blocks.cell((1, 1, 0))), "one place for all who want it");
        blocks.cell((1, 1, 1));
        blocks.cell((1, 2, 0));
        assert_eq!(lock(&blocks), [(1, 1, 1), (1, 2, 0)]);
        assert!(!Arc::ptr_eq(&first, &blocks.cell((1, 1, 0))), "read anew");
        let none = Blocks::new(0);
        none.cell((1, 1, 0));
        none.cell((1, 1, 1));
        assert_eq!(lock(&none), [(1, 1, 1)], "one block at least");
    }

    fn lock(blocks: &Blocks) -> Vec<Key> {
        blocks.kept.lock().unwrap().order.iter().copied().collect()
    }

    #[actix_web::test]
    async fn a_file_that_is_shorter_than_it_was_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = Arc::new(folder.path().join("1-1"));
        std::fs::write(path.as_path(), b"0123456789").unwrap();
        assert_eq!(block(Cell::default(), path.clone(), 2, 5).await.unwrap(), "23456");
        assert!(block(Cell::default(), path, 2, 9).await.is_err());
    }
}
