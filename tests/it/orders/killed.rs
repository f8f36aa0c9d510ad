//! Killed while issuing.
