//! Travée: group purchasing for public bodies, exact to the cent.
//!
//! The code is a grid of layers and areas; `docs/ARCHITECTURE.md` draws it.

pub mod cli;
pub mod clock;
pub mod demo;
pub mod documents;
pub mod exchange;
pub mod store;
pub mod telemetry;
pub mod usecases;
pub mod web;
