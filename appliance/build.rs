//! Tells the program which source it was built from and when. Nothing else is decided at build time.

fn main() {
    println!("cargo:rerun-if-env-changed=SOURCE_DATE_EPOCH");
}
