//! A copy in memory of something small in the file, for those who must not wait for the disk.

use std::sync::{Arc, PoisonError, RwLock};

use super::Error;

/// The copy. It is read anew after each change.
#[derive(Debug, Default)]
pub struct Kept<T>(RwLock<Arc<T>>);

impl<T> Kept<T> {
    /// A first copy.
    pub fn new(value: T) -> Kept<T> {
        Kept(RwLock::new(Arc::new(value)))
    }

    /// The copy as it is now.
    pub fn now(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the file again. Of two at once the later one sees what both changed, because each begins to read when it
    /// holds the copy.
    ///
    /// # Errors
    /// Those of `read`; the copy stays as it was then.
    pub fn renew(&self, read: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(read()?);
        Ok(())
    }
}
