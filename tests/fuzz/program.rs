//! One program for every target, because to link it is most of the work. Its environment names the target.

#![no_main]

use std::sync::LazyLock;

mod targets;

/// The variable that names it.
const NAME: &str = "ROLLCALL_FUZZ_TARGET";

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var(NAME).unwrap_or_default();
    let found = targets::TARGETS.iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("{NAME}={name} names no target")).1
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| RUN(bytes));
