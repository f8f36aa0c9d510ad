//! The journal's chain: each entry carries the hash of all that came before it.
//!
//! An entry altered, taken out or slipped in breaks every hash after it, so that
//! nobody edits the past unseen. The hash is over a canonical form in which each
//! field says its length: no two different entries have the same one. Instants
//! are cut to the microsecond, the finest both databases keep.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use sha2::{Digest, Sha256};

/// What was done, by whom, to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// From 1, without a gap.
    pub sequence: i64,
    pub at: DateTime<Utc>,
    /// Who did it, as the journal names people and jobs.
    pub actor: String,
    /// `order.validate`, `need_sheet.correct`…
    pub action: String,
    /// The kind of thing it was done to, and which one: `order`, `42`.
    pub subject: String,
    pub subject_id: i64,
    /// What else must be known (a reason, the state before), as its writer put it.
    pub details: String,
}

/// A SHA-256 of the chain, written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHash([u8; 32]);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a hash of the journal")]
pub struct NotAHash;

impl ChainHash {
    /// What stands before the first entry.
    pub const GENESIS: Self = Self([0; 32]);
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for ChainHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits = text.bytes().map(|byte| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(NotAHash),
        });
        let digits = digits.collect::<Result<Vec<_>, _>>()?;
        let digits: [u8; 64] = digits.try_into().map_err(|_| NotAHash)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

/// The instant as the chain takes it, and as it should be stored.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The hash of `entry` after `previous`.
pub fn chain(previous: ChainHash, entry: &JournalEntry) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update(previous.0);
    for field in [
        entry.sequence.to_string().as_str(),
        &instant(entry.at),
        &entry.actor,
        &entry.action,
        &entry.subject,
        entry.subject_id.to_string().as_str(),
        &entry.details,
    ] {
        hasher.update(field.len().to_string());
        hasher.update(":");
        hasher.update(field);
        hasher.update(",");
    }
    ChainHash(hasher.finalize().into())
}

/// The first entry where the chain breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    #[error("entry {expected} is missing: {found} comes in its place")]
    Gap { expected: i64, found: i64 },
    #[error("entry {0} is not what its hash says")]
    Altered(i64),
}

/// Where a verification stands, so that a long journal is read page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// The last sequence verified; 0 before the first.
    pub sequence: i64,
    pub hash: ChainHash,
}

impl ChainHead {
    pub const START: Self = Self { sequence: 0, hash: ChainHash::GENESIS };

    /// The head after the next entry with its stored hash.
    ///
    /// # Errors
    ///
    /// [`BrokenChain`] naming the entry.
    pub fn next(self, entry: &JournalEntry, stored: ChainHash) -> Result<Self, BrokenChain> {
        let expected = self.sequence + 1;
        if entry.sequence != expected {
            return Err(BrokenChain::Gap { expected, found: entry.sequence });
        }
        let hash = chain(self.hash, entry);
        if hash == stored {
            Ok(Self { sequence: expected, hash })
        } else {
            Err(BrokenChain::Altered(expected))
        }
    }
}

