//! Travée: group purchasing for public bodies, exact to the cent.
//!
//! The road of a need, in order; each step is a rule of the crate [`domain`] before it is
//! anything else:
//!
//! 1. Bodies adhere to a group and subscribe to its lots: [`domain::group`].
//! 2. A census asks them what they need of the catalogue, and takes their answers in:
//!    [`domain::catalogue`], [`domain::campaigns`].
//! 3. The needs of all become lots in whole packs, with the procedure that the law asks for:
//!    [`domain::tenders::consolidation`], [`domain::tenders::adviser`].
//! 4. Bids are compared, and each lot becomes a framework contract with prices and a ceiling:
//!    [`domain::tenders::bids`], [`domain::tenders::contract`].
//! 5. Orders are drafted from the needs, validated, numbered and issued: [`domain::orders::draft`],
//!    [`domain::orders::life`].
//! 6. Deliveries come and are accepted, reduced in price or rejected:
//!    [`domain::orders::delivery`].
//! 7. Suppliers' e-invoices are read, judged and matched: [`exchange`],
//!    [`domain::invoices::matching`].
//! 8. What concerns many is shared to the cent, and each gets a statement:
//!    [`domain::invoices::allocation`], [`documents::allocation_statement`].
//!
//! [`usecases`] are what a person does, one transaction each; [`store`] holds the only SQL;
//! [`cli`] and [`web`] ask the one and read the other. `docs/ARCHITECTURE.md` draws the grid.

pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod documents;
pub mod exchange;
pub mod jobs;
pub mod mailer;
pub mod store;
pub mod telemetry;
pub mod usecases;
pub mod web;
