//! The demonstration.
mod supplier;
