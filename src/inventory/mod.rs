//! Inventories: what agents say about a computer, and how it is kept.
//!
//! *Section*: an element of an inventory with fields (MEMORIES). *Row*: one element of a section.
//! *Cell*: the value of one field in one row, kept as it was sent. An *inventory* is what one message said;
//! a *computer* is what we keep: a hot record, a cold one and a list of software (ARCHITECTURE.md, "The store").

pub mod codec;
pub mod columns;
pub mod computer;
pub mod cut;
pub mod rows;
pub mod sections;
pub mod software;
pub mod store;

pub use columns::{COLUMNS, ColumnId, Columns};
pub use computer::{Cold, Computer, Dictionaries};
