//! Chance without chance: the same seed always draws the same, on every machine.

/// A small generator (`SplitMix64`, Steele, Lea and Flood 2014), seeded by a text and a number.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// Draws that depend on `subject` (a SIREN) and `what` is drawn for it.
    pub(super) fn of(subject: &str, what: &str) -> Self {
        // FNV-1a over both, with a separator so that ("ab", "c") and ("a", "bc") differ.
        let bytes = subject.bytes().chain([0xff]).chain(what.bytes());
        Self(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included; the small bias of the remainder does not
    /// matter to a demonstration.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        let width = u64::from(high.saturating_sub(low)) + 1;
        low + u32::try_from(self.next() % width).unwrap_or_default()
    }

    /// Whether it happens, `percent` times of a hundred.
    pub(super) fn happens(&mut self, percent: u32) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of `options`; `None` of nothing.
    pub(super) fn one_of<'a, T>(&mut self, options: &'a [T]) -> Option<&'a T> {
        let last = u32::try_from(options.len()).ok()?.checked_sub(1)?;
        options.get(self.between(0, last) as usize)
    }
}
