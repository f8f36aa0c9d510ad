//! Travée: group purchasing for public bodies, exact to the cent.
//!
//! The code is a grid of layers and areas; `docs/ARCHITECTURE.md` draws it.

pub mod cli;
pub mod exchange;
