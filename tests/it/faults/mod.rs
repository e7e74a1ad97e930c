//! What a power cut or a bad disk may leave behind, image by image, each opened in a process of its own.
//!
//! With `ROLLCALL_FAULTS=N` in the environment the counts are those of level N (REL-3, REL-5), else those of level C.

mod children;
mod damage;
mod power;
mod recorder;
mod story;

/// Whether the counts of the night are wanted.
fn nightly() -> bool {
    std::env::var("ROLLCALL_FAULTS").is_ok_and(|level| level == "N")
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn of(seed: u64) -> Dice {
        Dice(seed)
    }

    /// splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}
