//! A paper that has been made.

/// The bytes of a paper and what is recorded about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// « Bon de commande 2026-0042 », the title in its metadata.
    pub title: String,
    pub pages: usize,
    /// Of `bytes`, in lower-case hexadecimal.
    pub sha256: String,
    /// PDF/A-3a and PDF/UA-1.
    pub bytes: Vec<u8>,
}
