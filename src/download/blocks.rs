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
/// Blocks that are kept: 32 MiB.
const KEPT: usize = 128;

/// Package, fragment, block.
type Key = (u32, u32, u64);
/// A block that is there, or is being read.
pub type Cell = Arc<OnceCell<Bytes>>;

/// The blocks that are kept.
#[derive(Debug, Default)]
pub struct Blocks {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    cells: HashMap<Key, Cell>,
    order: VecDeque<Key>,
}

impl Blocks {
    /// The place of a block; the oldest one makes room.
    pub fn cell(&self, key: Key) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = kept.cells.get(&key) {
            return cell.clone();
        }
        while kept.order.len() >= KEPT {
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
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            file.read_exact(&mut bytes)?;
            Ok::<_, io::Error>(Bytes::from(bytes))
        });
        read.await.map_err(io::Error::other)?
    };
    cell.get_or_try_init(read).await.cloned()
}