/// Verifies entries and their stored hashes in order, from `head`; the head afterwards.
pub fn verify<'a>(
    head: ChainHead,
    entries: impl IntoIterator<Item = (&'a JournalEntry, ChainHash)>,
) -> Result<ChainHead, BrokenChain> {
    entries.into_iter().try_fold(head, |head, (entry, stored)| head.next(entry, stored))
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone};
    use proptest::prelude::*;

    use super::*;

    fn entry(sequence: i64) -> JournalEntry {
        JournalEntry {
            sequence,
            at: Utc.with_ymd_and_hms(2026, 11, 22, 9, 30, 0).unwrap() + Duration::seconds(sequence),
            actor: "A. Martin".into(),
            action: "order.validate".into(),
            subject: "order".into(),
            subject_id: 40 + sequence,
            details: "{}".into(),
        }
    }

    fn written(count: i64) -> Vec<(JournalEntry, ChainHash)> {
        let mut hash = ChainHash::GENESIS;
        (1..=count)
            .map(|sequence| {
                let entry = entry(sequence);
                hash = chain(hash, &entry);
                (entry, hash)
            })
            .collect()
    }

    fn verified(rows: &[(JournalEntry, ChainHash)]) -> Result<ChainHead, BrokenChain> {
        verify(ChainHead::START, rows.iter().map(|(entry, hash)| (entry, *hash)))
    }

    #[test]
    fn an_entry_has_the_hash_of_its_documented_form() {
        // sha256 of 32 zero bytes, then "1:1,27:2026-11-22T09:30:01.000000Z,9:A. Martin,…",
        // computed with another program.
        assert_eq!(
            chain(ChainHash::GENESIS, &entry(1)).to_string(),
            "240afc92e1b2025175dbd2ae79f543c6971d6509b5b22fb78841165cf43e6999"
        );
    }

    #[test]
    fn a_journal_read_in_pages_verifies_like_one_read_at_once() {
        let rows = written(10);
        let whole = verified(&rows).unwrap();
        let page = |head, rows: &[(JournalEntry, ChainHash)]| {
            verify(head, rows.iter().map(|(entry, hash)| (entry, *hash))).unwrap()
        };
        assert_eq!(page(page(ChainHead::START, &rows[..4]), &rows[4..]), whole);
        assert_eq!(whole.sequence, 10);
    }

    #[test]
    fn an_entry_taken_out_or_slipped_in_is_named() {
        let mut rows = written(5);
        rows.remove(2);
        assert_eq!(verified(&rows), Err(BrokenChain::Gap { expected: 3, found: 4 }));
        let mut rows = written(5);
        let twin = rows[2].clone();
        rows.insert(2, twin);
        assert_eq!(verified(&rows), Err(BrokenChain::Gap { expected: 4, found: 3 }));
    }

    #[test]
    fn moving_a_letter_from_one_field_to_the_next_changes_the_hash() {
        let moved =
            JournalEntry { actor: "A. Marti".into(), action: "norder.validate".into(), ..entry(1) };
        let hash = |entry| chain(ChainHash::GENESIS, entry);
        assert_ne!(hash(&moved), hash(&entry(1)));
    }

    #[test]
    fn what_the_databases_cannot_keep_of_an_instant_does_not_count() {
        let finer = JournalEntry { at: entry(1).at + Duration::nanoseconds(999), ..entry(1) };
        assert_eq!(chain(ChainHash::GENESIS, &finer), chain(ChainHash::GENESIS, &entry(1)));
    }

    proptest! {
        #[test]
        fn one_altered_field_is_found_at_its_entry(
            count in 1..20_i64, at in 0..20_usize, field in 0..6_usize,
        ) {
            let mut rows = written(count);
            let at = at % rows.len();
            let altered = &mut rows[at].0;
            match field {
                0 => altered.at += Duration::microseconds(1),
                1 => altered.actor.push('x'),
                2 => altered.action.push('x'),
                3 => altered.subject.push('x'),
                4 => altered.subject_id += 1,
                _ => altered.details.push('x'),
            }
            let sequence = i64::try_from(at).unwrap() + 1;
            prop_assert_eq!(verified(&rows), Err(BrokenChain::Altered(sequence)));
        }

        #[test]
        fn a_hash_reads_back_from_its_digits(bytes in any::<[u8; 32]>()) {
            let hash = ChainHash(bytes);
            prop_assert_eq!(hash.to_string().parse(), Ok(hash));
        }
    }

    #[test]
    fn a_hash_of_another_form_is_refused() {
        for text in ["", "0", &"g".repeat(64), &"A".repeat(64), &"0".repeat(65)] {
            assert_eq!(text.parse::<ChainHash>(), Err(NotAHash), "{text}");
        }
    }
}
