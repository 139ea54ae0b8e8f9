//! Chance that can be repeated: a seed is printed, and can be given.
//!
//! Owns: a stream of numbers (xorshift64*). Consumes: `PITSTOP_TEST_SEED`. Never: is good enough for
//! anything but tests.

/// A stream of numbers.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// From `PITSTOP_TEST_SEED`, or else from the clock; says which.
    ///
    /// # Panics
    /// When the variable is no number.
    #[must_use]
    #[expect(clippy::print_stderr, reason = "whoever sees the test fail wants to repeat it")]
    pub fn from_environment() -> Self {
        let given = std::env::var("PITSTOP_TEST_SEED").ok();
        let seed = given.map_or_else(host::journal::unix_ms, |text| {
            text.parse().unwrap_or_else(|_| panic!("PITSTOP_TEST_SEED={text} is no number"))
        });
        eprintln!("PITSTOP_TEST_SEED={seed} repeats this run");
        // Zero would stay zero.
        Self(seed.max(1))
    }

    /// A number below `limit`, which is not zero.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % limit
    }
}
