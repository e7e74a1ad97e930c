//! Tells the program when it was built. Nothing else is decided at build time.

/// 2025-01-01: no build is older. For builds that say nothing themselves; releases say the time of their source.
const FIRST_DAY: &str = "1735689600";

fn main() {
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().filter(|text| text.parse::<i64>().is_ok());
    println!("cargo:rustc-env=BUILT_AT={}", given.as_deref().unwrap_or(FIRST_DAY));
}
