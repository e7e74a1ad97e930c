//! Latencies in buckets: powers of two, each parted into 64, so that a value is known to less than two per cent.

use std::time::Duration;

/// Buckets of one power of two.
const PARTS: u64 = 64;

/// Counts of latencies in microseconds.
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    largest: u64,
}

impl Histogram {
    /// Nothing was counted yet.
    pub fn new() -> Histogram {
        Histogram { counts: vec![0; bucket(u64::from(u32::MAX)) + 1], total: 0, largest: 0 }
    }

    /// Counts one latency.
    pub fn add(&mut self, latency: Duration) {
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).min(u64::from(u32::MAX));
        self.counts[bucket(microseconds)] += 1;
        self.total += 1;
        self.largest = self.largest.max(microseconds);
    }

    /// The latency in milliseconds that this share of requests did not exceed.
    pub fn at(&self, share: f64) -> f64 {
        let wanted = ((self.total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return highest(bucket).min(self.largest) as f64 / 1000.0;
            }
        }
        0.0
    }

    /// The longest latency in milliseconds.
    pub fn largest(&self) -> f64 {
        self.largest as f64 / 1000.0
    }
}

/// The bucket of a value: exact below 2 × PARTS, then PARTS buckets for each power of two.
fn bucket(value: u64) -> usize {
    let shift = (64 - value.leading_zeros()).saturating_sub(PARTS.ilog2() + 1);
    (u64::from(shift) * PARTS + (value >> shift)) as usize
}

/// The highest value of a bucket.
fn highest(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / PARTS).saturating_sub(1);
    ((bucket - shift * PARTS + 1) << shift) - 1
}

/// The buckets have no gaps and each value lies in the one that says so; the load program looks before each run.
pub fn verify() {
    let mut next = 0;
    for bucket_number in 0..bucket(u64::from(u32::MAX)) {
        let highest = highest(bucket_number);
        assert!(bucket(next) == bucket_number && bucket(highest) == bucket_number, "bucket {bucket_number}");
        assert!(highest - next <= (next / PARTS).max(1), "bucket {bucket_number} is too wide");
        next = highest + 1;
    }
}
