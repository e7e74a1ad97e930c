//! A copy in memory of something small in the file, for those who must not wait for the disk.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::Error;

/// The copy. It is read anew after each change.
#[derive(Debug, Default)]
pub struct Kept<T> {
    copy: RwLock<Arc<T>>,
    /// Held by whoever reads the file: nobody who looks at the copy waits for the disk.
    reading: Mutex<()>,
}

impl<T> Kept<T> {
    /// A first copy.
    pub fn new(value: T) -> Kept<T> {
        Kept { copy: RwLock::new(Arc::new(value)), reading: Mutex::default() }
    }

    /// The copy as it is now.
    pub fn now(&self) -> Arc<T> {
        self.copy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again. Of two at once the later one sees what both changed, because each begins to read when the
    /// other is done.
    ///
    /// # Errors
    /// Those of `read`; the copy stays as it was then.
    pub fn renew(&self, read: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Arc::new(read()?);
        *self.copy.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}
