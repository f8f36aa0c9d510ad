//! Who buys together: organisations, the agreement that binds them, who may order what
//! and who may sign.

pub mod address;
pub mod contact;
pub mod convention;
pub mod membership;
pub mod organisation;
pub mod siret_history;
pub mod site;
