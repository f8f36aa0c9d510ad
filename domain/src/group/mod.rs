//! Who buys together: organisations, the agreement that binds them, who may order what.

pub mod convention;
