//! Large memory for a short time.

/// Bytes above which the allocators of all systems ask the system for memory and give it back at once. Below that, one
/// large buffer makes glibc keep the next ones of its size for later, on every thread that ever had one.
const GOES_BACK: usize = 33 << 20;

/// An empty list with room for so many; its memory goes back to the system when it is dropped. What is not touched
/// takes none.
pub fn passing<T>(room: usize) -> Vec<T> {
    Vec::with_capacity(room.max(GOES_BACK / size_of::<T>().max(1)))
}
