//! Inventories: what agents say about a computer, and how it is kept.
//!
//! *Section*: an element of an inventory with fields (MEMORIES). *Row*: one element of a section.
//! *Cell*: the value of one field in one row, kept as it was sent.

pub mod sections;
