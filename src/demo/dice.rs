//! Chance that can be repeated: each computer has dice of its own.

/// A stream of numbers (splitmix64).
pub struct Dice(u64);

impl Dice {
    /// The dice of one computer.
    pub fn new(seed: u64, number: u64) -> Dice {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 for 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// Whether something happens that happens `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of a list; the default of an empty one.
    pub fn one<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let at = self.below(list.len() as u64);
        list.get(at as usize).copied().unwrap_or_default()
    }

    /// One of a list whose first entries are the likeliest: versions, the newest first.
    pub fn newest<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let at = (0..list.len().saturating_sub(1)).take_while(|_| self.chance(45)).count();
        list.get(at).copied().unwrap_or_default()
    }

    /// One of a list by weight.
    pub fn weighted<T: Copy + Default>(&mut self, list: &[T], weight: impl Fn(&T) -> u64) -> T {
        let mut left = self.below(list.iter().map(&weight).sum());
        for entry in list {
            match left.checked_sub(weight(entry)) {
                Some(rest) => left = rest,
                None => return *entry,
            }
        }
        T::default()
    }
}
